//! What a node signs for and answers for, of all organisations: immutable, in shards by hash of
//! the domain. A change makes another snapshot that shares all other shards.

mod entry;
mod node_copy;
mod shard;
mod shard_file;

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::{self, available_parallelism};

use postseal_core::dns::DomainName;
use postseal_core::hosting::{HostingZone, OrganisationName};
use shard::NameHash;

pub(crate) use entry::{Entry, Former};
pub(crate) use node_copy::{CopyError, CopyLock, Loaded, NodeCopy, Origin};
pub(crate) use shard::{SHARDS, Shard, ShardBuilder};
pub(crate) use shard_file::ShardFileError;

/// One state of all hosted domains.
#[derive(Clone, Debug)]
pub(crate) struct HostedSnapshot {
    /// Of the store's change feed. Zero: nothing was read yet, or not all.
    revision: i64,
    /// Of the hosting zone.
    serial: u32,
    /// When this was so, UNIX seconds: names that were given up are answered for by it.
    as_of: u64,
    /// `None`: its domains are not known.
    shards: Vec<Option<Arc<Shard>>>,
    names: Vec<Arc<NameShard>>,
    organisations: Vec<Arc<OrganisationShard>>,
    /// When the passing of time changes what is answered, at the soonest.
    next_change: Option<u64>,
    /// Domains whose keys somebody must look after.
    alarmed: usize,
    zone: Option<Arc<HostingZone>>,
}

/// Hash of a hosted selector, and that of its domain; in order.
type NameShard = Box<[(u64, u64)]>;

type OrganisationShard = HashMap<OrganisationName, Presence>;

/// What there is below an organisation's name in the hosting zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Presence {
    /// It holds its initial domain.
    pub(crate) initial: bool,
    /// Hosted names that answer.
    pub(crate) names: usize,
}

/// What is known of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Known<T> {
    /// It is this.
    Yes(T),
    /// There is nothing of this name.
    No,
    /// The part of the snapshot that would have it could not be read.
    Unknown,
}

/// A change of one domain: what there is now.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) name: DomainName,
    pub(crate) entry: Option<Entry>,
}

impl HostedSnapshot {
    /// These shards, each at its place.
    pub(crate) fn of_shards(
        shards: Vec<Option<Arc<Shard>>>,
        revision: i64,
        serial: u32,
        as_of: u64,
        zone: Option<Arc<HostingZone>>,
    ) -> HostedSnapshot {
        let mut names: Vec<Vec<(u64, u64)>> = vec![Vec::new(); SHARDS];
        let mut organisations: Vec<OrganisationShard> = vec![HashMap::new(); SHARDS];
        let (mut next_change, mut alarmed) = (None, 0);
        for part in summaries(&shards, as_of, zone.as_deref()) {
            for (hash, domain) in part.names {
                names[NameHash(hash).shard()].push((hash, domain));
            }
            for (organisation, found) in part.organisations {
                // Only what the store once gave is there.
                let Ok(organisation) = OrganisationName::parse(organisation) else { continue };
                let shard = NameHash::of(organisation.as_str()).shard();
                let presence = organisations[shard].entry(organisation).or_default();
                presence.names += found.names;
                presence.initial |= found.initial;
            }
            next_change = earlier(next_change, part.next_change);
            alarmed += part.alarmed;
        }
        let names = names.into_iter().map(|mut names| {
            names.sort_unstable();
            Arc::new(names.into_boxed_slice())
        });
        HostedSnapshot {
            names: names.collect(),
            organisations: organisations.into_iter().map(Arc::new).collect(),
            revision,
            serial,
            as_of,
            shards,
            next_change,
            alarmed,
            zone,
        }
    }

    /// This snapshot with changes. Which shards have changed is returned beside it.
    pub(crate) fn changed(
        &self,
        changes: &[Change],
        revision: i64,
        serial: u32,
        as_of: u64,
    ) -> (HostedSnapshot, Vec<usize>) {
        let mut next = HostedSnapshot { revision, serial, as_of, ..self.clone() };
        let mut by_shard: HashMap<usize, Vec<&Change>> = HashMap::new();
        for change in changes {
            by_shard.entry(NameHash::of(change.name.as_str()).shard()).or_default().push(change);
        }
        let mut names = Differences::default();
        let mut touched: Vec<usize> = by_shard.keys().copied().collect();
        touched.sort_unstable();
        for (place, changes) in by_shard {
            // Where nothing is known, a few domains more make no whole shard.
            let Some(shard) = self.shards.get(place).and_then(Option::as_ref) else { continue };
            let gone: Vec<&DomainName> = changes.iter().map(|change| &change.name).collect();
            let here: Vec<&Entry> = changes.iter().filter_map(|change| change.entry.as_ref()).collect();
            gone.iter()
                .filter_map(|name| shard.find(name))
                .for_each(|entry| next.count(&entry, -1, &mut names));
            here.iter().for_each(|entry| next.count(entry, 1, &mut names));
            next.shards[place] = Some(Arc::new(shard.changed(&gone, &here)));
        }
        names.apply(&mut next.names);
        let times = changes.iter().filter_map(|change| change.entry.as_ref()?.next_change(as_of));
        next.next_change =
            times.fold(next.next_change.filter(|time| *time > as_of), |a, b| earlier(a, Some(b)));
        (next, touched)
    }

    /// Counts the names of an entry in, or out.
    fn count(&mut self, entry: &Entry, by: isize, names: &mut Differences) {
        let domain = NameHash::of(entry.name.as_str());
        if entry.alarm().is_some() {
            self.alarmed = self.alarmed.saturating_add_signed(by);
        }
        for (name, organisation) in entry.hosted_names() {
            let place = (NameHash::of(name), domain.0);
            let places = if by > 0 { &mut names.added } else { &mut names.gone };
            places.push(place);
            self.presence(organisation, |presence| {
                presence.names = presence.names.saturating_add_signed(by);
            });
        }
        if let Some(organisation) = initial_domain_of(entry, self.zone.as_deref()) {
            self.presence(organisation, |presence| presence.initial = by > 0);
        }
    }

    fn presence(&mut self, organisation: &OrganisationName, change: impl FnOnce(&mut Presence)) {
        let shard = &mut self.organisations[NameHash::of(organisation.as_str()).shard()];
        let shard = Arc::make_mut(shard);
        let presence = shard.entry(organisation.clone()).or_default();
        change(presence);
        if *presence == Presence::default() {
            shard.remove(organisation);
        }
    }

    /// What the passing of time has made due: the domains with names that answer no more.
    pub(crate) fn due(&self, now: u64) -> Vec<Change> {
        if self.next_change.is_none_or(|next| next > now) {
            return Vec::new();
        }
        let entries = self.shards.iter().flatten().flat_map(|shard| shard.entries());
        let due = entries.filter(|entry| entry.next_change(self.as_of).is_some_and(|time| time <= now));
        due.map(|mut entry| {
            entry.former.retain(|former| former.revoked_until > now);
            let name = entry.name.clone();
            let kept = entry.holder.is_some() || !entry.former.is_empty();
            Change { name, entry: kept.then_some(entry) }
        })
        .collect()
    }

    /// What there is of a domain of exactly this name.
    pub(crate) fn find(&self, name: &DomainName) -> Known<Entry> {
        match self.shards.get(NameHash::of(name.as_str()).shard()).and_then(Option::as_ref) {
            None => Known::Unknown,
            Some(shard) => shard.find(name).map_or(Known::No, Known::Yes),
        }
    }

    /// Who holds a domain of exactly this name.
    pub(crate) fn holder_of(&self, name: &DomainName) -> Known<OrganisationName> {
        match self.find(name) {
            Known::Yes(Entry { holder: Some(holder), .. }) => Known::Yes(holder.organisation),
            Known::Yes(Entry { holder: None, .. }) | Known::No => Known::No,
            Known::Unknown => Known::Unknown,
        }
    }

    /// The domain that this hosted selector belongs to.
    pub(crate) fn of_hosted_name(&self, hosted_selector: &str) -> Option<Entry> {
        let hash = NameHash::of(hosted_selector);
        let names = self.names.get(hash.shard())?;
        let first = names.partition_point(|(found, _)| *found < hash.0);
        let alike = names[first..].iter().take_while(|(found, _)| *found == hash.0);
        let mut entries = alike.flat_map(|(_, domain)| {
            let domain = NameHash(*domain);
            let shard = self.shards.get(domain.shard()).and_then(Option::as_ref);
            shard.into_iter().flat_map(move |shard| shard.with_hash(domain))
        });
        entries.find(|entry| entry.hosted_names().any(|(name, _)| name == hosted_selector))
    }

    /// What an organisation has in the hosting zone.
    pub(crate) fn presence_of(&self, organisation: &OrganisationName) -> Presence {
        let shard = self.organisations.get(NameHash::of(organisation.as_str()).shard());
        shard.and_then(|shard| shard.get(organisation)).copied().unwrap_or_default()
    }

    /// Whether every domain is known.
    pub(crate) fn is_complete(&self) -> bool {
        self.shards.iter().all(Option::is_some)
    }

    /// Domains whose keys somebody must look after.
    pub(crate) fn alarmed(&self) -> usize {
        self.alarmed
    }

    /// The alarms themselves, in no order.
    pub(crate) fn alarms(&self) -> impl Iterator<Item = String> {
        self.shards.iter().flatten().flat_map(|shard| shard.entries()).filter_map(|entry| entry.alarm())
    }

    pub(crate) fn revision(&self) -> i64 {
        self.revision
    }

    pub(crate) fn serial(&self) -> u32 {
        self.serial
    }

    pub(crate) fn as_of(&self) -> u64 {
        self.as_of
    }

    pub(crate) fn zone(&self) -> Option<&Arc<HostingZone>> {
        self.zone.as_ref()
    }

    pub(crate) fn shard(&self, place: usize) -> Option<&Arc<Shard>> {
        self.shards.get(place).and_then(Option::as_ref)
    }

    /// Domains, with those of which only former names are left.
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().flatten().map(|shard| shard.len()).sum()
    }
}

/// Changes of the index of hosted names.
#[derive(Debug, Default)]
struct Differences {
    added: Vec<(NameHash, u64)>,
    gone: Vec<(NameHash, u64)>,
}

impl Differences {
    fn apply(&self, names: &mut [Arc<NameShard>]) {
        let mut shards: Vec<usize> =
            self.added.iter().chain(&self.gone).map(|(hash, _)| hash.shard()).collect();
        shards.sort_unstable();
        shards.dedup();
        for shard in shards {
            let of_shard = |all: &[(NameHash, u64)]| -> Vec<(u64, u64)> {
                let here = all.iter().filter(|(hash, _)| hash.shard() == shard);
                here.map(|(hash, domain)| (hash.0, *domain)).collect()
            };
            let gone = of_shard(&self.gone);
            let kept = names[shard].iter().copied().filter(|pair| !gone.contains(pair));
            let mut next: Vec<(u64, u64)> = kept.chain(of_shard(&self.added)).collect();
            next.sort_unstable();
            names[shard] = Arc::new(next.into());
        }
    }
}

/// What is looked up in some shards.
#[derive(Default)]
struct Summary<'s> {
    names: Vec<(u64, u64)>,
    organisations: HashMap<&'s str, Presence>,
    next_change: Option<u64>,
    alarmed: usize,
}

/// Summaries of all shards, made by as many threads as there are processors.
fn summaries<'s>(
    shards: &'s [Option<Arc<Shard>>],
    as_of: u64,
    zone: Option<&HostingZone>,
) -> Vec<Summary<'s>> {
    let domains: usize = shards.iter().flatten().map(|shard| shard.len()).sum();
    let threads = if domains < WORTH_THREADS { 1 } else { available_parallelism().map_or(1, usize::from) };
    let share = shards.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let summing: Vec<_> =
            shards.chunks(share).map(|shards| scope.spawn(move || summary(shards, as_of, zone))).collect();
        summing.into_iter().map(|thread| thread.join().expect("a summary does not panic")).collect()
    })
}

fn summary<'s>(shards: &'s [Option<Arc<Shard>>], as_of: u64, zone: Option<&HostingZone>) -> Summary<'s> {
    let mut summary = Summary::default();
    for (domain, entry) in shards.iter().flatten().flat_map(|shard| shard.views()) {
        for (name, organisation) in entry.hosted_names() {
            summary.names.push((NameHash::of(name).0, domain.0));
            summary.organisations.entry(organisation).or_default().names += 1;
        }
        if is_initial_domain(entry.name, entry.organisation, zone) {
            summary.organisations.entry(entry.organisation).or_default().initial = true;
        }
        summary.next_change = earlier(summary.next_change, entry.next_change(as_of));
        summary.alarmed += usize::from(entry.has_alarm());
    }
    summary
}

/// Whose initial domain the entry is, if it is one.
fn initial_domain_of<'e>(entry: &'e Entry, zone: Option<&HostingZone>) -> Option<&'e OrganisationName> {
    let organisation = &entry.holder.as_ref()?.organisation;
    is_initial_domain(entry.name.as_str(), organisation.as_str(), zone).then_some(organisation)
}

fn is_initial_domain(name: &str, organisation: &str, zone: Option<&HostingZone>) -> bool {
    let first = zone.and_then(|zone| name.strip_suffix(zone.name().as_str())?.strip_suffix('.'));
    first == Some(organisation)
}

/// Domains that one thread has looked at before another has begun.
const WORTH_THREADS: usize = 5_000;

fn earlier(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
pub(crate) mod tests;
