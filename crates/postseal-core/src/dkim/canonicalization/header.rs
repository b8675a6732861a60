use aws_lc_rs::digest::{Context, Digest, SHA256};
use memchr::memchr;

use super::Canonicalization;
use super::blanks::{Gather, HeaderField, is_reduced, reduce};
use crate::dkim::tag_list::{Span, trim};
use crate::message::Field;

/// Hashes header fields in canonical form (RFC 6376 §3.4.1, §3.4.2). Cheap to
/// clone in the middle, as ARC seals need it.
#[derive(Clone)]
pub(crate) struct HeaderHasher {
    context: Context,
    gather: Gather<GATHERED>,
}

impl HeaderHasher {
    /// Nothing is hashed yet.
    pub(crate) fn new() -> HeaderHasher {
        HeaderHasher { context: Context::new(&SHA256), gather: Gather::new() }
    }

    /// Adds a field with its CRLF.
    pub(crate) fn add(&mut self, form: Canonicalization, field: Field<'_>) {
        self.add_open(form, field.octets(), field.name().len(), field.body_start());
        self.put(b"\r\n");
    }

    /// Adds the field that holds the signature, with the value of its `b=` tag,
    /// at `signature` in the field's body, taken out, and without its CRLF.
    // RFC 6376 §3.7: "the value of the "b=" tag (including all surrounding whitespace)
    // deleted (i.e., treated as the empty string)."
    pub(crate) fn add_signature_field(&mut self, form: Canonicalization, field: Field<'_>, signature: Span) {
        let body = field.body();
        let start = field.body_start();
        let before = &field.octets()[..start + signature.start as usize];
        let after = &body[(signature.end as usize).min(body.len())..];
        self.add_open(form, before, field.name().len(), start);
        self.put_body(form, after);
    }

    /// Adds a field that is being made: its text so far, without a line end.
    pub(crate) fn add_text(&mut self, form: Canonicalization, octets: &[u8], name_len: usize) {
        self.add_open(form, octets, name_len, name_len + 1);
    }

    /// Adds a field from its octets, without a CRLF at its end.
    fn add_open(&mut self, form: Canonicalization, octets: &[u8], name_len: usize, body_start: usize) {
        match form {
            Canonicalization::Simple => self.put(without_line_end(octets)),
            Canonicalization::Relaxed => {
                let context = &mut self.context;
                self.gather.put_lower_case(&octets[..name_len], |run| context.update(run));
                self.put(b":");
                self.put_body(form, &octets[body_start..]);
            }
        }
    }

    fn put_body(&mut self, form: Canonicalization, octets: &[u8]) {
        match form {
            Canonicalization::Simple => self.put(octets),
            Canonicalization::Relaxed => self.put_relaxed(trim(octets)),
        }
    }

    /// Adds octets that begin and end in no blank, line by line.
    fn put_relaxed(&mut self, octets: &[u8]) {
        let context = &mut self.context;
        let mut out = |run: &[u8]| context.update(run);
        let mut rest = octets;
        loop {
            let end = memchr(b'\n', rest);
            let line = end.map_or(rest, |end| trim(&rest[..end]));
            if is_reduced(line) {
                self.gather.put(line, &mut out);
            } else {
                reduce::<HeaderField, GATHERED>(line, usize::MAX, &mut self.gather, &mut out);
            }
            let Some(end) = end else { return };
            rest = trim(&rest[end + 1..]);
            // A line of blanks alone leaves no second blank behind.
            if !line.is_empty() {
                self.gather.put(b" ", &mut out);
            }
        }
    }

    /// Adds octets that are canonical already.
    pub(crate) fn put(&mut self, octets: &[u8]) {
        let context = &mut self.context;
        self.gather.put(octets, |run| context.update(run));
    }

    /// The SHA-256 of all that was added.
    pub(crate) fn finish(mut self) -> Digest {
        let context = &mut self.context;
        self.gather.flush(|run| context.update(run));
        self.context.finish()
    }
}

fn without_line_end(octets: &[u8]) -> &[u8] {
    octets.strip_suffix(b"\r\n").or_else(|| octets.strip_suffix(b"\n")).unwrap_or(octets)
}

/// Octets gathered before they are hashed.
const GATHERED: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::HeaderSection;

    /// What a hasher takes in, told by comparing digests.
    fn check(field: &str, form: Canonicalization, canonical: &str) {
        let section = HeaderSection::parse(field.as_bytes().to_vec());
        let mut hasher = HeaderHasher::new();
        hasher.add(form, section.field(0).expect("a field"));
        let mut expected = HeaderHasher::new();
        expected.put(canonical.as_bytes());
        assert_eq!(hasher.finish().as_ref(), expected.finish().as_ref(), "{field:?}");
    }

    #[test]
    fn relaxes_fields_as_rfc_6376_3_4_6_shows() {
        check("A: X\r\n", Canonicalization::Relaxed, "a:X\r\n");
        check("B : Y\t\r\n\tZ  \r\n", Canonicalization::Relaxed, "b:Y Z\r\n");
        check("A: X\r\n", Canonicalization::Simple, "A: X\r\n");
        check("B : Y\t\r\n\tZ  \r\n", Canonicalization::Simple, "B : Y\t\r\n\tZ  \r\n");
        check("A: X", Canonicalization::Simple, "A: X\r\n");
        check("Empty:\r\n", Canonicalization::Relaxed, "empty:\r\n");
        check("Blank: \r\n \r\n", Canonicalization::Relaxed, "blank:\r\n");
        check("C: a\r\n \r\n\t b  c \r\n d\r\n", Canonicalization::Relaxed, "c:a b c d\r\n");
        let long = "x".repeat(3000);
        check(
            &format!("{long}:{long} \t{long}\r\n"),
            Canonicalization::Relaxed,
            &format!("{long}:{long} {long}\r\n"),
        );
    }
}
