use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Status;
use super::fault_text::fault_text;
use super::problem::Problem;
use super::terminal::Terminal;
use crate::config::{self, CONFIG_FILE, Depth, Fault, FaultKind, FaultReport, Loaded, Severity};
use crate::words::{Lang, say};

/// Look at the configuration file
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true, after_help = EXAMPLES)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    Check(CheckArgs),
}

/// Say what is wrong in a configuration file, where, and what to write instead
#[derive(Debug, Args)]
struct CheckArgs {
    /// Configuration file [default: /etc/postseal/postseal.toml]
    #[arg(value_name = "FILE", default_value = CONFIG_FILE, hide_default_value = true)]
    file: PathBuf,
}

const EXAMPLES: &str = "\
Example:
  postseal config check /etc/postseal/postseal.toml";

#[derive(Serialize)]
struct Output {
    file: String,
    /// Whether the node would run on it.
    valid: bool,
    /// Domains that sign; null where it is not valid.
    domains: Option<usize>,
    sources: Option<usize>,
    faults: Vec<FaultReport>,
}

pub(super) fn run(args: &ConfigArgs, terminal: &Terminal) -> Result<Status, Problem> {
    match &args.command {
        ConfigCommand::Check(args) => check(args, terminal),
    }
}

fn check(args: &CheckArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let loaded = config::load(&args.file, Depth::Everything).and_then(|loaded| with_store(args, loaded));
    if let Err(faults) = &loaded
        && let [fault] = faults.as_slice()
        && let FaultKind::Unreadable(error) = &fault.kind
        && *fault.place.file == *args.file
    {
        return Err(unreadable(args, error, lang));
    }
    let faults = loaded.as_ref().map_or_else(|faults| faults, |loaded| &loaded.warnings);
    let output = Output {
        file: args.file.display().to_string(),
        valid: loaded.is_ok(),
        domains: loaded.as_ref().ok().map(|loaded| loaded.settings.sign.domains.len()),
        sources: loaded.as_ref().ok().map(|loaded| loaded.settings.sign.sources.iter().count()),
        faults: faults.iter().map(|fault| FaultReport::new(fault, lang)).collect(),
    };
    if terminal.json {
        terminal.print_json(&output)?;
    } else {
        terminal.print(&text(&output, loaded.as_ref().ok(), terminal))?;
    }
    Ok(if output.valid { Status::Good } else { Status::Bad })
}

/// A domain is in the file or in the store, not in both.
fn with_store(args: &CheckArgs, mut loaded: Loaded) -> Result<Loaded, Vec<Fault>> {
    loaded.warnings.extend(config::hosted_too_by_store(&args.file, &loaded.settings));
    let wrong = loaded.warnings.iter().any(|fault| fault.severity() == Severity::Error);
    if wrong { Err(loaded.warnings) } else { Ok(loaded) }
}

fn unreadable(args: &CheckArgs, error: &std::io::Error, lang: Lang) -> Problem {
    let file = args.file.display();
    Problem::with_next(
        say!(lang, "{file} cannot be read: {error}", "{file} を読み取れません: {error}"),
        say!(
            lang,
            "Give the path of a configuration file; docs/configuration.md has the smallest one.",
            "設定ファイルのパスを指定してください。最小の例は docs/configuration.md にあります。"
        ),
    )
}

fn text(output: &Output, loaded: Option<&Loaded>, terminal: &Terminal) -> String {
    let (lang, paint, file) = (terminal.lang, terminal.paint(), &output.file);
    let mut text: String = output.faults.iter().map(|fault| fault_text(fault, paint, lang) + "\n").collect();
    let errors = output.faults.iter().filter(|fault| fault.is_error()).count();
    let warnings = output.faults.len() - errors;
    match loaded {
        Some(loaded) => {
            let (good, name) = (paint.good("ok"), &loaded.settings.authserv_id);
            let domains = loaded.settings.sign.domains.len();
            text += &say!(
                lang,
                "{file}: {good}  authserv-id {name}, signing domains: {domains}, warnings: {warnings}\n",
                "{file}: {good}  authserv-id {name}、署名するドメイン: {domains}、警告: {warnings}\n"
            );
        }
        None => {
            text += &say!(
                lang,
                "{file}: errors: {errors}, warnings: {warnings}\n",
                "{file}: エラー: {errors}、警告: {warnings}\n"
            );
        }
    }
    text
}
