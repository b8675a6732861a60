//! A new process takes the place of a running node and its listening sockets, and nobody is refused
//! in between: the sockets are the same open file descriptions (SCM_RIGHTS, unix(7)).
//!
//! ```text
//! new: "postseal take-over 1\n" ─────────────► old
//! new ◄──── names, and the file descriptors    old     both accept
//! new: "ready\n" ────────────────────────────► old     it accepts no more, its workers end
//! new ◄───────────────────────── "released\n"  old     it serves its open sessions to their end
//! ```
//!
//! Whatever goes wrong before `ready` leaves the old node as it was.

mod offered;
mod predecessor;
mod successor;

pub(crate) use offered::OfferedSockets;
pub(crate) use predecessor::{Predecessor, TakeOverError, TakenSockets};
pub(crate) use successor::Successor;

/// What the new process says first, on the control socket. No request of HTTP begins so.
pub(crate) const GREETING: &[u8] = b"postseal take-over 1\n";

const READY: &[u8] = b"ready\n";
const RELEASED: &[u8] = b"released\n";

/// The kernel passes 253 at once (SCM_MAX_FD).
const MAX_SOCKETS: usize = 250;

/// Octets of all names.
const MAX_NAMES: usize = 64 * 1024;
