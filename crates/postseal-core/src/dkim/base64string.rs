//! base64string (RFC 6376 §2.10): Base64 that may be folded anywhere, decoded
//! in one pass with the folding left out.

use super::tag_list::is_fws;

/// The text is no base64string, or decodes to more than there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotBase64;

/// Decodes `text` into `octets`; returns how many there are.
pub(crate) fn decode_signature(text: &[u8], octets: &mut [u8]) -> Result<usize, NotBase64> {
    decode(text, OddBits::Refused, octets)
}

/// Decodes the `p=` tag of a key record into `octets`; returns how many there are.
pub(crate) fn decode_key(text: &[u8], octets: &mut [u8]) -> Result<usize, NotBase64> {
    // Key records come from people.
    decode(text, OddBits::LetPass, octets)
}

/// Bits of the last character that belong to no octet and are not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OddBits {
    Refused,
    LetPass,
}

fn decode(text: &[u8], odd_bits: OddBits, octets: &mut [u8]) -> Result<usize, NotBase64> {
    let mut decoded = Decoded { octets, len: 0, bits: 0, characters: 0 };
    let mut at = 0;
    while at < text.len() {
        if decoded.characters == 0 {
            at += decoded.add_fours(&text[at..]);
        }
        let Some(octet) = text.get(at) else { break };
        match SEXTETS[usize::from(*octet)] {
            NO_SEXTET if is_fws(*octet) => {}
            NO_SEXTET => break,
            sextet => decoded.add(sextet)?,
        }
        at += 1;
    }
    decoded.finish(&text[at..], odd_bits)
}

/// What has been decoded, and the characters of the next three octets.
struct Decoded<'o> {
    octets: &'o mut [u8],
    len: usize,
    bits: u32,
    characters: usize,
}

impl Decoded<'_> {
    /// Adds the octets of whole fours at the front of `text`, while there is room for
    /// four octets at a time; returns how many characters that were.
    fn add_fours(&mut self, text: &[u8]) -> usize {
        let (fours, _) = text.as_chunks::<4>();
        let mut taken = 0;
        for [a, b, c, d] in fours {
            let [a, b, c, d] = [*a, *b, *c, *d].map(usize::from);
            let bits = FOURS[0][a] | FOURS[1][b] | FOURS[2][c] | FOURS[3][d];
            let room = self.octets.get_mut(self.len..self.len + 4);
            let (Some(room), 0) = (room, bits & NO_FOUR) else { break };
            // Three octets; the one after them is overwritten next.
            room.copy_from_slice(&(bits << 8).to_be_bytes());
            self.len += 3;
            taken += 4;
        }
        taken
    }

    fn add(&mut self, sextet: u8) -> Result<(), NotBase64> {
        self.bits = (self.bits << 6) | u32::from(sextet);
        self.characters += 1;
        if self.characters == 4 {
            self.put(self.bits, 3)?;
            (self.bits, self.characters) = (0, 0);
        }
        Ok(())
    }

    /// Adds the first `count` of the three octets in `bits`.
    fn put(&mut self, bits: u32, count: usize) -> Result<(), NotBase64> {
        let room = self.octets.get_mut(self.len..self.len + count).ok_or(NotBase64)?;
        room.copy_from_slice(&bits.to_be_bytes()[1..=count]);
        self.len += count;
        Ok(())
    }

    /// Ends with `padding`, which may be absent, as the grammar allows.
    fn finish(mut self, padding: &[u8], odd_bits: OddBits) -> Result<usize, NotBase64> {
        let mut signs = 0;
        for octet in padding.iter().filter(|b| !is_fws(**b)) {
            if *octet != b'=' {
                return Err(NotBase64);
            }
            signs += 1;
        }
        let (octets, missing) = match self.characters {
            0 => (0, 0),
            2 => (1, 2),
            3 => (2, 1),
            _ => return Err(NotBase64),
        };
        let bits = self.bits << (6 * missing);
        let odd = bits & (0x00ff_ffff >> (8 * octets));
        if signs > missing || (octets > 0 && odd != 0 && odd_bits == OddBits::Refused) {
            return Err(NotBase64);
        }
        self.put(bits, octets)?;
        Ok(self.len)
    }
}

/// What each character gives to the 24 bits of a four, by its place in it.
static FOURS: [[u32; 256]; 4] = {
    let mut fours = [[NO_FOUR; 256]; 4];
    let mut octet = 0;
    while octet < 256 {
        let mut place = 0;
        while place < 4 && SEXTETS[octet] != NO_SEXTET {
            fours[place][octet] = (SEXTETS[octet] as u32) << (18 - 6 * place);
            place += 1;
        }
        octet += 1;
    }
    fours
};

/// Beyond the 24 bits: a character that is none.
const NO_FOUR: u32 = 1 << 31;

const NO_SEXTET: u8 = 0xff;

/// The six bits of each character.
static SEXTETS: [u8; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut sextets = [NO_SEXTET; 256];
    let mut sextet = 0;
    while sextet < 64 {
        sextets[alphabet[sextet as usize] as usize] = sextet;
        sextet += 1;
    }
    sextets
};

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::alphabet::STANDARD;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    use proptest::prelude::*;

    #[test]
    fn reads_folded_text() {
        let check = |text: &[u8], expected: Option<&[u8]>| {
            let mut octets = [0; 16];
            let got = decode_signature(text, &mut octets).ok().map(|len| &octets[..len]);
            assert_eq!(got, expected, "{:?}", String::from_utf8_lossy(text));
        };
        check(b"Zm9v\r\n\tYg==", Some(b"foob"));
        check(b"Zm 9v Y g", Some(b"foob"));
        check(b"Zm9vYg= =\r\n", Some(b"foob"));
        check(b"", Some(b""));
        check(b"Zm9*", None);
        check(b"Zm9vYh==", None);
        check(b"Zm9vY", None);
        check(b"Zm9v=", None);
        check(b"Zm9vYg==Yg==", None);
        check(&[b'A'; 64], None);
    }

    #[test]
    fn lets_odd_bits_in_keys_pass() {
        let mut octets = [0; 16];
        assert_eq!(decode_key(b"Zm9v Yh==", &mut octets), Ok(4));
    }

    proptest! {
        /// Another decoder gives the same for the text without its folding.
        #[test]
        fn agrees_with_another_decoder(text in "[A-Da-d0+/= \t\r\n!]{0,24}") {
            let joined: Vec<u8> = text.bytes().filter(|b| !is_fws(*b)).collect();
            for odd_bits in [OddBits::Refused, OddBits::LetPass] {
                let config = GeneralPurposeConfig::new()
                    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
                    .with_decode_allow_trailing_bits(odd_bits == OddBits::LetPass);
                let expected = GeneralPurpose::new(&STANDARD, config).decode(&joined).ok();
                let mut octets = [0; 32];
                let got = decode(text.as_bytes(), odd_bits, &mut octets).ok();
                prop_assert_eq!(got.map(|len| octets[..len].to_vec()), expected);
            }
        }
    }
}
