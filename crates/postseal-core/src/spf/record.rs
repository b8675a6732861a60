use std::fmt;

use super::term::Term;
use super::{
    Directive, DomainSpec, Finding, FindingKind, Mechanism, Qualifier, Span, TermError, UnknownModifier,
    quotation_marks, string_join,
};
use crate::dns::TxtRecord;

/// Octets that a record may have: what a TXT record can hold.
pub const MAX_RECORD: usize = 65_535;

/// Unknown modifiers that are kept, and found odd, of one record. Those after them are read, because
/// their syntax counts, and left out.
pub const MAX_UNKNOWN_MODIFIERS: usize = 1_000;

/// A parsed SPF record (RFC 7208 §4.5), with what was odd about it.
#[derive(Clone, Debug, Default)]
pub struct Record {
    directives: Vec<Directive>,
    redirect: Option<(DomainSpec, Span)>,
    explanation: Option<(DomainSpec, Span)>,
    unknown_modifiers: Vec<UnknownModifier>,
    findings: Vec<Finding>,
}

/// Which of a domain's TXT records is its SPF record (RFC 7208 §4.5).
#[derive(Clone, Debug)]
pub enum Selection {
    /// None is.
    None,
    /// One is.
    One {
        /// Its place among the TXT records.
        index: usize,
        /// The record, parsed.
        record: Box<Record>,
    },
    /// Several are; none counts.
    Several {
        /// Their places among the TXT records.
        indexes: Vec<usize>,
    },
}

impl Selection {
    /// Selects among the TXT records of a domain.
    pub fn of(records: &[TxtRecord]) -> Selection {
        // RFC 7208 §4.5: "discard records that do not begin with a version
        // section of exactly "v=spf1"."
        let is_spf = |txt: &TxtRecord| Record::has_version(&txt.octets);
        let mut found = records.iter().enumerate().filter(|(_, txt)| is_spf(txt));
        let Some((index, txt)) = found.next() else { return Selection::None };
        let mut indexes: Vec<usize> = found.map(|(other, _)| other).collect();
        if indexes.is_empty() {
            return Selection::One { index, record: Box::new(Record::from_txt(txt)) };
        }
        indexes.insert(0, index);
        Selection::Several { indexes }
    }
}

impl Record {
    /// True where the octets begin with the version of an SPF record.
    pub fn has_version(octets: &[u8]) -> bool {
        // RFC 7208 §4.5: "the version section is terminated by either an SP
        // character or the end of the record."
        let version = octets.get(..6).is_some_and(|v| v.eq_ignore_ascii_case(b"v=spf1"));
        version && octets.get(6).is_none_or(|&b| b == b' ')
    }

    /// Reads a TXT record whose octets begin with the version. As
    /// [`Record::parse`], and finds terms that the joining of strings made one.
    pub fn from_txt(txt: &TxtRecord) -> Record {
        let mut record = Record::parse(&txt.octets);
        if txt.joints.is_empty() || record.error() == Some(TermError::RecordTooLong) {
            return record;
        }
        let glued = string_join::glued_terms(txt).into_iter();
        record.findings.extend(glued.map(|span| Finding::new(FindingKind::StringJoin, span)));
        record.findings.sort_by_key(|finding| finding.span.start);
        record
    }

    /// Reads a record; whatever the octets, there is one. What is wrong is in
    /// [`Record::findings`]; terms that are no terms are left out. Time and
    /// memory are linear in the length.
    pub fn parse(octets: &[u8]) -> Record {
        let mut record = Record::default();
        if octets.len() > MAX_RECORD {
            let whole = Span::new(0, octets.len());
            record.findings.push(Finding::new(FindingKind::Syntax(TermError::RecordTooLong), whole));
            return record;
        }
        // RFC 7208 §4.5: "record = version terms *SP".
        let mut start = if Record::has_version(octets) { 6 } else { 0 };
        let blanks = memchr::memchr_iter(b' ', octets).count();
        record.directives.reserve(blanks.min(1024));
        for term in octets[start..].split(|&b| b == b' ') {
            if !term.is_empty() {
                record.read_term(term, start);
            }
            start += term.len() + 1;
        }
        record.findings.extend(quotation_marks(octets).map(|span| Finding::new(FindingKind::Quotes, span)));
        record.note_whole(octets.len());
        record
    }

    /// The directives, in the order in which they are tested.
    pub fn directives(&self) -> &[Directive] {
        &self.directives
    }

    /// The domain of "redirect".
    pub fn redirect(&self) -> Option<&DomainSpec> {
        self.redirect.as_ref().map(|(spec, _)| spec)
    }

    /// Where "redirect" stands.
    pub fn redirect_span(&self) -> Option<Span> {
        self.redirect.as_ref().map(|(_, span)| *span)
    }

    /// The domain of "exp".
    pub fn explanation(&self) -> Option<&DomainSpec> {
        self.explanation.as_ref().map(|(spec, _)| spec)
    }

    /// Where "exp" stands.
    pub fn explanation_span(&self) -> Option<Span> {
        self.explanation.as_ref().map(|(_, span)| *span)
    }

    /// The other modifiers, in order, [`MAX_UNKNOWN_MODIFIERS`] at most.
    pub fn unknown_modifiers(&self) -> &[UnknownModifier] {
        &self.unknown_modifiers
    }

    /// What is odd or wrong about the text, in its order.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The first error, which makes the whole record "permerror" (§4.6).
    pub fn error(&self) -> Option<TermError> {
        self.findings.iter().find_map(Finding::error)
    }

    /// The first error, and where it is.
    pub(super) fn first_error(&self) -> Option<(TermError, Span)> {
        self.findings.iter().find_map(|finding| finding.error().map(|error| (error, finding.span)))
    }

    /// True where "all" is among the directives.
    pub fn has_all(&self) -> bool {
        self.directives.iter().any(|d| d.mechanism == Mechanism::All)
    }

    fn read_term(&mut self, octets: &[u8], start: usize) {
        let span = Span::new(start, start + octets.len());
        match Term::parse(octets) {
            Ok(Term::Directive(directive)) => self.directives.push(Directive { span, ..directive }),
            Ok(Term::Redirect(spec)) if self.redirect.is_none() => self.redirect = Some((spec, span)),
            Ok(Term::Explanation(spec)) if self.explanation.is_none() => {
                self.explanation = Some((spec, span));
            }
            // RFC 7208 §6: "These two modifiers MUST NOT appear in a record more than once each."
            Ok(Term::Redirect(_) | Term::Explanation(_)) => {
                self.note(FindingKind::Syntax(TermError::RepeatedModifier), span);
            }
            Ok(Term::Unknown(modifier)) => self.add_unknown(UnknownModifier { span, ..modifier }),
            Err(fault) => {
                let part = fault.part.map(|(from, to)| Span::new(start + from, start + to));
                self.note(FindingKind::Syntax(fault.error), part.unwrap_or(span));
            }
        }
    }

    fn add_unknown(&mut self, modifier: UnknownModifier) {
        if self.unknown_modifiers.len() == MAX_UNKNOWN_MODIFIERS {
            return;
        }
        if modifier.is_named_like_a_mechanism() {
            self.note(FindingKind::MechanismAsModifier, modifier.span);
        } else if !modifier.is_registered() {
            self.note(FindingKind::UnknownModifier, modifier.span);
        }
        self.unknown_modifiers.push(modifier);
    }

    /// Notes what only the whole record shows, and puts all in order.
    fn note_whole(&mut self, length: usize) {
        let all = self.directives.iter().position(|d| d.mechanism == Mechanism::All);
        // RFC 7208 §5.1: "Mechanisms listed after "all" MUST be ignored."
        let ignored = all.map_or(&[][..], |all| &self.directives[all + 1..]).iter();
        self.findings.extend(ignored.map(|d| Finding::new(FindingKind::AfterAll, d.span)));
        let ptr = self.directives.iter().filter(|d| matches!(d.mechanism, Mechanism::Ptr(_)));
        self.findings.extend(ptr.map(|d| Finding::new(FindingKind::Ptr, d.span)));
        match (all, self.redirect_span()) {
            // RFC 7208 §6.1: "Any "redirect" modifier MUST be ignored if there
            // is an "all" mechanism anywhere in the record."
            (Some(_), Some(span)) => self.note(FindingKind::RedirectIgnored, span),
            (None, None) => self.note(FindingKind::NoAll, Span::new(length, length)),
            (Some(_), None) | (None, Some(_)) => {}
        }
        self.findings.sort_by_key(|finding| finding.span.start);
    }

    fn note(&mut self, kind: FindingKind, span: Span) {
        self.findings.push(Finding::new(kind, span));
    }
}

/// Two records are equal where they mean the same, wherever their terms stand.
impl PartialEq for Record {
    fn eq(&self, other: &Record) -> bool {
        fn directives(record: &Record) -> impl Iterator<Item = (Qualifier, &Mechanism)> {
            record.directives.iter().map(|d| (d.qualifier, &d.mechanism))
        }
        fn unknown(record: &Record) -> impl Iterator<Item = &str> {
            record.unknown_modifiers.iter().map(UnknownModifier::as_str)
        }
        directives(self).eq(directives(other))
            && self.redirect() == other.redirect()
            && self.explanation() == other.explanation()
            && unknown(self).eq(unknown(other))
    }
}

/// The record as text: version, directives in order, modifiers.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v=spf1")?;
        self.directives.iter().try_for_each(|directive| write!(f, " {directive}"))?;
        self.unknown_modifiers.iter().try_for_each(|modifier| write!(f, " {modifier}"))?;
        if let Some(spec) = self.redirect() {
            write!(f, " redirect={spec}")?;
        }
        self.explanation().map_or(Ok(()), |spec| write!(f, " exp={spec}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spf::MacroError;

    #[test]
    fn findings_and_their_places() {
        use FindingKind::{
            AfterAll, MechanismAsModifier, NoAll, Ptr, Quotes, RedirectIgnored, StringJoin, Syntax,
            UnknownModifier,
        };
        let check = |strings: &[&str], expected: &[(FindingKind, &str)]| {
            let txt = TxtRecord::from_strings(strings);
            let record = Record::from_txt(&txt);
            let found: Vec<(FindingKind, &str)> = record
                .findings()
                .iter()
                .map(|f| (f.kind, std::str::from_utf8(f.span.of(&txt.octets)).unwrap_or("?")))
                .collect();
            assert_eq!(found, expected, "{strings:?}");
        };
        check(&["v=spf1 mx -all"], &[]);
        check(&["V=SPF1  MX  -ALL  "], &[]);
        check(&["v=spf1"], &[(NoAll, "")]);
        check(&["v=spf1 redirect=a.example"], &[]);
        check(&["v=spf1 redirect=a.example ~all"], &[(RedirectIgnored, "redirect=a.example")]);
        check(&["v=spf1 -all mx exp=a.example a"], &[(AfterAll, "mx"), (AfterAll, "a")]);
        check(&["v=spf1 ?ptr:a.example -all"], &[(Ptr, "?ptr:a.example")]);
        check(&["v=spf1 moo=cow -all"], &[(UnknownModifier, "moo=cow")]);
        check(&["v=spf1 ra=a rp=100 rr=all -all"], &[]);
        check(&["v=spf1 include=a.example -all"], &[(MechanismAsModifier, "include=a.example")]);
        check(&["v=spf1 IP4=192.0.2.1 -all"], &[(MechanismAsModifier, "IP4=192.0.2.1")]);
        check(&["v=spf1 moo -all"], &[(Syntax(TermError::UnknownMechanism), "moo")]);
        check(&["v=spf1 include: -all"], &[(Syntax(TermError::EmptyDomain), "include:")]);
        check(
            &["v=spf1 redirect:a.example -all"],
            &[(Syntax(TermError::UnknownMechanism), "redirect:a.example")],
        );
        check(
            &["v=spf1 exp=a.example exp=b.example -all"],
            &[(Syntax(TermError::RepeatedModifier), "exp=b.example")],
        );
        check(
            &["v=spf1 ?exists:%{i}.%{x}.a.example moo=%(i) -all"],
            &[
                (Syntax(TermError::Macro(MacroError::UnknownLetter('x'))), "%{x}"),
                (Syntax(TermError::Macro(MacroError::BarePercent)), "%"),
            ],
        );
        check(&["v=spf1 a\tmx -all"], &[(Syntax(TermError::BadOctet(b'\t')), "\t")]);
        check(
            &["v=spf1 \"ip4:192.0.2.1\" -all"],
            &[(Syntax(TermError::UnknownMechanism), "\"ip4:192.0.2.1\""), (Quotes, "\""), (Quotes, "\"")],
        );
        check(&["v=spf1 “mx -all"], &[(Syntax(TermError::BadOctet(0xe2)), "?"), (Quotes, "“")]);
        check(
            &["v=spf1 ip4:192.0.2.1", "ip4:192.0.2.2 -all"],
            &[
                (Syntax(TermError::Ip4Address), "ip4:192.0.2.1ip4:192.0.2.2"),
                (StringJoin, "ip4:192.0.2.1ip4:192.0.2.2"),
            ],
        );
    }

    #[test]
    fn versions() {
        let check = |text: &str, expected: bool| {
            assert_eq!(Record::has_version(text.as_bytes()), expected, "{text:?}");
        };
        check("v=spf1", true);
        check("V=sPf1 +all", true);
        check("v=spf1  ", true);
        check("v=spf10", false);
        check("v=spf1\t", false);
        check(" v=spf1", false);
        check("v=spf", false);
        check("\"v=spf1\"", false);
    }

    #[test]
    fn many_unknown_modifiers() {
        let record = Record::parse(format!("v=spf1{} mx -all", " a=b".repeat(5_000)).as_bytes());
        assert_eq!(record.unknown_modifiers().len(), MAX_UNKNOWN_MODIFIERS);
        assert_eq!(record.findings().len(), MAX_UNKNOWN_MODIFIERS);
        assert_eq!(record.directives().len(), 2);
        let record = Record::parse(format!("v=spf1{} a=%x -all", " a=b".repeat(5_000)).as_bytes());
        assert_eq!(record.error(), Some(TermError::Macro(MacroError::BarePercent)));
    }

    #[test]
    fn a_record_beyond_what_dns_can_hold() {
        let long = format!("v=spf1{} -all", " a".repeat(MAX_RECORD / 2));
        let record = Record::parse(long.as_bytes());
        assert_eq!(record.error(), Some(TermError::RecordTooLong));
        assert!(record.directives().is_empty());
    }
}
