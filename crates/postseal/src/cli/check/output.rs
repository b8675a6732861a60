use super::{Checked, Format, json, junit, markdown, text};
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;

/// Writes one domain after another, so that nothing of a long list is kept.
pub(super) struct Output<'t> {
    format: Format,
    terminal: &'t Terminal,
    /// Domains in all: one alone is no list.
    domains: usize,
    written: usize,
}

impl<'t> Output<'t> {
    pub(super) fn new(format: Format, domains: usize, terminal: &'t Terminal) -> Output<'t> {
        Output { format, terminal, domains, written: 0 }
    }

    /// Writes the next domain.
    pub(super) fn write(&mut self, checked: &Checked) -> Result<(), Problem> {
        let (lang, is_first) = (self.terminal.lang, self.written == 0);
        self.written += 1;
        let is_last = self.written == self.domains;
        let text = match self.format {
            Format::Text if is_first => text::write(checked, self.terminal.paint(), lang),
            Format::Text => format!("\n{}", text::write(checked, self.terminal.paint(), lang)),
            Format::Json if self.domains == 1 => format!("{}\n", json::write(checked, lang)?),
            Format::Json => {
                let begin = if is_first { "[\n" } else { "" };
                let end = if is_last { "\n]" } else { "," };
                format!("{begin}{}{end}\n", indented(&json::write(checked, lang)?))
            }
            Format::Junit => {
                let begin = if is_first { junit::BEGIN } else { "" };
                let end = if is_last { junit::END } else { "" };
                format!("{begin}{}{end}", junit::write(checked, lang))
            }
            Format::Markdown => markdown::write(checked, lang),
        };
        self.terminal.print(&text)
    }
}

/// As an element of a list. No text within holds a line end: JSON escapes them.
fn indented(json: &str) -> String {
    format!("  {}", json.replace('\n', "\n  "))
}
