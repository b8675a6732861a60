use std::time::Duration;

use clap::{Args, Subcommand};
use postseal_core::arc::{ArcCause, Chain, SealRefusal, Sealer, ValidateOptions, Validator};
use postseal_core::dkim::{self, BodyDigests, BodyHashes, SigningKey};
use postseal_core::dns::Answers;
use postseal_core::message::{HeaderSection, LineEnds};
use postseal_core::verdict::AuthservId;
use serde::Serialize;

use super::Status;
use super::args::DnsArgs;
use super::dns_source::DnsSource;
use super::key_file::read_signing_key;
use super::message_source::{MessageReader, SpooledMessage};
use super::problem::Problem;
use super::sign::write_out;
use super::signing_args::{SigningArgs, unix_time};
use super::terminal::Terminal;
use crate::words::{Lang, say};
use crate::words::{arc_cause, authserv_id_error, seal_refusal};

/// Authenticated Received Chain: what forwarders vouch for (RFC 8617)
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ArcArgs {
    #[command(subcommand)]
    command: ArcCommand,
}

#[derive(Debug, Subcommand)]
enum ArcCommand {
    Seal(Box<ArcSealArgs>),
}

// It judges nothing but the chain: the results that it seals are those of all
// Authentication-Results fields that bear the authserv-id.
/// Add an ARC Set to a message that is passed on
#[derive(Debug, Args)]
struct ArcSealArgs {
    #[command(flatten)]
    signing: SigningArgs,
    /// Whose Authentication-Results fields are sealed
    #[arg(long, value_name = "ID")]
    authserv_id: String,
    /// Write the three fields alone, without the message
    #[arg(long)]
    field_only: bool,
    #[command(flatten)]
    dns: DnsArgs,
}

const EXAMPLES: &str = "\
Example:
  postseal arc seal - --domain list.example --selector s1 --key s1.pem --authserv-id mx.list.example < in.eml > out.eml";

/// Time that the DNS may take in all.
const TIME: Duration = Duration::from_secs(4);

#[derive(Serialize)]
struct Output<'f> {
    /// The three fields as they were made, with their folding; null where none may be added.
    fields: Option<&'f str>,
    instance: Option<u8>,
    /// What the chain was worth before this set.
    cv: &'static str,
    reason: Option<String>,
}

pub(super) fn run(args: &ArcArgs, terminal: &Terminal) -> Result<Status, Problem> {
    match &args.command {
        ArcCommand::Seal(args) => seal(args, terminal),
    }
}

fn seal(args: &ArcSealArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let settings = args.signing.settings(lang)?;
    AuthservId::parse(&args.authserv_id).map_err(|error| {
        let why = authserv_id_error(error, lang);
        Problem::new(format!("--authserv-id {:?}: {why}", args.authserv_id))
    })?;
    let key = read_signing_key(&args.signing.key, terminal)?;
    let dns = DnsSource::new(&args.dns, terminal)?;
    let message = SpooledMessage::open(&args.signing.message, lang)?;

    let mut reader = MessageReader::new(message.read(lang)?);
    let section = reader.header_section(lang)?;
    let mut hashes = BodyHashes::new();
    let mut validator = Validator::new(&section, &mut hashes, &ValidateOptions::default(), unix_time());
    let sealer = Sealer::new(settings, &args.authserv_id, &section, &mut hashes);
    while let Some(chunk) = reader.next_body(lang)? {
        hashes.update(chunk);
    }
    let body = hashes.finish();
    let step = |answers: &mut Answers<'_>| validator.evaluate(&section, &body, answers);
    dns.drive(TIME, lang, step, |(), _| ())?;
    let chain = validator
        .into_chain()
        .ok_or_else(|| Problem::new(say!(lang, "the chain has no result", "連鎖の結果がありません")))?;
    let sealed = finish(sealer, &section, &chain, &body, &key, lang);
    let message = (!args.field_only).then_some(&message);
    report(sealed, &chain, reader.line_ends(), message, terminal)
}

/// Why no set was added.
enum NotSealed {
    /// The message goes on as it is.
    Unchanged(String),
    /// It could not be done.
    Problem(Problem),
}

fn finish(
    sealer: Result<Sealer, SealRefusal>,
    section: &HeaderSection,
    chain: &Chain,
    body: &BodyDigests,
    key: &SigningKey,
    lang: Lang,
) -> Result<String, NotSealed> {
    if let Some(cause) = &chain.cause
        && is_dns_trouble(cause)
    {
        // To seal `cv=fail` would end the chain for ever, because of a moment without DNS.
        return Err(NotSealed::Unchanged(arc_cause(cause, lang)));
    }
    let sealed = sealer.and_then(|sealer| sealer.finish(section, chain, body, key));
    sealed.map_err(|refusal| {
        let why = seal_refusal(&refusal, lang);
        match refusal {
            SealRefusal::ChainEnded | SealRefusal::TooManySets => NotSealed::Unchanged(why),
            SealRefusal::AuthservId | SealRefusal::Sign(_) => NotSealed::Problem(Problem::new(why)),
        }
    })
}

fn is_dns_trouble(cause: &ArcCause) -> bool {
    match cause {
        ArcCause::SealSignature { cause, .. } | ArcCause::MessageSignature { cause, .. } => {
            matches!(cause, dkim::Cause::Dns(_))
        }
        ArcCause::AmbiguousHeaderSection(_)
        | ArcCause::BadInstance { .. }
        | ArcCause::Duplicate { .. }
        | ArcCause::Missing { .. }
        | ArcCause::SealedAsFailed
        | ArcCause::Status { .. }
        | ArcCause::Seal { .. } => false,
    }
}

fn report(
    sealed: Result<String, NotSealed>,
    chain: &Chain,
    ends: LineEnds,
    message: Option<&SpooledMessage>,
    terminal: &Terminal,
) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let (fields, why) = match sealed {
        Ok(fields) => (Some(fields), None),
        Err(NotSealed::Unchanged(why)) => (None, Some(why)),
        Err(NotSealed::Problem(problem)) => return Err(problem),
    };
    let status = if fields.is_some() { Status::Good } else { Status::Bad };
    if let Some(why) = &why {
        terminal.remark(&say!(lang, "not sealed: {why}", "封印しませんでした: {why}"));
    }
    if terminal.json {
        terminal.print_json(&Output {
            fields: fields.as_deref(),
            instance: fields.is_some().then(|| chain.highest_instance.saturating_add(1)),
            cv: chain.result.as_str(),
            reason: why.or_else(|| chain.cause.as_ref().map(|cause| arc_cause(cause, lang))),
        })?;
        return Ok(status);
    }
    write_out(&fields.unwrap_or_default(), ends, message, lang)?;
    Ok(status)
}
