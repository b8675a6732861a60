use thiserror::Error;

use crate::frame::put_packet;

/// What a handler says at a stage.
///
/// At a stage that is only *watched* the MTA may not be waiting for a reply.
/// Then an answer that settles the message (or, from `connect` and `helo`, every
/// message of the connection) is kept, the handler sees no more of the message,
/// and the MTA hears of it at the end of the message. Refusing one recipient or
/// one unknown command cannot wait, so there it has no effect: ask for
/// [`Interest::Answered`](crate::Interest::Answered) to do that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    #[default]
    Continue,
    /// Go on, and call no more at this stage for this message. Where the MTA
    /// understands it, it stops sending; else the session stops listening.
    Skip,
    /// Let it pass without further look: the message, or at `connect` and `helo`
    /// the whole connection.
    Accept,
    /// Refuse for good, in the MTA's words: at `rcpt` the recipient, at `connect`
    /// and `helo` the connection, else the message.
    Reject,
    /// Refuse for now, in the MTA's words.
    Tempfail,
    /// Take the message and drop it silently. Never of a whole connection: at
    /// `connect` and `helo` it is kept for each message.
    Discard,
    /// Refuse with these words.
    Refuse(ReplyCode),
    /// Refuse with 421 and close the SMTP connection. At the end of a message it
    /// is [`Answer::Tempfail`]: there Postfix would lose the message.
    Shutdown,
}

impl Answer {
    /// Whether the message, or the connection, goes on after it.
    pub(crate) fn goes_on(&self) -> bool {
        matches!(self, Answer::Continue | Answer::Skip)
    }

    /// Whether it refuses.
    pub(crate) fn refuses(&self) -> bool {
        matches!(self, Answer::Reject | Answer::Tempfail | Answer::Refuse(_) | Answer::Shutdown)
    }

    /// Appends the packet (`SMFIR_*`).
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let letter = match self {
            Answer::Continue => b'c',
            Answer::Skip => b's',
            Answer::Accept => b'a',
            Answer::Reject => b'r',
            Answer::Tempfail => b't',
            Answer::Discard => b'd',
            Answer::Shutdown => b'4',
            Answer::Refuse(reply) => return put_packet(out, b'y', &[reply.text.as_bytes(), b"\0"]),
        };
        put_packet(out, letter, &[]);
    }
}

/// A refusal in the filter's own words: an SMTP code, an enhanced status code
/// and one or more lines of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyCode {
    /// The whole reply as it goes over the wire: `%` is doubled, since Sendmail
    /// reads it as a format.
    text: String,
}

impl ReplyCode {
    /// Octets of a line of text, after the codes (libmilter's bound).
    pub const MAX_LINE: usize = 980;

    /// Lines of a reply (libmilter's bound).
    pub const MAX_LINES: usize = 32;

    /// Builds a refusal. `code` is 400 to 599; `enhanced` has its class
    /// (RFC 3463: `5.7.1`); `text` is split at line ends. Octets that are not
    /// printable ASCII become `?`, so that what a message says can be quoted.
    ///
    /// # Errors
    /// Codes that are none or do not fit each other; too much text.
    pub fn new(code: u16, enhanced: &str, text: &str) -> Result<ReplyCode, ReplyCodeError> {
        if !(400..=599).contains(&code) {
            return Err(ReplyCodeError::Code { code });
        }
        if !is_enhanced(enhanced) || !enhanced.starts_with(if code < 500 { '4' } else { '5' }) {
            return Err(ReplyCodeError::Enhanced { code });
        }
        let lines = text.lines().count().max(1);
        if lines > ReplyCode::MAX_LINES {
            return Err(ReplyCodeError::Lines { lines });
        }
        let mut whole = String::with_capacity(text.len() + lines * 16);
        for (index, line) in text.lines().chain(text.is_empty().then_some("")).enumerate() {
            if line.len() > ReplyCode::MAX_LINE {
                return Err(ReplyCodeError::Line { octets: line.len() });
            }
            // RFC 5321 §4.2.1: every line but the last has a hyphen after the code.
            let hyphen = if index + 1 < lines { '-' } else { ' ' };
            whole.push_str(&format!("{code}{hyphen}{enhanced} "));
            push_line(&mut whole, line);
            if index + 1 < lines {
                whole.push_str("\r\n");
            }
        }
        Ok(ReplyCode { text: whole })
    }
}

/// Why codes and text are no reply.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ReplyCodeError {
    /// Only 4xx and 5xx can be said.
    #[error("the reply code is {code}, not 400 to 599")]
    Code {
        /// The code given.
        code: u16,
    },
    /// Class, subject and detail: `5.7.1`; the class is that of the code.
    #[error("the enhanced status code is none, or not of the class of {code}")]
    Enhanced {
        /// The code given.
        code: u16,
    },
    /// More than [`ReplyCode::MAX_LINES`].
    #[error("a reply of {lines} lines, the limit is {}", ReplyCode::MAX_LINES)]
    Lines {
        /// How many.
        lines: usize,
    },
    /// More than [`ReplyCode::MAX_LINE`].
    #[error("a reply line of {octets} octets, the limit is {}", ReplyCode::MAX_LINE)]
    Line {
        /// How many.
        octets: usize,
    },
}

fn push_line(out: &mut String, line: &str) {
    for character in line.chars() {
        match character {
            '%' => out.push_str("%%"),
            ' '..='~' => out.push(character),
            _ => out.push('?'),
        }
    }
}

/// RFC 3463 §2: `class "." subject "." detail`, one digit, then one to three each.
fn is_enhanced(text: &str) -> bool {
    let mut parts = text.split('.');
    let digits = |part: Option<&str>, most: usize| {
        part.is_some_and(|part| {
            (1..=most).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_digit())
        })
    };
    digits(parts.next(), 1) && digits(parts.next(), 3) && digits(parts.next(), 3) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_replies() {
        let check = |code, enhanced, text, expected: &str| {
            let reply = ReplyCode::new(code, enhanced, text).expect("a reply");
            assert_eq!(reply.text, expected);
        };
        check(550, "5.7.1", "no", "550 5.7.1 no");
        check(451, "4.7.24", "", "451 4.7.24 ");
        check(550, "5.7.1", "100% sure", "550 5.7.1 100%% sure");
        check(550, "5.7.1", "a\nb\r\nc", "550-5.7.1 a\r\n550-5.7.1 b\r\n550 5.7.1 c");
        check(550, "5.7.1", "tab\there, \u{e9}, \rx", "550 5.7.1 tab?here, ?, ?x");
    }

    #[test]
    fn refuses_what_is_no_reply() {
        let check = |code, enhanced, error| {
            assert_eq!(ReplyCode::new(code, enhanced, "x"), Err(error), "{code} {enhanced}");
        };
        for code in [0, 250, 399, 600] {
            check(code, "5.7.1", ReplyCodeError::Code { code });
        }
        for enhanced in ["", "5", "5.7", "5.7.", "4.7.1", "5.7.1.1", "5.7.1000", "5.x.1", "55.7.1", "5.7.1 "]
        {
            check(550, enhanced, ReplyCodeError::Enhanced { code: 550 });
        }
        let long = "x".repeat(981);
        assert_eq!(ReplyCode::new(550, "5.7.1", &long), Err(ReplyCodeError::Line { octets: 981 }));
        let many = "x\n".repeat(33);
        assert_eq!(ReplyCode::new(550, "5.7.1", &many), Err(ReplyCodeError::Lines { lines: 33 }));
    }

    #[test]
    fn writes_packets() {
        let check = |answer: Answer, expected: &[u8]| {
            let mut out = Vec::new();
            answer.write(&mut out);
            assert_eq!(out, expected);
        };
        check(Answer::Continue, b"\0\0\0\x01c");
        check(Answer::Discard, b"\0\0\0\x01d");
        let reply = ReplyCode::new(550, "5.7.1", "no").expect("a reply");
        check(Answer::Refuse(reply), b"\0\0\0\x0ey550 5.7.1 no\0");
    }
}
