use std::sync::Arc;
use std::time::Duration;

use postseal_core::advice::CheckReport;
use postseal_dns::ask::authoritative::Reach;
use postseal_dns::ask::{Resolver, SourceLook};
use tokio::task::JoinSet;

use super::HttpsArgs;
use crate::at_source::{PolicyFetcher, SourceCheck};
use crate::cli::dns_source::{DnsSource, runtime};
use crate::cli::problem::Problem;
use crate::words::Lang;

/// Adds what the domains' own name servers say, each by itself, what DNSSEC does, and the MTA-STS Policies. Zone
/// files have no servers. Whoever types the command may ask any name server, and over HTTPS the address that is typed.
pub(super) fn add(
    dns: &DnsSource,
    https: &HttpsArgs,
    reports: Vec<CheckReport>,
    at_once: usize,
    lang: Lang,
) -> Result<Vec<CheckReport>, Problem> {
    let Some(resolvers) = dns.resolvers() else { return Ok(reports) };
    let fetcher = PolicyFetcher::new(Arc::new(Resolver::new(&resolvers)));
    let fetcher = fetcher.with(https.https_to, https.ca.clone());
    let look = SourceCheck::new(SourceLook::new(&resolvers, Reach::Everywhere), fetcher);
    runtime(lang)?.block_on(add_each(&look, reports, at_once)).ok_or_else(|| Problem::fault(lang))
}

/// All reports in their order, so many at the same time; `None` where a task ended in a panic.
async fn add_each(look: &SourceCheck, reports: Vec<CheckReport>, at_once: usize) -> Option<Vec<CheckReport>> {
    let mut done: Vec<Option<CheckReport>> = reports.iter().map(|_| None).collect();
    let mut waiting = reports.into_iter().enumerate();
    let mut under_way = JoinSet::new();
    loop {
        for (place, mut report) in waiting.by_ref().take(at_once - under_way.len()) {
            let look = look.clone();
            under_way.spawn(async move {
                look.add(&mut report, TIME).await;
                (place, report)
            });
        }
        let Some(finished) = under_way.join_next().await else { break };
        let (place, report) = finished.ok()?;
        done[place] = Some(report);
    }
    done.into_iter().collect()
}

/// For one domain; a server that is silent costs four seconds.
const TIME: Duration = Duration::from_secs(12);
