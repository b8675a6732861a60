use super::Change;
use super::content::{Lines, decode, each_line, encoded, replaced, with_crlf};
use super::recoded::{plain_versions, undo_charset};
use crate::advice::lossy;
use crate::dkim::{BodyHashes, Canonicalization};
use crate::message::HeaderSection;

/// Octets that are hashed in search of the signed body.
const BUDGET: usize = 32 << 20;

/// Lines at either end that may have been added.
const MAX_ADDED: usize = 400;

/// Lines at the border of a part that may have been added.
const MAX_ADDED_TO_PART: usize = 40;

/// Lines at the borders of two parts that may have been added to both.
const MAX_ADDED_TO_EACH: usize = 12;

/// Characters of added text that are quoted.
const MAX_QUOTED: usize = 120;

/// The body that a signature is about.
pub(super) struct SignedBody {
    pub(super) form: Canonicalization,
    pub(super) length: Option<u64>,
    pub(super) hash: [u8; 32],
}

/// What was done to the body, by undoing one thing after the other, or two of them, until the
/// body hash is right; `None` where none of it helps.
pub(super) fn undo_body(body: &[u8], section: &HeaderSection, signed: &SignedBody) -> Option<Vec<Change>> {
    let mut search = Search { signed, budget: BUDGET };
    let versions = versions(body, section);
    if let Some((change, _)) = versions.iter().find(|(_, version)| search.is_it(&[version])) {
        return Some(vec![change.clone()]);
    }
    if let Some(change) = undo_charset(body, section, |version| search.is_it(&[version])) {
        return Some(vec![change]);
    }
    let lines = Lines::new(body, section);
    let added = search.added_at_the_ends(&lines).or_else(|| search.added_to_parts(&lines));
    if let Some(change) = added {
        return Some(vec![change]);
    }
    // Two things may take half of what is left; what takes longest comes last.
    let reserve = search.budget / 2;
    search.budget -= reserve;
    let two = versions.iter().chain(&plain_versions(body, section)).find_map(|(change, version)| {
        let added = search.added_at_the_ends(&Lines::new(version, section))?;
        Some(vec![change.clone(), added])
    });
    search.budget += reserve;
    two.or_else(|| search.added_anywhere(&lines).map(|change| vec![change]))
}

/// The body with one thing undone, in each way that changes it.
fn versions(body: &[u8], section: &HeaderSection) -> Vec<(Change, Vec<u8>)> {
    let lines = Lines::new(body, section);
    let mut versions: Vec<(Change, Vec<u8>)> = Vec::new();
    let mut add = |change: Change, version: Option<Vec<u8>>| {
        versions.extend(version.filter(|version| version != body).map(|version| (change, version)));
    };
    add(Change::LineEnds, Some(with_crlf(body)));
    add(Change::LineEnds, replaced(body, b"\r\r\n", b"\r\n"));
    add(Change::LineEnds, replaced(body, b"\r\n\r\n", b"\r\n"));
    add(
        Change::FromEscaped,
        each_line(body, |line| if line.starts_with(b">From ") { &line[1..] } else { line }),
    );
    add(Change::DotsDoubled, each_line(body, |line| if line.starts_with(b"..") { &line[1..] } else { line }));
    add(Change::LinesCut, replaced(body, b"!\r\n ", b""));
    add(Change::LinesCut, joined(body));
    add(Change::TrailingBlanks, each_line(body, <[u8]>::trim_ascii_end));
    for (_, start, end) in lines.parts().take(4) {
        add(Change::Wrapped, Some(lines.range(start, end).to_vec()));
    }
    let own = section.named("Content-Transfer-Encoding").next();
    let own = own.map(|field| lossy(field.body()).trim().to_ascii_lowercase()).unwrap_or_default();
    let plain = Change::ReEncoded { from: "8bit" };
    add(plain.clone(), decode(&own, body));
    if own == "base64" {
        // A list that knows no Base64 puts its text behind the encoded one.
        let is_foreign =
            |at: &usize| lines.line(*at).trim_ascii().is_empty() || lines.line(*at).contains(&b' ');
        let end = (0..lines.count()).find(is_foreign);
        add(plain.clone(), end.and_then(|end| decode(&own, lines.range(0, end))));
    }
    for encoding in [Some("8bit"), Some("7bit"), None] {
        add(plain.clone(), lines.with_parts_decoded(encoding));
    }
    if own != "quoted-printable" && own != "base64" && lines.borders.is_empty() {
        for (from, version) in encoded(body) {
            add(Change::ReEncoded { from }, Some(version));
        }
    }
    versions
}

/// Lines of the longest length that RFC 5322 allows, joined with the next.
fn joined(body: &[u8]) -> Option<Vec<u8>> {
    let mut changed = Vec::with_capacity(body.len());
    for line in body.split_inclusive(|b| *b == b'\n') {
        let text = line.strip_suffix(b"\r\n").unwrap_or(line);
        let is_cut = matches!(text.len(), 990 | 998 | 1_000);
        changed.extend_from_slice(if is_cut { text } else { line });
    }
    (changed.len() < body.len()).then_some(changed)
}

struct Search<'s> {
    signed: &'s SignedBody,
    /// Octets that may still be hashed.
    budget: usize,
}

impl Search<'_> {
    /// True where these pieces, one after the other, are the signed body.
    fn is_it(&mut self, pieces: &[&[u8]]) -> bool {
        let size: usize = pieces.iter().map(|piece| piece.len()).sum();
        // An attempt costs something even where there is nothing to hash.
        self.budget = self.budget.saturating_sub(size + 64);
        if self.budget == 0 {
            return false;
        }
        let mut hashes = BodyHashes::new();
        hashes.register(self.signed.form, self.signed.length);
        for piece in pieces {
            hashes.update(piece);
        }
        let found = hashes.finish().get(self.signed.form, self.signed.length);
        let reaches = |length: u64| self.signed.length.is_none_or(|signed| signed <= length);
        found.is_some_and(|found| found.digest == self.signed.hash && reaches(found.body_len))
    }

    fn added_at_the_ends(&mut self, lines: &Lines<'_>) -> Option<Change> {
        let count = lines.count();
        for end in (count.saturating_sub(MAX_ADDED)..count).rev() {
            if self.is_it(&[lines.range(0, end)]) {
                return Some(Change::FooterAdded { text: quoted(lines.range(end, count)) });
            }
        }
        for start in 1..=count.min(MAX_ADDED) {
            if self.is_it(&[lines.range(start, count)]) {
                return Some(Change::BannerAdded { text: quoted(lines.range(0, start)) });
            }
        }
        None
    }

    /// Text at the end or the beginning of one part, or at the end of two of them.
    fn added_to_parts(&mut self, lines: &Lines<'_>) -> Option<Change> {
        for border in &lines.borders {
            for start in (border.saturating_sub(MAX_ADDED_TO_PART)..*border).rev() {
                if self.without(lines, &[(start, *border)]) {
                    return Some(Change::FooterAdded { text: quoted(lines.range(start, *border)) });
                }
            }
        }
        for (_, opening, border) in lines.parts() {
            for end in opening + 1..=(opening + MAX_ADDED_TO_PART).min(border) {
                if self.without(lines, &[(opening, end)]) {
                    return Some(Change::BannerAdded { text: quoted(lines.range(opening, end)) });
                }
            }
        }
        let few = |border: usize| (border.saturating_sub(MAX_ADDED_TO_EACH)..border).rev();
        for (place, first) in lines.borders.iter().enumerate() {
            for second in &lines.borders[place + 1..] {
                for start in few(*first) {
                    for other in few(*second).take_while(|other| other > first) {
                        if self.budget > 0 && self.without(lines, &[(start, *first), (other, *second)]) {
                            return Some(Change::FooterAdded { text: quoted(lines.range(start, *first)) });
                        }
                    }
                }
            }
        }
        None
    }

    fn added_anywhere(&mut self, lines: &Lines<'_>) -> Option<Change> {
        let count = lines.count();
        for length in 1..count.min(MAX_ADDED) {
            for start in 1..count - length {
                if self.budget == 0 {
                    return None;
                }
                if self.without(lines, &[(start, start + length)]) {
                    return Some(Change::LinesAdded { text: quoted(lines.range(start, start + length)) });
                }
            }
        }
        None
    }

    /// Tries the body without these runs of lines.
    fn without(&mut self, lines: &Lines<'_>, runs: &[(usize, usize)]) -> bool {
        let mut kept = Vec::with_capacity(runs.len() + 1);
        let mut at = 0;
        for (start, end) in runs {
            kept.push(lines.range(at, *start));
            at = *end;
        }
        kept.push(lines.range(at, lines.count()));
        self.is_it(&kept)
    }
}

/// The beginning of what was added: its first lines that say something.
fn quoted(octets: &[u8]) -> String {
    let text = lossy(&octets[..octets.len().min(4 * MAX_QUOTED)]);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(MAX_QUOTED).collect()
}
