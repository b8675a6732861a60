//! SMTP (RFC 5321) between the parts of the sandbox: enough to carry a message, and nothing for
//! strangers. A server takes connections of its guests only, and mail for its own domains only.

mod client;
mod server;

pub(super) use client::{SmtpError, send};
pub(super) use server::{Guests, Incoming, MailServer, SmtpReply, SmtpServer};

/// An envelope and a message, as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parcel {
    /// Without angle brackets; empty for a bounce.
    pub(super) mail_from: String,
    pub(super) recipient: String,
    /// Header section, empty line, body; lines end in CRLF.
    pub(super) octets: Vec<u8>,
}

/// Octets of a message.
const MAX_MESSAGE: usize = 10_000_000;
/// Octets of a line, CRLF included (RFC 5321 §4.5.3.1.6 asks for 1 000).
const MAX_LINE: u64 = 4_096;
