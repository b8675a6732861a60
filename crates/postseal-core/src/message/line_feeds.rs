use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u8x64};

/// The places of the LFs in octets, and whether every line of them ends in CRLF
/// and no octet is NUL. One pass, 64 octets at a time.
pub(super) struct LineFeeds<'a> {
    octets: &'a [u8],
    /// What has been looked at.
    seen: usize,
    /// One bit for each LF of the groups last looked at, the first octet lowest.
    masks: [u64; GROUPS],
    /// The group that is being given away.
    group: usize,
    /// 1 where the last octet seen is a CR.
    after_cr: u64,
    is_regular: bool,
}

/// Octets compared at once.
const GROUP: usize = 64;

/// Groups looked at before their LFs are given away.
const GROUPS: usize = 16;

impl<'a> LineFeeds<'a> {
    pub(super) fn new(octets: &'a [u8]) -> LineFeeds<'a> {
        LineFeeds { octets, seen: 0, masks: [0; GROUPS], group: GROUPS, after_cr: 0, is_regular: true }
    }

    /// True where nothing is odd about what has been given away: no bare CR, no
    /// bare LF, no NUL.
    pub(super) fn is_regular(&self) -> bool {
        self.is_regular && self.after_cr == 0
    }

    fn look_ahead(&mut self) {
        let end = (self.seen + GROUPS * GROUP).min(self.octets.len());
        let octets = &self.octets[self.seen..end];
        let odd = dispatch!(Level::new(), simd => compare(simd, octets, &mut self.masks, &mut self.after_cr));
        self.is_regular &= !odd;
        self.group = GROUPS - octets.len().div_ceil(GROUP);
        self.masks.rotate_right(self.group);
        self.seen = end;
    }
}

impl Iterator for LineFeeds<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        loop {
            while let Some(mask) = self.masks.get_mut(self.group) {
                if *mask == 0 {
                    self.group += 1;
                    continue;
                }
                let bit = mask.trailing_zeros() as usize;
                *mask &= *mask - 1;
                // The last group may be a part of one.
                let groups_left = GROUPS - self.group;
                return Some(self.seen.next_multiple_of(GROUP) - groups_left * GROUP + bit);
            }
            if self.seen == self.octets.len() {
                return None;
            }
            self.look_ahead();
        }
    }
}

/// Where the first empty line begins: after CRLF, with a CRLF of its own. The
/// place of the CRLF before it.
pub(super) fn find_empty_line(octets: &[u8]) -> Option<usize> {
    dispatch!(Level::new(), simd => find_empty_line_with(simd, octets))
}

#[inline(always)]
fn find_empty_line_with<S: Simd>(simd: S, octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(window) = octets[at..].first_chunk::<{ GROUP + EMPTY_LINE.len() - 1 }>() {
        let equal = |place: usize| {
            u8x64::from_slice(simd, &window[place..place + GROUP]).simd_eq(EMPTY_LINE[place]).to_bitmask()
        };
        let found = equal(0) & equal(1) & equal(2) & equal(3);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize);
        }
        at += GROUP;
    }
    octets[at..].windows(EMPTY_LINE.len()).position(|window| window == EMPTY_LINE).map(|place| at + place)
}

const EMPTY_LINE: &[u8; 4] = b"\r\n\r\n";

/// One bit for each LF; true where there is something odd.
#[inline(always)]
fn compare<S: Simd>(simd: S, octets: &[u8], masks: &mut [u64; GROUPS], after_cr: &mut u64) -> bool {
    let mut odd = 0;
    // What is missing of the last group is nothing odd.
    let mut last = [b'.'; GROUP];
    for (group, mask) in octets.chunks(GROUP).zip(masks) {
        let group = if group.len() == GROUP {
            group
        } else {
            last[..group.len()].copy_from_slice(group);
            &last
        };
        let group = u8x64::from_slice(simd, group);
        let equal = |octet: u8| group.simd_eq(octet).to_bitmask();
        let (lf, cr) = (equal(b'\n'), equal(b'\r'));
        // Every LF comes after a CR, and after every CR comes an LF.
        odd |= (lf ^ (cr << 1 | *after_cr)) | equal(0);
        *after_cr = cr >> (GROUP - 1);
        *mask = lf;
    }
    odd != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(octets: &[u8]) {
        let mut feeds = LineFeeds::new(octets);
        let found: Vec<usize> = feeds.by_ref().collect();
        let expected: Vec<usize> = memchr::memchr_iter(b'\n', octets).collect();
        assert_eq!(found, expected, "{:?}", String::from_utf8_lossy(octets));
        let lines = String::from_utf8_lossy(octets).replace("\r\n", "");
        assert_eq!(feeds.is_regular(), !lines.contains(['\r', '\n', '\0']), "{lines:?}");
    }

    #[test]
    fn finds_the_first_empty_line() {
        for len in 0..200 {
            let text = [&b"x".repeat(len)[..], b"\r\n\r\ny\r\n\r\n"].concat();
            assert_eq!(find_empty_line(&text), Some(len));
            assert_eq!(find_empty_line(&text[..len + 3]), None);
            assert_eq!(find_empty_line(&b"\r\n\n\r".repeat(len)), None);
        }
    }

    #[test]
    fn finds_line_feeds_and_what_is_odd() {
        for len in 0..200 {
            check(&b"a\r\n".repeat(len));
            check(&b"a\n".repeat(len));
            for odd in [&b"\r"[..], b"\n", b"\0", b"\r\n", b"\n\r", b"\r\r\n"] {
                let text = [&b"x".repeat(len)[..], odd, b"y"].concat();
                check(&text);
                check(&text[..text.len() - 1]);
                check(&[&b"ab\r\n".repeat(len)[..], odd].concat());
            }
        }
        for len in [1023, 1024, 1025, 2048, 5000] {
            check(&[&b"x".repeat(len)[..], b"\r\ny\r\n"].concat());
            check(&[&b"x".repeat(len)[..], b"\ry\r\n"].concat());
        }
    }
}
