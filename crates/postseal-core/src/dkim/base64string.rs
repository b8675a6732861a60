//! base64string (RFC 6376 §2.10): Base64 that may be folded anywhere.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::tag_list::is_fws;

/// Padding may be absent, as the grammar allows.
const SIGNATURE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Key records come from people: odd bits after the last octet are let pass.
const KEY: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The longest base64string that is read: the signature of an 8192-bit key, or
/// a key record of 8 kB.
const MAX_LEN: usize = 8_192;

/// The text is no base64string, or decodes to more than there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotBase64;

/// Decodes `text` into `octets`; returns how many there are.
pub(crate) fn decode_signature(text: &[u8], octets: &mut [u8]) -> Result<usize, NotBase64> {
    decode(&SIGNATURE, text, octets)
}

/// Decodes the `p=` tag of a key record into `octets`; returns how many there are.
pub(crate) fn decode_key(text: &[u8], octets: &mut [u8]) -> Result<usize, NotBase64> {
    decode(&KEY, text, octets)
}

fn decode(engine: &GeneralPurpose, text: &[u8], octets: &mut [u8]) -> Result<usize, NotBase64> {
    if !text.iter().any(|b| is_fws(*b)) {
        return engine.decode_slice(text, octets).map_err(|_| NotBase64);
    }
    // A signature of a 2048-bit key is 350 octets with its folding: do not clear 8 kB for it.
    if text.len() <= 1024 {
        return decode_joined(engine, text, &mut [0; 1024], octets);
    }
    decode_joined(engine, text, &mut [0; MAX_LEN], octets)
}

fn decode_joined(
    engine: &GeneralPurpose,
    text: &[u8],
    joined: &mut [u8],
    octets: &mut [u8],
) -> Result<usize, NotBase64> {
    let mut len = 0;
    for run in text.split(|b| is_fws(*b)) {
        joined.get_mut(len..len + run.len()).ok_or(NotBase64)?.copy_from_slice(run);
        len += run.len();
    }
    engine.decode_slice(&joined[..len], octets).map_err(|_| NotBase64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_folded_text() {
        let check = |text: &[u8], expected: Option<&[u8]>| {
            let mut octets = [0; 16];
            let got = decode_signature(text, &mut octets).ok().map(|len| &octets[..len]);
            assert_eq!(got, expected, "{:?}", String::from_utf8_lossy(text));
        };
        check(b"Zm9v\r\n\tYg==", Some(b"foob"));
        check(b"Zm 9v Y g", Some(b"foob"));
        check(b"", Some(b""));
        check(b"Zm9*", None);
        check(b"Zm9vYh==", None);
        check(&[b'A'; 64], None);
    }

    #[test]
    fn lets_odd_bits_in_keys_pass() {
        let mut octets = [0; 16];
        assert_eq!(decode_key(b"Zm9v Yh==", &mut octets), Ok(4));
    }
}
