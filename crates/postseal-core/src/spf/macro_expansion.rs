//! What macros stand for in one evaluation (RFC 7208 §7.2, §7.3).

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt::Write;
use std::net::IpAddr;
use std::ops::ControlFlow;

use super::network::canonical;
use super::{DomainSpec, Macro, MacroLetter, MacroString, Request, Segment};
use crate::dns::DomainName;

/// The values of the macros. What takes making is made once.
pub(super) struct MacroValues<'r> {
    local_part: &'r str,
    sender_domain: &'r DomainName,
    client: IpAddr,
    helo: &'r str,
    receiver: &'r str,
    now: u64,
    sender: OnceCell<String>,
    address: OnceCell<String>,
}

impl<'r> MacroValues<'r> {
    pub(super) fn new(request: &Request<'r>, sender_domain: &'r DomainName) -> MacroValues<'r> {
        // RFC 8616 §4: U-labels become A-labels.
        let helo = match &request.helo.domain {
            Some(domain) if !request.helo.text.is_ascii() => domain.as_str(),
            _ => &request.helo.text,
        };
        MacroValues {
            local_part: request.local_part(),
            sender_domain,
            client: canonical(request.client),
            helo,
            // RFC 7208 §7.3: "the word "unknown" SHOULD be substituted".
            receiver: request.receiver.unwrap_or("unknown"),
            now: request.now,
            sender: OnceCell::new(),
            address: OnceCell::new(),
        }
    }

    /// True for a domain-spec with the local part of a sender whose local part
    /// is not ASCII.
    pub(super) fn is_unusable(&self, spec: &DomainSpec) -> bool {
        match spec {
            DomainSpec::Macros(string) => self.lacks_local_part(string),
            DomainSpec::Name(_) | DomainSpec::NoName(_) => false,
        }
    }

    fn lacks_local_part(&self, string: &MacroString) -> bool {
        let uses = string.uses(MacroLetter::Sender) || string.uses(MacroLetter::LocalPart);
        uses && !self.local_part.is_ascii()
    }

    /// The domain name that a macro-string makes; `None` where it makes none.
    /// `validated` is the client's validated name, if it has one.
    ///
    /// Works from the right end and stops where the name is full, so that the
    /// cost is linear in the record, not in record times local part.
    pub(super) fn name(
        &self,
        string: &MacroString,
        domain: &DomainName,
        validated: Option<&DomainName>,
    ) -> Option<DomainName> {
        if self.lacks_local_part(string) {
            return None;
        }
        let mut tail = Tail::new();
        let put = |text: &str| tail.put_before(text);
        let _ = self.pieces(string, domain, validated, End::Right, put);
        tail.into_name()
    }

    /// The text that a macro-string makes, cut at `limit` octets.
    pub(super) fn text(
        &self,
        string: &MacroString,
        domain: &DomainName,
        validated: Option<&DomainName>,
        limit: usize,
    ) -> String {
        let mut text = String::new();
        let put = |piece: &str| {
            let room = limit - text.len();
            let cut = piece.len().min(room);
            let cut = (0..=cut).rev().find(|&at| piece.is_char_boundary(at)).unwrap_or(0);
            text.push_str(&piece[..cut]);
            if cut < piece.len() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let _ = self.pieces(string, domain, validated, End::Left, put);
        text
    }

    /// Gives the expansion piece by piece, from one end, until `put` has enough.
    fn pieces(
        &self,
        string: &MacroString,
        domain: &DomainName,
        validated: Option<&DomainName>,
        from: End,
        mut put: impl FnMut(&str) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut expand = |segment: &Segment| match segment {
            Segment::Literal(text) => put(text),
            Segment::Percent => put("%"),
            Segment::Blank => put(" "),
            Segment::UrlBlank => put("%20"),
            Segment::Macro(expand) => {
                let value = self.value(expand.letter, domain, validated);
                transformed(expand, &value, from, &mut put)
            }
        };
        match from {
            End::Left => string.segments().iter().try_for_each(&mut expand),
            End::Right => string.segments().iter().rev().try_for_each(&mut expand),
        }
    }

    fn value<'v>(
        &'v self,
        letter: MacroLetter,
        domain: &'v DomainName,
        validated: Option<&'v DomainName>,
    ) -> Cow<'v, str> {
        match letter {
            MacroLetter::Sender => {
                let sender = || format!("{}@{}", self.local_part, self.sender_domain);
                Cow::Borrowed(self.sender.get_or_init(sender))
            }
            MacroLetter::LocalPart => Cow::Borrowed(self.local_part),
            MacroLetter::SenderDomain => Cow::Borrowed(self.sender_domain.as_str()),
            MacroLetter::Domain => Cow::Borrowed(domain.as_str()),
            MacroLetter::Address => Cow::Borrowed(self.address.get_or_init(|| in_parts(self.client))),
            // RFC 7208 §7.3: "If there are no validated domain names or if a DNS
            // error occurs, the string "unknown" is used."
            MacroLetter::ValidatedName => Cow::Borrowed(validated.map_or("unknown", DomainName::as_str)),
            MacroLetter::Version => match self.client {
                IpAddr::V4(_) => Cow::Borrowed("in-addr"),
                IpAddr::V6(_) => Cow::Borrowed("ip6"),
            },
            MacroLetter::Helo => Cow::Borrowed(self.helo),
            MacroLetter::ReadableAddress => Cow::Owned(self.client.to_string()),
            MacroLetter::Receiver => Cow::Borrowed(self.receiver),
            MacroLetter::Timestamp => Cow::Owned(self.now.to_string()),
        }
    }
}

/// From which end an expansion is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Left,
    Right,
}

/// Gives the transformed value piece by piece. Reads no more of the value than
/// it gives away.
fn transformed(
    expand: &Macro,
    value: &str,
    from: End,
    put: &mut impl FnMut(&str) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let escaped = expand.url_escaped;
    if !expand.splits() {
        return put_escaped(value, escaped, from, put);
    }
    let split_at = |c: char| expand.delimiters.split_at(c);
    let kept = kept(expand, value);
    let mut first = true;
    let mut put_part = |part: &str| {
        // RFC 7208 §7.3: "the parts are rejoined using "." and not the original
        // splitting characters."
        if !std::mem::take(&mut first) {
            put(".")?;
        }
        put_escaped(part, escaped, from, put)
    };
    // Reversed from the left is straight from the right.
    match (from, expand.reversed) {
        (End::Left, false) | (End::Right, true) => kept.split(split_at).try_for_each(&mut put_part),
        (End::Left, true) | (End::Right, false) => kept.rsplit(split_at).try_for_each(&mut put_part),
    }
}

/// The stretch of a value that holds the parts to keep.
fn kept<'v>(expand: &Macro, value: &'v str) -> &'v str {
    let Some(keep) = expand.keep else { return value };
    let split_at = |c: char| expand.delimiters.split_at(c);
    let last = usize::from(keep.get()) - 1;
    // RFC 7208 §7.3: "The DIGIT transformer indicates the number of right-hand
    // parts to use, after optional reversal."
    let (place, reversed) = match expand.reversed {
        true => (value.match_indices(split_at).nth(last), true),
        false => (value.rmatch_indices(split_at).nth(last), false),
    };
    match (place, reversed) {
        (Some((at, _)), true) => &value[..at],
        (Some((at, delimiter)), false) => &value[at + delimiter.len()..],
        (None, _) => value,
    }
}

/// Gives a text, URL-escaped where the macro's letter is a capital.
fn put_escaped(
    text: &str,
    escaped: bool,
    from: End,
    put: &mut impl FnMut(&str) -> ControlFlow<()>,
) -> ControlFlow<()> {
    if !escaped || text.bytes().all(is_unreserved) {
        return put(text);
    }
    let mut put_byte = |byte: u8| {
        let mut buffer = [0; 4];
        match is_unreserved(byte) {
            true => put(char::from(byte).encode_utf8(&mut buffer)),
            false => put(percent_encoded(byte, &mut buffer)),
        }
    };
    match from {
        End::Left => text.bytes().try_for_each(&mut put_byte),
        End::Right => text.bytes().rev().try_for_each(&mut put_byte),
    }
}

fn is_unreserved(byte: u8) -> bool {
    // RFC 3986 §2.3: unreserved.
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn percent_encoded(byte: u8, buffer: &mut [u8; 4]) -> &str {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    *buffer = [b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0xf)], 0];
    std::str::from_utf8(&buffer[..3]).unwrap_or_default()
}

/// The address in parts that dots separate: octets, or sixteenths of an IPv6 group.
fn in_parts(client: IpAddr) -> String {
    match client {
        IpAddr::V4(ip) => ip.to_string(),
        // RFC 7208 §7.3: "For IPv6 addresses, the "i" macro expands to a
        // dot-format address". Capitals, as the openspf test suite has them;
        // names are small letters all the same.
        IpAddr::V6(ip) => {
            let mut text = String::with_capacity(64);
            for octet in ip.octets() {
                let dot = if text.is_empty() { "" } else { "." };
                let _ = write!(text, "{dot}{:X}.{:X}", octet >> 4, octet & 0xf);
            }
            text
        }
    }
}

/// The last octets of a name that is made from its right end.
struct Tail {
    octets: [u8; Tail::SIZE],
    start: usize,
    /// True where octets had no room.
    is_cut: bool,
}

impl Tail {
    /// The longest name, its final dot, and the dot before it.
    const SIZE: usize = DomainName::MAX_LEN + 2;

    fn new() -> Tail {
        Tail { octets: [0; Tail::SIZE], start: Tail::SIZE, is_cut: false }
    }

    fn put_before(&mut self, text: &str) -> ControlFlow<()> {
        let fits = text.len().min(self.start);
        let last = &text.as_bytes()[text.len() - fits..];
        self.octets[self.start - fits..self.start].copy_from_slice(last);
        self.start -= fits;
        if fits < text.len() {
            self.is_cut = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn into_name(self) -> Option<DomainName> {
        let octets = &self.octets[self.start..];
        let octets = octets.strip_suffix(b".").unwrap_or(octets);
        if !self.is_cut && octets.len() <= DomainName::MAX_LEN {
            return DomainName::from_expansion(std::str::from_utf8(octets).ok()?).ok();
        }
        // RFC 7208 §7.3: "the left side is truncated to fit, by removing
        // successive domain labels (and their following dots) until the total
        // length does not exceed 253 characters."
        let from = octets.len().saturating_sub(DomainName::MAX_LEN + 1);
        let dot = memchr::memchr(b'.', &octets[from..])?;
        DomainName::from_expansion(std::str::from_utf8(&octets[from + dot + 1..]).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Identity;
    use super::*;
    use crate::message::{Envelope, HeloIdentity, MailFrom};

    fn envelope(client: &str, mail_from: &str) -> Envelope {
        Envelope {
            client: client.parse().expect("an address"),
            helo: HeloIdentity::new("mx.example.org"),
            mail_from: MailFrom::new(mail_from),
        }
    }

    fn expand(envelope: &Envelope, text: &str) -> (Option<String>, String) {
        let request = Request { now: 1_000_000_000, ..Request::new(envelope, Identity::MailFrom) };
        let domain = request.domain().expect("a domain");
        let values = MacroValues::new(&request, domain);
        let validated = DomainName::parse("mx.example.org").ok();
        let string = MacroString::parse_explanation(text.as_bytes()).expect("a macro-string");
        let name = values.name(&string, domain, validated.as_ref());
        (name.map(|n| n.to_string()), values.text(&string, domain, validated.as_ref(), 600))
    }

    #[test]
    fn rfc7208_section_7_4() {
        let four = envelope("192.0.2.3", "strong-bad@email.example.com");
        let check = |text: &str, expected: &str| assert_eq!(expand(&four, text).1, expected, "{text}");
        check("%{s}", "strong-bad@email.example.com");
        check("%{o}", "email.example.com");
        check("%{d}", "email.example.com");
        check("%{d4}", "email.example.com");
        check("%{d3}", "email.example.com");
        check("%{d2}", "example.com");
        check("%{d1}", "com");
        check("%{dr}", "com.example.email");
        check("%{d2r}", "example.email");
        check("%{l}", "strong-bad");
        check("%{l-}", "strong.bad");
        check("%{lr}", "strong-bad");
        check("%{lr-}", "bad.strong");
        check("%{l1r-}", "strong");
        check("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com");
        check("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com");
        check("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com");
        check("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com");
        check("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net");
        let six = envelope("2001:db8::cb01", "strong-bad@email.example.com");
        assert_eq!(
            expand(&six, "%{ir}.%{v}._spf.%{d2}").0.as_deref(),
            Some("1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com")
        );
    }

    #[test]
    fn the_other_letters() {
        let four = envelope("192.0.2.3", "a/b&c@example.com");
        let check = |text: &str, expected: &str| assert_eq!(expand(&four, text).1, expected, "{text}");
        check("%{p} %{h} %{c} %{r} %{t}", "mx.example.org mx.example.org 192.0.2.3 unknown 1000000000");
        check("%{L} %{S}", "a%2Fb%26c a%2Fb%26c%40example.com");
        check("%{Lr/}", "b%26c.a");
        check("%%%_%-", "% %20");
        let six = envelope("2001:db8::1", "a@example.com");
        assert_eq!(expand(&six, "%{c}").1, "2001:db8::1");
        let mapped = envelope("::ffff:192.0.2.3", "a@example.com");
        assert_eq!(expand(&mapped, "%{i} %{c} %{v}").1, "192.0.2.3 192.0.2.3 in-addr");
    }

    #[test]
    fn empty_parts_stay() {
        let odd = envelope("192.0.2.3", "..a..b..@example.com");
        let check = |text: &str, expected: &str| assert_eq!(expand(&odd, text).1, expected, "{text}");
        check("%{l1}", "");
        check("%{l2}", ".");
        check("%{l3}", "b..");
        check("%{l3r}", "a..");
        check("%{lr}", "..b..a..");
    }

    #[test]
    fn a_long_name_loses_labels_on_the_left() {
        let label = "a".repeat(60);
        let long = envelope("192.0.2.3", &format!("x@{label}.{label}.{label}.{label}.example"));
        // 5 labels: 4 x 61 + 7 = 251 octets.
        let domain = long.mail_from.domain().expect("a domain").to_string();
        assert_eq!(domain.len(), 251);
        assert_eq!(expand(&long, "%{d}").0.as_deref(), Some(&*domain));
        assert_eq!(expand(&long, "b.%{d}").0.as_deref(), Some(&*format!("b.{domain}")));
        assert_eq!(expand(&long, "bc.%{d}").0.as_deref(), Some(&*domain));
        assert_eq!(expand(&long, "%{s}.b.%{d}.").0.as_deref(), Some(&*format!("b.{domain}")));
        assert_eq!(expand(&long, "%{d}.%{d}").0.as_deref(), Some(&*domain));
        let one = envelope("192.0.2.3", &format!("{}@example.com", "a".repeat(300)));
        assert_eq!(expand(&one, "%{l}").0, None, "one label of 300 octets");
        assert_eq!(expand(&one, "%{l}.%{d}").0.as_deref(), Some("example.com"));
    }

    #[test]
    fn local_parts_beyond_ascii_make_no_names() {
        let eai = envelope("192.0.2.3", "ü@bücher.example");
        assert_eq!(expand(&eai, "%{l}.example").0, None);
        assert_eq!(expand(&eai, "%{L}.example").0, None);
        assert_eq!(expand(&eai, "%{o}").0.as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(expand(&eai, "%{L}").1, "%C3%BC");
    }

    /// A record of 64 kB times a local part of 64 kB would be 4 GB.
    #[test]
    fn the_cost_does_not_multiply() {
        let macros = 8_000;
        for (local_part, text) in [
            ("a", "%{l}"),
            ("a", "%{L}"),
            ("+", "%{l1+}"),
            ("+", "%{l1r+}"),
            ("+", "%{lr+}"),
            ("+", "%{l9999r+-}"),
            ("a+", "%{l9999-}"),
            ("é", "%{L}"),
        ] {
            let hostile = envelope("192.0.2.3", &format!("{}@example.com", local_part.repeat(65_536)));
            let request = Request::new(&hostile, Identity::MailFrom);
            let domain = request.domain().expect("a domain");
            let values = MacroValues::new(&request, domain);
            let string = text.repeat(macros);
            let string = MacroString::parse_explanation(string.as_bytes()).expect("a macro-string");
            let mut tail = Tail::new();
            let (mut pieces, mut octets) = (0, 0);
            let put = |piece: &str| {
                pieces += 1;
                octets += piece.len();
                tail.put_before(piece)
            };
            let _ = values.pieces(&string, domain, None, End::Right, put);
            assert!(pieces <= macros + 2 * Tail::SIZE, "{text}: {pieces} pieces");
            assert!(octets <= 2 * 65_536 + 2 * Tail::SIZE, "{text}: {octets} octets");
        }
    }

    #[test]
    fn texts_are_cut() {
        let long = envelope("192.0.2.3", &format!("{}@example.com", "ü".repeat(1000)));
        assert_eq!(expand(&long, "%{l}").1.len(), 600);
        assert_eq!(expand(&long, "a%{l}").1.len(), 599);
    }
}
