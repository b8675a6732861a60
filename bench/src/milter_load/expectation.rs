//! Whether the fields that were added say what is true of the message.

/// What must be found in them.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// Authentication-Results with these methods' results.
    Results(Vec<String>),
    /// A DKIM-Signature of the Author Domain.
    Signature,
}

impl Expectation {
    /// Compares. `expected` has the results of all methods; `domain` is the Author Domain.
    pub fn holds(&self, added: &[u8], expected: &str, domain: &str) -> bool {
        let text = String::from_utf8_lossy(added).to_ascii_lowercase();
        match self {
            Expectation::Signature => {
                text.contains("dkim-signature:") && text.contains(&format!("d={domain};"))
            }
            Expectation::Results(methods) => {
                let wanted = expected.split(' ').filter_map(|result| result.split_once('='));
                text.contains("authentication-results:")
                    && wanted
                        .filter(|(method, _)| methods.iter().any(|m| m == method))
                        .all(|(m, r)| says(&text, m, r))
            }
        }
    }
}

/// `none` may be said or left out; anything else must be said, and a failure not beside a pass.
fn says(text: &str, method: &str, result: &str) -> bool {
    let has = |result: &str| {
        let wanted = format!("{method}={result}");
        text.match_indices(&wanted).any(|(at, _)| {
            let before = text[..at].bytes().last();
            let after = text[at + wanted.len()..].bytes().next();
            matches!(before, Some(b' ' | b'\t' | b'\n' | b';'))
                && !after.is_some_and(|b| b.is_ascii_alphanumeric())
        })
    };
    match result {
        "none" => !has("pass") && !has("fail"),
        "pass" => has("pass"),
        other => has(other) && !has("pass"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_compared_by_method() {
        let all = |methods: &str| Expectation::Results(methods.split(',').map(str::to_owned).collect());
        let added = b"Authentication-Results: mx.example;\r\n\tdkim=fail reason=x;\r\n\tdmarc=pass header.from=a.example\r\n";
        let cases = [
            ("dkim", "dkim=fail", true),
            ("dkim", "dkim=pass", false),
            ("dkim", "dkim=none", false),
            ("arc", "arc=none", true),
            ("spf", "spf=pass", false),
            ("dkim,dmarc", "dkim=fail dmarc=pass", true),
            ("dkim,dmarc", "dkim=fail dmarc=fail", false),
        ];
        for (methods, expected, holds) in cases {
            assert_eq!(all(methods).holds(added, expected, "a.example"), holds, "{methods} {expected}");
        }
        assert!(!all("arc").holds(b"", "arc=none", "a.example"), "no field at all");
    }
}
