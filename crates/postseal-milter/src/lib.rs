//! The milter protocol, versions 2 to 6: the side of the filter, and in [`client`] that
//! of the MTA. It knows nothing of mail authentication.
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
//! Seen with the `trace` example behind Debian 12's Postfix 3.7.11 (protocol 6
//! and `milter_protocol = 2`) and Sendmail 8.17.1.9:
//!
//! | | Postfix | Sendmail |
//! |---|---|---|
//! | offers | version 6, all actions and flags | the same |
//! | connections | one for each SMTP client | the same |
//! | client | real address and port | the same |
//! | mail of `sendmail(1)`, with `non_smtpd_milters` | client `localhost`, 127.0.0.1, port 0; MAIL FROM without brackets | not tried |
//! | its own bounces | not shown; with `internal_mail_filter_classes` as mail of `sendmail(1)` from an empty reverse-path | not tried |
//! | XCLIENT | the connection ends and another begins | not tried |
//! | queue id `i` | from the second recipient on | from MAIL FROM on |
//! | macros asked for | replace those of its configuration, `{client_port}` too | the same |
//! | field names | blanks before the colon are gone | the same |
//! | CR, NUL in a field | CR becomes a space, NUL ends the value | refused before the filter sees it |
//! | long field | whole, in one packet (100 kB tried) | a header section over 32 768 octets is refused before the filter sees it |
//! | position 0 of [`Edits::insert_field`] | above its own Received | the same |
//! | Date, Message-Id that are missing | added before the filter sees the message for `sendmail(1)`, else left | added, below Received, unseen by the filter |
//! | body | pieces of 65 535; what is left rides on the end of the message | pieces, up to as much |
//! | RSET, EHLO, client gone | ABORT; then QUIT when the client goes | the same |
//! | 421 at the end of a message | the client hears 250 and the message is lost, so it is never sent | not tried |
//! | waiting | each progress packet begins its wait anew | the same, with `R:10s` too |
//!
//! # Example
//!
//! A filter that refuses messages over 10 MB and marks the others:
//!
//! ```no_run
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use postseal_milter::{
//!     Actions, Answer, Config, Edits, Handler, Interest, Macros, Milter, Path, Peer, ReplyCode, Server,
//!     Socket, Stop, Verdict, Wishes,
//! };
//!
//! struct SizeLimit;
//!
//! #[derive(Default)]
//! struct Counter {
//!     octets: usize,
//! }
//!
//! impl Milter for SizeLimit {
//!     type Handler = Counter;
//!
//!     fn wishes(&self) -> Arc<Wishes> {
//!         Arc::new(Wishes {
//!             mail: Interest::Watched,
//!             body: Interest::Watched,
//!             required_actions: Actions::ADD_FIELDS,
//!             leading_space: true,
//!             ..Wishes::default()
//!         })
//!     }
//!
//!     fn handler(&self, _: Peer) -> Option<Counter> {
//!         Some(Counter::default())
//!     }
//! }
//!
//! impl Handler for Counter {
//!     fn mail(&mut self, _: &Path<'_>, _: &Macros) -> Answer {
//!         self.octets = 0;
//!         Answer::Continue
//!     }
//!
//!     fn body(&mut self, octets: &[u8]) -> Answer {
//!         self.octets += octets.len();
//!         Answer::Continue
//!     }
//!
//!     async fn end_of_message(&mut self, _: &Macros) -> Verdict {
//!         if self.octets > 10_000_000 {
//!             let reply = ReplyCode::new(552, "5.3.4", "Over 10 MB: send a link instead");
//!             return Verdict::new(reply.map_or(Answer::Reject, Answer::Refuse));
//!         }
//!         let mut edits = Edits::new();
//!         match edits.insert_field(0, "X-Body-Octets", format!(" {}", self.octets).as_bytes()) {
//!             Ok(()) => edits.into(),
//!             Err(_) => Verdict::new(Answer::Tempfail),
//!         }
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
//! runtime.block_on(async {
//!     let server = Server::new(SizeLimit, Config::default());
//!     server.listen(Socket::tcp(([127, 0, 0, 1], 8890).into()).await?);
//!     tokio::signal::ctrl_c().await?;
//!     server.stop(Stop::Drain { grace: Duration::from_secs(10) });
//!     println!("{:?}", server.finished().await);
//!     Ok(())
//! })
//! # }
//! ```

// What goes over the wire: octets, packets, commands, answers, edits.
mod answer;
mod command;
mod edits;
mod flags;
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

// The other side of the dialogue: the MTA's.
pub mod client;

pub mod fuzzing;

pub use answer::{Answer, ReplyCode, ReplyCodeError};
pub use command::{Address, Client, Command, CommandError, Path};
pub use config::Config;
pub use drain::Stop;
pub use edits::{EditError, Edits, MAX_EDIT};
pub use flags::{Actions, Protocol};
pub use frame::{DEFAULT_MAX_PACKET, Decoder, Frame, FrameError, MAX_REPLY_PACKET, put_packet};
pub use handler::{Handler, Verdict};
pub use macros::{Macros, Stage};
pub use negotiate::{Interest, MAX_VERSION, MIN_VERSION, NegotiationError, Terms, Wishes};
pub use server::{Milter, Server};
pub use session::{PROGRESS, Phase, Session, SessionError, Step};
pub use socket::{Access, Peer, Socket, SocketError};
pub use stats::{Counts, Snapshot};
