use std::net::{IpAddr, Ipv6Addr};

use thiserror::Error;

use super::HeaderSection;

/// Where a message came from, as a Received field tells (RFC 5321 §4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The client that handed it over. An IPv4-mapped address is its IPv4 address.
    pub client: IpAddr,
    /// What it said after HELO or EHLO.
    pub helo: String,
}

/// Why the client that a trusted relay had is not known.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum HopUnknown {
    /// A field that a trusted relay wrote, counted from 1 at the top, is not of a form that is read.
    #[error("Received field {field} cannot be read")]
    Unreadable {
        /// From 1.
        field: usize,
    },
    /// All Received fields name hosts that are trusted.
    #[error("no Received field names a host outside")]
    NoneOutside,
}

/// The first client that is none of ours, looking back from a trusted relay.
///
/// Only fields that trusted relays wrote are looked at: the topmost, then the one below
/// as long as the client that a field names is itself a trusted relay, or a program
/// on the relay's own host.
///
/// # Errors
/// [`HopUnknown`]; never a guess.
pub fn first_untrusted_hop(
    section: &HeaderSection,
    is_trusted_relay: impl Fn(IpAddr) -> bool,
) -> Result<Hop, HopUnknown> {
    for (index, field) in section.named("Received").take(MAX_RELAYS).enumerate() {
        let hop = Hop::read(field.body()).ok_or(HopUnknown::Unreadable { field: index + 1 })?;
        if !hop.client.is_loopback() && !is_trusted_relay(hop.client) {
            return Ok(hop);
        }
    }
    Err(HopUnknown::NoneOutside)
}

impl Hop {
    /// Reads the from-clause of a Received field's body as Postfix, Sendmail and Exim write it:
    ///
    /// ```text
    /// from HELO (NAME [ADDRESS])                              Postfix, Sendmail
    /// from HELO (IDENT@NAME [ADDRESS] (may be forged))        Sendmail
    /// from HELO ([ADDRESS])                                   Sendmail
    /// from NAME ([ADDRESS]:PORT helo=HELO ident=IDENT)        Exim
    /// from [ADDRESS] (port=PORT helo=HELO ident=IDENT)        Exim
    /// ```
    ///
    /// Strict: what a client chooses (HELO, its host name, an ident) must not pass for an
    /// address. `None` for anything else.
    pub fn read(body: &[u8]) -> Option<Hop> {
        let text = std::str::from_utf8(body).ok()?;
        let (word, rest) = next_word(text)?;
        if !word.eq_ignore_ascii_case("from") {
            return None;
        }
        let (name, rest) = next_word(rest)?;
        match comment_at(rest)? {
            Some(comment) if comment.starts_with('[') => behind_address(name, comment),
            Some(comment) if comment.contains(" [") => behind_name(name, comment),
            comment => alone(name, comment),
        }
    }
}

/// `[ADDRESS]`, `[ADDRESS]:PORT helo=HELO ident=IDENT`
fn behind_address(name: &str, comment: &str) -> Option<Hop> {
    let (client, rest) = address_at(comment)?;
    let rest = match rest.strip_prefix(':') {
        Some(port) => port.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    if !rest.is_empty() && !rest.starts_with(' ') {
        return None;
    }
    named(client, helo_of(rest).unwrap_or(name))
}

/// `NAME [ADDRESS]`, `IDENT@NAME [ADDRESS] (may be forged)`
fn behind_name(helo: &str, comment: &str) -> Option<Hop> {
    let (name, rest) = comment.split_once(' ')?;
    if name.is_empty() || name.contains(['[', ']', '"', '=']) {
        return None;
    }
    let (client, rest) = address_at(rest)?;
    if !matches!(rest, "" | " (may be forged)") {
        return None;
    }
    named(client, helo)
}

/// `from [ADDRESS]`, `from [ADDRESS] (port=PORT helo=HELO)`
fn alone(name: &str, comment: Option<&str>) -> Option<Hop> {
    let (client, rest) = address_at(name)?;
    if !rest.is_empty() {
        return None;
    }
    // All of it must be what Exim writes.
    let comment = comment.unwrap_or_default();
    let is_parameter =
        |word: &str| ["port=", "helo=", "ident="].iter().any(|parameter| word.starts_with(parameter));
    if !comment.split_ascii_whitespace().all(is_parameter) {
        return None;
    }
    named(client, helo_of(comment).unwrap_or(name))
}

fn named(client: IpAddr, helo: &str) -> Option<Hop> {
    is_word(helo).then(|| Hop { client, helo: helo.to_owned() })
}

fn helo_of(parameters: &str) -> Option<&str> {
    parameters.split_ascii_whitespace().find_map(|word| word.strip_prefix("helo="))
}

/// `[192.0.2.1]`, `[IPv6:2001:db8::1]`, `[2001:db8::1]`, and what follows.
fn address_at(text: &str) -> Option<(IpAddr, &str)> {
    let (address, rest) = text.strip_prefix('[')?.split_once(']')?;
    let tag = address.get(..5).filter(|tag| tag.eq_ignore_ascii_case("ipv6:"));
    let client = match tag {
        Some(tag) => address[tag.len()..].parse::<Ipv6Addr>().ok()?.into(),
        None => address.parse::<IpAddr>().ok()?,
    };
    Some((client.to_canonical(), rest))
}

/// A word between blanks, and what follows.
fn next_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(is_blank);
    let end = text.find(is_blank).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    is_word(word).then_some((word, rest))
}

/// Whether none of its characters may begin a comment, a quotation or the date.
fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(['(', ')', '"', ';', '\\', '<', '>'])
}

/// What stands in the comment that comes next, nested comments included; `Some(None)` where
/// something else comes. `None` where the comment does not end, or not before a blank.
fn comment_at(text: &str) -> Option<Option<&str>> {
    let Some(inner) = text.trim_start_matches(is_blank).strip_prefix('(') else { return Some(None) };
    let mut depth = 1;
    for (at, octet) in inner.bytes().enumerate() {
        match octet {
            b'(' => depth += 1,
            b')' => depth -= 1,
            // Nobody escapes here but to mislead.
            b'\\' | b'"' => return None,
            _ => {}
        }
        if depth == 0 {
            let ends_here = inner[at + 1..].is_empty() || inner[at + 1..].starts_with(is_blank);
            return ends_here.then_some(Some(&inner[..at]));
        }
    }
    None
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Received fields that are looked at: as many hosts of its own nobody has.
const MAX_RELAYS: usize = 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_servers_write() {
        let check = |body: &str, client: &str, helo: &str| {
            let client = client.parse().expect("an address");
            let expected = Some(Hop { client, helo: helo.to_owned() });
            assert_eq!(Hop::read(body.as_bytes()), expected, "{body:?}");
        };
        // Postfix.
        check(
            " from mail.example.org (mail.example.org [192.0.2.1])\r\n\tby mx.example.net (Postfix) with ESMTP id 4ZxyQ\r\n\tfor <a@example.net>; Thu, 1 Jan 2026 00:00:00 +0000 (UTC)",
            "192.0.2.1",
            "mail.example.org",
        );
        check(" from x (unknown [IPv6:2001:db8::1]) by y", "2001:db8::1", "x");
        check(
            " from [10.0.0.1] (dsl.example.org [192.0.2.9])\r\n\t(using TLSv1.3)\r\n\tby y",
            "192.0.2.9",
            "[10.0.0.1]",
        );
        // Sendmail.
        check(" from x.example (IDENT:jo@x.example [192.0.2.1]) by y", "192.0.2.1", "x.example");
        check(" from x (a.example [192.0.2.1] (may be forged))\r\n\tby y", "192.0.2.1", "x");
        check(" from x ([192.0.2.1]) by y", "192.0.2.1", "x");
        check(" from x (a.example [IPv6:::ffff:192.0.2.1]) by y", "192.0.2.1", "x");
        // Exim.
        check(" from a.example ([192.0.2.1] helo=b.example)\r\n\tby y with esmtp", "192.0.2.1", "b.example");
        check(
            " from a.example ([192.0.2.1]:2525 helo=b.example ident=z)\r\n\tby y",
            "192.0.2.1",
            "b.example",
        );
        check(" from a.example ([2001:db8::1])\r\n\tby y", "2001:db8::1", "a.example");
        check(" from [192.0.2.1] (helo=b.example)\r\n\tby y", "192.0.2.1", "b.example");
        check(" from [192.0.2.1] (port=99 helo=[9.9.9.9])\r\n\tby y", "192.0.2.1", "[9.9.9.9]");
        check(" from [192.0.2.1]\r\n\tby y", "192.0.2.1", "[192.0.2.1]");
    }

    #[test]
    fn reads_nothing_else() {
        for body in [
            "",
            " by relay.example (Postfix, from userid 1000)\r\n\tid 4Z; Thu, 1 Jan 2026 00:00:00 +0000",
            " (from root@localhost) by relay.example (8.17.1/8.17.1/Submit) id x",
            " (qmail 123 invoked from network); 1 Jan 2026 00:00:00 -0000",
            " from unknown (HELO x) (192.0.2.1) by y",
            " from x (192.0.2.1) by y",
            " from x by y",
            " from x ([192.0.2.1) by y",
            " from x (a [192.0.2.1]",
            " from x (a [192.0.2.1] [9.9.9.9]) by y",
            " from x (a [9.9.9.9] b [192.0.2.1]) by y",
            " from x (a b [192.0.2.1]) by y",
            " from x (\\(a [192.0.2.1]) by y",
            " from x (a [999.0.2.1]) by y",
            " from x (a [fe80::1%eth0]) by y",
            " from x\"(a [9.9.9.9]) (b [192.0.2.1]) by y",
            " from x(a [9.9.9.9]) (b [192.0.2.1]) by y",
            " from x ([192.0.2.1]evil) by y",
            " from x (IDENT:a [9.9.9.9])@b.example [192.0.2.1]) by y",
            " from x ([192.0.2.1])by y",
            " from [192.0.2.1] (helo=x",
            " from [192.0.2.1] (helo=)",
            " from a.example ([192.0.2.1] helo=x;y)",
            " from [192.0.2.1] (helo=x evil) by y",
            " from [192.0.2.1]x (helo=x) by y",
            " from [IPv6:192.0.2.1] by y",
        ] {
            assert_eq!(Hop::read(body.as_bytes()), None, "{body:?}");
        }
        assert_eq!(Hop::read(b" from \xff (a [192.0.2.1]) by y"), None);
    }

    #[test]
    fn looks_back_past_trusted_relays_only() {
        let is_relay = |client: IpAddr| client.to_string().starts_with("198.51.100.");
        let check = |clients: &[&str], expected: Result<&str, HopUnknown>| {
            let mut section = HeaderSection::default();
            for client in clients {
                section.push(b"Received", format!(" from h (n {client}) by y").as_bytes());
            }
            let got = first_untrusted_hop(&section, is_relay).map(|hop| hop.client.to_string());
            assert_eq!(got, expected.map(str::to_owned), "{clients:?}");
        };
        check(&["[192.0.2.1]", "[203.0.113.5]"], Ok("192.0.2.1"));
        check(&["[198.51.100.7]", "[192.0.2.1]"], Ok("192.0.2.1"));
        check(&["[127.0.0.1]", "[198.51.100.7]", "[192.0.2.1]"], Ok("192.0.2.1"));
        check(&["[198.51.100.7]", "192.0.2.1"], Err(HopUnknown::Unreadable { field: 2 }));
        check(&["[198.51.100.7]"], Err(HopUnknown::NoneOutside));
        check(&[], Err(HopUnknown::NoneOutside));
        check(&vec!["[127.0.0.1]"; 31], Err(HopUnknown::NoneOutside));
    }
}
