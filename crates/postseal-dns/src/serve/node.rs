use postseal_core::dns::{DomainName, Mx, RecordData, TxtRecord};

use super::lookup_name::push_name;
use super::start_of_authority::StartOfAuthority;

/// All records of one name, encoded once: an answer copies them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    sets: Vec<RecordSet>,
}

/// The records of one type, as an answer has them. The owner of each is a compression
/// pointer of two octets, first to the name in the question; an answer for another owner
/// changes these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RecordSet {
    pub(super) record_type: u16,
    pub(super) count: u16,
    ttl: u32,
    pub(super) octets: Vec<u8>,
}

/// Why a record cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NodeError {
    /// Its set would have more than 60,000 octets and would not fit into any answer.
    #[error("the records of one name and type take more than {MAX_SET} octets")]
    TooLarge,
    /// A CNAME beside other data (RFC 1034 §3.6.2), or a second CNAME.
    #[error("a CNAME stands beside other records of its name")]
    AliasBesideData,
    /// An SOA record: it belongs to the apex ([`StartOfAuthority`]).
    #[error("an SOA record is not at the apex of the zone")]
    StrayStartOfAuthority,
}

impl Node {
    /// A name without records: an empty non-terminal.
    pub fn new() -> Node {
        Node::default()
    }

    /// Adds one record, `ttl` in seconds. A record that is there already stays once
    /// (RFC 2181 §5); a set has one TTL, the least (§5.2).
    ///
    /// # Errors
    /// [`NodeError`]; the node is as before.
    pub fn add(&mut self, ttl: u32, data: &RecordData) -> Result<(), NodeError> {
        let mut octets = Vec::with_capacity(64);
        let record_type = encode(data, &mut octets)?;
        self.add_encoded(record_type, ttl, &octets)
    }

    /// Adds a TXT record of this text, split into strings of 255 octets (RFC 1035 §3.3).
    ///
    /// # Errors
    /// [`NodeError`]; the node is as before.
    pub fn add_text(&mut self, ttl: u32, text: &[u8]) -> Result<(), NodeError> {
        let mut octets = Vec::with_capacity(text.len() + 1 + text.len() / MAX_STRING);
        push_text(text, &mut octets);
        self.add_encoded(TYPE_TXT, ttl, &octets)
    }

    /// Adds the SOA record of an apex.
    ///
    /// # Errors
    /// [`NodeError::AliasBesideData`] where the node is an alias.
    pub fn add_start_of_authority(&mut self, soa: &StartOfAuthority) -> Result<(), NodeError> {
        self.add_encoded(TYPE_SOA, soa.ttl, &soa.data())
    }

    fn add_encoded(&mut self, record_type: u16, ttl: u32, data: &[u8]) -> Result<(), NodeError> {
        if self.sets.iter().any(|set| (set.record_type == TYPE_CNAME) != (record_type == TYPE_CNAME)) {
            return Err(NodeError::AliasBesideData);
        }
        let length = u16::try_from(data.len()).map_err(|_| NodeError::TooLarge)?;
        let at = match self.sets.iter().position(|set| set.record_type == record_type) {
            Some(at) => at,
            None if data.len() + RECORD_HEAD > MAX_SET => return Err(NodeError::TooLarge),
            None => {
                self.sets.push(RecordSet { record_type, count: 0, ttl, octets: Vec::new() });
                self.sets.len() - 1
            }
        };
        let set = &mut self.sets[at];
        if set.records().any(|record| &set.octets[record.data..record.end] == data) {
            return Ok(());
        }
        if record_type == TYPE_CNAME && set.count > 0 {
            return Err(NodeError::AliasBesideData);
        }
        if set.octets.len() + RECORD_HEAD + data.len() > MAX_SET {
            return Err(NodeError::TooLarge);
        }
        set.ttl = set.ttl.min(ttl);
        push_head(record_type, set.ttl, length, &mut set.octets);
        set.octets.extend_from_slice(data);
        set.count += 1;
        set.write_ttl();
        Ok(())
    }

    pub(super) fn set(&self, record_type: u16) -> Option<&RecordSet> {
        self.sets.iter().find(|set| set.record_type == record_type)
    }

    /// The set with the fewest octets: what an ANY query gets (RFC 8482 §4.1).
    pub(super) fn smallest_set(&self) -> Option<&RecordSet> {
        self.sets.iter().min_by_key(|set| set.octets.len())
    }
}

impl RecordSet {
    /// Where each record begins, has its data, and ends.
    pub(super) fn records(&self) -> Records<'_> {
        Records { octets: &self.octets, at: 0 }
    }

    fn write_ttl(&mut self) {
        let places: Vec<usize> = self.records().map(|record| record.start + TTL_AT).collect();
        for at in places {
            self.octets[at..at + 4].copy_from_slice(&self.ttl.to_be_bytes());
        }
    }
}

/// One record within its set, in octets from the beginning of the set.
#[derive(Clone, Copy)]
pub(super) struct RecordPlace {
    pub(super) start: usize,
    pub(super) data: usize,
    pub(super) end: usize,
}

pub(super) struct Records<'s> {
    octets: &'s [u8],
    at: usize,
}

impl Iterator for Records<'_> {
    type Item = RecordPlace;

    fn next(&mut self) -> Option<RecordPlace> {
        let start = self.at;
        let data = start + RECORD_HEAD;
        let length = self.octets.get(data - 2..data)?;
        self.at = data + usize::from(u16::from_be_bytes([length[0], length[1]]));
        Some(RecordPlace { start, data, end: self.at })
    }
}

/// The octets of a record before its data, its owner the name in the question.
pub(super) fn push_head(record_type: u16, ttl: u32, length: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(&[0xc0, 12]);
    out.extend_from_slice(&record_type.to_be_bytes());
    out.extend_from_slice(&CLASS_IN.to_be_bytes());
    out.extend_from_slice(&ttl.to_be_bytes());
    out.extend_from_slice(&length.to_be_bytes());
}

fn encode(data: &RecordData, out: &mut Vec<u8>) -> Result<u16, NodeError> {
    let name = |record_type, name: &DomainName, out: &mut Vec<u8>| {
        push_name(name, out);
        record_type
    };
    Ok(match data {
        RecordData::A(address) => {
            out.extend_from_slice(&address.octets());
            TYPE_A
        }
        RecordData::Aaaa(address) => {
            out.extend_from_slice(&address.octets());
            TYPE_AAAA
        }
        RecordData::Cname(target) => name(TYPE_CNAME, target, out),
        RecordData::Ns(server) => name(TYPE_NS, server, out),
        RecordData::Ptr(target) => name(TYPE_PTR, target, out),
        RecordData::Mx(Mx { preference, exchange }) => {
            out.extend_from_slice(&preference.to_be_bytes());
            match exchange {
                Some(host) => push_name(host, out),
                None => out.push(0),
            }
            TYPE_MX
        }
        RecordData::Soa { .. } => return Err(NodeError::StrayStartOfAuthority),
        RecordData::Spf(text) => {
            push_strings(text, out);
            TYPE_SPF
        }
        RecordData::Txt(text) => {
            push_strings(text, out);
            TYPE_TXT
        }
        RecordData::Tlsa(usage, selector, matching, data) => {
            out.extend_from_slice(&[*usage, *selector, *matching]);
            out.extend_from_slice(data);
            TYPE_TLSA
        }
    })
}

/// The strings as they are; longer ones than the wire can carry are split.
fn push_strings(text: &TxtRecord, out: &mut Vec<u8>) {
    for string in text.strings() {
        push_text(string, out);
    }
}

fn push_text(text: &[u8], out: &mut Vec<u8>) {
    if text.is_empty() {
        out.push(0);
    }
    for string in text.chunks(MAX_STRING) {
        out.push(u8::try_from(string.len()).expect("a chunk of at most 255 octets"));
        out.extend_from_slice(string);
    }
}

/// RFC 1035 §3.3: a character-string has at most 255 octets.
const MAX_STRING: usize = 255;
/// Octets of a record before its data, the owner being a pointer.
const RECORD_HEAD: usize = 12;
const TTL_AT: usize = 6;
/// Octets of one set: with question, OPT and SOA it still fits into a message over TCP.
const MAX_SET: usize = 60_000;

pub(super) const CLASS_IN: u16 = 1;
pub(super) const TYPE_A: u16 = 1;
pub(super) const TYPE_NS: u16 = 2;
pub(super) const TYPE_CNAME: u16 = 5;
pub(super) const TYPE_SOA: u16 = 6;
const TYPE_PTR: u16 = 12;
pub(super) const TYPE_MX: u16 = 15;
const TYPE_TXT: u16 = 16;
pub(super) const TYPE_AAAA: u16 = 28;
const TYPE_TLSA: u16 = 52;
/// RFC 4408 §3.1.1; still answered where the zone has it.
const TYPE_SPF: u16 = 99;

#[cfg(test)]
mod tests {
    use super::*;

    fn alias() -> RecordData {
        RecordData::Cname(DomainName::parse("a.example").expect("a test name"))
    }

    fn address(last: u8) -> RecordData {
        RecordData::A([192, 0, 2, last].into())
    }

    #[test]
    fn a_set_has_each_record_once_and_one_ttl() {
        let mut node = Node::new();
        node.add(600, &address(1)).expect("fits");
        node.add(60, &address(2)).expect("fits");
        node.add(900, &address(2)).expect("there already");
        let set = node.set(TYPE_A).expect("there");
        assert_eq!((set.count, set.octets.len()), (2, 32));
        for record in set.records() {
            assert_eq!(set.octets[record.start + TTL_AT..record.start + TTL_AT + 4], 60u32.to_be_bytes());
        }
    }

    #[test]
    fn an_alias_stands_alone() {
        let mut node = Node::new();
        node.add(60, &alias()).expect("alone");
        assert_eq!(node.add(60, &address(1)), Err(NodeError::AliasBesideData));
        assert_eq!(
            node.add(60, &RecordData::Cname(DomainName::parse("b.example").expect("a name"))),
            Err(NodeError::AliasBesideData)
        );
        assert_eq!(node.add(60, &alias()), Ok(()));
        let mut node = Node::new();
        node.add(60, &address(1)).expect("alone");
        assert_eq!(node.add(60, &alias()), Err(NodeError::AliasBesideData));
    }

    #[test]
    fn text_is_split_at_255_octets() {
        let check = |length: usize, strings: &[u8]| {
            let mut node = Node::new();
            node.add_text(60, &vec![b'x'; length]).expect("fits");
            let set = node.set(TYPE_TXT).expect("there");
            let mut data = &set.octets[RECORD_HEAD..];
            let mut lengths = Vec::new();
            while let Some((&length, rest)) = data.split_first() {
                lengths.push(length);
                data = &rest[usize::from(length)..];
            }
            assert_eq!(lengths, strings, "{length}");
        };
        check(0, &[0]);
        check(255, &[255]);
        check(256, &[255, 1]);
        check(600, &[255, 255, 90]);
    }

    #[test]
    fn what_fits_into_no_answer_is_refused() {
        let mut node = Node::new();
        assert_eq!(node.add_text(60, &vec![b'x'; 60_000]), Err(NodeError::TooLarge));
        assert_eq!(node, Node::new());
        node.add_text(60, &vec![b'x'; 40_000]).expect("fits");
        assert_eq!(node.add_text(60, &vec![b'y'; 40_000]), Err(NodeError::TooLarge));
        assert_eq!(node.add_text(60, &vec![b'y'; 70_000]), Err(NodeError::TooLarge));
    }
}
