use std::fs::{self, Permissions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::net::{SocketAddr, UnixListener as StdUnixListener, UnixStream as StdUnixStream};
use std::path::{Path, PathBuf};

use thiserror::Error;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// A socket on which MTAs connect.
#[derive(Debug)]
pub struct Socket {
    listener: Listener,
    /// The file of a unix socket that this one made and removes in the end.
    file: Option<SocketFile>,
}

#[derive(Debug)]
enum Listener {
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// Who has connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Over a unix socket.
    Unix {
        /// The user that the process runs as, where the kernel tells.
        uid: Option<u32>,
    },
    /// Over TCP.
    Tcp(std::net::SocketAddr),
}

pub(crate) enum Accepted {
    Unix(UnixStream, Peer),
    Tcp(TcpStream, Peer),
}

/// Who may connect to a unix socket: the permissions of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The mode, as in `chmod`. Connecting needs the right to write.
    pub mode: u32,
    /// The group, where it is not this process's: the MTA's.
    pub group: Option<u32>,
}

impl Socket {
    /// Listens on a TCP address.
    ///
    /// # Errors
    /// [`SocketError::Bind`].
    pub async fn tcp(address: std::net::SocketAddr) -> Result<Socket, SocketError> {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| SocketError::Bind { socket: address.to_string(), source })?;
        Ok(Socket { listener: Listener::Tcp(listener), file: None })
    }

    /// Listens on a unix socket. A socket file that nobody listens on any more
    /// is replaced. The file appears with its permissions already set.
    ///
    /// # Errors
    /// The path is in use, or is no socket; what the system says.
    pub fn unix(path: &Path, access: Access) -> Result<Socket, SocketError> {
        let error = |source| SocketError::Bind { socket: path.display().to_string(), source };
        SocketAddr::from_pathname(path).map_err(|_| SocketError::PathTooLong { path: path.to_owned() })?;
        check_stale(path)?;
        // bind(2) makes the file with the process's umask: it is made under another
        // name, and moved once its permissions are right.
        let temporary = temporary_name(path);
        remove_stale(&temporary).map_err(error)?;
        let listener = StdUnixListener::bind(&temporary).map_err(error)?;
        let result = publish(&temporary, path, access).and_then(|()| register(listener));
        if result.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        let listener = result.map_err(error)?;
        let file = SocketFile::of(path);
        Ok(Socket { listener: Listener::Unix(listener), file })
    }

    /// Takes over a unix socket that is already listening: from the service
    /// manager, or from the process before this one. Its file is left alone.
    ///
    /// # Errors
    /// What the system says.
    pub fn from_unix(listener: StdUnixListener) -> io::Result<Socket> {
        Ok(Socket { listener: Listener::Unix(register(listener)?), file: None })
    }

    /// Takes over a TCP socket that is already listening.
    ///
    /// # Errors
    /// What the system says.
    pub fn from_tcp(listener: std::net::TcpListener) -> io::Result<Socket> {
        listener.set_nonblocking(true)?;
        Ok(Socket { listener: Listener::Tcp(TcpListener::from_std(listener)?), file: None })
    }

    /// The address of a TCP socket: the port, where 0 was asked for.
    pub fn tcp_address(&self) -> Option<std::net::SocketAddr> {
        match &self.listener {
            Listener::Tcp(listener) => listener.local_addr().ok(),
            Listener::Unix(_) => None,
        }
    }

    /// Leaves the socket file when this socket ends.
    pub(crate) fn keep_file(&mut self) {
        self.file = None;
    }

    pub(crate) async fn accept(&self) -> io::Result<Accepted> {
        match &self.listener {
            Listener::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                let uid = stream.peer_cred().ok().map(|credentials| credentials.uid());
                Ok(Accepted::Unix(stream, Peer::Unix { uid }))
            }
            Listener::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                // A verdict waits for no acknowledgement of what went before it.
                // It fails where the connection has gone already; reading will tell.
                let _ = stream.set_nodelay(true);
                Ok(Accepted::Tcp(stream, Peer::Tcp(address)))
            }
        }
    }
}

/// For a process that hands its sockets on.
impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.listener {
            Listener::Unix(listener) => listener.as_fd(),
            Listener::Tcp(listener) => listener.as_fd(),
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            file.remove();
        }
    }
}

/// Why there is no socket.
#[derive(Debug, Error)]
pub enum SocketError {
    /// Somebody listens on it.
    #[error("{}: another process listens on this socket", path.display())]
    InUse {
        /// The socket's file.
        path: PathBuf,
    },
    /// The system's limit is 107 octets.
    #[error("{}: too long for the path of a socket", path.display())]
    PathTooLong {
        /// The path.
        path: PathBuf,
    },
    /// The path is a file, a directory, …
    #[error("{}: exists and is not a socket", path.display())]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// The system's word.
    #[error("can't listen on {socket}")]
    Bind {
        /// The address or path.
        socket: String,
        /// What it says.
        source: io::Error,
    },
}

/// A file and the identity that it had when it was made, so that the file of a
/// process that came later is not removed.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl SocketFile {
    fn of(path: &Path) -> Option<SocketFile> {
        let metadata = fs::symlink_metadata(path).ok()?;
        Some(SocketFile { path: path.to_owned(), device: metadata.dev(), inode: metadata.ino() })
    }

    fn remove(&self) {
        let is_ours = fs::symlink_metadata(&self.path)
            .is_ok_and(|metadata| metadata.dev() == self.device && metadata.ino() == self.inode);
        if is_ours {
            // Nothing is left to do where it fails: the next start replaces it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Fails where the path can't be had: it is no socket, or one that is alive.
fn check_stale(path: &Path) -> Result<(), SocketError> {
    let Ok(metadata) = fs::symlink_metadata(path) else { return Ok(()) };
    if !metadata.file_type().is_socket() {
        return Err(SocketError::NotASocket { path: path.to_owned() });
    }
    match StdUnixStream::connect(path) {
        Ok(_) => Err(SocketError::InUse { path: path.to_owned() }),
        Err(_) => Ok(()),
    }
}

fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => fs::remove_file(path),
        _ => Ok(()),
    }
}

/// A short name: the path of a unix socket has 107 octets at most.
fn temporary_name(path: &Path) -> PathBuf {
    path.with_file_name(format!(".{}", std::process::id()))
}

fn publish(temporary: &Path, path: &Path, access: Access) -> io::Result<()> {
    if access.group.is_some() {
        chown(temporary, None, access.group)?;
    }
    fs::set_permissions(temporary, Permissions::from_mode(access.mode))?;
    fs::rename(temporary, path)
}

fn register(listener: StdUnixListener) -> io::Result<UnixListener> {
    listener.set_nonblocking(true)?;
    UnixListener::from_std(listener)
}
