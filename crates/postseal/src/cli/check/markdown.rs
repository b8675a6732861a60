use std::fmt::Write as _;

use postseal_core::advice::{Finding, Fix, lossy};

use super::Checked;
use super::marked_record::shown;
use super::text::count;
use crate::predictions::{ReceiverText, outcome_word};
use crate::words::Lang;
use crate::words::{finding_words, mta_sts_state, severity_word};

/// Markdown: a heading for each domain, a smaller one for each finding.
pub(super) fn write(checked: &Checked, lang: Lang) -> String {
    let report = &checked.report;
    let mut text = format!("# {}\n\n{}\n\n", prose(report.domain.as_str()), count(&report.findings, lang));
    for found in &report.findings {
        finding(&mut text, found, lang);
    }
    if let Some(state) = mta_sts_state(&report.mta_sts, lang) {
        let _ = writeln!(text, "{}\n", prose(&state));
    }
    receivers(&mut text, &checked.receivers, lang);
    text
}

fn finding(text: &mut String, finding: &Finding, lang: Lang) {
    let words = finding_words(&finding.cause, lang);
    let severity = severity_word(finding.severity(), lang);
    let _ = writeln!(text, "## {severity}: `{}`\n", finding.id().as_str());
    let _ = writeln!(text, "{}\n", prose(&words.message));
    if let Some(name) = &finding.name {
        let _ = writeln!(text, "{}\n", code(name.as_str()));
    }
    if let Some(record) = &finding.record {
        let _ = writeln!(text, "{}\n", code(&lossy(record)));
    }
    if let (Some(record), Some(span)) = (&finding.record, &finding.span) {
        let part = record.get(span.clone()).unwrap_or_default();
        if !part.is_empty() && part.len() < record.len() {
            let label = lang.pick("The place", "該当箇所");
            let _ = writeln!(text, "{label}: {}\n", code(&lossy(part)));
        }
    }
    let _ = writeln!(text, "{}\n", prose(&words.effect));
    if let Some(fix) = &finding.fix {
        table(text, fix, lang);
    }
    let _ = writeln!(text, "{}\n", prose(finding.id().source()));
}

/// A table of what receivers do.
fn receivers(text: &mut String, receivers: &[ReceiverText], lang: Lang) {
    let [heading, who, outcome, code, why] = match lang {
        Lang::En => ["What receivers do with such mail", "Receiver", "Outcome", "Code", "Why"],
        Lang::Ja => ["受信側での扱い", "受信側", "結果", "コード", "理由"],
    };
    let _ = writeln!(text, "## {heading}\n\n| {who} | {outcome} | {code} | {why} |\n|---|---|---|---|");
    for receiver in receivers {
        let outcome = outcome_word(receiver.outcome, lang);
        let code = prose(receiver.code.as_deref().unwrap_or_default());
        let (name, why) = (prose(&receiver.receiver), prose(&receiver.message));
        let _ = writeln!(text, "| {name} | {outcome} | {code} | {why} |");
    }
    text.push('\n');
}

fn table(text: &mut String, fix: &Fix, lang: Lang) {
    let [kind, name, value] = match lang {
        Lang::En => ["Type", "Host name", "Value"],
        Lang::Ja => ["種類", "ホスト名", "値"],
    };
    let cell = |text: &str| code(text).replace('|', "\\|");
    let _ = writeln!(text, "| {kind} | {name} | {value} | TTL |\n|---|---|---|---|");
    let (name, value) = (cell(fix.name.as_str()), cell(&fix.value));
    let _ = writeln!(text, "| {} | {name} | {value} | {} |\n", fix.record_type, fix.ttl);
}

/// A text in which nothing is markup.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in shown(text).chars() {
        if "\\`*_{}[]<>#|~".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// A code span that no backtick within can end.
fn code(text: &str) -> String {
    let text = shown(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 { format!("`{text}`") } else { format!("{fence} {text} {fence}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b"), "``` a``b ```");
        assert_eq!(prose("a *b* <c>"), "a \\*b\\* \\<c\\>");
    }
}
