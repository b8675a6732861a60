use std::time::Duration;

use clap::Args;
use postseal_core::dns::Answers;
use postseal_core::spf::{
    self, Evaluation, ExplanationWanted, Identity, MAX_LOOKUPS, MAX_VOID_LOOKUPS, Request, SpfResult,
};
use serde::Serialize;

use super::Status;
use super::args::{DnsArgs, EnvelopeArgs};
use super::dns_source::DnsSource;
use super::problem::Problem;
use super::signing_args::unix_time;
use super::terminal::{Paint, Terminal};
use crate::host_name::host_name;
use crate::words::{Lang, say};
use crate::words::{spf_cause, spf_result};

/// Say whether an address may send for a domain (RFC 7208)
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SpfArgs {
    #[command(flatten)]
    envelope: EnvelopeArgs,
    #[command(flatten)]
    dns: DnsArgs,
}

const EXAMPLES: &str = "\
Examples:
  postseal spf --ip 192.0.2.10 --helo mail.contoso.example --mail-from bob@contoso.example
  postseal spf --ip 192.0.2.10 --helo mail.contoso.example --mail-from \"\" --zone contoso.zone --json";

/// Time that the DNS may take in all.
const TIME: Duration = Duration::from_secs(4);

#[derive(Serialize)]
struct Output<'e> {
    result: &'static str,
    domain: Option<&'e str>,
    explanation: Option<&'e str>,
    cause: Option<String>,
    lookups: u8,
    void_lookups: u8,
    /// The directive that matched, and whose it is.
    mechanism: Option<&'e str>,
    matched_domain: Option<&'e str>,
    notes: Vec<String>,
}

pub(super) fn run(args: &SpfArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let dns = DnsSource::new(&args.dns, terminal)?;
    let envelope = args.envelope.envelope();
    let receiver = host_name();
    let request = Request {
        receiver: Some(&receiver),
        now: unix_time(),
        explanation: ExplanationWanted::Yes,
        ..Request::new(&envelope, Identity::MailFrom)
    };
    let step = |answers: &mut Answers<'_>| spf::check_host(&request, answers);
    let (evaluation, notes) =
        dns.drive(TIME, lang, step, |evaluation, answers| (evaluation, dns.notes(answers.trace(), lang)))?;
    let output = Output {
        result: evaluation.result.as_str(),
        domain: evaluation.domain.as_ref().map(|d| d.as_str()),
        explanation: evaluation.explanation.as_deref(),
        cause: evaluation.cause.as_ref().map(|cause| spf_cause(cause, lang)),
        lookups: evaluation.lookups,
        void_lookups: evaluation.void_lookups,
        mechanism: evaluation.mechanism(),
        matched_domain: evaluation.matched_domain().map(|d| d.as_str()),
        notes,
    };
    if terminal.json {
        terminal.print_json(&output)?;
    } else {
        terminal.print(&text(args, &evaluation, &output, terminal.paint(), lang))?;
    }
    Ok(if evaluation.result == SpfResult::Pass { Status::Good } else { Status::Bad })
}

fn text(args: &SpfArgs, evaluation: &Evaluation, output: &Output<'_>, paint: Paint, lang: Lang) -> String {
    let ip = args.envelope.ip.to_canonical();
    let result = paint.result(output.result);
    let domain = output.domain.unwrap_or("-");
    let mut text = format!("spf={result}  {domain}  {ip}\n  {}\n", spf_result(evaluation.result, lang));
    let mut line = |said: String| {
        text.push_str("  ");
        text.push_str(&said);
        text.push('\n');
    };
    if let (Some(mechanism), Some(domain)) = (output.mechanism, output.matched_domain) {
        line(say!(lang, "{mechanism:?} of {domain} matched", "{domain} の {mechanism:?} に一致しました"));
    }
    if let Some(cause) = &output.cause {
        line(cause.clone());
    }
    if let Some(explanation) = output.explanation {
        line(say!(lang, "the domain says: {explanation}", "ドメインの説明: {explanation}"));
    }
    let (lookups, voids) = (output.lookups, output.void_lookups);
    line(paint.dim(&say!(
        lang,
        "{lookups} of {MAX_LOOKUPS} look-ups, {voids} of {MAX_VOID_LOOKUPS} void lookups",
        "DNS 参照 {lookups}/{MAX_LOOKUPS}、結果のない参照 {voids}/{MAX_VOID_LOOKUPS}"
    )));
    for note in &output.notes {
        line(paint.warn(note));
    }
    text
}
