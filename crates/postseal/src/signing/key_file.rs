use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use postseal_core::dkim::{SigningKey, SigningKeyError};
use rustix::fs::OFlags;
use zeroize::Zeroizing;

/// Reads a private key that nobody but its owner can have changed or read.
///
/// It blocks: some system calls, and up to a millisecond for an RSA key.
///
/// # Errors
/// [`KeyFileError`] names the path and what to do about it.
pub(crate) fn read_key_file(path: &Path) -> Result<SigningKey, KeyFileError> {
    let text = read(path)?;
    SigningKey::from_pem(&text).map_err(|error| KeyFileError::Key { path: path.to_owned(), error })
}

/// Looks at a key file as [`read_key_file`] does, without reading it.
///
/// # Errors
/// As [`read_key_file`].
pub(crate) fn check_key_file(path: &Path) -> Result<(), KeyFileError> {
    open(path).map(|_| ())
}

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyFileError {
    /// It cannot be opened or read.
    #[error("{}: {}", path.display(), open_problem(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A directory, a device, …
    #[error("{}: not a file", path.display())]
    NotAFile {
        /// What it is not.
        path: PathBuf,
    },
    /// Larger than any key.
    #[error("{}: larger than {MAX_KEY_FILE} octets, so no key file", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else could change the key, or put another in its place.
    #[error("{}: {problem}; {}", path.display(), problem.remedy(path))]
    Unsafe {
        /// The file, or a directory above it.
        path: PathBuf,
        /// What is wrong with it.
        problem: UnsafePath,
    },
    /// It holds no key to sign with.
    #[error("{}: {error}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        error: SigningKeyError,
    },
}

/// Why a file or a directory above it is not safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnsafePath {
    /// Neither root nor the user that this process runs as.
    #[error("it belongs to user {owner}, who could change the key")]
    Owner {
        /// By number.
        owner: u32,
    },
    /// Others than the owner may write.
    #[error("others may write to it (mode {mode:04o})")]
    Writable {
        /// As in chmod.
        mode: u32,
    },
    /// Everybody may read.
    #[error("everybody may read it (mode {mode:04o})")]
    Readable {
        /// As in chmod.
        mode: u32,
    },
}

impl UnsafePath {
    fn remedy(self, path: &Path) -> String {
        let path = path.display();
        match self {
            UnsafePath::Owner { .. } => format!("chown it to root or to the user that runs postseal: {path}"),
            UnsafePath::Writable { .. } => format!("chmod go-w {path}"),
            UnsafePath::Readable { .. } => format!("chmod o-rwx {path}"),
        }
    }
}

fn open_problem(error: &io::Error) -> String {
    match error.kind() {
        // What O_NOFOLLOW says of a symbolic link.
        _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            "a symbolic link, which is not followed; give the file itself".to_owned()
        }
        _ => error.to_string(),
    }
}

fn open(path: &Path) -> Result<File, KeyFileError> {
    let failed = |source| KeyFileError::Read { path: path.to_owned(), source };
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = File::options().read(true).custom_flags(flags).open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(KeyFileError::NotAFile { path: path.to_owned() });
    }
    if metadata.len() > MAX_KEY_FILE as u64 {
        return Err(KeyFileError::TooLarge { path: path.to_owned() });
    }
    check_file(path, &metadata)?;
    for directory in path.ancestors().skip(1).filter(|directory| !directory.as_os_str().is_empty()) {
        let metadata = std::fs::metadata(directory)
            .map_err(|source| KeyFileError::Read { path: directory.to_owned(), source })?;
        check_directory(directory, &metadata)?;
    }
    Ok(file)
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let file = open(path)?;
    // Room for all of it at once: a vector that grows leaves copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(MAX_KEY_FILE + 1));
    file.take(MAX_KEY_FILE as u64)
        .read_to_end(&mut text)
        .map_err(|source| KeyFileError::Read { path: path.to_owned(), source })?;
    Ok(text)
}

fn check_file(path: &Path, metadata: &Metadata) -> Result<(), KeyFileError> {
    let mode = metadata.mode() & 0o7777;
    check_owner(path, metadata)?;
    let problem = match mode {
        _ if mode & 0o022 != 0 => UnsafePath::Writable { mode },
        // A group may read: that of the service, on a file that belongs to root.
        _ if mode & 0o007 != 0 => UnsafePath::Readable { mode },
        _ => return Ok(()),
    };
    Err(KeyFileError::Unsafe { path: path.to_owned(), problem })
}

/// Whoever may write to a directory can put another key in the place of ours; the
/// sticky bit keeps them from it.
fn check_directory(path: &Path, metadata: &Metadata) -> Result<(), KeyFileError> {
    let mode = metadata.mode() & 0o7777;
    check_owner(path, metadata)?;
    if mode & 0o022 != 0 && mode & 0o1000 == 0 {
        return Err(KeyFileError::Unsafe { path: path.to_owned(), problem: UnsafePath::Writable { mode } });
    }
    Ok(())
}

fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), KeyFileError> {
    let owner = metadata.uid();
    if owner == 0 || owner == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(KeyFileError::Unsafe { path: path.to_owned(), problem: UnsafePath::Owner { owner } })
}

/// Octets of a key file: an RSA key of 8192 bits in PEM has 6 400.
const MAX_KEY_FILE: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    const ED25519: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("chmod");
    }

    #[test]
    fn reads_what_is_safe_and_names_what_is_not() {
        let home = tempfile::tempdir().expect("a directory");
        let directory = home.path().join("keys");
        fs::create_dir(&directory).expect("a directory");
        let path = directory.join("key.pem");
        fs::write(&path, ED25519).expect("written");
        let check = |file_mode: u32, directory_mode: u32, expected: Result<(), &str>| {
            set_mode(&path, file_mode);
            set_mode(&directory, directory_mode);
            let got = read_key_file(&path).map(|_| ()).map_err(|error| error.to_string());
            match (&got, expected) {
                (Ok(()), Ok(())) => {}
                (Err(got), Err(expected)) if got.contains(expected) => {}
                _ => panic!("{file_mode:o} {directory_mode:o}: {got:?}, not {expected:?}"),
            }
        };
        check(0o600, 0o700, Ok(()));
        check(0o440, 0o755, Ok(()));
        check(0o600, 0o1777, Ok(()));
        check(0o620, 0o700, Err("key.pem: others may write to it (mode 0620); chmod go-w "));
        check(0o604, 0o700, Err("key.pem: everybody may read it (mode 0604); chmod o-rwx "));
        check(0o600, 0o770, Err("keys: others may write to it (mode 0770); chmod go-w "));
    }

    #[test]
    fn refuses_what_is_no_key_file() {
        let home = tempfile::tempdir().expect("a directory");
        let file = |name: &str, text: &[u8]| {
            let path = home.path().join(name);
            fs::write(&path, text).expect("written");
            set_mode(&path, 0o600);
            path
        };
        let good = file("good.pem", ED25519.as_bytes());
        let link = home.path().join("link.pem");
        symlink(&good, &link).expect("a link");
        let check = |path: &Path, expected: &str| {
            let error = read_key_file(path).expect_err("not usable").to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(&home.path().join("none.pem"), "none.pem: No such file");
        check(&link, "link.pem: a symbolic link");
        check(home.path(), "not a file");
        check(&file("empty.pem", b""), "empty.pem: there is no PEM private key in it");
        check(&file("large.pem", &[b'x'; 70_000]), "larger than");
    }
}
