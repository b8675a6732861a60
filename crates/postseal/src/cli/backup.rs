use std::path::{Path, PathBuf, absolute};

use clap::Args;

use super::Status;
use super::node_client::{NodeArgs, NodeClient, block_on};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::resource::{BackupOrder, RestoreOrder};
use crate::words::{Lang, say};

/// Write the store of a running node to a new file
#[derive(Debug, Args)]
#[command(after_help = BACKUP)]
pub(super) struct BackupArgs {
    /// The file, which must not be there yet; the node writes it, as its own user
    file: PathBuf,
    #[command(flatten)]
    node: NodeArgs,
}

const BACKUP: &str = "\
Example:
  postseal backup /var/backups/postseal-2027-01-31.db";

/// Take domains, keys and settings from a backup, on a running node
#[derive(Debug, Args)]
#[command(after_help = RESTORE)]
pub(super) struct RestoreArgs {
    /// The backup; the node reads it, as its own user
    file: PathBuf,
    #[command(flatten)]
    node: NodeArgs,
}

const RESTORE: &str = "\
Example:
  postseal restore /var/backups/postseal-2027-01-31.db";

pub(super) fn backup(args: &BackupArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let (node, lang) = (NodeClient::new(&args.node, terminal)?, terminal.lang);
    let order = BackupOrder { path: from_here(&args.file, lang)? };
    let work = async { node.client.backup(&order).await.map_err(|error| node.problem(error)) };
    let written = block_on(work, lang)?;
    if terminal.json {
        terminal.print_json(&written)?;
        return Ok(Status::Good);
    }
    let (path, key) = (written.path.display(), &written.key_encryption_key);
    terminal.print(&say!(
        lang,
        "{path} is written\nThe key-encryption key is not in it: {key}. Without it the keys in the backup cannot be used; keep it elsewhere.\n",
        "{path} に書き込みました\n鍵暗号化鍵は含まれていません({key})。それがなければバックアップの鍵は使えません。別の場所に保管してください。\n"
    ))?;
    Ok(Status::Good)
}

pub(super) fn restore(args: &RestoreArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let (node, lang) = (NodeClient::new(&args.node, terminal)?, terminal.lang);
    let order = RestoreOrder { path: from_here(&args.file, lang)? };
    let work = async { node.client.restore(&order).await.map_err(|error| node.problem(error)) };
    block_on(work, lang)?;
    let path = order.path.display();
    if terminal.json {
        terminal.print_json(&serde_json::json!({ "restored": order.path }))?;
    } else {
        terminal.print(&say!(
            lang,
            "domains, keys and settings are those of {path}\n",
            "ドメイン、鍵、設定を {path} から復元しました\n"
        ))?;
    }
    Ok(Status::Good)
}

/// The node has a working directory of its own.
fn from_here(file: &Path, lang: Lang) -> Result<PathBuf, Problem> {
    absolute(file).map_err(|error| Problem::new(say!(lang, "{}: {error}", "{}: {error}", file.display())))
}
