use super::transfer_encoding::{base64, quoted_printable};
use crate::advice::lossy;

/// Parts of one report that are read.
const MAX_PARTS: usize = 20;
/// Boundaries of one report that are known.
const MAX_BOUNDARIES: usize = 8;

/// A part of a report that says something about the delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: PartKind,
    /// Decoded; lines end in LF.
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PartKind {
    /// For programs: `message/delivery-status` (RFC 3464 §2.1).
    Status,
    /// For people.
    Text,
    /// For people, with markup.
    Html,
}

/// The parts of a report in the order of the message. The message that comes
/// back is left out, whatever it holds.
pub(super) fn parts(octets: &[u8]) -> Vec<Part> {
    let mut reader = Reader { boundaries: Vec::new(), parts: Vec::new() };
    let lines: Vec<&[u8]> = octets.split_inclusive(|b| *b == b'\n').collect();
    let header = || lines.iter().take_while(|line| !line.trim_ascii().is_empty());
    let is_message = header().any(|line| begins_with_name(line, &OF_MESSAGES));
    let is_status = !is_message && lines.iter().any(|line| begins_with_name(line, &OF_REPORTS));
    let mut at = 0;
    if is_message {
        at = reader.part(&lines, 0);
    } else {
        reader.add(if is_status { PartKind::Status } else { PartKind::Text }, octets);
    }
    while at < lines.len() && reader.parts.len() < MAX_PARTS && is_message {
        at = if reader.is_boundary(lines[at]) { reader.part(&lines, at + 1) } else { at + 1 };
    }
    reader.parts
}

/// Names of fields that a message has in its header section, in lower case.
const OF_MESSAGES: [&str; 9] = [
    "from",
    "received",
    "return-path",
    "content-type",
    "mime-version",
    "message-id",
    "delivered-to",
    "subject",
    "date",
];

/// Names of fields of RFC 3464 that say which refusal it was, in lower case.
const OF_REPORTS: [&str; 2] = ["diagnostic-code", "final-recipient"];

/// True where a line begins with one of these names and a colon.
fn begins_with_name(line: &[u8], names: &[&str]) -> bool {
    let Some(colon) = line.iter().take(64).position(|b| *b == b':') else { return false };
    let name = line[..colon].trim_ascii_end();
    names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

struct Reader {
    boundaries: Vec<Vec<u8>>,
    parts: Vec<Part>,
}

impl Reader {
    /// Reads the part that begins at a line; returns the line at which the next one may begin.
    fn part(&mut self, lines: &[&[u8]], start: usize) -> usize {
        let is_empty = |line: &&[u8]| matches!(*line, b"\n" | b"\r\n");
        let end = lines[start..].iter().position(is_empty).map_or(lines.len(), |at| start + at);
        let header = Header::read(&lines[start..end]);
        if let Some(boundary) = header.boundary.filter(|_| self.boundaries.len() < MAX_BOUNDARIES) {
            self.boundaries.push(boundary);
        }
        let body = (end + 1).min(lines.len());
        let next = (body..lines.len()).find(|at| self.is_boundary(lines[*at])).unwrap_or(lines.len());
        let kind = match header.media_type.as_str() {
            "" | "text/plain" => Some(PartKind::Text),
            "text/html" => Some(PartKind::Html),
            "message/delivery-status" | "message/global-delivery-status" => Some(PartKind::Status),
            _ => None,
        };
        if let Some(kind) = kind {
            let octets = lines[body..next].concat();
            let decoded = match header.encoding.as_str() {
                "quoted-printable" => Some(quoted_printable(&octets)),
                "base64" => base64(&octets),
                _ => None,
            };
            self.add(kind, decoded.as_deref().unwrap_or(&octets));
        }
        next
    }

    fn add(&mut self, kind: PartKind, octets: &[u8]) {
        let text = lossy(octets).replace("\r\n", "\n");
        let text = if kind == PartKind::Html { without_markup(&text) } else { without_original(&text) };
        if !text.trim().is_empty() {
            self.parts.push(Part { kind, text });
        }
    }

    fn is_boundary(&self, line: &[u8]) -> bool {
        let Some(rest) = line.strip_prefix(b"--") else { return false };
        self.boundaries.iter().any(|boundary| {
            rest.strip_prefix(&boundary[..]).is_some_and(|end| {
                let end = end.trim_ascii_end();
                end.is_empty() || end == b"--"
            })
        })
    }
}

/// What a part's header says about it.
#[derive(Default)]
struct Header {
    media_type: String,
    encoding: String,
    boundary: Option<Vec<u8>>,
}

impl Header {
    fn read(lines: &[&[u8]]) -> Header {
        let mut header = Header::default();
        let mut fields: Vec<String> = Vec::new();
        for line in lines {
            let text = lossy(line);
            match fields.last_mut() {
                Some(field) if text.starts_with([' ', '\t']) => field.push_str(text.trim_end()),
                _ => fields.push(text.trim_end().to_owned()),
            }
        }
        for field in &fields {
            let Some((name, value)) = field.split_once(':') else { continue };
            if name.eq_ignore_ascii_case("content-type") {
                let media_type = value.split(';').next().unwrap_or_default();
                header.media_type = media_type.trim().to_ascii_lowercase();
                header.boundary = boundary(value);
            } else if name.eq_ignore_ascii_case("content-transfer-encoding") {
                header.encoding = value.trim().to_ascii_lowercase();
            }
        }
        header
    }
}

/// The boundary parameter, with or without quotation marks.
pub(in crate::advice) fn boundary(value: &str) -> Option<Vec<u8>> {
    let at = value.to_ascii_lowercase().find("boundary=")? + "boundary=".len();
    let rest = &value[at..];
    let text = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => rest.split([';', ' ', '\t']).next().unwrap_or_default(),
    };
    (!text.is_empty()).then(|| text.as_bytes().to_vec())
}

/// Cuts a text where the message that comes back begins.
fn without_original(text: &str) -> String {
    const BEGINNINGS: [&str; 6] = [
        "--- Below this line is a copy of the message",
        "------ This is a copy of the message",
        "------ This is a copy of your message",
        "Original message headers:",
        "----- Original message -----",
        "--- The header of the original message is following",
    ];
    let ends = BEGINNINGS.iter().filter_map(|beginning| text.find(beginning));
    text[..ends.min().unwrap_or(text.len())].to_owned()
}

/// Leaves out tags, and puts the usual entities back.
fn without_markup(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let tag = &rest[at..];
        // `<<< 550` and `<user@example>` are no tags.
        let is_tag = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        match tag.find('>').filter(|_| is_tag) {
            Some(end) => {
                let breaks = ["<br", "<p", "</p", "</div", "</tr", "<li"];
                let breaks_line =
                    breaks.iter().any(|b| tag.get(..b.len()).is_some_and(|t| t.eq_ignore_ascii_case(b)));
                text.push(if breaks_line { '\n' } else { ' ' });
                rest = &tag[end + 1..];
            }
            None if is_tag => {
                // No tag ends any more: the rest is text.
                text.push_str(tag);
                rest = "";
            }
            None => {
                text.push('<');
                rest = &tag[1..];
            }
        }
    }
    text.push_str(rest);
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")];
    entities.iter().fold(text, |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_is_about_the_delivery() {
        let report = b"From: mailer-daemon@x.example\nContent-Type: multipart/report;\n\treport-type=delivery-status;\n\tboundary=\"b 1\"\n\npreamble\n--b 1\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\nno such user =3D bob\n--b 1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x.example\n\nStatus: 5.1.1\n--b 1\nContent-Type: message/rfc822\n\nSubject: 550 5.7.26 hello\n\n550 5.7.26 body\n--b 1--\n";
        let found: Vec<_> = parts(report).into_iter().map(|part| (part.kind, part.text)).collect();
        assert_eq!(
            found,
            [
                (PartKind::Text, "no such user = bob\n".to_owned()),
                (PartKind::Status, "Reporting-MTA: dns; x.example\n\nStatus: 5.1.1\n".to_owned()),
            ]
        );
    }

    #[test]
    fn a_text_is_a_part() {
        let found = parts(b"550 5.7.26 no\r\n\r\n------ This is a copy of the message\r\nSubject: x\r\n");
        assert_eq!(found, [Part { kind: PartKind::Text, text: "550 5.7.26 no\n\n".to_owned() }]);
    }

    #[test]
    fn markup_goes() {
        assert_eq!(without_markup("<p>550 5.7.26<br/>a &lt;b&gt; <a@b> <<<"), "\n550 5.7.26\na <b>   <<<");
        assert_eq!(without_markup("<b"), "<b");
    }
}
