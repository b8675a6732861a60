//! Inputs for the targets without a fuzzer: seeds, changed seeds, random octets.

use std::path::Path;

/// Changed copies of each seed.
const CHANGES: u64 = 400;
/// Inputs of random octets.
const RANDOM: u64 = 400;

/// Runs a target over the files of `fuzz/seeds/NAME` and what is made of them;
/// returns how many inputs there were.
pub fn run(name: &str, target: fn(&[u8])) -> u64 {
    let seeds = seeds(name);
    let mut random = Random(0x5eed);
    let mut ran = 0;
    let mut each = |input: &[u8]| {
        target(input);
        ran += 1;
    };
    for seed in &seeds {
        each(seed);
        for _ in 0..CHANGES {
            each(&change(seed, &mut random));
        }
    }
    for _ in 0..RANDOM {
        let length = random.below(200);
        let octets: Vec<u8> = (0..length).map(|_| random.octet()).collect();
        each(&octets);
    }
    ran
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(name);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<_> = files.map(|f| f.expect("a readable folder").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} has no seed", folder.display());
    paths.iter().map(|p| std::fs::read(p).expect("a readable seed")).collect()
}

/// One to four changes: an octet replaced, removed, put in, or a piece repeated.
fn change(seed: &[u8], random: &mut Random) -> Vec<u8> {
    let mut octets = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(octets.len() as u64 + 1);
        match random.below(4) {
            0 if at < octets.len() => octets[at] = random.octet(),
            1 if at < octets.len() => drop(octets.remove(at)),
            2 => octets.insert(at, random.octet()),
            _ => {
                let end = (at + random.below(40)).min(octets.len());
                let piece = octets[at..end].to_vec();
                let to = random.below(octets.len() as u64 + 1);
                octets.splice(to..to, piece);
            }
        }
    }
    octets
}

/// SplitMix64: the same at every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> usize {
        usize::try_from(self.next() % bound.max(1)).unwrap_or(0)
    }

    /// Three in four from the octets that mean something to the parsers.
    fn octet(&mut self) -> u8 {
        const ALPHABET: &[u8] =
            b" \t\r\n:;=,.@<>()[]{}\"\\%/-_+~?*!'&#0123456789abcdefhilmnprstvxzDKIMSPF\0\x80\xc3\xa9\xff";
        if self.below(4) == 0 {
            return self.next().to_le_bytes()[0];
        }
        ALPHABET[self.below(ALPHABET.len() as u64)]
    }
}
