use super::Label;
use crate::portal::push_text;
use crate::words::Lang;

/// A text of the story as HTML: `[[Label]]` becomes the label's text as a button has it, and what stands between
/// backticks is code. All else is text.
pub(in crate::sandbox) fn to_html(text: &str, lang: Lang) -> String {
    let mut html = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(at) = rest.find(['[', '`']) {
        let (front, behind) = rest.split_at(at);
        push_text(front, &mut html);
        let marked = behind.strip_prefix("[[").and_then(|inside| inside.split_once("]]"));
        let label = marked.and_then(|(name, after)| Some((Label::of_name(name)?, after)));
        let code = behind.strip_prefix('`').and_then(|inside| inside.split_once('`'));
        rest = match (label, code) {
            (Some((label, after)), _) => {
                html.push_str("<strong class=\"ui\">");
                push_text(label.text(lang), &mut html);
                html.push_str("</strong>");
                after
            }
            (None, Some((code, after))) => {
                html.push_str("<code>");
                push_text(code, &mut html);
                html.push_str("</code>");
                after
            }
            (None, None) => {
                let (one, after) = behind.split_at(1);
                push_text(one, &mut html);
                after
            }
        };
    }
    push_text(rest, &mut html);
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_code_are_marked_and_all_else_is_text() {
        let check = |text: &str, expected: &str| assert_eq!(to_html(text, Lang::En), expected);
        check("Press [[Send]].", "Press <strong class=\"ui\">Send a message</strong>.");
        check("`p=none` & <b>", "<code>p=none</code> &#38; &#60;b&#62;");
        check("[[Nothing]] ` [", "[[Nothing]] ` [");
        check("", "");
    }
}
