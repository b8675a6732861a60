//! `postseal check`: what is wrong with a domain's records, and what to put instead.

// What was found, in the forms that it is asked for.
mod json;
mod junit;
mod markdown;
mod output;
mod text;

// What the name servers themselves say.
mod at_source;

// A record with the place marked.
mod marked_record;

// Waiting for the DNS to become right.
mod watch;

pub(super) use marked_record::shown;
use output::Output;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use postseal_core::advice::{
    self, CheckReport, CheckRequest, MAX_CHECK_QUERIES, MtaStsPolicyState, SpfState, signers,
};
use postseal_core::dkim::Selector;
use postseal_core::dns::DomainName;
use postseal_core::message::HeaderSection;

use super::Status;
use super::args::DnsArgs;
use super::dns_source::{Budget, DnsSource, Trace};
use super::message_source::{MessageReader, MessageSource};
use super::node_client::domain_name;
use super::problem::Problem;
use super::rules_file::receiver_rules;
use super::signing_args::unix_time;
use super::terminal::Terminal;
use crate::predictions::{ReceiverText, receivers};
use crate::receiver_rules::ReceiverRules;
use crate::tls_client::client_config;
use crate::words::{Lang, mta_sts_state, say};

/// Say what is wrong with a domain's SPF, DKIM, DMARC and MX records
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CheckArgs {
    /// Domain to look at, as in addresses after the @
    #[arg(required = true, value_name = "DOMAIN")]
    domains: Vec<String>,
    /// Address that sends mail for the domain (repeatable)
    #[arg(long, value_name = "IP")]
    from_ip: Vec<IpAddr>,
    /// DKIM selector in use (repeatable) [default: the usual ones]
    #[arg(long, value_name = "S", value_parser = selector)]
    selector: Vec<Selector>,
    /// Domain that signs (d=) [default: the domain itself]
    #[arg(long, value_name = "D", value_parser = domain)]
    dkim_domain: Option<DomainName>,
    /// A message of the domain: its DKIM selectors are looked at
    #[arg(long, value_name = "FILE")]
    message: Option<PathBuf>,
    /// Look again every 5 seconds until no error is left, for an hour at most
    #[arg(long)]
    watch: bool,
    /// Messages a day to one receiver; from 5000 the rules for bulk apply
    #[arg(long, value_name = "N")]
    volume: Option<u64>,
    /// Use the rules of receivers in this file
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Form of the output: text, json, junit or markdown [default: text]
    #[arg(long, value_enum, value_name = "FORM", hide_possible_values = true)]
    format: Option<Format>,
    #[command(flatten)]
    dns: DnsArgs,
    #[command(flatten)]
    https: HttpsArgs,
}

/// How the policy file of MTA-STS is fetched.
#[derive(Debug, Args)]
struct HttpsArgs {
    /// Fetch the MTA-STS policy from this address, not from the one in the DNS; it may be a private one
    #[arg(long, value_name = "ADDR:PORT", conflicts_with = "zone")]
    https_to: Option<SocketAddr>,
    /// Trust the certificate authorities in this PEM file instead of the system's
    #[arg(long, value_name = "FILE", conflicts_with = "zone")]
    ca: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  postseal check contoso.example
  postseal check contoso.example --selector s2026 --from-ip 192.0.2.10
  postseal check contoso.example --zone planned.zone
  postseal check contoso.example fabrikam.example --format junit";

/// Forms of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Junit,
    Markdown,
}

/// What one domain may cost; a name server that is silent costs four seconds.
const BUDGET: Budget = Budget { time: Duration::from_secs(20), queries: MAX_CHECK_QUERIES, at_once: 16 };

/// Domains whose reports are held at the same time; those of a longer list are written in between.
const AT_HAND: usize = 64;

/// A domain's report, and what a reader should know about the answers it stands on.
struct Checked {
    report: CheckReport,
    receivers: Vec<ReceiverText>,
    notes: Vec<String>,
}

pub(super) fn run(args: &CheckArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let rules = receiver_rules(args.rules.as_deref(), lang)?;
    let message = args.message.as_deref().map(|path| header_section(path, lang)).transpose()?;
    let format = args.format.unwrap_or(if terminal.json { Format::Json } else { Format::Text });
    // So that a wrong file is said before anything is looked at.
    if let Some(path) = &args.https.ca {
        client_config(Some(path)).map_err(|error| Problem::new(error.to_string()))?;
    }
    let domains: Vec<DomainName> =
        args.domains.iter().map(|text| domain_name(text, terminal.lang)).collect::<Result<_, Problem>>()?;
    let mut output = Output::new(format, domains.len(), terminal);
    let look = Look { args, message: message.as_ref(), rules: &rules, terminal };
    if args.watch {
        let checked = watch::watch(terminal, || look.at(&DnsSource::new(&args.dns, terminal)?, &domains))?;
        checked.iter().try_for_each(|checked| output.write(checked))?;
        return Ok(status(watch::has_errors(&checked)));
    }
    let dns = DnsSource::new(&args.dns, terminal)?;
    let mut has_errors = false;
    for domains in domains.chunks(AT_HAND) {
        let checked = look.at(&dns, domains)?;
        has_errors |= watch::has_errors(&checked);
        checked.iter().try_for_each(|checked| output.write(checked))?;
    }
    Ok(status(has_errors))
}

fn status(has_errors: bool) -> Status {
    if has_errors { Status::Bad } else { Status::Good }
}

/// How domains are looked at.
struct Look<'l> {
    args: &'l CheckArgs,
    message: Option<&'l HeaderSection>,
    rules: &'l ReceiverRules,
    terminal: &'l Terminal,
}

impl Look<'_> {
    /// Looks at these domains once.
    fn at(&self, dns: &DnsSource, domains: &[DomainName]) -> Result<Vec<Checked>, Problem> {
        let (lang, now) = (self.terminal.lang, unix_time());
        let request = |domain| self.args.request(domain, self.message);
        let requests: Vec<CheckRequest> = domains.iter().map(request).collect();
        let looked = dns.drive_each(requests, BUDGET, lang, advice::check)?;
        let (reports, traces): (Vec<CheckReport>, Vec<Trace>) = looked.into_iter().unzip();
        let reports = at_source::add(dns, &self.args.https, reports, BUDGET.at_once, lang)?;
        let checked = reports.into_iter().zip(traces).map(|(report, trace)| Checked {
            notes: notes(dns, &report, trace, lang),
            receivers: receivers(&report, self.args.volume, self.rules, now, lang),
            report,
        });
        Ok(checked.collect())
    }
}

/// What a reader should know about the answers.
fn notes(dns: &DnsSource, report: &CheckReport, mut trace: Trace, lang: Lang) -> Vec<String> {
    // That a zone file says nothing about the names above the domain is no news.
    let is_above = |name: &DomainName| {
        let parent = name.as_str().strip_prefix("_dmarc.").and_then(|parent| DomainName::parse(parent).ok());
        parent.is_some_and(|parent| report.domain.is_at_or_below(&parent))
    };
    trace.retain(|answer| !is_above(&answer.question.name));
    let mut notes = dns.notes(&trace, lang);
    if !matches!(report.mta_sts.policy, MtaStsPolicyState::Read(_)) {
        notes.extend(mta_sts_state(&report.mta_sts, lang));
    }
    let is_absent = matches!(report.spf.state, SpfState::None { exists: false, .. });
    if is_absent && dns.note(&report.domain, lang).is_none() {
        let domain = &report.domain;
        notes.push(say!(
            lang,
            "{domain} does not exist in the DNS: is the name right?",
            "{domain} は DNS に存在しません。名前が正しいか確認してください"
        ));
    }
    notes
}

impl CheckArgs {
    fn request(&self, domain: &DomainName, message: Option<&HeaderSection>) -> CheckRequest {
        let mut request = CheckRequest {
            domain: domain.clone(),
            selectors: self.selector.clone(),
            dkim_domain: self.dkim_domain.clone(),
            from_ips: self.from_ip.clone(),
        };
        // One signing domain is looked at: the one that is given, else that of the topmost signature.
        for (sdid, selector) in message.map(|section| signers(section, domain)).unwrap_or_default() {
            let signing = request.dkim_domain.get_or_insert_with(|| sdid.clone());
            if *signing == sdid && !request.selectors.contains(&selector) {
                request.selectors.push(selector);
            }
        }
        request
    }
}

fn header_section(path: &Path, lang: Lang) -> Result<HeaderSection, Problem> {
    MessageReader::new(MessageSource::open(path, lang)?).header_section(lang)
}

fn domain(text: &str) -> Result<DomainName, String> {
    DomainName::parse(text).map_err(|error| error.to_string())
}

fn selector(text: &str) -> Result<Selector, String> {
    if text.contains("._domainkey") {
        return Err("the selector alone, as s= has it: without ._domainkey".to_owned());
    }
    Selector::parse(text).map_err(|error| error.to_string())
}
