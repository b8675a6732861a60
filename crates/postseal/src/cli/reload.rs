use clap::Args;
use serde::Serialize;

use super::Status;
use super::fault_text::fault_text;
use super::node_client::{NodeArgs, NodeClient, block_on};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::resource::ReloadOrder;
use crate::api::{ClientError, ProblemKind};
use crate::config::FaultReport;
use crate::serve::Reloaded;
use crate::words::say;

/// Make a running node take its configuration file again
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReloadArgs {
    #[command(flatten)]
    node: NodeArgs,
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
    let node = NodeClient::new(&args.node, terminal)?;
    let order = ReloadOrder { lang: terminal.lang };
    let reply = block_on(async { Ok(node.client.reload(&order).await) }, terminal.lang)?;
    match reply {
        Ok(reloaded) => {
            say_reloaded(&reloaded, terminal)?;
            Ok(Status::Good)
        }
        Err(ClientError::Problem(problem)) if problem.kind() == Some(ProblemKind::ConfigurationWrong) => {
            say_unchanged(problem.faults.as_deref().unwrap_or_default(), terminal)?;
            Ok(Status::Bad)
        }
        Err(error) => Err(node.problem(error)),
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
