use std::net::IpAddr;

use postseal_core::dns::{DomainName, Failure, RecordType, Records};
use postseal_core::hosting::{OwnershipToken, TokenReading};
use postseal_dns::ask::authoritative::{Authoritative, NoServers, ServerOutcome};

/// What the servers of a domain say where its token must be.
pub(crate) struct TokenSighting {
    pub(crate) readings: Vec<TokenReading>,
    /// What each said, to be shown.
    pub(crate) servers: Vec<TokenServer>,
}

/// What one server says where a token must be.
pub(crate) struct TokenServer {
    pub(crate) server: DomainName,
    pub(crate) address: IpAddr,
    /// The TXT records; `None` where it did not answer.
    pub(crate) texts: Option<Vec<String>>,
    /// Seconds for which others may hold "there is none".
    pub(crate) others_may_hold_for: Option<u32>,
    /// Why there is no usable answer.
    pub(crate) failure: Option<Failure>,
}

pub(super) async fn read(
    authoritative: &Authoritative,
    domain: &DomainName,
) -> Result<TokenSighting, NoServers> {
    let name = OwnershipToken::name(domain).map_err(|_| NoServers::NoZone { name: domain.clone() })?;
    let observation = authoritative.ask(&name, RecordType::Txt).await?;
    let mut sighting = TokenSighting { readings: Vec::new(), servers: Vec::new() };
    for answer in observation.servers {
        let failure = match &answer.outcome {
            ServerOutcome::Lame(failure) | ServerOutcome::Silent(failure) => Some(*failure),
            // It serves a zone above, and says so: nobody below was found to answer.
            ServerOutcome::Referral { .. } => Some(Failure::Refused),
            ServerOutcome::Records(..)
            | ServerOutcome::Alias(..)
            | ServerOutcome::NoData(_)
            | ServerOutcome::NxDomain(_) => None,
        };
        let (records, negative) = match answer.outcome {
            ServerOutcome::Records(Records::Txt(texts), _) => {
                (Some(texts.into_iter().map(|text| text.octets).collect()), None)
            }
            // A CNAME there is no TXT record, and is not followed: the token is the domain's own.
            ServerOutcome::Alias(..) => (Some(Vec::new()), None),
            ServerOutcome::NoData(negative) | ServerOutcome::NxDomain(negative) => {
                (Some(Vec::new()), Some(negative.soa_ttl.min(negative.soa_minimum)))
            }
            ServerOutcome::Records(..)
            | ServerOutcome::Referral { .. }
            | ServerOutcome::Lame(_)
            | ServerOutcome::Silent(_) => (None, None),
        };
        let texts = records.as_ref().map(|records: &Vec<Vec<u8>>| records.iter().map(|r| text(r)).collect());
        sighting.readings.push(records.map_or(TokenReading::Silent, TokenReading::Answered));
        sighting.servers.push(TokenServer {
            server: answer.server.unwrap_or_else(|| observation.zone.clone()),
            address: answer.address.ip(),
            texts,
            others_may_hold_for: negative,
            failure,
        });
    }
    Ok(sighting)
}

/// A record as it is shown: a stranger's octets, cut.
fn text(record: &[u8]) -> String {
    String::from_utf8_lossy(&record[..record.len().min(LONGEST_SHOWN)]).into_owned()
}

/// Octets of a record that are shown.
const LONGEST_SHOWN: usize = 512;
