use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::Status;
use super::fault_text::fault_text;
use super::lang::{Lang, say};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::config::{self, CONFIG_FILE, FaultReport};
use crate::serve::control::{self, Order, Reloaded, Reply};

/// Make a running node take its configuration file again
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReloadArgs {
    /// The node's configuration file, read to find its control socket [default: /etc/postseal/postseal.toml]
    #[arg(long, value_name = "FILE", default_value = CONFIG_FILE, hide_default_value = true)]
    config: PathBuf,
    /// Use this control socket instead
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Example:
  postseal config check && postseal reload";

#[derive(Serialize)]
struct Output<'r> {
    /// Whether the file is in force now.
    reloaded: bool,
    /// Domains that sign; null where the configuration is as it was.
    domains: Option<usize>,
    /// Tables that have changed and wait for a restart.
    at_restart: &'r [String],
    faults: &'r [FaultReport],
}

pub(super) fn run(args: &ReloadArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let socket = args.socket.clone().unwrap_or_else(|| config::control_socket(&args.config));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let asked = runtime.and_then(|runtime| runtime.block_on(control::ask(&socket, Order::Reload { lang })));
    match asked.map_err(|error| unreachable(&error, &socket, lang))? {
        Reply::Reloaded(reloaded) => {
            say_reloaded(&reloaded, terminal)?;
            Ok(Status::Good)
        }
        Reply::Unchanged { faults } => {
            say_unchanged(&faults, terminal)?;
            Ok(Status::Bad)
        }
        Reply::Refused { message } => {
            Err(Problem::new(say!(lang, "the node refuses: {message}", "ノードが拒否しました: {message}")))
        }
    }
}

fn say_reloaded(reloaded: &Reloaded, terminal: &Terminal) -> Result<(), Problem> {
    let (lang, domains) = (terminal.lang, reloaded.domains);
    if terminal.json {
        return terminal.print_json(&Output {
            reloaded: true,
            domains: Some(domains),
            at_restart: &reloaded.at_restart,
            faults: &reloaded.warnings,
        });
    }
    let mut text: String =
        reloaded.warnings.iter().map(|fault| fault_text(fault, terminal.paint(), lang) + "\n").collect();
    text += &say!(
        lang,
        "in force: signing domains: {domains}\n",
        "新しい設定が有効になりました。署名するドメイン: {domains}\n"
    );
    for table in &reloaded.at_restart {
        text += &say!(
            lang,
            "{table} has changed and waits for a restart: systemctl restart postseal\n",
            "{table} の変更には再起動が必要です: systemctl restart postseal\n"
        );
    }
    terminal.print(&text)
}

fn say_unchanged(faults: &[FaultReport], terminal: &Terminal) -> Result<(), Problem> {
    let lang = terminal.lang;
    if terminal.json {
        return terminal.print_json(&Output { reloaded: false, domains: None, at_restart: &[], faults });
    }
    let mut text: String =
        faults.iter().map(|fault| fault_text(fault, terminal.paint(), lang) + "\n").collect();
    text += lang.pick(
        "nothing has changed: the configuration before it stays in force\n",
        "何も変わっていません。前の設定が有効なままです\n",
    );
    terminal.print(&text)
}

fn unreachable(error: &io::Error, socket: &Path, lang: Lang) -> Problem {
    let socket = socket.display();
    Problem::with_next(
        say!(lang, "no node answers on {socket}: {error}", "{socket} でノードが応答しません: {error}"),
        match error.kind() {
            io::ErrorKind::PermissionDenied => say!(
                lang,
                "Run it as root, or as the user of the node.",
                "root か、ノードのユーザーで実行してください。"
            ),
            _ => say!(
                lang,
                "Is it running? systemctl status postseal. Another socket: --config FILE or --socket PATH.",
                "動いているかを systemctl status postseal で確かめてください。別のソケットは --config FILE か --socket PATH で指定します。"
            ),
        },
    )
}
