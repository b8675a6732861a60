mod japanese;

use std::io;
use std::io::Write as _;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, CommandFactory};
use japanese::{about, argument};

use super::Cli;
use crate::words::{Lang, say};

/// The whole command line in this language.
pub(super) fn command(lang: Lang) -> clap::Command {
    let command = with_examples(Cli::command(), None, &mut vec!["postseal".to_owned()]);
    match lang {
        Lang::En => command,
        Lang::Ja => in_japanese(command, &mut Vec::new()),
    }
}

/// Gives each command the examples of the one above it that are about it, where it has none of its own.
fn with_examples(mut command: clap::Command, above: Option<&str>, path: &mut Vec<String>) -> clap::Command {
    let own = command.get_after_help().map(ToString::to_string);
    let examples = own.or_else(|| examples_of(&path.join(" "), above?));
    if let Some(examples) = &examples {
        command = command.after_help(examples.clone());
    }
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        path.push(name.clone());
        command = command.mut_subcommand(&name, |sub| with_examples(sub, examples.as_deref(), path));
        path.pop();
    }
    command
}

/// The lines of these examples that call this command.
fn examples_of(command: &str, examples: &str) -> Option<String> {
    let calls = |line: &&str| {
        let rest = line.trim_start().strip_prefix(command);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let lines: Vec<&str> = examples.lines().filter(calls).collect();
    let title = if lines.len() == 1 { "Example:" } else { "Examples:" };
    (!lines.is_empty()).then(|| format!("{title}\n{}", lines.join("\n")))
}

/// Reports help, a version or a usage error, and returns the exit status.
pub(super) fn report(error: &clap::Error, lang: Lang) -> ExitCode {
    let is_help = !error.use_stderr();
    let written = match japanese_error(error).filter(|_| lang == Lang::Ja) {
        Some(text) => io::stderr().lock().write_all(text.as_bytes()),
        None => error.print(),
    };
    match written {
        Ok(()) if is_help => ExitCode::SUCCESS,
        Err(e) if is_help && e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        _ => ExitCode::from(2),
    }
}

/// Puts Japanese in place of every English text of a command and those below it.
fn in_japanese(command: clap::Command, path: &mut Vec<String>) -> clap::Command {
    let here = path.join(" ");
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let ids: Vec<String> = command.get_arguments().map(|a| a.get_id().to_string()).collect();
    let mut command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading("コマンド")
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .about(about(&here).unwrap_or_default());
    if let Some(examples) = command
        .get_after_help()
        .map(|text| text.to_string().replace("Examples:", "例:").replace("Example:", "例:"))
    {
        command = command.after_help(examples);
    }
    for id in &ids {
        let text = argument(&here, id).unwrap_or_default();
        let heading = if id == &id.to_uppercase() { "引数" } else { "オプション" };
        command = command.mut_arg(id, |arg| {
            let heading = if arg.is_positional() { "引数" } else { heading };
            arg.help(text).help_heading(heading)
        });
    }
    command = command.arg(
        Arg::new("help")
            .short('h')
            .long("help")
            .action(ArgAction::Help)
            .help("この説明を表示します")
            .help_heading("オプション"),
    );
    if path.is_empty() {
        command = command.disable_version_flag(true).arg(
            Arg::new("version")
                .short('V')
                .long("version")
                .action(ArgAction::Version)
                .help("バージョンを表示します")
                .help_heading("オプション"),
        );
    }
    for name in names {
        path.push(name.clone());
        command = command.mut_subcommand(&name, |sub| in_japanese(sub, path));
        path.pop();
    }
    command
}

const TEMPLATE: &str = "{about-with-newline}\n使い方: {usage}\n\n{all-args}{after-help}";

/// A usage error in Japanese; `None` for help and versions.
fn japanese_error(error: &clap::Error) -> Option<String> {
    let text = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(all)) => Some(all.join(" ")),
        _ => None,
    };
    let arg = text(ContextKind::InvalidArg).unwrap_or_default();
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    let what = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => return None,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return None,
        ErrorKind::UnknownArgument => format!("「{arg}」という引数はありません"),
        ErrorKind::InvalidValue if value.is_empty() => format!("「{arg}」に値がありません"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("「{arg}」の値「{value}」は正しくありません")
        }
        ErrorKind::MissingRequiredArgument => format!("必要な引数がありません: {arg}"),
        ErrorKind::InvalidSubcommand => {
            format!(
                "「{}」というコマンドはありません",
                text(ContextKind::InvalidSubcommand).unwrap_or_default()
            )
        }
        ErrorKind::MissingSubcommand => "コマンドがありません".to_owned(),
        ErrorKind::ArgumentConflict => {
            format!("「{arg}」と「{}」は同時に使えません", text(ContextKind::PriorArg).unwrap_or_default())
        }
        ErrorKind::NoEquals
        | ErrorKind::WrongNumberOfValues
        | ErrorKind::TooFewValues
        | ErrorKind::TooManyValues => {
            format!("「{arg}」の値の数が正しくありません")
        }
        ErrorKind::InvalidUtf8 => "引数が UTF-8 ではありません".to_owned(),
        _ => error.to_string(),
    };
    let valid = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(all)) if !all.is_empty() => format!("  使える値: {}\n", all.join(", ")),
        _ => String::new(),
    };
    let hint = say!(Lang::Ja, "", "  postseal COMMAND --help で使い方を表示します。\n");
    Some(format!("エラー: {what}\n{valid}{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command and argument has a Japanese text, and none is there for nothing.
    #[test]
    fn japanese_is_complete() {
        fn check(command: &clap::Command, path: &mut Vec<String>) {
            let here = path.join(" ");
            assert!(about(&here).is_some(), "no Japanese text for the command {here:?}");
            for arg in command.get_arguments() {
                let id = arg.get_id().as_str();
                assert!(argument(&here, id).is_some(), "no Japanese text for {id:?} of {here:?}");
            }
            for sub in command.get_subcommands() {
                path.push(sub.get_name().to_owned());
                check(sub, path);
                path.pop();
            }
        }
        check(&Cli::command(), &mut Vec::new());
    }

    /// Whoever asks how a command is used sees it used.
    #[test]
    fn every_command_shows_an_example_of_itself() {
        fn check(command: &clap::Command, path: &mut Vec<String>) {
            let here = path.join(" ");
            let shown = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(shown.contains(&here), "no example of {here:?}: {shown:?}");
            for sub in command.get_subcommands() {
                path.push(sub.get_name().to_owned());
                check(sub, path);
                path.pop();
            }
        }
        for lang in [Lang::En, Lang::Ja] {
            check(&command(lang), &mut vec!["postseal".to_owned()]);
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        command(Lang::En).debug_assert();
        command(Lang::Ja).debug_assert();
    }
}
