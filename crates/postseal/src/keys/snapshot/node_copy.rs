use std::collections::HashSet;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use aws_lc_rs::digest::{SHA256, digest};
use postseal_core::hosting::{HostingZone, KeyId};
use postseal_store::SealedKey;

use super::shard::NameHash;
use super::shard_file::{self, ShardFileError, Stamp};
use super::{HostedSnapshot, SHARDS, Shard};

/// A node's own copy on local disk: a directory with a file for each shard, and one that says
/// which of them there are. Each file is replaced as a whole, so that a node that is killed finds
/// the state before or the state after.
#[derive(Clone, Debug)]
pub(crate) struct NodeCopy {
    directory: PathBuf,
}

/// The right to write to a copy: one process has it at a time.
#[derive(Debug)]
pub(crate) struct CopyLock {
    _file: File,
}

/// What the copy as a whole is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The store's own name, which another database does not have.
    pub(crate) store_id: String,
    /// Of its change feed.
    pub(crate) revision: i64,
    /// Of the hosting zone.
    pub(crate) serial: u32,
}

/// A copy that was read.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) snapshot: HostedSnapshot,
    /// `None`: there is no copy, or what says so is damaged.
    pub(crate) origin: Option<Origin>,
    /// Files that could not be used, and why.
    pub(crate) damaged: Vec<(PathBuf, ShardFileError)>,
}

/// Why a copy was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    #[error("another process writes to {}", .0.display())]
    InUse(PathBuf),
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
}

impl NodeCopy {
    /// The copy of the node whose store is this file: beside it.
    pub(crate) fn beside(store: &Path) -> NodeCopy {
        NodeCopy { directory: store.with_extension("copy") }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Reads all of it but the private keys, with as many threads as there are processors. It
    /// blocks.
    pub(crate) fn load(&self, zone: Option<HostingZone>, now: u64) -> Loaded {
        let mut damaged = Vec::new();
        let manifest = match Manifest::read(&self.manifest()) {
            Ok(manifest) => Some(manifest),
            Err(ShardFileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                damaged.push((self.manifest(), error));
                None
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        let shares: Vec<Vec<usize>> =
            (0..threads).map(|first| (first..SHARDS).step_by(threads).collect()).collect();
        let mut shards: Vec<Option<Arc<Shard>>> = (0..SHARDS).map(|_| None).collect();
        let mut serial = manifest.as_ref().map_or(0, |manifest| manifest.origin.serial);
        thread::scope(|scope| {
            let manifest = manifest.as_ref();
            let read = |share: Vec<usize>| {
                let read = move |place: usize| (place, self.read_shard(place, manifest));
                scope.spawn(move || share.into_iter().map(read).collect::<Vec<_>>())
            };
            let reading: Vec<_> = shares.into_iter().map(read).collect();
            for (place, read) in reading.into_iter().filter_map(|thread| thread.join().ok()).flatten() {
                match read {
                    Ok(Some((shard, stamp))) => {
                        shards[place] = Some(Arc::new(shard));
                        serial = serial.max(stamp.serial);
                    }
                    Ok(None) => {}
                    Err(error) => damaged.push((self.shard(place), error)),
                }
            }
        });
        let origin = manifest.map(|manifest| manifest.origin);
        let complete = shards.iter().all(Option::is_some);
        let revision = origin.as_ref().filter(|_| complete).map_or(0, |origin| origin.revision);
        let snapshot = HostedSnapshot::of_shards(shards, revision, serial, now, zone.map(Arc::new));
        Loaded { snapshot, origin, damaged }
    }

    /// A shard; `None` where it is not known whether there is one.
    fn read_shard(
        &self,
        place: usize,
        manifest: Option<&Manifest>,
    ) -> Result<Option<(Shard, Stamp)>, ShardFileError> {
        match shard_file::read(&self.shard(place), place) {
            Err(ShardFileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => match manifest {
                Some(manifest) if manifest.has(place) => Err(ShardFileError::Io(error)),
                Some(_) => Ok(Some((Shard::default(), Stamp { place, serial: 0 }))),
                None => Ok(None),
            },
            read => read.map(Some),
        }
    }

    /// Private keys of this shard, as they rest. It blocks.
    ///
    /// # Errors
    /// [`ShardFileError`].
    pub(crate) fn keys(
        &self,
        place: usize,
        wanted: &[KeyId],
    ) -> Result<Vec<(KeyId, SealedKey)>, ShardFileError> {
        shard_file::read_keys(&self.shard(place), wanted)
    }

    /// The shard whose file has a domain's keys.
    pub(crate) fn place_of(domain: &str) -> usize {
        NameHash::of(domain).shard()
    }

    /// Takes the right to write; the directory is made where it is missing. It blocks.
    ///
    /// # Errors
    /// [`CopyError`].
    pub(crate) fn lock(&self) -> Result<CopyLock, CopyError> {
        let path = self.directory.join("lock");
        let failed = |source| CopyError::File { path: path.clone(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory).map_err(failed)?;
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(CopyLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(CopyError::InUse(self.directory.clone())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Writes one shard with its private keys. It blocks until it is on the disk.
    ///
    /// # Errors
    /// [`CopyError`]; the file before it is still there.
    pub(crate) fn write_shard(
        &self,
        _right: &CopyLock,
        place: usize,
        serial: u32,
        shard: &Shard,
        keys: &[(KeyId, SealedKey)],
    ) -> Result<(), CopyError> {
        let octets = shard_file::write(Stamp { place, serial }, shard, keys);
        replace(&self.shard(place), &octets)
    }

    /// Says what the copy is made of, once its shards are written. It blocks until it is on the
    /// disk.
    ///
    /// # Errors
    /// [`CopyError`]; what was said before still holds.
    pub(crate) fn write_origin(
        &self,
        _right: &CopyLock,
        origin: &Origin,
        snapshot: &HostedSnapshot,
    ) -> Result<(), CopyError> {
        let filled = |place: &usize| snapshot.shard(*place).is_none_or(|shard| shard.len() > 0);
        let shards = (0..SHARDS).filter(filled).collect();
        replace(&self.manifest(), &Manifest { origin: origin.clone(), shards }.octets())?;
        let synced = File::open(&self.directory).and_then(|directory| directory.sync_all());
        synced.map_err(|source| CopyError::File { path: self.directory.clone(), source })
    }

    /// Whether this shard has a file, right or wrong. It blocks.
    pub(crate) fn has_file(&self, place: usize) -> bool {
        self.shard(place).exists()
    }

    fn shard(&self, place: usize) -> PathBuf {
        self.directory.join(format!("{place:04}"))
    }

    fn manifest(&self) -> PathBuf {
        self.directory.join("origin")
    }
}

/// Puts a file in the place of another, whole.
fn replace(path: &Path, octets: &[u8]) -> Result<(), CopyError> {
    let new = path.with_extension("new");
    let failed = |source| CopyError::File { path: path.to_owned(), source };
    let options = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new);
    let mut file = options.map_err(failed)?;
    file.write_all(octets).and_then(|()| file.sync_data()).map_err(failed)?;
    fs::rename(&new, path).map_err(failed)
}

/// The file that says what the copy is made of, and which shards have a file.
#[derive(Debug, PartialEq, Eq)]
struct Manifest {
    origin: Origin,
    shards: HashSet<usize>,
}

impl Manifest {
    fn has(&self, place: usize) -> bool {
        self.shards.contains(&place)
    }

    fn octets(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(self.origin.revision.to_le_bytes());
        out.extend(self.origin.serial.to_le_bytes());
        let mut bits = [0; SHARDS / 8];
        self.shards.iter().for_each(|place| bits[place / 8] |= 1 << (place % 8));
        out.extend(bits);
        out.extend_from_slice(self.origin.store_id.as_bytes());
        let found = digest(&SHA256, &out);
        out.extend_from_slice(found.as_ref());
        out
    }

    fn read(path: &Path) -> Result<Manifest, ShardFileError> {
        let mut octets = Vec::new();
        File::open(path)?.take(MAX_MANIFEST).read_to_end(&mut octets)?;
        Manifest::parse(&octets).ok_or(ShardFileError::Damaged)
    }

    fn parse(octets: &[u8]) -> Option<Manifest> {
        let (said, found) = octets.split_last_chunk::<32>()?;
        if digest(&SHA256, said).as_ref() != found {
            return None;
        }
        let rest = said.strip_prefix(MAGIC)?;
        let (revision, rest) = rest.split_first_chunk()?;
        let (serial, rest) = rest.split_first_chunk()?;
        let (bits, store_id) = rest.split_first_chunk::<{ SHARDS / 8 }>()?;
        let shards = (0..SHARDS).filter(|place| bits[place / 8] & (1 << (place % 8)) != 0).collect();
        let origin = Origin {
            store_id: String::from_utf8(store_id.to_vec()).ok()?,
            revision: i64::from_le_bytes(*revision),
            serial: u32::from_le_bytes(*serial),
        };
        Some(Manifest { origin, shards })
    }
}

const MAGIC: &[u8] = b"PSORIGN1";
/// Octets.
const MAX_MANIFEST: u64 = 4_096;
/// More gain nothing: the disk is shared.
const MAX_THREADS: usize = 8;
