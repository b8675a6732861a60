use memchr::memchr_iter;

/// Looks in passing for what a mail server may change after the message is signed.
#[derive(Debug, Default)]
pub(crate) struct BodyWatch {
    /// Octets of the line that has begun.
    line: usize,
    fragile: Fragile,
}

/// What makes a signature fragile; docs/postfix.md says what to do about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fragile {
    /// A line over 998 octets (RFC 5322 §2.1.1): servers break it.
    pub(crate) long_line: bool,
    /// Octets outside ASCII: a server whose next hop does not offer 8BITMIME (RFC 6152)
    /// encodes the body anew.
    pub(crate) eight_bit: bool,
}

impl BodyWatch {
    /// Takes the next octets; lines end in CRLF.
    pub(crate) fn update(&mut self, chunk: &[u8]) {
        if !self.fragile.eight_bit {
            self.fragile.eight_bit = !chunk.is_ascii();
        }
        if self.fragile.long_line {
            return;
        }
        let mut start = 0;
        for line_end in memchr_iter(b'\n', chunk) {
            self.line += line_end - start;
            // The CR counts along.
            self.fragile.long_line |= self.line > MAX_LINE + 1;
            self.line = 0;
            start = line_end + 1;
        }
        self.line += chunk.len() - start;
        // A line without an end may be of any length.
        self.fragile.long_line |= self.line > MAX_LINE + 1;
    }

    /// Goes on from the header section to the body: 8-bit octets of the header section do not
    /// count, since no server encodes those anew.
    pub(crate) fn of_body(self) -> BodyWatch {
        let fragile = Fragile { eight_bit: false, ..self.fragile };
        BodyWatch { line: 0, fragile }
    }

    /// What was seen so far.
    pub(crate) fn fragile(&self) -> Fragile {
        self.fragile
    }
}

/// RFC 5322 §2.1.1: "Each line of characters MUST be no more than 998 characters ... excluding
/// the CRLF."
const MAX_LINE: usize = 998;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_what_is_fragile_wherever_chunks_end() {
        let check = |body: &[u8], long_line: bool, eight_bit: bool| {
            for size in [1, 7, 998, 1_000, 5_000] {
                let mut watch = BodyWatch::default();
                body.chunks(size).for_each(|chunk| watch.update(chunk));
                assert_eq!(watch.fragile(), Fragile { long_line, eight_bit }, "{} {size}", body.len());
            }
        };
        let line = |octets: usize| [vec![b'x'; octets], b"\r\n".to_vec()].concat();
        check(b"", false, false);
        check(&line(998).repeat(3), false, false);
        check(&[line(1), line(999), line(1)].concat(), true, false);
        check(&vec![b'x'; 2_000], true, false);
        check("süß\r\n".as_bytes(), false, true);
    }
}
