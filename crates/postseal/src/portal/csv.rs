/// A line of cells (RFC 4180).
pub(super) fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let text = text.replace(|c: char| c.is_control(), " ");
    let guard = if text.starts_with(['=', '+', '-', '@', ' ']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_no_formulas() {
        let check = |text: &str, expected: &str| assert_eq!(cell(text), expected);
        check("plain", "\"plain\"");
        check("=1+1", "\"'=1+1\"");
        check("+1", "\"'+1\"");
        check("-1", "\"'-1\"");
        check("@x", "\"'@x\"");
        check("\t=1", "\"' =1\"");
        check("a\"b,c", "\"a\"\"b,c\"");
        check("a\r\n=b", "\"a  =b\"");
        assert_eq!(line(&["a".to_owned(), "=b".to_owned()]), "\"a\",\"'=b\"\r\n");
    }
}
