use std::fmt::Write as _;

use clap::{Args, Subcommand};

use super::Status;
use super::node_client::{NodeArgs, NodeClient, OrganisationArgs, block_on, domain_name};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::resource::{DomainResource, NewDomain, VerificationOutcome};
use crate::api::{ClientError, ProblemKind};
use crate::words;
use crate::words::{Lang, say};

/// Domains of an organisation on a running node
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DomainArgs {
    #[command(subcommand)]
    command: DomainCommand,
}

#[derive(Debug, Subcommand)]
enum DomainCommand {
    /// Add a domain; prints the TXT record that proves whose it is
    Add {
        /// The domain
        domain: String,
        /// Take the operator's word for it: no proof is asked for
        #[arg(long)]
        trust: bool,
        #[command(flatten)]
        at: At,
    },
    /// Look for the proof at every authoritative server (exit status 1: not there)
    Verify {
        /// The domain
        domain: String,
        #[command(flatten)]
        at: At,
    },
    /// List the domains of an organisation
    List {
        #[command(flatten)]
        at: At,
    },
    /// Show a domain
    Show {
        /// The domain
        domain: String,
        #[command(flatten)]
        at: At,
    },
    /// Remove a domain: its keys are destroyed, its hosted names answer as revoked
    Remove {
        /// The domain
        domain: String,
        #[command(flatten)]
        at: At,
    },
}

/// Which node, which organisation.
#[derive(Debug, Args)]
pub(super) struct At {
    #[command(flatten)]
    pub(super) organisation: OrganisationArgs,
    #[command(flatten)]
    pub(super) node: NodeArgs,
}

const EXAMPLES: &str = "\
Examples:
  postseal domain add contoso.example
  postseal domain verify contoso.example
  postseal domain list --json
  postseal domain show contoso.example
  postseal domain remove contoso.example";

pub(super) fn run(args: &DomainArgs, terminal: &Terminal) -> Result<Status, Problem> {
    match &args.command {
        DomainCommand::Add { domain, trust, at } => add(domain, *trust, at, terminal),
        DomainCommand::Verify { domain, at } => verify(domain, at, terminal),
        DomainCommand::List { at } => list(at, terminal),
        DomainCommand::Show { domain, at } => show(domain, at, terminal),
        DomainCommand::Remove { domain, at } => remove(domain, at, terminal),
    }
}

fn add(domain: &str, trust: bool, at: &At, terminal: &Terminal) -> Result<Status, Problem> {
    let (node, lang) = (NodeClient::new(&at.node, terminal)?, terminal.lang);
    let name = domain_name(domain, lang)?;
    let work = async {
        let organisation = node.organisation(&at.organisation).await?;
        let new = NewDomain { name: name.to_string(), trust };
        node.client.add_domain(&organisation, &new).await.map_err(|error| node.problem(error))
    };
    let added = block_on(work, lang)?;
    if terminal.json {
        terminal.print_json(&added)?;
        return Ok(Status::Good);
    }
    let mut text = shown(&added, lang);
    let next = if added.standing == "held" { "dkim get" } else { "domain verify" };
    let _ = writeln!(text, "{}", say!(lang, "next: postseal {next} {name}", "次: postseal {next} {name}"));
    terminal.print(&text)?;
    Ok(Status::Good)
}

fn verify(domain: &str, at: &At, terminal: &Terminal) -> Result<Status, Problem> {
    let (node, lang) = (NodeClient::new(&at.node, terminal)?, terminal.lang);
    let name = domain_name(domain, lang)?;
    let work = async {
        let organisation = node.organisation(&at.organisation).await?;
        match node.client.verify_domain(&organisation, &name).await {
            Ok(verified) => Ok(Ok(verified)),
            // The DNS that does not answer is an answer: not proven.
            Err(ClientError::Problem(problem)) if problem.kind() == Some(ProblemKind::NoNameServers) => {
                Ok(Err(problem))
            }
            Err(error) => Err(node.problem(error)),
        }
    };
    let verified = match block_on(work, lang)? {
        Ok(verified) => verified,
        Err(problem) => {
            if terminal.json {
                terminal.print_json(&problem)?;
            }
            Problem::from(words::api_problem(&problem, lang)).report(terminal);
            return Ok(Status::Bad);
        }
    };
    let good = matches!(verified.outcome.as_str(), "held" | "moved");
    if terminal.json {
        terminal.print_json(&verified)?;
    } else {
        terminal.print(&verification_text(&verified, lang))?;
    }
    Ok(if good { Status::Good } else { Status::Bad })
}

fn verification_text(verified: &VerificationOutcome, lang: Lang) -> String {
    let mut text = words::verification(verified, lang);
    if matches!(verified.outcome.as_str(), "held" | "moved") {
        let name = &verified.domain.name;
        let _ = writeln!(
            text,
            "{}",
            say!(lang, "next: postseal dkim get {name}", "次: postseal dkim get {name}")
        );
        return text;
    }
    for server in &verified.servers {
        let said = match &server.texts {
            None => {
                let why = server.failure.as_deref().unwrap_or("-");
                say!(lang, "no answer ({why})", "応答なし({why})")
            }
            Some(texts) if texts.is_empty() => match server.others_may_hold_for {
                Some(seconds) => say!(
                    lang,
                    "nothing there (others may hold that for {seconds} seconds)",
                    "レコードなし(ほかの DNS サーバーは最長 {seconds} 秒これを保持します)"
                ),
                None => lang.pick("nothing there", "レコードなし").to_owned(),
            },
            Some(texts) => texts.join(" | "),
        };
        let _ = writeln!(text, "  {} ({}): {said}", server.server, server.address);
    }
    if let Some(record) = &verified.domain.ownership_record {
        let _ = writeln!(text, "{}\n  {}", lang.pick("publish:", "公開するレコード:"), record.zone_line);
    }
    text
}

fn list(at: &At, terminal: &Terminal) -> Result<Status, Problem> {
    let (node, lang) = (NodeClient::new(&at.node, terminal)?, terminal.lang);
    let work = async {
        let organisation = node.organisation(&at.organisation).await?;
        let mut all: Vec<DomainResource> = Vec::new();
        let mut next = None;
        loop {
            let page = node.client.domains(&organisation, next.as_deref()).await;
            let page = page.map_err(|error| node.problem(error))?;
            all.extend(page.items);
            next = page.next;
            if next.is_none() {
                return Ok(all);
            }
        }
    };
    let all = block_on(work, lang)?;
    if terminal.json {
        terminal.print_json(&all)?;
        return Ok(Status::Good);
    }
    let line = |domain: &DomainResource| format!("{}  {}\n", domain.name, words::standing(domain, lang));
    terminal.print(&all.iter().map(line).collect::<String>())?;
    Ok(Status::Good)
}

fn show(domain: &str, at: &At, terminal: &Terminal) -> Result<Status, Problem> {
    let (node, lang) = (NodeClient::new(&at.node, terminal)?, terminal.lang);
    let name = domain_name(domain, lang)?;
    let work = async {
        let organisation = node.organisation(&at.organisation).await?;
        node.client.domain(&organisation, &name).await.map_err(|error| node.problem(error))
    };
    let found = block_on(work, lang)?;
    if terminal.json {
        terminal.print_json(&found)?;
    } else {
        terminal.print(&shown(&found, lang))?;
    }
    Ok(Status::Good)
}

fn shown(domain: &DomainResource, lang: Lang) -> String {
    let mut text = format!("{}  {}\n", domain.name, words::standing(domain, lang));
    if let Some(record) = &domain.ownership_record {
        let _ = writeln!(
            text,
            "{}\n  {}",
            lang.pick("publish, and keep:", "公開し、そのまま残すレコード:"),
            record.zone_line
        );
    }
    text
}

fn remove(domain: &str, at: &At, terminal: &Terminal) -> Result<Status, Problem> {
    let (node, lang) = (NodeClient::new(&at.node, terminal)?, terminal.lang);
    let name = domain_name(domain, lang)?;
    let work = async {
        let organisation = node.organisation(&at.organisation).await?;
        node.client.remove_domain(&organisation, &name).await.map_err(|error| node.problem(error))
    };
    block_on(work, lang)?;
    if terminal.json {
        terminal.print_json(&serde_json::json!({ "removed": name.to_string() }))?;
    } else {
        terminal.print(&say!(
            lang,
            "{name} is removed; its keys are destroyed, and its hosted names answer as revoked for 30 days\n",
            "{name} を削除し、鍵を破棄しました。ホスト名は 30 日間、失効した鍵として応答します\n"
        ))?;
    }
    Ok(Status::Good)
}
