use super::Span;

/// The places of quotation marks in a text, straight (`"`) or curly (`“ ” „ ‟
/// ‘ ’ ‚ ‛`, in UTF-8).
pub fn quotation_marks(octets: &[u8]) -> impl Iterator<Item = Span> {
    memchr::memchr2_iter(b'"', 0xe2, octets).filter_map(|at| {
        let length = match octets[at..] {
            [b'"', ..] => 1,
            // U+2018 to U+201F are e2 80 98 to e2 80 9f.
            [0xe2, 0x80, 0x98..=0x9f, ..] => 3,
            _ => return None,
        };
        Some(Span::new(at, at + length))
    })
}
