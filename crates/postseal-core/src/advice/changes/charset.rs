use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GBK, ISO_2022_JP, ISO_8859_15, KOI8_R, SHIFT_JIS, UTF_8, WINDOWS_1251,
    WINDOWS_1252,
};

/// A charset that mail is written in, and that mail servers convert from and to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Charset {
    /// As it is said in output.
    pub(super) name: &'static str,
    /// As Content-Type fields write it, the likeliest first.
    pub(super) labels: &'static [&'static str],
    encoding: &'static Encoding,
}

/// What is tried, the likeliest first.
pub(super) static CHARSETS: [Charset; 11] = [
    Charset { name: "ISO-2022-JP", labels: &["ISO-2022-JP", "iso-2022-jp"], encoding: ISO_2022_JP },
    Charset { name: "UTF-8", labels: &["UTF-8", "utf-8"], encoding: UTF_8 },
    Charset { name: "Shift_JIS", labels: &["Shift_JIS", "shift_jis", "SHIFT_JIS"], encoding: SHIFT_JIS },
    Charset { name: "EUC-JP", labels: &["EUC-JP", "euc-jp"], encoding: EUC_JP },
    Charset {
        name: "ISO-8859-1",
        labels: &["ISO-8859-1", "iso-8859-1", "windows-1252", "Windows-1252"],
        encoding: WINDOWS_1252,
    },
    Charset { name: "ISO-8859-15", labels: &["ISO-8859-15", "iso-8859-15"], encoding: ISO_8859_15 },
    Charset { name: "GBK", labels: &["GB2312", "gb2312", "GBK", "gbk"], encoding: GBK },
    Charset { name: "Big5", labels: &["Big5", "big5"], encoding: BIG5 },
    Charset { name: "EUC-KR", labels: &["EUC-KR", "euc-kr", "ks_c_5601-1987"], encoding: EUC_KR },
    Charset { name: "KOI8-R", labels: &["KOI8-R", "koi8-r"], encoding: KOI8_R },
    Charset { name: "windows-1251", labels: &["windows-1251", "Windows-1251"], encoding: WINDOWS_1251 },
];

/// Characters that JIS tables give two code points: as most libraries have them, and as the
/// Encoding Standard (and Windows) has them.
const TWICE: [(char, char); 7] = [
    ('\u{2014}', '\u{2015}'),
    ('\u{301c}', '\u{ff5e}'),
    ('\u{2016}', '\u{2225}'),
    ('\u{2212}', '\u{ff0d}'),
    ('\u{a2}', '\u{ffe0}'),
    ('\u{a3}', '\u{ffe1}'),
    ('\u{ac}', '\u{ffe2}'),
];

impl Charset {
    /// The charset that a text is in: as its octets tell, else as its label says. `None` where
    /// it is ASCII alone, or in none that is known.
    pub(super) fn of(octets: &[u8], label: Option<&str>) -> Option<&'static Charset> {
        let by = |encoding: &'static Encoding| CHARSETS.iter().find(|charset| charset.encoding == encoding);
        if octets.is_ascii() {
            let is_escaped = memchr::memmem::find(octets, b"\x1b$").is_some();
            return is_escaped.then_some(()).and_then(|()| by(ISO_2022_JP));
        }
        if std::str::from_utf8(octets).is_ok() {
            return by(UTF_8);
        }
        by(Encoding::for_label(label?.as_bytes())?)
    }

    /// The charset of this name.
    pub(super) fn named(name: &str) -> Option<&'static Charset> {
        CHARSETS.iter().find(|charset| charset.name == name)
    }

    /// The text; `None` where it is in another charset.
    pub(super) fn decode(&self, octets: &[u8]) -> Option<String> {
        self.encoding.decode_without_bom_handling_and_without_replacement(octets).map(Into::into)
    }

    /// The text in this charset, once for each way that characters with two code points may have
    /// gone; empty where a character is not in it.
    pub(super) fn encode(&self, text: &str) -> Vec<Vec<u8>> {
        let spellings = match self.encoding == UTF_8 {
            true => vec![text.to_owned(), respelled(text, |(standard, wide)| (wide, standard))],
            false if self.is_japanese() => vec![respelled(text, |pair| pair)],
            false => vec![text.to_owned()],
        };
        let mut versions: Vec<Vec<u8>> = Vec::new();
        for spelling in spellings {
            let (octets, _, has_unmappable) = self.encoding.encode(&spelling);
            if !has_unmappable && !versions.iter().any(|version| *version == *octets) {
                versions.push(octets.into_owned());
            }
        }
        versions
    }

    /// How text in it travels without a transfer encoding (RFC 2045 §2).
    pub(super) fn plain_encoding(&self) -> &'static str {
        if self.encoding == ISO_2022_JP { "7bit" } else { "8bit" }
    }

    fn is_japanese(&self) -> bool {
        [ISO_2022_JP, SHIFT_JIS, EUC_JP].contains(&self.encoding)
    }
}

fn respelled(text: &str, order: impl Fn((char, char)) -> (char, char)) -> String {
    let spell = |c: char| {
        let pair = TWICE.into_iter().map(&order).find(|(from, _)| *from == c);
        pair.map_or(c, |(_, to)| to)
    };
    text.chars().map(spell).collect()
}

/// The value of the `charset` parameter in a Content-Type field, or in one of its lines.
pub(super) fn charset_label(line: &[u8]) -> Option<String> {
    let (start, end) = label_range(line)?;
    Some(String::from_utf8_lossy(&line[start..end]).trim_matches('"').to_owned())
}

/// The line with another value, in quotation marks or not; `None` where it has none.
pub(super) fn with_charset_label(line: &[u8], label: &str, is_quoted: bool) -> Option<Vec<u8>> {
    let (start, end) = label_range(line)?;
    let quote = if is_quoted { "\"" } else { "" };
    Some([&line[..start], quote.as_bytes(), label.as_bytes(), quote.as_bytes(), &line[end..]].concat())
}

/// Where the value is, its quotation marks included.
fn label_range(line: &[u8]) -> Option<(usize, usize)> {
    const NAME: &[u8] = b"charset=";
    let is_name = |at: &usize| {
        let begins = *at == 0 || matches!(line[*at - 1], b';' | b' ' | b'\t' | b'\n');
        begins && line[*at..*at + NAME.len()].eq_ignore_ascii_case(NAME)
    };
    let start = (0..=line.len().checked_sub(NAME.len())?).find(is_name)? + NAME.len();
    let value = &line[start..];
    let length = match value.strip_prefix(b"\"") {
        Some(quoted) => memchr::memchr(b'"', quoted)? + 2,
        None => value.iter().position(|b| b.is_ascii_whitespace() || *b == b';').unwrap_or(value.len()),
    };
    (length > 0).then_some((start, start + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_charsets() {
        let check = |octets: &[u8], label: Option<&str>, expected: Option<&str>| {
            assert_eq!(
                Charset::of(octets, label).map(|charset| charset.name),
                expected,
                "{octets:?} {label:?}"
            );
        };
        check(b"tea", Some("utf-8"), None);
        check(b"\x1b$B$*Cc\x1b(B", None, Some("ISO-2022-JP"));
        check("お茶".as_bytes(), Some("iso-2022-jp"), Some("UTF-8"));
        check(b"\x82\xa8\x92\x83", Some("shift_jis"), Some("Shift_JIS"));
        check(b"\x82\xa8\x92\x83", Some("Windows-31J"), Some("Shift_JIS"));
        check(b"\xa4\xaa\xc3\xe3", Some("euc-jp"), Some("EUC-JP"));
        check(b"caf\xe9", Some("us-ascii"), Some("ISO-8859-1"));
        check(b"caf\xe9", None, None);
        check(b"caf\xe9", Some("x-nobody"), None);
        check(b"\xff\xfe", Some("utf-16"), None);
    }

    #[test]
    fn converts_both_ways_whatever_the_code_point_of_a_wave_dash() {
        let jis = Charset::named("ISO-2022-JP").expect("known");
        let utf8 = Charset::named("UTF-8").expect("known");
        let octets = b"\x1b$B$*Cc!A\x1b(B\r\n";
        for text in ["お茶\u{301c}\r\n", "お茶\u{ff5e}\r\n"] {
            assert_eq!(jis.encode(text), [octets.to_vec()], "{text}");
        }
        let text = jis.decode(octets).expect("decodes");
        assert!(utf8.encode(&text).contains(&"お茶\u{301c}\r\n".as_bytes().to_vec()));
        assert!(jis.encode("お茶🍵").is_empty());
        assert_eq!(jis.decode(b"\x1b$B$"), None);
    }

    #[test]
    fn labels_are_found_and_replaced() {
        let check = |line: &str, label: Option<&str>, replaced: Option<&str>| {
            assert_eq!(charset_label(line.as_bytes()).as_deref(), label, "{line}");
            let new = with_charset_label(line.as_bytes(), "X", false);
            assert_eq!(new.as_deref(), replaced.map(str::as_bytes), "{line}");
        };
        check("text/plain; charset=utf-8", Some("utf-8"), Some("text/plain; charset=X"));
        check("text/plain;Charset=\"utf-8\"; a=b", Some("utf-8"), Some("text/plain;Charset=X; a=b"));
        check("\tcharset=utf-8;\r\n", Some("utf-8"), Some("\tcharset=X;\r\n"));
        check("text/plain; xcharset=utf-8", None, None);
        check("charset=", None, None);
        check("charset=\"utf", None, None);
        check("", None, None);
        assert_eq!(with_charset_label(b"charset=a", "B", true), Some(b"charset=\"B\"".to_vec()));
    }
}
