//! The command line: one command a file, and what the commands share.
//!
//! Every command speaks English and Japanese, prints JSON on `--json`, and ends
//! with status 0 (good), 1 (the answer is bad) or 2 (it could not be done).

// What a command is given: arguments, messages, keys, DNS.
mod args;
mod dns_source;
mod key_file;
mod message_source;
mod node_client;
mod rules_file;
mod signing_args;

// What it says.
mod fault_text;
mod problem;
pub(crate) mod terminal;
pub(crate) mod trace;
mod usage;
mod verdict_json;
pub(crate) mod verdict_text;

// The commands.
mod arc_seal;
mod check;
mod config;
mod explain;
mod keygen;
mod sandbox;
mod serve;
mod sign;
mod spf;
pub(crate) mod verify;

// The commands that ask a running node.
mod allowed_pair;
mod arc_config;
mod audit;
mod backup;
mod dkim;
mod domain;
mod org;
mod receiver_policy;
mod records;
mod reload;
mod retention;
mod setup_link;
mod token;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{FromArgMatches, Parser, Subcommand};

use args::GlobalArgs;

use crate::words::Lang;
use problem::Problem;
use terminal::Terminal;

/// Email authentication for people who run their own mail.
#[derive(Debug, Parser)]
#[command(
    name = "postseal",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = EXAMPLES
)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::CheckArgs),
    Explain(explain::ExplainArgs),
    Spf(spf::SpfArgs),
    Verify(Box<verify::VerifyArgs>),
    Sign(sign::SignArgs),
    Arc(arc_seal::ArcArgs),
    Keygen(keygen::KeygenArgs),
    Config(config::ConfigArgs),
    Sandbox(sandbox::SandboxArgs),
    Serve(serve::ServeArgs),
    Reload(reload::ReloadArgs),
    Org(org::OrgArgs),
    Domain(domain::DomainArgs),
    Dkim(Box<dkim::DkimArgs>),
    Records(records::RecordsArgs),
    ArcConfig(arc_config::ArcConfigArgs),
    ReceiverPolicy(receiver_policy::ReceiverPolicyArgs),
    AllowedPair(allowed_pair::AllowedPairArgs),
    Retention(retention::RetentionArgs),
    Audit(audit::AuditArgs),
    Backup(backup::BackupArgs),
    Restore(backup::RestoreArgs),
    Token(token::TokenArgs),
    SetupLink(setup_link::SetupLinkArgs),
}

const EXAMPLES: &str = "\
Examples:
  postseal check contoso.example
  postseal explain bounce.eml
  postseal sandbox";

/// How a command ended, where it could be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// Exit status 0.
    Good,
    /// Exit status 1: the answer is bad.
    Bad,
}

/// Runs the program and returns its exit status.
pub(crate) fn run(words: &[OsString]) -> ExitCode {
    let lang = Lang::choose(words);
    let matches = match usage::command(lang).try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) => return usage::report(&error, lang),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error, lang),
    };
    let terminal = Terminal::new(lang, cli.global.json);
    match cli.command.run(&terminal) {
        Ok(Status::Good) => ExitCode::SUCCESS,
        Ok(Status::Bad) => ExitCode::from(1),
        Err(problem) => {
            problem.report(&terminal);
            ExitCode::from(2)
        }
    }
}

impl Command {
    fn run(self, terminal: &Terminal) -> Result<Status, Problem> {
        match self {
            Command::Check(args) => check::run(&args, terminal),
            Command::Explain(args) => explain::run(&args, terminal),
            Command::Spf(args) => spf::run(&args, terminal),
            Command::Verify(args) => verify::run(&args, terminal),
            Command::Sign(args) => sign::run(&args, terminal),
            Command::Arc(args) => arc_seal::run(&args, terminal),
            Command::Keygen(args) => keygen::run(&args, terminal),
            Command::Config(args) => config::run(&args, terminal),
            Command::Sandbox(args) => sandbox::run(&args, terminal),
            Command::Serve(args) => serve::run(&args, terminal),
            Command::Reload(args) => reload::run(&args, terminal),
            Command::Org(args) => org::run(&args, terminal),
            Command::Domain(args) => domain::run(&args, terminal),
            Command::Dkim(args) => dkim::run(&args, terminal),
            Command::Records(args) => records::run(&args, terminal),
            Command::ArcConfig(args) => arc_config::run(&args, terminal),
            Command::ReceiverPolicy(args) => receiver_policy::run(&args, terminal),
            Command::AllowedPair(args) => allowed_pair::run(&args, terminal),
            Command::Retention(args) => retention::run(&args, terminal),
            Command::Audit(args) => audit::run(&args, terminal),
            Command::Backup(args) => backup::backup(&args, terminal),
            Command::Restore(args) => backup::restore(&args, terminal),
            Command::Token(args) => token::run(&args, terminal),
            Command::SetupLink(args) => setup_link::run(&args, terminal),
        }
    }
}
