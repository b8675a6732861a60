use clap::{Args, Subcommand};

use super::Status;
use super::node_client::{NodeArgs, ask_node};
use super::problem::Problem;
use super::terminal::Terminal;
use crate::api::resource::{ReceiverChoiceResource, ReceiverPolicyResource, SetReceiverPolicy};
use crate::words::{Lang, say};

/// What a running node does with mail that fails DMARC
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReceiverPolicyArgs {
    #[command(subcommand)]
    command: ReceiverPolicyCommand,
}

#[derive(Debug, Subcommand)]
enum ReceiverPolicyCommand {
    /// Show what is in force
    Get {
        #[command(flatten)]
        node: NodeArgs,
    },
    /// Change some of it, before the configuration file, from the next message on
    Set {
        /// KEY=VALUE, as in the table receive of the configuration file; VALUE file: as the file has it
        #[arg(value_name = "KEY=VALUE", required = true)]
        changes: Vec<String>,
        #[command(flatten)]
        node: NodeArgs,
    },
}

const EXAMPLES: &str = "\
Examples:
  postseal receiver-policy get
  postseal receiver-policy set on_reject=quarantine quarantine_by=header
  postseal receiver-policy set on_reject=file";

pub(super) fn run(args: &ReceiverPolicyArgs, terminal: &Terminal) -> Result<Status, Problem> {
    let policy = match &args.command {
        ReceiverPolicyCommand::Get { node } => ask_node(node, terminal, async |c| c.receiver_policy().await)?,
        ReceiverPolicyCommand::Set { changes, node } => {
            let set = read(changes, terminal.lang)?;
            ask_node(node, terminal, async |c| c.set_receiver_policy(&set).await)?
        }
    };
    show(&policy, terminal)?;
    Ok(Status::Good)
}

/// What each word means is the node's to say; here only its form is looked at.
fn read(changes: &[String], lang: Lang) -> Result<SetReceiverPolicy, Problem> {
    let mut set = SetReceiverPolicy::new();
    for change in changes {
        let Some((key, value)) = change.split_once('=') else {
            return Err(Problem::with_next(
                say!(lang, "{change:?} is not KEY=VALUE", "{change:?} は KEY=VALUE の形ではありません"),
                "postseal receiver-policy get".to_owned(),
            ));
        };
        if set.insert(key.trim().to_owned(), value.trim().to_owned()).is_some() {
            let key = key.trim();
            return Err(Problem::new(say!(
                lang,
                "{key} is given twice; which one is meant?",
                "{key} が 2 回指定されています。1 つにしてください"
            )));
        }
    }
    Ok(set)
}

fn show(policy: &ReceiverPolicyResource, terminal: &Terminal) -> Result<(), Problem> {
    if terminal.json {
        return terminal.print_json(policy);
    }
    let width = policy.keys().map(String::len).max().unwrap_or(0);
    let line = |(key, choice): (&String, &ReceiverChoiceResource)| {
        let ReceiverChoiceResource { value, file, changed } = choice;
        match changed {
            false => format!("{key:width$} : {value}\n"),
            true => say!(
                terminal.lang,
                "{key:width$} : {value}  (changed; the file has {file})\n",
                "{key:width$} : {value}  (変更済み。設定ファイルでは {file})\n"
            ),
        }
    };
    terminal.print(&policy.iter().map(line).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_and_never_guessed() {
        let check = |words: &[&str], expected: Option<&[(&str, &str)]>| {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            let expected = expected
                .map(|all| all.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect());
            assert_eq!(read(&words, Lang::En).ok(), expected, "{words:?}");
        };
        check(&["on_reject=tag"], Some(&[("on_reject", "tag")]));
        check(&["on_reject = tag", "observe=file"], Some(&[("observe", "file"), ("on_reject", "tag")]));
        check(&["on_reject"], None);
        check(&["on_reject=tag", "on_reject=tag"], None);
        // The node refuses these, and says what there is.
        check(&["=", "a=b=c"], Some(&[("", ""), ("a", "b=c")]));
    }
}
