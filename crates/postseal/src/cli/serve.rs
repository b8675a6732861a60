use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::Status;
use super::fault_text::fault_text;
use super::problem::Problem;
use super::terminal::Terminal;
use crate::config::{CONFIG_FILE, Fault, FaultReport};
use crate::serve::{self, Begin, StartError};
use crate::words::say;

/// Run a node: judge incoming mail and sign outgoing mail for a mail server
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ServeArgs {
    /// Configuration file [default: /etc/postseal/postseal.toml]
    #[arg(long, value_name = "FILE", default_value = CONFIG_FILE, hide_default_value = true)]
    config: PathBuf,
    /// Take the place of the node that runs, with its sockets: nobody is refused
    #[arg(long)]
    take_over: bool,
}

const EXAMPLES: &str = "\
Example:
  postseal serve --config /etc/postseal/postseal.toml

SIGHUP or `postseal reload` takes the file again; SIGTERM finishes the messages under way and ends.";

pub(super) fn run(args: &ServeArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let begin = if args.take_over { Begin::TakeOver } else { Begin::Afresh };
    match serve::run(args.config.clone(), begin) {
        Ok(()) => Ok(Status::Good),
        Err(StartError::Config(faults)) => {
            show(&faults, terminal);
            let file = args.config.display();
            Err(Problem::new(say!(
                lang,
                "the node does not start: {file} is wrong",
                "{file} に誤りがあるため、ノードを開始できません"
            )))
        }
        Err(error) => Err(Problem::new(say!(
            lang,
            "the node does not start: {error}",
            "ノードを開始できません: {error}"
        ))),
    }
}

fn show(faults: &[Fault], terminal: &Terminal) {
    let (lang, paint) = (terminal.lang, terminal.error_paint());
    let reports = faults.iter().map(|fault| FaultReport::new(fault, lang));
    let text: String = reports.map(|fault| fault_text(&fault, paint, lang) + "\n").collect();
    // Nobody is left to tell where standard error is closed.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
