use memchr::{memchr, memchr_iter};

use super::line_feeds::LineFeeds;
use super::name_hash::{name_hash, read_name};

/// Octets that a header section may have: 1 MB. Beyond it the message is not judged.
pub const MAX_HEADER_SECTION: usize = 1_000_000;

/// Fields that a header section may have. Beyond it the message is not judged.
pub const MAX_FIELDS: usize = 10_000;

/// What most header sections stay under.
const USUAL_OCTETS: usize = 4_096;
const USUAL_FIELDS: usize = 32;

/// The header section of a message (RFC 5322 §2.1): the octets as received,
/// with an index of its fields. The empty line that ends it is not part of it.
#[derive(Clone, Debug, Default)]
pub struct HeaderSection {
    octets: Vec<u8>,
    spans: Vec<Span>,
    defects: Vec<Defect>,
    /// A limit was met; nothing is indexed any more.
    is_full: bool,
}

/// Where one field lies in the octets.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    /// The colon.
    colon: u32,
    /// After the CRLF that ends the field.
    end: u32,
    /// Length of the name, without blanks before the colon. 0: not a field.
    name_len: u32,
    /// Of the name in lower case; equal names have equal hashes.
    hash: u32,
}

/// One header field: its octets as received, folding and final CRLF included.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// From the start of the field to the end of the header section.
    tail: &'a [u8],
    len: usize,
    name_len: usize,
    colon: usize,
    hash: u32,
}

impl<'a> Field<'a> {
    /// The whole field, with its final CRLF where it has one.
    pub fn octets(&self) -> &'a [u8] {
        &self.tail[..self.len]
    }

    /// The field and what follows it in the header section: for who reads in blocks.
    pub(crate) fn tail(&self) -> &'a [u8] {
        self.tail
    }

    /// The name as written, without blanks before the colon.
    pub fn name(&self) -> &'a [u8] {
        &self.tail[..self.name_len]
    }

    /// All after the colon, with folding, without the final CRLF.
    pub fn body(&self) -> &'a [u8] {
        strip_line_end(&self.tail[self.colon + 1..self.len])
    }

    /// Where the body begins in the field's octets: after the colon.
    pub fn body_start(&self) -> usize {
        self.colon + 1
    }

    /// True where the name is `name`, in whatever case.
    pub fn is_named(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name.as_bytes())
    }

    /// Hash of the name in lower case ([`HeaderSection::name_hash`]).
    pub fn name_hash(&self) -> u32 {
        self.hash
    }
}

/// Something in a header section that RFC 5322 does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defect {
    /// What it is.
    pub kind: DefectKind,
    /// Where, in octets from the start of the header section.
    pub offset: usize,
}

/// Kinds of [`Defect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefectKind {
    /// A CR that no LF follows. Readers disagree about what it means.
    BareCr,
    /// An LF that no CR precedes. Readers disagree about what it means.
    BareLf,
    /// A NUL octet.
    Nul,
    /// A line that is neither a field nor a continuation.
    NotAField,
    /// A first line that begins with a blank. A field put above it would take it in as its own
    /// continuation.
    ContinuesNothing,
    /// More fields, or lines in place of fields, than [`MAX_FIELDS`]; the rest was not indexed.
    TooManyFields,
    /// More octets than [`MAX_HEADER_SECTION`]; there may be more that were not kept.
    Oversized,
}

impl DefectKind {
    /// True where readers of the message disagree about where lines and fields
    /// end, so that nothing in it can be vouched for.
    pub fn is_ambiguous(self) -> bool {
        match self {
            DefectKind::BareCr
            | DefectKind::BareLf
            | DefectKind::Nul
            | DefectKind::ContinuesNothing
            | DefectKind::TooManyFields
            | DefectKind::Oversized => true,
            DefectKind::NotAField => false,
        }
    }
}

impl HeaderSection {
    /// Indexes a header section. `octets` ends before the empty line; the last
    /// field's CRLF may be absent. Never fails: what is wrong is in
    /// [`HeaderSection::defects`].
    pub fn parse(octets: Vec<u8>) -> HeaderSection {
        let spans = Vec::with_capacity(USUAL_FIELDS);
        let mut section = HeaderSection { octets, spans, defects: Vec::new(), is_full: false };
        section.index_from(0);
        section
    }

    /// Adds one field below the others, as a milter gets it. The body holds
    /// folding as CRLF and no final CRLF; the blank after the colon, if any, is
    /// part of it. Once a limit is met, which [`HeaderSection::ambiguity`] tells, nothing
    /// is kept any more.
    pub fn push(&mut self, name: &[u8], body: &[u8]) {
        let start = self.octets.len();
        if self.is_full {
            return;
        }
        if start + name.len() + body.len() + 3 > MAX_HEADER_SECTION {
            self.note(DefectKind::Oversized, start);
            self.is_full = true;
            return;
        }
        if start == 0 {
            // Once, rather than at every doubling.
            self.octets.reserve(USUAL_OCTETS);
            self.spans.reserve(USUAL_FIELDS);
        }
        self.octets.reserve(name.len() + body.len() + 3);
        self.octets.extend_from_slice(name);
        self.octets.push(b':');
        self.octets.extend_from_slice(body);
        self.octets.extend_from_slice(b"\r\n");
        self.index_from(start);
    }

    /// The octets as received.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// True where there is no field.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The fields, top down.
    pub fn fields(&self) -> impl DoubleEndedIterator<Item = Field<'_>> + ExactSizeIterator {
        self.spans.iter().map(|span| self.resolve(*span))
    }

    /// The field at this place, counted from 0 at the top.
    pub fn field(&self, index: usize) -> Option<Field<'_>> {
        self.spans.get(index).map(|span| self.resolve(*span))
    }

    /// The fields of this name, top down, in whatever case.
    pub fn named<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = Field<'a>> {
        let hash = HeaderSection::name_hash(name.as_bytes());
        let of_this_hash = self.spans.iter().filter(move |span| span.hash == hash);
        of_this_hash.map(|span| self.resolve(*span)).filter(move |field| field.is_named(name))
    }

    /// What RFC 5322 does not allow in it.
    pub fn defects(&self) -> &[Defect] {
        &self.defects
    }

    /// The first defect that makes the whole header section ambiguous.
    pub fn ambiguity(&self) -> Option<Defect> {
        self.defects.iter().copied().find(|d| d.kind.is_ambiguous())
    }

    /// Hash of a field name, without regard to case. Equal names have equal
    /// hashes; the reverse does not hold, and anybody can make names collide.
    pub const fn name_hash(name: &[u8]) -> u32 {
        name_hash(name)
    }

    /// The name at the front of `octets`: its length and its hash. It ends before the first
    /// octet that a name cannot hold (RFC 5322 §2.2).
    pub(crate) fn read_name(octets: &[u8]) -> (usize, u32) {
        read_name(octets)
    }

    fn resolve(&self, span: Span) -> Field<'_> {
        Field {
            tail: &self.octets[span.start as usize..],
            len: (span.end - span.start) as usize,
            name_len: span.name_len as usize,
            colon: (span.colon - span.start) as usize,
            hash: span.hash,
        }
    }

    fn index_from(&mut self, from: usize) {
        let octets = std::mem::take(&mut self.octets);
        let mut feeds = LineFeeds::new(&octets[from..]);
        let mut start = from;
        for lf in feeds.by_ref().map(|lf| from + lf) {
            // A line that begins with a blank continues the field above it.
            if !matches!(octets.get(lf + 1), Some(b' ' | b'\t')) {
                self.index_field(&octets, start, lf + 1);
                start = lf + 1;
            }
            if self.is_full {
                break;
            }
        }
        if start < octets.len() {
            self.index_field(&octets, start, octets.len());
        }
        if !self.is_full && !feeds.is_regular() {
            self.note_forbidden_octets(&octets, from);
        }
        if octets.len() > MAX_HEADER_SECTION && from <= MAX_HEADER_SECTION {
            self.note(DefectKind::Oversized, MAX_HEADER_SECTION);
        }
        self.octets = octets;
    }

    fn index_field(&mut self, octets: &[u8], start: usize, end: usize) {
        // Lines that are no fields count too: each is a defect that must be remembered.
        if self.spans.len() + self.defects.len() >= MAX_FIELDS {
            if !self.is_full {
                self.note(DefectKind::TooManyFields, start);
            }
            self.is_full = true;
            return;
        }
        let line = &octets[start..end];
        let (name_len, hash) = read_name(line);
        let blanks = line[name_len..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let colon = name_len + blanks;
        if name_len == 0 || line.get(colon) != Some(&b':') {
            let continues = matches!(line, [b' ' | b'\t', ..]);
            let kind = if continues { DefectKind::ContinuesNothing } else { DefectKind::NotAField };
            return self.note(kind, start);
        }
        self.spans.push(Span {
            start: offset(start),
            colon: offset(start + colon),
            end: offset(end),
            name_len: offset(name_len),
            hash,
        });
    }

    /// Notes the first octet of each kind that makes the section ambiguous.
    fn note_forbidden_octets(&mut self, octets: &[u8], from: usize) {
        let new = &octets[from..];
        let bare_lf = memchr_iter(b'\n', new).find(|&i| i == 0 || new[i - 1] != b'\r');
        let bare_cr = memchr_iter(b'\r', new).find(|&i| new.get(i + 1) != Some(&b'\n'));
        let nul = memchr(0, new);
        for (kind, at) in
            [(DefectKind::BareLf, bare_lf), (DefectKind::BareCr, bare_cr), (DefectKind::Nul, nul)]
        {
            if let Some(at) = at {
                self.note(kind, from + at);
            }
        }
    }

    fn note(&mut self, kind: DefectKind, offset: usize) {
        self.defects.push(Defect { kind, offset });
    }
}

fn strip_line_end(octets: &[u8]) -> &[u8] {
    octets.strip_suffix(b"\r\n").or_else(|| octets.strip_suffix(b"\n")).unwrap_or(octets)
}

/// Header sections are at most 1 MB where they come from outside; larger ones,
/// made by callers, saturate and index nothing beyond.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_fields_as_received() {
        let section = HeaderSection::parse(b"From: a@example\r\nSubject : one\r\n two\r\nto:b\r\n".to_vec());
        let got: Vec<(&[u8], &[u8])> = section.fields().map(|f| (f.name(), f.body())).collect();
        assert_eq!(got, [(&b"From"[..], &b" a@example"[..]), (b"Subject", b" one\r\n two"), (b"to", b"b"),]);
        assert_eq!(section.named("TO").count(), 1);
        assert!(section.defects().is_empty());
    }

    #[test]
    fn pushes_like_parse() {
        let mut pushed = HeaderSection::default();
        pushed.push(b"From", b" a@example");
        pushed.push(b"Subject", b" one\r\n two");
        assert_eq!(pushed.octets(), b"From: a@example\r\nSubject: one\r\n two\r\n");
        assert_eq!(pushed.field(1).expect("second").body(), b" one\r\n two");
    }

    #[test]
    fn keeps_no_more_than_the_limit() {
        let mut section = HeaderSection::default();
        section.push(b"From", b" a@example");
        for _ in 0..3 {
            section.push(b"X", &vec![b'x'; MAX_HEADER_SECTION / 2]);
        }
        section.push(b"To", b" b@example");
        assert_eq!(section.len(), 2);
        assert!(section.octets().len() <= MAX_HEADER_SECTION);
        assert_eq!(section.ambiguity().map(|d| d.kind), Some(DefectKind::Oversized));
        assert_eq!(section.defects().len(), 1);
    }

    #[test]
    fn notes_defects() {
        let check = |octets: &[u8], expected: &[DefectKind], fields: usize| {
            let section = HeaderSection::parse(octets.to_vec());
            let kinds: Vec<DefectKind> = section.defects().iter().map(|d| d.kind).collect();
            assert_eq!(kinds, expected, "{:?}", String::from_utf8_lossy(octets));
            assert_eq!(section.len(), fields);
        };
        check(b"From: a\nTo: b\r\n", &[DefectKind::BareLf], 2);
        check(b"From: a\rTo: b\r\n", &[DefectKind::BareCr], 1);
        check(b"From: a\0\r\n", &[DefectKind::Nul], 1);
        check(b"no colon here\r\nTo: b\r\n", &[DefectKind::NotAField], 1);
        check(b": nothing\r\n", &[DefectKind::NotAField], 0);
        check(b" continued\r\nTo: b\r\n", &[DefectKind::ContinuesNothing], 1);
        check(b"\tTo: b\r\n", &[DefectKind::ContinuesNothing], 0);
        check(b"From: a\n", &[DefectKind::BareLf], 1);
        check(b"", &[], 0);
        check(&b"a:\r\n".repeat(MAX_FIELDS), &[], MAX_FIELDS);
        check(&b"a:\r\n".repeat(MAX_FIELDS + 2), &[DefectKind::TooManyFields], MAX_FIELDS);
    }

    #[test]
    fn remembers_so_many_lines_that_are_no_fields() {
        let section = HeaderSection::parse(b"x\r\n".repeat(3 * MAX_FIELDS));
        assert_eq!(section.defects().len(), MAX_FIELDS + 1);
        assert_eq!(section.ambiguity().map(|d| d.kind), Some(DefectKind::TooManyFields));
    }
}
