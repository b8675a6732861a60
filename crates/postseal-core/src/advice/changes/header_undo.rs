use super::Change;
use super::charset::{Charset, with_charset_label};
use super::content::Lines;
use crate::advice::lossy;
use crate::dkim::PublicKey;
use crate::dkim::signature::{Signature, SignatureField, signed_names};
use crate::dkim::signed_fields::FieldIndex;
use crate::dkim::verify::signed_digest;
use crate::message::{Field, HeaderSection};

/// Signatures that are verified in search of the signed header section.
const BUDGET: usize = 3_000;

/// Octets of header sections that are made in search of it.
const BUDGET_OCTETS: usize = 32 << 20;

/// Fields whose edits are tried.
const MAX_EDITS: usize = 40;

/// Edits that are tried together.
const MAX_TOGETHER: usize = 4;

/// True where the signature in the field at `own` holds for the header section.
pub(super) fn header_holds(section: &HeaderSection, own: usize, key: &PublicKey) -> bool {
    let Some(field) = section.field(own) else { return false };
    let mut octets = Vec::new();
    let (_, signature) = Signature::read(field.body(), SignatureField::Dkim, &mut octets);
    let Ok(signature) = signature else { return false };
    let digest = signed_digest(section, &FieldIndex::new(section), own, &signature);
    let (start, end) = signature.octets;
    digest.is_some_and(|digest| key.verifies(&digest, octets.get(start..end).unwrap_or_default()))
}

/// What was done to the header section: the fewest edits whose undoing makes the
/// signature hold; `None` where none of them does. What was done to the body is known.
pub(super) fn undo_header(
    section: &HeaderSection,
    body: &[u8],
    own: usize,
    key: &PublicKey,
    known: &[Change],
) -> Option<Vec<Change>> {
    let names = names_signed_by(section, own)?;
    let budget = BUDGET.min(BUDGET_OCTETS / (section.octets().len() + 1));
    let mut search = Search { section, own, key, budget };
    let mut edits = charset_edits(section, own, &names, known);
    edits.extend(self::edits(section, body, own, &names));
    for refolded in [false, true] {
        for together in usize::from(!refolded)..=MAX_TOGETHER {
            if let Some(changes) = search.with(&edits, together, refolded, &mut Vec::new()) {
                return Some(changes);
            }
        }
    }
    None
}

/// A name of the signature without a field, which most often had one.
pub(super) fn missing_field(section: &HeaderSection, own: usize) -> Option<String> {
    let names = names_signed_by(section, own)?;
    const USUAL: [&str; 5] = ["date", "to", "subject", "message-id", "mime-version"];
    USUAL
        .into_iter()
        .find(|name| names.iter().any(|n| n == name) && section.named(name).next().is_none())
        .map(str::to_owned)
}

/// The names of `h=`, in lower case.
fn names_signed_by(section: &HeaderSection, own: usize) -> Option<Vec<String>> {
    let field = section.field(own)?;
    let (_, signature) = Signature::read(field.body(), SignatureField::Dkim, &mut Vec::new());
    let value = signature.ok()?.signed_names.of(field.body());
    Some(signed_names(value).map(|(name, _)| lossy(name).to_ascii_lowercase()).collect())
}

/// One thing undone: a field with other octets, without them, or a field more.
struct Edit {
    change: Change,
    /// The field; `None` to add one at the end.
    field: Option<usize>,
    octets: Vec<u8>,
}

/// Everything that may be undone, the likeliest first.
fn edits(section: &HeaderSection, body: &[u8], own: usize, names: &[String]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let is_signed = |name: &str| names.iter().any(|n| n == name);
    let fields: Vec<(usize, Field<'_>)> = section
        .fields()
        .enumerate()
        .filter(|(place, field)| *place != own && is_signed(&name_of(field)))
        .collect();
    for (place, field) in &fields {
        match name_of(field).as_str() {
            "subject" => edits.extend(untagged(field.body()).into_iter().map(|(tag, text)| Edit {
                change: Change::SubjectTagged { tag },
                field: Some(*place),
                octets: with_body(field, &text),
            })),
            "from" => edits.extend(
                kept_in(section, &["X-Original-From", "Original-From", "Reply-To", "X-Google-Original-From"])
                    .map(|was| {
                        let change = Change::FromRewritten { was: lossy(was).trim().to_owned() };
                        Edit { change, field: Some(*place), octets: with_body(field, was) }
                    }),
            ),
            _ => {}
        }
    }
    edits.extend(content_edits(section, body, &fields, &is_signed));
    for (place, field) in &fields {
        let name = lossy(field.name());
        let kept = [format!("X-Original-{name}"), format!("Original-{name}")];
        let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
        if !field.is_named("From") {
            edits.extend(kept_in(section, &kept).map(|was| Edit {
                change: Change::FieldRewritten { name: name.clone() },
                field: Some(*place),
                octets: with_body(field, was),
            }));
            let change = Change::FieldAdded { name: name.clone() };
            edits.push(Edit { change, field: Some(*place), octets: Vec::new() });
        }
    }
    edits.truncate(MAX_EDITS);
    edits
}

/// The Content-Type field as it may have named the charset before the text was converted.
fn charset_edits(section: &HeaderSection, own: usize, names: &[String], known: &[Change]) -> Vec<Edit> {
    let conversion = known.iter().find_map(|change| match change {
        Change::CharsetConverted { from, .. } => Some((change, Charset::named(from)?)),
        _ => None,
    });
    let is_it = |(place, field): &(usize, Field<'_>)| *place != own && field.is_named("Content-Type");
    let field = section.fields().enumerate().find(is_it);
    let (Some((change, charset)), Some((place, field))) = (conversion, field) else { return Vec::new() };
    if !names.iter().any(|name| name == "content-type") {
        return Vec::new();
    }
    let values = charset.labels.iter().flat_map(|label| [(label, false), (label, true)]);
    let bodies = values.filter_map(|(label, quoted)| with_charset_label(field.body(), label, quoted));
    bodies
        .map(|body| Edit { change: change.clone(), field: Some(place), octets: with_body(&field, &body) })
        .collect()
}

/// True where the signature in the field at `own` signs the Content-Type field.
pub(super) fn signs_content_type(section: &HeaderSection, own: usize) -> bool {
    names_signed_by(section, own).is_some_and(|names| names.iter().any(|name| name == "content-type"))
}

/// The fields about the content: as the first parts of the body have them, or with another encoding.
fn content_edits(
    section: &HeaderSection,
    body: &[u8],
    fields: &[(usize, Field<'_>)],
    is_signed: &impl Fn(&str) -> bool,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    let place_of =
        |name: &str| fields.iter().find(|(_, field)| field.is_named(name)).map(|(place, _)| *place);
    let lines = Lines::new(body, section);
    for (border, start, _) in lines.parts().take(2) {
        let header = HeaderSection::parse(lines.range(border + 1, start).to_vec());
        for name in ["Content-Type", "Content-Transfer-Encoding"]
            .into_iter()
            .filter(|name| is_signed(&name.to_ascii_lowercase()))
        {
            if let Some(field) = header.named(name).next() {
                edits.push(Edit {
                    change: Change::Wrapped,
                    field: place_of(name),
                    octets: with_body(&field, field.body()),
                });
            }
        }
    }
    if is_signed("content-transfer-encoding") {
        let place = place_of("Content-Transfer-Encoding");
        for was in ["8bit", "7bit", "quoted-printable", "base64"] {
            let octets = format!("Content-Transfer-Encoding: {was}\r\n").into_bytes();
            edits.push(Edit { change: Change::EncodingField { was: Some(was) }, field: place, octets });
        }
        if place.is_some() {
            edits.push(Edit {
                change: Change::EncodingField { was: None },
                field: place,
                octets: Vec::new(),
            });
        }
    }
    edits
}

fn name_of(field: &Field<'_>) -> String {
    lossy(field.name()).to_ascii_lowercase()
}

/// The bodies of fields in which a first form may have been kept.
fn kept_in<'s>(section: &'s HeaderSection, names: &[&str]) -> impl Iterator<Item = &'s [u8]> {
    let bodies: Vec<&[u8]> = names
        .iter()
        .flat_map(|name| {
            section
                .fields()
                .filter(|field| field.is_named(name))
                .map(|field| field.body())
                .collect::<Vec<_>>()
        })
        .collect();
    bodies.into_iter().take(4)
}

fn with_body(field: &Field<'_>, body: &[u8]) -> Vec<u8> {
    let mut octets = field.name().to_vec();
    octets.push(b':');
    octets.extend_from_slice(body);
    if !octets.ends_with(b"\r\n") {
        octets.extend_from_slice(b"\r\n");
    }
    octets
}

/// A subject without what may be a tag: in brackets at its beginning, behind `Re:` or at its end,
/// between asterisks, a word with a colon, or an encoded word.
fn untagged(body: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = lossy(body);
    let text = text.trim();
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |start: usize, end: usize| {
        let (before, tag, after) = (&text[..start], &text[start..end], text[end..].trim_start());
        let is_all = before.trim().is_empty() && after.is_empty();
        if !tag.trim().is_empty() && !is_all {
            let rest = format!(" {before}{after}");
            found.push((tag.trim().to_owned(), rest.trim_end().as_bytes().to_vec()));
        }
    };
    for (open, close) in [('[', ']'), ('(', ')'), ('{', '}'), ('<', '>')] {
        for (start, _) in text.match_indices(open).take(3) {
            if let Some(length) = text[start..].find(close) {
                add(start, start + length + 1);
            }
        }
    }
    if text.starts_with('*') {
        let word = text.trim_start_matches('*');
        if let Some(end) = word.find('*') {
            let stars = &word[end..];
            add(0, text.len() - stars.trim_start_matches('*').len());
        }
    }
    for (colon, _) in text.match_indices(':').take(2) {
        add(0, colon + 1);
    }
    if text.starts_with("=?")
        && let Some(end) = text.find("?= ")
    {
        add(0, end + 2);
    }
    found
}

struct Search<'s> {
    section: &'s HeaderSection,
    own: usize,
    key: &'s PublicKey,
    /// Signatures that may still be verified.
    budget: usize,
}

impl Search<'_> {
    /// Tries so many of the edits together, behind those that are chosen.
    fn with<'e>(
        &mut self,
        edits: &'e [Edit],
        together: usize,
        refolded: bool,
        chosen: &mut Vec<&'e Edit>,
    ) -> Option<Vec<Change>> {
        if together == 0 {
            return self.holds(chosen, refolded).then(|| {
                let folding = refolded.then_some(Change::Refolded);
                folding.into_iter().chain(chosen.iter().map(|edit| edit.change.clone())).collect()
            });
        }
        for (place, edit) in edits.iter().enumerate() {
            // A field is edited once.
            if self.budget == 0
                || chosen.iter().any(|other| other.field == edit.field && edit.field.is_some())
            {
                continue;
            }
            chosen.push(edit);
            let found = self.with(&edits[place + 1..], together - 1, refolded, chosen);
            chosen.pop();
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn holds(&mut self, edits: &[&Edit], refolded: bool) -> bool {
        let Some(left) = self.budget.checked_sub(1) else { return false };
        self.budget = left;
        let (mut octets, mut own, mut count) = (Vec::new(), None, 0);
        for (place, field) in self.section.fields().enumerate() {
            let edit = edits.iter().find(|edit| edit.field == Some(place));
            let kept = edit.map_or(field.octets(), |edit| &edit.octets);
            if place == self.own {
                own = Some(count);
            }
            count += usize::from(!kept.is_empty());
            // The signature field itself is folded by whoever signs, and names its own octets.
            let refold = refolded && place != self.own;
            if refold {
                octets.extend(unfolded(kept));
            } else {
                octets.extend_from_slice(kept);
            }
            if !kept.is_empty() && !kept.ends_with(b"\r\n") {
                octets.extend_from_slice(b"\r\n");
            }
        }
        for edit in edits.iter().filter(|edit| edit.field.is_none()) {
            octets.extend_from_slice(&edit.octets);
        }
        own.is_some_and(|own| header_holds(&HeaderSection::parse(octets), own, self.key))
    }
}

/// A field on one line, each run of blanks as one space.
fn unfolded(field: &[u8]) -> Vec<u8> {
    let mut line = Vec::with_capacity(field.len());
    let text = field.trim_ascii_end();
    for octet in text {
        let is_blank = matches!(octet, b' ' | b'\t' | b'\r' | b'\n');
        if !is_blank {
            line.push(*octet);
        } else if line.last() != Some(&b' ') {
            line.push(b' ');
        }
    }
    if !text.is_empty() {
        line.extend_from_slice(b"\r\n");
    }
    line
}
