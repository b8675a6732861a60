use crate::dkim::tag_list::is_fws;

/// Sets that a chain may have (RFC 8617 §4.2.1).
pub const MAX_SETS: u8 = 50;

/// Reads an instance value, 1 to 50.
pub(super) fn position(digits: &[u8]) -> Option<u8> {
    // RFC 8617 §3.9: "position = 1*2DIGIT ; 1 - 50".
    if digits.is_empty() || digits.len() > 2 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0, |n, b| n * 10 + (b - b'0'));
    (1..=MAX_SETS).contains(&value).then_some(value)
}

/// Reads the instance of an ARC-Authentication-Results body:
/// `instance [CFWS] ";" authres-payload` (RFC 8617 §4.1.1).
pub(super) fn of_authentication_results(body: &[u8]) -> Option<u8> {
    let rest = skip_cfws(body)?.strip_prefix(b"i")?;
    let rest = skip_cfws(skip_cfws(rest)?.strip_prefix(b"=")?)?;
    let len = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at(len);
    skip_cfws(rest)?.strip_prefix(b";")?;
    position(digits)
}

/// What follows blanks and comments; `None` where a comment has no end.
pub(super) fn skip_cfws(octets: &[u8]) -> Option<&[u8]> {
    let mut depth = 0u32;
    let mut rest = octets;
    while let [first, tail @ ..] = rest {
        match first {
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b'\\' if depth > 0 => {
                rest = tail.get(1..)?;
                continue;
            }
            octet if depth == 0 && !is_fws(*octet) => return Some(rest),
            _ => {}
        }
        rest = tail;
    }
    (depth == 0).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_instances() {
        let check = |body: &str, expected: Option<u8>| {
            assert_eq!(of_authentication_results(body.as_bytes()), expected, "{body:?}");
        };
        check(" i=1; lists.example.org; spf=pass", Some(1));
        check("i (a (b\\) c)) = (x) 50 (y);", Some(50));
        check("\r\n i=07;", Some(7));
        check("i=1 lists.example.org; spf=pass", None);
        check("i=0;", None);
        check("i=51;", None);
        check("i=001;", None);
        check("i=;", None);
        check("I=1;", None);
        check("a=1; i=1;", None);
        check("(i=1;", None);
        check("i=1", None);
        check("", None);
    }
}
