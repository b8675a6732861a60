use super::edns::{Edns, TYPE_OPT};
use super::lookup_name::LookupName;

/// The header of a message (RFC 1035 §4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) octets: [u8; 12],
}

impl Header {
    /// `None` where there are fewer than twelve octets.
    pub(super) fn read(message: &[u8]) -> Option<Header> {
        message.first_chunk().map(|octets| Header { octets: *octets })
    }

    pub(super) fn is_response(&self) -> bool {
        self.octets[2] & 0x80 != 0
    }

    pub(super) fn opcode(&self) -> u8 {
        self.octets[2] >> 3 & 0x0f
    }

    fn count(&self, section: usize) -> u16 {
        u16::from_be_bytes([self.octets[4 + 2 * section], self.octets[5 + 2 * section]])
    }
}

/// A query that could be read: one question or none, and what the OPT record says.
pub(super) struct Query<'q> {
    pub(super) header: Header,
    pub(super) question: Option<Question<'q>>,
    pub(super) edns: Option<Edns<'q>>,
}

/// The one question (RFC 1035 §4.1.2).
pub(super) struct Question<'q> {
    /// As it came, to be sent back in the same case.
    pub(super) octets: &'q [u8],
    pub(super) name: QuestionName,
    pub(super) record_type: u16,
    pub(super) class: u16,
}

/// Why a message is answered with FORMERR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

impl<'q> Query<'q> {
    /// Reads what comes after the header: at most one question, nothing in the answer and
    /// authority sections, a few additional records with at most one OPT, and no octets
    /// behind them.
    ///
    /// Names are read without following pointers. A question cannot have one: there is
    /// nothing but the header in front of it. The owner of an additional record may end in
    /// one, and nobody asks where it leads.
    pub(super) fn read(header: Header, message: &'q [u8]) -> Result<Query<'q>, Unreadable> {
        let (questions, additional) = (header.count(0), header.count(3));
        if questions > 1 || additional > MAX_ADDITIONAL {
            return Err(Unreadable);
        }
        let mut reader = Reader { message, at: 12 };
        let question = if questions == 1 { Some(reader.question()?) } else { None };
        // RFC 1995 §3: an IXFR query has the SOA of the sender; it is refused, not unreadable.
        let is_transfer = question.as_ref().is_some_and(|q| q.record_type == TYPE_IXFR);
        let may_have_authorities = is_transfer || header.count(2) == 0;
        if header.count(1) > 0 || !may_have_authorities || header.count(2) > MAX_ADDITIONAL {
            return Err(Unreadable);
        }
        for _ in 0..header.count(2) {
            reader.record()?;
        }
        let mut edns = None;
        for _ in 0..additional {
            let record = reader.record()?;
            if record.record_type != u16::from(TYPE_OPT) {
                continue;
            }
            // RFC 6891 §6.1.1: more than one is FORMERR; §6.1.2: the owner is the root.
            if edns.is_some() || !record.owner_is_root {
                return Err(Unreadable);
            }
            edns = Some(Edns::read(record.class, record.ttl, record.data).ok_or(Unreadable)?);
        }
        if reader.at == message.len() { Ok(Query { header, question, edns }) } else { Err(Unreadable) }
    }
}

struct Reader<'q> {
    message: &'q [u8],
    at: usize,
}

struct AdditionalRecord<'q> {
    owner_is_root: bool,
    record_type: u16,
    class: u16,
    ttl: [u8; 4],
    data: &'q [u8],
}

impl<'q> Reader<'q> {
    fn question(&mut self) -> Result<Question<'q>, Unreadable> {
        let start = self.at;
        let name = QuestionName::read(&self.message[start..]).ok_or(Unreadable)?;
        self.at += name.length;
        let [a, b, c, d] = *self.octets()?;
        let octets = &self.message[start..self.at];
        let (record_type, class) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        Ok(Question { octets, name, record_type, class })
    }

    fn record(&mut self) -> Result<AdditionalRecord<'q>, Unreadable> {
        let owner_is_root = self.message.get(self.at) == Some(&0);
        self.skip_name()?;
        let [a, b, c, d] = *self.octets()?;
        let ttl = *self.octets()?;
        let length = usize::from(u16::from_be_bytes(*self.octets()?));
        let data = self.message.get(self.at..self.at + length).ok_or(Unreadable)?;
        self.at += length;
        let (record_type, class) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        Ok(AdditionalRecord { owner_is_root, record_type, class, ttl, data })
    }

    fn skip_name(&mut self) -> Result<(), Unreadable> {
        let start = self.at;
        loop {
            match *self.message.get(self.at).ok_or(Unreadable)? {
                0 => {
                    self.at += 1;
                    return Ok(());
                }
                length @ 1..64 => self.at += 1 + usize::from(length),
                192.. => {
                    let [high, low] = *self.octets()?;
                    let target = usize::from(u16::from_be_bytes([high & 0x3f, low]));
                    return if target < start { Ok(()) } else { Err(Unreadable) };
                }
                64..192 => return Err(Unreadable),
            }
            if self.at - start > MAX_NAME {
                return Err(Unreadable);
            }
        }
    }

    fn octets<const N: usize>(&mut self) -> Result<&'q [u8; N], Unreadable> {
        let octets = self.message.get(self.at..).and_then(<[u8]>::first_chunk).ok_or(Unreadable)?;
        self.at += N;
        Ok(octets)
    }
}

/// The name of the question in lower case.
pub(super) struct QuestionName {
    octets: [u8; MAX_NAME],
    length: usize,
}

impl QuestionName {
    /// Reads a name without pointers; `None` where there is none within 255 octets.
    fn read(message: &[u8]) -> Option<QuestionName> {
        let mut length = 0;
        loop {
            match usize::from(*message.get(length)?) {
                0 => break,
                label @ 1..64 => length += 1 + label,
                _ => return None,
            }
            if length >= MAX_NAME {
                return None;
            }
        }
        let mut name = QuestionName { octets: [0; MAX_NAME], length: length + 1 };
        let octets = &mut name.octets[..=length];
        octets.copy_from_slice(message.get(..=length)?);
        // A length is below 64 and no letter, so the octets need not be told apart.
        octets.make_ascii_lowercase();
        Some(name)
    }

    pub(super) fn as_lookup(&self) -> LookupName<'_> {
        LookupName::trusted(&self.octets[..self.length])
    }
}

/// RFC 1035 §3.1.
const MAX_NAME: usize = 255;
/// Records of the additional section: OPT, TSIG, and some that nobody has thought of yet.
const MAX_ADDITIONAL: u16 = 8;
pub(super) const TYPE_IXFR: u16 = 251;

#[cfg(test)]
mod tests {
    use super::*;

    const QUESTION: &[u8] = b"\x03wWw\x07eXample\0\0\x10\0\x01";
    const OPT: &[u8] = b"\0\0\x29\x04\xd0\0\0\0\0\0\0";

    fn message(counts: [u8; 4], parts: &[&[u8]]) -> Vec<u8> {
        let [a, b, c, d] = counts;
        [&[0, 1, 0, 0, 0, a, 0, b, 0, c, 0, d], parts.concat().as_slice()].concat()
    }

    fn check(counts: [u8; 4], parts: &[&[u8]], readable: bool) {
        let message = message(counts, parts);
        let header = Header::read(&message).expect("twelve octets");
        assert_eq!(Query::read(header, &message).is_ok(), readable, "{counts:?} {parts:?}");
    }

    #[test]
    fn the_name_is_looked_up_in_lower_case_and_sent_back_as_it_came() {
        let message = message([1, 0, 0, 1], &[QUESTION, OPT]);
        let header = Header::read(&message).expect("twelve octets");
        let Ok(query) = Query::read(header, &message) else { panic!("unreadable") };
        let question = query.question.expect("a question");
        assert_eq!(question.name.as_lookup().octets(), b"\x03www\x07example\0");
        assert_eq!((question.octets, question.record_type, question.class), (QUESTION, 16, 1));
        assert_eq!(query.edns.map(|e| e.payload), Some(1232));
    }

    #[test]
    fn what_can_be_read() {
        check([1, 0, 0, 0], &[QUESTION], true);
        check([0, 0, 0, 0], &[], true);
        check([0, 0, 0, 1], &[OPT], true);
        check([1, 0, 0, 0], &[b"\0\0\x02\0\x01"], true);
        check([1, 0, 0, 2], &[QUESTION, OPT, b"\x03key\xc0\x10\0\xfa\0\xff\0\0\0\0\0\0"], true);
        check([1, 0, 1, 0], &[b"\x01a\0\0\xfb\0\x01", b"\xc0\x0c\0\x06\0\x01\0\0\0\0\0\0"], true);
    }

    #[test]
    fn what_cannot() {
        check([1, 0, 0, 0], &[], false);
        check([2, 0, 0, 0], &[QUESTION, QUESTION], false);
        check([0, 0, 0, 0], &[QUESTION], false);
        check([1, 0, 0, 0], &[QUESTION, b"x"], false);
        check([1, 0, 0, 0], &[&QUESTION[..QUESTION.len() - 1]], false);
        check([1, 0, 0, 1], &[QUESTION], false);
        check([1, 0, 0, 2], &[QUESTION, OPT, OPT], false);
        check([1, 0, 0, 1], &[QUESTION, b"\x01a\0\0\x29\x04\xd0\0\0\0\0\0\0"], false);
        check([1, 0, 0, 1], &[QUESTION, b"\0\0\x29\x04\xd0\0\0\0\0\0\x01"], false);
        check([1, 0, 0, 1], &[QUESTION, b"\0\0\x29\x04\xd0\0\0\0\0\0\x03\0\x0a\0"], false);
        check([1, 1, 0, 0], &[QUESTION, b"\xc0\x0c\0\x06\0\x01\0\0\0\0\0\0"], false);
        check([1, 0, 1, 0], &[QUESTION, b"\xc0\x0c\0\x06\0\x01\0\0\0\0\0\0"], false);
        check([1, 0, 0, 200], &[QUESTION, &OPT.repeat(200)], false);
    }

    #[test]
    fn names_that_are_none() {
        let label = [&[63][..], &[b'a'; 63]].concat();
        let asked = |name: &[u8], readable| check([1, 0, 0, 0], &[name, b"\0\x01\0\x01"], readable);
        asked(b"\xc0\x0c", false);
        asked(b"\x01a\xc0\x0c", false);
        asked(b"\x01a\xc0\0", false);
        asked(b"\x40a\0", false);
        asked(b"\x80a\0", false);
        asked(b"\x05ab", false);
        asked(&[&label.repeat(3)[..], &[61], &[b'a'; 61], &[0]].concat(), true);
        asked(&[&label.repeat(3)[..], &[62], &[b'a'; 62], &[0]].concat(), false);
        asked(&[&label.repeat(4)[..], &[0]].concat(), false);
        asked(&b"\x01a".repeat(127), false);
        asked(&[&b"\x01a".repeat(127)[..], &[0]].concat(), true);
        asked(&[&b"\x01a".repeat(128)[..], &[0]].concat(), false);
        let record = |owner: &[u8], readable| {
            check([1, 0, 0, 1], &[QUESTION, owner, b"\0\x01\0\x01\0\0\0\0\0\0"], readable);
        };
        record(b"\xc0\x0c", true);
        record(b"\xc0\x1d", false);
        record(b"\xff\xff", false);
        record(&[&b"\x01a".repeat(300)[..], &[0]].concat(), false);
    }
}
