use super::AuthservId;
use super::authserv_id::is_token_octet;
use crate::dns::DomainName;
use crate::message::HeaderSection;

/// Which of the message's Authentication-Results fields claim to be ours, counted
/// from 1 at the top among the fields of that name. They must go before the
/// message is handed on (RFC 8601 §5).
pub fn fields_to_strip(section: &HeaderSection, authserv_id: &AuthservId) -> Vec<usize> {
    let fields = section.named("Authentication-Results").enumerate();
    fields.filter(|(_, field)| claims(field.body(), authserv_id)).map(|(place, _)| place + 1).collect()
}

/// True where the body of an Authentication-Results field claims this authserv-id.
///
/// Compared without case, comments, quotes, version and a final dot. A field that
/// is malformed, but whose first word somebody could take for ours, claims too:
/// losing a broken field of a stranger costs nothing, and a forged result of ours
/// would be believed.
///
/// ```
/// use postseal_core::verdict::{AuthservId, claims};
///
/// let ours = AuthservId::parse("mx.example")?;
/// assert!(claims(b" (really) \"MX.example\" 1; dkim=pass", &ours));
/// assert!(!claims(b" mx.example.net; dkim=pass", &ours));
/// # Ok::<(), postseal_core::verdict::AuthservIdError>(())
/// ```
pub fn claims(body: &[u8], authserv_id: &AuthservId) -> bool {
    let (head, oddities) = Head::read(body, Reading::Usual);
    let read_as = |reading| Head::read(body, reading).0.claims(authserv_id);
    head.claims(authserv_id)
        || (oddities.unclosed && read_as(Reading::CommentsReadAlong))
        || (oddities.quoted_line_end && read_as(Reading::QuotedLineEndsLeftOut))
}

/// What the front of a field says, up to the first semicolon, without quotation
/// marks and control characters. What does not fit is longer than any authserv-id.
struct Head {
    octets: [u8; Head::CAPACITY],
    len: usize,
    /// Where the first word ends.
    first_word: Option<usize>,
    /// Where the last word begins.
    last_word: usize,
    /// The next octet begins a word.
    between: bool,
}

/// How somebody may read a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Comments are left out, and line ends are blanks.
    Usual,
    /// Where a comment or quotation does not end, a reader may not see it as one.
    CommentsReadAlong,
    /// Line ends within a quotation are no part of it.
    QuotedLineEndsLeftOut,
}

/// What makes readers disagree.
#[derive(Clone, Copy)]
struct Oddities {
    /// A comment or a quotation does not end.
    unclosed: bool,
    quoted_line_end: bool,
}

impl Head {
    const CAPACITY: usize = AuthservId::MAX_LEN + 67;

    fn read(body: &[u8], reading: Reading) -> (Head, Oddities) {
        let mut head =
            Head { octets: [0; Head::CAPACITY], len: 0, first_word: None, last_word: 0, between: false };
        let read_along = reading == Reading::CommentsReadAlong;
        let (mut depth, mut quoted, mut quoted_line_end) = (0_usize, false, false);
        let mut octets = body.iter().copied();
        while let Some(octet) = octets.next() {
            match octet {
                b'\\' => {
                    let next = octets.next();
                    if depth == 0 {
                        next.into_iter().for_each(|octet| head.push(octet));
                    }
                }
                b'(' | b')' if read_along && !quoted => head.end_word(),
                b'(' if !quoted => depth += 1,
                b')' if depth > 0 => {
                    depth -= 1;
                    head.end_word();
                }
                _ if depth > 0 => {}
                b'"' => {
                    quoted = !quoted && !read_along;
                    head.end_word();
                }
                b'\r' | b'\n' if quoted => {
                    quoted_line_end = true;
                    if reading != Reading::QuotedLineEndsLeftOut {
                        head.end_word();
                    }
                }
                b' ' | b'\t' | b'\r' | b'\n' => head.end_word(),
                b';' if !quoted && head.len == 0 => {}
                b';' if !quoted => break,
                octet => head.push(octet),
            }
            if head.len == Head::CAPACITY {
                break;
            }
        }
        (head, Oddities { unclosed: depth > 0 || quoted, quoted_line_end })
    }

    fn push(&mut self, octet: u8) {
        if !octet.is_ascii_control() && self.len < Head::CAPACITY {
            if std::mem::take(&mut self.between) {
                self.last_word = self.len;
            }
            self.octets[self.len] = octet;
            self.len += 1;
        }
    }

    fn end_word(&mut self) {
        if self.len > 0 {
            self.first_word.get_or_insert(self.len);
            self.between = true;
        }
    }

    fn claims(&self, id: &AuthservId) -> bool {
        let all = &self.octets[..self.len];
        let first = &all[..self.first_word.unwrap_or(self.len)];
        let (front, last) = all.split_at(self.last_word.min(self.len));
        let version = !last.is_empty() && last.iter().all(u8::is_ascii_digit);
        // Nobody's authserv-id is an encoded word; whoever decodes it may read ours.
        first.windows(2).any(|w| w == b"=?") || is(first, id) || is(all, id) || (version && is(front, id))
    }
}

/// True where a reader may take these octets for the authserv-id.
fn is(octets: &[u8], id: &AuthservId) -> bool {
    let ours = trim(id.as_str().as_bytes());
    let whole = token_of(octets);
    let octets = trim(octets);
    let token = token_of(octets);
    if octets.eq_ignore_ascii_case(ours) || trim(token).eq_ignore_ascii_case(ours) {
        return true;
    }
    if octets.is_ascii() {
        return false;
    }
    // Another script: the same name as U-labels, or ours with characters hidden in it.
    let visible = octets.iter().filter(|b| b.is_ascii()).map(u8::to_ascii_lowercase);
    // A hyphen at the end of a U-label belongs to the name.
    let is_ours = |name: &[u8]| [ours, id.as_str().as_bytes()].iter().any(|o| name.eq_ignore_ascii_case(o));
    let is_name = |token| DomainName::parse_octets(token).is_ok_and(|d| is_ours(d.as_str().as_bytes()));
    visible.eq(ours.iter().map(u8::to_ascii_lowercase)) || is_name(token) || is_name(whole)
}

/// The octets before the first ASCII octet that no token has.
fn token_of(octets: &[u8]) -> &[u8] {
    &octets[..octets.iter().position(|b| !is_token_octet(*b) && b.is_ascii()).unwrap_or(octets.len())]
}

/// Without what stands around a name: dots, brackets, marks.
fn trim(octets: &[u8]) -> &[u8] {
    let is_mark = |b: &u8| b.is_ascii() && !b.is_ascii_alphanumeric();
    let start = octets.iter().position(|b| !is_mark(b)).unwrap_or(octets.len());
    let end = octets.iter().rposition(|b| !is_mark(b)).map_or(start, |last| last + 1);
    &octets[start..end.max(start)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_our_name() {
        let ours = AuthservId::parse("mx.Example").expect("an authserv-id");
        let check = |body: &str, expected: bool| {
            assert_eq!(claims(body.as_bytes(), &ours), expected, "{body:?}");
        };
        for claim in [
            " mx.example; dkim=pass",
            "mx.example;none",
            " MX.EXAMPLE; none",
            " mx.example",
            " mx.example 1; dkim=pass",
            " mx.example\r\n\t1; dkim=pass",
            "\r\n mx.example; dkim=pass",
            " \"mx.example\"; dkim=pass",
            " \"mx\\.ex\\ample\" 1; dkim=pass",
            " \" mx.example \"; dkim=pass",
            " mx.example(c); dkim=pass",
            " mx.example (c) 1 (c); dkim=pass",
            "(c)mx.example/1; dkim=pass",
            " (a (b) c) mx.example; dkim=pass",
            " (a \\) c) mx.example; dkim=pass",
            // Malformed, in all kinds of ways
            " mx.example.; dkim=pass",
            " mx.example/1; dkim=pass",
            " mx.example: dkim=pass",
            " mx.example, dkim=pass",
            " mx.example dkim=pass",
            " mx.example=pass",
            " <mx.example>; dkim=pass",
            " 'mx.example'; dkim=pass",
            " mx. example; dkim=pass",
            " mx.\r\n example; dkim=pass",
            " mx(c).example; dkim=pass",
            " mx.(c)example 1; dkim=pass",
            " mx.\r\n example 1 (c) ; dkim=pass",
            " mx\".\"example; dkim=pass",
            " \"mx.example; dkim=pass",
            " mx.example\"; dkim=pass",
            " \"mx.exam\n\nple\" 05 x\" 0 (m; dkim=pass",
            " \"mx.example\r\n x\"; dkim=pass",
            " mx.example\"other\"; dkim=pass",
            " (mx.example; dkim=pass",
            " (((mx.example; dkim=pass",
            " ; mx.example; dkim=pass",
            " mx.exa\0mple; dkim=pass",
            " mx.exa\u{7f}mple; dkim=pass",
            " mx.exa\u{200b}mple; dkim=pass",
            " \u{feff}mx.example; dkim=pass",
            " \u{a0}mx.example; dkim=pass",
            " \u{ff4d}x.example; dkim=pass",
            " mx\u{3002}example; dkim=pass",
            " =?utf-8?Q?mx=2Eexample?=; dkim=pass",
            " mx.example@other.example; dkim=pass",
        ] {
            check(claim, true);
        }
        for foreign in [
            "",
            " ",
            ";",
            " example; dkim=pass",
            " mx.example.net; dkim=pass",
            " amx.example; dkim=pass",
            " mx.example1; dkim=pass",
            " other.example; dkim=pass header.d=mx.example",
            " other.example; mx.example; dkim=pass",
            " other.example 1; none",
            " (mx.example) other.example; dkim=pass",
            " other.example (mx.example); dkim=pass",
            " spf=pass smtp.mailfrom=mx.example; dkim=pass",
            " m\u{445}.example; dkim=pass",
        ] {
            check(foreign, false);
        }
    }

    #[test]
    fn is_linear() {
        let ours = AuthservId::parse("mx.example").expect("an authserv-id");
        for piece in ["(", ")", "\"", "\\", " ", "mx.example ", "(a)", "\u{200b}"] {
            claims(piece.repeat(500_000 / piece.len()).as_bytes(), &ours);
        }
    }

    #[test]
    fn compares_labels_of_other_scripts() {
        let ours = AuthservId::parse("bücher.example").expect("an authserv-id");
        assert!(claims("bücher.example; none".as_bytes(), &ours));
        assert!(claims("BÜCHER.example 1; none".as_bytes(), &ours));
        assert!(claims(b"xn--bcher-kva.example; none", &ours));
        assert!(!claims("buecher.example; none".as_bytes(), &ours));
    }

    #[test]
    fn counts_fields_of_the_name() {
        let ours = AuthservId::parse("mx.example").expect("an authserv-id");
        let section = HeaderSection::parse(
            b"Authentication-Results: a.example; none\r\nX: y\r\n\
              authentication-results : mx.example; dkim=pass\r\n\
              ARC-Authentication-Results: i=1; mx.example; none\r\n\
              Authentication-Results: b.example; none\r\n\
              Authentication-Results:\r\n MX.EXAMPLE (c); none\r\n"
                .to_vec(),
        );
        assert_eq!(fields_to_strip(&section, &ours), [2, 4]);
    }
}
