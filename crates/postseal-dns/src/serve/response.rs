use super::edns::{MAX_UDP, MIN_UDP, push_opt};
use super::lookup_name::LookupName;
use super::node::RecordSet;
use super::query::{Header, Query};

/// Response codes (RFC 1035 §4.1.1, RFC 6891 §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rcode {
    NoError = 0,
    FormErr = 1,
    NxDomain = 3,
    NotImp = 4,
    Refused = 5,
    BadVers = 16,
}

/// An answer with nothing but a header: to what cannot be read, or is no query.
pub(super) fn write_bare(header: Header, rcode: Rcode, out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(&header.octets[..2]);
    // QR, the opcode as it came, RD as it came; neither AA nor RA.
    out.push(0x80 | header.octets[2] & 0x79);
    out.push(rcode as u8);
    out.extend_from_slice(&[0; 8]);
}

/// An answer in the making. The question goes first; sections follow in their order.
pub(super) struct Response<'o> {
    out: &'o mut Vec<u8>,
    question_end: usize,
    /// Octets that the whole answer may have.
    limit: usize,
    counts: [u16; 3],
    rcode: Rcode,
    authoritative: bool,
    /// Octets of the OPT record, which always has its place.
    opt: Option<Opt>,
}

struct Opt {
    dnssec_ok: bool,
    cookie: Option<[u8; 24]>,
}

/// A section of the answer.
#[derive(Clone, Copy)]
pub(super) enum Section {
    Answer = 0,
    Authority = 1,
    Additional = 2,
}

impl<'o> Response<'o> {
    /// Begins with the header and the question as it came.
    pub(super) fn new(
        query: &Query<'_>,
        over_udp: bool,
        cookie: Option<[u8; 24]>,
        out: &'o mut Vec<u8>,
    ) -> Response<'o> {
        write_bare(query.header, Rcode::NoError, out);
        if let Some(question) = &query.question {
            out.extend_from_slice(question.octets);
            out[5] = 1;
        }
        let opt = query.edns.as_ref().map(|edns| Opt { dnssec_ok: edns.dnssec_ok, cookie });
        let limit = match &query.edns {
            _ if !over_udp => u16::MAX,
            None => MIN_UDP,
            Some(edns) => edns.payload.clamp(MIN_UDP, MAX_UDP),
        };
        let question_end = out.len();
        let limit = usize::from(limit);
        Response {
            out,
            question_end,
            limit,
            counts: [0; 3],
            rcode: Rcode::NoError,
            authoritative: false,
            opt,
        }
    }

    pub(super) fn set_rcode(&mut self, rcode: Rcode) {
        self.rcode = rcode;
    }

    /// AA: the answer comes from a zone of ours.
    pub(super) fn set_authoritative(&mut self) {
        self.authoritative = true;
    }

    /// Adds a set whose owner stands at `owner` octets from the beginning of the message.
    /// Returns where its first record's data begins, or `None`, with nothing added, where a
    /// pointer cannot reach the owner.
    pub(super) fn push_set(&mut self, section: Section, set: &RecordSet, owner: usize) -> Option<usize> {
        let start = self.out.len();
        self.push_encoded(section, &set.octets, set.count, owner)?;
        if owner != QUESTION_NAME {
            // The first has been changed already.
            for record in set.records().skip(1) {
                self.write_pointer(start + record.start, owner)?;
            }
        }
        set.records().next().map(|record| start + record.data)
    }

    /// Adds encoded records, the first of which gets the owner at `owner`.
    pub(super) fn push_encoded(
        &mut self,
        section: Section,
        octets: &[u8],
        count: u16,
        owner: usize,
    ) -> Option<()> {
        let start = self.out.len();
        self.out.extend_from_slice(octets);
        if self.write_pointer(start, owner).is_none() {
            self.out.truncate(start);
            return None;
        }
        self.counts[section as usize] += count;
        Some(())
    }

    fn write_pointer(&mut self, at: usize, target: usize) -> Option<()> {
        let pointer = u16::try_from(target).ok().filter(|target| *target < 0x4000)? | 0xc000;
        self.out[at..at + 2].copy_from_slice(&pointer.to_be_bytes());
        Some(())
    }

    /// The name whose uncompressed octets begin here.
    pub(super) fn name_at(&self, at: usize) -> Option<LookupName<'_>> {
        let octets = self.out.get(at..)?;
        let mut end = 0;
        while octets.get(end).is_some_and(|length| *length > 0) {
            end += 1 + usize::from(octets[end]);
        }
        octets.get(..=end).map(LookupName::trusted)
    }

    /// True where a set of these octets still fits.
    pub(super) fn has_room_for(&self, octets: usize) -> bool {
        self.out.len() + octets + self.opt_length() <= self.limit
    }

    fn opt_length(&self) -> usize {
        self.opt.as_ref().map_or(0, |opt| if opt.cookie.is_some() { 39 } else { 11 })
    }

    /// Ends the answer; what does not fit is left out, and TC says so.
    pub(super) fn finish(mut self) {
        if self.has_room_for(0) {
            self.close(false);
        } else {
            self.finish_truncated();
        }
    }

    /// Ends the answer with nothing but the question: TC tells the sender to come over TCP.
    pub(super) fn finish_truncated(mut self) {
        self.out.truncate(self.question_end);
        self.counts = [0; 3];
        self.close(true);
    }

    fn close(&mut self, truncated: bool) {
        let rcode = self.rcode as u8;
        self.out[2] |= u8::from(self.authoritative) << 2 | u8::from(truncated) << 1;
        self.out[3] |= rcode & 0x0f;
        if let Some(opt) = &self.opt {
            push_opt(rcode >> 4, opt.dnssec_ok, opt.cookie.as_ref(), self.out);
            self.counts[Section::Additional as usize] += 1;
        }
        for (section, count) in self.counts.iter().enumerate() {
            self.out[6 + 2 * section..8 + 2 * section].copy_from_slice(&count.to_be_bytes());
        }
    }
}

/// Where the name of the question begins.
pub(super) const QUESTION_NAME: usize = 12;
