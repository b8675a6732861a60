//! `postseal dkim`: how domains sign, on a running node.

mod properties;
mod text;
mod watch;

use clap::{Args, Subcommand};
use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;
use serde_json::{Map, Value};

use super::Status;
use super::domain::At;
use super::node_client::{NodeClient, block_on, domain_name};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::resource::{
    DkimOutcome, DkimSigningConfiguration, NewDkimSigningConfiguration, RotateDkimSigningConfiguration,
    SetDkimSigningConfiguration,
};
use crate::api::{ClientError, ProblemKind};
use crate::words::{Lang, say};

/// How domains sign with hosted keys, on a running node
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DkimArgs {
    #[command(subcommand)]
    command: DkimCommand,
}

#[derive(Debug, Subcommand)]
enum DkimCommand {
    /// Show how a domain signs, with what to publish and what was found
    Get {
        /// The domain
        domain: String,
        /// Only these properties, separated by commas
        #[arg(long, value_name = "PROPERTY,…", value_delimiter = ',')]
        select: Vec<String>,
        /// Follow the DNS until both keys are visible
        #[arg(long)]
        watch: bool,
        #[command(flatten)]
        at: At,
    },
    /// Make two keys for a domain (exit status 1: made, and not enabled)
    New {
        /// The domain
        domain: String,
        /// Sign, if the records are visible
        #[arg(long, value_name = "BOOL")]
        enabled: Option<bool>,
        /// Length of the keys: 2048, 3072 or 4096 [default: 2048]
        #[arg(long, value_name = "BITS")]
        key_size: Option<u32>,
        #[command(flatten)]
        settings: SettingsArgs,
        /// Say what would happen, and do nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        at: At,
    },
    /// Change how a domain signs (exit status 1: enabling is refused)
    Set {
        /// The domain
        domain: String,
        /// Sign or not
        #[arg(long, value_name = "BOOL")]
        enabled: Option<bool>,
        /// Where nobody sees a key: sign all the same, or defer the mail: sign or defer [default: sign]
        #[arg(long, value_name = "WHAT")]
        unseen_key: Option<String>,
        #[command(flatten)]
        settings: SettingsArgs,
        /// Say what would happen, and do nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        at: At,
    },
    /// Let the other key sign, once it has been visible long enough
    Rotate {
        /// The domain
        domain: String,
        /// Length of the key that does not sign yet
        #[arg(long, value_name = "BITS", conflicts_with = "compromised")]
        key_size: Option<u32>,
        /// The key that signs is in other hands: revoke it now
        #[arg(long)]
        compromised: bool,
        /// Say what would happen, and do nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        at: At,
    },
    /// Destroy the keys of a domain
    Remove {
        /// The domain
        domain: String,
        /// Say what would happen, and do nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        at: At,
    },
}

/// What can be set when keys are made and later.
#[derive(Debug, Args)]
struct SettingsArgs {
    /// What the administrator calls it
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// Canonicalization of header fields: relaxed or simple [default: relaxed]
    #[arg(long, value_name = "FORM")]
    header_canonicalization: Option<String>,
    /// Canonicalization of the body: relaxed or simple [default: relaxed]
    #[arg(long, value_name = "FORM")]
    body_canonicalization: Option<String>,
    /// Names of the two selectors [default: selector1,selector2]
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1)]
    selectors: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  postseal dkim get contoso.example --select selector1CNAME,selector2CNAME
  postseal dkim new contoso.example --enabled true
  postseal dkim set contoso.example --enabled true
  postseal dkim rotate contoso.example --key-size 3072
  postseal dkim remove contoso.example --dry-run";

pub(super) fn run(args: &DkimArgs, terminal: &Terminal) -> Result<Status, Problem> {
    match &args.command {
        DkimCommand::Get { domain, select, watch, at } => {
            let asked = Asked::new(domain, at, terminal)?;
            asked.get(select, *watch)
        }
        DkimCommand::New { domain, enabled, key_size, settings, dry_run, at } => {
            let new = NewDkimSigningConfiguration {
                enabled: enabled.unwrap_or(false),
                key_size: *key_size,
                admin_display_name: settings.display_name.clone(),
                header_canonicalization: settings.header_canonicalization.clone(),
                body_canonicalization: settings.body_canonicalization.clone(),
                selectors: settings.pair(terminal.lang)?,
                dry_run: *dry_run,
            };
            let asked = Asked::new(domain, at, terminal)?;
            let done =
                asked.block(async |asked, o| asked.node.client.new_dkim(&o, &asked.domain, &new).await)?;
            asked.outcome(done)
        }
        DkimCommand::Set { domain, enabled, unseen_key, settings, dry_run, at } => {
            let set = SetDkimSigningConfiguration {
                enabled: *enabled,
                admin_display_name: settings.display_name.clone(),
                header_canonicalization: settings.header_canonicalization.clone(),
                body_canonicalization: settings.body_canonicalization.clone(),
                unseen_key: unseen_key.clone(),
                selectors: settings.pair(terminal.lang)?,
                dry_run: *dry_run,
            };
            let asked = Asked::new(domain, at, terminal)?;
            let done =
                asked.block(async |asked, o| asked.node.client.set_dkim(&o, &asked.domain, &set).await)?;
            asked.outcome(done)
        }
        DkimCommand::Rotate { domain, key_size, compromised, dry_run, at } => {
            let (key_size, compromised, dry_run) = (*key_size, *compromised, *dry_run);
            let order = RotateDkimSigningConfiguration { key_size, compromised, dry_run };
            let asked = Asked::new(domain, at, terminal)?;
            let done = asked
                .block(async |asked, o| asked.node.client.rotate_dkim(&o, &asked.domain, &order).await)?;
            asked.outcome(done)
        }
        DkimCommand::Remove { domain, dry_run, at } => {
            let asked = Asked::new(domain, at, terminal)?;
            let done = asked
                .block(async |asked, o| asked.node.client.remove_dkim(&o, &asked.domain, *dry_run).await)?;
            asked.outcome(done)
        }
    }
}

impl SettingsArgs {
    fn pair(&self, lang: Lang) -> Result<Option<[String; 2]>, Problem> {
        match self.selectors.as_slice() {
            [] => Ok(None),
            [first, second] => Ok(Some([first.clone(), second.clone()])),
            _ => Err(Problem::new(say!(
                lang,
                "--selectors takes two names, as in --selectors ps1,ps2",
                "--selectors には名前を二つ指定してください(例: --selectors ps1,ps2)"
            ))),
        }
    }
}

/// A domain on a node.
struct Asked<'a> {
    domain: DomainName,
    node: NodeClient,
    at: &'a At,
    terminal: &'a Terminal,
}

impl<'a> Asked<'a> {
    fn new(domain: &str, at: &'a At, terminal: &'a Terminal) -> Result<Asked<'a>, Problem> {
        let domain = domain_name(domain, terminal.lang)?;
        Ok(Asked { domain, node: NodeClient::new(&at.node, terminal)?, at, terminal })
    }

    /// Asks the node; what it answers, a refusal too.
    fn block<T>(
        &self,
        ask: impl AsyncFnOnce(&Self, OrganisationName) -> Result<T, ClientError>,
    ) -> Result<Result<T, ClientError>, Problem> {
        let work = async {
            let organisation = self.node.organisation(&self.at.organisation).await?;
            Ok(ask(self, organisation).await)
        };
        block_on(work, self.terminal.lang)
    }

    fn get(&self, select: &[String], watch: bool) -> Result<Status, Problem> {
        properties::check(select, self.terminal.lang)?;
        let found = if watch {
            self.block(async |asked, o| watch::until_seen(asked, &o).await)?
        } else {
            self.block(async |asked, o| asked.node.client.dkim(&o, &asked.domain).await)?
        };
        let configuration = found.map_err(|error| self.node.problem(error))?;
        let whole = as_map(&configuration);
        if self.terminal.json {
            self.terminal.print_json(&properties::selected(whole, select))?;
        } else {
            let mut text = properties::list(&whole, select);
            if select.is_empty() {
                text += &text::below(&configuration, self.terminal.lang);
            }
            self.terminal.print(&text)?;
        }
        Ok(Status::Good)
    }

    /// What was done, or why it was not: a refusal to enable is an answer, and a bad one.
    fn outcome(&self, done: Result<DkimOutcome, ClientError>) -> Result<Status, Problem> {
        let (lang, json) = (self.terminal.lang, self.terminal.json);
        match done {
            Ok(done) => {
                if json {
                    self.terminal.print_json(&done)?;
                } else {
                    self.terminal.print(&text::done(&done, lang))?;
                }
                Ok(if done.warning.is_some() { Status::Bad } else { Status::Good })
            }
            Err(ClientError::Problem(problem)) if problem.kind() == Some(ProblemKind::NotVisible) => {
                match &problem.configuration {
                    _ if json => self.terminal.print_json(&problem)?,
                    Some(configuration) => {
                        self.terminal.print(&text::not_visible(configuration, false, lang))?;
                    }
                    None => return Err(self.node.problem(ClientError::Problem(problem))),
                }
                Ok(Status::Bad)
            }
            Err(error) => Err(self.node.problem(error)),
        }
    }
}

fn as_map(configuration: &DkimSigningConfiguration) -> Map<String, Value> {
    match serde_json::to_value(configuration) {
        Ok(Value::Object(map)) => map,
        // It is a struct.
        _ => Map::new(),
    }
}
