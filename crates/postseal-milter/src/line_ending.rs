//! Line ends inside the values of header fields.
//!
//! Postfix and Sendmail take the CR out of each CRLF of a folded field before a
//! filter sees it, and expect LF alone back. A CR before an LF comes from neither
//! (Postfix drops it, Sendmail refuses the message); from MTAs and test programs
//! that send CRLF, it is the line end as it stands.

use memchr::{memchr, memchr_iter};

/// The value as it stood in the message: every line ends in CRLF. `spaced` puts the
/// one space in front that the MTA has eaten. Uses `scratch` only where something
/// changes.
pub(crate) fn as_received<'a>(value: &'a [u8], spaced: bool, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    if !spaced && memchr(b'\n', value).is_none() {
        return value;
    }
    scratch.clear();
    if spaced {
        scratch.push(b' ');
    }
    let mut done = 0;
    for line_end in memchr_iter(b'\n', value) {
        let text = &value[done..line_end];
        scratch.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
        scratch.extend_from_slice(b"\r\n");
        done = line_end + 1;
    }
    scratch.extend_from_slice(&value[done..]);
    scratch
}

/// Appends the value as the MTA wants it: every CRLF becomes LF.
pub(crate) fn push_as_sent(out: &mut Vec<u8>, value: &[u8]) {
    let mut done = 0;
    for line_end in memchr_iter(b'\n', value) {
        let text = &value[done..line_end];
        out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
        out.push(b'\n');
        done = line_end + 1;
    }
    out.extend_from_slice(&value[done..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (sent, received) in [
            (&b""[..], &b""[..]),
            (b" a", b" a"),
            (b" a\n\tb\n c", b" a\r\n\tb\r\n c"),
            (b"\n", b"\r\n"),
            (b"a\rb", b"a\rb"),
        ] {
            let mut scratch = Vec::new();
            assert_eq!(as_received(sent, false, &mut scratch), received);
            let mut out = Vec::new();
            push_as_sent(&mut out, received);
            assert_eq!(out, sent);
        }
    }

    #[test]
    fn leaves_crlf() {
        let mut scratch = Vec::new();
        assert_eq!(as_received(b"a\r\n b\n c", false, &mut scratch), b"a\r\n b\r\n c");
        assert_eq!(as_received(b"a\r\r\n b", false, &mut scratch), b"a\r\r\n b");
    }

    #[test]
    fn puts_the_eaten_space_back() {
        let mut scratch = b"old".to_vec();
        assert_eq!(as_received(b"a\n b", true, &mut scratch), b" a\r\n b");
        assert_eq!(as_received(b"", true, &mut scratch), b" ");
    }
}
