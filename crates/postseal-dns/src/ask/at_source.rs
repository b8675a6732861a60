use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use postseal_core::advice::{
    AtSource, ExchangeTlsa, ServerSays, SourceAnswers, SourceQuestions, SourceServer,
};
use postseal_core::dns::{DomainName, Question, Records};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Resolver;
use super::authoritative::{
    Authoritative, AuthoritativeSettings, Observation, Reach, ServerAnswer, ServerOutcome,
};
use super::validation::{self, Validation};

/// Looks at domains at their source: each authoritative server by itself, and the resolver's word on
/// DNSSEC. Cheap to clone.
#[derive(Clone)]
pub struct SourceLook {
    authoritative: Authoritative,
    resolver: Option<SocketAddr>,
}

impl SourceLook {
    /// Name servers are searched for with these resolvers; the first one is asked about DNSSEC.
    /// `reach` says which addresses may be asked.
    pub fn new(resolvers: &[SocketAddr], reach: Reach) -> SourceLook {
        let settings = AuthoritativeSettings {
            reach,
            queries_per_second: QUERIES_PER_SECOND,
            ..AuthoritativeSettings::default()
        };
        let authoritative = Authoritative::new(Arc::new(Resolver::new(resolvers)), settings);
        SourceLook { authoritative, resolver: resolvers.first().copied() }
    }

    /// The same with servers at another port than 53: a whole DNS of one's own.
    #[must_use]
    pub fn at(authoritative: Authoritative, resolver: SocketAddr) -> SourceLook {
        SourceLook { authoritative, resolver: Some(resolver) }
    }

    /// Asks all of it at once, for at most `time`. What is not answered by then is left out, and so is what is not DNS.
    pub async fn look(&self, domain: &DomainName, questions: &SourceQuestions, time: Duration) -> AtSource {
        let (answers, validated, tlsa) = tokio::join!(
            timeout(time, self.servers(domain, &questions.servers)),
            timeout(time, self.validate(&questions.dnssec)),
            timeout(time, self.tlsa(&questions.tlsa)),
        );
        let validated = validated.unwrap_or_default();
        let of = |wanted: Validation| {
            let those = validated.iter().filter(|(_, said)| *said == wanted);
            those.map(|(question, _)| question.clone()).collect()
        };
        AtSource {
            answers: answers.unwrap_or_default(),
            bogus: of(Validation::Bogus),
            authentic: of(Validation::Authentic),
            tlsa: tlsa.unwrap_or_default(),
            ..AtSource::default()
        }
    }

    async fn servers(&self, domain: &DomainName, questions: &[Question]) -> Vec<SourceAnswers> {
        if questions.is_empty() {
            return Vec::new();
        }
        // Where nobody can be asked, the resolver's failure is said already.
        let Ok(seen) = self.authoritative.ask_each(domain, questions).await else { return Vec::new() };
        let has_ip6 = has_ip6_route();
        let answers = |(question, seen): (&Question, Observation<ServerOutcome>)| {
            let servers = seen.servers.into_iter().filter(|answer| has_ip6 || answer.address.is_ipv4());
            SourceAnswers { question: question.clone(), servers: servers.map(said).collect() }
        };
        questions.iter().zip(seen).map(answers).collect()
    }

    async fn validate(&self, questions: &[Question]) -> Vec<(Question, Validation)> {
        let Some(resolver) = self.resolver else { return Vec::new() };
        let mut tasks = JoinSet::new();
        for (place, question) in questions.iter().cloned().enumerate() {
            tasks.spawn(async move {
                let said = validation::validate(resolver, &question).await;
                (place, (question, said))
            });
        }
        super::authoritative::in_order(tasks).await
    }

    async fn tlsa(&self, names: &[DomainName]) -> Vec<ExchangeTlsa> {
        let Some(resolver) = self.resolver else { return Vec::new() };
        let mut tasks = JoinSet::new();
        for (place, name) in names.iter().cloned().enumerate() {
            tasks.spawn(async move {
                let found = match validation::tlsa(resolver, &name).await {
                    Some((Records::Tlsa(records), authentic)) => {
                        Some(ExchangeTlsa { name, records, authentic })
                    }
                    _ => None,
                };
                (place, found)
            });
        }
        super::authoritative::in_order(tasks).await.into_iter().flatten().collect()
    }
}

fn said(answer: ServerAnswer<ServerOutcome>) -> (SourceServer, ServerSays) {
    let says = match answer.outcome {
        ServerOutcome::Records(records, _) => ServerSays::Records(records),
        ServerOutcome::Alias(target, _) => ServerSays::Alias(target),
        ServerOutcome::NoData(_) | ServerOutcome::NxDomain(_) => ServerSays::Nothing,
        ServerOutcome::Referral { .. } => ServerSays::Elsewhere,
        ServerOutcome::Lame(failure) => ServerSays::Lame(failure),
        ServerOutcome::Silent(failure) => ServerSays::Silent(failure),
    };
    (SourceServer { host: answer.server, address: answer.address.ip() }, says)
}

/// Whether this machine can send to the Internet over IPv6: a route is looked up, nothing is sent.
fn has_ip6_route() -> bool {
    let anywhere = IpAddr::from(Ipv6Addr::new(0x2001, 0x4860, 0x4860, 0, 0, 0, 0, 0x8888));
    UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).is_ok_and(|socket| socket.connect((anywhere, 53)).is_ok())
}

/// Questions that one server gets in a second from one look at many domains; one domain costs
/// a handful.
const QUERIES_PER_SECOND: usize = 1_000;
