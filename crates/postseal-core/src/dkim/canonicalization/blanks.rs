//! Reducing blanks, 64 octets at a time.
//!
//! Both relaxed forms drop a blank that another blank (or, in a body, a line
//! end) follows, and turn the last of a run into one SP. Whether an octet goes
//! depends on it and the next two only, so that 64 of them are decided at once
//! in a loop without branches, which the compiler turns into vector
//! instructions; what stays is then moved together.

/// Octets decided at once.
pub(super) const GROUP: usize = 64;

/// A group and the two octets after it.
const WINDOW: usize = GROUP + 2;

/// Which octets are dropped, and what the others become.
pub(super) trait Rule {
    /// True where `octet` is dropped, `next` and `after` being the two that follow.
    fn drops(octet: u8, next: u8, after: u8) -> bool;
    /// True where `octet` becomes SP if it stays.
    fn is_blank(octet: u8) -> bool;
}

/// RFC 6376 §3.4.4, within a body: blanks before a blank or CRLF go.
pub(super) struct Body;

impl Rule for Body {
    #[inline(always)]
    fn drops(octet: u8, next: u8, after: u8) -> bool {
        let ends_line = (next == b'\r') & (after == b'\n');
        Body::is_blank(octet) & (Body::is_blank(next) | ends_line)
    }

    #[inline(always)]
    fn is_blank(octet: u8) -> bool {
        (octet == b' ') | (octet == b'\t')
    }
}

/// RFC 6376 §3.4.2, within the body of a header field: line ends are folding,
/// so that they count as blanks.
pub(super) struct HeaderField;

impl Rule for HeaderField {
    #[inline(always)]
    fn drops(octet: u8, next: u8, _: u8) -> bool {
        HeaderField::is_blank(octet) & HeaderField::is_blank(next)
    }

    #[inline(always)]
    fn is_blank(octet: u8) -> bool {
        (octet == b' ') | (octet == b'\t') | (octet == b'\r') | (octet == b'\n')
    }
}

/// Reduces the blanks of `octets`, which must end in no blank, and hands the
/// result to `out` in runs of up to `N` octets; some of it stays in `gather`.
/// Stops after `quiet` groups in a row without a change; returns how many
/// octets were taken.
pub(super) fn reduce<R: Rule, const N: usize>(
    octets: &[u8],
    gather: &mut Gather<N>,
    quiet: usize,
    mut out: impl FnMut(&[u8]),
) -> usize {
    let mut unchanged = 0;
    let mut at = 0;
    while at < octets.len() && unchanged < quiet {
        gather.make_room(GROUP, &mut out);
        let rest = &octets[at..];
        let changed = if let Some(window) = rest.first_chunk::<WINDOW>() {
            reduce_group::<R, N>(window, 0, gather)
        } else {
            let mut window = [0; WINDOW];
            window[..rest.len()].copy_from_slice(rest);
            let absent = if rest.len() < GROUP { u64::MAX << rest.len() } else { 0 };
            reduce_group::<R, N>(&window, absent, gather)
        };
        unchanged = if changed { 0 } else { unchanged + 1 };
        at += GROUP;
    }
    at.min(octets.len())
}

/// Reduces one group; octets in `absent` are not there. True where an octet was dropped.
#[inline]
fn reduce_group<R: Rule, const N: usize>(window: &[u8; WINDOW], absent: u64, gather: &mut Gather<N>) -> bool {
    // Twice a group, so that 64 octets can be taken from any place in the first half.
    let mut octets = [0; 2 * GROUP];
    let mut dropped = [0; GROUP];
    for i in 0..GROUP {
        let octet = window[i];
        dropped[i] = u8::from(R::drops(octet, window[i + 1], window[i + 2]));
        octets[i] = if R::is_blank(octet) { b' ' } else { octet };
    }
    let dropped = bits(&dropped) | absent;
    let mut start = 0;
    while start < GROUP {
        let kept = ((dropped >> start).trailing_zeros() as usize).min(GROUP - start);
        gather.append(&octets, start, kept);
        start += kept;
        if start < GROUP {
            start += (dropped >> start).trailing_ones() as usize;
        }
    }
    dropped != 0
}

/// One bit for each octet that is 1, the first octet lowest.
#[inline]
fn bits(flags: &[u8; GROUP]) -> u64 {
    let mut mask = 0;
    for (i, eight) in flags.as_chunks::<8>().0.iter().enumerate() {
        // Each product bit 56 + i is the flag of octet i: no two partial products meet there.
        let gathered = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        mask |= gathered << (8 * i);
    }
    mask
}

/// Octets gathered into one run, because a hash is fastest in long runs.
#[derive(Clone)]
pub(super) struct Gather<const N: usize> {
    octets: [u8; N],
    len: usize,
}

impl<const N: usize> Gather<N> {
    pub(super) fn new() -> Gather<N> {
        Gather { octets: [0; N], len: 0 }
    }

    /// Hands over what was gathered.
    pub(super) fn flush(&mut self, mut out: impl FnMut(&[u8])) {
        if self.len > 0 {
            out(&self.octets[..self.len]);
            self.len = 0;
        }
    }

    /// Room for this many octets and a group beyond.
    fn make_room(&mut self, octets: usize, out: &mut impl FnMut(&[u8])) {
        if self.len + octets + GROUP > N {
            self.flush(out);
        }
    }

    /// Adds `len` octets of `from`, beginning at `start`.
    #[inline]
    fn append(&mut self, from: &[u8; 2 * GROUP], start: usize, len: usize) {
        // A copy of fixed length is a few instructions; what is too much is overwritten next.
        let room = &mut self.octets[self.len..self.len + GROUP];
        room.copy_from_slice(&from[start..start + GROUP]);
        self.len += len;
    }

    /// Adds octets of any length.
    pub(super) fn put(&mut self, octets: &[u8], mut out: impl FnMut(&[u8])) {
        if self.len + octets.len() > N {
            self.flush(&mut out);
            if octets.len() > N {
                return out(octets);
            }
        }
        self.octets[self.len..self.len + octets.len()].copy_from_slice(octets);
        self.len += octets.len();
    }

    /// Adds a field name in lower case.
    pub(super) fn put_lower_case(&mut self, octets: &[u8], mut out: impl FnMut(&[u8])) {
        for part in octets.chunks(N / 2) {
            if self.len + part.len() > N {
                self.flush(&mut out);
            }
            let room = &mut self.octets[self.len..self.len + part.len()];
            room.copy_from_slice(part);
            room.make_ascii_lowercase();
            self.len += part.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reduced<R: Rule>(octets: &[u8]) -> Vec<u8> {
        let mut got = Vec::new();
        let mut gather = Gather::<256>::new();
        reduce::<R, 256>(octets, &mut gather, usize::MAX, |run| got.extend_from_slice(run));
        gather.flush(|run| got.extend_from_slice(run));
        got
    }

    #[test]
    fn reduces_blanks() {
        let check = |input: &str, body: &str, header: &str| {
            assert_eq!(reduced::<Body>(input.as_bytes()), body.as_bytes(), "{input:?}");
            assert_eq!(reduced::<HeaderField>(input.as_bytes()), header.as_bytes(), "{input:?}");
        };
        check("", "", "");
        check("a", "a", "a");
        check("  a \t b", " a b", " a b");
        check("a\tb", "a b", "a b");
        check("a \t\r\n b", "a\r\n b", "a b");
        check("a \rb \nc", "a \rb \nc", "a b c");
        let long = "x \t y\r\n".repeat(50) + "z";
        check(&long, &("x y\r\n".repeat(50) + "z"), &("x y ".repeat(50) + "z"));
    }
}
