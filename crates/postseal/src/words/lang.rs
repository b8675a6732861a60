use std::env;
use std::ffi::OsString;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A language that the texts for people are written in. Ids, tokens, JSON and
/// exit statuses are the same in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lang {
    /// English.
    En,
    /// Japanese.
    Ja,
}

/// A text in the language of the terminal: both are written side by side, so
/// that none can be missing. Takes what `format!` takes.
macro_rules! say {
    ($lang:expr, $en:literal, $ja:literal $(, $arg:expr)* $(,)?) => {
        match $lang {
            $crate::words::Lang::En => format!($en $(, $arg)*),
            $crate::words::Lang::Ja => format!($ja $(, $arg)*),
        }
    };
}
pub(crate) use say;

impl Lang {
    /// The language of `--lang`, else of the locale, before anything else is
    /// parsed: usage errors and help are in that language too.
    pub(crate) fn choose(words: &[OsString]) -> Lang {
        let words: Vec<&str> = words.iter().filter_map(|w| w.to_str()).collect();
        let after = words.iter().position(|w| *w == "--lang").and_then(|at| words.get(at + 1).copied());
        let joined = words.iter().find_map(|w| w.strip_prefix("--lang="));
        match after.or(joined) {
            Some("ja") => Lang::Ja,
            Some(_) => Lang::En,
            None => Lang::of_locale(|name| env::var(name).ok()),
        }
    }

    /// POSIX: the first of these that is set and not empty counts.
    fn of_locale(variable: impl Fn(&str) -> Option<String>) -> Lang {
        let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let locale = names.into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
        let language = locale.unwrap_or_default();
        if language == "ja" || language.starts_with("ja_") || language.starts_with("ja.") {
            Lang::Ja
        } else {
            Lang::En
        }
    }

    /// One of two fixed texts.
    pub(crate) fn pick(self, en: &'static str, ja: &'static str) -> &'static str {
        match self {
            Lang::En => en,
            Lang::Ja => ja,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_counts_before_the_locale() {
        let check = |words: &[&str], expected: Lang| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert_eq!(Lang::choose(&words), expected, "{words:?}");
        };
        check(&["postseal", "--lang", "ja"], Lang::Ja);
        check(&["postseal", "verify", "--lang=ja", "-"], Lang::Ja);
        check(&["postseal", "--lang", "en"], Lang::En);
    }

    #[test]
    fn reads_the_locale_as_posix_does() {
        let check = |set: &[(&str, &str)], expected: Lang| {
            let variable = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            assert_eq!(Lang::of_locale(variable), expected, "{set:?}");
        };
        check(&[("LANG", "ja_JP.UTF-8")], Lang::Ja);
        check(&[("LC_ALL", "C"), ("LANG", "ja_JP.UTF-8")], Lang::En);
        check(&[("LC_ALL", ""), ("LC_MESSAGES", "ja")], Lang::Ja);
        check(&[("LANG", "jam_JM")], Lang::En);
        check(&[], Lang::En);
    }
}
