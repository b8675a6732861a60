//! The MTA's side of the dialogue, for tests: packets, and a scripted client.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod filter;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// All that version 6 knows.
pub(crate) const ALL_ACTIONS: u32 = 0x1ff;
pub(crate) const ALL_PROTOCOL: u32 = 0x1f_ffff;

/// One packet.
pub(crate) fn packet(letter: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len() + 1).expect("a short packet");
    let mut packet = length.to_be_bytes().to_vec();
    packet.push(letter);
    packet.extend_from_slice(data);
    packet
}

/// An offer of terms.
pub(crate) fn offer(version: u32, actions: u32, protocol: u32) -> Vec<u8> {
    packet(b'O', &[version.to_be_bytes(), actions.to_be_bytes(), protocol.to_be_bytes()].concat())
}

/// Connect and HELO.
pub(crate) fn client() -> Vec<u8> {
    [
        packet(b'D', b"Cj\0mx.example\0{daemon_name}\0smtpd\0"),
        packet(b'C', b"client.example\x004\x13\x88192.0.2.1\0"),
        packet(b'H', b"client.example\0"),
    ]
    .concat()
}

/// MAIL FROM, RCPT TO and DATA.
pub(crate) fn envelope(recipients: usize) -> Vec<u8> {
    let mut packets =
        [packet(b'D', b"M{mail_addr}\0a@b.example\0"), packet(b'M', b"<a@b.example>\0SIZE=9\0")].concat();
    for number in 0..recipients {
        packets.extend(packet(b'R', format!("<rcpt{number}@c.example>\0").as_bytes()));
    }
    packets.extend(packet(b'T', b""));
    packets
}

/// The content: `fields` header fields, and a body in pieces as Postfix sends it:
/// full pieces, and the rest with the end of the message.
pub(crate) fn content(fields: usize, body: &[u8]) -> Vec<u8> {
    let mut packets = Vec::new();
    for number in 0..fields {
        packets.extend(packet(b'L', format!("X-Field-{number}\0 one\n\ttwo {number}\0").as_bytes()));
    }
    packets.extend(packet(b'D', b"Ni\0QKx9zZ\0"));
    packets.extend(packet(b'N', b""));
    let full = body.len() / 65_535 * 65_535;
    for piece in body[..full].chunks(65_535) {
        packets.extend(packet(b'B', piece));
    }
    packets.extend(packet(b'D', b"Ei\0QKx9zZ\0"));
    packets.extend(packet(b'E', &body[full..]));
    packets
}

/// A connection to a filter.
pub(crate) struct Mta<S> {
    pub(crate) socket: S,
}

impl Mta<UnixStream> {
    pub(crate) fn unix(path: &Path) -> Mta<UnixStream> {
        let socket = UnixStream::connect(path).expect("the filter listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Mta { socket }
    }
}

impl Mta<TcpStream> {
    pub(crate) fn tcp(address: SocketAddr) -> Mta<TcpStream> {
        let socket = TcpStream::connect(address).expect("the filter listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Mta { socket }
    }
}

impl<S: Read + Write> Mta<S> {
    pub(crate) fn say(&mut self, packets: &[u8]) {
        self.socket.write_all(packets).expect("the filter reads");
    }

    /// The next packet; `None` when the filter has closed.
    pub(crate) fn hear(&mut self) -> Option<(char, Vec<u8>)> {
        let mut head = [0; 5];
        match self.socket.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if is_end(&error) => return None,
            Err(error) => panic!("the filter says nothing: {error}"),
        }
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let mut data = vec![0; length - 1];
        self.socket.read_exact(&mut data).expect("a whole packet");
        Some((char::from(head[4]), data))
    }

    /// The letters of the packets up to a final answer.
    pub(crate) fn verdict(&mut self) -> String {
        let mut letters = String::new();
        while let Some((letter, _)) = self.hear() {
            letters.push(letter);
            if "cartdy4".contains(letter) {
                break;
            }
        }
        letters
    }

    /// Offers all of version 6 and reads the terms.
    pub(crate) fn negotiate(&mut self) -> (u32, u32, u32) {
        self.say(&offer(6, ALL_ACTIONS, ALL_PROTOCOL));
        let (letter, data) = self.hear().expect("terms");
        assert_eq!(letter, 'O');
        let number = |at: usize| u32::from_be_bytes([data[at], data[at + 1], data[at + 2], data[at + 3]]);
        (number(0), number(4), number(8))
    }

    /// Whether the filter has closed the connection.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut octet = [0];
        match self.socket.read(&mut octet) {
            Ok(count) => count == 0,
            Err(error) => is_end(&error),
        }
    }
}

fn is_end(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset)
}

/// What is waited for is normally done in a moment.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
