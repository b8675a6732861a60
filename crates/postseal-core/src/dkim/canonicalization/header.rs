use aws_lc_rs::digest::{Context, Digest, SHA256, digest};
use fearless_simd::{Level, Simd, dispatch};

use super::Canonicalization;
use super::blanks::{Gather, HeaderField, reduce};
use crate::dkim::tag_list::{Span, is_fws};
use crate::message::Field;

/// Hashes header fields in canonical form (RFC 6376 §3.4.1, §3.4.2).
pub(crate) struct HeaderHasher {
    /// Absent until there is more than what is gathered.
    context: Option<Context>,
    gather: Gather<GATHERED>,
}

impl HeaderHasher {
    /// Nothing is hashed yet.
    pub(crate) fn new() -> HeaderHasher {
        HeaderHasher { context: None, gather: Gather::new() }
    }

    /// Goes on where a hash was left.
    pub(crate) fn resume(context: Context) -> HeaderHasher {
        HeaderHasher { context: Some(context), gather: Gather::new() }
    }

    /// Adds fields, each with its CRLF.
    pub(crate) fn add_all<'a>(&mut self, form: Canonicalization, fields: impl Iterator<Item = Field<'a>>) {
        match form {
            Canonicalization::Simple => {
                for field in fields {
                    self.put(without_line_end(field.octets()));
                    self.put(b"\r\n");
                }
            }
            Canonicalization::Relaxed => dispatch!(Level::new(), simd => {
                for field in fields {
                    let (name_len, body_start) = (field.name().len(), field.body_start());
                    let end = body_start + field.body().len();
                    self.put_relaxed(simd, field.tail(), name_len, body_start, end);
                    let context = &mut self.context;
                    self.gather.put_line_end(&mut |run| update(context, run));
                }
            }),
        }
    }

    /// Adds the field that holds the signature, with the value of its `b=` tag,
    /// at `signature` in the field's body, taken out, and without its CRLF.
    // RFC 6376 §3.7: "the value of the "b=" tag (including all surrounding whitespace)
    // deleted (i.e., treated as the empty string)."
    pub(crate) fn add_signature_field(&mut self, form: Canonicalization, field: Field<'_>, signature: Span) {
        let (octets, start) = (field.octets(), field.body_start());
        let end = start + field.body().len();
        let cut = |at: u32| (start + at as usize).min(end);
        let (cut_start, cut_end) = (cut(signature.start), cut(signature.end));
        match form {
            Canonicalization::Simple => {
                self.put(&octets[..cut_start]);
                self.put(&octets[cut_end..end]);
            }
            Canonicalization::Relaxed => dispatch!(Level::new(), simd => {
                self.put_relaxed(simd, field.tail(), field.name().len(), start, cut_start);
                self.put_relaxed_part(simd, field.tail(), cut_end, end);
            }),
        }
    }

    /// Adds a field that is being made: its text so far, without a line end.
    pub(crate) fn add_text(&mut self, form: Canonicalization, octets: &[u8], name_len: usize) {
        match form {
            Canonicalization::Simple => self.put(octets),
            Canonicalization::Relaxed => dispatch!(Level::new(), simd => {
                self.put_relaxed(simd, octets, name_len, name_len + 1, octets.len());
            }),
        }
    }

    /// Adds name, colon and body of a field. `octets` may go on after the field.
    #[inline(always)]
    fn put_relaxed<S: Simd>(&mut self, simd: S, octets: &[u8], name_len: usize, start: usize, end: usize) {
        let context = &mut self.context;
        self.gather.put_name(octets, name_len, &mut |run| update(context, run));
        self.put_relaxed_part(simd, octets, start, end);
    }

    /// Adds the octets from `start` to `end`, without blanks around them.
    #[inline(always)]
    fn put_relaxed_part<S: Simd>(&mut self, simd: S, octets: &[u8], mut start: usize, mut end: usize) {
        while start < end && is_fws(octets[start]) {
            start += 1;
        }
        while start < end && is_fws(octets[end - 1]) {
            end -= 1;
        }
        let context = &mut self.context;
        let mut out = |run: &[u8]| update(context, run);
        reduce::<S, HeaderField, GATHERED>(simd, &octets[start..], end - start, &mut self.gather, &mut out);
    }

    /// Adds octets that are canonical already.
    pub(crate) fn put(&mut self, octets: &[u8]) {
        let context = &mut self.context;
        self.gather.put(octets, &mut |run| update(context, run));
    }

    /// Leaves the hash, to be resumed or copied.
    pub(crate) fn pause(mut self) -> Context {
        let context = &mut self.context;
        self.gather.flush(&mut |run| update(context, run));
        self.context.unwrap_or_else(|| Context::new(&SHA256))
    }

    /// The SHA-256 of all that was added.
    pub(crate) fn finish(self) -> Digest {
        match self.context {
            Some(_) => self.pause().finish(),
            None => digest(&SHA256, self.gather.gathered()),
        }
    }
}

fn update(context: &mut Option<Context>, octets: &[u8]) {
    context.get_or_insert_with(|| Context::new(&SHA256)).update(octets);
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
        hasher.add_all(form, section.fields());
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
