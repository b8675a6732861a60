use std::io::{self, Write as _};

use super::terminal::Terminal;
use crate::words::{Lang, ProblemWords, say};

/// Why a command could not be done: what happened and to what, and what to do
/// next. Already in the language of the terminal.
#[derive(Debug)]
pub(super) struct Problem {
    what: String,
    next: Option<String>,
    silent: bool,
}

impl From<ProblemWords> for Problem {
    fn from(words: ProblemWords) -> Problem {
        Problem { what: words.what, next: words.next, silent: false }
    }
}

impl Problem {
    /// A problem with nothing more to say.
    pub(super) fn new(what: String) -> Problem {
        Problem { what, next: None, silent: false }
    }

    /// A problem and what to do about it.
    pub(super) fn with_next(what: String, next: String) -> Problem {
        Problem { what, next: Some(next), silent: false }
    }

    /// A fault of ours, which no input should bring about.
    pub(super) fn fault(lang: Lang) -> Problem {
        Problem::with_next(
            say!(lang, "the evaluation stopped without a result", "評価が結果を出さずに停止しました"),
            say!(
                lang,
                "This is a fault in Postseal. Please report it with the message.",
                "これは Postseal の不具合です。メッセージを添えて報告してください。"
            ),
        )
    }

    /// Standard output cannot be written. A reader that went away (`| head`) is
    /// no news to anybody.
    pub(super) fn of_output(error: &io::Error, lang: Lang) -> Problem {
        let what =
            say!(lang, "standard output cannot be written: {error}", "標準出力に書き込めません: {error}");
        Problem { what, next: None, silent: error.kind() == io::ErrorKind::BrokenPipe }
    }

    /// Writes it to standard error.
    pub(super) fn report(&self, terminal: &Terminal) {
        if self.silent {
            return;
        }
        let paint = terminal.error_paint();
        let label = paint.bad(terminal.lang.pick("error", "エラー"));
        let mut text = format!("{label}: {}\n", self.what);
        if let Some(next) = &self.next {
            for line in next.lines() {
                text.push_str("  ");
                text.push_str(line);
                text.push('\n');
            }
        }
        // Nobody is left to tell where standard error is closed.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}
