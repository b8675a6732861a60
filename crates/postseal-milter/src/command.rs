use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use memchr::memchr;
use thiserror::Error;

/// What the MTA says (`SMFIC_*`), read from one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// `O`: what the MTA offers.
    Negotiate {
        /// The protocol version that the MTA speaks.
        version: u32,
        /// The edits that it allows (`SMFIF_*`).
        actions: u32,
        /// The steps that it can leave out, and more (`SMFIP_*`).
        protocol: u32,
    },
    /// `D`: macros for a command to come.
    Macros {
        /// The letter of that command.
        stage: u8,
        /// Names and values in turn, each ended by NUL.
        pairs: &'a [u8],
    },
    /// `C`: an SMTP client has connected.
    Connect(Client<'a>),
    /// `H`: the argument of HELO or EHLO.
    Helo(&'a [u8]),
    /// `M`: MAIL FROM.
    Mail(Path<'a>),
    /// `R`: RCPT TO.
    Rcpt(Path<'a>),
    /// `T`: DATA.
    Data,
    /// `L`: one header field.
    Header {
        /// Its name, without the colon.
        name: &'a [u8],
        /// What follows the colon, as the MTA gave it: lines end in LF.
        value: &'a [u8],
    },
    /// `N`: the end of the header section.
    EndOfHeader,
    /// `B`: body octets.
    Body(&'a [u8]),
    /// `E`: the last body octets, if any, and the end of the message.
    EndOfMessage(&'a [u8]),
    /// `A`: this message is given up; the connection goes on.
    Abort,
    /// `U`: an SMTP command that the MTA does not know.
    Unknown(&'a [u8]),
    /// `Q`: the end.
    Quit,
    /// `K`: the SMTP client has gone; another will follow on this connection.
    QuitNewConnection,
}

/// Who connected, as the MTA says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client<'a> {
    /// The client's host name; where there is none, its address in brackets or
    /// a word of the MTA's (`unknown` in Postfix).
    pub name: &'a [u8],
    /// Where it connected from.
    pub address: Address<'a>,
}

/// The address of an SMTP client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address<'a> {
    /// IPv4 or IPv6. The port is 0 where the MTA knows none.
    Inet {
        /// The address, as said: an IPv4-mapped one stays IPv6.
        ip: IpAddr,
        /// The TCP port.
        port: u16,
    },
    /// A unix socket and its path.
    Unix(&'a [u8]),
    /// The MTA did not know, or what it said is no address.
    Unknown,
}

/// The argument of MAIL FROM or RCPT TO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path<'a> {
    /// The address as the MTA gave it. Angle brackets may be missing: Postfix
    /// leaves them out for mail that `sendmail(1)` submitted.
    pub address: &'a [u8],
    parameters: &'a [u8],
}

impl<'a> Path<'a> {
    /// The ESMTP parameters, in order: `SIZE=1000`, `SMTPUTF8`.
    pub fn parameters(&self) -> impl Iterator<Item = &'a [u8]> {
        self.parameters.split(|&octet| octet == 0).filter(|parameter| !parameter.is_empty())
    }

    fn parse(data: &'a [u8]) -> Option<Path<'a>> {
        let arguments = ended(data)?;
        let end = memchr(0, arguments).unwrap_or(arguments.len());
        let parameters = arguments.get(end + 1..).unwrap_or_default();
        Some(Path { address: &arguments[..end], parameters })
    }
}

impl<'a> Command<'a> {
    /// Reads a packet. Total: any octets give a command or an error.
    ///
    /// # Errors
    /// An unknown letter, or data that are not of its form.
    pub fn parse(letter: u8, data: &'a [u8]) -> Result<Command<'a>, CommandError> {
        let command = match letter {
            b'O' => negotiate(data),
            b'D' => data.split_first().map(|(&stage, pairs)| Command::Macros { stage, pairs }),
            b'C' => connect(data).map(Command::Connect),
            b'H' => ended(data).map(Command::Helo),
            b'M' => Path::parse(data).map(Command::Mail),
            b'R' => Path::parse(data).map(Command::Rcpt),
            b'T' => Some(Command::Data),
            b'L' => header(data),
            b'N' => Some(Command::EndOfHeader),
            b'B' => Some(Command::Body(data)),
            b'E' => Some(Command::EndOfMessage(data)),
            b'A' => Some(Command::Abort),
            b'U' => ended(data).map(Command::Unknown),
            b'Q' => Some(Command::Quit),
            b'K' => Some(Command::QuitNewConnection),
            _ => return Err(CommandError::Unknown { letter }),
        };
        command.ok_or(CommandError::Malformed { letter })
    }
}

/// Why a packet is no command.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum CommandError {
    /// No command of protocol versions 2 to 6 has this letter.
    #[error("no milter command has the letter {:?}", char::from(*letter))]
    Unknown {
        /// The letter.
        letter: u8,
    },
    /// The data are not of the form that the command has.
    #[error("malformed data in milter command {:?}", char::from(*letter))]
    Malformed {
        /// The letter.
        letter: u8,
    },
}

fn negotiate<'a>(data: &[u8]) -> Option<Command<'a>> {
    let (version, rest) = data.split_first_chunk::<4>()?;
    let (actions, rest) = rest.split_first_chunk::<4>()?;
    let (protocol, _) = rest.split_first_chunk::<4>()?;
    Some(Command::Negotiate {
        version: u32::from_be_bytes(*version),
        actions: u32::from_be_bytes(*actions),
        protocol: u32::from_be_bytes(*protocol),
    })
}

fn connect(data: &[u8]) -> Option<Client<'_>> {
    let end = memchr(0, data)?;
    let name = &data[..end];
    let (&family, rest) = data[end + 1..].split_first()?;
    let address = match family {
        b'U' => Address::Unknown,
        b'4' | b'6' | b'L' => address(family, rest)?,
        _ => return None,
    };
    Some(Client { name, address })
}

fn address(family: u8, data: &[u8]) -> Option<Address<'_>> {
    let (port, text) = data.split_first_chunk::<2>()?;
    let text = ended(text)?;
    let ip = match family {
        b'4' => std::str::from_utf8(text).ok().and_then(|text| text.parse::<Ipv4Addr>().ok()).map(IpAddr::V4),
        b'6' => inet6(text).map(IpAddr::V6),
        _ => return Some(Address::Unix(text)),
    };
    Some(ip.map_or(Address::Unknown, |ip| Address::Inet { ip, port: u16::from_be_bytes(*port) }))
}

/// Sendmail writes `IPv6:2001:db8::1`, Postfix the address alone.
fn inet6(text: &[u8]) -> Option<Ipv6Addr> {
    let text = std::str::from_utf8(text).ok()?;
    let bare = match text.get(..5) {
        Some(prefix) if prefix.eq_ignore_ascii_case("IPv6:") => &text[5..],
        _ => text,
    };
    bare.parse().ok()
}

/// The value may hold NUL octets: only the first NUL and the last are ours.
fn header(data: &[u8]) -> Option<Command<'_>> {
    let end = memchr(0, data)?;
    let value = ended(&data[end + 1..])?;
    Some(Command::Header { name: &data[..end], value })
}

fn ended(data: &[u8]) -> Option<&[u8]> {
    data.strip_suffix(&[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(letter: u8, data: &[u8], expected: Option<Command<'_>>) {
        let expected = expected.ok_or(CommandError::Malformed { letter });
        assert_eq!(Command::parse(letter, data), expected, "{}", data.escape_ascii());
    }

    #[test]
    fn reads_what_has_no_data() {
        for (letter, command) in [
            (b'T', Command::Data),
            (b'N', Command::EndOfHeader),
            (b'A', Command::Abort),
            (b'Q', Command::Quit),
            (b'K', Command::QuitNewConnection),
        ] {
            check(letter, b"", Some(command));
        }
        for letter in *b"OCHMRLUD" {
            check(letter, b"", None);
        }
        assert_eq!(Command::parse(b'x', b""), Err(CommandError::Unknown { letter: b'x' }));
    }

    #[test]
    fn reads_an_offer() {
        let offer = Command::Negotiate { version: 6, actions: 0x1ff, protocol: 0x1f_ffff };
        check(b'O', b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff", Some(offer));
        check(b'O', b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xffmore", Some(offer));
        check(b'O', b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff", None);
    }

    #[test]
    fn reads_clients() {
        let client = |name, address| Some(Command::Connect(Client { name, address }));
        let inet = |ip: &str, port| Address::Inet { ip: ip.parse().expect("an address"), port };
        check(b'C', b"mx\x004\0\x19192.0.2.1\0", client(b"mx", inet("192.0.2.1", 25)));
        check(b'C', b"mx\x006\0\x192001:db8::1\0", client(b"mx", inet("2001:db8::1", 25)));
        check(b'C', b"mx\x006\0\0IPv6:2001:db8::1\0", client(b"mx", inet("2001:db8::1", 0)));
        check(b'C', b"mx\x006\0\0ipv6:::ffff:192.0.2.1\0", client(b"mx", inet("::ffff:192.0.2.1", 0)));
        check(b'C', b"mx\x004\0\0\xff\0", client(b"mx", Address::Unknown));
        check(b'C', b"mx\x00L\0\0/s\0", client(b"mx", Address::Unix(b"/s")));
        check(b'C', b"mx\x00U", client(b"mx", Address::Unknown));
        check(b'C', b"\x00U", client(b"", Address::Unknown));
        for bad in [&b"mx"[..], b"mx\0", b"mx\0X", b"mx\x004", b"mx\x004\0", b"mx\x004\0\x19192.0.2.1"] {
            check(b'C', bad, None);
        }
    }

    #[test]
    fn reads_paths() {
        let Ok(Command::Mail(path)) = Command::parse(b'M', b"<a@b.example>\0SIZE=5\0SMTPUTF8\0") else {
            panic!("a path");
        };
        assert_eq!(path.address, b"<a@b.example>");
        assert_eq!(path.parameters().collect::<Vec<_>>(), [&b"SIZE=5"[..], b"SMTPUTF8"]);
        check(b'R', b"<>\0", Some(Command::Rcpt(Path { address: b"<>", parameters: b"" })));
        check(b'R', b"\0", Some(Command::Rcpt(Path { address: b"", parameters: b"" })));
        check(b'R', b"<>", None);
    }

    #[test]
    fn reads_fields() {
        check(b'L', b"From\0 a\0", Some(Command::Header { name: b"From", value: b" a" }));
        check(b'L', b"From\0\0", Some(Command::Header { name: b"From", value: b"" }));
        check(b'L', b"From\0a\0b\0", Some(Command::Header { name: b"From", value: b"a\0b" }));
        check(b'L', b"From\0a", None);
        check(b'L', b"From\0", None);
        check(b'L', b"From", None);
    }
}
