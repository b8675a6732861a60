use memchr::{memchr, memchr_iter};

/// How a stored message ends its lines.
///
/// On the wire lines end in CRLF. Files and Maildirs often hold them as LF
/// alone; such a file is *in local form* and stands for the message with CRLF.
/// In wire form an LF alone is an octet of the message, and a defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnds {
    /// CRLF: octets are taken as they are.
    Wire,
    /// LF: each LF without a CR stands for CRLF.
    Local,
}

impl LineEnds {
    /// Decides by the first line of the message.
    pub fn detect(beginning: &[u8]) -> LineEnds {
        match memchr(b'\n', beginning) {
            Some(lf) if lf == 0 || beginning[lf - 1] != b'\r' => LineEnds::Local,
            _ => LineEnds::Wire,
        }
    }

    /// The octets that end a line.
    pub fn as_octets(self) -> &'static [u8] {
        match self {
            LineEnds::Wire => b"\r\n",
            LineEnds::Local => b"\n",
        }
    }
}

/// Appends `chunk`, in local form, to `wire` in wire form. `last` is the octet
/// before the chunk; returns the octet before the next one.
pub fn to_wire(chunk: &[u8], last: u8, wire: &mut Vec<u8>) -> u8 {
    wire.reserve(chunk.len() + chunk.len() / 16);
    let mut start = 0;
    for lf in memchr_iter(b'\n', chunk) {
        let before = if lf == 0 { last } else { chunk[lf - 1] };
        wire.extend_from_slice(&chunk[start..lf]);
        wire.extend_from_slice(if before == b'\r' { b"\n" } else { b"\r\n" });
        start = lf + 1;
    }
    wire.extend_from_slice(&chunk[start..]);
    chunk.last().copied().unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detects_by_the_first_line() {
        assert_eq!(LineEnds::detect(b"a\r\nb\n"), LineEnds::Wire);
        assert_eq!(LineEnds::detect(b"a\nb\r\n"), LineEnds::Local);
        assert_eq!(LineEnds::detect(b"\n"), LineEnds::Local);
        assert_eq!(LineEnds::detect(b"no line"), LineEnds::Wire);
    }

    #[test]
    fn converts_whatever_the_chunks() {
        let local = b"\na\r\nb\n\nc";
        for size in 1..=local.len() {
            let (mut wire, mut last) = (Vec::new(), 0);
            for chunk in local.chunks(size) {
                last = to_wire(chunk, last, &mut wire);
            }
            assert_eq!(wire, b"\r\na\r\nb\r\n\r\nc", "chunks of {size}");
        }
    }
}
