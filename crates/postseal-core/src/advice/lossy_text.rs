/// The text of a record: each octet that is not UTF-8 becomes one U+FFFD, so
/// that nothing shifts more than it must.
pub fn lossy(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for chunk in octets.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mark_for_each_odd_octet() {
        assert_eq!(lossy(b"v=spf1 \xff\xfe mx"), "v=spf1 \u{fffd}\u{fffd} mx");
        assert_eq!(lossy("“ok”".as_bytes()), "“ok”");
        assert_eq!(lossy(b"\xe2\x80"), "\u{fffd}\u{fffd}");
    }
}
