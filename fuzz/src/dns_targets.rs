//! Targets of `postseal-dns`.

use std::sync::OnceLock;
use std::time::Duration;

use postseal_core::dns::{DomainName, RecordData};
use postseal_dns::master_file::{MasterFile, read_data, write_data};
use postseal_dns::serve::{Asker, CookieSecrets, RecordZone, Responder, Sent, StartOfAuthority, Transport};

/// A target: any octets, and a panic where a property does not hold.
pub type Target = fn(&[u8]);

/// Every target, by name.
pub const TARGETS: &[(&str, Target)] = &[("master_file", master_file), ("dns_query", dns_query)];

/// Any file is read or refused with a place that lies within it; data that was
/// read is read again from how it is written.
pub fn master_file(data: &[u8]) {
    let lines = 1 + data.iter().filter(|b| **b == b'\n').count();
    if let Ok(file) = MasterFile::read(data) {
        for record in &file.records {
            assert!((1..=lines).contains(&record.line));
            let written = write_data(&record.data);
            let again = read_data(record.data.record_type(), &written);
            assert_eq!(again.as_ref(), Ok(&record.data), "{written}");
        }
    }
}

/// Any octets as a query: a well-formed answer that fits, or none; never an answer to an
/// answer, and over UDP never one of more than 1232 octets.
pub fn dns_query(data: &[u8]) {
    let (responder, zones) = served();
    let mut answer = Vec::new();
    for transport in [Transport::Udp, Transport::Tcp] {
        let asker = Asker { client: [192, 0, 2, 1].into(), transport };
        let sent = responder.answer(zones, data, asker, Duration::from_secs(1_800_000_000), &mut answer);
        if sent == Sent::Silence {
            assert!(data.len() < 12 || data[2] & 0x80 != 0, "a query without an answer");
            continue;
        }
        assert_eq!(answer[..2], data[..2], "the ID");
        assert_eq!(answer[2] & 0xf9, 0x80 | data[2] & 0x79, "QR, opcode and RD");
        assert_eq!(answer[3] & 0xf0, 0, "RA, Z, AD and CD");
        assert!(transport == Transport::Tcp || answer.len() <= 1232, "{} octets over UDP", answer.len());
        assert!(answer.len() <= usize::from(u16::MAX));
        assert_well_formed(&answer);
    }
}

/// Every record that the header counts is there, names lead backward, and nothing follows.
fn assert_well_formed(message: &[u8]) {
    let count = |at: usize| usize::from(u16::from_be_bytes([message[at], message[at + 1]]));
    let mut at = 12;
    for _ in 0..count(4) {
        at = after_name(message, at) + 4;
    }
    for _ in 0..count(6) + count(8) + count(10) {
        at = after_name(message, at) + 10;
        at += usize::from(u16::from_be_bytes([message[at - 2], message[at - 1]]));
    }
    assert_eq!(at, message.len(), "octets behind the last record");
}

fn after_name(message: &[u8], start: usize) -> usize {
    let mut at = start;
    loop {
        match usize::from(message[at]) {
            0 => return at + 1,
            length if length < 64 => at += 1 + length,
            length => {
                let target = (length & 0x3f) << 8 | usize::from(message[at + 1]);
                assert!(target < at, "a pointer forward");
                after_name(message, target);
                return at + 2;
            }
        }
    }
}

fn served() -> &'static (Responder, Vec<RecordZone>) {
    static SERVED: OnceLock<(Responder, Vec<RecordZone>)> = OnceLock::new();
    SERVED.get_or_init(|| {
        let name = |text: &str| DomainName::parse(text).expect("a name of this file");
        let apex = name("host.example");
        let soa = StartOfAuthority::new(name("ns1.host.example"), name("hostmaster.host.example"), 7);
        let mut zone = RecordZone::new(&apex, &soa);
        let mut add = |owner: &str, data| zone.add(&name(owner), 3600, &data).expect("fits");
        add("host.example", RecordData::Ns(name("ns1.host.example")));
        add("host.example", RecordData::Ns(name("ns2.host.example")));
        add("ns1.host.example", RecordData::A([192, 0, 2, 53].into()));
        add("a.b.host.example", RecordData::A([192, 0, 2, 1].into()));
        add("alias.host.example", RecordData::Cname(name("a.b.host.example")));
        add("loop.host.example", RecordData::Cname(name("loop.host.example")));
        add("gone.host.example", RecordData::Cname(name("nothing.host.example")));
        add("out.host.example", RecordData::Cname(name("contoso.example")));
        add("long.host.example", RecordData::Txt(text(&[b'x'; 2000])));
        add("k._domainkey.host.example", RecordData::Txt(text(b"v=DKIM1; p=")));
        (Responder::without_rate_limit(CookieSecrets::new([7; 16])), vec![zone])
    })
}

fn text(octets: &[u8]) -> postseal_core::dns::TxtRecord {
    let strings: Vec<&[u8]> = octets.chunks(255).collect();
    postseal_core::dns::TxtRecord::from_strings(&strings)
}
