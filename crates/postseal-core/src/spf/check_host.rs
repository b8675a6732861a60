use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use super::limits::Limits;
use super::macro_expansion::MacroValues;
use super::network::canonical;
use super::result::DecidedBy;
use super::{Cause, Directive, DomainSpec, Evaluation, MacroLetter, Mechanism, Record, Selection, SpfResult};
use crate::dns::{Answer, Answers, DomainName, Failure, Missing, Outcome, QueryClass, RecordType};
use crate::message::{Envelope, HeloIdentity, MailFrom};

/// What [`check_host`] is asked.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The client's address. An IPv4-mapped IPv6 address counts as IPv4.
    pub client: IpAddr,
    /// The identity to check.
    pub identity: Identity,
    /// The argument of HELO or EHLO.
    pub helo: &'a HeloIdentity,
    /// The reverse-path.
    pub mail_from: &'a MailFrom,
    /// The host that checks, for explanations; "unknown" where it is not said (§7.3).
    pub receiver: Option<&'a str>,
    /// Seconds since 1970, for explanations.
    pub now: u64,
    /// Whether to fetch the explanation of a "fail".
    pub explanation: ExplanationWanted,
}

/// The identities of SPF (RFC 7208 §2.3, §2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// "HELO".
    Helo,
    /// "MAIL FROM"; for a null reverse-path, "postmaster" at the HELO domain.
    MailFrom,
}

/// Whether the explanation of a "fail" is fetched (RFC 7208 §6.2); it costs a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExplanationWanted {
    /// Yes.
    Yes,
    /// No.
    No,
}

impl<'a> Request<'a> {
    /// Asks about one identity of an envelope, without explanation.
    pub fn new(envelope: &'a Envelope, identity: Identity) -> Request<'a> {
        Request {
            client: envelope.client,
            identity,
            helo: &envelope.helo,
            mail_from: &envelope.mail_from,
            receiver: None,
            now: 0,
            explanation: ExplanationWanted::No,
        }
    }

    /// The domain of the identity, where it has one.
    pub fn domain(&self) -> Option<&'a DomainName> {
        match (self.identity, self.mail_from) {
            // RFC 7208 §2.4: "When the reverse-path is null, this document
            // defines the "MAIL FROM" identity to be the mailbox composed of the
            // local-part "postmaster" and the "HELO" identity".
            (Identity::Helo, _) | (Identity::MailFrom, MailFrom::Null) => self.helo.domain.as_ref(),
            (Identity::MailFrom, MailFrom::Address { domain, .. }) => domain.as_ref(),
        }
    }

    /// The local part of the identity.
    pub(super) fn local_part(&self) -> &'a str {
        match (self.identity, self.mail_from) {
            (Identity::MailFrom, MailFrom::Address { local_part, .. }) if !local_part.is_empty() => {
                local_part
            }
            // RFC 7208 §4.3: "If the <sender> has no local-part, substitute the
            // string "postmaster" for the local-part."
            _ => "postmaster",
        }
    }
}

/// Checks whether the client may use the identity (RFC 7208 §4).
///
/// # Errors
/// [`Missing`] where answers are needed that are not known yet: the questions
/// are noted in `answers`; ask them and call again.
pub fn check_host(request: &Request<'_>, answers: &mut Answers<'_>) -> Result<Evaluation, Missing> {
    let Some(domain) = request.domain() else {
        return Ok(ended(None, Cause::NoDomain, &Limits::default()));
    };
    let mut session = Session {
        answers,
        client: canonical(request.client),
        values: MacroValues::new(request, domain),
        limits: Limits::default(),
        asked_ahead: 0,
    };
    match session.policy(domain) {
        Ok(Policy::Matched(matched)) => session.conclude(request, domain, matched),
        Ok(Policy::NoMatch(last)) => {
            let cause = Cause::NoMatch { domain: last.into_owned() };
            Ok(ended(Some(domain), cause, &session.limits))
        }
        Ok(Policy::None(cause)) | Err(Stop::Error(cause)) => Ok(ended(Some(domain), *cause, &session.limits)),
        Err(Stop::Missing) => Err(Missing),
    }
}

impl Evaluation {
    /// What there is to say where the client's address is not known.
    pub(crate) fn without_client(envelope: &Envelope, identity: Identity) -> Evaluation {
        let domain = Request::new(envelope, identity).domain();
        ended(domain, Cause::ClientUnknown, &Limits::default())
    }
}

/// An evaluation that ended without a match.
fn ended(domain: Option<&DomainName>, cause: Cause, limits: &Limits) -> Evaluation {
    Evaluation {
        result: cause.result(),
        domain: domain.cloned(),
        cause: Some(cause),
        explanation: None,
        lookups: limits.lookups,
        void_lookups: limits.void_lookups,
        decided_by: None,
    }
}

/// One evaluation: what it was asked, what it knows, what it has used up.
pub(super) struct Session<'r, 'm, 's> {
    pub(super) answers: &'m mut Answers<'s>,
    pub(super) client: IpAddr,
    pub(super) values: MacroValues<'r>,
    pub(super) limits: Limits,
    /// Includes whose records were asked for before they were reached.
    asked_ahead: usize,
}

/// Why an evaluation cannot go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// An answer is missing; the question is noted.
    Missing,
    /// An exception of RFC 7208 §4.6.2.
    Error(Box<Cause>),
}

impl From<Missing> for Stop {
    fn from(_: Missing) -> Stop {
        Stop::Missing
    }
}

impl From<Cause> for Stop {
    fn from(cause: Cause) -> Stop {
        Stop::Error(Box::new(cause))
    }
}

/// What a domain's policy says about the client.
enum Policy<'d> {
    /// A directive matched.
    Matched(Matched<'d>),
    /// None did; the record is that of this domain.
    NoMatch(Cow<'d, DomainName>),
    /// There is no policy.
    None(Box<Cause>),
}

/// The directive that decided, by its place in the record of `answer`, and the
/// domain whose record that is.
pub(super) struct Matched<'d> {
    pub(super) answer: Arc<Answer>,
    pub(super) index: usize,
    pub(super) result: SpfResult,
    pub(super) domain: Cow<'d, DomainName>,
}

impl Session<'_, '_, '_> {
    /// The policy of `first`, redirects followed.
    ///
    /// Includes call this again. Each include and each redirect is counted
    /// before it is followed, so that [`super::MAX_LOOKUPS`] bounds the depth of
    /// the calls and the length of the loop, whatever the records say.
    fn policy<'d>(&mut self, first: &'d DomainName) -> Result<Policy<'d>, Stop> {
        let mut domain = Cow::Borrowed(first);
        let mut redirected = false;
        loop {
            let answer = match self.record_of(&domain)? {
                Ok(answer) => answer,
                // RFC 7208 §6.1: "if no SPF record is found, or if the
                // <target-name> is malformed, the result is a "permerror" rather
                // than "none"."
                Err(_) if redirected => {
                    return Err(Cause::RedirectNotFound { target: domain.to_string() }.into());
                }
                Err(cause) => return Ok(Policy::None(cause)),
            };
            let record = valid_record(&answer, &domain)?;
            if let Some(index) = self.first_match(record, &domain)? {
                let result = record.directives()[index].qualifier.result();
                return Ok(Policy::Matched(Matched { answer, index, result, domain }));
            }
            // RFC 7208 §4.7: "If none of the mechanisms match and there is no
            // "redirect" modifier, then the check_host() returns a result of
            // "neutral"".
            let Some(spec) = record.redirect() else {
                return Ok(Policy::NoMatch(domain));
            };
            domain = Cow::Owned(self.redirect_target(spec, &domain)?);
            redirected = true;
        }
    }

    /// The answer that holds the SPF record or records of a domain, or why it has none.
    fn record_of(&mut self, domain: &DomainName) -> Result<Result<Arc<Answer>, Box<Cause>>, Stop> {
        // RFC 7208 §4.3: "If the <domain> is malformed … or is not a multi-label
        // domain name … check_host() immediately returns the result "none"."
        if !is_multi_label(domain) {
            return Ok(Err(Box::new(Cause::NoDomain)));
        }
        let answer = self.answers.get(QueryClass::Spf, domain, RecordType::Txt)?;
        if answer.is_void() && self.limits.lookups > 0 {
            // Of an include or a redirect; the first look-up of all is no
            // term's. It is permerror either way, and for the missing record.
            let _ = self.limits.count_void_lookup();
        }
        let domain = || domain.clone();
        match (&answer.outcome, answer.spf()) {
            // RFC 7208 §4.4: "If the DNS lookup returns a server failure …, or if
            // the lookup times out, then check_host() terminates immediately with
            // the result "temperror"."
            (Outcome::Failure(failure), _) => Err(dns_failure(&answer, *failure).into()),
            (Outcome::NxDomain, _) => Ok(Err(Box::new(Cause::NoSuchDomain { domain: domain() }))),
            (_, Selection::None) => Ok(Err(Box::new(Cause::NoRecord { domain: domain() }))),
            (_, Selection::One { .. } | Selection::Several { .. }) => Ok(Ok(answer)),
        }
    }

    /// The place of the first directive that matches.
    fn first_match(&mut self, record: &Record, domain: &DomainName) -> Result<Option<usize>, Stop> {
        // RFC 7208 §4.6.2: "Each mechanism is considered in turn from left to right."
        for (index, directive) in record.directives().iter().enumerate() {
            match self.matches(&directive.mechanism, domain) {
                Ok(false) => {}
                Ok(true) => return Ok(Some(index)),
                Err(stop) => {
                    if let (Stop::Missing, Mechanism::Include(_)) = (&stop, &directive.mechanism) {
                        self.ask_ahead(&record.directives()[index + 1..], domain);
                    }
                    return Err(stop);
                }
            }
        }
        Ok(None)
    }

    fn matches(&mut self, mechanism: &Mechanism, domain: &DomainName) -> Result<bool, Stop> {
        match mechanism {
            Mechanism::All => Ok(true),
            Mechanism::Ip4(network) => Ok(matches!(self.client, IpAddr::V4(ip) if network.contains(ip))),
            Mechanism::Ip6(network) => Ok(matches!(self.client, IpAddr::V6(ip) if network.contains(ip))),
            Mechanism::Include(spec) => self.include(spec, domain),
            Mechanism::A(spec, prefixes) => self.a(spec.as_ref(), *prefixes, domain),
            Mechanism::Mx(spec, prefixes) => self.mx(spec.as_ref(), *prefixes, domain),
            Mechanism::Ptr(spec) => self.ptr(spec.as_ref(), domain),
            Mechanism::Exists(spec) => self.exists(spec, domain),
        }
    }

    /// "include" (RFC 7208 §5.2): matches where the policy of the target passes.
    fn include(&mut self, spec: &DomainSpec, domain: &DomainName) -> Result<bool, Stop> {
        self.limits.count_lookup()?;
        let Some(target) = self.target(Some(spec), domain)? else {
            // RFC 8616 §4: a term with the local part of a sender that is not
            // ASCII does not match.
            if self.values.is_unusable(spec) {
                return Ok(false);
            }
            return Err(Cause::IncludeNotFound { target: spec.to_string() }.into());
        };
        match self.policy(&target)? {
            Policy::Matched(matched) => Ok(matched.result == SpfResult::Pass),
            Policy::NoMatch(_) => Ok(false),
            // RFC 7208 §5.2: "none" causes the mechanism to "return permerror".
            Policy::None(_) => Err(Cause::IncludeNotFound { target: target.to_string() }.into()),
        }
    }

    fn redirect_target(&mut self, spec: &DomainSpec, domain: &DomainName) -> Result<DomainName, Stop> {
        self.limits.count_lookup()?;
        match self.target(Some(spec), domain)? {
            Some(target) => Ok(target.into_owned()),
            None => Err(Cause::RedirectNotFound { target: spec.to_string() }.into()),
        }
    }

    /// The target-name of a term (RFC 7208 §4.8); `None` where it is no domain name.
    pub(super) fn target<'d>(
        &mut self,
        spec: Option<&'d DomainSpec>,
        domain: &'d DomainName,
    ) -> Result<Option<Cow<'d, DomainName>>, Stop> {
        match spec {
            // RFC 7208 §4.8: "If it is not provided, the <domain> from the
            // check_host() arguments … is used as the <target-name>."
            None => Ok(Some(Cow::Borrowed(domain))),
            Some(DomainSpec::Name(name)) => Ok(Some(Cow::Borrowed(name))),
            Some(DomainSpec::NoName(_)) => Ok(None),
            Some(DomainSpec::Macros(string)) => {
                let validated = match string.uses(MacroLetter::ValidatedName) {
                    true => self.validated_name(domain)?,
                    false => None,
                };
                Ok(self.values.name(string, domain, validated.as_ref()).map(Cow::Owned))
            }
        }
    }

    /// Asks for the records of the includes that follow one whose answer is
    /// missing, as far as nothing but addresses and names stands between them,
    /// so that they travel together. Nothing is asked that is past the limits.
    fn ask_ahead(&mut self, directives: &[Directive], domain: &DomainName) {
        for directive in directives {
            match &directive.mechanism {
                Mechanism::Include(DomainSpec::Name(name))
                    if self.asked_ahead < self.limits.lookups_left() =>
                {
                    self.asked_ahead += 1;
                    if is_multi_label(name) {
                        self.answers.prefetch(QueryClass::Spf, name, RecordType::Txt);
                    }
                }
                address @ (Mechanism::Ip4(_) | Mechanism::Ip6(_))
                    if matches!(self.matches(address, domain), Ok(false)) => {}
                _ => return,
            }
        }
    }

    fn conclude(
        &mut self,
        request: &Request<'_>,
        domain: &DomainName,
        matched: Matched<'_>,
    ) -> Result<Evaluation, Missing> {
        let (lookups, void_lookups) = (self.limits.lookups, self.limits.void_lookups);
        let explanation = match (matched.result, request.explanation) {
            (SpfResult::Fail, ExplanationWanted::Yes) => self.explain(&matched)?,
            _ => None,
        };
        let Matched { answer, index, result, domain: last } = matched;
        let redirected_to = (*last != *domain).then(|| last.into_owned());
        Ok(Evaluation {
            result,
            domain: Some(domain.clone()),
            cause: None,
            explanation,
            lookups,
            void_lookups,
            decided_by: Some(DecidedBy { answer, index, redirected_to }),
        })
    }
}

/// The one record of an answer that has some, without errors.
fn valid_record<'a>(answer: &'a Answer, domain: &DomainName) -> Result<&'a Record, Cause> {
    match answer.spf() {
        // RFC 7208 §4.6: "if there are any syntax errors anywhere in the record,
        // check_host() returns immediately with the result "permerror"".
        Selection::One { record, .. } => match record.first_error() {
            None => Ok(record),
            Some((error, span)) => Err(Cause::Syntax { domain: domain.clone(), error, span }),
        },
        // RFC 7208 §4.5: "If the resultant record set includes more than one
        // record, check_host() produces the "permerror" result."
        Selection::Several { indexes } => {
            Err(Cause::MultipleRecords { domain: domain.clone(), count: indexes.len() })
        }
        Selection::None => Err(Cause::NoRecord { domain: domain.clone() }),
    }
}

pub(super) fn dns_failure(answer: &Answer, failure: Failure) -> Cause {
    Cause::Dns { question: answer.question.clone(), failure }
}

fn is_multi_label(domain: &DomainName) -> bool {
    memchr::memchr(b'.', domain.as_str().as_bytes()).is_some()
}
