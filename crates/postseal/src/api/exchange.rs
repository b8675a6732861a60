use std::fmt::Write as _;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Problem, ProblemKind};

/// A request, read whole.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    /// `GET`, `POST`, …
    pub(super) method: String,
    /// From the first slash to the question mark, as it was sent.
    pub(super) path: String,
    /// Behind the question mark, as it was sent.
    pub(super) query: String,
    pub(super) body: Vec<u8>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    /// For `Allow`, where a method is not allowed.
    pub(super) allow: Option<String>,
    pub(super) body: Vec<u8>,
}

pub(super) const JSON: &str = "application/json";
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

impl Request {
    /// A parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Result<Option<String>, Problem> {
        for pair in self.query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if key == name {
                return percent_decoded(value).map(Some);
            }
        }
        Ok(None)
    }

    /// A parameter that is `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.parameter(name)?.as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Problem::bad_request(format!("{name} is true or false"))),
        }
    }

    /// The body; an empty one stands for an empty object.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(body).map_err(|error| Problem::bad_request(format!("the body: {error}")))
    }
}

impl Answer {
    pub(super) fn json(status: u16, value: &impl Serialize) -> Answer {
        match serde_json::to_vec(value) {
            Ok(body) => Answer { status, content_type: JSON, allow: None, body },
            // Only maps whose keys are no texts; there are none.
            Err(_) => Answer::problem(&Problem::new(ProblemKind::Fault, "no JSON can be made of it")),
        }
    }

    pub(super) fn nothing() -> Answer {
        Answer { status: 204, content_type: JSON, allow: None, body: Vec::new() }
    }

    pub(super) fn problem(problem: &Problem) -> Answer {
        let body = serde_json::to_vec(problem).unwrap_or_default();
        Answer { status: problem.status, content_type: PROBLEM_JSON, allow: None, body }
    }
}

/// A part of a path (RFC 3986 §2.3): all but unreserved characters as percent and two digits.
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(octet));
            }
            _ => {
                let _ = write!(encoded, "%{octet:02X}");
            }
        }
    }
    encoded
}

/// RFC 3986 §2.1; a plus is a plus.
pub(super) fn percent_decoded(text: &str) -> Result<String, Problem> {
    let bad = || Problem::bad_request(format!("{text:?} is not percent-encoded UTF-8"));
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        if *first == b'%' {
            let digits = behind.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
            let digits = std::str::from_utf8(digits.ok_or_else(bad)?).map_err(|_| bad())?;
            octets.push(u8::from_str_radix(digits, 16).map_err(|_| bad())?);
            rest = &behind[2..];
        } else {
            octets.push(*first);
            rest = behind;
        }
    }
    String::from_utf8(octets).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_are_decoded() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(percent_decoded(text).ok().as_deref(), expected, "{text}");
        };
        check("contoso.example", Some("contoso.example"));
        check("a%2Fb%20c+d", Some("a/b c+d"));
        check("%E4%BE%8B", Some("例"));
        check("%", None);
        check("%4", None);
        check("%+1", None);
        check("%ff", None);
        for text in ["a/b c+d?", "例", "keiko@contoso.example"] {
            assert_eq!(percent_decoded(&percent_encoded(text)).ok().as_deref(), Some(text));
        }
    }
}
