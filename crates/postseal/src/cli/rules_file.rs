use std::path::Path;

use super::problem::Problem;
use crate::receiver_rules::{ReceiverRules, RulesError};
use crate::words::{Lang, say};

/// The rules of receivers in a file, or those that come with the program.
pub(super) fn receiver_rules(file: Option<&Path>, lang: Lang) -> Result<ReceiverRules, Problem> {
    ReceiverRules::load(file).map_err(|error| {
        let shown = file.map(|file| file.display().to_string()).unwrap_or_default();
        let what = match &error {
            RulesError::Unreadable(error) => {
                say!(lang, "{shown} cannot be read: {error}", "{shown} を読み取れません: {error}")
            }
            error => say!(lang, "{shown}: {error}", "{shown}: ルールのファイルとして使えません: {error}"),
        };
        Problem::with_next(
            what,
            say!(
                lang,
                "Give a file in the form of crates/postseal/data/receiver-rules.toml, or leave out --rules.",
                "crates/postseal/data/receiver-rules.toml と同じ形式のファイルを指定するか、--rules を省いてください。"
            ),
        )
    })
}
