use base64::Engine as _;

use crate::advice::bounce::{boundary_of, decode_base64, decode_quoted_printable};
use crate::advice::lossy;
use crate::message::HeaderSection;

/// Boundaries of one message that are known.
const MAX_BOUNDARIES: usize = 8;

/// Borders between parts that are looked at.
const MAX_BORDERS: usize = 64;

/// A body in lines, and where its parts begin.
pub(super) struct Lines<'b> {
    body: &'b [u8],
    /// Where each line begins, and the end of the last one.
    starts: Vec<usize>,
    /// The places of the lines that part the body, in order.
    pub(super) borders: Vec<usize>,
}

impl<'b> Lines<'b> {
    pub(super) fn new(body: &'b [u8], section: &HeaderSection) -> Lines<'b> {
        let ends = memchr::memchr_iter(b'\n', body).map(|at| at + 1);
        let mut starts: Vec<usize> = std::iter::once(0).chain(ends).collect();
        if starts.last() != Some(&body.len()) {
            starts.push(body.len());
        }
        let mut lines = Lines { body, starts, borders: Vec::new() };
        let boundaries = lines.boundaries(section);
        let is_border = |at: &usize| {
            let rest = lines.line(*at).strip_prefix(b"--");
            rest.is_some_and(|rest| boundaries.iter().any(|boundary| rest.starts_with(boundary)))
        };
        lines.borders = (0..lines.count()).filter(is_border).take(MAX_BORDERS).collect();
        lines
    }

    /// The boundaries that the message and its parts name.
    fn boundaries(&self, section: &HeaderSection) -> Vec<Vec<u8>> {
        let types = section.named("Content-Type").map(|field| field.body());
        let inner =
            (0..self.count()).map(|at| self.line(at)).filter(|line| memchr::memchr(b'=', line).is_some());
        let texts = types.chain(inner).filter(|text| text.len() < 1_000);
        texts.filter_map(|text| boundary_of(&lossy(text))).take(MAX_BOUNDARIES).collect()
    }

    pub(super) fn count(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn line(&self, at: usize) -> &'b [u8] {
        self.range(at, at + 1)
    }

    /// The octets of these lines.
    pub(super) fn range(&self, start: usize, end: usize) -> &'b [u8] {
        &self.body[self.starts[start]..self.starts[end]]
    }

    /// The place of the first line of the body of the part that begins at a border.
    fn body_of_part(&self, border: usize, end: usize) -> usize {
        (border + 1..end).find(|at| self.line(*at).trim_ascii().is_empty()).map_or(end, |blank| blank + 1)
    }

    /// Each part: its border, the first line of its body, and the border behind it.
    pub(super) fn parts(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.borders.windows(2).map(|pair| (pair[0], self.body_of_part(pair[0], pair[1]), pair[1]))
    }

    /// The body with its encoded parts decoded, their encoding field as given or left out;
    /// `None` where no part is encoded.
    pub(super) fn with_parts_decoded(&self, encoding: Option<&str>) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        let mut at = 0;
        for (border, start, end) in self.parts() {
            let old = (border + 1..start).find_map(|line| encoding_of(self.line(line)));
            let Some(decoded) = old.and_then(|old| decode(&old, self.range(start, end))) else { continue };
            body.extend_from_slice(self.range(at, border + 1));
            for line in border + 1..start {
                match (encoding_of(self.line(line)), encoding) {
                    (None, _) => body.extend_from_slice(self.line(line)),
                    (Some(_), Some(encoding)) => {
                        body.extend_from_slice(
                            format!("Content-Transfer-Encoding: {encoding}\r\n").as_bytes(),
                        );
                    }
                    (Some(_), None) => {}
                }
            }
            body.extend_from_slice(&decoded);
            if !decoded.ends_with(b"\n") {
                body.extend_from_slice(b"\r\n");
            }
            at = end;
        }
        body.extend_from_slice(self.range(at, self.count()));
        (at > 0).then_some(body)
    }
}

/// Decodes a body of this transfer encoding, its lines ending in CRLF.
pub(super) fn decode(encoding: &str, body: &[u8]) -> Option<Vec<u8>> {
    match encoding {
        "quoted-printable" => Some(decode_quoted_printable(body)),
        "base64" => decode_base64(body).map(|decoded| with_crlf(&decoded)),
        _ => None,
    }
}

/// The value of a line that is a Content-Transfer-Encoding field.
pub(super) fn encoding_of(line: &[u8]) -> Option<String> {
    let text = lossy(line);
    let (name, value) = text.split_once(':')?;
    let is_it = name.trim().eq_ignore_ascii_case("content-transfer-encoding");
    is_it.then(|| value.trim().to_ascii_lowercase())
}

/// The media type of a line that is a Content-Type field, in lower case.
pub(super) fn media_type_of(line: &[u8]) -> Option<String> {
    let text = lossy(line);
    let (name, value) = text.split_once(':')?;
    let is_it = name.trim().eq_ignore_ascii_case("content-type");
    is_it.then(|| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// The body as Base64 and as quoted-printable, as most programs write them.
pub(super) fn encoded(body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let local = replaced(body, b"\r\n", b"\n").unwrap_or_default();
    let mut versions = Vec::new();
    for octets in [
        body,
        &local,
        body.strip_suffix(b"\r\n").unwrap_or(body),
        local.strip_suffix(b"\n").unwrap_or(&local),
    ] {
        let text = base64::engine::general_purpose::STANDARD.encode(octets);
        let lines: Vec<&[u8]> = text.as_bytes().chunks(76).collect();
        versions.push(("base64", lines.join(&b"\r\n"[..])));
    }
    versions.push(("quoted-printable", quoted_printable(body)));
    versions
}

/// Each LF without a CR before it becomes CRLF.
pub(super) fn with_crlf(body: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(body.len() + body.len() / 32);
    let mut last = 0;
    for octet in body {
        if *octet == b'\n' && last != b'\r' {
            wire.push(b'\r');
        }
        wire.push(*octet);
        last = *octet;
    }
    wire
}

/// Replaces a sequence of octets everywhere; `None` where there is none.
pub(super) fn replaced(body: &[u8], from: &[u8], to: &[u8]) -> Option<Vec<u8>> {
    let mut changed = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = memchr::memmem::find(rest, from) {
        changed.extend_from_slice(&rest[..at]);
        changed.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    (rest.len() < body.len()).then(|| {
        changed.extend_from_slice(rest);
        changed
    })
}

/// Each line changed by `edit`, which sees it without its line end; `None` where nothing changes.
pub(super) fn each_line(body: &[u8], edit: impl Fn(&[u8]) -> &[u8]) -> Option<Vec<u8>> {
    let mut changed = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|b| *b == b'\n') {
        let text = line.strip_suffix(b"\r\n").unwrap_or(line);
        changed.extend_from_slice(edit(text));
        changed.extend_from_slice(&line[text.len()..]);
    }
    (changed != body).then_some(changed)
}

/// RFC 2045 §6.7, lines of at most 76 characters.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(body.len() + body.len() / 8);
    for line in body.split_inclusive(|b| *b == b'\n') {
        let text = line.strip_suffix(b"\r\n").unwrap_or(line);
        let mut column = 0;
        for (place, octet) in text.iter().enumerate() {
            let is_last = place + 1 == text.len();
            let plain =
                matches!(octet, b'!'..=b'<' | b'>'..=b'~') || (matches!(octet, b' ' | b'\t') && !is_last);
            let width = if plain { 1 } else { 3 };
            if column + width > if is_last { 76 } else { 75 } {
                encoded.extend_from_slice(b"=\r\n");
                column = 0;
            }
            if plain {
                encoded.push(*octet);
            } else {
                encoded.extend(format!("={octet:02X}").bytes());
            }
            column += width;
        }
        encoded.extend_from_slice(&line[text.len()..]);
    }
    encoded
}
