use clap::{Args, Subcommand};

use super::Status;
use super::node_client::{NodeArgs, NodeClient, block_on};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::resource::{NewOrganisation, Organisation};
use crate::words::say;

/// Organisations on a running node: whose domains they are
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct OrgArgs {
    #[command(subcommand)]
    command: OrgCommand,
}

#[derive(Debug, Subcommand)]
enum OrgCommand {
    /// Make an organisation; with a hosting zone it has its initial domain at once, signed
    Add {
        /// 2 to 40 letters, digits and hyphens; the name is never given to another
        name: String,
        #[command(flatten)]
        node: NodeArgs,
    },
    /// List the organisations
    List {
        #[command(flatten)]
        node: NodeArgs,
    },
}

const EXAMPLES: &str = "\
Examples:
  postseal org add contoso
  postseal org list --json";

pub(super) fn run(args: &OrgArgs, terminal: &Terminal) -> Result<Status, Problem> {
    match &args.command {
        OrgCommand::Add { name, node } => add(name, &NodeClient::new(node, terminal)?, terminal),
        OrgCommand::List { node } => list(&NodeClient::new(node, terminal)?, terminal),
    }
}

fn add(name: &str, node: &NodeClient, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let new = NewOrganisation { name: name.to_owned() };
    let work = async { node.client.add_organisation(&new).await.map_err(|error| node.problem(error)) };
    let made = block_on(work, lang)?;
    if terminal.json {
        terminal.print_json(&made)?;
        return Ok(Status::Good);
    }
    let mut text = say!(lang, "organisation {}\n", "組織 {}\n", made.name);
    if let Some(domain) = &made.initial_domain {
        text += &say!(lang, "initial domain {domain}\n", "初期ドメイン {domain}\n");
    }
    text += &say!(
        lang,
        "next: postseal domain add DOMAIN --organisation {}\n",
        "次: postseal domain add DOMAIN --organisation {}\n",
        made.name
    );
    terminal.print(&text)?;
    Ok(Status::Good)
}

fn list(node: &NodeClient, terminal: &Terminal) -> Result<Status, Problem> {
    let work = async {
        let mut all: Vec<Organisation> = Vec::new();
        let mut next = None;
        loop {
            let page =
                node.client.organisations(next.as_deref()).await.map_err(|error| node.problem(error))?;
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
    let line = |one: &Organisation| match &one.initial_domain {
        Some(domain) => format!("{}  {domain}\n", one.name),
        None => format!("{}\n", one.name),
    };
    terminal.print(&all.iter().map(line).collect::<String>())?;
    Ok(Status::Good)
}
