use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::net::{UnixListener as StdUnixListener, UnixStream as StdUnixStream};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use super::Caller;
use crate::system_group::SystemGroup;

/// The control socket: where the commands reach a running node. Who may use it is decided by
/// its directory (0750), by its mode (0660 for the group `postseal` where there is one, else 0600), and by
/// who the kernel says is asking. It is removed with its value.
#[derive(Debug)]
pub(crate) struct ControlSocket {
    listener: UnixListener,
    file: Option<ControlFile>,
}

/// The file of a control socket, which is removed with this value.
#[derive(Debug)]
pub(crate) struct ControlFile {
    path: PathBuf,
    /// Device and inode of the file, so that another's is not removed; `None`: it stays.
    identity: Option<(u64, u64)>,
}

/// Why there is no control socket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlSocketError {
    #[error("another node listens on {}", path.display())]
    InUse { path: PathBuf },
    #[error("{} exists and is no socket", path.display())]
    NotASocket { path: PathBuf },
    #[error("every user may write to {} (mode {mode:04o}); chmod 0750 {}", path.display(), path.display())]
    OpenDirectory { path: PathBuf, mode: u32 },
    #[error("cannot listen on {}: {source}", path.display())]
    Listen { path: PathBuf, source: io::Error },
}

impl ControlSocket {
    /// Listens. The directory is made where it is missing.
    ///
    /// # Errors
    /// [`ControlSocketError`].
    pub(crate) fn listen(path: &Path) -> Result<ControlSocket, ControlSocketError> {
        let failed = |source| ControlSocketError::Listen { path: path.to_owned(), source };
        let group = SystemGroup::find(GROUP);
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            make_directory(directory, group.as_ref()).map_err(failed)?;
            let mode = fs::metadata(directory).map_err(failed)?.mode() & 0o7777;
            if mode & 0o002 != 0 {
                return Err(ControlSocketError::OpenDirectory { path: directory.to_owned(), mode });
            }
        }
        if let Ok(found) = fs::symlink_metadata(path) {
            if !found.file_type().is_socket() {
                return Err(ControlSocketError::NotASocket { path: path.to_owned() });
            }
            if StdUnixStream::connect(path).is_ok() {
                return Err(ControlSocketError::InUse { path: path.to_owned() });
            }
            // Left by a node that was killed.
            fs::remove_file(path).map_err(failed)?;
        }
        let listener = UnixListener::bind(path).map_err(failed)?;
        // Until the mode is set the directory alone keeps others out, and the kernel's word on
        // who is asking. Where the group cannot be given, the socket stays its owner's.
        let shared = group.is_some_and(|group| chown(path, None, Some(group.gid)).is_ok());
        let mode = if shared { 0o660 } else { 0o600 };
        fs::set_permissions(path, Permissions::from_mode(mode)).map_err(failed)?;
        Ok(ControlSocket { listener, file: Some(ControlFile::at(path)) })
    }

    /// Goes on with a socket that the node before this one listened on. Its file is that node's
    /// until [`ControlFile::at`].
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn take_over(socket: OwnedFd) -> io::Result<ControlSocket> {
        let listener = StdUnixListener::from(socket);
        listener.set_nonblocking(true)?;
        Ok(ControlSocket { listener: UnixListener::from_std(listener)?, file: None })
    }

    /// The file as a value of its own; `None`: it is another node's.
    pub(crate) fn file(&mut self) -> Option<ControlFile> {
        self.file.take()
    }

    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        self.listener.accept().await.map(|(stream, _)| stream)
    }
}

/// For a process that hands its socket on.
impl AsFd for ControlSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl ControlFile {
    /// The file that is there now.
    pub(crate) fn at(path: &Path) -> ControlFile {
        ControlFile { path: path.to_owned(), identity: identity(path) }
    }

    /// Another process listens on it: it stays.
    pub(crate) fn keep(mut self) {
        self.identity = None;
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

impl Drop for ControlFile {
    fn drop(&mut self) {
        if self.identity.is_some() && identity(&self.path) == self.identity {
            // Nothing is left to do where it fails: the next start replaces it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Who is on the other side: root, the user of the node, or a member of the group; else the
/// number of whoever it is.
pub(super) fn caller(stream: &UnixStream) -> io::Result<Result<Caller, u32>> {
    let (uid, gid) = stream.peer_cred().map(|who| (who.uid(), who.gid()))?;
    let may = is_own(uid) || SystemGroup::find(GROUP).is_some_and(|group| group.gid == gid || group.has(uid));
    Ok(if may { Ok(Caller::of_uid(uid)) } else { Err(uid) })
}

/// Whether it is root or the user of the node, who may have its sockets.
pub(super) fn may_take_over(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|who| is_own(who.uid()))
}

fn is_own(uid: u32) -> bool {
    uid == ROOT || uid == rustix::process::geteuid().as_raw()
}

fn make_directory(directory: &Path, group: Option<&SystemGroup>) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o750).create(directory)?;
    // A umask may have taken the group's way in.
    fs::set_permissions(directory, Permissions::from_mode(0o750))?;
    if let Some(group) = group {
        // Where it cannot be given, root and the node's user go in.
        let _ = chown(directory, None, Some(group.gid));
    }
    Ok(())
}

/// Its members may use the socket.
const GROUP: &str = "postseal";

const ROOT: u32 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn listens_where_it_is_safe() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("run/control.sock");
        let socket = ControlSocket::listen(&path).expect("listens");
        let mode = |path: &Path| fs::metadata(path).expect("there").mode() & 0o777;
        let expected = if SystemGroup::find(GROUP).is_some() { 0o660 } else { 0o600 };
        assert_eq!((mode(&path), mode(&directory.path().join("run"))), (expected, 0o750));
        let again = ControlSocket::listen(&path);
        assert!(matches!(again, Err(ControlSocketError::InUse { .. })), "{again:?}");
        drop(socket);
        assert!(!path.exists());
    }

    #[test]
    fn sockets_are_for_the_own_user_and_root() {
        let own = rustix::process::geteuid().as_raw();
        assert!(is_own(0) && is_own(own));
        assert!(!is_own(own + 1) && !is_own(u32::MAX));
    }

    #[tokio::test]
    async fn refuses_unsafe_places() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("control.sock");
        fs::set_permissions(directory.path(), Permissions::from_mode(0o757)).expect("chmod");
        let open = ControlSocket::listen(&path).expect_err("open").to_string();
        assert!(open.contains("mode 0757") && open.contains("chmod 0750"), "{open}");
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).expect("chmod");
        fs::write(&path, "a file").expect("written");
        let file = ControlSocket::listen(&path);
        assert!(matches!(file, Err(ControlSocketError::NotASocket { .. })));
        fs::remove_file(&path).expect("removed");
        // What a killed node left is replaced.
        drop(std::os::unix::net::UnixListener::bind(&path).expect("binds"));
        assert!(path.exists());
        ControlSocket::listen(&path).expect("listens");
    }
}
