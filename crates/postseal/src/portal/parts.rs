//! Pieces that many pages show.

use askama::Template;
use postseal_core::advice::{Finding, Severity, lossy};

use toml::value::Datetime;

use super::page::Mark;
use super::words::{PARTS, PartsWords};
use crate::api::resource::{Record, ServerFinding};
use crate::config::moment::end_of;
use crate::words::{Lang, finding, finding_words, say, severity_word};

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
            servers: servers.iter().map(|server| ServerLine::of(server, lang)).collect(),
        }
    }
}

impl ServerLine {
    fn of(server: &ServerFinding, lang: Lang) -> ServerLine {
        let mark = match server.finding.as_str() {
            "right" => Mark::Good,
            "no_answer" | "no_servers" | "hosted_no_answer" => Mark::Attention,
            _ => Mark::Bad,
        };
        let name = format!("{} ({})", server.server, server.address);
        let readable = |moment: &String| moment.replace('T', " ").replace('Z', " UTC");
        let until = server.others_may_hold_until.as_ref().map(readable);
        let server = ServerFinding { others_may_hold_until: until, ..server.clone() };
        ServerLine { mark, name, text: finding(&server, lang) }
    }
}

/// A time to live in the units that DNS hosts ask for.
pub(super) fn ttl(seconds: u32, lang: Lang) -> String {
    let minutes = seconds / 60;
    match (seconds % 3_600, seconds % 60) {
        (0, _) if seconds > 0 => {
            let hours = seconds / 3_600;
            let plural = if hours == 1 { "" } else { "s" };
            say!(
                lang,
                "{hours} hour{plural} = {minutes} minutes = {seconds} seconds",
                "{hours} 時間 = {minutes} 分 = {seconds} 秒"
            )
        }
        (_, 0) => say!(lang, "{minutes} minutes = {seconds} seconds", "{minutes} 分 = {seconds} 秒"),
        _ => say!(lang, "{seconds} seconds", "{seconds} 秒"),
    }
}

/// How long ago, in words.
pub(super) fn ago(then: u64, now: u64, lang: Lang) -> String {
    let seconds = now.saturating_sub(then);
    let (count, one, many, ja) = match seconds {
        0..60 => (seconds, "second", "seconds", "秒"),
        60..3_600 => (seconds / 60, "minute", "minutes", "分"),
        3_600..86_400 => (seconds / 3_600, "hour", "hours", "時間"),
        _ => (seconds / 86_400, "day", "days", "日"),
    };
    let unit = if count == 1 { one } else { many };
    say!(lang, "{count} {unit} ago", "{count} {ja}前")
}

/// A moment of the API as an element that says how long ago it was, and when exactly.
pub(super) fn when(moment: &str, now: u64, lang: Lang) -> String {
    let Some(then) = instant(moment) else { return String::new() };
    let exact = moment.replace('T', " ").replace('Z', " UTC");
    let shown = if then <= now { ago(then, now, lang) } else { exact.clone() };
    format!(r#"<time datetime="{moment}" title="{exact}" tabindex="0">{shown}</time>"#)
}

/// UNIX seconds of a moment of the API.
pub(super) fn instant(moment: &str) -> Option<u64> {
    end_of(&moment.parse::<Datetime>().ok()?)
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
struct MarkedRecord {
    before: String,
    marked: String,
    after: String,
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
    fn times_are_said_with_their_plurals() {
        let check = |then, now, en: &str, ja: &str| {
            assert_eq!((ago(then, now, Lang::En), ago(then, now, Lang::Ja)), (en.to_owned(), ja.to_owned()));
        };
        check(100, 101, "1 second ago", "1 秒前");
        check(100, 50, "0 seconds ago", "0 秒前");
        check(0, 7_200, "2 hours ago", "2 時間前");
        check(0, 86_400, "1 day ago", "1 日前");
        assert_eq!(ttl(3_600, Lang::En), "1 hour = 60 minutes = 3600 seconds");
        assert_eq!(ttl(300, Lang::Ja), "5 分 = 300 秒");
        assert_eq!(ttl(59, Lang::En), "59 seconds");
    }

    #[test]
    fn long_texts_are_split_where_a_character_ends() {
        let line = quoted("TXT", &"あ".repeat(200));
        assert!(line.split('"').all(|string| string.len() <= 255), "{line}");
        assert_eq!(quoted("TXT", r#"a"b\"#), r#""a\"b\\""#);
        assert_eq!(quoted("CNAME", "a.example"), "a.example.");
    }
}
