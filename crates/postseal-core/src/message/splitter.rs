use memchr::memchr_iter;

use super::{HeaderSection, MAX_HEADER_SECTION};

/// Cuts a message that arrives in chunks into header section and body. Holds
/// the header section only; body octets are handed back as slices of the chunk.
#[derive(Debug, Default)]
pub struct Splitter {
    header: Vec<u8>,
    header_is_complete: bool,
}

/// The header section has more octets than [`MAX_HEADER_SECTION`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header section is longer than {MAX_HEADER_SECTION} octets")]
pub struct Oversized;

impl Splitter {
    /// Nothing has arrived yet.
    pub fn new() -> Splitter {
        Splitter::default()
    }

    /// Takes the next chunk, CRLF line ends. Returns the part of it that is
    /// body: all of it once the header section is complete.
    ///
    /// # Errors
    /// [`Oversized`] where the header section exceeds the limit.
    pub fn feed<'c>(&mut self, chunk: &'c [u8]) -> Result<&'c [u8], Oversized> {
        if self.header_is_complete {
            return Ok(chunk);
        }
        // The empty line may straddle chunks: look again at the last three octets.
        let seen = self.header.len();
        let room = MAX_HEADER_SECTION + 4 - seen.min(MAX_HEADER_SECTION);
        self.header.extend_from_slice(&chunk[..chunk.len().min(room)]);
        let from = seen.saturating_sub(3);
        let Some(end) = end_of_header_section(&self.header, from) else {
            return if self.header.len() > MAX_HEADER_SECTION { Err(Oversized) } else { Ok(&[]) };
        };
        self.header_is_complete = true;
        self.header.truncate(end);
        if end > MAX_HEADER_SECTION {
            return Err(Oversized);
        }
        // `end + 2` octets of the message precede the body, `seen` of them came before this chunk.
        Ok(&chunk[(end + 2 - seen).min(chunk.len())..])
    }

    /// True once the empty line has been seen.
    pub fn header_is_complete(&self) -> bool {
        self.header_is_complete
    }

    /// The header section; call when it is complete or at the end of the
    /// message (a message without an empty line is all header section).
    pub fn take_header_section(&mut self) -> HeaderSection {
        self.header_is_complete = true;
        HeaderSection::parse(std::mem::take(&mut self.header))
    }
}

/// Where the empty line begins: after CRLF CRLF, or at the very start.
fn end_of_header_section(octets: &[u8], from: usize) -> Option<usize> {
    if octets.starts_with(b"\r\n") {
        return Some(0);
    }
    memchr_iter(b'\n', &octets[from..])
        .map(|lf| from + lf)
        .find(|&lf| octets[..=lf].ends_with(b"\r\n\r\n"))
        .map(|lf| lf - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_at_the_empty_line_whatever_the_chunks() {
        let check = |message: &[u8], header: &[u8], body: &[u8]| {
            for size in 1..=message.len().max(1) {
                let mut splitter = Splitter::new();
                let mut got = Vec::new();
                for chunk in message.chunks(size) {
                    got.extend_from_slice(splitter.feed(chunk).expect("small"));
                }
                assert_eq!(splitter.take_header_section().octets(), header, "chunks of {size}");
                assert_eq!(got, body, "chunks of {size}");
            }
        };
        check(b"A: b\r\n\r\nbody\r\n\r\nmore\r\n", b"A: b\r\n", b"body\r\n\r\nmore\r\n");
        check(b"\r\nbody", b"", b"body");
        check(b"A: b\r\n", b"A: b\r\n", b"");
        check(b"A: b\r\n\r\n", b"A: b\r\n", b"");
        check(b"", b"", b"");
    }

    #[test]
    fn refuses_an_oversized_header_section() {
        let mut splitter = Splitter::new();
        let chunk = vec![b'a'; 64 * 1024];
        let refused = (0..40).any(|_| splitter.feed(&chunk).is_err());
        assert!(refused);
        assert!(splitter.take_header_section().octets().len() <= MAX_HEADER_SECTION + 4);
    }
}
