use std::env;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use super::problem::Problem;
use crate::words::Lang;

/// Where a command writes to, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    pub(super) lang: Lang,
    pub(super) json: bool,
}

impl Terminal {
    pub(super) fn new(lang: Lang, json: bool) -> Terminal {
        Terminal { lang, json }
    }

    /// Colours for standard output.
    pub(super) fn paint(&self) -> Paint {
        Paint { colour: !self.json && io::stdout().is_terminal() && colour_is_wanted() }
    }

    /// Colours for standard error.
    pub(super) fn error_paint(&self) -> Paint {
        Paint { colour: io::stderr().is_terminal() && colour_is_wanted() }
    }

    /// Writes a whole text to standard output.
    pub(super) fn print(&self, text: &str) -> Result<(), Problem> {
        let mut out = io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        match written {
            // The answer was given; that nobody reads it to its end changes nothing.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(|error| Problem::of_output(&error, self.lang)),
        }
    }

    /// Writes a value as JSON to standard output.
    pub(super) fn print_json(&self, value: &impl Serialize) -> Result<(), Problem> {
        let mut text = serde_json::to_string_pretty(value).map_err(|e| Problem::new(e.to_string()))?;
        text.push('\n');
        self.print(&text)
    }

    /// Writes a remark to standard error.
    pub(super) fn remark(&self, text: &str) {
        let label = self.error_paint().warn(self.lang.pick("note", "注意"));
        let _ = writeln!(io::stderr().lock(), "{label}: {text}");
    }
}

/// See <https://no-color.org>: set and not empty means none.
fn colour_is_wanted() -> bool {
    env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Puts colour around words, or leaves them alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    colour: bool,
}

impl Paint {
    /// No colours: for pages, and for tests.
    pub(crate) fn none() -> Paint {
        Paint { colour: false }
    }

    /// A token of RFC 8601 in the colour that it deserves.
    pub(super) fn result(self, token: &str) -> String {
        match token {
            "pass" => self.good(token),
            "fail" | "permerror" | "temperror" | "policy" => self.bad(token),
            _ => self.warn(token),
        }
    }

    pub(super) fn good(self, text: &str) -> String {
        self.wrap("32", text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.wrap("31", text)
    }

    pub(super) fn warn(self, text: &str) -> String {
        self.wrap("33", text)
    }

    pub(super) fn strong(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
