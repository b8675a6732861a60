use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::io::Interest;
use tokio::net::UnixStream;

use super::{MAX_NAMES, MAX_SOCKETS};

/// The listening sockets of a node, by their names, for a process that comes after it. As long as
/// they are here nobody is refused, whether somebody accepts or not: a node that ends closes them.
#[derive(Debug, Default)]
pub(crate) struct OfferedSockets(Mutex<Vec<(String, OwnedFd)>>);

impl OfferedSockets {
    /// Adds a duplicate of this one.
    ///
    /// # Errors
    /// The process has no file descriptor left.
    pub(crate) fn add(&self, name: String, socket: impl AsFd) -> io::Result<()> {
        let socket = socket.as_fd().try_clone_to_owned()?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((name, socket));
        Ok(())
    }

    /// Closes them.
    pub(crate) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Sends all of them in one message: a line for each name, and an empty one.
    ///
    /// # Errors
    /// There are too many for one; what the system says.
    pub(super) async fn send(&self, stream: &UnixStream) -> io::Result<()> {
        stream.writable().await?;
        stream.async_io(Interest::WRITABLE, || self.send_now(stream)).await
    }

    fn send_now(&self, stream: &UnixStream) -> io::Result<()> {
        let sockets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let names: String = sockets.iter().map(|(name, _)| format!("{name}\n")).collect::<String>() + "\n";
        if sockets.len() > MAX_SOCKETS || names.len() > MAX_NAMES {
            return Err(io::Error::other("there are too many sockets to hand over"));
        }
        let files: Vec<BorrowedFd<'_>> = sockets.iter().map(|(_, socket)| socket.as_fd()).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_SOCKETS))];
        let mut rights = SendAncillaryBuffer::new(&mut space);
        if !files.is_empty() && !rights.push(SendAncillaryMessage::ScmRights(&files)) {
            return Err(io::Error::other("there are too many sockets to hand over"));
        }
        let sent = sendmsg(stream, &[IoSlice::new(names.as_bytes())], &mut rights, SendFlags::NOSIGNAL)?;
        if sent == names.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
    }
}
