use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use postseal_core::hosting::KeyId;
use postseal_store::SealedKey;

use super::shard::Shard;

/// Why a file of a node's copy cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShardFileError {
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not as it was written.
    #[error("the file is damaged")]
    Damaged,
}

/// What a shard's file says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) place: usize,
    /// Of the hosting zone, when it was written.
    pub(super) serial: u32,
}

/// The octets of a shard's file: a head with a digest, the entries, and behind them the private keys
/// as they rest, which the node reads one by one when they are needed.
pub(super) fn write(stamp: Stamp, shard: &Shard, keys: &[(KeyId, SealedKey)]) -> Vec<u8> {
    let entries = shard.octets();
    let mut keys: Vec<&(KeyId, SealedKey)> = keys.iter().collect();
    keys.sort_unstable_by_key(|(id, _)| id.0);
    let private: usize = keys.iter().map(|(_, key)| INDEX + key.octets().len()).sum();
    let mut out = Vec::with_capacity(HEAD + entries.len() + private);
    out.extend_from_slice(MAGIC);
    for number in [stamp.place, entries.len(), keys.len()] {
        out.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
    }
    out.extend(stamp.serial.to_le_bytes());
    out.extend([0; DIGEST]);
    out.extend_from_slice(entries);
    let mut at = HEAD + entries.len() + keys.len() * INDEX;
    for (id, key) in &keys {
        out.extend(id.0.to_le_bytes());
        for number in [at, key.octets().len()] {
            out.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
        }
        at += key.octets().len();
    }
    keys.iter().for_each(|(_, key)| out.extend_from_slice(key.octets()));
    let found = digest_of(&out[..HEAD], entries);
    out[HEAD - DIGEST..HEAD].copy_from_slice(&found);
    out
}

/// Reads the entries of a shard. It blocks.
///
/// # Errors
/// [`ShardFileError`].
pub(super) fn read(path: &Path, place: usize) -> Result<(Shard, Stamp), ShardFileError> {
    let mut file = File::open(path)?;
    let head = Head::read(&mut file)?;
    if head.stamp.place != place {
        return Err(ShardFileError::Damaged);
    }
    let mut entries = vec![0; head.entries];
    file.read_exact(&mut entries).map_err(cut_off)?;
    if digest_of(&head.octets, &entries) != head.octets[HEAD - DIGEST..] {
        return Err(ShardFileError::Damaged);
    }
    let shard = Shard::new(entries.into()).ok_or(ShardFileError::Damaged)?;
    Ok((shard, head.stamp))
}

/// Reads private keys of a shard, as they rest; those that it does not have are left out. It
/// blocks.
///
/// # Errors
/// [`ShardFileError`].
pub(super) fn read_keys(path: &Path, wanted: &[KeyId]) -> Result<Vec<(KeyId, SealedKey)>, ShardFileError> {
    let mut file = File::open(path)?;
    let head = Head::read(&mut file)?;
    let mut index = vec![0; head.keys * INDEX];
    file.read_exact_at(&mut index, (HEAD + head.entries) as u64).map_err(cut_off)?;
    let (rows, _) = index.as_chunks::<INDEX>();
    let mut found = Vec::with_capacity(wanted.len());
    for id in wanted {
        let Ok(row) = rows.binary_search_by_key(&id.0, |row| row_of(row).0) else { continue };
        let (_, at, length) = row_of(&rows[row]);
        if length > MAX_KEY {
            return Err(ShardFileError::Damaged);
        }
        let mut octets = vec![0; length as usize];
        file.read_exact_at(&mut octets, u64::from(at)).map_err(cut_off)?;
        found.push((*id, SealedKey::new(octets)));
    }
    Ok(found)
}

struct Head {
    octets: [u8; HEAD],
    stamp: Stamp,
    /// Octets.
    entries: usize,
    keys: usize,
}

impl Head {
    fn read(file: &mut File) -> Result<Head, ShardFileError> {
        let mut octets = [0; HEAD];
        file.read_exact(&mut octets).map_err(cut_off)?;
        let number = |at: usize| {
            let four = octets[at..].first_chunk().copied().unwrap_or_default();
            u32::from_le_bytes(four)
        };
        if octets[..MAGIC.len()] != *MAGIC {
            return Err(ShardFileError::Damaged);
        }
        let size = |at: usize| usize::try_from(number(at)).unwrap_or(usize::MAX);
        // What a damaged head asks for is never more than there is.
        let most = file.metadata()?.len();
        let (entries, keys) = (size(12), size(16));
        if (entries as u64).saturating_add((keys as u64).saturating_mul(INDEX as u64)) > most {
            return Err(ShardFileError::Damaged);
        }
        let stamp = Stamp { place: size(8), serial: number(20) };
        Ok(Head { stamp, entries, keys, octets })
    }
}

fn row_of(row: &[u8; INDEX]) -> (i64, u32, u32) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *row;
    (
        i64::from_le_bytes([a, b, c, d, e, f, g, h]),
        u32::from_le_bytes([i, j, k, l]),
        u32::from_le_bytes([m, n, o, p]),
    )
}

fn digest_of(head: &[u8], entries: &[u8]) -> [u8; DIGEST] {
    let mut context = Context::new(&SHA256);
    context.update(&head[..HEAD - DIGEST]);
    context.update(entries);
    context.finish().as_ref().first_chunk().copied().unwrap_or_default()
}

fn cut_off(error: io::Error) -> ShardFileError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ShardFileError::Damaged,
        _ => ShardFileError::Io(error),
    }
}

/// The form of the file; another form, another word.
const MAGIC: &[u8; 8] = b"PSSHARD1";
const DIGEST: usize = 32;
/// Magic, place, octets of entries, keys, serial, digest.
const HEAD: usize = 24 + DIGEST;
/// Octets that say where a private key is.
const INDEX: usize = 16;
/// Octets: an RSA key of 4096 bits has 2 400.
const MAX_KEY: u32 = 16_384;
