use std::time::Duration;

use clap::{Args, Subcommand};

use super::Status;
use super::node_client::{NodeArgs, ask_node};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::resource::{MessageRetention, SetMessageRetention};
use crate::config;
use crate::words::{Lang, kept_for, removed, say};

/// How long a running node keeps a row of each judged message
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RetentionArgs {
    #[command(subcommand)]
    command: RetentionCommand,
}

#[derive(Debug, Subcommand)]
enum RetentionCommand {
    /// Show what is in force
    Get {
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Change it; what is older is removed within the hour
    Set {
        /// 1h to 3660d, 0 for no rows, or file: as the configuration file has it
        time: String,
        /// Change nothing; only say what would happen
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        node: NodeArgs,
    },
}

const EXAMPLES: &str = "\
Examples:
  postseal retention get
  postseal retention set 30d --dry-run
  postseal retention set file";

pub(super) fn run(args: &RetentionArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let lang = terminal.lang;
    match &args.command {
        RetentionCommand::Get { node } => {
            show(&ask_node(node, terminal, async |c| c.message_retention().await)?, false, terminal)?;
        }
        RetentionCommand::Set { time, dry_run, node } => {
            let keep_seconds = read(time, lang)?.map(|keep| keep.as_secs());
            let set = SetMessageRetention { keep_seconds, dry_run: *dry_run };
            show(&ask_node(node, terminal, async |c| c.set_message_retention(&set).await)?, true, terminal)?;
        }
    }
    Ok(Status::Good)
}

/// `None`: as the file has it.
fn read(text: &str, lang: Lang) -> Result<Option<Duration>, Problem> {
    if text == "file" {
        return Ok(None);
    }
    config::retention(text).map(Some).map_err(|_| {
        Problem::with_next(
            say!(
                lang,
                "{text:?} is no time for which messages can be kept",
                "{text:?} はメッセージの保存期間として使えません"
            ),
            lang.pick(
                "Give 1h to 3660d, 0 for no rows, or file: postseal retention set 30d",
                "1h から 3660d まで、保存しない場合は 0、設定ファイルに従う場合は file を指定してください: postseal retention set 30d",
            )
            .to_owned(),
        )
    })
}

/// `removes`: whoever asked wants to know what that removes.
fn show(now: &MessageRetention, removes: bool, terminal: &Terminal) -> Result<(), Problem> {
    if terminal.json {
        return terminal.print_json(now);
    }
    let lang = terminal.lang;
    let kept = kept_for(now.keep_seconds, lang);
    let mut text = match now.changed {
        false => format!("{kept}\n"),
        true => {
            let file = kept_for(now.file_keep_seconds, lang);
            say!(
                lang,
                "{kept}  (changed; the file has {file})\n",
                "{kept}  (変更済み。設定ファイルでは {file})\n"
            )
        }
    };
    if removes && now.older_messages > 0 {
        text += &removed(&now.older_messages.to_string(), now.keep_seconds, lang);
        text.push('\n');
    }
    terminal.print(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_the_file_has_them() {
        let check = |text: &str, expected: Option<Option<u64>>| {
            let seconds = read(text, Lang::En).ok().map(|keep| keep.map(|keep| keep.as_secs()));
            assert_eq!(seconds, expected, "{text:?}");
        };
        check("file", Some(None));
        check("0", Some(Some(0)));
        check("1h", Some(Some(3_600)));
        check("3660d", Some(Some(3_660 * 86_400)));
        check("59m", None);
        check("3661d", None);
        check("30", None);
        check("File", None);
        check("", None);
    }
}
