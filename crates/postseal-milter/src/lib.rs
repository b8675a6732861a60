//! The milter protocol, versions 2 to 6: the side of the filter. It knows nothing
//! of mail authentication.
//!
//! A mail server (MTA) such as Postfix or Sendmail connects to a filter and shows
//! it each SMTP session as it goes on. At the end of each message the filter may
//! change it, and says whether it is accepted.
//!
//! # How it is built
//!
//! Octets become packets in [`Decoder`], packets become [`Command`]s, and a
//! [`Session`] turns commands into calls of a [`Handler`] and its answers into
//! octets, without a socket, a clock or a runtime. [`Server`] adds these: one task
//! of an event loop for each connection, no buffer while it waits, a bound on
//! everything.
//!
//! # What makes it fast
//!
//! A filter says in its [`Wishes`] what it wants to see ([`Interest`]). What is
//! *watched* goes without a reply, so that the MTA sends a whole message at once,
//! and all edits and the answer leave in one write: one read, one write for each
//! message. Values of header fields and body octets are handed on where they lie;
//! a body is never put together.
//!
//! # What the MTAs do
//!
//! Seen with Debian's Postfix 3.7.11 and Sendmail 8.17.1:
//!
//! | | Postfix | Sendmail |
//! |---|---|---|
//! | connections | one for each SMTP client | one for each SMTP client |
//!
//! # Example
//!
//! A filter that adds a field to each message and refuses those over 10 MB:
//!
//! ```no_run
//! ```

// What goes over the wire: octets, packets, commands, answers, edits.
mod answer;
mod command;
mod edits;
mod frame;
mod line_ending;
mod macros;
mod negotiate;

// The dialogue, without a socket.
mod handler;
mod session;

// The dialogue on sockets.
mod config;
mod connection;
mod drain;
mod server;
mod socket;
mod stats;

pub mod fuzzing;

pub use answer::{Answer, ReplyCode, ReplyCodeError};
pub use command::{Address, Client, Command, CommandError, Path};
pub use config::Config;
pub use drain::Stop;
pub use edits::{EditError, Edits, MAX_EDIT};
pub use frame::{DEFAULT_MAX_PACKET, Decoder, Frame, FrameError, MAX_REPLY_PACKET, put_packet};
pub use handler::{Handler, Verdict};
pub use macros::{Macros, Stage};
pub use negotiate::{Actions, Interest, MAX_VERSION, MIN_VERSION, NegotiationError, Protocol, Terms, Wishes};
pub use server::{Milter, Server};
pub use session::{Counts, PROGRESS, Phase, Session, SessionError, Step};
pub use socket::{Access, Peer, Socket, SocketError};
pub use stats::Snapshot;
