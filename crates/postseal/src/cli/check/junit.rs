use std::fmt::Write as _;

use postseal_core::advice::{Finding, MtaStsPolicyState, Severity, lossy};

use super::Checked;
use crate::predictions::{ReceiverText, outcome_word};
use crate::words::Lang;
use crate::words::{finding_words, mta_sts_state};

/// JUnit XML: a suite for each domain, a case for each finding; an error fails it. Then a case
/// for each receiver, which never fails: what it does follows from the findings.
pub(super) fn write(checked: &Checked, lang: Lang) -> String {
    let report = &checked.report;
    let domain = escaped(report.domain.as_str());
    let failures = report.findings.iter().filter(|f| f.severity() == Severity::Error).count();
    let policy = mta_sts_state(&report.mta_sts, lang);
    let skipped =
        usize::from(policy.is_some() && !matches!(report.mta_sts.policy, MtaStsPolicyState::Read(_)));
    let tests = report.findings.len() + checked.receivers.len() + usize::from(policy.is_some());
    let mut xml = format!(
        "  <testsuite name=\"{domain}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">\n"
    );
    for finding in &report.findings {
        case(&mut xml, &domain, finding, lang);
    }
    if let Some(policy) = policy {
        policy_case(&mut xml, &domain, &policy, skipped > 0);
    }
    for receiver in &checked.receivers {
        receiver_case(&mut xml, &domain, receiver, lang);
    }
    xml.push_str("  </testsuite>\n");
    xml
}

/// What the MTA-STS Policy says, or that nobody knows: such a case is skipped, not passed.
fn policy_case(xml: &mut String, domain: &str, policy: &str, skipped: bool) {
    let policy = escaped(policy);
    let _ = writeln!(xml, "    <testcase classname=\"{domain}\" name=\"mta-sts.policy\">");
    let _ = if skipped {
        writeln!(xml, "      <skipped message=\"{policy}\"/>\n    </testcase>")
    } else {
        writeln!(xml, "      <system-out>{policy}\n</system-out>\n    </testcase>")
    };
}

/// What stands before the first suite.
pub(super) const BEGIN: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"postseal check\">\n";

/// What stands after the last one.
pub(super) const END: &str = "</testsuites>\n";

fn receiver_case(xml: &mut String, domain: &str, receiver: &ReceiverText, lang: Lang) {
    let mut details = outcome_word(receiver.outcome, lang).to_owned();
    let lines = [&receiver.code, &Some(receiver.message.clone()), &receiver.fix, &receiver.source];
    for line in lines.into_iter().flatten() {
        let _ = write!(details, "\n{line}");
    }
    if let Some(bulk) = &receiver.bulk {
        let label = lang.pick("in bulk", "大量送信の場合");
        let code = bulk.code.as_deref().unwrap_or_default();
        let _ = write!(details, "\n{label}: {} {code}\n{}", outcome_word(bulk.outcome, lang), bulk.message);
    }
    let (name, outcome, details) =
        (escaped(&receiver.receiver), escaped(receiver.outcome), escaped(&details));
    let _ = writeln!(xml, "    <testcase classname=\"{domain}\" name=\"receiver.{name}\">");
    let _ = writeln!(xml, "      <properties><property name=\"outcome\" value=\"{outcome}\"/></properties>");
    let _ = writeln!(xml, "      <system-out>{details}\n</system-out>\n    </testcase>");
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
