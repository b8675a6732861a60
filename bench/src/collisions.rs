//! Field names whose hashes are all the same.

/// So many distinct field names of eight octets with one value of the hash by
/// which header sections are indexed: it is made of steps that can be undone.
pub fn names(count: usize) -> Vec<String> {
    const WANTED: u64 = 7 << 32;
    (0..1 << 32).map(|low| preimage(WANTED | low)).filter_map(name).take(count).collect()
}

/// The eight octets from which the hash makes this value (its upper half is the hash).
fn preimage(value: u64) -> u64 {
    const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
    const INVERSE: u64 = 0xcfee_444d_8b59_a89b;
    let state = value.wrapping_mul(INVERSE);
    (state ^ state >> 32).wrapping_mul(INVERSE) ^ SEED
}

/// The word as a field name, where it is one that lower case does not change.
fn name(word: u64) -> Option<String> {
    let octets = word.to_le_bytes();
    let fits = octets.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-');
    fits.then(|| octets.iter().map(|b| char::from(*b)).collect())
}
