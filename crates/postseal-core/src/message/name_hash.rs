//! The hash by which field names are found: eight octets at a time, because it
//! is made for every field of every message. Anybody can make names collide.

/// Hash of a field name without regard to case.
pub(crate) const fn name_hash(name: &[u8]) -> u32 {
    let mut state = SEED;
    let mut at = 0;
    while at < name.len() {
        let (mut word, mut octets) = (0, 0);
        while octets < WORD && at + octets < name.len() {
            word |= (name[at + octets] as u64) << (8 * octets);
            octets += 1;
        }
        state = mix(state, in_lower_case(word, octets));
        at += WORD;
    }
    finish(state)
}

/// The name at the front of a field: its length and its hash. It ends before
/// the first octet that a name cannot hold (RFC 5322 §2.2: "printable US-ASCII
/// characters … except colon").
pub(super) fn read_name(line: &[u8]) -> (usize, u32) {
    let mut state = SEED;
    let mut len = 0;
    loop {
        let word = word_at(&line[len..]);
        let octets = (ends(word).trailing_zeros() / 8) as usize;
        if octets > 0 {
            state = mix(state, in_lower_case(word, octets));
            len += octets;
        }
        if octets < WORD {
            return (len, finish(state));
        }
    }
}

const WORD: usize = 8;
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const EACH_OCTET: u64 = 0x0101_0101_0101_0101;
const HIGHEST_BITS: u64 = EACH_OCTET * 0x80;

/// Eight octets, the first one lowest; zeros after the last one.
fn word_at(octets: &[u8]) -> u64 {
    match octets.first_chunk::<WORD>() {
        Some(word) => u64::from_le_bytes(*word),
        None => octets.iter().rev().fold(0, |word, octet| word << 8 | u64::from(*octet)),
    }
}

/// The highest bit of the first octet that ends a name. Bits of later octets mean nothing.
fn ends(word: u64) -> u64 {
    let colons = word ^ (EACH_OCTET * u64::from(b':'));
    let colon = colons.wrapping_sub(EACH_OCTET) & !colons;
    let below = word.wrapping_sub(EACH_OCTET * u64::from(b'!')) & !word;
    let above = word.wrapping_add(EACH_OCTET) | word;
    (colon | below | above) & HIGHEST_BITS
}

/// The first `octets` octets of a word. Octets that differ in more than case
/// may become the same, which a hash allows.
const fn in_lower_case(word: u64, octets: usize) -> u64 {
    (word | (EACH_OCTET * 0x20)) & (u64::MAX >> (64 - 8 * octets))
}

const fn mix(state: u64, word: u64) -> u64 {
    let state = (state ^ word).wrapping_mul(0xd6e8_feb8_6659_fd93);
    state ^ (state >> 32)
}

const fn finish(state: u64) -> u32 {
    (state.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_hashes() {
        let check = |line: &str, name: &str| {
            let got = read_name(line.as_bytes());
            assert_eq!(got, (name.len(), name_hash(name.to_ascii_uppercase().as_bytes())), "{line:?}");
        };
        check("", "");
        check("To", "To");
        check("To: a", "To");
        check("Subject : a", "Subject");
        check("Received:", "Received");
        check("Received-SPF: pass", "Received-SPF");
        check("List-Unsubscribe-Post: List-Unsubscribe=One-Click", "List-Unsubscribe-Post");
        check(": a", "");
        check(" a: b", "");
        check("a\x7f: b", "a");
        check("a\u{e9}: b", "a");
        check("!~: b", "!~");
        check("a\r\nb: c", "a");
    }

    #[test]
    fn every_octet_ends_a_name_or_does_not() {
        for octet in 0..=u8::MAX {
            for place in 0..20 {
                let mut line = *b"abcdefghijklmnopqrstuvwxyz";
                line[place] = octet;
                let expected =
                    if octet == b':' || !(b'!'..=b'~').contains(&octet) { place } else { line.len() };
                assert_eq!(read_name(&line).0, expected, "{octet:#x} at {place}");
            }
        }
    }
}
