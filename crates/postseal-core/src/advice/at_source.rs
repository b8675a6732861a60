use std::net::IpAddr;

use super::{Cause, CheckReport, PolicyFetch, SpfState};
use crate::dns::{DomainName, Failure, Question, RecordType, Records};

/// What [`check`](super::check) cannot see in a resolver's answers: what each authoritative server
/// says by itself, which names DNSSEC makes fail, the TLSA records with their proof, and the MTA-STS Policy.
#[derive(Clone, Debug, Default)]
pub struct AtSource {
    /// What the name servers of the domain's zone say, question by question.
    pub answers: Vec<SourceAnswers>,
    /// Questions that fail by DNSSEC alone.
    pub bogus: Vec<Question>,
    /// Questions whose answers DNSSEC proves, as the resolver says (AD).
    pub authentic: Vec<Question>,
    /// TLSA records of the mail exchanges.
    pub tlsa: Vec<ExchangeTlsa>,
    /// The MTA-STS Policy.
    pub policy: PolicyFetch,
}

/// What the resolver says of DNSSEC for the domain, in the words of RFC 4035 §4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnssecState {
    /// Its answer is proven.
    Secure,
    /// It fails the question because the proof does not hold.
    Bogus,
}

impl DnssecState {
    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            DnssecState::Secure => "secure",
            DnssecState::Bogus => "bogus",
        }
    }
}

/// What all servers of a zone say to one question.
#[derive(Clone, Debug)]
pub struct SourceAnswers {
    /// The question.
    pub question: Question,
    /// What each says.
    pub servers: Vec<(SourceServer, ServerSays)>,
}

/// One name server at one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceServer {
    /// The host that the NS record names.
    pub host: Option<DomainName>,
    /// Its address.
    pub address: IpAddr,
}

/// What one authoritative server says to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerSays {
    /// These records.
    Records(Records),
    /// An alias of this name.
    Alias(DomainName),
    /// There is nothing.
    Nothing,
    /// It sends us to another zone's servers.
    Elsewhere,
    /// It does not answer as an authority.
    Lame(Failure),
    /// No answer.
    Silent(Failure),
}

/// The TLSA records of one mail exchange.
#[derive(Clone, Debug)]
pub struct ExchangeTlsa {
    /// Where they stand: `_25._tcp.mail.contoso.example`.
    pub name: DomainName,
    /// Certificate usage, selector, matching type, association data.
    pub records: Vec<(u8, u8, u8, Vec<u8>)>,
    /// True where the resolver says that DNSSEC proves them (AD).
    pub authentic: bool,
}

/// What is to be asked for an [`AtSource`].
#[derive(Clone, Debug, Default)]
pub struct SourceQuestions {
    /// Questions for each name server of the zone of `domain`.
    pub servers: Vec<Question>,
    /// Questions for the resolver, with DNSSEC and without.
    pub dnssec: Vec<Question>,
    /// Names whose TLSA records are asked for, with the proof.
    pub tlsa: Vec<DomainName>,
    /// The host whose MTA-STS Policy is fetched, where there is a record of it.
    pub policy: Option<DomainName>,
}

/// Selectors that are asked of each server.
const MAX_SELECTORS: usize = 3;

/// Names of failed questions that are looked into.
const MAX_FAILED: usize = 4;

/// Mail exchanges whose TLSA records are asked for.
const MAX_EXCHANGES: usize = 5;

impl CheckReport {
    /// What to ask at the source, once the resolver has answered. Nothing where the domain does not
    /// exist, or no answer reaches us.
    pub fn source_questions(&self) -> SourceQuestions {
        match &self.spf.state {
            SpfState::None { exists: false, .. } => return SourceQuestions::default(),
            SpfState::Failed(failure) if *failure != Failure::ServFail => return SourceQuestions::default(),
            _ => {}
        }
        let domain = &self.domain;
        let mut servers = vec![
            Question::new(domain.clone(), RecordType::Txt),
            Question::new(domain.clone(), RecordType::Mx),
        ];
        let below = |prefix: &str| domain.with_prefix(prefix).ok();
        servers.extend(below("_dmarc").map(|name| Question::new(name, RecordType::Txt)));
        let keys = self.dkim.iter().take(MAX_SELECTORS);
        let keys = keys.filter_map(|key| below(&format!("{}._domainkey", key.selector)));
        servers.extend(keys.map(|name| Question::new(name, RecordType::Txt)));
        let tlsa = self.exchanges.iter().take(MAX_EXCHANGES);
        let tlsa = tlsa.filter_map(|exchange| exchange.with_prefix("_25._tcp").ok()).collect();
        SourceQuestions { dnssec: self.suspicious(), servers, tlsa, policy: self.policy_host() }
    }

    /// What was seen of the domain itself.
    pub(super) fn dnssec_state(&self, seen: &AtSource) -> Option<DnssecState> {
        let is_ours = |question: &Question| question.name == self.domain;
        if seen.bogus.iter().any(is_ours) {
            Some(DnssecState::Bogus)
        } else {
            seen.authentic.iter().any(is_ours).then_some(DnssecState::Secure)
        }
    }

    /// RFC 8461 §3.3: the host is made of the Policy Domain. `None` where no record announces a policy.
    pub(super) fn policy_host(&self) -> Option<DomainName> {
        self.mta_sts.record.as_ref().and_then(|_| self.domain.with_prefix("mta-sts").ok())
    }

    /// The domain itself, and what the resolver failed to answer.
    fn suspicious(&self) -> Vec<Question> {
        let mut questions = vec![Question::new(self.domain.clone(), RecordType::Txt)];
        for finding in &self.findings {
            let (Cause::DnsError { record_type, failure: Failure::ServFail }, Some(name)) =
                (&finding.cause, &finding.name)
            else {
                continue;
            };
            let question = Question::new(name.clone(), *record_type);
            if questions.len() <= MAX_FAILED && !questions.contains(&question) {
                questions.push(question);
            }
        }
        questions
    }
}
