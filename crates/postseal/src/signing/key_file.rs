use std::collections::HashSet;
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use postseal_core::dkim::{SigningKey, SigningKeyError};
use rustix::fs::OFlags;
use zeroize::Zeroizing;

/// Reads private keys that nobody but their owner can have changed or read. Remembers the
/// directories that are safe, for those who look at many keys.
#[derive(Debug)]
pub(crate) struct KeyFiles {
    /// The user that this process runs as.
    uid: u32,
    /// Directories whose ancestors are safe too, for a key of this owner.
    safe: HashSet<(PathBuf, u32)>,
}

/// Reads one private key, as [`KeyFiles::read`] does.
///
/// # Errors
/// [`KeyFileError`] names the path and what to do about it.
pub(crate) fn read_key_file(path: &Path) -> Result<SigningKey, KeyFileError> {
    KeyFiles::new().read(path)
}

impl KeyFiles {
    pub(crate) fn new() -> KeyFiles {
        KeyFiles { uid: rustix::process::geteuid().as_raw(), safe: HashSet::new() }
    }

    /// Reads the key in a file.
    ///
    /// It blocks: some system calls, and up to a millisecond for an RSA key.
    ///
    /// # Errors
    /// [`KeyFileError`] names the path and what to do about it.
    pub(crate) fn read(&mut self, path: &Path) -> Result<SigningKey, KeyFileError> {
        let file = self.open(path)?;
        // Room for all of it at once: a vector that grows leaves copies behind.
        let mut text = Zeroizing::new(Vec::with_capacity(ROOM));
        file.take(MAX_KEY_FILE as u64)
            .read_to_end(&mut text)
            .map_err(|source| KeyFileError::Read { path: path.to_owned(), source })?;
        SigningKey::from_pem(&text).map_err(|error| KeyFileError::Key { path: path.to_owned(), error })
    }

    /// Looks at a key file as [`KeyFiles::read`] does, without reading it.
    ///
    /// # Errors
    /// As [`KeyFiles::read`].
    pub(crate) fn check(&mut self, path: &Path) -> Result<(), KeyFileError> {
        self.open(path).map(|_| ())
    }

    fn open(&mut self, path: &Path) -> Result<File, KeyFileError> {
        let failed = |source| KeyFileError::Read { path: path.to_owned(), source };
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let flags = flags.bits().cast_signed();
        let file = File::options().read(true).custom_flags(flags).open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(KeyFileError::NotAFile { path: path.to_owned() });
        }
        if metadata.len() > MAX_KEY_FILE as u64 {
            return Err(KeyFileError::TooLarge { path: path.to_owned() });
        }
        let owner = metadata.uid();
        self.check_file(path, &metadata)?;
        let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
        self.check_directories(directory.unwrap_or(Path::new(".")), owner)?;
        Ok(file)
    }

    fn check_file(&self, path: &Path, metadata: &Metadata) -> Result<(), KeyFileError> {
        let mode = metadata.mode() & 0o7777;
        self.check_owner(path, metadata.uid(), metadata.uid())?;
        let problem = match mode {
            _ if mode & 0o022 != 0 => UnsafePath::Writable { mode },
            // A group may read: that of the service, on a file that belongs to root.
            _ if mode & 0o007 != 0 => UnsafePath::Readable { mode },
            _ => return Ok(()),
        };
        Err(KeyFileError::Unsafe { path: path.to_owned(), problem })
    }

    /// A directory and all above it: as the path names them, and as they are where one of
    /// them is a symbolic link.
    fn check_directories(&mut self, directory: &Path, key_owner: u32) -> Result<(), KeyFileError> {
        let known = (directory.to_owned(), key_owner);
        if self.safe.contains(&known) {
            return Ok(());
        }
        let failed = |source| KeyFileError::Read { path: directory.to_owned(), source };
        let named = std::path::absolute(directory).map_err(failed)?;
        let real = std::fs::canonicalize(directory).map_err(failed)?;
        named.ancestors().try_for_each(|above| self.check_directory(above, key_owner))?;
        if real != named {
            real.ancestors().try_for_each(|above| self.check_directory(above, key_owner))?;
        }
        self.safe.insert(known);
        Ok(())
    }

    /// Whoever may write to a directory can put another key in the place of ours; the
    /// sticky bit keeps them from it.
    fn check_directory(&self, path: &Path, key_owner: u32) -> Result<(), KeyFileError> {
        let metadata =
            std::fs::metadata(path).map_err(|source| KeyFileError::Read { path: path.to_owned(), source })?;
        let mode = metadata.mode() & 0o7777;
        self.check_owner(path, metadata.uid(), key_owner)?;
        if mode & 0o022 != 0 && mode & 0o1000 == 0 {
            let problem = UnsafePath::Writable { mode };
            return Err(KeyFileError::Unsafe { path: path.to_owned(), problem });
        }
        Ok(())
    }

    /// Root and this process's user may own it. Where that is root, so may the key's owner: root
    /// then looks on behalf of a node that runs as another user.
    fn check_owner(&self, path: &Path, owner: u32, key_owner: u32) -> Result<(), KeyFileError> {
        if owner == ROOT || owner == self.uid || (self.uid == ROOT && owner == key_owner) {
            return Ok(());
        }
        let problem = UnsafePath::Owner { owner };
        Err(KeyFileError::Unsafe { path: path.to_owned(), problem })
    }
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

/// Octets of a key file: an RSA key of 8192 bits in PEM has 6 400.
const MAX_KEY_FILE: usize = 64 * 1024;

/// Octets that reading one needs: as many, and one more to see its end.
const ROOM: usize = MAX_KEY_FILE + 1;

/// The user.
const ROOT: u32 = 0;

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

    #[test]
    fn a_directory_is_looked_at_behind_a_link_too() {
        let home = tempfile::tempdir().expect("a directory");
        let open = home.path().join("open");
        let keys = open.join("keys");
        fs::create_dir_all(&keys).expect("directories");
        let path = keys.join("key.pem");
        fs::write(&path, ED25519).expect("written");
        for (path, mode) in [(&path, 0o600), (&keys, 0o700), (&open, 0o755)] {
            set_mode(path, mode);
        }
        let short = home.path().join("short");
        symlink(&keys, &short).expect("a link");
        let mut files = KeyFiles::new();
        files.read(&short.join("key.pem")).expect("safe");
        set_mode(&open, 0o777);
        let error = read_key_file(&short.join("key.pem")).expect_err("unsafe").to_string();
        assert!(error.contains("open: others may write to it (mode 0777)"), "{error}");
        // What was seen to be safe is not looked at again.
        files.check(&short.join("key.pem")).expect("remembered");
    }

    #[test]
    fn root_looks_on_behalf_of_another_user() {
        let check = |uid: u32, owner: u32, key_owner: u32, expected: bool| {
            let files = KeyFiles { uid, safe: HashSet::new() };
            let got = files.check_owner(Path::new("/k"), owner, key_owner).is_ok();
            assert_eq!(got, expected, "{uid} {owner} {key_owner}");
        };
        check(ROOT, ROOT, ROOT, true);
        check(ROOT, 998, 998, true);
        check(ROOT, 997, 998, false);
        check(998, 998, 998, true);
        check(998, ROOT, 998, true);
        check(998, 997, 997, false);
    }
}
