//! The MTA's side of the milter protocol, scripted, and what it makes of the answers.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Edits, and steps, that version 6 knows.
pub const ALL_ACTIONS: u32 = 0x1ff;
pub const ALL_PROTOCOL: u32 = 0x1f_ffff;
pub const LEADING_SPACE: u32 = 0x10_0000;
pub const QUARANTINE: u32 = 0x20;

/// Who hands a message in.
#[derive(Clone)]
pub struct Session {
    pub client: &'static str,
    pub port: u16,
    pub helo: &'static str,
    pub login: Option<&'static str>,
    pub daemon: &'static str,
}

/// An outsider.
pub const OUTSIDE: Session =
    Session { client: "192.0.2.1", port: 40_000, helo: "mail.example.org", login: None, daemon: "smtpd" };

/// `sendmail(1)`, as Postfix shows it.
pub const LOCAL: Session =
    Session { client: "127.0.0.1", port: 0, helo: "mx.example.net", login: None, daemon: "" };

#[derive(Clone)]
pub struct Message {
    pub mail_from: String,
    pub recipients: Vec<String>,
    /// Names, and values as they stand after the colon, folded by CRLF.
    pub fields: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Message {
    pub fn new(mail_from: &str, fields: &[(&str, &str)]) -> Message {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Message {
            mail_from: mail_from.to_owned(),
            recipients: vec!["<someone@example.net>".to_owned()],
            fields: fields.collect(),
            body: b"At four?\r\n".to_vec(),
        }
    }

    /// Its octets, from the header section on.
    pub fn octets(&self) -> Vec<u8> {
        let fields = self.fields.iter().map(|(name, value)| format!("{name}:{value}\r\n"));
        [fields.collect::<String>().as_bytes(), b"\r\n", &self.body].concat()
    }

    pub fn values(&self, name: &str) -> Vec<&str> {
        let named = self.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }
}

/// What the filter made of a message.
pub struct Outcome {
    /// `c`, `a`, `r`, `t`, `y`.
    pub answer: char,
    /// The words of a refusal.
    pub text: String,
    pub quarantine: Option<String>,
    /// The message with the edits made.
    pub message: Message,
}

/// One connection to the filter.
pub struct Mta {
    socket: UnixStream,
    /// Edits (`SMFIF_*`) and steps (`SMFIP_*`) that the filter chose.
    pub agreed: (u32, u32),
    /// Values begin right after the colon, both ways.
    exact: bool,
}

impl Mta {
    pub fn connect(path: &Path) -> Mta {
        Mta::connect_offering(path, ALL_ACTIONS, ALL_PROTOCOL)
    }

    pub fn connect_offering(path: &Path, actions: u32, protocol: u32) -> Mta {
        let socket = UnixStream::connect(path).expect("the node listens");
        socket.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        let mut mta = Mta { socket, agreed: (0, 0), exact: protocol & LEADING_SPACE != 0 };
        mta.say(&packet(
            b'O',
            &[6_u32.to_be_bytes(), actions.to_be_bytes(), protocol.to_be_bytes()].concat(),
        ));
        // The node names the macros it wants; all of them are sent anyway.
        let (letter, data) = mta.hear();
        assert_eq!(letter, 'O');
        let number =
            |at: usize| u32::from_be_bytes(data[at..at + 4].try_into().expect("version, actions, protocol"));
        mta.agreed = (number(4), number(8));
        mta
    }

    /// Shows the client.
    pub fn session(&mut self, session: &Session) {
        let family = if session.client.contains(':') { b'6' } else { b'4' };
        let connect = [
            b"client.example\0",
            &[family][..],
            &session.port.to_be_bytes(),
            session.client.as_bytes(),
            b"\0",
        ];
        let mut packets = packet(b'D', format!("C{{daemon_name}}\0{}\0", session.daemon).as_bytes());
        packets.extend(packet(b'C', &connect.concat()));
        packets.extend(packet(b'H', format!("{}\0", session.helo).as_bytes()));
        self.say(&packets);
    }

    /// The commands of a message up to its last body packet.
    pub fn commands(&self, login: Option<&str>, message: &Message) -> Vec<Vec<u8>> {
        let mut commands = Vec::new();
        if let Some(login) = login {
            commands.push(packet(b'D', format!("M{{auth_authen}}\0{login}\0").as_bytes()));
        }
        commands.push(packet(b'M', format!("{}\0", message.mail_from).as_bytes()));
        for recipient in &message.recipients {
            commands.push(packet(b'R', format!("{recipient}\0").as_bytes()));
        }
        for (name, value) in &message.fields {
            let value = value.replace("\r\n", "\n");
            let value = if self.exact { &value } else { value.strip_prefix(' ').unwrap_or(&value) };
            commands.push(packet(b'L', format!("{name}\0{value}\0").as_bytes()));
        }
        commands.push(packet(b'N', b""));
        commands.extend(message.body.chunks(65_535).map(|piece| packet(b'B', piece)));
        commands
    }

    /// Sends a message and takes the answer.
    pub fn send(&mut self, login: Option<&str>, message: &Message) -> Outcome {
        for command in self.commands(login, message) {
            self.say(&command);
        }
        self.end(message)
    }

    pub fn abort(&mut self) {
        self.say(&packet(b'A', b""));
    }

    /// The end of a message whose commands were said.
    pub fn end(&mut self, message: &Message) -> Outcome {
        self.say(&packet(b'D', b"Ei\x004ZxyQ\0"));
        self.say(&packet(b'E', b""));
        self.outcome(message)
    }

    fn outcome(&mut self, message: &Message) -> Outcome {
        let mut outcome =
            Outcome { answer: ' ', text: String::new(), quarantine: None, message: message.clone() };
        loop {
            let (letter, data) = self.hear();
            match letter {
                // Still working.
                'p' => {}
                'i' => {
                    let (place, name, value) = self.field(&data);
                    outcome.message.fields.insert(place, (name, value));
                }
                'm' => {
                    let (place, name, value) = self.field(&data);
                    change(&mut outcome.message.fields, place, &name, value);
                }
                'q' => outcome.quarantine = Some(text(&data)),
                'c' | 'a' | 'r' | 't' | 'd' => {
                    outcome.answer = letter;
                    return outcome;
                }
                'y' => {
                    outcome.answer = letter;
                    outcome.text = text(&data);
                    return outcome;
                }
                other => panic!("an answer {other}"),
            }
        }
    }

    /// A place, a name, a value.
    fn field(&self, data: &[u8]) -> (usize, String, String) {
        let place = u32::from_be_bytes([data[0], data[1], data[2], data[3]]) as usize;
        let mut parts = data[4..].split(|octet| *octet == 0).map(|part| String::from_utf8_lossy(part));
        let name = parts.next().expect("a name").into_owned();
        let value = parts.next().expect("a value").replace('\n', "\r\n");
        let space = if self.exact || value.is_empty() { "" } else { " " };
        (place, name, format!("{space}{value}"))
    }

    pub fn say(&mut self, packets: &[u8]) {
        self.socket.write_all(packets).expect("the node reads");
    }

    fn hear(&mut self) -> (char, Vec<u8>) {
        let mut head = [0; 5];
        self.socket.read_exact(&mut head).expect("the node answers");
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let mut data = vec![0; length - 1];
        self.socket.read_exact(&mut data).expect("a whole packet");
        (char::from(head[4]), data)
    }
}

/// As Postfix and Sendmail count: the nth field of this name as the message is by now.
fn change(fields: &mut Vec<(String, String)>, place: usize, name: &str, value: String) {
    let named = fields.iter().enumerate().filter(|(_, (n, _))| n.eq_ignore_ascii_case(name));
    let (at, _) = named.map(|(at, field)| (at, field.clone())).nth(place - 1).expect("the field is there");
    if value.is_empty() {
        fields.remove(at);
    } else {
        fields[at].1 = value;
    }
}

fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data.strip_suffix(b"\0").unwrap_or(data)).into_owned()
}

pub fn packet(letter: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len() + 1).expect("a short packet");
    [&length.to_be_bytes(), &[letter][..], data].concat()
}
