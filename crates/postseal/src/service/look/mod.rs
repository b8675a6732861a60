//! Looking: what the world sees of a selector, asked at the source. The rules of what it
//! means are `postseal_core::hosting`; what is here asks.

mod own_signature;
mod ownership_reading;

use std::net::Ipv4Addr;
use std::sync::Arc;

use postseal_core::dkim::Selector;
use postseal_core::dns::{Answer, DomainName, Outcome, Question, RecordType, Records, TxtRecord};
use postseal_core::hosting::{
    Conclusion, Expected, Finding, HostedReading, KEY_TTL, OutsideSignature, Said, classify, conclude,
};
use postseal_dns::ask::Resolver;
use postseal_dns::ask::authoritative::{Authoritative, NoServers, Observation, ServerAnswer};
use postseal_store::Sighting;
use zeroize::Zeroizing;

use own_signature::verify_own_signature;

/// Whom is asked.
pub(super) struct Looker {
    /// The servers of any name.
    pub(super) authoritative: Authoritative,
    /// This node's own listeners of the hosting zone; `None` where others serve it.
    pub(super) own: Option<Authoritative>,
    /// A resolver whose answers are not kept by us.
    pub(super) outside: Arc<Resolver>,
}

/// A selector that is looked for.
#[derive(Clone, Copy)]
pub(super) struct Sought<'a> {
    pub(super) domain: &'a DomainName,
    pub(super) selector: &'a Selector,
    pub(super) expected: &'a Expected,
    /// The text of its key record.
    pub(super) record: &'a str,
    /// True for an initial domain, which lies in our own zone.
    pub(super) initial: bool,
}

/// What a look has shown.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) conclusion: Conclusion,
    pub(super) sightings: Vec<Sighting>,
}

impl Looker {
    /// Looks for a selector at every server of its owner, at every server of the hosting zone, and
    /// at what somebody who verifies a signature gets. `pkcs8` is the selector's private key.
    pub(super) async fn look(&self, sought: Sought<'_>, pkcs8: Zeroizing<Vec<u8>>, now: u64) -> Seen {
        let Ok(name) = sought.selector.key_name(sought.domain) else { return Seen::nothing() };
        let found = match &self.own {
            Some(own) if sought.initial => own.look(&name).await,
            _ => self.authoritative.look(&name).await,
        };
        let found = match found {
            Ok(found) => found,
            Err(error) => return Seen::nobody_to_ask(sought.domain, &error),
        };
        let doubled = self.look_doubled(&name, sought, &found).await;
        let finding = |answer: &ServerAnswer<Said>| {
            let twice = doubled.as_ref().and_then(|(twice, observation)| {
                let same = observation.servers.iter().find(|other| other.address == answer.address)?;
                Some((twice, &same.outcome))
            });
            classify(sought.expected, &answer.outcome, twice, now)
        };
        let findings: Vec<Finding> = found.servers.iter().map(finding).collect();
        let mut sightings: Vec<Sighting> =
            found.servers.iter().zip(&findings).map(|(server, f)| sighting(&found.zone, server, f)).collect();
        if !findings.contains(&Finding::Right) {
            return Seen { conclusion: conclude(&findings, &[], OutsideSignature::NoAnswer), sightings };
        }
        let hosted = self.look_at_hosted(sought, &mut sightings).await;
        let asked = if sought.initial { first_texts(&found, &name) } else { None };
        let outside = verify_own_signature(sought, pkcs8, asked, &self.outside, now).await;
        Seen { conclusion: conclude(&findings, &hosted, outside), sightings }
    }

    /// The name with the domain twice, asked where some server has nothing at the right one.
    async fn look_doubled(
        &self,
        name: &DomainName,
        sought: Sought<'_>,
        found: &Observation<Said>,
    ) -> Option<(DomainName, Observation<Said>)> {
        let absent = |said: &Said| matches!(said, Said::NoData(_) | Said::NxDomain(_));
        if sought.initial || !found.servers.iter().any(|server| absent(&server.outcome)) {
            return None;
        }
        let twice = DomainName::join(&[name.as_str(), sought.domain.as_str()]).ok()?;
        let observation = self.authoritative.look(&twice).await.ok()?;
        Some((twice, observation))
    }

    /// The hosted key record at each name server of the hosting zone, our own listeners included.
    async fn look_at_hosted(&self, sought: Sought<'_>, sightings: &mut Vec<Sighting>) -> Vec<HostedReading> {
        let Expected::Cname { target, .. } = sought.expected else { return Vec::new() };
        let expected = Expected::Txt { record: sought.record.to_owned() };
        let own = async {
            match &self.own {
                Some(own) => own.look(target).await.ok(),
                None => None,
            }
        };
        let (own, public) = tokio::join!(own, self.authoritative.look(target));
        let mut readings = Vec::new();
        for observation in own.iter().chain(&public.ok()) {
            for server in &observation.servers {
                let reading = match (&server.outcome, classify(&expected, &server.outcome, None, 0)) {
                    (Said::Silent(_), _) => HostedReading::NoAnswer,
                    (_, Finding::Right) => HostedReading::Same,
                    _ => HostedReading::Different,
                };
                readings.push(reading);
                let known = sightings.iter().any(|other| other.address == server.address.ip());
                if reading != HostedReading::Same && !known {
                    sightings.push(hosted_sighting(&observation.zone, server, reading));
                }
            }
        }
        if readings.is_empty() {
            readings.push(HostedReading::NoAnswer);
        }
        readings
    }

    /// What each authoritative server says at `_postseal.<domain>`.
    pub(super) async fn read_token(
        &self,
        domain: &DomainName,
    ) -> Result<ownership_reading::TokenSighting, NoServers> {
        ownership_reading::read(&self.authoritative, domain).await
    }
}

pub(super) use ownership_reading::TokenSighting;

impl Seen {
    /// Nobody could be asked, which says nothing of the record; why is to be shown.
    fn nobody_to_ask(domain: &DomainName, error: &NoServers) -> Seen {
        let sighting = Sighting {
            server: domain.clone(),
            address: Ipv4Addr::UNSPECIFIED.into(),
            finding: NO_SERVERS.to_owned(),
            detail: error.to_string(),
            others_may_hold_until: None,
        };
        Seen { conclusion: Conclusion::NoAnswer, sightings: vec![sighting] }
    }

    /// There is no such name.
    fn nothing() -> Seen {
        Seen { conclusion: Conclusion::NoAnswer, sightings: Vec::new() }
    }
}

/// The TXT records that the first server with any has: what the world gets of our own zone.
fn first_texts(found: &Observation<Said>, name: &DomainName) -> Option<Answer> {
    let texts = found.servers.iter().find_map(|server| match &server.outcome {
        Said::Txt(texts) => Some(texts.clone()),
        _ => None,
    })?;
    Some(answer(name, texts))
}

fn answer(name: &DomainName, texts: Vec<TxtRecord>) -> Answer {
    let question = Question::new(name.clone(), RecordType::Txt);
    Answer::new(question, Outcome::Records(Records::Txt(texts)), KEY_TTL)
}

/// Where no server could be asked.
const NO_SERVERS: &str = "no_servers";

/// As it is kept. A server that was configured by its address has the name of its zone.
fn sighting(zone: &DomainName, server: &ServerAnswer<Said>, finding: &Finding) -> Sighting {
    let detail = match finding {
        Finding::WrongTarget { target, .. } => target.to_string(),
        Finding::DoubledSuffix { at } => at.to_string(),
        Finding::NoAnswer(failure) => failure.as_str().to_owned(),
        Finding::Proxied => addresses(&server.outcome),
        Finding::Right | Finding::TxtInstead | Finding::WrongTxt | Finding::Absent { .. } => String::new(),
    };
    let others_may_hold_until = match finding {
        Finding::Absent { others_may_hold_until, .. } => Some(*others_may_hold_until),
        _ => None,
    };
    Sighting {
        server: server.server.clone().unwrap_or_else(|| zone.clone()),
        address: server.address.ip(),
        finding: finding.token().to_owned(),
        detail,
        others_may_hold_until,
    }
}

fn addresses(said: &Said) -> String {
    let Said::Addresses(all) = said else { return String::new() };
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn hosted_sighting(zone: &DomainName, server: &ServerAnswer<Said>, reading: HostedReading) -> Sighting {
    let finding = match reading {
        HostedReading::Same => "hosted_same",
        HostedReading::Different => "hosted_differs",
        HostedReading::NoAnswer => "hosted_no_answer",
    };
    Sighting {
        server: server.server.clone().unwrap_or_else(|| zone.clone()),
        address: server.address.ip(),
        finding: finding.to_owned(),
        detail: String::new(),
        others_may_hold_until: None,
    }
}
