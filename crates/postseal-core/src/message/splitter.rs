use super::line_feeds::find_empty_line;
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
    /// [`Oversized`] where the header section exceeds the limit. What was kept of
    /// it can be taken and judged: it has a defect that lets nothing pass.
    pub fn feed<'c>(&mut self, chunk: &'c [u8]) -> Result<&'c [u8], Oversized> {
        if self.header_is_complete {
            return Ok(chunk);
        }
        let seen = self.header.len();
        let Some(end) = self.end_of_header_section(chunk) else {
            let room = (MAX_HEADER_SECTION + 2).saturating_sub(seen);
            self.header.extend_from_slice(&chunk[..chunk.len().min(room)]);
            // One octet over the limit may be the CR of the empty line.
            return if self.header.len() > MAX_HEADER_SECTION + 1 { Err(Oversized) } else { Ok(&[]) };
        };
        self.header_is_complete = true;
        if end > MAX_HEADER_SECTION {
            let room = (MAX_HEADER_SECTION + 1).saturating_sub(seen);
            self.header.extend_from_slice(&chunk[..chunk.len().min(room)]);
            return Err(Oversized);
        }
        // `end + 2` octets of the message precede the body, `seen` of them came before this chunk.
        self.header.extend_from_slice(&chunk[..end.saturating_sub(seen)]);
        self.header.truncate(end);
        Ok(&chunk[end + 2 - seen..])
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

    /// How many octets precede the empty line: it begins after CRLF CRLF, or at
    /// the very start. It may straddle what came before and `chunk`.
    fn end_of_header_section(&self, chunk: &[u8]) -> Option<usize> {
        let seen = self.header.len();
        let before = &self.header[seen.saturating_sub(3)..];
        let mut border = [0; 6];
        let after = chunk.len().min(3);
        border[..before.len()].copy_from_slice(before);
        border[before.len()..before.len() + after].copy_from_slice(&chunk[..after]);
        let border = &border[..before.len() + after];
        if seen <= 1 && border.starts_with(b"\r\n") {
            return Some(0);
        }
        let at = find_empty_line(border).map(|at| seen - before.len() + at);
        at.or_else(|| find_empty_line(chunk).map(|at| seen + at)).map(|at| at + 2)
    }
}

#[cfg(test)]
mod tests {
    use super::super::DefectKind;
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
    fn the_limit_is_the_same_whatever_the_chunks() {
        let message = |octets: usize| [&b"a".repeat(octets - 2)[..], b"\r\n\r\n"].concat();
        for size in [1_000, 999_999, 2_000_000] {
            let feed = |octets: usize| {
                let mut splitter = Splitter::new();
                let fed = message(octets).chunks(size).try_for_each(|chunk| splitter.feed(chunk).map(|_| ()));
                let section = splitter.take_header_section();
                (fed, section.defects().iter().any(|d| d.kind == DefectKind::Oversized))
            };
            assert_eq!(feed(MAX_HEADER_SECTION), (Ok(()), false), "chunks of {size}");
            assert_eq!(feed(MAX_HEADER_SECTION + 1), (Err(Oversized), true), "chunks of {size}");
        }
    }

    #[test]
    fn refuses_an_oversized_header_section() {
        let mut splitter = Splitter::new();
        let chunk = vec![b'a'; 64 * 1024];
        let refused = (0..40).any(|_| splitter.feed(&chunk).is_err());
        assert!(refused);
        assert_eq!(splitter.feed(b"a"), Err(Oversized));
        assert!(splitter.take_header_section().octets().len() <= MAX_HEADER_SECTION + 4);
    }
}
