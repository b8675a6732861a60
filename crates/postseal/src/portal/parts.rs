//! Pieces that many pages show.

use askama::Template;
use postseal_core::advice::{Finding, Severity, lossy};

use super::inert::push_text;
use super::moments::{in_words, ttl};
use super::page::Mark;
use super::words::{PARTS, PartsWords};
use crate::api::resource::{Record, ServerFinding};
use crate::words::{Lang, finding, finding_words, severity_word};

/// A record to publish, in four fields that can be copied, and what each server answers now.
#[derive(Template)]
#[template(path = "record.html")]
pub(super) struct RecordBlock {
    pub(super) words: &'static PartsWords,
    pub(super) title: String,
    pub(super) kind: String,
    pub(super) host: String,
    pub(super) value: String,
    pub(super) ttl: String,
    pub(super) line: String,
    pub(super) servers: Vec<ServerLine>,
}

/// What one name server answers.
pub(super) struct ServerLine {
    pub(super) mark: Mark,
    pub(super) name: String,
    pub(super) text: String,
    /// What is there, where it is another value than the one to publish.
    pub(super) found: Option<MarkedRecord>,
}

impl RecordBlock {
    pub(super) fn of(record: &Record, servers: &[ServerFinding], lang: Lang) -> RecordBlock {
        RecordBlock {
            words: PARTS.of(lang),
            title: String::new(),
            kind: record.r#type.clone(),
            host: record.name.clone(),
            value: record.value.clone(),
            ttl: ttl(record.ttl, lang),
            line: record.zone_line.clone(),
            servers: servers.iter().map(|server| ServerLine::of(server, &record.value, lang)).collect(),
        }
    }
}

impl ServerLine {
    pub(super) fn of(server: &ServerFinding, expected: &str, lang: Lang) -> ServerLine {
        let mark = match server.finding.as_str() {
            "right" => Mark::Good,
            "no_answer" | "no_servers" | "hosted_no_answer" => Mark::Attention,
            _ => Mark::Bad,
        };
        let name = match server.finding.as_str() {
            "no_servers" => server.server.clone(),
            _ => format!("{} ({})", server.server, server.address),
        };
        let until = server.others_may_hold_until.as_ref().map(|moment| in_words(moment, lang));
        let found = server.detail.as_deref().filter(|_| server.finding == "wrong_target");
        let found = found.map(|found| difference(expected, found));
        let server = ServerFinding { others_may_hold_until: until, ..server.clone() };
        ServerLine { mark, name, text: finding(&server, lang), found }
    }
}

/// A finding of `check`, as a page shows it.
#[derive(Template)]
#[template(path = "finding.html")]
pub(super) struct FindingBlock {
    words: &'static PartsWords,
    mark: Mark,
    severity: &'static str,
    message: String,
    effect: String,
    name: Option<String>,
    record: Option<MarkedRecord>,
    fix: Option<String>,
    source: &'static str,
    id: &'static str,
}

/// A record with the place that it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MarkedRecord {
    pub(super) before: String,
    pub(super) marked: String,
    pub(super) after: String,
}

/// A value with what differs from the expected one: all between their common beginning and end.
fn difference(expected: &str, found: &str) -> MarkedRecord {
    let alike = |(one, other): &(char, char)| one.eq_ignore_ascii_case(other);
    let length = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
        pairs.take_while(alike).map(|(_, character)| character.len_utf8()).sum()
    };
    let start = length(&mut expected.chars().zip(found.chars()));
    let rest = found.get(start..).unwrap_or_default();
    let expected = expected.get(start..).unwrap_or_default();
    let end = rest.len() - length(&mut expected.chars().rev().zip(rest.chars().rev()));
    MarkedRecord {
        before: found.get(..start).unwrap_or_default().to_owned(),
        marked: rest.get(..end).unwrap_or_default().to_owned(),
        after: rest.get(end..).unwrap_or_default().to_owned(),
    }
}

impl FindingBlock {
    pub(super) fn of(found: &Finding, lang: Lang) -> FindingBlock {
        let words = finding_words(&found.cause, lang);
        let record = found.record.as_deref().map(|octets| {
            let span = found.span.clone().unwrap_or(0..0);
            let part = |range: std::ops::Range<usize>| lossy(octets.get(range).unwrap_or_default());
            MarkedRecord {
                before: part(0..span.start.min(octets.len())),
                marked: part(span.clone()),
                after: part(span.end.min(octets.len())..octets.len()),
            }
        });
        let fix = found.fix.as_ref().map(|fix| {
            let (kind, host) = (fix.record_type.as_str().to_owned(), fix.name.to_string());
            let line = format!("{host}. {} IN {kind} {}", fix.ttl, quoted(&kind, &fix.value));
            let block = RecordBlock {
                words: PARTS.of(lang),
                title: String::new(),
                ttl: ttl(fix.ttl, lang),
                value: fix.value.clone(),
                servers: Vec::new(),
                kind,
                host,
                line,
            };
            block.render().unwrap_or_default()
        });
        FindingBlock {
            words: PARTS.of(lang),
            mark: severity_mark(found.severity()),
            severity: severity_word(found.severity(), lang),
            message: words.message,
            effect: words.effect,
            name: found.name.as_ref().map(ToString::to_string),
            record,
            fix,
            source: found.id().source(),
            id: found.id().as_str(),
        }
    }
}

/// The findings of a report as blocks, ready for a page.
pub(super) fn finding_blocks<'a>(findings: impl Iterator<Item = &'a Finding>, lang: Lang) -> Vec<String> {
    findings.filter_map(|found| FindingBlock::of(found, lang).render().ok()).collect()
}

pub(super) fn severity_mark(severity: Severity) -> Mark {
    match severity {
        Severity::Error => Mark::Bad,
        Severity::Warning => Mark::Attention,
        Severity::Info => Mark::Off,
    }
}

/// A text of ours whose commands stand between backticks, with those as code.
pub(super) fn with_code(text: &str) -> String {
    let mut page = String::new();
    let parts: Vec<&str> = text.split('`').collect();
    for (at, part) in parts.iter().enumerate() {
        // One that nothing closes is a backtick.
        let is_code = at % 2 == 1 && at + 1 < parts.len();
        if is_code {
            page.push_str("<code>");
        } else if at % 2 == 1 {
            page.push('`');
        }
        push_text(part, &mut page);
        if is_code {
            page.push_str("</code>");
        }
    }
    page
}

/// A value as a zone file has it: text in strings of at most 255 octets.
fn quoted(kind: &str, value: &str) -> String {
    if kind != "TXT" {
        return format!("{value}.");
    }
    let mut strings = Vec::new();
    let mut rest = value;
    while !rest.is_empty() {
        let mut end = rest.len().min(255);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (string, behind) = rest.split_at(end);
        strings.push(format!("\"{}\"", string.replace('\\', "\\\\").replace('"', "\\\"")));
        rest = behind;
    }
    strings.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_code_and_the_rest_is_text() {
        let check = |text: &str, page: &str| assert_eq!(with_code(text), page);
        check("see `postseal check <b>` first", "see <code>postseal check &#60;b&#62;</code> first");
        check("one ` alone & more", "one ` alone &#38; more");
        check("`a``b`", "<code>a</code><code>b</code>");
        check("", "");
    }

    #[test]
    fn what_differs_is_marked() {
        let check = |expected: &str, found: &str, parts: [&str; 3]| {
            let MarkedRecord { before, marked, after } = difference(expected, found);
            assert_eq!([before.as_str(), marked.as_str(), after.as_str()], parts, "{expected} {found}");
        };
        check("s1.contoso.keys.example", "s1.contosso.keys.example", ["s1.contos", "s", "o.keys.example"]);
        check("a.example", "b.example", ["", "b", ".example"]);
        check("a.example", "A.EXAMPLE", ["A.EXAMPLE", "", ""]);
        check("a.example", "a.example.example", ["a.example", ".example", ""]);
        check("aa", "a", ["a", "", ""]);
        check("鍵.example", "錠.example", ["", "錠", ".example"]);
        check("", "x", ["", "x", ""]);
        check("x", "", ["", "", ""]);
    }

    #[test]
    fn long_texts_are_split_where_a_character_ends() {
        let line = quoted("TXT", &"あ".repeat(200));
        assert!(line.split('"').all(|string| string.len() <= 255), "{line}");
        assert_eq!(quoted("TXT", r#"a"b\"#), r#""a\"b\\""#);
        assert_eq!(quoted("CNAME", "a.example"), "a.example.");
    }
}
