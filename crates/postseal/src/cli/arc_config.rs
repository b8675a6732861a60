use clap::{Args, Subcommand};
use postseal_core::hosting::OrganisationName;

use super::Status;
use super::domain::At;
use super::node_client::{NodeClient, block_on, domain_name};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::resource::{ArcConfig, SetArcConfig};
use crate::api::{Client, ClientError};

/// The forwarders whose ARC seals an organisation trusts, on a running node
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ArcConfigArgs {
    #[command(subcommand)]
    command: ArcConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ArcConfigCommand {
    /// Show them
    Get {
        #[command(flatten)]
        at: At,
    },
    /// Replace them all; without a domain none is trusted
    Set {
        /// Domains that seal (d=), separated by commas
        #[arg(value_delimiter = ',')]
        sealers: Vec<String>,
        #[command(flatten)]
        at: At,
    },
    /// Add to them
    Add {
        /// Domains that seal (d=), separated by commas
        #[arg(value_delimiter = ',', required = true)]
        sealers: Vec<String>,
        #[command(flatten)]
        at: At,
    },
    /// Take some away
    Remove {
        /// Domains that seal (d=), separated by commas
        #[arg(value_delimiter = ',', required = true)]
        sealers: Vec<String>,
        #[command(flatten)]
        at: At,
    },
}

const EXAMPLES: &str = "\
Examples:
  postseal arc-config add lists.example
  postseal arc-config set lists.example,forwarder.example
  postseal arc-config remove forwarder.example
  postseal arc-config get --json";

pub(super) fn run(args: &ArcConfigArgs, terminal: &Terminal) -> Result<Status, Problem> {
    match &args.command {
        ArcConfigCommand::Get { at } => ask(at, terminal, async |c, o| c.arc_config(&o).await),
        ArcConfigCommand::Set { sealers, at } => {
            let body = body(sealers, terminal)?;
            ask(at, terminal, async |c, o| c.set_arc_config(&o, &body).await)
        }
        ArcConfigCommand::Add { sealers, at } => {
            let body = body(sealers, terminal)?;
            ask(at, terminal, async |c, o| c.add_arc_sealers(&o, &body).await)
        }
        ArcConfigCommand::Remove { sealers, at } => {
            let body = body(sealers, terminal)?;
            ask(at, terminal, async |c, o| c.remove_arc_sealers(&o, &body).await)
        }
    }
}

fn body(sealers: &[String], terminal: &Terminal) -> Result<SetArcConfig, Problem> {
    let names = sealers.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    let names = names.map(|text| domain_name(text, terminal.lang).map(|name| name.to_string()));
    Ok(SetArcConfig { arc_trusted_sealers: names.collect::<Result<_, Problem>>()? })
}

fn ask(
    at: &At,
    terminal: &Terminal,
    ask: impl AsyncFnOnce(&Client, OrganisationName) -> Result<ArcConfig, ClientError>,
) -> Result<Status, Problem> {
    let node = NodeClient::new(&at.node, terminal)?;
    let work = async {
        let organisation = node.organisation(&at.organisation).await?;
        ask(&node.client, organisation).await.map_err(|error| node.problem(error))
    };
    let now = block_on(work, terminal.lang)?;
    if terminal.json {
        terminal.print_json(&now)?;
    } else {
        let sealers = now.arc_trusted_sealers.join(", ");
        terminal
            .print(&format!("Identity          : {}\nArcTrustedSealers : {{{sealers}}}\n", now.identity))?;
    }
    Ok(Status::Good)
}
