//! `postseal explain`: what a bounce, an Authentication-Results field or an ARC set means, and what
//! became of a message.

mod text;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use postseal_core::advice::{Pasted, examine_message};
use postseal_core::dns::Answers;

use super::Status;
use super::args::DnsArgs;
use super::dns_source::DnsSource;
use super::problem::Problem;
use super::rules_file::receiver_rules;
use super::signing_args::unix_time;
use super::terminal::Terminal;
use crate::explanation::{Explanation, bounce, message, reported};
use crate::words::{Lang, say};

/// Say in plain words what a bounce, an Authentication-Results field or a message tells
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExplainArgs {
    /// File with a bounce, an Authentication-Results field, ARC fields or a message; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Use the rules of receivers in this file
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    #[command(flatten)]
    dns: DnsArgs,
}

const EXAMPLES: &str = "\
Examples:
  postseal explain bounce.eml
  postseal explain received.eml --zone sender.zone
  echo '550 5.7.26 This mail has been blocked because the sender is unauthenticated.' | postseal explain -";

/// Time that the DNS may take for the keys of one message.
const DNS_TIME: Duration = Duration::from_secs(8);

/// Octets that are read; a message with a longer body is explained as far as it goes.
const MAX_INPUT: u64 = 64 << 20;

pub(super) fn run(args: &ExplainArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let rules = receiver_rules(args.rules.as_deref(), lang)?;
    let octets = read(&args.file, lang)?;
    let explained = match Pasted::recognise(&octets) {
        Pasted::AuthenticationResults => reported::results(&octets, &rules, lang),
        Pasted::Arc => reported::arc_sets(&octets, &rules, lang),
        // Keys are looked up, and only for a message.
        Pasted::Message => {
            let dns = DnsSource::new(&args.dns, terminal)?;
            of_message(&octets, &dns, unix_time(), lang)?
        }
        Pasted::Bounce | Pasted::Unknown => bounce::explain(&octets, &rules, unix_time(), lang),
    };
    let Some(explanation) = explained else {
        return nothing(terminal);
    };
    if terminal.json {
        terminal.print_json(&explanation)?;
    } else {
        terminal.print(&text::write(&explanation, terminal.paint(), lang))?;
    }
    Ok(Status::Good)
}

/// Explains what became of a message; `None` where it has no header section that can be read.
fn of_message(octets: &[u8], dns: &DnsSource, now: u64, lang: Lang) -> Result<Option<Explanation>, Problem> {
    let (section, body) = message::split(octets);
    if section.is_empty() {
        return Ok(None);
    }
    let step = |answers: &mut Answers<'_>| examine_message(&section, &body, now, answers);
    let (examined, notes) =
        dns.drive(DNS_TIME, lang, step, |examined, answers| (examined, dns.notes(answers.trace(), lang)))?;
    Ok(Some(message::explained(&examined, message::headers_only(&section, &body), notes, lang)))
}

/// Nothing is said on standard output, so that a program need not look for words.
fn nothing(terminal: &Terminal) -> Result<Status, Problem> {
    terminal.remark(terminal.lang.pick(
        "nothing was recognised: give the whole bounce, or the line of it that begins with 4 or 5, as in: 550 5.7.26 …",
        "読み取れる内容がありませんでした。配信不能通知(NDR)の全体か、「550 5.7.26 …」のように 4 または 5 で始まる行を与えてください。",
    ));
    Ok(Status::Bad)
}

fn read(path: &Path, lang: Lang) -> Result<Vec<u8>, Problem> {
    let from_input = path.as_os_str() == "-";
    let shown =
        if from_input { say!(lang, "standard input", "標準入力") } else { path.display().to_string() };
    let mut octets = Vec::new();
    let done = if from_input {
        io::stdin().lock().take(MAX_INPUT).read_to_end(&mut octets)
    } else {
        File::open(path).and_then(|file| file.take(MAX_INPUT).read_to_end(&mut octets))
    };
    done.map_err(|error| {
        Problem::with_next(
            say!(lang, "{shown} cannot be read: {error}", "{shown} を読み取れません: {error}"),
            say!(
                lang,
                "Give the path of a file, or - and the text on standard input.",
                "ファイルのパスを指定するか、- を指定して標準入力から与えてください。"
            ),
        )
    })?;
    Ok(octets)
}
