//! Reducing blanks, 64 octets at a time.
//!
//! Both relaxed forms drop a blank that another blank (or, in a body, a line
//! end) follows, and turn the last of a run into one SP. Whether an octet goes
//! depends on it and the next two only. So 64 octets are compared at once, with
//! whatever vector instructions the processor has, each comparison gives one bit
//! for an octet, and the rest is arithmetic with 64 bits; the octets that stay
//! are then moved together in runs.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u8x64};

/// Octets decided at once.
const GROUP: usize = 64;

/// A group and the next one, which octets are copied along from and looked ahead at.
const WINDOW: usize = 2 * GROUP;

/// Room that a group may take: copies are whole groups, wherever they begin in it.
const ROOM: usize = 3 * GROUP;

/// Where the last of these copies may begin.
const LAST: usize = 2 * GROUP - 1;

/// What the octets of one group are: a bit for each octet, the first octet lowest.
#[derive(Clone, Copy)]
pub(super) struct Bits {
    sp: u64,
    tab: u64,
    cr: u64,
    lf: u64,
}

/// Which octets are dropped.
pub(super) trait Rule {
    /// The octets of this group that are dropped, `next` being the group after it.
    fn dropped(group: Bits, next: Bits) -> u64;
    /// The octets that are blanks but no SP; they become one where they stay.
    fn other_blanks(group: Bits) -> u64;
    /// True where this octet is such a blank.
    fn is_other_blank(octet: u8) -> bool;
}

/// RFC 6376 §3.4.4, within a body: blanks before a blank or CRLF go.
pub(super) struct Body;

impl Rule for Body {
    #[inline(always)]
    fn dropped(group: Bits, next: Bits) -> u64 {
        let (blank, next_blank) = (group.sp | group.tab, next.sp | next.tab);
        let line_end = ahead(1, group.cr, next.cr) & ahead(2, group.lf, next.lf);
        blank & (ahead(1, blank, next_blank) | line_end)
    }

    #[inline(always)]
    fn other_blanks(group: Bits) -> u64 {
        group.tab
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
    fn dropped(group: Bits, next: Bits) -> u64 {
        let blank = |bits: Bits| bits.sp | HeaderField::other_blanks(bits);
        blank(group) & ahead(1, blank(group), blank(next))
    }

    #[inline(always)]
    fn other_blanks(group: Bits) -> u64 {
        group.tab | group.cr | group.lf
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

/// Reduces the blanks of the first `count` octets, a multiple of 64 or all of
/// them, and hands the result to `out` in runs of up to `N` octets; some of it
/// stays in `gather`. The last of `octets` is no blank. Returns how many groups
/// had octets dropped.
pub(super) fn reduce<R: Rule, const N: usize>(
    octets: &[u8],
    count: usize,
    gather: &mut Gather<N>,
    out: impl FnMut(&[u8]),
) -> usize {
    dispatch!(Level::new(), simd => reduce_groups::<_, R, N>(simd, octets, count, gather, out))
}

#[inline(always)]
fn reduce_groups<S: Simd, R: Rule, const N: usize>(
    simd: S,
    octets: &[u8],
    count: usize,
    gather: &mut Gather<N>,
    mut out: impl FnMut(&[u8]),
) -> usize {
    let mut changed = 0;
    let mut window = [0; WINDOW];
    let mut bits = None;
    for at in (0..count.min(octets.len())).step_by(GROUP) {
        gather.make_room(&mut out);
        let rest = &octets[at..];
        let whole = rest.first_chunk::<WINDOW>();
        let (window, absent) = if let Some(whole) = whole {
            (whole, 0)
        } else {
            window = [0; WINDOW];
            window[..rest.len()].copy_from_slice(rest);
            (&window, if rest.len() < GROUP { u64::MAX << rest.len() } else { 0 })
        };
        let group = bits.unwrap_or_else(|| Bits::of(simd, window, 0));
        let next = Bits::of(simd, window, GROUP);
        bits = Some(next);
        let dropped = R::dropped(group, next) | absent;
        gather.append::<R>(window, dropped, R::other_blanks(group));
        changed += usize::from(dropped != 0);
    }
    changed
}

impl Bits {
    /// Those of the 64 octets that begin at `start`.
    #[inline(always)]
    fn of<S: Simd>(simd: S, window: &[u8; WINDOW], start: usize) -> Bits {
        let octets = u8x64::from_slice(simd, &window[start..start + GROUP]);
        let equal = |octet: u8| octets.simd_eq(octet).to_bitmask();
        Bits { sp: equal(b' '), tab: equal(b'\t'), cr: equal(b'\r'), lf: equal(b'\n') }
    }
}

/// True where no octet of a body needs to change: no tab, and no SP before SP or CR.
/// (SP before a CR that ends no line needs none either; it is let go the slow way.)
pub(super) fn is_reduced(octets: &[u8]) -> bool {
    dispatch!(Level::new(), simd => is_reduced_with(simd, octets))
}

#[inline(always)]
fn is_reduced_with<S: Simd>(simd: S, octets: &[u8]) -> bool {
    let Some(last) = octets.last_chunk::<{ GROUP + 1 }>() else {
        let nexts = octets[octets.len().min(1)..].iter().chain([&0]);
        return octets.iter().zip(nexts).all(|(octet, next)| is_reduced_pair(*octet, *next));
    };
    let load = |octets: &[u8], at: usize| u8x64::from_slice(simd, &octets[at..at + GROUP]);
    // In windows of one octet more than a group; the last one overlaps.
    let mut found = load(last, 0).simd_eq(b'\t');
    let mut rest = octets;
    let mut take = |window: &[u8; GROUP + 1]| {
        let (octet, next) = (load(window, 0), load(window, 1));
        let needless = octet.simd_eq(b' ') & (next.simd_eq(b' ') | next.simd_eq(b'\r'));
        found = found | needless | next.simd_eq(b'\t');
    };
    while let Some(window) = rest.first_chunk() {
        take(window);
        rest = &rest[GROUP..];
    }
    take(last);
    !found.any_true() && octets[0] != b'\t'
}

fn is_reduced_pair(octet: u8, next: u8) -> bool {
    octet != b'\t' && !(octet == b' ' && matches!(next, b' ' | b'\r'))
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

    /// Adds the octets of a group that are not dropped; there is room for it.
    #[inline(always)]
    fn append<R: Rule>(&mut self, window: &[u8; WINDOW], dropped: u64, other_blanks: u64) {
        let room = self.octets[self.len..].first_chunk_mut::<ROOM>().expect("room was made");
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
        reduce::<R, 256>(octets, usize::MAX, &mut gather, |run| got.extend_from_slice(run));
        gather.flush(|run| got.extend_from_slice(run));
        got
    }

    #[test]
    fn reduces_blanks() {
        let check = |input: &str, body: &str, header: &str| {
            assert_eq!(reduced::<Body>(input.as_bytes()), body.as_bytes(), "{input:?}");
            assert_eq!(reduced::<HeaderField>(input.as_bytes()), header.as_bytes(), "{input:?}");
            assert_eq!(is_reduced(input.as_bytes()), input == body, "{input:?}");
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
