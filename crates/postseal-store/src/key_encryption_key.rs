use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use zeroize::Zeroizing;

use crate::{PrivateFileError, PrivateFiles, Readers};

/// Where the key is kept that encrypts the private keys. Never in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file, mode 0600 or stricter, in directories that nobody else may write to.
    File(PathBuf),
    /// An environment variable of this name.
    Environment(String),
    /// A credential that systemd passes (`LoadCredential=`), by its name.
    Credential(String),
}

/// The key that encrypts the private keys: 32 octets, written as 64 hex digits.
/// Wiped when dropped; its `Debug` output says nothing.
pub struct KeyEncryptionKey(Zeroizing<[u8; 32]>);

/// Why there is no key to encrypt with.
#[derive(Debug, thiserror::Error)]
pub enum KeySourceError {
    /// Its file is not there or not safe.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// A new one cannot be made.
    #[error("{}: no key can be made: {source}", path.display())]
    Make {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The variable is not set, or is no text.
    #[error("the environment variable {0} is not set")]
    NoVariable(String),
    /// systemd passed no credentials.
    #[error("no credentials directory: the service has no LoadCredential= for {0}")]
    NoCredentials(String),
    /// A name that would lead out of the credentials directory.
    #[error("{0:?} is no name of a credential")]
    CredentialName(String),
    /// Not 64 hex digits.
    #[error("{0} does not hold 64 hex digits (32 octets)")]
    Form(String),
}

impl KeySource {
    /// Reads the key. It blocks: a few system calls.
    ///
    /// # Errors
    /// [`KeySourceError`] names the place and what to do about it, never what is in it.
    pub fn read(&self) -> Result<KeyEncryptionKey, KeySourceError> {
        let text = match self {
            KeySource::File(path) => read_private(path)?,
            KeySource::Environment(name) => {
                let value = std::env::var(name).map_err(|_| KeySourceError::NoVariable(name.clone()))?;
                Zeroizing::new(value.into_bytes())
            }
            KeySource::Credential(name) => {
                if name.is_empty() || name.contains('/') || name.starts_with('.') {
                    return Err(KeySourceError::CredentialName(name.clone()));
                }
                let directory = std::env::var_os("CREDENTIALS_DIRECTORY")
                    .ok_or_else(|| KeySourceError::NoCredentials(name.clone()))?;
                read_private(&Path::new(&directory).join(name))?
            }
        };
        KeyEncryptionKey::from_hex(&text).ok_or_else(|| KeySourceError::Form(self.to_string()))
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeySource::File(path) => write!(f, "the file {}", path.display()),
            KeySource::Environment(name) => write!(f, "the environment variable {name}"),
            KeySource::Credential(name) => write!(f, "the systemd credential {name}"),
        }
    }
}

impl KeyEncryptionKey {
    /// A key of these octets.
    pub fn from_octets(octets: [u8; 32]) -> KeyEncryptionKey {
        KeyEncryptionKey(Zeroizing::new(octets))
    }

    /// Makes a key in a new file, mode 0600. It blocks: it waits for the disk. Whoever finds the file finds the whole
    /// key in it, also where two processes make it at once, or one dies meanwhile.
    ///
    /// # Errors
    /// [`KeySourceError::Make`], also where the file is there already; [`KeySourceError`] where it could
    /// not be read again, because others may write to its directories.
    pub fn make_file(path: &Path) -> Result<KeyEncryptionKey, KeySourceError> {
        let failed = |source| KeySourceError::Make { path: path.to_owned(), source };
        let mut octets = Zeroizing::new([0; 32]);
        rand::fill(octets.as_mut_slice()).map_err(|_| failed(std::io::ErrorKind::Other.into()))?;
        let mut text = Zeroizing::new(String::with_capacity(65));
        for octet in octets.iter() {
            // Writing to a String does not fail.
            let _ = write!(text, "{octet:02x}");
        }
        text.push('\n');
        let mut own = [0; 8];
        rand::fill(&mut own).map_err(|_| failed(std::io::ErrorKind::Other.into()))?;
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(format!(".{:016x}", u64::from_ne_bytes(own)));
        let unfinished = Path::new(&unfinished);
        let written = write_whole(unfinished, text.as_bytes());
        // A link, unlike a new name, takes no file's place.
        let linked = written.and_then(|()| std::fs::hard_link(unfinished, path));
        // Gone, or never made: the failure that is told is the first.
        let _ = std::fs::remove_file(unfinished);
        linked.map_err(failed)?;
        let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
        let directory = File::open(directory.unwrap_or(Path::new(".")));
        directory.and_then(|directory| directory.sync_all()).map_err(failed)?;
        KeySource::File(path.to_owned()).read()
    }

    fn from_hex(text: &[u8]) -> Option<KeyEncryptionKey> {
        let text = text.trim_ascii();
        if text.len() != 64 {
            return None;
        }
        let mut octets = Zeroizing::new([0; 32]);
        for (octet, pair) in octets.iter_mut().zip(text.chunks(2)) {
            let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
            *octet = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(KeyEncryptionKey(octets))
    }

    pub(crate) fn octets(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyEncryptionKey")
    }
}

/// A new file that is its owner's alone, on the disk.
fn write_whole(path: &Path, octets: &[u8]) -> std::io::Result<()> {
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(octets)?;
    file.sync_all()
}

/// Octets that are read at most: a key and white space around it.
const MAX_FILE: u64 = 1_024;

/// Reads a file that nobody but its owner can have read or changed.
fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeySourceError> {
    let file = PrivateFiles::new(Readers::Owner, MAX_FILE).open(path)?;
    let mut text = Zeroizing::new(Vec::with_capacity(usize::try_from(MAX_FILE).unwrap_or(0) + 1));
    file.take(MAX_FILE)
        .read_to_end(&mut text)
        .map_err(|source| PrivateFileError::Read { path: path.to_owned(), source })?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("mode set");
    }

    #[test]
    fn a_key_file_is_read_only_where_nobody_else_can_have_touched_it() {
        let home = tempfile::tempdir().expect("a directory");
        let directory = home.path().join("d");
        fs::create_dir(&directory).expect("made");
        let path = directory.join("kek");
        fs::write(&path, format!("{}\n", "a1".repeat(32))).expect("written");
        let check = |path: &Path, file: u32, dir: u32, expected: &str| {
            set_mode(&directory.join("kek"), file);
            set_mode(&directory, dir);
            let got = KeySource::File(path.to_owned()).read();
            let got = got.map_or_else(|e| e.to_string(), |key| format!("{:x}", key.octets()[0]));
            assert!(got.contains(expected), "{file:o} {dir:o}: {got}");
            assert!(!got.contains("a1a1"), "{got}");
        };
        check(&path, 0o600, 0o700, "a1");
        check(&path, 0o400, 0o755, "a1");
        check(&path, 0o640, 0o700, "its group may read it (mode 0640)");
        check(&path, 0o604, 0o700, "everybody may read it (mode 0604)");
        check(&path, 0o600, 0o770, "others may write to it (mode 0770)");
        check(&path, 0o600, 0o1777, "a1");
        let link = home.path().join("link");
        symlink(&path, &link).expect("linked");
        check(&link, 0o600, 0o700, "link: ");
        check(&directory, 0o600, 0o700, "not a file");
        check(&home.path().join("none"), 0o600, 0o700, "No such file");
        fs::write(&path, "a1".repeat(31)).expect("written");
        check(&path, 0o600, 0o700, "does not hold 64 hex digits");
        fs::write(&path, "zz".repeat(32)).expect("written");
        check(&path, 0o600, 0o700, "does not hold 64 hex digits");
    }

    #[test]
    fn a_key_is_made_once() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("kek");
        let made = KeyEncryptionKey::make_file(&path).expect("made");
        let read = KeySource::File(path.clone()).read().expect("read");
        assert_eq!(made.octets(), read.octets());
        let error = KeyEncryptionKey::make_file(&path).expect_err("there already").to_string();
        assert!(error.contains("File exists"), "{error}");
        assert_ne!(made.octets(), &[0; 32]);
        let absent = KeyEncryptionKey::make_file(&home.path().join("no/kek")).expect_err("no directory");
        assert!(absent.to_string().contains("No such file"), "{absent}");
    }

    /// Each of many at once finds no file, or a whole key.
    #[test]
    fn of_several_that_make_it_at_once_one_does() {
        for _ in 0..20 {
            let home = tempfile::tempdir().expect("a directory");
            let path = home.path().join("kek");
            let make = || match KeyEncryptionKey::make_file(&path) {
                Err(KeySourceError::Make { source, .. }) => {
                    assert_eq!(source.kind(), std::io::ErrorKind::AlreadyExists, "{source}");
                    (false, KeySource::File(path.clone()).read().expect("whole"))
                }
                made => (true, made.expect("made")),
            };
            let keys: Vec<_> = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
                threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
            });
            assert_eq!(keys.iter().filter(|(made, _)| *made).count(), 1);
            assert!(keys.iter().all(|(_, key)| key.octets() == keys[0].1.octets()));
            assert_eq!(fs::read_dir(home.path()).expect("there").count(), 1, "nothing else is left");
        }
    }

    #[test]
    fn other_sources_say_what_is_missing() {
        let check = |source: KeySource, expected: &str| {
            let error = source.read().expect_err("nothing there").to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(KeySource::Environment("POSTSEAL_NO_SUCH".to_owned()), "POSTSEAL_NO_SUCH is not set");
        check(KeySource::Credential("../etc/passwd".to_owned()), "is no name of a credential");
        let key = KeyEncryptionKey::from_octets([7; 32]);
        assert_eq!(format!("{key:?}"), "KeyEncryptionKey");
    }
}
