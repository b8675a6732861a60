//! Reducing blanks, 64 octets at a time.
//!
//! Both relaxed forms drop a blank that another blank (or, in a body, a line
//! end) follows, and turn the last of a run into one SP. Whether an octet goes
//! depends on it and the next two only. So 64 octets are compared at once, with
//! whatever vector instructions the processor has, each comparison gives one bit
//! for an octet, and the rest is arithmetic with 64 bits; the octets that stay
//! are then moved together in runs.

use fearless_simd::prelude::*;
use fearless_simd::{mask8x64, u8x64};

/// Octets decided at once.
const GROUP: usize = 64;

/// A group and the next one, which octets are copied along from and looked ahead at.
const WINDOW: usize = 2 * GROUP;

/// Room that a group may take: copies are whole groups, wherever they begin in it.
const ROOM: usize = 3 * GROUP;

/// Where the last of these copies may begin.
const LAST: usize = 2 * GROUP - 1;

/// What the octets of one group are: a bit for each octet, the first octet lowest.
#[derive(Clone, Copy, Default)]
pub(super) struct Bits {
    blank: u64,
    /// Blanks other than SP; they become one where they stay.
    other_blank: u64,
    cr: u64,
    lf: u64,
}

/// Which octets are dropped.
pub(super) trait Rule {
    /// What the octets of a group are.
    fn bits<S: Simd>(octets: u8x64<S>) -> Bits;
    /// The octets of this group that are dropped, `next` being the group after it.
    fn dropped(group: Bits, next: Bits) -> u64;
    /// True where this octet is a blank other than SP.
    fn is_other_blank(octet: u8) -> bool;
}

/// RFC 6376 §3.4.4, within a body: blanks before a blank or CRLF go.
pub(super) struct Body;

impl Rule for Body {
    #[inline(always)]
    fn bits<S: Simd>(octets: u8x64<S>) -> Bits {
        let (sp, tab) = (octets.simd_eq(b' '), octets.simd_eq(b'\t'));
        let bits = |octet: u8| octets.simd_eq(octet).to_bitmask();
        Bits {
            blank: (sp | tab).to_bitmask(),
            other_blank: tab.to_bitmask(),
            cr: bits(b'\r'),
            lf: bits(b'\n'),
        }
    }

    #[inline(always)]
    fn dropped(group: Bits, next: Bits) -> u64 {
        let line_end = ahead(1, group.cr, next.cr) & ahead(2, group.lf, next.lf);
        group.blank & (ahead(1, group.blank, next.blank) | line_end)
    }

    #[inline(always)]
    fn is_other_blank(octet: u8) -> bool {
        octet == b'\t'
    }
}

/// RFC 6376 §3.4.2, within the body of a header field: line ends are folding,
/// so that they count as blanks.
pub(super) struct HeaderField;

impl Rule for HeaderField {
    #[inline(always)]
    fn bits<S: Simd>(octets: u8x64<S>) -> Bits {
        let other = octets.simd_eq(b'\t') | octets.simd_eq(b'\r') | octets.simd_eq(b'\n');
        let blank = other | octets.simd_eq(b' ');
        Bits { blank: blank.to_bitmask(), other_blank: other.to_bitmask(), cr: 0, lf: 0 }
    }

    #[inline(always)]
    fn dropped(group: Bits, next: Bits) -> u64 {
        group.blank & ahead(1, group.blank, next.blank)
    }

    #[inline(always)]
    fn is_other_blank(octet: u8) -> bool {
        (octet == b'\t') | (octet == b'\r') | (octet == b'\n')
    }
}

/// Bits moved so that each octet has the one of the octet `distance` places further on.
#[inline(always)]
fn ahead(distance: u32, group: u64, next: u64) -> u64 {
    group >> distance | next << (64 - distance)
}

/// Reduces the blanks of the first `count` of `octets` and hands the result to
/// `out` in runs of up to `N` octets; some of it stays in `gather`. Either the
/// last of them is no blank, or `count` is a multiple of 64 and more octets
/// follow. True where an octet was dropped or changed.
#[inline(always)]
pub(super) fn reduce<S: Simd, R: Rule, const N: usize>(
    simd: S,
    octets: &[u8],
    count: usize,
    gather: &mut Gather<N>,
    out: &mut impl FnMut(&[u8]),
) -> bool {
    let mut changed = false;
    let mut window = [0; WINDOW];
    let mut bits = None;
    for at in (0..count).step_by(GROUP) {
        gather.make_room(out);
        let rest = &octets[at..];
        let window = rest.first_chunk::<WINDOW>().unwrap_or_else(|| {
            window = [0; WINDOW];
            window[..rest.len()].copy_from_slice(rest);
            &window
        });
        let load = |start: usize| R::bits(u8x64::from_slice(simd, &window[start..start + GROUP]));
        let group = bits.unwrap_or_else(|| load(0));
        let (next, absent) = match count - at {
            left @ 1..GROUP => (Bits::default(), u64::MAX << left),
            GROUP if rest.len() == GROUP => (Bits::default(), 0),
            _ => (load(GROUP), 0),
        };
        bits = Some(next);
        let dropped = R::dropped(group, next) | absent;
        // A run is kept as its last blank: only where that is no SP does it become one.
        gather.append::<R>(window, dropped, group.other_blank & !dropped);
        changed |= dropped & !absent != 0 || group.other_blank != 0;
    }
    changed
}

/// True where no octet of a body needs to change: no tab, and no SP before SP or CR.
/// (SP before other control octets needs none either; it is let go the slow way.)
#[inline(always)]
pub(super) fn is_reduced<S: Simd>(simd: S, octets: &[u8]) -> bool {
    if octets.len() <= GROUP {
        let mut window = [0; GROUP + 1];
        window[..octets.len()].copy_from_slice(octets);
        return !needs_reduction(simd, &window).any_true() && window[0] != b'\t';
    }
    // In windows of one octet more than a group; the last one overlaps.
    let mut found = octets.last_chunk().map(|last| needs_reduction(simd, last));
    let mut rest = octets;
    while let Some(window) = rest.first_chunk() {
        let here = needs_reduction(simd, window);
        found = Some(found.map_or(here, |found| found | here));
        rest = &rest[GROUP..];
    }
    !found.is_some_and(|found| found.any_true()) && octets[0] != b'\t'
}

/// Where an octet is followed by one that cannot stay after it.
#[inline(always)]
fn needs_reduction<S: Simd>(simd: S, window: &[u8; GROUP + 1]) -> mask8x64<S> {
    let octet = u8x64::from_slice(simd, &window[..GROUP]);
    let next = u8x64::from_slice(simd, &window[1..]);
    (octet.simd_eq(b' ') & next.simd_le(b' ')) | next.simd_eq(b'\t')
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

    /// What was gathered and not handed over.
    pub(super) fn gathered(&self) -> &[u8] {
        &self.octets[..self.len]
    }

    /// Hands over what was gathered.
    pub(super) fn flush(&mut self, out: &mut impl FnMut(&[u8])) {
        if self.len > 0 {
            out(&self.octets[..self.len]);
            self.len = 0;
        }
    }

    /// Makes room for a group. Hands over whole blocks of the hash, so that it need
    /// not keep parts of them.
    #[inline(always)]
    fn make_room(&mut self, out: &mut impl FnMut(&[u8])) {
        if self.len + ROOM > N {
            let whole = self.len - self.len % GROUP;
            out(&self.octets[..whole]);
            self.octets.copy_within(whole..whole + GROUP, 0);
            self.len -= whole;
        }
    }

    /// The room that was made.
    #[inline(always)]
    fn room(&mut self) -> &mut [u8; ROOM] {
        self.octets[self.len..].first_chunk_mut().expect("room was made")
    }

    /// Adds the octets of a group that are not dropped; there is room for it.
    #[inline(always)]
    fn append<R: Rule>(&mut self, window: &[u8; WINDOW], dropped: u64, other_blanks: u64) {
        let room = self.room();
        let mut len = 0;
        // Where runs of dropped octets begin and end, in turn.
        let mut edges = dropped ^ (dropped << 1);
        let mut start = 0;
        let mut append_run = || {
            let end = edges.trailing_zeros() as usize;
            edges &= edges.wrapping_sub(1);
            // A copy of fixed length is a few instructions; what is too much is overwritten next.
            room[len & LAST..(len & LAST) + GROUP].copy_from_slice(&window[start..start + GROUP]);
            len += end - start;
            start = edges.trailing_zeros() as usize;
            edges &= edges.wrapping_sub(1);
            start
        };
        // Three runs of kept octets are done without a branch: few groups have more.
        append_run();
        append_run();
        while append_run() < GROUP {}
        if other_blanks != 0 {
            for octet in room.iter_mut().take(GROUP) {
                *octet = if R::is_other_blank(*octet) { b' ' } else { *octet };
            }
        }
        self.len += len;
    }

    /// Adds octets of any length.
    pub(super) fn put(&mut self, octets: &[u8], out: &mut impl FnMut(&[u8])) {
        if self.len + octets.len() > N {
            self.flush(out);
            if octets.len() > N {
                return out(octets);
            }
        }
        self.octets[self.len..self.len + octets.len()].copy_from_slice(octets);
        self.len += octets.len();
    }

    /// Adds a CRLF.
    #[inline(always)]
    pub(super) fn put_line_end(&mut self, out: &mut impl FnMut(&[u8])) {
        match self.octets.get_mut(self.len..self.len + 2) {
            Some(room) => {
                room.copy_from_slice(b"\r\n");
                self.len += 2;
            }
            None => self.put(b"\r\n", out),
        }
    }

    /// Adds a field name in lower case, and a colon. The name is the first `len` of `octets`.
    #[inline(always)]
    pub(super) fn put_name(&mut self, octets: &[u8], len: usize, out: &mut impl FnMut(&[u8])) {
        let mut rest = &octets[..len];
        // Names are short as a rule: one block is copied, and what is too much overwritten.
        if len < GROUP
            && let Some(block) = octets.first_chunk::<GROUP>()
        {
            self.make_room(out);
            let room = self.room();
            for (to, from) in room.iter_mut().zip(block) {
                *to = from.to_ascii_lowercase();
            }
            room[len] = b':';
            self.len += len + 1;
            return;
        }
        while !rest.is_empty() {
            let (part, later) = rest.split_at(rest.len().min(GROUP));
            self.make_room(out);
            self.room()[..part.len()].copy_from_slice(part);
            self.room()[..part.len()].make_ascii_lowercase();
            self.len += part.len();
            rest = later;
        }
        self.put(b":", out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fearless_simd::{Level, dispatch};

    fn reduced<R: Rule>(octets: &[u8]) -> Vec<u8> {
        let mut got = Vec::new();
        let mut gather = Gather::<256>::new();
        let mut out = |run: &[u8]| got.extend_from_slice(run);
        dispatch!(Level::new(), simd => reduce::<_, R, 256>(simd, octets, octets.len(), &mut gather, &mut out));
        gather.flush(&mut out);
        got
    }

    #[test]
    fn reduces_blanks() {
        let check = |input: &str, body: &str, header: &str| {
            assert_eq!(reduced::<Body>(input.as_bytes()), body.as_bytes(), "{input:?}");
            assert_eq!(reduced::<HeaderField>(input.as_bytes()), header.as_bytes(), "{input:?}");
            let is_reduced = dispatch!(Level::new(), simd => is_reduced(simd, input.as_bytes()));
            assert_eq!(is_reduced, input == body, "{input:?}");
        };
        check("", "", "");
        check("a", "a", "a");
        check("  a \t b", " a b", " a b");
        check("a\tb", "a b", "a b");
        check("a \t\r\n b", "a\r\n b", "a b");
        check("a\r\n\r\nb", "a\r\n\r\nb", "a b");
        let long = "x \t y\r\n".repeat(50) + "z";
        check(&long, &("x y\r\n".repeat(50) + "z"), &("x y ".repeat(50) + "z"));
        // A fault at every place of the groups.
        for at in 0..200 {
            let (before, after) = ("a".repeat(at), "b".repeat(200 - at));
            let both = format!("{before} {after}");
            check(&format!("{before} \t {after}"), &both, &both);
            check(&format!("{before} \r\n{after}"), &format!("{before}\r\n{after}"), &both);
            check(&both, &both, &both);
        }
    }

    #[test]
    fn keeps_blanks_before_a_cr_or_lf_that_ends_no_line() {
        assert_eq!(reduced::<Body>(b"a \rb \nc"), b"a \rb \nc");
    }
}
