use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::at_source::{AtSource, ServerSays, SourceAnswers, SourceServer};
use super::{Cause, Finding, dane_advice, lossy};
use crate::dns::{DomainName, Failure, Records};

/// What is to be said of what was seen at the source.
pub(super) fn judge(seen: &AtSource, domain: &DomainName) -> Vec<Finding> {
    let mut findings = servers(&seen.answers, domain);
    findings.extend(seen.answers.iter().filter_map(differing));
    findings.extend(seen.bogus.iter().map(|question| {
        Finding::at(Cause::DnssecBogus { record_type: question.record_type }, &question.name)
    }));
    findings.extend(seen.tlsa.iter().flat_map(dane_advice::judge));
    findings
}

/// Servers that are lame, or say nothing at all.
fn servers(answers: &[SourceAnswers], domain: &DomainName) -> Vec<Finding> {
    let mut said: Vec<(&SourceServer, Vec<&ServerSays>)> = Vec::new();
    for (server, says) in answers.iter().flat_map(|answers| &answers.servers) {
        match said.iter_mut().find(|(known, _)| *known == server) {
            Some((_, all)) => all.push(says),
            None => said.push((server, vec![says])),
        }
    }
    let finding = |(server, said): (&SourceServer, Vec<&ServerSays>)| {
        let server = server.to_string();
        let lame = said.iter().find_map(|says| match says {
            ServerSays::Lame(failure) => Some(*failure),
            _ => None,
        });
        let is_silent = said.iter().all(|says| is_silence(says));
        let cause = match lame {
            Some(failure) => Cause::NsLame { server, failure },
            None if is_silent => Cause::DnsServerSilent { server },
            None => return None,
        };
        Some(Finding::at(cause, domain))
    };
    said.into_iter().filter_map(finding).collect()
}

/// A question that was not asked, for want of time, says nothing about the server.
fn is_silence(says: &ServerSays) -> bool {
    matches!(says, ServerSays::Silent(Failure::Timeout | Failure::Unreachable))
}

/// The finding that servers do not agree, whatever the order of their records.
fn differing(answers: &SourceAnswers) -> Option<Finding> {
    let mut groups: BTreeMap<BTreeSet<Vec<u8>>, Vec<String>> = BTreeMap::new();
    for (server, says) in &answers.servers {
        if let Some(values) = values(says) {
            groups.entry(values).or_default().push(server.to_string());
        }
    }
    if groups.len() < 2 {
        return None;
    }
    let group = |(values, servers): (&BTreeSet<Vec<u8>>, &Vec<String>)| {
        let values: Vec<String> = values.iter().map(|value| shortened(&lossy(value))).collect();
        let values = if values.is_empty() { "-".to_owned() } else { values.join(" | ") };
        format!("{}: {values}", servers.join(", "))
    };
    let mut groups: Vec<_> = groups.iter().collect();
    groups.sort_by_key(|(_, servers)| std::cmp::Reverse(servers.len()));
    let said = groups.into_iter().map(group).collect::<Vec<_>>().join("; ");
    let cause = Cause::DnsServersDiffer { record_type: answers.question.record_type, said };
    Some(Finding::at(cause, &answers.question.name))
}

/// The records as texts; `None` where the server does not answer for the name.
fn values(says: &ServerSays) -> Option<BTreeSet<Vec<u8>>> {
    let records = match says {
        ServerSays::Records(records) => records,
        ServerSays::Alias(target) => return Some(BTreeSet::from([format!("CNAME {target}").into_bytes()])),
        ServerSays::Nothing => return Some(BTreeSet::new()),
        ServerSays::Elsewhere | ServerSays::Lame(_) | ServerSays::Silent(_) => return None,
    };
    let text = |text: &dyn fmt::Display| text.to_string().into_bytes();
    Some(match records {
        Records::A(all) => all.iter().map(|address| text(address)).collect(),
        Records::Aaaa(all) => all.iter().map(|address| text(address)).collect(),
        Records::Cname(target) => BTreeSet::from([text(target)]),
        Records::Mx(all) => all
            .iter()
            .map(|mx| {
                let exchange = mx.exchange.as_ref().map_or(".", |exchange| exchange.as_str());
                text(&format_args!("{} {exchange}", mx.preference))
            })
            .collect(),
        Records::Ns(all) | Records::Ptr(all) => all.iter().map(|name| text(name)).collect(),
        // The serial differs while a zone is on its way to the secondaries; what counts are the records.
        Records::Soa { primary, .. } => BTreeSet::from([text(primary)]),
        Records::Spf(all) | Records::Txt(all) => all.iter().map(|record| record.octets.clone()).collect(),
        Records::Tlsa(all) => all.iter().map(dane_advice::text).map(String::into_bytes).collect(),
    })
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_SHOWN {
        return text.to_owned();
    }
    text.chars().take(MAX_SHOWN).chain(['…']).collect()
}

impl fmt::Display for SourceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) => write!(f, "{host} ({})", self.address),
            None => write!(f, "{}", self.address),
        }
    }
}

/// Characters of a record that are shown where servers differ.
const MAX_SHOWN: usize = 80;
