//! Field names whose hashes are all the same.

use std::collections::HashMap;

use crate::bodies::Dice;

/// So many distinct field names with one value of 32-bit FNV-1a over their
/// lower-case octets, which indexes header sections. Each block of five octets
/// has two forms that lead to the same state, so that n blocks make 2^n names.
pub fn names(count: usize) -> Vec<String> {
    let blocks = count.next_power_of_two().ilog2();
    let mut state = 0x811c_9dc5;
    let mut pairs = Vec::new();
    for _ in 0..blocks {
        let (pair, next) = collision(state);
        pairs.push(pair);
        state = next;
    }
    let name = |nth: usize| -> String {
        pairs.iter().enumerate().map(|(bit, pair)| pair[nth >> bit & 1].as_str()).collect()
    };
    (0..count).map(name).collect()
}

/// Two blocks that lead from this state to one and the same.
fn collision(state: u32) -> ([String; 2], u32) {
    const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let mut dice = Dice(u64::from(state));
    let mut seen = HashMap::new();
    loop {
        let block: String = (0..5).map(|_| char::from(ALPHABET[dice.below(36)])).collect();
        let next = fnv_1a(state, block.as_bytes());
        match seen.insert(next, block.clone()) {
            Some(other) if other != block => return ([other, block], next),
            _ => {}
        }
    }
}

fn fnv_1a(state: u32, octets: &[u8]) -> u32 {
    octets.iter().fold(state, |state, octet| (state ^ u32::from(*octet)).wrapping_mul(0x0100_0193))
}
