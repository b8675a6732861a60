use std::fmt;
use std::ops::Range;

use crate::dns::DomainName;

/// An MTA-STS Policy (RFC 8461 §3.2) that senders can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MtaStsPolicy {
    /// What senders do with it.
    pub mode: MtaStsMode,
    /// Seconds for which a sender keeps it; at most [`MAX_POLICY_AGE`].
    pub max_age: u32,
    /// The mail exchanges that may be delivered to; may be empty where the mode is `none`.
    pub mx: Vec<MxPattern>,
}

/// What senders do with a policy (RFC 8461 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MtaStsMode {
    /// Deliver only over validated TLS, to exchanges that the policy names.
    Enforce,
    /// Deliver whatever happens, and report failures.
    Testing,
    /// There is no policy any more.
    None,
}

impl MtaStsMode {
    /// The word of the policy file.
    pub fn as_str(self) -> &'static str {
        match self {
            MtaStsMode::Enforce => "enforce",
            MtaStsMode::Testing => "testing",
            MtaStsMode::None => "none",
        }
    }

    fn read(value: &[u8]) -> Option<MtaStsMode> {
        [MtaStsMode::Enforce, MtaStsMode::Testing, MtaStsMode::None]
            .into_iter()
            .find(|mode| mode.as_str().as_bytes() == value)
    }
}

/// One value of `mx`: a host, or every host one label below a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MxPattern {
    /// True for `*.`, which stands for one label.
    wildcard: bool,
    domain: DomainName,
}

impl MxPattern {
    fn read(value: &[u8]) -> Option<MxPattern> {
        let (wildcard, domain) = match value.strip_prefix(b"*.") {
            Some(domain) => (true, domain),
            None => (false, value),
        };
        // RFC 8461 §3.2: a Domain of RFC 5321 in A-labels, so without a final dot.
        let is_plain = domain.is_ascii() && !domain.ends_with(b".");
        let domain = DomainName::parse_octets(domain).ok().filter(|_| is_plain)?;
        Some(MxPattern { wildcard, domain })
    }

    /// RFC 8461 §4.1: the wildcard is the whole left-most label and stands for one.
    pub fn matches(&self, exchange: &DomainName) -> bool {
        if self.wildcard {
            exchange.parent().is_some_and(|parent| parent == self.domain)
        } else {
            *exchange == self.domain
        }
    }
}

impl fmt::Display for MxPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.wildcard { "*." } else { "" }, self.domain)
    }
}

/// Which rule a policy file breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MtaStsPolicyFault {
    /// More than [`MAX_POLICY_FILE`] octets: nothing is read.
    TooLong,
    /// A line is not `key: value`; it counts for nothing.
    Line,
    /// A key that must be there is not.
    Missing {
        /// The key.
        key: &'static str,
    },
    /// A key that may stand once stands again; the first counts.
    Duplicate {
        /// The key.
        key: &'static str,
    },
    /// A key has a value that it may not have.
    Value {
        /// The key.
        key: &'static str,
    },
}

impl MtaStsPolicyFault {
    /// True where the rest of the file is a policy all the same.
    pub fn is_harmless(self) -> bool {
        match self {
            MtaStsPolicyFault::Line | MtaStsPolicyFault::Duplicate { .. } => true,
            // The other patterns count; where there is none, `mx` is missing too.
            MtaStsPolicyFault::Value { key } => key == MX,
            MtaStsPolicyFault::TooLong | MtaStsPolicyFault::Missing { .. } => false,
        }
    }
}

/// A fault, the line in which it is, and the octets of the line that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultyLine {
    /// Which rule is broken.
    pub fault: MtaStsPolicyFault,
    /// The line without its end, at most [`MAX_SHOWN_LINE`] octets of it; empty where the file as a whole is at fault.
    pub line: Vec<u8>,
    /// The place in the line.
    pub span: Range<usize>,
}

/// A policy file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadPolicy {
    /// The policy, where senders can use it.
    pub policy: Option<MtaStsPolicy>,
    /// What is wrong, in the order of the file; at most [`MAX_POLICY_FAULTS`], and what is missing.
    pub faults: Vec<FaultyLine>,
}

/// Octets of a policy file. RFC 8461 §3.3: "implementers may limit the policy body size"; 64 KB is suggested there.
pub const MAX_POLICY_FILE: usize = 64 << 10;

/// Seconds: RFC 8461 §3.2, about a year.
pub const MAX_POLICY_AGE: u32 = 31_557_600;

/// Faulty lines of one file that are told.
pub const MAX_POLICY_FAULTS: usize = 32;

/// Octets of a faulty line that are kept.
pub const MAX_SHOWN_LINE: usize = 256;

const VERSION: &str = "version";
const MODE: &str = "mode";
const MAX_AGE: &str = "max_age";
const MX: &str = "mx";

impl ReadPolicy {
    /// Reads any octets, in any order of lines; lines end in CRLF or LF, keys nobody knows are left alone, and of a key that may
    /// stand once the first counts (RFC 8461 §3.2).
    ///
    /// ```
    /// use postseal_core::advice::{MtaStsMode, ReadPolicy};
    ///
    /// let read = ReadPolicy::read(b"version: STSv1\nmode: testing\nmx: *.contoso.example\nmax_age: 604800\n");
    /// assert_eq!(read.policy.map(|policy| policy.mode), Some(MtaStsMode::Testing));
    /// assert!(read.faults.is_empty());
    /// ```
    pub fn read(octets: &[u8]) -> ReadPolicy {
        let mut reader = Reader::default();
        if octets.len() > MAX_POLICY_FILE {
            reader.whole(MtaStsPolicyFault::TooLong);
            return ReadPolicy { policy: None, faults: reader.faults };
        }
        for line in octets.split(|octet| *octet == b'\n') {
            reader.line(line.strip_suffix(b"\r").unwrap_or(line));
        }
        reader.finish()
    }
}

/// The fields seen so far; `Some(None)` is one with a wrong value.
#[derive(Default)]
struct Reader {
    version: Option<Option<()>>,
    mode: Option<Option<MtaStsMode>>,
    max_age: Option<Option<u32>>,
    mx: Vec<MxPattern>,
    faults: Vec<FaultyLine>,
}

impl Reader {
    fn line(&mut self, line: &[u8]) {
        // Blanks at the end of a line are allowed, and an empty line says nothing.
        let text = line.trim_ascii_end();
        if text.is_empty() {
            return;
        }
        let Some(colon) = text.iter().position(|octet| *octet == b':').filter(|at| is_key(&text[..*at]))
        else {
            return self.fault(MtaStsPolicyFault::Line, text, 0..text.len());
        };
        let value = text[colon + 1..].trim_ascii_start();
        let span = text.len() - value.len()..text.len();
        let place = if value.is_empty() { 0..text.len() } else { span };
        match &text[..colon] {
            b"version" => {
                let read = (value == b"STSv1").then_some(());
                let twice = keep_first(&mut self.version, read);
                self.judge(VERSION, read.is_some(), twice, text, place);
            }
            b"mode" => {
                let read = MtaStsMode::read(value);
                let twice = keep_first(&mut self.mode, read);
                self.judge(MODE, read.is_some(), twice, text, place);
            }
            b"max_age" => {
                let read = max_age(value);
                let twice = keep_first(&mut self.max_age, read);
                self.judge(MAX_AGE, read.is_some(), twice, text, place);
            }
            b"mx" => {
                let read = MxPattern::read(value);
                self.judge(MX, read.is_some(), false, text, place);
                self.mx.extend(read);
            }
            _ => {}
        }
    }

    fn judge(&mut self, key: &'static str, good: bool, twice: bool, line: &[u8], place: Range<usize>) {
        if twice {
            self.fault(MtaStsPolicyFault::Duplicate { key }, line, 0..line.len());
        } else if !good {
            self.fault(MtaStsPolicyFault::Value { key }, line, place);
        }
    }

    fn fault(&mut self, fault: MtaStsPolicyFault, line: &[u8], span: Range<usize>) {
        // One that makes the file useless is told whatever came before; of those there are three at most.
        if self.faults.len() >= MAX_POLICY_FAULTS && fault.is_harmless() {
            return;
        }
        let line = &line[..line.len().min(MAX_SHOWN_LINE)];
        let span = span.start.min(line.len())..span.end.min(line.len());
        self.faults.push(FaultyLine { fault, line: line.to_vec(), span });
    }

    fn whole(&mut self, fault: MtaStsPolicyFault) {
        self.faults.push(FaultyLine { fault, line: Vec::new(), span: 0..0 });
    }

    fn finish(mut self) -> ReadPolicy {
        let needs_mx = self.mode != Some(Some(MtaStsMode::None));
        for (key, is_missing) in [
            (VERSION, self.version.is_none()),
            (MODE, self.mode.is_none()),
            (MX, needs_mx && self.mx.is_empty()),
            (MAX_AGE, self.max_age.is_none()),
        ] {
            if is_missing {
                self.whole(MtaStsPolicyFault::Missing { key });
            }
        }
        let policy = match (self.version, self.mode, self.max_age) {
            (Some(Some(())), Some(Some(mode)), Some(Some(max_age))) if !needs_mx || !self.mx.is_empty() => {
                Some(MtaStsPolicy { mode, max_age, mx: self.mx })
            }
            _ => None,
        };
        ReadPolicy { policy, faults: self.faults }
    }
}

/// Keeps what is read first; true where something stood there already.
fn keep_first<T>(kept: &mut Option<T>, read: T) -> bool {
    let twice = kept.is_some();
    kept.get_or_insert(read);
    twice
}

/// RFC 8461 §3.2: `(ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".")`.
fn is_key(key: &[u8]) -> bool {
    let inner = |octet: &u8| octet.is_ascii_alphanumeric() || b"_-.".contains(octet);
    key.len() <= 32 && key.first().is_some_and(u8::is_ascii_alphanumeric) && key.iter().all(inner)
}

/// One to ten digits, and not more than a year.
fn max_age(value: &[u8]) -> Option<u32> {
    let is_number = (1..=10).contains(&value.len()) && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| is_number)?;
    text.parse().ok().filter(|seconds| *seconds <= MAX_POLICY_AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> (bool, Vec<String>) {
        let read = ReadPolicy::read(text.as_bytes());
        let place = |fault: &FaultyLine| {
            let marked = String::from_utf8_lossy(&fault.line[fault.span.clone()]).into_owned();
            match fault.fault {
                MtaStsPolicyFault::TooLong => "too long".to_owned(),
                MtaStsPolicyFault::Line => format!("line {marked}"),
                MtaStsPolicyFault::Missing { key } => format!("no {key}"),
                MtaStsPolicyFault::Duplicate { key } => format!("twice {key} {marked}"),
                MtaStsPolicyFault::Value { key } => format!("{key} {marked}"),
            }
        };
        (read.policy.is_some(), read.faults.iter().map(place).collect())
    }

    #[test]
    fn reads_policies_and_says_what_is_wrong() {
        let check = |text: &str, usable: bool, expected: &[&str]| {
            let (is_usable, found) = faults(text);
            assert_eq!(
                (is_usable, found.iter().map(String::as_str).collect::<Vec<_>>()),
                (usable, expected.to_vec()),
                "{text:?}"
            );
        };
        check(
            "version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmx: *.b.example\r\nmax_age: 86400\r\n",
            true,
            &[],
        );
        check("max_age:1\nmx:a.example\nmode:testing\nversion:STSv1", true, &[]);
        check("version: STSv1\nmode: none\nmax_age: 86400\n", true, &[]);
        check(
            "version: STSv1 \t\n\nmode:\t testing\nmx: a.example\nx-note: héllo: 1\nmax_age: 0\n\n",
            true,
            &[],
        );
        check("", false, &["no version", "no mode", "no mx", "no max_age"]);
        check("<html>\nversion: STSv1\nmode: none\nmax_age: 1", true, &["line <html>"]);
        check("version : STSv1\nmode: none\nmax_age: 1", false, &["line version : STSv1", "no version"]);
        check("version: STSv2\nmode: none\nmax_age: 1", false, &["version STSv2"]);
        check("version: stsv1\nmode: None\nmax_age: 1", false, &["version stsv1", "mode None", "no mx"]);
        check("version: STSv1\nmode:\nmx: a.example\nmax_age: 1", false, &["mode mode:"]);
        check("version: STSv1\nmode: testing\nmax_age: 1", false, &["no mx"]);
        check("version: STSv1\nmode: testing\nmx: *\nmax_age: 1", false, &["mx *", "no mx"]);
        check(
            "version: STSv1\nmode: testing\nmx: a.example\nmx: b.*.example\nmax_age: 1",
            true,
            &["mx b.*.example"],
        );
        check(
            "version: STSv1\nmode: testing\nmx: a.example.\nmx: b.example\nmax_age: 1",
            true,
            &["mx a.example."],
        );
        check(
            "version: STSv1\nmode: testing\nmx: a.example, b.example\nmax_age: 1",
            false,
            &["mx a.example, b.example", "no mx"],
        );
        check(
            "version: STSv1\nmode: enforce\nmode: none\nmx: a.example\nmax_age: 1",
            true,
            &["twice mode mode: none"],
        );
        for age in ["-1", "1 day", "31557601", "99999999999", "1.5"] {
            check(
                &format!("version: STSv1\nmode: none\nmax_age: {age}"),
                false,
                &[&format!("max_age {age}")],
            );
        }
        check("version: STSv1\nmode: none\nmax_age: 0031557600", true, &[]);
        check(&"#\n".repeat(40_000), false, &["too long"]);
        let (_, many) = faults(&"#\n".repeat(1_000));
        assert_eq!(many.len(), MAX_POLICY_FAULTS + 4);
    }

    #[test]
    fn the_first_of_two_counts() {
        let read = ReadPolicy::read(
            b"version: STSv1\nmode: testing\nmode: enforce\nmx: a.example\nmax_age: 5\nmax_age: 6",
        );
        let policy = read.policy.expect("usable");
        assert_eq!((policy.mode, policy.max_age), (MtaStsMode::Testing, 5));
    }

    #[test]
    fn patterns_name_exchanges() {
        let check = |pattern: &str, exchange: &str, expected: bool| {
            let pattern = MxPattern::read(pattern.as_bytes()).expect("a pattern");
            let exchange = DomainName::parse(exchange).expect("a name");
            assert_eq!(pattern.matches(&exchange), expected, "{pattern} {exchange}");
        };
        check("mail.contoso.example", "mail.contoso.example", true);
        check("MAIL.contoso.example", "mail.Contoso.example", true);
        check("mail.contoso.example", "mail2.contoso.example", false);
        check("*.contoso.example", "mail.contoso.example", true);
        check("*.contoso.example", "a.mail.contoso.example", false);
        check("*.contoso.example", "contoso.example", false);
        check("*.contoso.example", "mail.notcontoso.example", false);
        for wrong in
            ["", "*", "*.", "*a.example", "a.*.example", "**.example", ".example", "a..example", "é.example"]
        {
            assert_eq!(MxPattern::read(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
