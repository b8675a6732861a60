use std::fmt::Write as _;

use super::plan::{Action, Plan, Planned};
use crate::words::{Lang, is_unseen, say};

/// Lines of a zone file, with remarks as a zone file has them. What is there already is a remark.
pub(super) fn write(plan: &Plan, lang: Lang) -> String {
    let mut text = String::new();
    let mut said = "";
    for planned in &plan.records {
        if planned.reason != said {
            let _ = writeln!(text, "; {}", planned.reason);
            said = &planned.reason;
        }
        for line in remarks(planned, lang) {
            let _ = writeln!(text, "; {line}");
        }
        let mark = if planned.action == Action::Keep { "; " } else { "" };
        let _ = writeln!(text, "{mark}{}", planned.record.zone_line);
    }
    text
}

/// What to do with what is there, a line each, for a remark in any form.
pub(crate) fn remarks(planned: &Planned, lang: Lang) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for old in &planned.replaces {
        let old = shown(old);
        lines.push(say!(lang, "takes the place of: {old}", "次のレコードと置き換えます: {old}"));
    }
    if planned.action == Action::Keep {
        lines.push(lang.pick("is there already:", "登録済みです:").to_owned());
    }
    if planned.action == Action::Check {
        let check = lang.pick(
            "what is there now is not known; look before you register it",
            "現在の登録内容を確認できませんでした。登録する前に確認してください",
        );
        lines.push(check.to_owned());
    }
    lines
}

/// A published text within a remark: it stays on its line, whose end JavaScript also sees in U+2028
/// and U+2029, and reads in its order.
fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || is_unseen(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_one_line_whatever_was_published() {
        for end in ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}', '\u{202e}'] {
            let text = format!("v=spf1 {end}END); steal(); //");
            assert_eq!(shown(&text), "v=spf1 \u{fffd}END); steal(); //", "{end:?}");
        }
        assert_eq!(shown("v=spf1 “日本” -all"), "v=spf1 “日本” -all");
    }
}
