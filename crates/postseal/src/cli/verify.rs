use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use postseal_core::dmarc::DmarcResult;
use postseal_core::dns::{Answers, DomainName};
use postseal_core::message::{Envelope, HeloIdentity, MailFrom};
use postseal_core::spf::ExplanationWanted;
use postseal_core::verdict::{Authentication, AuthservId, Options, Verdict};

use super::Status;
use super::args::DnsArgs;
use super::dns_source::DnsSource;
use super::message_source::{MessageReader, MessageSource};
use super::problem::Problem;
use super::signing_args::unix_time;
use super::terminal::Terminal;
use super::trace::{Trace, TracedQuestion};
use super::verdict_json::VerdictJson;
use super::verdict_text::verdict_text;
use crate::host_name::host_name;
use crate::words::{Lang, say};
use crate::words::{authserv_id_error, domain_name_error};

/// Judge a message by SPF, DKIM, ARC and DMARC, and say why
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct VerifyArgs {
    /// Message file; - is standard input
    #[arg(value_name = "FILE")]
    message: PathBuf,
    /// Address of the client that sent the message
    #[arg(long, required_unless_present = "replay")]
    ip: Option<IpAddr>,
    /// Name that the client gave with HELO or EHLO
    #[arg(long, value_name = "HELO", required_unless_present = "replay")]
    helo: Option<String>,
    /// Address of MAIL FROM; "" is the null reverse-path
    #[arg(long, value_name = "ADDR", required_unless_present = "replay")]
    mail_from: Option<String>,
    /// Name to put into Authentication-Results [default: the host name]
    #[arg(long, value_name = "ID")]
    authserv_id: Option<String>,
    /// Judge as of this time in UNIX seconds [default: now]
    #[arg(long, value_name = "UNIXTIME")]
    now: Option<u64>,
    /// Domain whose ARC seals are trusted (repeatable)
    #[arg(long, value_name = "D")]
    trusted_sealer: Vec<String>,
    /// Accept signatures that leave octets of the body unsigned by l=
    #[arg(long)]
    allow_unsigned_body: bool,
    /// Show the DNS questions and answers that the verdict used
    #[arg(long)]
    trace: bool,
    /// Judge again from the output of --json --trace, without network
    #[arg(long, value_name = "FILE", conflicts_with_all = ["resolver", "zone"])]
    replay: Option<PathBuf>,
    /// Seconds that the DNS may take in all [default: 4]
    #[arg(long, value_name = "S", default_value = "4", hide_default_value = true, value_parser = seconds)]
    timeout: Duration,
    #[command(flatten)]
    dns: DnsArgs,
}

const EXAMPLES: &str = "\
Examples:
  postseal verify message.eml --ip 192.0.2.10 --helo mail.contoso.example --mail-from bob@contoso.example
  postseal verify - --ip 192.0.2.10 --helo mail.contoso.example --mail-from \"\" --json --trace < message.eml > trace.json
  postseal verify message.eml --replay trace.json";

/// A positive number of seconds, a day at most.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds, as in 4 or 0.5".to_owned())?;
    if seconds > 0.0 && seconds <= 86_400.0 {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("more than 0 seconds and at most a day".to_owned())
    }
}

pub(super) fn run(args: &VerifyArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let replayed = args.replay.as_ref().map(|path| Trace::read(path, lang)).transpose()?;
    let mut case = case(args, replayed.as_ref());
    let dns = match &replayed {
        Some(trace) => DnsSource::Recorded(Box::new(trace.answers(lang)?)),
        None => DnsSource::new(&args.dns, terminal)?,
    };
    let authserv_id = authserv_id(args, &case, lang)?;
    let trusted_sealers = trusted_sealers(&case, lang)?;
    let options = options(&case);
    let mut message = Authentication::new(envelope(&case), &options, case.now);
    read_message(args, &mut message, lang)?;
    let step = |answers: &mut Answers<'_>| message.evaluate(answers);
    let (questions, notes) = dns.drive(args.timeout, lang, step, |(), answers| {
        let note =
            |answer: &std::sync::Arc<postseal_core::dns::Answer>| dns.note(&answer.question.name, lang);
        let traced = answers.trace().iter().map(|answer| TracedQuestion::new(answer, note(answer)));
        (traced.collect(), dns.notes(answers.trace(), lang))
    })?;
    case.questions = questions;
    let Some(verdict) = message.into_verdict() else {
        return Err(Problem::new(say!(lang, "there is no verdict", "判定結果がありません")));
    };
    let judged = Judged { verdict, authserv_id, trusted_sealers, notes };
    let trace = args.trace.then_some(&case);
    if terminal.json {
        terminal.print_json(&VerdictJson::new(&judged, trace, lang))?;
    } else {
        terminal.print(&verdict_text(&judged, trace, terminal.paint(), lang))?;
    }
    Ok(status(&judged.verdict))
}

/// A verdict, and who asks for it.
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    pub(crate) authserv_id: AuthservId,
    pub(crate) trusted_sealers: Vec<DomainName>,
    pub(crate) notes: Vec<String>,
}

fn authserv_id(args: &VerifyArgs, case: &Trace, lang: Lang) -> Result<AuthservId, Problem> {
    let id = AuthservId::parse(&case.authserv_id);
    // Host names are free of rules; a bad one is not the user's doing.
    let id = if args.authserv_id.is_none() { id.or_else(|_| AuthservId::parse("localhost")) } else { id };
    id.map_err(|error| {
        let why = authserv_id_error(error, lang);
        Problem::with_next(
            format!("--authserv-id {:?}: {why}", case.authserv_id),
            say!(
                lang,
                "Use the name of this host, as in: --authserv-id mx.contoso.example",
                "このホストの名前を使ってください。例: --authserv-id mx.contoso.example"
            ),
        )
    })
}

fn trusted_sealers(case: &Trace, lang: Lang) -> Result<Vec<DomainName>, Problem> {
    let parse = |text: &String| {
        DomainName::parse(text).map_err(|error| {
            let why = domain_name_error(error, lang);
            Problem::new(format!("--trusted-sealer {text:?}: {why}"))
        })
    };
    case.trusted_sealers.iter().map(parse).collect()
}

/// Good: DMARC passes, or there is no policy and something aligned passes.
fn status(verdict: &Verdict) -> Status {
    let dmarc = &verdict.dmarc;
    let aligned = dmarc.alignment.spf || dmarc.alignment.dkim;
    match dmarc.result {
        DmarcResult::Pass => Status::Good,
        DmarcResult::None if aligned => Status::Good,
        DmarcResult::None | DmarcResult::Fail | DmarcResult::Temperror | DmarcResult::Permerror => {
            Status::Bad
        }
    }
}

/// What is judged, as a trace tells it: from the arguments, and for what they
/// leave out from the trace that is replayed.
fn case(args: &VerifyArgs, replayed: Option<&Trace>) -> Trace {
    let text = |given: &Option<String>, recorded: fn(&Trace) -> &String| {
        given.clone().or_else(|| replayed.map(|trace| recorded(trace).clone())).unwrap_or_default()
    };
    let authserv_id = args.authserv_id.clone().or_else(|| replayed.map(|t| t.authserv_id.clone()));
    let recorded_sealers = || replayed.map(|t| t.trusted_sealers.clone()).unwrap_or_default();
    let sealers = &args.trusted_sealer;
    Trace {
        now: args.now.or_else(|| replayed.map(|t| t.now)).unwrap_or_else(unix_time),
        ip: args.ip.or_else(|| replayed.map(|t| t.ip)).unwrap_or(IpAddr::from([0, 0, 0, 0])),
        helo: text(&args.helo, |t| &t.helo),
        mail_from: text(&args.mail_from, |t| &t.mail_from),
        authserv_id: authserv_id.unwrap_or_else(host_name),
        trusted_sealers: if sealers.is_empty() { recorded_sealers() } else { sealers.clone() },
        allow_unsigned_body: args.allow_unsigned_body || replayed.is_some_and(|t| t.allow_unsigned_body),
        questions: Vec::new(),
    }
}

fn envelope(case: &Trace) -> Envelope {
    Envelope {
        client: case.ip.to_canonical(),
        helo: HeloIdentity::new(&case.helo),
        mail_from: MailFrom::new(&case.mail_from),
    }
}

fn options(case: &Trace) -> Options {
    let mut options = Options::new(&case.authserv_id);
    options.explanation = ExplanationWanted::Yes;
    options.dkim.allow_unsigned_body = case.allow_unsigned_body;
    options
}

fn read_message(
    args: &VerifyArgs,
    message: &mut Authentication<&Options>,
    lang: Lang,
) -> Result<(), Problem> {
    let mut reader = MessageReader::new(MessageSource::open(&args.message, lang)?);
    message.header_section(reader.header_section(lang)?);
    while let Some(chunk) = reader.next_body(lang)? {
        message.body(chunk);
    }
    message.end_of_message();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_time_limits() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(seconds(text).ok().map(|d| d.as_millis()), expected.map(u128::from), "{text}");
        };
        check("4", Some(4000));
        check("0.5", Some(500));
        for bad in ["0", "-1", "NaN", "inf", "1e99", "soon", ""] {
            check(bad, None);
        }
    }
}
