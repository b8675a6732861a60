//! What is looked at beside the resolver's answers: what the domain's own name servers say, each by itself,
//! what DNSSEC does, and the MTA-STS Policy over HTTPS.

mod policy_fetcher;

use std::time::Duration;

use postseal_core::advice::{AtSource, CheckReport, PolicyFetch};
use postseal_dns::ask::SourceLook;

pub(crate) use policy_fetcher::PolicyFetcher;

/// Asks all of it at once, and adds to a report what it means. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SourceCheck {
    look: SourceLook,
    fetcher: PolicyFetcher,
}

impl SourceCheck {
    pub(crate) fn new(look: SourceLook, fetcher: PolicyFetcher) -> SourceCheck {
        SourceCheck { look, fetcher }
    }

    /// Looks for at most `time`: what is not answered by then is left out.
    pub(crate) async fn add(&self, report: &mut CheckReport, time: Duration) {
        let questions = report.source_questions();
        let policy = async {
            match &questions.policy {
                Some(host) => self.fetcher.fetch(host, time).await,
                None => PolicyFetch::NotAsked,
            }
        };
        let (seen, policy) = tokio::join!(self.look.look(&report.domain, &questions, time), policy);
        report.add_source(&AtSource { policy, ..seen });
    }
}
