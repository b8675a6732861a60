use std::fmt::Write as _;

use postseal_core::advice::{Finding, Severity, lossy};

use super::Checked;
use crate::words::Lang;
use crate::words::finding_words;

/// JUnit XML: a suite for each domain, a case for each finding; an error fails it.
pub(super) fn write(checked: &[Checked], lang: Lang) -> String {
    let mut xml =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"postseal check\">\n");
    for checked in checked {
        suite(&mut xml, checked, lang);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn suite(xml: &mut String, checked: &Checked, lang: Lang) {
    let report = &checked.report;
    let domain = escaped(report.domain.as_str());
    let failures = report.findings.iter().filter(|f| f.severity() == Severity::Error).count();
    let tests = report.findings.len().max(1);
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{domain}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">"
    );
    if report.findings.is_empty() {
        let _ = writeln!(xml, "    <testcase classname=\"{domain}\" name=\"check\"/>");
    }
    for finding in &report.findings {
        case(xml, &domain, finding, lang);
    }
    xml.push_str("  </testsuite>\n");
}

fn case(xml: &mut String, domain: &str, finding: &Finding, lang: Lang) {
    let words = finding_words(&finding.cause, lang);
    let (id, severity) = (finding.id().as_str(), finding.severity());
    let mut details = format!("{severity}: {}\n{}\n", words.message, words.effect);
    if let Some(name) = &finding.name {
        let _ = writeln!(details, "{name}");
    }
    if let Some(record) = &finding.record {
        let _ = writeln!(details, "{}", lossy(record));
    }
    if let Some(fix) = &finding.fix {
        let _ = writeln!(details, "{} {} {} {}", fix.name, fix.ttl, fix.record_type, fix.value);
    }
    let _ = writeln!(details, "{}", finding.id().source());
    let (message, details) = (escaped(&words.message), escaped(&details));
    let _ = writeln!(xml, "    <testcase classname=\"{domain}\" name=\"{id}\">");
    let _ = match severity {
        Severity::Error => {
            writeln!(xml, "      <failure type=\"{id}\" message=\"{message}\">{details}</failure>")
        }
        Severity::Warning | Severity::Info => writeln!(xml, "      <system-out>{details}</system-out>"),
    };
    xml.push_str("    </testcase>\n");
}

/// A text for an attribute or an element; what XML 1.0 cannot carry becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\n' | '\t' => xml.push(character),
            '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                xml.push(char::REPLACEMENT_CHARACTER);
            }
            other => xml.push(other),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out() {
        assert_eq!(
            escaped("<a b=\"c\">&\x1b\x00]]>"),
            "&lt;a b=&quot;c&quot;&gt;&amp;\u{fffd}\u{fffd}]]&gt;"
        );
    }
}
