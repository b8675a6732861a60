use std::fmt::Write as _;

use super::terminal::Paint;
use crate::config::FaultReport;
use crate::words::Lang;

/// A fault as compilers show theirs: what, where, the line with the place marked, and
/// what to do.
pub(super) fn fault_text(fault: &FaultReport, paint: Paint, lang: Lang) -> String {
    let label = if fault.is_error() {
        paint.bad(lang.pick("error", "エラー"))
    } else {
        paint.warn(lang.pick("warning", "警告"))
    };
    let mut text = format!("{label}: {}\n", fault.message);
    let line = fault.line.map(|line| line.to_string()).unwrap_or_default();
    let margin = " ".repeat(line.len());
    let arrow = paint.dim(&format!("{margin}-->"));
    let _ = match (fault.line, fault.column) {
        (Some(line), Some(column)) => writeln!(text, "{arrow} {}:{line}:{column}", fault.file),
        _ => writeln!(text, "{arrow} {}", fault.file),
    };
    if let (Some(source), Some(column), Some(length)) = (&fault.source, fault.column, fault.length)
        && source.chars().count() <= MAX_LINE
    {
        let bar = paint.dim(&format!("{margin} |"));
        let before = blanks(source.chars().take(column - 1));
        let carets = width(source.chars().skip(column - 1).take(length)).max(1);
        let carets = paint.bad(&"^".repeat(carets));
        let numbered = paint.dim(&format!("{line} |"));
        let _ = write!(text, "{bar}\n{numbered} {source}\n{bar} {before}{carets}\n");
    }
    for advice in fault.advice.iter().flat_map(|advice| advice.lines()) {
        let equals = paint.dim(&format!("{margin} ="));
        let _ = writeln!(text, "{equals} {advice}");
    }
    text
}

/// As wide on the terminal as these characters, tabs as they are.
fn blanks(characters: impl Iterator<Item = char>) -> String {
    characters
        .map(|c| if c == '\t' { "\t".to_owned() } else { " ".repeat(width(std::iter::once(c))) })
        .collect()
}

/// Columns on the terminal: Japanese and its like take two.
fn width(characters: impl Iterator<Item = char>) -> usize {
    characters.map(|c| if c >= '\u{1100}' { 2 } else { 1 }).sum()
}

/// Characters of a line that is shown; a longer one would not help.
const MAX_LINE: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(source: &str, column: usize, length: usize) -> FaultReport {
        FaultReport {
            severity: "error".to_owned(),
            file: "postseal.toml".to_owned(),
            line: Some(12),
            column: Some(column),
            length: Some(length),
            source: Some(source.to_owned()),
            message: "[receive] has no key \"on_rejct\"".to_owned(),
            advice: Some("did you mean \"on_reject\"?".to_owned()),
        }
    }

    #[test]
    fn marks_the_place() {
        let text = fault_text(&fault("on_rejct = 1", 1, 8), Paint::none(), Lang::En);
        let expected = "error: [receive] has no key \"on_rejct\"\n  --> postseal.toml:12:1\n   |\n\
            12 | on_rejct = 1\n   | ^^^^^^^^\n   = did you mean \"on_reject\"?\n";
        assert_eq!(text, expected);
        let text = fault_text(&fault("\ta = [\"日本\", 1]", 12, 1), Paint::none(), Lang::Ja);
        assert!(text.starts_with("エラー: ") && text.contains("   | \t            ^\n"), "{text}");
    }

    #[test]
    fn a_file_as_a_whole_has_no_line() {
        let whole = FaultReport { line: None, column: None, length: None, source: None, ..fault("", 1, 1) };
        let text = fault_text(&whole, Paint::none(), Lang::En);
        let expected =
            "error: [receive] has no key \"on_rejct\"\n--> postseal.toml\n = did you mean \"on_reject\"?\n";
        assert_eq!(text, expected);
    }
}
