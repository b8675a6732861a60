use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, u8x64};

/// The places of the LFs in octets, and whether every line of them ends in CRLF
/// and no octet is NUL. One pass, 64 octets at a time.
pub(super) struct LineFeeds<'a> {
    octets: &'a [u8],
    /// One bit for each LF of the groups last looked at, the first octet lowest.
    masks: [u64; GROUPS],
    /// The group that is being given away, and where it begins.
    group: usize,
    start: usize,
    /// What has been looked at.
    seen: usize,
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
        LineFeeds { octets, masks: [0; GROUPS], group: 0, start: 0, seen: 0, after_cr: 0, is_regular: true }
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
        (self.group, self.start, self.seen) = (0, self.seen, end);
    }
}

impl Iterator for LineFeeds<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        loop {
            while self.start < self.seen {
                let mask = &mut self.masks[self.group % GROUPS];
                if *mask != 0 {
                    let bit = mask.trailing_zeros() as usize;
                    *mask &= *mask - 1;
                    return Some(self.start + bit);
                }
                self.group += 1;
                self.start += GROUP;
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
    let (mut crs_before, mut lfs_before) = (0, 0);
    let mut last = [0; GROUP];
    for (at, group) in octets.chunks(GROUP).enumerate() {
        let group = u8x64::from_slice(simd, whole(group, &mut last));
        let (cr, lf) = (group.simd_eq(b'\r').to_bitmask(), group.simd_eq(b'\n').to_bitmask());
        let before = |count: u32, now: u64, before: u64| now << count | before >> (64 - count);
        let ends = before(3, cr, crs_before) & before(2, lf, lfs_before) & before(1, cr, crs_before) & lf;
        if ends != 0 {
            return Some(at * GROUP + ends.trailing_zeros() as usize - 3);
        }
        (crs_before, lfs_before) = (cr, lf);
    }
    None
}

/// The group, or what there is of it in `room`, with what `room` holds after it.
#[inline(always)]
fn whole<'g>(group: &'g [u8], room: &'g mut [u8; GROUP]) -> &'g [u8] {
    if group.len() == GROUP {
        return group;
    }
    room[..group.len()].copy_from_slice(group);
    room
}

/// One bit for each LF; true where there is something odd.
#[inline(always)]
fn compare<S: Simd>(simd: S, octets: &[u8], masks: &mut [u64; GROUPS], after_cr: &mut u64) -> bool {
    let mut odd = 0;
    // What is missing of the last group is nothing odd.
    let mut last = [b'.'; GROUP];
    for (group, mask) in octets.chunks(GROUP).zip(masks) {
        let group = u8x64::from_slice(simd, whole(group, &mut last));
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
