use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use tempfile::TempDir;

/// A directory of this run, which goes with it. Whoever is killed leaves one behind: the next run removes it.
#[derive(Debug)]
pub(super) struct PrivateDirectory {
    directory: TempDir,
    /// Locked for as long as the run lasts, however it ends.
    _running: File,
}

impl PrivateDirectory {
    /// A new one where temporary files are (`TMPDIR`), for its owner alone.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn new() -> io::Result<PrivateDirectory> {
        PrivateDirectory::below(&std::env::temp_dir())
    }

    fn below(parent: &Path) -> io::Result<PrivateDirectory> {
        let mode = fs::Permissions::from_mode(MODE);
        let directory = tempfile::Builder::new().prefix(PREFIX).permissions(mode).tempdir_in(parent)?;
        // It gets its name when it is locked: whoever finds it by that name finds it locked.
        let (unlocked, lock) = (directory.path().join("starting"), directory.path().join(LOCK));
        let running = File::create_new(&unlocked)?;
        running.lock()?;
        fs::rename(&unlocked, &lock)?;
        let owner = fs::symlink_metadata(directory.path())?.uid();
        remove_stale(parent, owner);
        Ok(PrivateDirectory { directory, _running: running })
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Removes what runs of this user have left that were killed. What cannot be removed stays for the next run.
fn remove_stale(parent: &Path, owner: u32) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    let ours = entries.take(MAX_ENTRIES).flatten().filter(|entry| {
        let name = entry.file_name();
        name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
    });
    for entry in ours {
        let path = entry.path();
        if is_private(&path, owner) && has_no_owner(&path.join(LOCK)) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// A directory and no link, of this user, which nobody else can have put anything into.
fn is_private(path: &Path, owner: u32) -> bool {
    let found = fs::symlink_metadata(path);
    found.is_ok_and(|found| {
        found.is_dir() && found.uid() == owner && found.permissions().mode() & 0o7777 == MODE
    })
}

/// Whether the lock is there and nobody holds it: its process is dead. Without one a run is beginning or ending.
fn has_no_owner(lock: &Path) -> bool {
    let Ok(file) = File::open(lock) else { return false };
    match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    }
}

/// For its owner alone.
const MODE: u32 = 0o700;

const PREFIX: &str = "postseal-sandbox-";
const LOCK: &str = "running";

/// Of the directory for temporary files that are looked at.
const MAX_ENTRIES: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_dead_leave_is_removed_and_nothing_else() {
        let parent = tempfile::tempdir().expect("a directory");
        let at = |name: &str| parent.path().join(format!("{PREFIX}{name}"));
        let make = |name: &str, mode: u32| {
            fs::create_dir(at(name)).expect("made");
            fs::write(at(name).join("postseal.db"), "x").expect("written");
            fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).expect("set");
        };
        let living = PrivateDirectory::below(parent.path()).expect("made");
        let killed = PrivateDirectory::below(parent.path()).expect("made");
        let PrivateDirectory { directory, _running } = killed;
        let killed = directory.keep();
        drop(_running);
        for name in ["killed", "beginning", "open-to-others"] {
            make(name, if name == "open-to-others" { 0o755 } else { 0o700 });
        }
        for name in ["killed", "open-to-others"] {
            fs::write(at(name).join(LOCK), "").expect("written");
        }
        std::os::unix::fs::symlink(at("killed"), at("link")).expect("linked");
        fs::create_dir(parent.path().join("other")).expect("made");
        let second = PrivateDirectory::below(parent.path()).expect("made");
        assert!(!at("killed").exists() && !killed.exists(), "their processes are dead");
        assert!(living.path().is_dir() && second.path().is_dir(), "they run");
        assert!(at("beginning").is_dir() && at("open-to-others").is_dir());
        assert!(fs::symlink_metadata(at("link")).is_ok() && parent.path().join("other").is_dir());
        let path = living.path().to_owned();
        drop(living);
        assert!(!path.exists());
    }
}
