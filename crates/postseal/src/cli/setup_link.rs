use clap::Args;

use super::Status;
use super::node_client::{NodeArgs, NodeClient, block_on};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::words::say;

/// Make a link that sets up the portal's account, or gives it another password
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SetupLinkArgs {
    #[command(flatten)]
    node: NodeArgs,
}

const EXAMPLES: &str = "\
Example:
  postseal setup-link

The link can be used once, within an hour; a new one ends the one before.";

pub(super) fn run(args: &SetupLinkArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let (node, lang) = (NodeClient::new(&args.node, terminal)?, terminal.lang);
    let work = async { node.client.add_setup_link().await.map_err(|error| node.problem(error)) };
    let link = block_on(work, lang)?;
    if terminal.json {
        terminal.print_json(&link)?;
        return Ok(Status::Good);
    }
    let until = &link.expires_at;
    let mut text = format!("{}\n", link.url);
    text += &say!(
        lang,
        "Open it in a browser until {until}; it can be used once.\n",
        "{until} までにブラウザーで開いてください。一度だけ使えます。\n"
    );
    terminal.print(&text)?;
    Ok(Status::Good)
}
