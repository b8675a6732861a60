use aws_lc_rs::digest::{SHA256, digest};
use postseal_core::dns::DomainName;

use super::entry::{Entry, EntryView};

/// The domains whose names have a hash that begins alike, as they are in its file. A change makes
/// another shard.
#[derive(Debug, Default)]
pub(crate) struct Shard {
    octets: Box<[u8]>,
    /// Hash of the name, and where its entry begins; in order.
    index: Box<[(u64, u32)]>,
}

/// Entries on their way to be a shard.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShardBuilder(Vec<u8>);

/// Which shard a name belongs to, and where it stands there. Other people choose the names, so
/// it is the beginning of a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NameHash(pub(super) u64);

impl NameHash {
    pub(crate) fn of(name: &str) -> NameHash {
        let digest = digest(&SHA256, name.as_bytes());
        let first = digest.as_ref().first_chunk().copied().unwrap_or_default();
        NameHash(u64::from_be_bytes(first))
    }

    /// The place of its shard.
    pub(crate) fn shard(self) -> usize {
        usize::try_from(self.0 % SHARDS as u64).unwrap_or(0)
    }
}

impl ShardBuilder {
    pub(crate) fn add(&mut self, entry: &Entry) {
        entry.write(&mut self.0);
    }

    /// # Panics
    /// Where an entry does not read as it was written.
    pub(crate) fn finish(mut self) -> Shard {
        self.0.shrink_to_fit();
        Shard::new(self.0.into()).expect("entries that were just written")
    }
}

impl Shard {
    /// Takes the entries of one shard, each of which is read once. `None` where they are none.
    pub(super) fn new(octets: Box<[u8]>) -> Option<Shard> {
        let mut index = Vec::new();
        let mut rest = &*octets;
        while !rest.is_empty() {
            let at = u32::try_from(octets.len() - rest.len()).ok()?;
            let (entry, after) = EntryView::read(rest)?;
            index.push((NameHash::of(entry.name).0, at));
            rest = after;
        }
        index.sort_unstable();
        Some(Shard { octets, index: index.into() })
    }

    /// The entry of a domain.
    pub(crate) fn find(&self, name: &DomainName) -> Option<Entry> {
        self.with_hash(NameHash::of(name.as_str())).find(|entry| entry.name == *name)
    }

    /// The entries whose names have this hash: one, unless somebody searched for two.
    pub(super) fn with_hash(&self, hash: NameHash) -> impl Iterator<Item = Entry> {
        let first = self.index.partition_point(|(found, _)| *found < hash.0);
        let alike = self.index[first..].iter().take_while(move |(found, _)| *found == hash.0);
        alike.filter_map(|(_, at)| {
            let octets = self.octets.get(usize::try_from(*at).ok()?..)?;
            Entry::read(octets).map(|(entry, _)| entry)
        })
    }

    /// All entries where they stand, each with the hash of its name; in the order of those.
    pub(super) fn views(&self) -> impl Iterator<Item = (NameHash, EntryView<'_>)> {
        self.index.iter().filter_map(|(hash, at)| {
            let octets = self.octets.get(usize::try_from(*at).ok()?..)?;
            EntryView::read(octets).map(|(entry, _)| (NameHash(*hash), entry))
        })
    }

    /// All entries, in no order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry> {
        let mut rest = &*self.octets;
        std::iter::from_fn(move || {
            let (entry, after) = Entry::read(rest)?;
            rest = after;
            Some(entry)
        })
    }

    /// This shard without the domains of those names, and with these entries.
    pub(super) fn changed(&self, without: &[&DomainName], entries: &[&Entry]) -> Shard {
        let mut built = ShardBuilder(Vec::with_capacity(self.octets.len() + 1_024));
        let mut rest = &*self.octets;
        while let Some((entry, after)) = EntryView::read(rest) {
            if !without.iter().any(|gone| gone.as_str() == entry.name) {
                built.0.extend_from_slice(&rest[..rest.len() - after.len()]);
            }
            rest = after;
        }
        entries.iter().for_each(|entry| built.add(entry));
        built.finish()
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Domains.
    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }
}

/// A change writes one of them: at 100 000 domains some 300 kB, keys included.
pub(crate) const SHARDS: usize = 1_024;
