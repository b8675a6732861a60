//! `postseal records`: what to register for a domain, in which order, and why.

use std::time::Duration;

use clap::Args;
use postseal_core::advice::{self, CheckReport, CheckRequest, MAX_CHECK_QUERIES};
use postseal_core::dns::DomainName;
use postseal_core::spf;

use super::Status;
use super::args::DnsArgs;
use super::dns_source::{Budget, DnsSource};
use super::domain::At;
use super::node_client::{NodeClient, block_on, domain_name};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::resource::Record;
use crate::registration::{Format, Plan, Wanted, mechanisms};
use crate::words::{Lang, say};

/// What to register for a domain, in which order and why; an SPF record is merged, never replaced
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RecordsArgs {
    /// The domain
    domain: String,
    /// Form of the output: zone, dnscontrol or terraform [default: zone]
    #[arg(long, value_enum, value_name = "FORM", hide_possible_values = true)]
    format: Option<Format>,
    /// A mechanism that must be in the SPF record, as include:spf.example.net (repeatable)
    #[arg(long, value_name = "TERM")]
    spf: Vec<String>,
    /// Write addresses in the SPF record in place of names; they must be kept up by hand then
    #[arg(long)]
    flatten: bool,
    #[command(flatten)]
    dns: DnsArgs,
    #[command(flatten)]
    at: At,
}

const EXAMPLES: &str = "\
Examples:
  postseal records contoso.example > contoso.zone
  postseal records contoso.example --spf include:spf.provider.example
  postseal records contoso.example --format terraform";

/// A domain owner waits for this, so it is less than `check` may take.
const BUDGET: Budget = Budget { time: Duration::from_secs(8), queries: MAX_CHECK_QUERIES, at_once: 1 };

pub(super) fn run(args: &RecordsArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let domain = domain_name(&args.domain, lang)?;
    for term in &args.spf {
        check_term(term, lang)?;
    }
    let ours = if args.at.node.is_named() || args.at.node.is_here() {
        Some(of_node(args, &domain, terminal)?)
    } else {
        terminal.remark(lang.pick(
            "no node runs on this machine (it has no configuration file), so the records stand on the DNS alone",
            "このマシンに設定ファイルがなくノードが動作していないため、DNS の情報だけをもとにしています",
        ));
        None
    };
    let published = published(args, &domain, terminal)?;
    let wanted = Wanted { domain: &domain, ours: ours.as_deref(), terms: &args.spf, flatten: args.flatten };
    let plan = Plan::new(&wanted, published.as_ref(), lang);
    for remark in &plan.remarks {
        terminal.remark(remark);
    }
    if terminal.json {
        terminal.print_json(&plan.records)?;
    } else {
        terminal.print(&args.format.unwrap_or(Format::Zone).write(&plan, &domain, lang))?;
    }
    Ok(if plan.remarks.is_empty() { Status::Good } else { Status::Bad })
}

/// What the node wants published.
fn of_node(args: &RecordsArgs, domain: &DomainName, terminal: &Terminal) -> Result<Vec<Record>, Problem> {
    let node = NodeClient::new(&args.at.node, terminal)?;
    let work = async {
        let organisation = node.organisation(&args.at.organisation).await?;
        node.client.records(&organisation, domain).await.map_err(|error| node.problem(error))
    };
    block_on(work, terminal.lang)
}

/// What is published; `None` where this machine knows no name server and none was named.
fn published(
    args: &RecordsArgs,
    domain: &DomainName,
    terminal: &Terminal,
) -> Result<Option<CheckReport>, Problem> {
    let is_named = args.dns.resolver.is_some() || !args.dns.zone.is_empty();
    let dns = match DnsSource::new(&args.dns, terminal) {
        Ok(dns) => dns,
        Err(problem) if is_named => return Err(problem),
        Err(_) => return Ok(None),
    };
    let requests = vec![CheckRequest::new(domain.clone())];
    let looked = dns.drive_each(requests, BUDGET, terminal.lang, advice::check)?;
    Ok(looked.into_iter().next().map(|(report, _)| report))
}

/// # Errors
/// Where it is no mechanism that authorises somebody.
pub(crate) fn check_term(term: &str, lang: Lang) -> Result<(), Problem> {
    let record = spf::Record::parse(format!("v=spf1 {term}").as_bytes());
    let is_one = record.directives().len() == 1
        && record.error().is_none()
        && !mechanisms(&format!("x {term}")).is_empty();
    if is_one && !term.contains(' ') {
        return Ok(());
    }
    Err(Problem::with_next(
        say!(lang, "{term:?} is no SPF mechanism", "{term:?} は SPF の機構ではありません"),
        "--spf include:spf.provider.example --spf ip4:192.0.2.10".to_owned(),
    ))
}
