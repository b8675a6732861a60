use std::fmt::Write as _;

use clap::{Args, Subcommand};

use super::Status;
use super::node_client::{NodeArgs, NodeClient, block_on};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::resource::AuditEntry;
use crate::words::say;

/// The audit log of a running node: who did what
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// List its rows, the oldest first
    List {
        /// Only rows behind this one
        #[arg(long, value_name = "ROW", default_value_t = 0, hide_default_value = true)]
        after: i64,
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Check that no row was changed or taken out (exit status 1: one was)
    Verify {
        /// A row and its link that were written down elsewhere: no row up to it was cut off
        #[arg(long, value_name = "ROW:LINK")]
        head: Option<String>,
        #[command(flatten)]
        node: NodeArgs,
    },
}

const EXAMPLES: &str = "\
Examples:
  postseal audit list --after 100
  postseal audit verify";

pub(super) fn run(args: &AuditArgs, terminal: &Terminal) -> Result<Status, Problem> {
    match &args.command {
        AuditCommand::List { after, node } => list(*after, &NodeClient::new(node, terminal)?, terminal),
        AuditCommand::Verify { head, node } => {
            verify(head.as_deref(), &NodeClient::new(node, terminal)?, terminal)
        }
    }
}

fn list(after: i64, node: &NodeClient, terminal: &Terminal) -> Result<Status, Problem> {
    let work = async {
        let mut all: Vec<AuditEntry> = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let page =
                node.client.audit(after, next.as_deref()).await.map_err(|error| node.problem(error))?;
            all.extend(page.items);
            next = page.next;
            if next.is_none() {
                return Ok(all);
            }
        }
    };
    let all = block_on(work, terminal.lang)?;
    if terminal.json {
        terminal.print_json(&all)?;
        return Ok(Status::Good);
    }
    let mut text = String::new();
    for AuditEntry { seq, at, organisation, actor, action, subject, detail } in &all {
        let line = format!("{seq}  {at}  {actor}  {organisation}  {action}  {subject}  {detail}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    terminal.print(&text)?;
    Ok(Status::Good)
}

fn verify(head: Option<&str>, node: &NodeClient, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let head = match head {
        None => None,
        Some(text) => {
            let read = text.split_once(':').and_then(|(row, link)| Some((row.parse().ok()?, link)));
            Some(read.ok_or_else(|| {
                Problem::new(say!(
                    lang,
                    "--head takes a row and a link, as in 42:9f86…",
                    "--head には行番号とリンクを指定してください(例: 42:9f86…)"
                ))
            })?)
        }
    };
    let work = async { node.client.verify_audit(head).await.map_err(|error| node.problem(error)) };
    let verdict = block_on(work, lang)?;
    if terminal.json {
        terminal.print_json(&verdict)?;
    } else if let (Some(rows), Some(link)) = (verdict.rows, &verdict.head) {
        terminal.print(&say!(
            lang,
            "{rows} rows, each as it was written\nhead {rows}:{link}\n",
            "{rows} 行すべてが書かれたときのままです\n最後の行とリンク {rows}:{link}\n"
        ))?;
    } else {
        let row = verdict.first_bad.unwrap_or_default();
        terminal.print(&say!(
            lang,
            "row {row} is not as it was written, or one before it is missing\n",
            "{row} 行目が書かれたときのままではないか、その前の行がなくなっています\n"
        ))?;
    }
    Ok(if verdict.intact { Status::Good } else { Status::Bad })
}
