use super::Change;
use super::charset::{CHARSETS, Charset, charset_label, with_charset_label};
use super::content::{Lines, decode, encoded, encoding_of, media_type_of};
use crate::advice::lossy;
use crate::message::HeaderSection;

/// Octets of text that are converted; a longer one stays as it is.
const MAX_CONVERTED: usize = 256 << 10;

/// A text of the message, and the charset that it is in now.
struct Text {
    text: String,
    charset: &'static Charset,
}

/// The body with its text in another charset and transfer encoding, one version after the other,
/// until `is_it` takes one: the text of the whole message, or each text part of it.
pub(super) fn undo_charset(
    body: &[u8],
    section: &HeaderSection,
    mut is_it: impl FnMut(&[u8]) -> bool,
) -> Option<Change> {
    if body.len() > MAX_CONVERTED {
        return None;
    }
    let lines = Lines::new(body, section);
    if lines.borders.is_empty() { whole(body, section, &mut is_it) } else { parts(&lines, &mut is_it) }
}

/// The text as it would travel without a transfer encoding in each charset but its own, for a
/// message that is one text.
pub(super) fn plain_versions(body: &[u8], section: &HeaderSection) -> Vec<(Change, Vec<u8>)> {
    let is_one = body.len() <= MAX_CONVERTED && Lines::new(body, section).borders.is_empty();
    let Some(text) = is_one.then(|| text_of_message(body, section)).flatten() else { return Vec::new() };
    let mut versions = Vec::new();
    for charset in others(text.charset) {
        let change = converted(charset, charset.plain_encoding(), text.charset);
        versions.extend(charset.encode(&text.text).into_iter().map(|octets| (change.clone(), octets)));
    }
    versions
}

fn others(own: &Charset) -> impl Iterator<Item = &'static Charset> {
    CHARSETS.iter().filter(|charset| charset.name != own.name)
}

fn converted(from: &Charset, encoding: &'static str, to: &'static Charset) -> Change {
    Change::CharsetConverted { from: from.name, encoding, to: to.name }
}

fn text_of_message(body: &[u8], section: &HeaderSection) -> Option<Text> {
    let value =
        |name: &str| section.named(name).next().map(|field| field.body().to_vec()).unwrap_or_default();
    let encoding = lossy(&value("Content-Transfer-Encoding")).trim().to_ascii_lowercase();
    text(body, &encoding, charset_label(&value("Content-Type")).as_deref())
}

fn text(octets: &[u8], encoding: &str, label: Option<&str>) -> Option<Text> {
    let decoded = decode(encoding, octets);
    let octets = decoded.as_deref().unwrap_or(octets);
    let charset = Charset::of(octets, label)?;
    Some(Text { text: charset.decode(octets)?, charset })
}

fn whole(body: &[u8], section: &HeaderSection, is_it: &mut impl FnMut(&[u8]) -> bool) -> Option<Change> {
    let text = text_of_message(body, section)?;
    for charset in others(text.charset) {
        for octets in charset.encode(&text.text) {
            if is_it(&octets) {
                return Some(converted(charset, charset.plain_encoding(), text.charset));
            }
            for (encoding, version) in encoded(&octets) {
                if is_it(&version) {
                    return Some(converted(charset, encoding, text.charset));
                }
            }
        }
    }
    None
}

/// A text part: its lines, and its text.
struct TextPart {
    border: usize,
    start: usize,
    end: usize,
    text: Text,
}

/// How the parts may have been written when they were signed.
struct Form {
    /// The word for it in output.
    encoding: &'static str,
    /// What their encoding field says; `None` where there is none.
    field: Option<&'static str>,
    /// Which of the ways to write the encoding.
    way: usize,
}

fn parts(lines: &Lines<'_>, is_it: &mut impl FnMut(&[u8]) -> bool) -> Option<Change> {
    let parts: Vec<TextPart> = lines.parts().filter_map(|(b, s, e)| text_part(lines, b, s, e)).collect();
    let own = parts.first()?.text.charset;
    for charset in others(own) {
        let texts: Option<Vec<Vec<u8>>> =
            parts.iter().map(|part| charset.encode(&part.text.text).into_iter().next()).collect();
        let Some(texts) = texts else { continue };
        for form in forms(charset) {
            let bodies: Option<Vec<Vec<u8>>> = texts.iter().map(|text| written(text, &form)).collect();
            let Some(bodies) = bodies else { continue };
            for (label, is_quoted) in charset.labels.iter().flat_map(|label| [(label, false), (label, true)])
            {
                if is_it(&rewritten(lines, &parts, &bodies, &form, (label, is_quoted))) {
                    return Some(converted(charset, form.encoding, own));
                }
            }
        }
    }
    None
}

fn text_part(lines: &Lines<'_>, border: usize, start: usize, end: usize) -> Option<TextPart> {
    let header = || (border + 1..start).map(|at| lines.line(at));
    let is_text = header().find_map(media_type_of).is_some_and(|media| media.starts_with("text/"));
    let encoding = header().find_map(encoding_of).unwrap_or_default();
    let label = header().find_map(charset_label);
    let text = is_text.then(|| text(lines.range(start, end), &encoding, label.as_deref())).flatten()?;
    Some(TextPart { border, start, end, text })
}

fn forms(charset: &Charset) -> [Form; 7] {
    let plain = charset.plain_encoding();
    let form = |encoding, field, way| Form { encoding, field, way };
    [
        form(plain, Some(plain), 0),
        form(plain, None, 0),
        form("base64", Some("base64"), 0),
        form("base64", Some("base64"), 1),
        form("base64", Some("base64"), 2),
        form("base64", Some("base64"), 3),
        form("quoted-printable", Some("quoted-printable"), 4),
    ]
}

/// A text in this form, its last line ended.
fn written(text: &[u8], form: &Form) -> Option<Vec<u8>> {
    let mut octets = match form.encoding {
        "7bit" | "8bit" => text.to_vec(),
        _ => encoded(text).into_iter().nth(form.way)?.1,
    };
    if !octets.ends_with(b"\n") {
        octets.extend_from_slice(b"\r\n");
    }
    Some(octets)
}

/// The whole body with the parts' header lines and texts replaced.
fn rewritten(
    lines: &Lines<'_>,
    parts: &[TextPart],
    bodies: &[Vec<u8>],
    form: &Form,
    (label, is_quoted): (&str, bool),
) -> Vec<u8> {
    let mut body = Vec::new();
    let mut at = 0;
    for (part, text) in parts.iter().zip(bodies) {
        body.extend_from_slice(lines.range(at, part.border + 1));
        for line in (part.border + 1..part.start).map(|at| lines.line(at)) {
            match (encoding_of(line), form.field) {
                (Some(_), Some(field)) => {
                    body.extend_from_slice(format!("Content-Transfer-Encoding: {field}\r\n").as_bytes());
                }
                (Some(_), None) => {}
                (None, _) => {
                    let new = with_charset_label(line, label, is_quoted);
                    body.extend_from_slice(new.as_deref().unwrap_or(line));
                }
            }
        }
        body.extend_from_slice(text);
        at = part.end;
    }
    body.extend_from_slice(lines.range(at, lines.count()));
    body
}
