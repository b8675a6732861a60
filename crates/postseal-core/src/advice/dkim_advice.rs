use std::net::IpAddr;
use std::sync::Arc;

use super::dkim_key_advice::{self, KeyPlace, is_meant_as_key};
use super::mx_advice::alias_target;
use super::{Cause, CheckRequest, Finding, Fix, dkim_cname, ttl_advice};
use crate::dkim::{KeyRecord, KeyType, PublicKeyError, Selector};
use crate::dns::{
    Answer, Answers, DomainName, Failure, Missing, Outcome, QueryClass, RecordType, Records, TxtRecord,
};

/// Selectors that are asked for where none is given.
pub const USUAL_SELECTORS: [&str; 9] =
    ["default", "selector1", "selector2", "google", "mail", "s1", "s2", "k1", "dkim"];

/// A selector that nobody has: what answers there answers everywhere.
const NOBODYS: &str = "postseal-no-such-selector";

/// What DKIM says for a domain.
pub(super) struct Dkim {
    pub(super) findings: Vec<Finding>,
    pub(super) keys: Vec<DkimKey>,
    /// No selector was given, and none of the usual ones answers.
    pub(super) none_found: bool,
}

/// One selector that was given, or answers.
#[derive(Clone, Debug)]
pub struct DkimKey {
    /// The selector.
    pub selector: Selector,
    /// What it is an alias of.
    pub cname: Option<DomainName>,
    /// The key's algorithm, where there is a key.
    pub algorithm: Option<KeyType>,
    /// Bits of the key, where they are known.
    pub bits: Option<u32>,
    /// What becomes of signatures made with it.
    pub state: KeyState,
}

/// What becomes of signatures made with a selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// They can pass.
    Valid,
    /// They can pass, and may count as no signature: `t=y`.
    Testing,
    /// The key was revoked.
    Revoked,
    /// There is no key.
    Missing,
    /// There is something, but no usable key.
    Invalid,
    /// The DNS gave no usable answer.
    Unknown,
}

impl KeyState {
    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyState::Valid => "valid",
            KeyState::Testing => "testing",
            KeyState::Revoked => "revoked",
            KeyState::Missing => "missing",
            KeyState::Invalid => "invalid",
            KeyState::Unknown => "unknown",
        }
    }

    /// True where a signature can pass.
    pub fn is_usable(self) -> bool {
        matches!(self, KeyState::Valid | KeyState::Testing)
    }
}

/// Looks at the given selectors, or else at the usual ones.
pub(super) fn examine(request: &CheckRequest, answers: &mut Answers<'_>) -> Result<Dkim, Missing> {
    let domain = request.signing_domain();
    let given = !request.selectors.is_empty();
    let usual = || USUAL_SELECTORS.iter().filter_map(|text| Selector::parse(text).ok());
    let selectors: Vec<Selector> = if given { request.selectors.clone() } else { usual().collect() };
    let wildcard = wildcard(domain, answers);
    let looked: Vec<_> =
        selectors.iter().map(|selector| Looked::up(selector, domain, given, answers)).collect();
    let wildcard = wildcard?;
    let mut dkim = Dkim { findings: Vec::new(), keys: Vec::new(), none_found: false };
    let mut failed = None;
    for looked in looked {
        let mut looked = looked?;
        if let (Some(failure), false) = (looked.txt.outcome.failure(), given) {
            failed.get_or_insert((failure, looked.name.clone()));
            continue;
        }
        if wildcard.is_some() {
            // Where any name answers, the doubled one does too.
            looked.doubled = None;
        }
        let is_real = given || !wildcard.as_ref().is_some_and(|answer| answer.txt() == looked.txt.txt());
        if is_real {
            judge(&looked, domain, given, &mut dkim);
        }
    }
    if let Some(answer) = wildcard {
        let name = &answer.question.name;
        let finding = answer
            .txt()
            .first()
            .map(|text| Finding::in_record(Cause::DkimWildcard, name, text, 0..text.octets.len()));
        dkim.findings.extend(finding);
    }
    dkim.none_found = !given && dkim.keys.is_empty();
    if let (Some((failure, name)), true) = (failed, dkim.none_found) {
        dkim.none_found = false;
        let cause = Cause::DnsError { record_type: RecordType::Txt, failure };
        dkim.findings.push(Finding::at(cause, &name));
    }
    only_ed25519(&mut dkim, domain);
    Ok(dkim)
}

/// The answer at a selector that nobody has, where there is one.
fn wildcard(domain: &DomainName, answers: &mut Answers<'_>) -> Result<Option<Arc<Answer>>, Missing> {
    let Ok(name) = DomainName::join(&[NOBODYS, "_domainkey", domain.as_str()]) else { return Ok(None) };
    let answer = answers.get(QueryClass::Other, &name, RecordType::Txt)?;
    Ok(matches!(answer.outcome, Outcome::Records(_)).then_some(answer))
}

/// Everything that was asked about one selector.
struct Looked {
    selector: Selector,
    name: DomainName,
    txt: Arc<Answer>,
    cname: Arc<Answer>,
    /// An address in the place of a CNAME.
    address: Option<IpAddr>,
    /// The name with the domain added twice, where a key is there.
    doubled: Option<Arc<Answer>>,
}

impl Looked {
    fn up(
        selector: &Selector,
        domain: &DomainName,
        given: bool,
        answers: &mut Answers<'_>,
    ) -> Result<Looked, Missing> {
        let name = selector.key_name(domain).unwrap_or_else(|_| domain.clone());
        let class = if given { QueryClass::AlignedKey } else { QueryClass::Other };
        let txt = answers.get(class, &name, RecordType::Txt);
        let cname = answers.get(QueryClass::Other, &name, RecordType::Cname);
        let (txt, cname) = (txt?, cname?);
        let mut looked =
            Looked { selector: selector.clone(), name, txt, cname, address: None, doubled: None };
        if looked.txt.is_void() && alias_target(&looked.cname).is_none() {
            let address = looked.address(answers);
            let doubled = looked.doubled(domain, answers);
            (looked.address, looked.doubled) = (address?, doubled?);
        }
        Ok(looked)
    }

    fn address(&self, answers: &mut Answers<'_>) -> Result<Option<IpAddr>, Missing> {
        if self.txt.outcome != Outcome::NoData || !dkim_cname::is_hosted(&self.selector) {
            return Ok(None);
        }
        let ip4 = answers.get(QueryClass::Other, &self.name, RecordType::A);
        let ip6 = answers.get(QueryClass::Other, &self.name, RecordType::Aaaa);
        Ok(match (&ip4?.outcome, &ip6?.outcome) {
            (Outcome::Records(Records::A(set)), _) => set.first().map(|ip| IpAddr::V4(*ip)),
            (_, Outcome::Records(Records::Aaaa(set))) => set.first().map(|ip| IpAddr::V6(*ip)),
            _ => None,
        })
    }

    fn doubled(
        &self,
        domain: &DomainName,
        answers: &mut Answers<'_>,
    ) -> Result<Option<Arc<Answer>>, Missing> {
        let Ok(name) = DomainName::join(&[self.name.as_str(), domain.as_str()]) else { return Ok(None) };
        let answer = answers.get(QueryClass::Other, &name, RecordType::Txt)?;
        let is_key = |text: &TxtRecord| is_meant_as_key(&text.octets);
        Ok(answer.txt().iter().any(is_key).then_some(answer))
    }
}

fn judge(looked: &Looked, domain: &DomainName, given: bool, dkim: &mut Dkim) {
    let selector = || looked.selector.clone();
    let target = alias_target(&looked.cname);
    let state = match &looked.txt.outcome {
        Outcome::Failure(failure) => {
            dkim.findings.push(dns_error(*failure, &looked.name));
            KeyState::Unknown
        }
        Outcome::NoData | Outcome::NxDomain => {
            dkim.findings.extend(nothing(looked, target, given));
            KeyState::Missing
        }
        Outcome::Records(_) => {
            dkim.findings.extend(something(looked, target.is_some()));
            state(&looked.txt)
        }
    };
    if let Some((target, right)) =
        target.and_then(|t| Some((t, dkim_cname::expected(&looked.selector, domain, t)?)))
    {
        let cause =
            Cause::DkimCnameWrong { selector: selector(), target: target.clone(), expected: right.clone() };
        dkim.findings.push(Finding::at(cause, &looked.name).with_fix(Some(cname_fix(&looked.name, right))));
    }
    let own = if target.is_some() { &looked.cname } else { &looked.txt };
    if matches!(own.outcome, Outcome::Records(_)) {
        dkim.findings.extend(ttl_advice::judge(own, &looked.name));
    }
    // Of the usual selectors only those that answer are worth a word.
    if given || target.is_some() || looked.address.is_some() || state != KeyState::Missing {
        let record = only_record(&looked.txt);
        let bits = |r: &KeyRecord| match &r.key {
            Ok(key) => Some(key.bits()),
            Err(error) => error.bits(),
        };
        dkim.keys.push(DkimKey {
            selector: selector(),
            cname: target.cloned(),
            algorithm: record.map(|r| r.key_type),
            bits: record.and_then(bits),
            state,
        });
    }
}

fn dns_error(failure: Failure, name: &DomainName) -> Finding {
    Finding::at(Cause::DnsError { record_type: RecordType::Txt, failure }, name)
}

fn cname_fix(name: &DomainName, target: String) -> Fix {
    Fix { record_type: RecordType::Cname, name: name.clone(), value: target, ttl: Fix::TTL }
}

/// Where there is no text record at the selector.
fn nothing(looked: &Looked, target: Option<&DomainName>, given: bool) -> Vec<Finding> {
    let selector = || looked.selector.clone();
    let name = &looked.name;
    let mut findings = Vec::new();
    if let Some(address) = looked.address {
        findings.push(Finding::at(Cause::DkimProxied { selector: selector(), address }, name));
    }
    if let Some(doubled) = &looked.doubled {
        let found_at = doubled.question.name.clone();
        let text = doubled.txt().iter().find(|text| is_meant_as_key(&text.octets));
        let fix =
            text.and_then(|text| std::str::from_utf8(&text.octets).ok()).map(|text| Fix::txt(name, text));
        let cause = Cause::DkimDoubledSuffix { selector: selector(), found_at: found_at.clone() };
        let finding = match text {
            Some(text) => Finding::in_record(cause, &found_at, text, 0..text.octets.len()),
            None => Finding::at(cause, &found_at),
        };
        findings.push(finding.with_fix(fix));
    }
    match target {
        Some(target) if looked.txt.outcome == Outcome::NxDomain => {
            let cause = Cause::DkimCnameDangling { selector: selector(), target: target.clone() };
            findings.push(Finding::at(cause, name));
        }
        Some(_) => findings.push(Finding::at(Cause::DkimKeyMissing { selector: selector() }, name)),
        None if given => findings.push(Finding::at(Cause::DkimKeyMissing { selector: selector() }, name)),
        None => {}
    }
    findings
}

/// Where there are text records at the selector.
fn something(looked: &Looked, is_alias: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let name = &looked.name;
    if let [_, second, ..] = looked.txt.txt() {
        let cause =
            Cause::DkimKeyMultiple { selector: looked.selector.clone(), count: looked.txt.txt().len() };
        findings.push(Finding::in_record(cause, name, second, 0..second.octets.len()));
        return findings;
    }
    for (text, read) in looked.txt.txt().iter().zip(looked.txt.key_records()) {
        if !is_alias && dkim_cname::is_hosted(&looked.selector) && !is_meant_as_key(&text.octets) {
            findings.push(not_cname(looked, text));
        } else {
            dkim_key_advice::judge(read, KeyPlace { selector: &looked.selector, name, text }, &mut findings);
        }
    }
    findings
}

/// A text in the place of a CNAME: most often its target.
fn not_cname(looked: &Looked, text: &TxtRecord) -> Finding {
    let target = std::str::from_utf8(&text.octets).ok();
    let target = target.map(|target| target.trim().trim_matches('"').trim_end_matches('.'));
    let target = target.filter(|t| t.contains('.')).and_then(|t| DomainName::parse(t).ok());
    let fix = target.map(|target| cname_fix(&looked.name, target.to_string()));
    let cause = Cause::DkimTxtNotCname { selector: looked.selector.clone() };
    Finding::in_record(cause, &looked.name, text, 0..text.octets.len()).with_fix(fix)
}

fn only_record(answer: &Answer) -> Option<&KeyRecord> {
    match answer.key_records() {
        [Ok(record)] => Some(record),
        _ => None,
    }
}

fn state(answer: &Answer) -> KeyState {
    let Some(record) = only_record(answer) else { return KeyState::Invalid };
    match &record.key {
        Err(PublicKeyError::Revoked) => KeyState::Revoked,
        Err(_) => KeyState::Invalid,
        Ok(_) if !record.hashes.sha256 || !record.is_for_email => KeyState::Invalid,
        Ok(_) if record.testing => KeyState::Testing,
        Ok(_) => KeyState::Valid,
    }
}

fn only_ed25519(dkim: &mut Dkim, domain: &DomainName) {
    let usable = || dkim.keys.iter().filter(|key| key.state.is_usable());
    let has_rsa = usable().any(|key| key.algorithm == Some(KeyType::Rsa));
    let ed25519 = usable().find(|key| key.algorithm == Some(KeyType::Ed25519));
    if let (Some(key), false) = (ed25519, has_rsa) {
        let selector = key.selector.clone();
        let name = selector.key_name(domain).unwrap_or_else(|_| domain.clone());
        dkim.findings.push(Finding::at(Cause::DkimEd25519Only { selector }, &name));
    }
}
