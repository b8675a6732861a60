use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// Decodes quoted-printable (RFC 2045 §6.7); what is none of it stays as it is.
pub(in crate::advice) fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match text[at..] {
            [b'=', b'\r', b'\n', ..] => at += 3,
            [b'=', b'\n', ..] => at += 2,
            [b'=', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                decoded.push(hex(high) << 4 | hex(low));
                at += 3;
            }
            [octet, ..] => {
                decoded.push(octet);
                at += 1;
            }
            [] => break,
        }
    }
    decoded
}

/// Decodes Base64 (RFC 2045 §6.8), whatever stands between its letters; `None` for
/// what is none.
pub(in crate::advice) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let letters: Vec<u8> = text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    LENIENT.decode(letters).ok()
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes() {
        assert_eq!(quoted_printable(b"a=3Db=\r\nc=\nd=e3 =zz ="), b"a=bcd\xe3 =zz =");
        assert_eq!(base64(b"YW\r\nJj").as_deref(), Some(&b"abc"[..]));
        assert_eq!(base64(b"YWI").as_deref(), Some(&b"ab"[..]));
        assert_eq!(base64(b"not base64!"), None);
    }
}
