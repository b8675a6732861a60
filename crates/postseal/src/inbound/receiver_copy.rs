use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;
use postseal_store::{NewPair, PairOrigin, ReceiverPolicy, StoredPair};
use serde::{Deserialize, Serialize};

/// A node's own copy of what the receiver has changed, so that it decides the same where the store
/// cannot be opened: a line with the checksum of the rest, and JSON. It is replaced as a whole.
#[derive(Clone, Debug)]
pub(crate) struct ReceiverCopy {
    path: PathBuf,
}

/// Why a copy cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiverCopyError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error("it is damaged, or of another version of the program")]
    Damaged,
}

impl ReceiverCopy {
    /// The copy of the node whose store is this file: beside it.
    pub(crate) fn beside(store: &Path) -> ReceiverCopy {
        ReceiverCopy { path: store.with_extension("receiver") }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it; `None` where there is none. It blocks: one small file.
    ///
    /// # Errors
    /// [`ReceiverCopyError`].
    pub(crate) fn read(&self) -> Result<Option<ReceiverPolicy>, ReceiverCopyError> {
        let mut octets = Vec::new();
        match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?.take(MAX_OCTETS).read_to_end(&mut octets)?,
        };
        parse(&octets).map(Some).ok_or(ReceiverCopyError::Damaged)
    }

    /// Replaces it. It blocks until it is on the disk.
    ///
    /// # Errors
    /// What the system says; then the copy is as it was.
    pub(crate) fn write(&self, policy: &ReceiverPolicy) -> io::Result<()> {
        let json = serde_json::to_vec(&Written::of(policy)).map_err(io::Error::other)?;
        let temporary = self.path.with_extension(format!("receiver.{}", std::process::id()));
        let mut file =
            OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&temporary)?;
        let written = writeln!(file, "{}", checksum(&json))
            .and_then(|()| file.write_all(&json))
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&temporary, &self.path));
        if written.is_err() {
            // The first failure is the one that is told.
            let _ = fs::remove_file(&temporary);
        }
        written
    }
}

fn checksum(octets: &[u8]) -> String {
    digest(&SHA256, octets).as_ref().iter().map(|octet| format!("{octet:02x}")).collect()
}

fn parse(octets: &[u8]) -> Option<ReceiverPolicy> {
    let end = octets.iter().position(|octet| *octet == b'\n')?;
    let (line, json) = (&octets[..end], &octets[end + 1..]);
    if line != checksum(json).as_bytes() {
        return None;
    }
    serde_json::from_slice::<Written>(json).ok().filter(|written| written.version == VERSION)?.policy()
}

#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    revision: i64,
    settings: BTreeMap<String, String>,
    pairs: Vec<WrittenPair>,
    sealers: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
struct WrittenPair {
    id: i64,
    author_domain: String,
    subdomains: bool,
    client: Option<String>,
    authenticated: Option<String>,
    until: Option<u64>,
    note: String,
    made_at: u64,
}

impl Written {
    fn of(policy: &ReceiverPolicy) -> Written {
        Written {
            version: VERSION,
            revision: policy.revision,
            settings: policy.settings.clone(),
            pairs: policy.pairs.iter().map(WrittenPair::of).collect(),
            sealers: (policy.sealers.iter()).map(|(o, s)| (o.to_string(), s.to_string())).collect(),
        }
    }

    fn policy(self) -> Option<ReceiverPolicy> {
        let sealer = |(organisation, sealer): (String, String)| {
            Some((OrganisationName::parse(&organisation).ok()?, DomainName::parse(&sealer).ok()?))
        };
        Some(ReceiverPolicy {
            revision: self.revision,
            settings: self.settings,
            pairs: self.pairs.into_iter().map(WrittenPair::pair).collect::<Option<_>>()?,
            sealers: self.sealers.into_iter().map(sealer).collect::<Option<_>>()?,
        })
    }
}

impl WrittenPair {
    fn of(stored: &StoredPair) -> WrittenPair {
        let (client, authenticated) = match &stored.pair.from {
            PairOrigin::Client(network) => (Some(network.clone()), None),
            PairOrigin::Authenticated(domain) => (None, Some(domain.to_string())),
        };
        WrittenPair {
            id: stored.id,
            author_domain: stored.pair.author_domain.to_string(),
            subdomains: stored.pair.subdomains,
            client,
            authenticated,
            until: stored.pair.until,
            note: stored.pair.note.clone(),
            made_at: stored.made_at,
        }
    }

    fn pair(self) -> Option<StoredPair> {
        let from = match (self.client, self.authenticated) {
            (Some(network), None) => PairOrigin::Client(network),
            (None, Some(domain)) => PairOrigin::Authenticated(DomainName::parse(&domain).ok()?),
            _ => return None,
        };
        Some(StoredPair {
            id: self.id,
            pair: NewPair {
                author_domain: DomainName::parse(&self.author_domain).ok()?,
                subdomains: self.subdomains,
                from,
                until: self.until,
                note: self.note,
            },
            made_at: self.made_at,
        })
    }
}

const VERSION: u32 = 1;

/// A thousand pairs with long notes, and the sealers of many organisations.
const MAX_OCTETS: u64 = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_what_is_damaged_is_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let copy = ReceiverCopy::beside(&directory.path().join("postseal.db"));
        assert_eq!(copy.read().expect("none yet"), None);
        let name = |text: &str| DomainName::parse(text).expect("a name");
        let pair = |id, from| StoredPair {
            id,
            pair: NewPair {
                author_domain: name("partner.example"),
                subdomains: true,
                from,
                until: Some(7),
                note: "a \"note\"\n".to_owned(),
            },
            made_at: 5,
        };
        let policy = ReceiverPolicy {
            revision: 9,
            settings: BTreeMap::from([("observe".to_owned(), "true".to_owned())]),
            pairs: vec![
                pair(1, PairOrigin::Client("192.0.2.0/24".to_owned())),
                pair(2, PairOrigin::Authenticated(name("host.example"))),
            ],
            sealers: vec![(OrganisationName::parse("contoso").expect("a name"), name("lists.example"))],
        };
        copy.write(&policy).expect("written");
        assert_eq!(copy.read().expect("read"), Some(policy.clone()));
        let octets = fs::read(copy.path()).expect("there");
        for place in 0..octets.len() {
            let mut changed = octets.clone();
            changed[place] ^= 1;
            assert_eq!(parse(&changed), None, "octet {place}");
            assert_eq!(parse(&octets[..place]), None, "cut at {place}");
        }
        assert_eq!(fs::read_dir(directory.path()).expect("read").count(), 1, "nothing else is left");
    }
}
