use std::fmt::{self, Write};

use askama::filters::{Escaper, Html};

use crate::words::is_unseen;

/// How texts are written into pages, whoever they come from: no markup, and each character that would
/// not be seen, or would move others (UAX #9), as something that is seen. `askama.toml` has it for
/// every template.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Inert;

impl Escaper for Inert {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        let mut rest = string;
        while let Some(place) = rest.find(is_unseen) {
            let (plain, behind) = rest.split_at(place);
            Html.write_escaped_str(&mut dest, plain)?;
            let mut characters = behind.chars();
            if let Some(unseen) = characters.next() {
                write_seen(&mut dest, unseen)?;
            }
            rest = characters.as_str();
        }
        Html.write_escaped_str(dest, rest)
    }
}

/// Adds a text to a page that is put together by hand.
pub(crate) fn push_text(text: &str, page: &mut String) {
    // A string takes all.
    let _ = Inert.write_escaped_str(page, text);
}

/// A control as Unicode draws it (U+2400 to U+2421), anything else by its number.
fn write_seen(dest: &mut impl Write, unseen: char) -> fmt::Result {
    let drawn = match unseen as u32 {
        code @ 0..0x20 => char::from_u32(0x2400 + code),
        0x7f => Some('\u{2421}'),
        _ => None,
    };
    match drawn {
        Some(drawn) => dest.write_char(drawn),
        None => write!(dest, "⟨U+{:04X}⟩", unseen as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_seen_and_markup_is_text() {
        let check = |text: &str, expected: &str| {
            let mut written = String::new();
            Inert.write_escaped_str(&mut written, text).expect("a string takes all");
            assert_eq!(written, expected, "{text:?}");
        };
        check("", "");
        check("contoso.example 日本語 ☃", "contoso.example 日本語 ☃");
        check("<b a=\"'\">&", "&#60;b a=&#34;&#39;&#34;&#62;&#38;");
        check("exe.\u{202e}gpj<", "exe.⟨U+202E⟩gpj&#60;");
        check("\u{2066}a\u{2069}\u{feff}", "⟨U+2066⟩a⟨U+2069⟩⟨U+FEFF⟩");
        check("\0\u{1b}[31m\u{7f}\u{85}", "␀␛[31m␡⟨U+0085⟩");
        check("a\tb\r\nc", "a\tb\r\nc");
        check("نامه\u{200c}ای 👩\u{200d}🔧", "نامه\u{200c}ای 👩\u{200d}🔧");
        check("\u{e0041}", "⟨U+E0041⟩");
    }
}
