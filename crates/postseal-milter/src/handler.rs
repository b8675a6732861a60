use std::future::Future;

use crate::answer::Answer;
use crate::command::{Client, Path};
use crate::edits::Edits;
use crate::macros::Macros;
use crate::negotiate::Terms;
use crate::session::SessionError;

/// What a filter does with what it sees. One handler serves one connection from
/// an MTA: one SMTP session, of any number of messages.
///
/// Of each message it sees, in this order and as far as its [`Wishes`] ask:
/// [`mail`], [`rcpt`] for each recipient, [`data`], [`header`] for each field,
/// [`end_of_header`], [`body`] for each piece, [`end_of_message`]. A message ends
/// with [`end_of_message`] or with [`abort`], which can come after any of them.
///
/// The methods run on the event loop: they must not block. What takes long (the
/// DNS) is started early in a task and awaited in [`end_of_message`].
///
/// A panic is caught: the message is tempfailed, [`abort`] is called, and the
/// connection goes on. What a handler keeps across messages must stand that.
///
/// [`Wishes`]: crate::Wishes
/// [`mail`]: Handler::mail
/// [`rcpt`]: Handler::rcpt
/// [`data`]: Handler::data
/// [`header`]: Handler::header
/// [`end_of_header`]: Handler::end_of_header
/// [`body`]: Handler::body
/// [`end_of_message`]: Handler::end_of_message
/// [`abort`]: Handler::abort
#[expect(unused_variables, reason = "the defaults look at nothing")]
pub trait Handler: Send {
    /// What has been agreed on, before anything else.
    fn negotiated(&mut self, terms: &Terms) {}

    /// An SMTP client connected.
    fn connect(&mut self, client: &Client<'_>, macros: &Macros) -> Answer {
        Answer::Continue
    }

    /// The argument of HELO or EHLO; may come again.
    fn helo(&mut self, name: &[u8], macros: &Macros) -> Answer {
        Answer::Continue
    }

    /// MAIL FROM: a message begins.
    fn mail(&mut self, path: &Path<'_>, macros: &Macros) -> Answer {
        Answer::Continue
    }

    /// RCPT TO.
    fn rcpt(&mut self, path: &Path<'_>, macros: &Macros) -> Answer {
        Answer::Continue
    }

    /// DATA.
    fn data(&mut self, macros: &Macros) -> Answer {
        Answer::Continue
    }

    /// One header field: its name, and what follows the colon, lines ending in
    /// CRLF. `name`, a colon, `value` and CRLF are the field as received, save
    /// blanks before the colon, which the MTA drops. The MTA's own Received field
    /// is not shown.
    fn header(&mut self, name: &[u8], value: &[u8]) -> Answer {
        Answer::Continue
    }

    /// The end of the header section.
    fn end_of_header(&mut self, macros: &Macros) -> Answer {
        Answer::Continue
    }

    /// Some octets of the body, cut anywhere; lines end in CRLF.
    fn body(&mut self, octets: &[u8]) -> Answer {
        Answer::Continue
    }

    /// The end of the message: what becomes of it. The MTA is told of progress
    /// while it waits. If the MTA goes away or the time is up, the future is
    /// dropped and [`Handler::abort`] follows.
    fn end_of_message(&mut self, macros: &Macros) -> impl Future<Output = Verdict> + Send;

    /// An SMTP command that the MTA does not know, whole.
    fn unknown(&mut self, line: &[u8], macros: &Macros) -> Answer {
        Answer::Continue
    }

    /// The message under way ends without a verdict of the handler's.
    fn abort(&mut self) {}

    /// The SMTP session ends. Another may follow with `connect`.
    fn close(&mut self) {}

    /// The MTA broke the protocol; [`Handler::close`] follows.
    fn failed(&mut self, error: &SessionError) {}
}

/// What becomes of a message: edits, then an answer. They leave in one write.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// What is changed. Not sent with an answer that refuses or discards.
    pub edits: Edits,
    /// [`Answer::Continue`] lets the message go on to the MTA's next filter.
    pub answer: Answer,
}

impl Verdict {
    /// An answer without edits.
    pub fn new(answer: Answer) -> Verdict {
        Verdict { edits: Edits::new(), answer }
    }
}

impl From<Edits> for Verdict {
    /// Edits, and the message goes on.
    fn from(edits: Edits) -> Verdict {
        Verdict { edits, answer: Answer::Continue }
    }
}
