//! A name server on the loopback interface: TXT and A records, and trouble where a test wants it.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a name has.
#[derive(Clone)]
pub enum Entry {
    Txt(String),
    Address(IpAddr),
    /// SERVFAIL to whatever is asked.
    Trouble,
}

pub struct NameServer {
    pub address: SocketAddr,
    entries: Arc<Mutex<HashMap<String, Entry>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl NameServer {
    pub fn start(entries: &[(&str, Entry)]) -> NameServer {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let entries = entries.iter().map(|(name, entry)| ((*name).to_owned(), entry.clone())).collect();
        let server = NameServer {
            address: socket.local_addr().expect("a bound socket"),
            entries: Arc::new(Mutex::new(entries)),
            asked: Arc::default(),
        };
        let (entries, asked) = (Arc::clone(&server.entries), Arc::clone(&server.asked));
        thread::spawn(move || {
            let mut query = [0; 1_500];
            while let Ok((octets, from)) = socket.recv_from(&mut query) {
                if let Some(reply) = reply(&query[..octets], &entries, &asked) {
                    let _ = socket.send_to(&reply, from);
                }
            }
        });
        server
    }

    /// How often a name was asked for.
    pub fn times_asked(&self, name: &str) -> usize {
        self.asked.lock().expect("no panic").iter().filter(|asked| *asked == name).count()
    }
}

fn reply(
    query: &[u8],
    entries: &Mutex<HashMap<String, Entry>>,
    asked: &Mutex<Vec<String>>,
) -> Option<Vec<u8>> {
    let (name, end) = question_name(query)?;
    let record_type = u16::from_be_bytes([*query.get(end)?, *query.get(end + 1)?]);
    asked.lock().expect("no panic").push(name.clone());
    let entry = entries.lock().expect("no panic").get(&name).cloned();
    let (code, data) = match (&entry, record_type) {
        (None, _) => (3, None),
        (Some(Entry::Trouble), _) => (2, None),
        (Some(Entry::Txt(text)), 16) => (0, Some(strings(text))),
        (Some(Entry::Address(IpAddr::V4(address))), 1) => (0, Some(address.octets().to_vec())),
        (Some(Entry::Address(IpAddr::V6(address))), 28) => (0, Some(address.octets().to_vec())),
        (Some(_), _) => (0, None),
    };
    let mut reply = query[..2].to_vec();
    // A response, recursion desired and available; one question, one answer or none.
    reply.extend([0x81, 0x80 | code, 0, 1, 0, u8::from(data.is_some()), 0, 0, 0, 0]);
    reply.extend(&query[12..end + 4]);
    if let Some(data) = data {
        // The name of the question, its type, class IN, 300 seconds.
        reply.extend([0xc0, 12]);
        reply.extend(record_type.to_be_bytes());
        reply.extend([0, 1, 0, 0, 1, 44]);
        reply.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
        reply.extend(data);
    }
    Some(reply)
}

/// The name in lower case, and where the question's type begins.
fn question_name(query: &[u8]) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join(".").to_lowercase(), at));
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).into_owned());
        at += length;
    }
}

fn strings(text: &str) -> Vec<u8> {
    let string = |part: &[u8]| [&[u8::try_from(part.len()).expect("short")], part].concat();
    text.as_bytes().chunks(255).flat_map(string).collect()
}
