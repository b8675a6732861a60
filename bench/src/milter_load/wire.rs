//! The MTA's side of the milter protocol, version 6: packets, and the dialogue of one message as octets
//! with the places where the MTA must wait for a reply.

use crate::corpus::Message;

/// What the filter chose when it was asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Negotiated(u32);

/// Everything this MTA can leave out or send without waiting (`SMFIP_*`), SKIP and leading spaces.
const OFFERED_PROTOCOL: u32 = 0x1f_ffff & !0x0800;
const OFFERED_ACTIONS: u32 = 0x1ff;

impl Negotiated {
    /// Reads the filter's SMFIC_OPTNEG, without its letter.
    pub fn parse(data: &[u8]) -> Option<Negotiated> {
        Some(Negotiated(u32::from_be_bytes(data.get(8..12)?.try_into().ok()?)))
    }

    fn wants(self, letter: u8) -> bool {
        let bit = match letter {
            b'C' => 0x1,
            b'H' => 0x2,
            b'M' => 0x4,
            b'R' => 0x8,
            b'B' => 0x10,
            b'L' => 0x20,
            b'N' => 0x40,
            b'T' => 0x200,
            _ => 0,
        };
        self.0 & bit == 0
    }

    fn replies(self, letter: u8) -> bool {
        let bit = match letter {
            b'L' => 0x80,
            b'C' => 0x1000,
            b'H' => 0x2000,
            b'M' => 0x4000,
            b'R' => 0x8000,
            b'T' => 0x1_0000,
            b'N' => 0x4_0000,
            b'B' => 0x8_0000,
            _ => 0,
        };
        self.0 & bit == 0
    }

    fn leading_space(self) -> bool {
        self.0 & 0x10_0000 != 0
    }
}

/// Octets to send, and the offsets at which a reply must come first.
#[derive(Debug, Default)]
pub struct Dialogue {
    pub octets: Vec<u8>,
    pub stops: Vec<usize>,
}

impl Dialogue {
    /// Asks what the filter wants.
    pub fn negotiation() -> Dialogue {
        let mut dialogue = Dialogue::default();
        let numbers = [6, OFFERED_ACTIONS, OFFERED_PROTOCOL].map(u32::to_be_bytes).concat();
        packet(&mut dialogue.octets, b'O', &[&numbers]);
        dialogue.stops.push(dialogue.octets.len());
        dialogue
    }

    /// CONNECT and HELO: what comes once for a connection.
    pub fn greeting(&mut self, negotiated: Negotiated) {
        self.macros(
            b'C',
            &[("j", "mx.tailspin.example"), ("{daemon_name}", "smtpd"), ("v", "Postfix 3.7.11")],
        );
        let client = b"out27.mailer.example\0";
        self.step(negotiated, b'C', &[client, b"4", &40_025_u16.to_be_bytes(), b"198.51.100.25\0"]);
        self.step(negotiated, b'H', &[b"out27.mailer.example\0"]);
    }

    /// One message from MAIL FROM to its end. `results` are fields that an earlier filter of the chain added;
    /// `login` is the name that the client gave.
    pub fn message(
        &mut self,
        negotiated: Negotiated,
        message: &Message,
        results: &[u8],
        login: Option<&str>,
        queue_id: &str,
    ) {
        let mail_addr = message.mail_from.as_str();
        match login {
            Some(login) => self.macros(
                b'M',
                &[("{auth_type}", "PLAIN"), ("{auth_authen}", login), ("{mail_addr}", mail_addr)],
            ),
            None => self.macros(b'M', &[("{mail_addr}", mail_addr)]),
        }
        self.step(negotiated, b'M', &[b"<", mail_addr.as_bytes(), b">\0"]);
        self.macros(b'R', &[("{rcpt_addr}", "ken@tailspin.example")]);
        self.step(negotiated, b'R', &[b"<ken@tailspin.example>\0"]);
        self.macros(b'T', &[("i", queue_id)]);
        self.step(negotiated, b'T', &[]);
        let (section, body) = message.octets.split_at(message.body_at);
        for (name, value) in fields(results).chain(fields(section)) {
            let value = value.replace('\r', "");
            let value = match negotiated.leading_space() {
                true => value.as_str(),
                false => value.strip_prefix(' ').unwrap_or(&value),
            };
            self.step(negotiated, b'L', &[name.as_bytes(), b"\0", value.as_bytes(), b"\0"]);
        }
        self.macros(b'N', &[("i", queue_id)]);
        self.step(negotiated, b'N', &[]);
        for piece in body.chunks(65_535) {
            self.step(negotiated, b'B', &[piece]);
        }
        self.macros(b'E', &[("i", queue_id)]);
        packet(&mut self.octets, b'E', &[]);
        self.stops.push(self.octets.len());
    }

    fn step(&mut self, negotiated: Negotiated, letter: u8, parts: &[&[u8]]) {
        if negotiated.wants(letter) {
            packet(&mut self.octets, letter, parts);
            if negotiated.replies(letter) {
                self.stops.push(self.octets.len());
            }
        }
    }

    fn macros(&mut self, letter: u8, pairs: &[(&str, &str)]) {
        let mut data = vec![letter];
        for (name, value) in pairs {
            for text in [name, value] {
                data.extend_from_slice(text.as_bytes());
                data.push(0);
            }
        }
        packet(&mut self.octets, b'D', &[&data]);
    }
}

/// Appends one packet.
pub fn packet(out: &mut Vec<u8>, letter: u8, parts: &[&[u8]]) {
    let len = 1 + parts.iter().map(|part| part.len()).sum::<usize>();
    out.extend_from_slice(&u32::try_from(len).expect("a packet below 4 GiB").to_be_bytes());
    out.push(letter);
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// Takes one whole packet off the front: its letter and its data.
pub fn take_packet(octets: &[u8]) -> Option<(u8, &[u8], usize)> {
    let len = u32::from_be_bytes(octets.get(..4)?.try_into().ok()?) as usize;
    let whole = octets.get(4..4 + len)?;
    Some((*whole.first()?, &whole[1..], 4 + len))
}

/// The fields of a header section that ends in CRLF: names and values, folds included.
fn fields(section: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = std::str::from_utf8(section).expect("the corpus is ASCII");
    std::iter::from_fn(move || {
        let colon = rest.find(':')?;
        let mut end = colon;
        loop {
            end += rest[end..].find("\r\n")?;
            if !rest[end + 2..].starts_with([' ', '\t']) {
                break;
            }
            end += 2;
        }
        let field = (&rest[..colon], &rest[colon + 1..end]);
        rest = &rest[end + 2..];
        Some(field)
    })
}
