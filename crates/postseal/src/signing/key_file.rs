use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use postseal_core::dkim::{SigningKey, SigningKeyError};
use postseal_store::{PrivateFileError, PrivateFiles, Readers};
use zeroize::Zeroizing;

/// Reads private keys that nobody but their owner can have changed or read, or the group of the
/// service.
#[derive(Debug)]
pub(crate) struct KeyFiles(PrivateFiles);

/// Reads one private key, as [`KeyFiles::read`] does.
///
/// # Errors
/// [`KeyFileError`] names the path and what to do about it.
pub(crate) fn read_key_file(path: &Path) -> Result<SigningKey, KeyFileError> {
    KeyFiles::new().read(path)
}

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    /// The file is not there or not safe.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// It holds no key to sign with.
    #[error("{}: {error}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        error: SigningKeyError,
    },
}

impl KeyFiles {
    pub(crate) fn new() -> KeyFiles {
        KeyFiles(PrivateFiles::new(Readers::Group, MAX_KEY_FILE as u64))
    }

    /// Reads the key in a file.
    ///
    /// It blocks: some system calls, and up to a millisecond for an RSA key.
    ///
    /// # Errors
    /// [`KeyFileError`] names the path and what to do about it.
    pub(crate) fn read(&mut self, path: &Path) -> Result<SigningKey, KeyFileError> {
        let file: File = self.0.open(path)?;
        // Room for all of it at once: a vector that grows leaves copies behind.
        let mut text = Zeroizing::new(Vec::with_capacity(ROOM));
        file.take(MAX_KEY_FILE as u64)
            .read_to_end(&mut text)
            .map_err(|source| PrivateFileError::Read { path: path.to_owned(), source })?;
        SigningKey::from_pem(&text).map_err(|error| KeyFileError::Key { path: path.to_owned(), error })
    }

    /// Looks at a key file as [`KeyFiles::read`] does, without reading it.
    ///
    /// # Errors
    /// As [`KeyFiles::read`].
    pub(crate) fn check(&mut self, path: &Path) -> Result<(), KeyFileError> {
        Ok(self.0.open(path).map(drop)?)
    }
}

/// Octets of a key file: an RSA key of 8192 bits in PEM has 6 400.
const MAX_KEY_FILE: usize = 64 * 1024;

/// Octets that reading one needs: as many, and one more to see its end.
const ROOM: usize = MAX_KEY_FILE + 1;

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const ED25519: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";

    #[test]
    fn reads_keys_and_says_why_not() {
        let home = tempfile::tempdir().expect("a directory");
        let check = |text: &[u8], mode: u32, expected: Option<&str>| {
            let path = home.path().join("k.pem");
            fs::write(&path, text).expect("written");
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("chmod");
            let got = read_key_file(&path).map(drop).map_err(|error| error.to_string());
            assert_eq!(KeyFiles::new().check(&path).is_ok(), mode == 0o640, "{mode:o}");
            match expected {
                None => assert_eq!(got, Ok(())),
                Some(expected) => assert!(got.clone().is_err_and(|got| got.contains(expected)), "{got:?}"),
            }
        };
        check(ED25519.as_bytes(), 0o640, None);
        check(b"", 0o640, Some("k.pem: there is no PEM private key in it"));
        check(ED25519.as_bytes(), 0o644, Some("k.pem: everybody may read it (mode 0644); chmod o-rwx "));
    }
}
