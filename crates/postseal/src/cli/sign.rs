use std::io::{self, Write as _};

use clap::Args;
use postseal_core::dkim::Signer;
use postseal_core::message::LineEnds;
use serde::Serialize;

use super::Status;
use super::key_file::read_signing_key;
use super::message_source::{MessageReader, SpooledMessage};
use super::problem::Problem;
use super::signing_args::SigningArgs;
use super::terminal::Terminal;
use crate::words::Lang;
use crate::words::sign_error;

/// Add a DKIM signature to a message (RFC 6376)
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SignArgs {
    #[command(flatten)]
    signing: SigningArgs,
    /// Write the field alone, without the message
    #[arg(long)]
    field_only: bool,
}

const EXAMPLES: &str = "\
Examples:
  postseal sign message.eml --domain contoso.example --selector selector1 --key selector1.pem > signed.eml
  sendmail-filter | postseal sign - --domain contoso.example --selector selector1 --key selector1.pem";

#[derive(Serialize)]
struct Output<'f> {
    /// As it was made, with its folding.
    field: &'f str,
    algorithm: &'static str,
    bits: u32,
    domain: &'f str,
    selector: &'f str,
}

pub(super) fn run(args: &SignArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let settings = args.signing.settings(lang)?;
    let key = read_signing_key(&args.signing.key, terminal)?;
    let message = SpooledMessage::open(&args.signing.message, lang)?;
    let (domain, selector) = (settings.sdid.clone(), settings.selector.clone());

    let mut reader = MessageReader::new(message.read(lang)?);
    let section = reader.header_section(lang)?;
    let unsigned = |error| Problem::new(format!("{}: {}", message.name(), sign_error(&error, lang)));
    let mut signer = Signer::new(settings, &section).map_err(unsigned)?;
    while let Some(chunk) = reader.next_body(lang)? {
        signer.update(chunk);
    }
    let field = signer.finish(&key).map_err(unsigned)?;
    if terminal.json {
        terminal.print_json(&Output {
            field: &field,
            algorithm: key.algorithm().as_str(),
            bits: key.bits(),
            domain: domain.as_str(),
            selector: selector.as_str(),
        })?;
        return Ok(Status::Good);
    }
    let message = (!args.field_only).then_some(&message);
    write_out(&field, reader.line_ends(), message, lang)?;
    Ok(Status::Good)
}

/// Writes new fields, with the line ends of the message, and the message below them.
pub(super) fn write_out(
    fields: &str,
    ends: LineEnds,
    message: Option<&SpooledMessage>,
    lang: Lang,
) -> Result<(), Problem> {
    let mut out = io::stdout().lock();
    let written = match ends {
        LineEnds::Wire => out.write_all(fields.as_bytes()),
        LineEnds::Local => out.write_all(fields.replace("\r\n", "\n").as_bytes()),
    };
    written.map_err(|error| Problem::of_output(&error, lang))?;
    if let Some(message) = message {
        message.copy_to(&mut out, lang)?;
    }
    out.flush().map_err(|error| Problem::of_output(&error, lang))
}
