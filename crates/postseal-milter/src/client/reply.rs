use thiserror::Error;

use super::Action;
use crate::flags::Protocol;
use crate::frame::{DEFAULT_MAX_PACKET, Decoder, Frame, FrameError};

/// One packet of a filter's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Negotiated { version: u32, protocol: Protocol },
    Go,
    Skip,
    Progress,
    Add { name: Vec<u8>, value: Vec<u8> },
    Insert { at: u32, name: Vec<u8>, value: Vec<u8> },
    Change { at: u32, name: Vec<u8>, value: Vec<u8> },
    Quarantine(String),
    Final(Action),
    Unknown(u8),
}

/// What a filter may not say, or not here.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the filter says {:?} where that means nothing", char::from(*letter))]
pub struct ReplyError {
    letter: u8,
}

impl Reply {
    /// The packet at the start of the octets and how many it takes, where it is whole.
    pub(super) fn read(octets: &[u8]) -> Result<Option<(Reply, usize)>, FrameError> {
        let frame = Decoder::new(DEFAULT_MAX_PACKET).next(octets)?;
        Ok(match frame {
            Some((Frame::Packet { command, data }, used)) => Some((Reply::parse(command, data), used)),
            // `b`, a new body, is not offered; `B` and `E` are no replies.
            Some((Frame::Part { command, .. }, used)) => Some((Reply::Unknown(command), used)),
            None => None,
        })
    }

    fn parse(letter: u8, data: &[u8]) -> Reply {
        let unknown = Reply::Unknown(letter);
        match letter {
            b'O' => match data.chunks_exact(4).map(number).collect::<Vec<u32>>().as_slice() {
                [version, _, protocol, ..] => {
                    Reply::Negotiated { version: *version, protocol: Protocol::from_bits(*protocol) }
                }
                _ => unknown,
            },
            b'c' => Reply::Go,
            b's' => Reply::Skip,
            b'p' => Reply::Progress,
            b'h' => match field(data) {
                Some((name, value)) => Reply::Add { name, value },
                None => unknown,
            },
            b'i' | b'm' => match data.split_first_chunk::<4>().map(|(at, rest)| (number(at), field(rest))) {
                Some((at, Some((name, value)))) if letter == b'i' => Reply::Insert { at, name, value },
                Some((at, Some((name, value)))) => Reply::Change { at, name, value },
                _ => unknown,
            },
            b'q' => Reply::Quarantine(text(data)),
            b'a' => Reply::Final(Action::Accept),
            b'd' => Reply::Final(Action::Discard),
            b'r' => Reply::Final(Action::Reject),
            b't' => Reply::Final(Action::Tempfail),
            b'y' => Reply::Final(Action::Refuse(text(data))),
            _ => unknown,
        }
    }

    pub(super) fn unexpected(&self) -> ReplyError {
        let letter = match self {
            Reply::Negotiated { .. } => b'O',
            Reply::Go => b'c',
            Reply::Skip => b's',
            Reply::Progress => b'p',
            Reply::Add { .. } => b'h',
            Reply::Insert { .. } => b'i',
            Reply::Change { .. } => b'm',
            Reply::Quarantine(_) => b'q',
            Reply::Final(Action::Accept) => b'a',
            Reply::Final(Action::Discard) => b'd',
            Reply::Final(Action::Reject) => b'r',
            Reply::Final(Action::Tempfail) => b't',
            Reply::Final(Action::Refuse(_)) => b'y',
            Reply::Unknown(letter) => *letter,
        };
        ReplyError { letter }
    }
}

fn number(octets: impl AsRef<[u8]>) -> u32 {
    octets.as_ref().iter().fold(0, |number, octet| number << 8 | u32::from(*octet))
}

/// A name and a value, each with a NUL behind it.
fn field(data: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut parts = data.split(|octet| *octet == 0);
    let (name, value) = (parts.next()?, parts.next()?);
    (!name.is_empty()).then(|| (name.to_vec(), value.to_vec()))
}

fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data.strip_suffix(b"\0").unwrap_or(data)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_packets() {
        let check = |octets: &[u8], expected: Reply| {
            assert_eq!(Reply::read(octets), Ok(Some((expected, octets.len()))), "{}", octets.escape_ascii());
        };
        check(b"\0\0\0\x01c", Reply::Go);
        check(
            b"\0\0\0\x0bm\0\0\0\x02To\0v\0x",
            Reply::Change { at: 2, name: b"To".into(), value: b"v".into() },
        );
        check(b"\0\0\0\x05hA\0 \0", Reply::Add { name: b"A".into(), value: b" ".into() });
        check(b"\0\0\0\x09y550 no\0\0", Reply::Final(Action::Refuse("550 no\0".into())));
        check(b"\0\0\0\x03i\0\0", Reply::Unknown(b'i'));
        check(b"\0\0\0\x02h\0", Reply::Unknown(b'h'));
        check(b"\0\0\0\x02O\0", Reply::Unknown(b'O'));
        assert_eq!(Reply::read(b"\0\0\0\x05h"), Ok(None));
        assert!(Reply::read(b"\0\0\0\0").is_err());
    }
}
