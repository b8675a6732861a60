use std::ops::Range;

use unicode_width::UnicodeWidthChar;

/// One line of a record and the line below it that marks a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct MarkedRecord {
    pub(super) line: String,
    pub(super) mark: String,
}

/// Puts a mark under the octets of `span`. A record longer than `columns` is
/// cut around the place, with `…` where it was cut.
pub(super) fn mark(record: &[u8], span: &Range<usize>, columns: usize) -> MarkedRecord {
    let cells = cells(record);
    let first = cells.iter().position(|cell| cell.end > span.start).unwrap_or(cells.len());
    let after = cells.iter().position(|cell| cell.start >= span.end).unwrap_or(cells.len()).max(first);
    let (from, to) = window(&cells, first, columns);
    let width = |range: Range<usize>| cells[range].iter().map(|cell| cell.width).sum::<usize>();
    let (cut_before, cut_after) = (from > 0, to < cells.len());
    let mut line = String::new();
    line.push_str(if cut_before { "…" } else { "" });
    line.extend(cells[from..to].iter().map(|cell| cell.shown));
    line.push_str(if cut_after { "…" } else { "" });
    let indent = usize::from(cut_before) + width(from..first.min(to).max(from));
    let marks = width(first.min(to)..after.min(to).max(first.min(to))).max(1);
    MarkedRecord { line, mark: format!("{}{}", " ".repeat(indent), "^".repeat(marks)) }
}

/// A text from a record or about one: nothing in it can move the cursor, change
/// colours or turn the direction of writing.
pub(in crate::cli) fn shown(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// One character as it is shown.
struct Cell {
    start: usize,
    end: usize,
    shown: char,
    width: usize,
}

fn cells(record: &[u8]) -> Vec<Cell> {
    let mut cells = Vec::with_capacity(record.len());
    let mut at = 0;
    let mut push = |shown: char, octets: usize| {
        cells.push(Cell { start: at, end: at + octets, shown, width: shown.width().unwrap_or(0) });
        at += octets;
    };
    for chunk in record.utf8_chunks() {
        for character in chunk.valid().chars() {
            push(visible(character), character.len_utf8());
        }
        for _ in chunk.invalid() {
            push(char::REPLACEMENT_CHARACTER, 1);
        }
    }
    cells
}

/// The cells to show: from a little before the place, as many as fit.
fn window(cells: &[Cell], first: usize, columns: usize) -> (usize, usize) {
    let total: usize = cells.iter().map(|cell| cell.width).sum();
    if total <= columns {
        return (0, cells.len());
    }
    let (mut from, mut lead) = (first, 0);
    while from > 0 && lead + cells[from - 1].width <= columns / 4 {
        from -= 1;
        lead += cells[from].width;
    }
    let (mut to, mut used) = (from, 0);
    while to < cells.len() && used + cells[to].width <= columns {
        used += cells[to].width;
        to += 1;
    }
    (from, to)
}

/// A character that stands for one that must not reach a terminal.
fn visible(character: char) -> char {
    match character {
        // The pictures of the control characters.
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        // C1 controls, invisible characters, and those that turn the direction of writing.
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_the_place() {
        let check = |record: &[u8], span: Range<usize>, columns: usize, line: &str, marks: &str| {
            let expected = MarkedRecord { line: line.to_owned(), mark: marks.to_owned() };
            assert_eq!(mark(record, &span, columns), expected, "{:?}", String::from_utf8_lossy(record));
        };
        check(b"v=spf1 mx -all", 7..9, 80, "v=spf1 mx -all", "       ^^");
        check(b"v=spf1 mx", 9..9, 80, "v=spf1 mx", "         ^");
        check(b"", 0..0, 80, "", "^");
        check("“x” mx".as_bytes(), 8..10, 80, "“x” mx", "    ^^");
        check("例 mx".as_bytes(), 4..6, 80, "例 mx", "   ^^");
        check(b"a\xffb mx", 4..6, 80, "a\u{fffd}b mx", "    ^^");
        check(b"a\x1b[31m mx", 7..9, 80, "a␛[31m mx", "       ^^");
        check(b"0123456789abcdefghij", 10..12, 8, "…89abcdef…", "   ^^");
        check(b"0123456789abcdefghij", 0..20, 8, "01234567…", "^^^^^^^^");
        check(b"0123456789abcdefghij", 18..20, 8, "…ghij", "   ^^");
    }
}
