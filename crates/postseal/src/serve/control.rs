//! The control socket: what `postseal reload` and the like ask of a running node.
//!
//! One line of JSON in each direction. Who may ask is decided by the directory of the
//! socket (0750), by its mode (0600), and by who the kernel says is asking: root, or the
//! user that the node runs as.

use std::fs::{self, DirBuilder, Permissions};
use std::future::Future;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{sleep, timeout};

use crate::cli::Lang;
use crate::config::FaultReport;

/// What is asked of a node.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub(crate) enum Order {
    /// Take the configuration file again.
    Reload {
        /// What the faults are said in.
        lang: Lang,
    },
}

/// What a node answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// The configuration is in force.
    #[serde(rename = "reloaded")]
    Reloaded(Reloaded),
    /// The file is wrong; the configuration before it stays in force.
    #[serde(rename = "unchanged")]
    Unchanged { faults: Vec<FaultReport> },
    /// It was not done, and why.
    #[serde(rename = "refused")]
    Refused { message: String },
}

/// A configuration that has come into force.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reloaded {
    pub(crate) domains: usize,
    pub(crate) warnings: Vec<FaultReport>,
    /// What has changed in the file but waits for a restart: `[milter] listen`.
    pub(crate) at_restart: Vec<String>,
}

/// Who carries orders out.
pub(crate) trait Controlled: Send + Sync + 'static {
    fn carry_out(&self, order: Order) -> impl Future<Output = Reply> + Send;
}

/// The socket, removed with its value.
#[derive(Debug)]
pub(crate) struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode of the file, so that another's is not removed.
    file: Option<(u64, u64)>,
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
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            make_directory(directory).map_err(failed)?;
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
        // Between these two lines the directory alone keeps others out, and the kernel's word on
        // who is asking.
        fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(failed)?;
        let file = fs::symlink_metadata(path).ok().map(|file| (file.dev(), file.ino()));
        Ok(ControlSocket { listener, path: path.to_owned(), file })
    }

    /// Takes orders for as long as it is polled, one connection after the other.
    pub(crate) async fn serve(&self, node: Arc<impl Controlled>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let talk = talk(stream, &*node);
                    // An order that takes longer goes on without an answer.
                    let _ = timeout(ORDER_TIME, talk).await;
                }
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let found = fs::symlink_metadata(&self.path).ok().map(|file| (file.dev(), file.ino()));
        if found.is_some() && found == self.file {
            // Nothing is left to do where it fails: the next start replaces it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Asks a node.
///
/// # Errors
/// It does not listen, does not answer, or answers something else.
pub(crate) async fn ask(socket: &Path, order: Order) -> io::Result<Reply> {
    let talk = async {
        let mut stream = UnixStream::connect(socket).await?;
        stream.write_all(&line(&order)).await?;
        stream.shutdown().await?;
        let mut text = Vec::new();
        stream.take(MAX_REPLY).read_to_end(&mut text).await?;
        serde_json::from_slice(&text).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
    };
    timeout(ORDER_TIME, talk).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn talk(stream: UnixStream, node: &impl Controlled) -> io::Result<()> {
    let who = stream.peer_cred()?.uid();
    let (read, mut write) = stream.into_split();
    // Read first, whoever it is: a reply to what was not read may be lost with it.
    let mut text = String::new();
    let mut reader = BufReader::new(read).take(MAX_ORDER);
    let reading = reader.read_line(&mut text);
    timeout(READ_TIME, reading).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
    let reply = if who != ROOT && who != rustix::process::geteuid().as_raw() {
        Reply::Refused { message: format!("user {who} is neither root nor the user of the node") }
    } else {
        match serde_json::from_str(&text) {
            Ok(order) => node.carry_out(order).await,
            Err(error) => Reply::Refused { message: format!("this is no order: {error}") },
        }
    };
    write.write_all(&line(&reply)).await?;
    write.shutdown().await
}

fn make_directory(directory: &Path) -> io::Result<()> {
    if directory.is_dir() { Ok(()) } else { DirBuilder::new().recursive(true).mode(0o750).create(directory) }
}

fn line(value: &impl Serialize) -> Vec<u8> {
    // It fails for maps with keys that are no texts; there are none.
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

const ROOT: u32 = 0;

/// Octets.
const MAX_ORDER: u64 = 4_096;

/// Octets: a hundred faults and more.
const MAX_REPLY: u64 = 4_000_000;

/// For an order to be sent.
const READ_TIME: Duration = Duration::from_secs(5);

/// For an order to be carried out: many key files are read from a slow disk.
const ORDER_TIME: Duration = Duration::from_secs(300);

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    struct Node;

    impl Controlled for Node {
        async fn carry_out(&self, order: Order) -> Reply {
            let Order::Reload { lang } = order;
            Reply::Refused { message: format!("told in {lang:?}") }
        }
    }

    async fn raw(path: &Path, text: &[u8]) -> String {
        let mut stream = UnixStream::connect(path).await.expect("connects");
        stream.write_all(text).await.expect("writes");
        stream.shutdown().await.expect("ends");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.expect("reads");
        reply
    }

    fn run<T>(test: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test)
    }

    #[test]
    fn takes_orders() {
        run(takes_orders_in_time());
    }

    async fn takes_orders_in_time() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("run/control.sock");
        let socket = ControlSocket::listen(&path).expect("listens");
        let mode = |path: &Path| fs::metadata(path).expect("there").mode() & 0o777;
        assert_eq!((mode(&path), mode(&directory.path().join("run"))), (0o600, 0o750));
        let again = ControlSocket::listen(&path);
        assert!(matches!(again, Err(ControlSocketError::InUse { .. })), "{again:?}");
        let orders = async {
            let reply = ask(&path, Order::Reload { lang: Lang::Ja }).await.expect("answers");
            assert!(matches!(reply, Reply::Refused { message } if message == "told in Ja"));
            assert!(raw(&path, b"\xff\n").await.is_empty());
            assert!(raw(&path, b"{\"command\":\"reboot\"}\n").await.contains("this is no order"));
            assert!(raw(&path, &[b'x'; 4_096]).await.contains("this is no order"));
            assert!(raw(&path, b"").await.contains("this is no order"));
        };
        let serving = tokio::spawn(async move { socket.serve(Arc::new(Node)).await });
        orders.await;
        serving.abort();
        assert!(serving.await.is_err_and(|error| error.is_cancelled()));
        assert!(!path.exists());
        let error = ask(&path, Order::Reload { lang: Lang::En }).await.expect_err("nobody listens");
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn refuses_unsafe_places() {
        run(async { refuses() });
    }

    fn refuses() {
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
