use std::fmt;
use std::ops::Range;

use super::{Policy, PolicyFinding, PolicyFindingKind, ReportUri, Tag};

/// Findings that are kept of one record.
const MAX_FINDINGS: usize = 64;

/// Reporting URIs that are read of one tag.
const MAX_REPORT_URIS: usize = 100;

/// A DMARC Policy Record (RFC 9989 §4.7): a text that begins with the version.
///
/// Anything after the version may be odd: what cannot be read has its default
/// value, as if it were not there (§4.8), and is named in the findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRecord {
    /// `p`; `None` where absent or not valid.
    pub p: Option<Policy>,
    /// `sp`; `None` where absent or not valid.
    pub sp: Option<Policy>,
    /// `np`; `None` where absent or not valid.
    pub np: Option<Policy>,
    /// `sp` or `np` is there with a value that is no policy.
    pub subdomain_policy_is_bad: bool,
    /// `adkim`.
    pub adkim: AlignmentMode,
    /// `aspf`.
    pub aspf: AlignmentMode,
    /// `psd`.
    pub psd: Psd,
    /// `t`; `None` where absent or not valid.
    pub t: Option<TestMode>,
    /// `pct`, from 0 to 100; `None` where absent or not valid.
    pub pct: Option<u8>,
    /// `fo`.
    pub fo: FailureOptions,
    /// The valid URIs of `rua`, 100 at most.
    pub rua: Vec<ReportUri>,
    /// The valid URIs of `ruf`, 100 at most.
    pub ruf: Vec<ReportUri>,
}

/// `adkim` and `aspf`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlignmentMode {
    /// `r`: the same Organizational Domain.
    #[default]
    Relaxed,
    /// `s`: the same domain.
    Strict,
}

/// `psd`: whether the domain is a Public Suffix Domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Psd {
    /// `y`: it is.
    Yes,
    /// `n`: it is an Organizational Domain.
    No,
    /// `u`: it is not, and may or may not be an Organizational Domain.
    #[default]
    Unspecified,
}

/// `t`: whether the policy is only tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestMode {
    /// `y`: failing messages get one step less than the policy.
    Yes,
    /// `n`
    No,
}

/// `fo`: when the Domain Owner wants a failure report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureOptions {
    /// `1` (any mechanism without an aligned pass), not `0` (all of them).
    pub any: bool,
    /// `d`: a signature failed, aligned or not.
    pub dkim: bool,
    /// `s`: SPF failed, aligned or not.
    pub spf: bool,
}

/// A text, read as a DMARC Policy Record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadPolicyRecord {
    /// The record; `None` where the text is none.
    pub record: Option<PolicyRecord>,
    /// What is odd about it, in order, 64 findings at most. Where there is no
    /// record and no finding, the text has nothing to do with DMARC.
    pub findings: Vec<PolicyFinding>,
}

impl PolicyRecord {
    /// Reads a TXT record, its strings joined.
    ///
    /// ```
    /// use postseal_core::dmarc::{Policy, PolicyRecord};
    ///
    /// let read = PolicyRecord::read(b"v=DMARC1; p=reject; sp=qurantine");
    /// assert_eq!(read.record.and_then(|r| r.p), Some(Policy::Reject));
    /// assert_eq!(read.findings[0].kind.id(), "dmarc.bad-value");
    /// assert_eq!(read.findings[0].span, 23..32);
    /// ```
    pub fn read(octets: &[u8]) -> ReadPolicyRecord {
        let mut reader = Reader { octets, record: PolicyRecord::empty(), findings: Vec::new(), seen: 0 };
        let record = match reader.version() {
            Some(end) => {
                reader.tags(end);
                Some(reader.record)
            }
            None => {
                reader.note_near_miss();
                None
            }
        };
        ReadPolicyRecord { record, findings: reader.findings }
    }

    /// True where the text begins with the version, so that it counts (RFC 9989 §4.10).
    pub fn is_one(octets: &[u8]) -> bool {
        let mut reader = Reader { octets, record: PolicyRecord::empty(), findings: Vec::new(), seen: 0 };
        reader.version().is_some()
    }

    fn empty() -> PolicyRecord {
        PolicyRecord {
            p: None,
            sp: None,
            np: None,
            subdomain_policy_is_bad: false,
            adkim: AlignmentMode::default(),
            aspf: AlignmentMode::default(),
            psd: Psd::default(),
            t: None,
            pct: None,
            fo: FailureOptions { any: false, dkim: false, spf: false },
            rua: Vec::new(),
            ruf: Vec::new(),
        }
    }
}

struct Reader<'a> {
    octets: &'a [u8],
    record: PolicyRecord,
    findings: Vec<PolicyFinding>,
    /// One bit for each [`Tag`] already there.
    seen: u16,
}

/// One `tag=value`: where the name and the value lie, blanks around them left out.
struct TagValue {
    name: Range<usize>,
    value: Range<usize>,
}

impl Reader<'_> {
    /// Where the version's part ends; `None` where the text does not begin with it.
    fn version(&mut self) -> Option<usize> {
        let part = self.part_from(0);
        let end = part.end;
        let tag = self.split(part)?;
        // RFC 9989 §4.7: "The tag value is case sensitive, and the only possible value is "DMARC1"."
        let is_version =
            self.octets[tag.name].eq_ignore_ascii_case(b"v") && self.octets[tag.value] == *b"DMARC1";
        self.seen = Tag::V.bit();
        is_version.then_some(end)
    }

    fn tags(&mut self, mut end: usize) {
        let mut place = 1;
        while end < self.octets.len() {
            let part = self.part_from(end + 1);
            end = part.end;
            let text = self.trim(part.clone());
            if text.is_empty() {
                if end < self.octets.len() {
                    self.note(PolicyFindingKind::Syntax, part.start.saturating_sub(1)..end + 1);
                }
                continue;
            }
            place += 1;
            match self.split(part) {
                Some(tag) => self.tag(tag, place),
                None => self.note(PolicyFindingKind::Syntax, text),
            }
        }
        if self.seen & Tag::P.bit() == 0 {
            self.note(PolicyFindingKind::PolicyMissing, 0..self.octets.len());
        }
    }

    fn tag(&mut self, at: TagValue, place: usize) {
        if let Some(quotes) = quotes_in(&self.octets[at.name.start..at.value.end]) {
            let start = at.name.start;
            self.note(PolicyFindingKind::Quotes, start + quotes.start..start + quotes.end);
        }
        let Some(tag) = Tag::from_name(&self.octets[at.name.clone()]) else {
            return self.note(PolicyFindingKind::UnknownTag, at.name);
        };
        if self.seen & tag.bit() != 0 {
            return self.note(PolicyFindingKind::DuplicateTag(tag), at.name.start..at.value.end);
        }
        self.seen |= tag.bit();
        if tag == Tag::P && place > 2 {
            self.note(PolicyFindingKind::TagOrder, at.name.start..at.value.end);
        }
        if !self.value(tag, at.value.clone()) {
            let empty_policy = tag == Tag::P && at.value.is_empty();
            let kind = if empty_policy {
                PolicyFindingKind::PolicyMissing
            } else {
                PolicyFindingKind::BadValue(tag)
            };
            self.note(kind, if at.value.is_empty() { at.name } else { at.value });
        }
    }

    /// Takes the value over; false where the tag cannot have it.
    fn value(&mut self, tag: Tag, at: Range<usize>) -> bool {
        match tag {
            Tag::Rua => self.record.rua = self.report_uris(tag, at),
            Tag::Ruf => self.record.ruf = self.report_uris(tag, at),
            _ => return self.plain_value(tag, at),
        }
        true
    }

    fn plain_value(&mut self, tag: Tag, at: Range<usize>) -> bool {
        // RFC 9989 §4.8: "any printing characters but semicolon"
        let Some(text) = printing(&self.octets[at.clone()]) else {
            self.record.subdomain_policy_is_bad |= matches!(tag, Tag::Sp | Tag::Np);
            return false;
        };
        match tag {
            Tag::P => set(&mut self.record.p, text.parse().ok().map(Some)),
            Tag::Sp | Tag::Np => {
                let policy: Option<Policy> = text.parse().ok();
                self.record.subdomain_policy_is_bad |= policy.is_none();
                let field = if tag == Tag::Sp { &mut self.record.sp } else { &mut self.record.np };
                set(field, policy.map(Some))
            }
            Tag::Adkim => set(&mut self.record.adkim, alignment_mode(text)),
            Tag::Aspf => set(&mut self.record.aspf, alignment_mode(text)),
            Tag::Psd => set(&mut self.record.psd, psd(text)),
            Tag::T => set(&mut self.record.t, test_mode(text).map(Some)),
            Tag::Fo => set(&mut self.record.fo, failure_options(text)),
            Tag::Pct => {
                let pct = percentage(text);
                self.record.pct = pct;
                self.note(PolicyFindingKind::Pct(pct), at);
                pct.is_some()
            }
            Tag::Rf | Tag::Ri => {
                self.note(PolicyFindingKind::RemovedTag(tag), at);
                true
            }
            // A second version is a duplicate and does not come here; nor do lists of URIs.
            Tag::V | Tag::Rua | Tag::Ruf => true,
        }
    }

    fn report_uris(&mut self, tag: Tag, at: Range<usize>) -> Vec<ReportUri> {
        let mut uris = Vec::new();
        let mut start = at.start;
        while start <= at.end {
            let comma = memchr::memchr(b',', &self.octets[start..at.end]);
            let end = comma.map_or(at.end, |comma| start + comma);
            let span = self.trim(start..end);
            let text = printing(&self.octets[span.clone()]).unwrap_or_default();
            match ReportUri::parse(text) {
                Ok(uri) => {
                    if uri.size_limit.is_some() {
                        self.note(PolicyFindingKind::ReportUriSize(tag), span);
                    }
                    if uris.len() < MAX_REPORT_URIS {
                        uris.push(uri);
                    }
                }
                Err(_) => {
                    let span = if span.is_empty() { at.clone() } else { span };
                    self.note(PolicyFindingKind::ReportUriSyntax(tag), span);
                }
            }
            start = end + 1;
        }
        uris
    }

    /// Says why a text that is no record may have been meant as one.
    fn note_near_miss(&mut self) {
        let octets = self.octets;
        let first = self.part_from(0);
        let opening = octets.iter().take_while(|b| is_quote_octet(**b) || is_blank(**b)).count();
        if opening > 0 && quotes_in(&octets[..opening]).is_some() && begins_like_version(&octets[opening..]) {
            return self.note(PolicyFindingKind::Quotes, 0..opening);
        }
        if let Some(tag) = self.split(first.clone())
            && octets[tag.name.clone()].eq_ignore_ascii_case(b"v")
        {
            if octets[tag.value.clone()].eq_ignore_ascii_case(b"DMARC1") {
                self.note(PolicyFindingKind::VersionCase, tag.value);
            } else if let Some(quotes) =
                quotes_in(&octets[tag.value.clone()]).filter(|_| contains_version(&octets[tag.value.clone()]))
            {
                let start = tag.value.start;
                self.note(PolicyFindingKind::Quotes, start + quotes.start..start + quotes.end);
            } else if begins_like_version(&octets[tag.name.start..]) {
                self.note(PolicyFindingKind::Syntax, tag.value);
            }
            return;
        }
        self.note_version_elsewhere(first.end);
    }

    fn note_version_elsewhere(&mut self, mut end: usize) {
        let mut policy = None;
        let mut part = self.part_from(0);
        loop {
            if let Some(tag) = self.split(part) {
                let (name, value) = (&self.octets[tag.name.clone()], &self.octets[tag.value.clone()]);
                if name.eq_ignore_ascii_case(b"v") && value.eq_ignore_ascii_case(b"DMARC1") {
                    return self.note(PolicyFindingKind::VersionNotFirst, tag.name.start..tag.value.end);
                }
                if name.eq_ignore_ascii_case(b"p")
                    && printing(value).is_some_and(|v| v.parse::<Policy>().is_ok())
                {
                    policy.get_or_insert(tag.name.start..tag.value.end);
                }
            }
            if end >= self.octets.len() {
                break;
            }
            part = self.part_from(end + 1);
            end = part.end;
        }
        if policy.is_some() {
            self.note(PolicyFindingKind::VersionMissing, 0..self.octets.len());
        }
    }

    /// The octets from `start` to the next semicolon or the end.
    fn part_from(&self, start: usize) -> Range<usize> {
        let rest = &self.octets[start..];
        start..start + memchr::memchr(b';', rest).unwrap_or(rest.len())
    }

    fn split(&self, part: Range<usize>) -> Option<TagValue> {
        let equals = part.start + memchr::memchr(b'=', &self.octets[part.clone()])?;
        let name = self.trim(part.start..equals);
        let is_name_octet = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let named = !name.is_empty() && self.octets[name.clone()].iter().all(is_name_octet);
        named.then(|| TagValue { name, value: self.trim(equals + 1..part.end) })
    }

    fn trim(&self, range: Range<usize>) -> Range<usize> {
        let octets = &self.octets[range.clone()];
        let Some(first) = octets.iter().position(|b| !is_blank(*b)) else { return range.end..range.end };
        let last = octets.iter().rposition(|b| !is_blank(*b)).unwrap_or(first);
        range.start + first..range.start + last + 1
    }

    fn note(&mut self, kind: PolicyFindingKind, span: Range<usize>) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(PolicyFinding { kind, span });
        }
    }
}

impl Tag {
    fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Takes a value over where there is one.
fn set<T>(field: &mut T, value: Option<T>) -> bool {
    match value {
        Some(value) => {
            *field = value;
            true
        }
        None => false,
    }
}

fn printing(octets: &[u8]) -> Option<&str> {
    std::str::from_utf8(octets).ok().filter(|t| t.bytes().all(|b| (0x20..0x7f).contains(&b)))
}

fn alignment_mode(text: &str) -> Option<AlignmentMode> {
    match text {
        "r" | "R" => Some(AlignmentMode::Relaxed),
        "s" | "S" => Some(AlignmentMode::Strict),
        _ => None,
    }
}

fn psd(text: &str) -> Option<Psd> {
    match text {
        "y" | "Y" => Some(Psd::Yes),
        "n" | "N" => Some(Psd::No),
        "u" | "U" => Some(Psd::Unspecified),
        _ => None,
    }
}

fn test_mode(text: &str) -> Option<TestMode> {
    match text {
        "y" | "Y" => Some(TestMode::Yes),
        "n" | "N" => Some(TestMode::No),
        _ => None,
    }
}

impl FailureOptions {
    /// The options that a text says; `None` where it is not valid.
    pub fn from_tag(text: &str) -> Option<FailureOptions> {
        failure_options(text)
    }
}

impl fmt::Display for FailureOptions {
    /// As `fo` has it, with the options in one order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = [(self.any, "1"), (self.dkim, "d"), (self.spf, "s")];
        let mut said = options.into_iter().filter(|(is_set, _)| *is_set).map(|(_, option)| option);
        f.write_str(said.next().unwrap_or("0"))?;
        said.try_for_each(|option| write!(f, ":{option}"))
    }
}

impl AlignmentMode {
    /// The value of `adkim` and `aspf`.
    pub fn as_str(self) -> &'static str {
        match self {
            AlignmentMode::Relaxed => "r",
            AlignmentMode::Strict => "s",
        }
    }
}

/// RFC 9989 §4.7: ""0" and "1" are mutually exclusive", and each letter appears once at most.
fn failure_options(text: &str) -> Option<FailureOptions> {
    let mut seen = String::new();
    for option in text.split(':').map(|o| o.trim_matches([' ', '\t'])) {
        if !matches!(option, "0" | "1" | "d" | "s" | "D" | "S") {
            return None;
        }
        let option = option.to_ascii_lowercase();
        if seen.contains(&option) || seen.len() > 4 {
            return None;
        }
        seen.push_str(&option);
    }
    let has = |option: char| seen.contains(option);
    (!(has('0') && has('1'))).then(|| FailureOptions { any: has('1'), dkim: has('d'), spf: has('s') })
}

// RFC 7489 §6.3: "integer between 0 and 100, inclusive"
fn percentage(text: &str) -> Option<u8> {
    let digits = !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok().filter(|p| *p <= 100) } else { None }
}

fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_quote_octet(octet: u8) -> bool {
    matches!(octet, b'"' | b'\'' | b'\\' | b'`') || octet >= 0x80
}

/// Where the first quotation mark lies: straight, or curly in UTF-8.
fn quotes_in(octets: &[u8]) -> Option<Range<usize>> {
    octets.iter().enumerate().find_map(|(i, octet)| match octet {
        b'"' => Some(i..i + 1),
        // U+2018 to U+201F
        0xe2 if matches!(octets.get(i + 1..i + 3), Some([0x80, 0x98..=0x9f])) => Some(i..i + 3),
        _ => None,
    })
}

fn begins_like_version(octets: &[u8]) -> bool {
    let mut letters = octets.iter().filter(|b| !is_blank(**b)).map(u8::to_ascii_lowercase);
    letters.by_ref().take(8).eq(*b"v=dmarc1")
}

fn contains_version(octets: &[u8]) -> bool {
    octets.windows(6).any(|w| w.eq_ignore_ascii_case(b"dmarc1"))
}

#[cfg(test)]
mod tests;
