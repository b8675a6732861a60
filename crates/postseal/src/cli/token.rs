use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::Status;
use super::node_client::{NodeArgs, NodeClient, block_on};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::resource::{NewToken, Token, TokenMade};
use crate::words::{Lang, say};

/// API tokens of a running node: what programs are let in with
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token; it is shown once
    Add {
        /// What the audit log calls it; never given to another
        name: String,
        /// What it may do, each with what comes before it: read-organisation, change-organisation, operate
        #[arg(long, value_name = "SCOPE", default_value = "read-organisation")]
        scope: String,
        /// Only this organisation's data [default: everybody's]
        #[arg(long, value_name = "NAME")]
        organisation: Option<String>,
        /// Until it expires, 1 to 366
        #[arg(long, value_name = "DAYS", default_value_t = 90)]
        days: u64,
        /// Write it to this file (mode 0600, never overwritten) and do not show it
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        node: NodeArgs,
    },
    /// List the tokens, without what they are shown by
    List {
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Remove a token: whoever shows it is not let in any more
    Remove {
        /// Its name
        name: String,
        #[command(flatten)]
        node: NodeArgs,
    },
}

const EXAMPLES: &str = "\
Examples:
  postseal token add backup-job --scope operate --out backup-job.token
  postseal token add contoso-web --organisation contoso --days 30
  postseal token list
  postseal token remove backup-job";

pub(super) fn run(args: &TokenArgs, terminal: &Terminal) -> Result<Status, Problem> {
    match &args.command {
        TokenCommand::Add { name, scope, organisation, days, out, node } => {
            let new = NewToken {
                name: name.clone(),
                scope: scope.clone(),
                organisation: organisation.clone(),
                days: Some(*days),
            };
            add(&new, out.as_deref(), &NodeClient::new(node, terminal)?, terminal)
        }
        TokenCommand::List { node } => list(&NodeClient::new(node, terminal)?, terminal),
        TokenCommand::Remove { name, node } => {
            let node = NodeClient::new(node, terminal)?;
            let work = async { node.client.remove_token(name).await.map_err(|error| node.problem(error)) };
            block_on(work, terminal.lang)?;
            Ok(Status::Good)
        }
    }
}

fn add(
    new: &NewToken,
    out: Option<&Path>,
    node: &NodeClient,
    terminal: &Terminal,
) -> Result<Status, Problem> {
    let lang = terminal.lang;
    // Before the token is made: it could not be shown again.
    let file = out.map(|path| private_file(path, lang)).transpose()?;
    let work = async { node.client.add_token(new).await.map_err(|error| node.problem(error)) };
    let made = block_on(work, lang);
    if let (Err(_), Some(path)) = (&made, out) {
        // It is empty, and was made a moment ago.
        let _ = std::fs::remove_file(path);
    }
    let TokenMade { token, secret } = made?;
    if let (Some(mut file), Some(path)) = (file, out) {
        let written = file.write_all(format!("{secret}\n").as_bytes()).and_then(|()| file.sync_all());
        written.map_err(|error| not_written(path, &error, lang))?;
    }
    if terminal.json {
        match out {
            None => terminal.print_json(&TokenMade { token, secret })?,
            Some(_) => terminal.print_json(&token)?,
        }
        return Ok(Status::Good);
    }
    let (name, until) = (&token.name, &token.expires_at);
    let mut text = say!(lang, "token {name}, until {until}\n", "トークン {name}、有効期限 {until}\n");
    text += &match out {
        None => say!(
            lang,
            "{secret}\nIt is not shown again: keep it now.\n",
            "{secret}\n二度と表示されません。今すぐ控えてください。\n"
        ),
        Some(path) => {
            let path = path.display();
            say!(lang, "written to {path}\n", "{path} に書きました\n")
        }
    };
    terminal.print(&text)?;
    Ok(Status::Good)
}

fn private_file(path: &Path, lang: Lang) -> Result<std::fs::File, Problem> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|error| not_written(path, &error, lang))
}

fn not_written(path: &Path, error: &io::Error, lang: Lang) -> Problem {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::AlreadyExists => Problem::new(say!(
            lang,
            "{path} exists already; a token never replaces a file",
            "{path} はすでに存在します。トークンは既存のファイルを上書きしません"
        )),
        _ => {
            Problem::new(say!(lang, "{path} cannot be written: {error}", "{path} に書き込めません: {error}"))
        }
    }
}

fn list(node: &NodeClient, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    let work = async {
        let mut all: Vec<Token> = Vec::new();
        let mut next = None;
        loop {
            let page = node.client.tokens(next.as_deref()).await.map_err(|error| node.problem(error))?;
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
    let line = |token: &Token| {
        let whose = token.organisation.as_deref().unwrap_or("*");
        let used = token.used_at.as_deref().unwrap_or(lang.pick("never", "なし"));
        let Token { name, scope, expires_at, made_by, .. } = token;
        say!(
            lang,
            "{name}  {scope}  {whose}  until {expires_at}  last used {used}  by {made_by}\n",
            "{name}  {scope}  {whose}  有効期限 {expires_at}  最終使用 {used}  作成者 {made_by}\n"
        )
    };
    terminal.print(&all.iter().map(line).collect::<String>())?;
    Ok(Status::Good)
}
