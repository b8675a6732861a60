use std::collections::HashMap;
use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use listenfd::ListenFd;

use super::take_over::{Predecessor, TakenSockets};

/// Sockets that systemd listened on before this process was there and passed to it
/// (sd_listen_fds(3)), by their `FileDescriptorName`, and those of a node whose place it takes.
#[derive(Debug, Default)]
pub(crate) struct InheritedSockets {
    passed: HashMap<String, Vec<InheritedSocket>>,
    /// Of the predecessor.
    pub(crate) taken: TakenSockets,
    /// It has to be told when this process serves.
    pub(crate) predecessor: Option<Predecessor>,
}

/// One of them.
#[derive(Debug)]
pub(crate) enum InheritedSocket {
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl InheritedSockets {
    /// None: for a node that is a part of another process.
    pub(crate) fn none() -> InheritedSockets {
        InheritedSockets::default()
    }

    /// Those of this process. To be called once, before there are threads: the file
    /// descriptors have one owner.
    ///
    /// # Errors
    /// What was passed is no listening stream socket.
    pub(crate) fn take() -> io::Result<InheritedSockets> {
        // The crate removes the variables when it has read them.
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut passed = ListenFd::from_env();
        let mut sockets = InheritedSockets::default();
        let mut names = names.split(':');
        for place in 0..passed.len() {
            let name = names.next().filter(|name| !name.is_empty()).unwrap_or(UNNAMED);
            let socket = match passed.take_unix_listener(place) {
                Ok(Some(listener)) => Some(InheritedSocket::Unix(listener)),
                _ => passed.take_tcp_listener(place)?.map(InheritedSocket::Tcp),
            };
            sockets.passed.entry(name.to_owned()).or_default().extend(socket);
        }
        Ok(sockets)
    }

    /// All sockets of a name; one unit can have several.
    pub(crate) fn named(&mut self, name: &str) -> Vec<InheritedSocket> {
        self.passed.remove(name).unwrap_or_default()
    }

    /// The names of those that nobody has asked for.
    pub(crate) fn left(&self) -> impl Iterator<Item = &str> {
        self.passed.keys().map(String::as_str)
    }
}

/// What systemd calls a socket without a name.
const UNNAMED: &str = "unknown";
