use std::collections::HashSet;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Opens files that nobody but their owner can have changed, and not everybody can read: those of
/// keys. Remembers the directories that are safe, for those who look at many.
#[derive(Debug)]
pub struct PrivateFiles {
    /// The user that this process runs as.
    uid: u32,
    readers: Readers,
    /// Octets that a file may have.
    max: u64,
    /// Directories whose ancestors are safe too, for a file of this owner.
    safe: HashSet<(PathBuf, u32)>,
}

/// Who may read a private file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Its owner: mode 0600 or less.
    Owner,
    /// Its group too, that of the service on a file of root's: mode 0640 or less.
    Group,
}

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFileError {
    /// It cannot be opened or read.
    #[error("{}: {}", path.display(), open_problem(source))]
    Read {
        /// The file, or a directory above it.
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
    #[error("{}: larger than {max} octets, so no key file", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What it may have.
        max: u64,
    },
    /// Somebody else could read or change the key, or put another in its place.
    #[error("{}: {problem}; {}", path.display(), problem.remedy(path))]
    Unsafe {
        /// The file, or a directory above it.
        path: PathBuf,
        /// What is wrong with it.
        problem: UnsafePath,
    },
}

/// Why a file or a directory above it is not safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsafePath {
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
    /// The group may read, where only the owner should.
    #[error("its group may read it (mode {mode:04o})")]
    GroupReadable {
        /// As in chmod.
        mode: u32,
    },
}

impl PrivateFiles {
    /// For files of at most `max` octets.
    pub fn new(readers: Readers, max: u64) -> PrivateFiles {
        PrivateFiles { uid: rustix::process::geteuid().as_raw(), readers, max, safe: HashSet::new() }
    }

    /// Opens a file to read it. It blocks: some system calls.
    ///
    /// # Errors
    /// [`PrivateFileError`] names the path and what to do about it.
    pub fn open(&mut self, path: &Path) -> Result<File, PrivateFileError> {
        let failed = |source| PrivateFileError::Read { path: path.to_owned(), source };
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
        let file = File::options().read(true).custom_flags(flags).open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(PrivateFileError::NotAFile { path: path.to_owned() });
        }
        if metadata.len() > self.max {
            return Err(PrivateFileError::TooLarge { path: path.to_owned(), max: self.max });
        }
        self.check_file(path, &metadata)?;
        let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
        self.check_directories(directory.unwrap_or(Path::new(".")), metadata.uid())?;
        Ok(file)
    }

    fn check_file(&self, path: &Path, metadata: &Metadata) -> Result<(), PrivateFileError> {
        let mode = metadata.mode() & 0o7777;
        self.check_owner(path, metadata.uid(), metadata.uid())?;
        let problem = match (mode, self.readers) {
            _ if mode & 0o022 != 0 => UnsafePath::Writable { mode },
            _ if mode & 0o007 != 0 => UnsafePath::Readable { mode },
            (_, Readers::Owner) if mode & 0o070 != 0 => UnsafePath::GroupReadable { mode },
            _ => return Ok(()),
        };
        Err(PrivateFileError::Unsafe { path: path.to_owned(), problem })
    }

    /// A directory and all above it: as the path names them, and as they are where one of
    /// them is a symbolic link.
    fn check_directories(&mut self, directory: &Path, key_owner: u32) -> Result<(), PrivateFileError> {
        let known = (directory.to_owned(), key_owner);
        if self.safe.contains(&known) {
            return Ok(());
        }
        let failed = |source| PrivateFileError::Read { path: directory.to_owned(), source };
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
    fn check_directory(&self, path: &Path, key_owner: u32) -> Result<(), PrivateFileError> {
        let metadata = std::fs::metadata(path)
            .map_err(|source| PrivateFileError::Read { path: path.to_owned(), source })?;
        let mode = metadata.mode() & 0o7777;
        self.check_owner(path, metadata.uid(), key_owner)?;
        if mode & 0o022 != 0 && mode & 0o1000 == 0 {
            let problem = UnsafePath::Writable { mode };
            return Err(PrivateFileError::Unsafe { path: path.to_owned(), problem });
        }
        Ok(())
    }

    /// Root and this process's user may own it. Where that is root, so may the key's owner: root
    /// then looks on behalf of a node that runs as another user.
    fn check_owner(&self, path: &Path, owner: u32, key_owner: u32) -> Result<(), PrivateFileError> {
        if owner == ROOT || owner == self.uid || (self.uid == ROOT && owner == key_owner) {
            return Ok(());
        }
        let problem = UnsafePath::Owner { owner };
        Err(PrivateFileError::Unsafe { path: path.to_owned(), problem })
    }
}

impl UnsafePath {
    fn remedy(self, path: &Path) -> String {
        let path = path.display();
        match self {
            UnsafePath::Owner { .. } => format!("chown it to root or to the user that runs postseal: {path}"),
            UnsafePath::Writable { .. } => format!("chmod go-w {path}"),
            UnsafePath::Readable { .. } => format!("chmod o-rwx {path}"),
            UnsafePath::GroupReadable { .. } => format!("chmod 600 {path}"),
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

/// The user.
const ROOT: u32 = 0;

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("chmod");
    }

    fn open(path: &Path, readers: Readers) -> Result<(), String> {
        PrivateFiles::new(readers, 1_000).open(path).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn opens_what_is_safe_and_names_what_is_not() {
        let home = tempfile::tempdir().expect("a directory");
        let directory = home.path().join("keys");
        fs::create_dir(&directory).expect("a directory");
        let path = directory.join("key.pem");
        fs::write(&path, "a key").expect("written");
        let check = |readers: Readers, file_mode: u32, directory_mode: u32, expected: Result<(), &str>| {
            set_mode(&path, file_mode);
            set_mode(&directory, directory_mode);
            let got = open(&path, readers);
            match (&got, expected) {
                (Ok(()), Ok(())) => {}
                (Err(got), Err(expected)) if got.contains(expected) => {}
                _ => panic!("{file_mode:o} {directory_mode:o}: {got:?}, not {expected:?}"),
            }
        };
        for readers in [Readers::Owner, Readers::Group] {
            check(readers, 0o600, 0o700, Ok(()));
            check(readers, 0o400, 0o755, Ok(()));
            check(readers, 0o600, 0o1777, Ok(()));
            check(readers, 0o620, 0o700, Err("key.pem: others may write to it (mode 0620); chmod go-w "));
            check(readers, 0o604, 0o700, Err("key.pem: everybody may read it (mode 0604); chmod o-rwx "));
            check(readers, 0o600, 0o770, Err("keys: others may write to it (mode 0770); chmod go-w "));
        }
        check(Readers::Group, 0o440, 0o755, Ok(()));
        check(Readers::Owner, 0o440, 0o755, Err("key.pem: its group may read it (mode 0440); chmod 600 "));
    }

    #[test]
    fn refuses_what_is_no_key_file() {
        let home = tempfile::tempdir().expect("a directory");
        let file = |name: &str, octets: usize| {
            let path = home.path().join(name);
            fs::write(&path, vec![b'x'; octets]).expect("written");
            set_mode(&path, 0o600);
            path
        };
        let link = home.path().join("link.pem");
        symlink(file("good.pem", 10), &link).expect("a link");
        let check = |path: &Path, expected: &str| {
            let error = open(path, Readers::Group).expect_err("not usable");
            assert!(error.contains(expected), "{error}");
        };
        check(&home.path().join("none.pem"), "none.pem: No such file");
        check(&link, "link.pem: a symbolic link");
        check(home.path(), "not a file");
        check(&file("large.pem", 1_001), "larger than 1000 octets");
    }

    #[test]
    fn a_directory_is_looked_at_behind_a_link_too() {
        let home = tempfile::tempdir().expect("a directory");
        let above = home.path().join("open");
        let keys = above.join("keys");
        fs::create_dir_all(&keys).expect("directories");
        let path = keys.join("key.pem");
        fs::write(&path, "a key").expect("written");
        for (path, mode) in [(&path, 0o600), (&keys, 0o700), (&above, 0o755)] {
            set_mode(path, mode);
        }
        let short = home.path().join("short");
        symlink(&keys, &short).expect("a link");
        let mut files = PrivateFiles::new(Readers::Group, 1_000);
        files.open(&short.join("key.pem")).expect("safe");
        set_mode(&above, 0o777);
        let error = open(&short.join("key.pem"), Readers::Group).expect_err("unsafe");
        assert!(error.contains("open: others may write to it (mode 0777)"), "{error}");
        // What was seen to be safe is not looked at again.
        files.open(&short.join("key.pem")).expect("remembered");
    }

    #[test]
    fn root_looks_on_behalf_of_another_user() {
        let check = |uid: u32, owner: u32, key_owner: u32, expected: bool| {
            let files = PrivateFiles { uid, ..PrivateFiles::new(Readers::Group, 1_000) };
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
