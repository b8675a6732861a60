use std::time::Duration;

use crate::frame::DEFAULT_MAX_PACKET;

/// Bounds of a server: every wait has an end, every queue a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Connections served at once, over all sockets. While there are as many,
    /// new ones wait, one for each socket here and the rest in the kernel's queue.
    /// Each needs a file
    /// descriptor. Default 10 000.
    pub max_connections: usize,
    /// Octets of a packet. Default [`DEFAULT_MAX_PACKET`].
    pub max_packet: u32,
    /// How long an MTA may be silent. It must outlast the slowest SMTP client: a
    /// message reaches a filter only when the client has sent all of it. Default
    /// 7 210 s, ten more than the two hours that Sendmail and libmilter wait.
    pub read_timeout: Duration,
    /// How long an MTA may take to read what it was sent. Default 60 s.
    pub write_timeout: Duration,
    /// How often the MTA is told that the handler is still working. Default 5 s;
    /// Postfix waits 300 s (`milter_content_timeout`), Sendmail 10 s unless told
    /// otherwise (`T=R:`), so keep it below.
    pub progress_interval: Duration,
    /// How long [`Handler::end_of_message`](crate::Handler::end_of_message) may
    /// take; then the message is tempfailed. Default 120 s.
    pub decision_timeout: Duration,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            max_connections: 10_000,
            max_packet: DEFAULT_MAX_PACKET,
            read_timeout: Duration::from_secs(7_210),
            write_timeout: Duration::from_secs(60),
            progress_interval: Duration::from_secs(5),
            decision_timeout: Duration::from_secs(120),
        }
    }
}
