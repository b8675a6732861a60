use super::Topic;

/// Results that are read of one text.
const MAX_RESULTS: usize = 10;

/// A result that a refusal states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StatedResult {
    pub(super) topic: Topic,
    pub(super) passed: bool,
    /// The words that say it.
    pub(super) evidence: String,
}

/// The results that Gmail (`DKIM = did not pass`, `SPF [d] with ip: [ip] = did not pass`) and
/// Outlook.com (`Spf= Fail , Dkim= Pass , DMARC= Fail`) write into their refusals.
pub(super) fn stated_results(text: &str) -> Vec<StatedResult> {
    // Letters keep their places: only ASCII changes.
    let lower = text.to_ascii_lowercase();
    let mut results: Vec<StatedResult> = Vec::new();
    for (name, topic) in [("spf", Topic::Spf), ("dkim", Topic::Dkim), ("dmarc", Topic::Dmarc)] {
        for (at, _) in lower.match_indices(name).take(MAX_RESULTS) {
            let is_word =
                !lower[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '.'));
            if let Some((passed, end)) = result(&lower, at + name.len()).filter(|_| is_word)
                && !results.iter().any(|known| known.topic == topic)
            {
                results.push(StatedResult { topic, passed, evidence: text[at..end].to_owned() });
            }
        }
    }
    results
}

/// The result behind a method's name, and where it ends.
fn result(lower: &str, at: usize) -> Option<(bool, usize)> {
    let mut at = at;
    let skip = |at: usize, text: &str| lower[at..].starts_with(text).then(|| at + text.len());
    let blanks = |at: usize| lower.len() - lower[at..].trim_start_matches(' ').len();
    at = blanks(at);
    // "[contoso.example] with ip: [192.0.2.1]", "contoso.example with ip address: 192.0.2.1"
    if !lower[at..].starts_with('=') {
        let with = lower[at..].find(" with ip").filter(|length| !lower[at..at + length].contains(' '))?;
        at = at + with + lower[at + with..].find('=').filter(|length| *length <= 100)?;
    }
    at = blanks(skip(at, "=")?);
    for (word, passed) in
        [("did not pass", false), ("pass", true), ("fail", false), ("none", false), ("softfail", false)]
    {
        if let Some(end) = skip(at, word) {
            return Some((passed, end));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_refusals_state() {
        let check = |text: &str, expected: &[(Topic, bool, &str)]| {
            let found = stated_results(text);
            let found: Vec<_> = found.iter().map(|r| (r.topic, r.passed, r.evidence.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        };
        check(
            "Authentication results: DKIM = did not pass SPF [contoso.example] with ip: [192.0.2.1] = did not pass For",
            &[
                (Topic::Spf, false, "SPF [contoso.example] with ip: [192.0.2.1] = did not pass"),
                (Topic::Dkim, false, "DKIM = did not pass"),
            ],
        );
        check(
            "level. Spf= Fail , Dkim= Pass , DMARC= Fail [X]",
            &[
                (Topic::Spf, false, "Spf= Fail"),
                (Topic::Dkim, true, "Dkim= Pass"),
                (Topic::Dmarc, false, "DMARC= Fail"),
            ],
        );
        check(
            "SPF or DKIM. SPF [contoso.example] with ip: [192.0.2.1] = did not pass",
            &[(Topic::Spf, false, "SPF [contoso.example] with ip: [192.0.2.1] = did not pass")],
        );
        check("authenticate with either SPF or DKIM", &[]);
        check("SPF", &[]);
    }
}
