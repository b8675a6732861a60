use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::{GREETING, OfferedSockets, READY, RELEASED};

/// The process that is to take the place of this one.
#[derive(Debug)]
pub(crate) struct Successor(UnixStream);

impl Successor {
    /// Whoever has sent the greeting, and may: the same user, or root.
    pub(crate) fn new(stream: UnixStream) -> Successor {
        Successor(stream)
    }

    /// Its process, where the kernel tells.
    pub(crate) fn process(&self) -> Option<i32> {
        self.0.peer_cred().ok()?.pid()
    }

    /// Gives it the sockets and waits until it serves.
    ///
    /// # Errors
    /// It has gone, or takes longer than [`START_TIME`]; it has nothing then.
    pub(crate) async fn gets_ready(&mut self, sockets: &OfferedSockets) -> io::Result<()> {
        let mut greeting = [0; GREETING.len()];
        let mut ready = [0; READY.len()];
        let exchange = async {
            self.0.read_exact(&mut greeting).await?;
            sockets.send(&self.0).await?;
            self.0.read_exact(&mut ready).await?;
            if ready == READY { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
        };
        timeout(START_TIME, exchange).await.map_err(io::Error::from)?
    }

    /// Tells it that this process has let go of the rest.
    pub(crate) async fn released(mut self) {
        // It serves, whether it hears this or not.
        let _ = timeout(TELL_TIME, self.0.write_all(RELEASED)).await;
    }
}

/// For a node to start: it reads keys and its copy of a store.
const START_TIME: Duration = Duration::from_secs(120);

const TELL_TIME: Duration = Duration::from_secs(5);
