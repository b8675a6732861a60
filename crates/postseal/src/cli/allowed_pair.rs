use clap::{Args, Subcommand};

use super::Status;
use super::node_client::{NodeArgs, ask_node};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::resource::{AllowedPairResource, NewAllowedPair};
use crate::words::{Lang, say};

/// Whose mail a running node accepts although DMARC fails
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct AllowedPairArgs {
    #[command(subcommand)]
    command: AllowedPairCommand,
}

#[derive(Debug, Subcommand)]
enum AllowedPairCommand {
    /// List the pairs, those of the configuration file too
    List {
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Accept an Author Domain from somewhere, from the next message on
    Add {
        /// The domain of the From field
        author_domain: String,
        /// Its domains below it too
        #[arg(long)]
        subdomains: bool,
        /// From this client address or network
        #[arg(long, value_name = "NETWORK", required_unless_present = "authenticated")]
        client: Option<String>,
        /// From whoever SPF or DKIM authenticates as this domain or one below it
        #[arg(long, value_name = "DOMAIN", conflicts_with = "client")]
        authenticated: Option<String>,
        /// Until the end of this day (UTC), or a moment [default: until it is removed]
        #[arg(long, value_name = "DAY")]
        until: Option<String>,
        /// Why, for whoever finds it later
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        note: String,
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Accept it no longer
    Remove {
        /// Its number, as list shows it
        id: i64,
        #[command(flatten)]
        node: NodeArgs,
    },
}

const EXAMPLES: &str = "\
Examples:
  postseal allowed-pair add partner.example --client 192.0.2.7 --until 2027-01-31 --note 'ticket 4711'
  postseal allowed-pair add partner.example --authenticated lists.example
  postseal allowed-pair list
  postseal allowed-pair remove 3";

pub(super) fn run(args: &AllowedPairArgs, terminal: &Terminal) -> Result<Status, Problem> {
    match &args.command {
        AllowedPairCommand::List { node } => {
            let pairs = ask_node(node, terminal, async |c| c.allowed_pairs().await)?;
            if terminal.json {
                terminal.print_json(&pairs)?;
            } else {
                terminal.print(&pairs.iter().map(|pair| line(pair, terminal.lang)).collect::<String>())?;
            }
        }
        AllowedPairCommand::Add { author_domain, subdomains, client, authenticated, until, note, node } => {
            let new = NewAllowedPair {
                author_domain: author_domain.clone(),
                subdomains: *subdomains,
                client: client.clone(),
                authenticated: authenticated.clone(),
                until: until.clone(),
                note: note.clone(),
            };
            let pair = ask_node(node, terminal, async |c| c.add_allowed_pair(&new).await)?;
            if terminal.json {
                terminal.print_json(&pair)?;
            } else {
                terminal.print(&line(&pair, terminal.lang))?;
            }
        }
        AllowedPairCommand::Remove { id, node } => {
            ask_node(node, terminal, async |c| c.remove_allowed_pair(*id).await)?;
        }
    }
    Ok(Status::Good)
}

fn line(pair: &AllowedPairResource, lang: Lang) -> String {
    let id = pair.id.map_or_else(|| lang.pick("file", "設定ファイル").to_owned(), |id| id.to_string());
    let domain = &pair.author_domain;
    let below = if pair.subdomains { format!(" *.{domain}") } else { String::new() };
    let from = match (&pair.client, &pair.authenticated) {
        (Some(network), _) => say!(lang, "from {network}", "送信元 {network}"),
        (None, authenticated) => {
            let domain = authenticated.as_deref().unwrap_or_default();
            say!(lang, "authenticated as {domain}", "認証済みドメイン {domain}")
        }
    };
    let until = match &pair.until {
        Some(until) => say!(lang, "until {until}", "期限 {until}"),
        None => lang.pick("until removed", "削除するまで").to_owned(),
    };
    let note = if pair.note.is_empty() { String::new() } else { format!("  {}", pair.note) };
    format!("{id}  {domain}{below}  {from}  {until}{note}\n")
}
