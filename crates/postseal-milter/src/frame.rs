use thiserror::Error;

/// Octets of a packet after its length field, when nothing else is said: room
/// for a header field of a mebibyte and what surrounds it. Postfix sends a field
/// of up to its `header_size_limit` (102 400) whole; Sendmail stays under 65 536.
pub const DEFAULT_MAX_PACKET: u32 = (1 << 20) + 512;

/// Octets of a packet from the filter to the MTA, after its length field.
/// Sendmail refuses more (`MILTER_CHUNK_SIZE`); Postfix allows twice as much.
pub const MAX_REPLY_PACKET: usize = 65_535;

/// One packet, or a part of one that carries body octets.
///
/// A packet is a length (four octets, big-endian, counting what follows), a
/// command letter and data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A whole packet.
    Packet {
        /// The command letter.
        command: u8,
        /// What follows the letter.
        data: &'a [u8],
    },
    /// Some octets of a body packet (`B` or `E`) of which not all have arrived.
    Part {
        /// The command letter.
        command: u8,
        /// The octets that are there; may be none.
        data: &'a [u8],
        /// Whether the packet ends here.
        last: bool,
    },
}

/// Cuts octets into packets. It holds no octets itself: body packets are handed
/// on in the parts in which they arrive, any other packet when it is whole.
#[derive(Clone, Debug)]
pub struct Decoder {
    max_packet: u32,
    streaming: Option<Streaming>,
}

/// A body packet under way.
#[derive(Clone, Copy, Debug)]
struct Streaming {
    command: u8,
    left: usize,
}

impl Decoder {
    /// A decoder that refuses packets of more than `max_packet` octets, the
    /// length field not counted.
    pub fn new(max_packet: u32) -> Decoder {
        Decoder { max_packet, streaming: None }
    }

    /// The frame at the start of `input` and the octets that it takes, at least
    /// one; `None` when more octets are needed, see [`Decoder::missing`].
    ///
    /// # Errors
    /// A length of 0 or above the limit. There is no way to go on after that.
    pub fn next<'a>(&mut self, input: &'a [u8]) -> Result<Option<(Frame<'a>, usize)>, FrameError> {
        if let Some(streaming) = self.streaming {
            return Ok(self.go_on(streaming, input));
        }
        let Some((length, rest)) = input.split_first_chunk::<4>() else { return Ok(None) };
        let length = self.check(u32::from_be_bytes(*length))?;
        let Some((&command, rest)) = rest.split_first() else { return Ok(None) };
        if let Some(data) = rest.get(..length - 1) {
            return Ok(Some((Frame::Packet { command, data }, 4 + length)));
        }
        if !carries_body(command) {
            return Ok(None);
        }
        self.streaming = Some(Streaming { command, left: length - 1 - rest.len() });
        Ok(Some((Frame::Part { command, data: rest, last: false }, input.len())))
    }

    /// How many octets `input` lacks, as far as can be told, before
    /// [`Decoder::next`] finds a frame in it: 0 if there is one.
    pub fn missing(&self, input: &[u8]) -> usize {
        let Some((length, rest)) = input.split_first_chunk::<4>() else { return HEAD - input.len() };
        match rest.first() {
            None => 1,
            Some(&command) if carries_body(command) => 0,
            Some(_) => (u32::from_be_bytes(*length) as usize).saturating_sub(rest.len()),
        }
    }

    fn go_on<'a>(&mut self, streaming: Streaming, input: &'a [u8]) -> Option<(Frame<'a>, usize)> {
        if input.is_empty() {
            return None;
        }
        let data = &input[..input.len().min(streaming.left)];
        let left = streaming.left - data.len();
        self.streaming = (left > 0).then_some(Streaming { left, ..streaming });
        Some((Frame::Part { command: streaming.command, data, last: left == 0 }, data.len()))
    }

    fn check(&self, length: u32) -> Result<usize, FrameError> {
        match length {
            0 => Err(FrameError::Empty),
            length if length > self.max_packet => Err(FrameError::TooLong { length, limit: self.max_packet }),
            length => Ok(length as usize),
        }
    }
}

/// Why octets are no packet.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum FrameError {
    /// The length counts the command letter, so it is at least 1.
    #[error("a packet without a command")]
    Empty,
    /// The limit is [`Decoder::new`]'s.
    #[error("a packet of {length} octets, the limit is {limit}")]
    TooLong {
        /// What the packet announced, in octets.
        length: u32,
        /// What is allowed, in octets.
        limit: u32,
    },
}

/// Appends a packet of a command letter and the pieces of its data.
pub fn put_packet(out: &mut Vec<u8>, command: u8, pieces: &[&[u8]]) {
    let start = open_packet(out, command);
    for piece in pieces {
        out.extend_from_slice(piece);
    }
    close_packet(out, start);
}

/// Begins a packet whose data the caller appends; [`close_packet`] ends it.
pub(crate) fn open_packet(out: &mut Vec<u8>, command: u8) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0, 0, 0, 0, command]);
    start
}

/// Writes the length of the packet that begins at `start`.
pub(crate) fn close_packet(out: &mut [u8], start: usize) {
    let length = u32::try_from(out.len() - start - 4).expect("what we send is bounded far below 4 GiB");
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

fn carries_body(command: u8) -> bool {
    matches!(command, b'B' | b'E')
}

/// Octets of the length and the command letter.
const HEAD: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(input: &[u8]) -> Result<Option<(Frame<'_>, usize)>, FrameError> {
        Decoder::new(100).next(input)
    }

    #[test]
    fn cuts_packets() {
        let packet = |command, data, used| Ok(Some((Frame::Packet { command, data }, used)));
        assert_eq!(decode(b"\0\0\0\x01Q"), packet(b'Q', b"", 5));
        assert_eq!(decode(b"\0\0\0\x03Hx\0\0\0"), packet(b'H', b"x\0", 7));
        assert_eq!(decode(b"\0\0\0\x03Bab"), packet(b'B', b"ab", 7));
        for short in [&b""[..], b"\0", b"\0\0\0\x03", b"\0\0\0\x03H", b"\0\0\0\x03Hx"] {
            assert_eq!(decode(short), Ok(None), "{short:?}");
        }
        assert_eq!(decode(b"\0\0\0\0"), Err(FrameError::Empty));
        assert_eq!(decode(b"\0\0\0\x65"), Err(FrameError::TooLong { length: 101, limit: 100 }));
        assert_eq!(decode(b"\xff\xff\xff\xff"), Err(FrameError::TooLong { length: u32::MAX, limit: 100 }));
    }

    #[test]
    fn says_what_is_missing() {
        let decoder = Decoder::new(100);
        for (input, missing) in [
            (&b""[..], 5),
            (b"\0\0\0", 2),
            (b"\0\0\0\x03", 1),
            (b"\0\0\0\x03H", 2),
            (b"\0\0\0\x03Hx", 1),
            (b"\0\0\0\x03Hx\0", 0),
            (b"\0\0\0\x03B", 0),
        ] {
            assert_eq!(decoder.missing(input), missing, "{input:?}");
        }
    }

    #[test]
    fn hands_on_the_parts_of_a_body() {
        let mut decoder = Decoder::new(100);
        let part = |data, last, used| Ok(Some((Frame::Part { command: b'B', data, last }, used)));
        assert_eq!(decoder.next(b"\0\0\0\x06B"), part(b"", false, 5));
        assert_eq!(decoder.next(b""), Ok(None));
        assert_eq!(decoder.next(b"ab"), part(b"ab", false, 2));
        assert_eq!(decoder.next(b"cdeX"), part(b"cde", true, 3));
        assert_eq!(decoder.next(b"X"), Ok(None));
    }

    #[test]
    fn writes_packets() {
        let mut out = Vec::new();
        put_packet(&mut out, b'c', &[]);
        put_packet(&mut out, b'h', &[b"A\0", b"b\0"]);
        assert_eq!(out, b"\0\0\0\x01c\0\0\0\x05hA\0b\0");
    }
}
