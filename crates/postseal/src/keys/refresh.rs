use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use postseal_core::dns::DomainName;
use postseal_core::hosting::KeyId;
use postseal_store::{FormerName, ReceiverPolicy, Store, StoreError};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::hosted_keys::{FoundCopy, HostedKeys, now};
use super::snapshot::{
    Change, CopyError, CopyLock, Entry, HostedSnapshot, Known, NodeCopy, Origin, SHARDS, Shard, ShardBuilder,
};
use crate::config::LogLevel;

/// Follows the store: what has changed there is in force a moment later, and then on the disk.
pub(crate) struct Refresher<S> {
    keys: Arc<HostedKeys>,
    /// What the copy says that it was made of.
    written: Option<Origin>,
    /// Shards that are in force and not on the disk.
    unwritten: BTreeSet<usize>,
    /// Domains in them, whose private keys the copy may have as they were before.
    stale: HashSet<DomainName>,
    right: Option<Arc<CopyLock>>,
    /// Puts what the receiver has changed in force and on the disk.
    receiver: ReceiverSink,
    /// The revision of that which is in force; `None`: the store was not read yet.
    receiver_at: Option<i64>,
    said: String,
    say: S,
}

/// Takes what the receiver has changed; it blocks.
pub(crate) type ReceiverSink = Arc<dyn Fn(ReceiverPolicy) -> io::Result<()> + Send + Sync>;

/// Why the snapshot or its copy is behind.
#[derive(Debug, thiserror::Error)]
enum RefreshTrouble {
    #[error("the store cannot be read, and the node goes on by what it has: {0}")]
    Store(#[from] StoreError),
    #[error("this node's copy of the store cannot be written: {0}")]
    Copy(#[from] CopyError),
    #[error("this node's copy of the receiver's policy cannot be written: {0}")]
    Receiver(io::Error),
    #[error("writing this node's copy of the store was interrupted")]
    Interrupted,
}

impl<S: Fn(LogLevel, &str)> Refresher<S> {
    pub(crate) fn new(
        keys: Arc<HostedKeys>,
        found: FoundCopy,
        receiver: ReceiverSink,
        say: S,
    ) -> Refresher<S> {
        Refresher {
            keys,
            written: found.origin,
            unwritten: BTreeSet::new(),
            stale: HashSet::new(),
            right: None,
            receiver,
            receiver_at: None,
            said: String::new(),
            say,
        }
    }

    /// Follows the store for as long as it is polled.
    pub(crate) async fn run(mut self) {
        loop {
            match self.follow().await {
                Ok(()) => self.said.clear(),
                Err(trouble) => {
                    let text = trouble.to_string();
                    if text != self.said {
                        (self.say)(LogLevel::Error, &text);
                        self.said = text;
                    }
                }
            }
            // A ring, or a second: others may write to the store.
            let _ = timeout(LOOK_AGAIN, self.keys.store.changed.notified()).await;
        }
    }

    async fn follow(&mut self) -> Result<(), RefreshTrouble> {
        self.pass_time().await?;
        let keys = Arc::clone(&self.keys);
        let Some(store) = keys.store.get() else { return Ok(()) };
        self.read(store).await?;
        self.write(Some(store), &keys.current()).await
    }

    /// Puts in force what the passing of time changes, store or not. It is on the disk first: no
    /// restart takes the zone's serial back.
    async fn pass_time(&mut self) -> Result<(), RefreshTrouble> {
        let keys = Arc::clone(&self.keys);
        let (snapshot, now) = (keys.current(), now());
        let due = snapshot.due(now);
        if due.is_empty() {
            return Ok(());
        }
        let seconds = u32::try_from(now & u64::from(u32::MAX)).unwrap_or(0);
        let serial = snapshot.serial().saturating_add(1).max(seconds);
        let (next, touched) = snapshot.changed(&due, snapshot.revision(), serial, now);
        let next = Arc::new(next);
        self.unwritten.extend(touched);
        let written = self.write(keys.store.get(), &next).await;
        self.keys.put_in_force(next);
        written
    }

    /// Follows what the receiver decides by.
    async fn read_receiver(&mut self, store: &Store) -> Result<(), RefreshTrouble> {
        let newest = store.receiver_revision().await?;
        if self.receiver_at == Some(newest) {
            return Ok(());
        }
        let policy = store.receiver_policy().await?;
        let (sink, revision) = (Arc::clone(&self.receiver), policy.revision);
        let written = spawn_blocking(move || sink(policy)).await.map_err(|_| RefreshTrouble::Interrupted)?;
        // In force it is; what is not on the disk is tried again.
        written.map_err(RefreshTrouble::Receiver)?;
        self.receiver_at = Some(revision);
        Ok(())
    }

    /// Puts in force what has changed in the store.
    async fn read(&mut self, store: &Store) -> Result<(), RefreshTrouble> {
        let snapshot = self.keys.current();
        // The serial first: what is read after it is as new or newer, and the next look raises it.
        let serial = store.zone_serial().await?;
        let feed = store.changes_since(snapshot.revision()).await?;
        // Before the revision counts as followed: whoever waits for it finds this in force.
        self.read_receiver(store).await?;
        if feed.revision == snapshot.revision() && snapshot.is_complete() {
            return Ok(());
        }
        let domains = feed.domains.filter(|domains| snapshot.is_complete() && domains.len() <= MAX_SINGLE);
        let now = now();
        let Some(domains) = domains else {
            let shards = read_all(store, now).await?;
            let (zone, serial) = (snapshot.zone().cloned(), serial.max(snapshot.serial()));
            let build = move || HostedSnapshot::of_shards(shards, feed.revision, serial, now, zone);
            let next = spawn_blocking(build).await.map_err(|_| RefreshTrouble::Interrupted)?;
            let count = next.len();
            next.alarms().take(MAX_ALARMS).for_each(|alarm| (self.say)(LogLevel::Error, &alarm));
            self.keys.put_in_force(Arc::new(next));
            self.written = None;
            self.unwritten.extend(0..SHARDS);
            (self.say)(LogLevel::Info, &format!("the store was read: {count} domains"));
            return Ok(());
        };
        let domains: HashSet<DomainName> = domains.into_iter().collect();
        let mut changes = Vec::with_capacity(domains.len());
        for name in domains {
            let held = store.held_domain(&name).await?;
            let former = former_names(store, Some(&name), now).await?;
            let entry = Entry::new(name.clone(), held, former);
            // Most of what the store notes was seen in the DNS and changes nothing here.
            if snapshot.find(&name) != entry.clone().map_or(Known::No, Known::Yes) {
                changes.push(Change { name, entry });
            }
        }
        // Time may have raised the serial over the store's; then the copy alone knows it.
        let answers_change = changes.iter().any(|change| changes_answers(&snapshot, change));
        let at_least = snapshot.serial().saturating_add(u32::from(answers_change));
        let (next, touched) = snapshot.changed(&changes, feed.revision, serial.max(at_least), now);
        let next = Arc::new(next);
        // On the disk first, where that is soon done: a restart or a successor, before it has opened the
        // store, neither denies a key that was answered nor lets mail go unsigned that was signed.
        let is_soon_written = touched.len() <= FEW_SHARDS;
        self.unwritten.extend(touched);
        changes.iter().for_each(|change| self.alarm(&snapshot, change));
        self.stale.extend(changes.into_iter().map(|change| change.name));
        let written = match is_soon_written || next.serial() > serial {
            true => self.write(Some(store), &next).await,
            false => Ok(()),
        };
        self.keys.put_in_force(next);
        written
    }

    /// Says an alarm that was not there before, and its end.
    fn alarm(&self, before: &HostedSnapshot, change: &Change) {
        let before = match before.find(&change.name) {
            Known::Yes(entry) => entry.alarm(),
            Known::No | Known::Unknown => None,
        };
        match change.entry.as_ref().and_then(Entry::alarm) {
            Some(alarm) if Some(&alarm) != before.as_ref() => (self.say)(LogLevel::Error, &alarm),
            None if before.is_some() => {
                (self.say)(LogLevel::Info, &format!("{}: no alarm any more", change.name));
            }
            Some(_) | None => {}
        }
    }

    /// Brings the copy on the disk to this snapshot. Without the store nothing in it has new keys.
    async fn write(
        &mut self,
        store: Option<&Store>,
        snapshot: &Arc<HostedSnapshot>,
    ) -> Result<(), RefreshTrouble> {
        let is_written = |origin: &Origin| {
            snapshot.revision() - origin.revision < MAX_BEHIND && snapshot.serial() == origin.serial
        };
        if self.unwritten.is_empty() && self.written.as_ref().is_some_and(is_written) {
            return Ok(());
        }
        let right = self.right().await?;
        // A copy that is made anew has nothing that could be used again.
        let anew = self.written.is_none();
        while let Some(place) = self.unwritten.first().copied() {
            self.write_shard(store, snapshot, place, &right, anew).await?;
            self.unwritten.remove(&place);
        }
        let store_id = match (store, &self.written) {
            (Some(store), _) => store.id().await?,
            (None, Some(origin)) => origin.store_id.clone(),
            // Of what the copy is made is not known, and so it is no copy of anything.
            (None, None) => return Ok(()),
        };
        let origin = Origin { store_id, revision: snapshot.revision(), serial: snapshot.serial() };
        let (copy, said, snapshot) = (self.keys.copy.clone(), origin.clone(), Arc::clone(snapshot));
        in_background(move || copy.write_origin(&right, &said, &snapshot)).await?;
        self.written = Some(origin);
        self.stale.clear();
        Ok(())
    }

    async fn write_shard(
        &self,
        store: Option<&Store>,
        snapshot: &Arc<HostedSnapshot>,
        place: usize,
        right: &Arc<CopyLock>,
        anew: bool,
    ) -> Result<(), RefreshTrouble> {
        let Some(shard) = snapshot.shard(place).cloned() else { return Ok(()) };
        let (mut copied, mut wanted): (Vec<KeyId>, Vec<KeyId>) = (Vec::new(), Vec::new());
        for entry in shard.entries() {
            let of_store = anew || self.stale.contains(&entry.name);
            if of_store { wanted.extend(entry.key_ids()) } else { copied.extend(entry.key_ids()) }
        }
        let copy = self.keys.copy.clone();
        let is_empty = shard.len() == 0;
        let read = spawn_blocking(move || {
            if is_empty && !copy.has_file(place) {
                return None;
            }
            let keys = copy.keys(place, &copied).unwrap_or_default();
            let found: HashSet<KeyId> = keys.iter().map(|(id, _)| *id).collect();
            let missing: Vec<KeyId> = copied.into_iter().filter(|id| !found.contains(id)).collect();
            Some((copy, keys, missing))
        })
        .await
        .map_err(|_| RefreshTrouble::Interrupted)?;
        let Some((copy, mut keys, missing)) = read else { return Ok(()) };
        wanted.extend(missing);
        if let Some(store) = store {
            keys.extend(store.sealed_keys(&wanted).await?);
        }
        let (right, serial) = (Arc::clone(right), snapshot.serial());
        in_background(move || copy.write_shard(&right, place, serial, &shard, &keys)).await
    }

    async fn right(&mut self) -> Result<Arc<CopyLock>, RefreshTrouble> {
        if let Some(right) = &self.right {
            return Ok(Arc::clone(right));
        }
        let copy = self.keys.copy.clone();
        let right = spawn_blocking(move || copy.lock()).await.map_err(|_| RefreshTrouble::Interrupted)??;
        Ok(Arc::clone(self.right.insert(Arc::new(right))))
    }
}

/// Whether the hosting zone answers otherwise by this change.
fn changes_answers(before: &HostedSnapshot, change: &Change) -> bool {
    match (before.find(&change.name), &change.entry) {
        (Known::Yes(before), Some(now)) => before.answers() != now.answers(),
        _ => true,
    }
}

/// Runs what waits for the disk.
async fn in_background(
    write: impl FnOnce() -> Result<(), CopyError> + Send + 'static,
) -> Result<(), RefreshTrouble> {
    Ok(spawn_blocking(write).await.map_err(|_| RefreshTrouble::Interrupted)??)
}

/// Everything that the store has, in shards.
async fn read_all(store: &Store, now: u64) -> Result<Vec<Option<Arc<Shard>>>, StoreError> {
    let mut former: HashMap<DomainName, Vec<FormerName>> = HashMap::new();
    for name in former_names(store, None, now).await? {
        former.entry(name.domain.clone()).or_default().push(name);
    }
    let mut shards = vec![ShardBuilder::default(); SHARDS];
    let mut add = |entry: Option<Entry>| {
        if let Some(entry) = entry {
            shards[NodeCopy::place_of(entry.name.as_str())].add(&entry);
        }
    };
    let mut after = String::new();
    loop {
        let page = store.held_domains(&after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.name.as_str().to_owned();
        for held in page {
            let (name, former) = (held.name.clone(), former.remove(&held.name).unwrap_or_default());
            add(Entry::new(name, Some(held), former));
        }
    }
    for (name, former) in former {
        add(Entry::new(name, None, former));
    }
    Ok(shards.into_iter().map(|shard| Some(Arc::new(shard.finish()))).collect())
}

async fn former_names(
    store: &Store,
    domain: Option<&DomainName>,
    now: u64,
) -> Result<Vec<FormerName>, StoreError> {
    let mut all: Vec<FormerName> = Vec::new();
    loop {
        let after = all.last().map_or("", |name| &name.hosted_selector);
        let page = store.former_names(domain, after, PAGE, now).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// How often others' changes are looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Domains that are read one by one; where more have changed, reading all is sooner done.
const MAX_SINGLE: usize = 2_000;
/// Shards whose writing a change waits for before it is in force.
const FEW_SHARDS: usize = 16;
/// Revisions that the copy may be behind where nothing in it has changed: the next start reads them again.
const MAX_BEHIND: i64 = 1_000;
/// Alarms that are said when all was read.
const MAX_ALARMS: usize = 20;
/// Rows of one page.
const PAGE: u32 = 1_000;
