use std::collections::HashMap;
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::{GREETING, MAX_NAMES, MAX_SOCKETS, READY, RELEASED};

/// The node whose place this process takes.
#[derive(Debug)]
pub(crate) struct Predecessor(UnixStream);

/// Its listening sockets, by their names.
#[derive(Debug, Default)]
pub(crate) struct TakenSockets(HashMap<String, Vec<OwnedFd>>);

/// Why nothing is taken over. The other node goes on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeOverError {
    #[error("no node listens on {}: {source}; without --take-over the node starts afresh", path.display())]
    NoNode { path: PathBuf, source: io::Error },
    #[error("the node on {} gives its sockets to root and to its own user only, or is about to end", path.display())]
    Refused { path: PathBuf },
    #[error("the node on {} does not hand over its sockets: {source}", path.display())]
    Exchange { path: PathBuf, source: io::Error },
}

impl Predecessor {
    /// Asks the node on this control socket for its sockets; it goes on as before until
    /// [`Predecessor::let_go`].
    ///
    /// # Errors
    /// [`TakeOverError`].
    pub(crate) async fn ask(path: &Path) -> Result<(Predecessor, TakenSockets), TakeOverError> {
        let connected = timeout(EXCHANGE_TIME, UnixStream::connect(path)).await;
        let connected = connected.map_err(io::Error::from).and_then(|connected| connected);
        let no_node = |source| TakeOverError::NoNode { path: path.to_owned(), source };
        let mut stream = connected.map_err(no_node)?;
        let exchange = async {
            stream.write_all(GREETING).await?;
            receive(&stream).await
        };
        let received = timeout(EXCHANGE_TIME, exchange).await.map_err(io::Error::from).and_then(|all| all);
        match received {
            Ok(sockets) => Ok((Predecessor(stream), sockets)),
            Err(error) if CLOSED.contains(&error.kind()) => {
                Err(TakeOverError::Refused { path: path.to_owned() })
            }
            Err(source) => Err(TakeOverError::Exchange { path: path.to_owned(), source }),
        }
    }

    /// This process serves: the other one accepts no more. Returns when it has let go of what two
    /// cannot have.
    ///
    /// # Errors
    /// It has not said so; it may have ended.
    pub(crate) async fn let_go(mut self) -> io::Result<()> {
        let mut reply = [0; RELEASED.len()];
        let exchange = async {
            self.0.write_all(READY).await?;
            self.0.read_exact(&mut reply).await?;
            if reply == RELEASED { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
        };
        timeout(EXCHANGE_TIME, exchange).await.map_err(io::Error::from)?
    }
}

impl TakenSockets {
    /// The next socket of this name.
    pub(crate) fn one(&mut self, name: &str) -> Option<OwnedFd> {
        let sockets = self.0.get_mut(name)?;
        let first = (!sockets.is_empty()).then(|| sockets.remove(0));
        if sockets.is_empty() {
            self.0.remove(name);
        }
        first
    }

    /// The names of those that nobody has asked for.
    pub(crate) fn left(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Names and sockets, until an empty line.
async fn receive(stream: &UnixStream) -> io::Result<TakenSockets> {
    let (mut text, mut files) = (Vec::new(), Vec::new());
    while !text.ends_with(b"\n\n") && text != b"\n" {
        let mut buffer = vec![0; MAX_NAMES];
        let read =
            stream.async_io(Interest::READABLE, || receive_some(stream, &mut buffer, &mut files)).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        text.extend_from_slice(&buffer[..read]);
        if text.len() > MAX_NAMES {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    let text = String::from_utf8(text).map_err(|_| io::ErrorKind::InvalidData)?;
    let names: Vec<&str> = text.lines().filter(|name| !name.is_empty()).collect();
    if names.len() != files.len() {
        return Err(io::Error::other(
            "not every socket has come; more file descriptors may help (ulimit -n)",
        ));
    }
    let mut sockets = TakenSockets::default();
    for (name, file) in names.into_iter().zip(files) {
        sockets.0.entry(name.to_owned()).or_default().push(file);
    }
    Ok(sockets)
}

fn receive_some(stream: &UnixStream, buffer: &mut [u8], files: &mut Vec<OwnedFd>) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_SOCKETS))];
    let mut rights = RecvAncillaryBuffer::new(&mut space);
    let got = recvmsg(stream, &mut [IoSliceMut::new(buffer)], &mut rights, RecvFlags::CMSG_CLOEXEC)?;
    for message in rights.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            files.extend(received);
        }
    }
    Ok(got.bytes)
}

/// What a refusal looks like: the node closes the connection.
const CLOSED: [io::ErrorKind; 3] =
    [io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];

/// The other node answers from memory; its workers end within seconds.
const EXCHANGE_TIME: Duration = Duration::from_secs(15);
