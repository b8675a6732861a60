//! A verdict as octets, in the spool. Whatever the octets are, reading them ends in a record or
//! in [`NotARecord`].

use std::borrow::Cow;
use std::net::IpAddr;
use std::str::FromStr;

use postseal_core::dkim::Selector;
use postseal_core::dmarc::{Alignment, AlignmentMode, DiscoveryMethod, FailureOptions, Policy};
use postseal_core::dns::DomainName;
use postseal_core::verdict::{
    AuthResults, DkimAuthResult, MAX_COMMENT, MAX_REPORTED_SIGNATURES, OverrideReason, PolicyEvaluated,
    PolicyPublished, ReportRow, SpfAuthResult,
};

use crate::VerdictRecord;

/// These octets are no record, or one of another version of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a verdict as this program writes them")]
pub(crate) struct NotARecord;

/// Octets of a record: twenty signatures with the longest names, and the rest.
pub(crate) const MAX_RECORD: usize = 20 * 1024;

/// The first octet of each record: how the rest is to be read.
const VERSION: u8 = 2;

/// Without what is aligned. A node that was upgraded may find some.
const VERSION_1: u8 = 1;

/// Reasons of one record; the program gives three at most.
const MAX_REASONS: usize = 8;

const MAX_WORD: usize = 255;

/// Appends a record.
pub(crate) fn write(record: &VerdictRecord, out: &mut Vec<u8>) {
    let mut out = Writer(out);
    out.0.push(VERSION);
    out.0.extend(record.at.to_be_bytes());
    out.word(&record.queue_id);
    out.address(record.client);
    out.name(record.mail_from.as_ref());
    out.name(record.author_domain.as_ref());
    out.auth_results(&record.auth_results);
    out.word(record.arc.as_str());
    out.word(record.dmarc.as_str());
    out.word(record.policy.map_or("", Policy::as_str));
    out.word(&record.action);
    out.aligned(record.aligned);
    match &record.evaluated {
        None => out.0.push(0),
        Some(evaluated) => {
            out.0.push(1);
            out.evaluated(evaluated);
        }
    }
}

/// A report's row as octets: equal ones for equal rows.
pub(crate) fn of_report_row(row: &ReportRow) -> Vec<u8> {
    let mut octets = Vec::with_capacity(256);
    let mut out = Writer(&mut octets);
    out.address(Some(row.source_ip));
    out.evaluated(&row.evaluated);
    out.name(Some(&row.header_from));
    out.name(row.envelope_from.as_ref());
    out.auth_results(&row.auth_results);
    octets
}

/// Reads a record, which the octets are and nothing else.
pub(crate) fn read(octets: &[u8]) -> Result<VerdictRecord, NotARecord> {
    let mut octets = Reader(octets);
    let version = octets.octet()?;
    if !matches!(version, VERSION | VERSION_1) {
        return Err(NotARecord);
    }
    let mut record = VerdictRecord {
        at: u64::from_be_bytes(octets.array()?),
        queue_id: octets.word()?.to_owned(),
        client: octets.address()?,
        mail_from: octets.optional(DomainName::parse)?,
        author_domain: octets.optional(DomainName::parse)?,
        auth_results: octets.auth_results()?,
        arc: octets.token()?,
        dmarc: octets.token()?,
        policy: octets.optional(Policy::from_str)?,
        action: Cow::Owned(octets.word()?.to_owned()),
        aligned: if version == VERSION { octets.aligned()? } else { None },
        evaluated: match octets.octet()? {
            0 => None,
            1 => Some(octets.evaluated()?),
            _ => return Err(NotARecord),
        },
    };
    if version == VERSION_1 {
        record.aligned = record.evaluated.as_ref().map(|evaluated| evaluated.aligned);
    }
    if octets.0.is_empty() { Ok(record) } else { Err(NotARecord) }
}

struct Writer<'o>(&'o mut Vec<u8>);

impl Writer<'_> {
    /// A length in one octet, and the text: names and words are never longer.
    fn word(&mut self, text: &str) {
        let text = &text[..text.floor_char_boundary(MAX_WORD)];
        self.0.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        self.0.extend(text.as_bytes());
    }

    /// Empty for none: no name is.
    fn name(&mut self, name: Option<&DomainName>) {
        self.word(name.map_or("", DomainName::as_str));
    }

    fn address(&mut self, address: Option<IpAddr>) {
        match address {
            None => self.0.push(0),
            Some(IpAddr::V4(address)) => {
                self.0.push(4);
                self.0.extend(address.octets());
            }
            Some(IpAddr::V6(address)) => {
                self.0.push(16);
                self.0.extend(address.octets());
            }
        }
    }

    fn aligned(&mut self, aligned: Option<Alignment>) {
        match aligned {
            None => self.0.push(0),
            Some(Alignment { spf, dkim }) => self.0.extend([1, u8::from(spf), u8::from(dkim)]),
        }
    }

    fn auth_results(&mut self, results: &AuthResults) {
        self.name(results.spf.domain.as_ref());
        self.word(results.spf.result.as_str());
        let signatures = &results.dkim[..results.dkim.len().min(MAX_REPORTED_SIGNATURES)];
        self.0.push(u8::try_from(signatures.len()).unwrap_or(u8::MAX));
        for signature in signatures {
            self.name(Some(&signature.domain));
            self.word(signature.selector.as_str());
            self.word(signature.result.as_str());
        }
    }

    fn evaluated(&mut self, evaluated: &PolicyEvaluated) {
        let published = &evaluated.published;
        self.name(Some(&published.domain));
        self.word(published.discovery_method.as_str());
        self.word(published.p.as_str());
        self.word(published.sp.map_or("", Policy::as_str));
        self.word(published.np.map_or("", Policy::as_str));
        self.word(&published.fo.to_string());
        self.word(published.adkim.as_str());
        self.word(published.aspf.as_str());
        let flags = [published.testing, evaluated.aligned.dkim, evaluated.aligned.spf];
        self.0.extend(flags.map(u8::from));
        self.word(evaluated.disposition.as_str());
        let reasons = &evaluated.reasons[..evaluated.reasons.len().min(MAX_REASONS)];
        self.0.push(u8::try_from(reasons.len()).unwrap_or(u8::MAX));
        for reason in reasons {
            self.word(reason.kind.as_str());
            let comment = &reason.comment[..reason.comment.floor_char_boundary(MAX_COMMENT)];
            self.0.extend(u16::try_from(comment.len()).unwrap_or(0).to_be_bytes());
            self.0.extend(comment.as_bytes());
        }
    }
}

struct Reader<'o>(&'o [u8]);

impl<'o> Reader<'o> {
    fn take(&mut self, count: usize) -> Result<&'o [u8], NotARecord> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(NotARecord)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], NotARecord> {
        self.take(N)?.try_into().map_err(|_| NotARecord)
    }

    fn octet(&mut self) -> Result<u8, NotARecord> {
        let [octet] = self.array()?;
        Ok(octet)
    }

    fn text(&mut self, count: usize) -> Result<&'o str, NotARecord> {
        std::str::from_utf8(self.take(count)?).map_err(|_| NotARecord)
    }

    fn word(&mut self) -> Result<&'o str, NotARecord> {
        let count = self.octet()?;
        self.text(usize::from(count))
    }

    /// `None` where it is empty.
    fn optional<T, E>(&mut self, read: impl Fn(&str) -> Result<T, E>) -> Result<Option<T>, NotARecord> {
        match self.word()? {
            "" => Ok(None),
            word => read(word).map(Some).map_err(|_| NotARecord),
        }
    }

    fn token<T: FromStr>(&mut self) -> Result<T, NotARecord> {
        self.word()?.parse().map_err(|_| NotARecord)
    }

    fn name(&mut self) -> Result<DomainName, NotARecord> {
        DomainName::parse(self.word()?).map_err(|_| NotARecord)
    }

    fn flag(&mut self) -> Result<bool, NotARecord> {
        match self.octet()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(NotARecord),
        }
    }

    fn count(&mut self, most: usize) -> Result<usize, NotARecord> {
        let count = usize::from(self.octet()?);
        if count > most { Err(NotARecord) } else { Ok(count) }
    }

    fn address(&mut self) -> Result<Option<IpAddr>, NotARecord> {
        Ok(match self.octet()? {
            0 => None,
            4 => Some(IpAddr::from(self.array::<4>()?)),
            16 => Some(IpAddr::from(self.array::<16>()?)),
            _ => return Err(NotARecord),
        })
    }

    fn aligned(&mut self) -> Result<Option<Alignment>, NotARecord> {
        if !self.flag()? {
            return Ok(None);
        }
        Ok(Some(Alignment { spf: self.flag()?, dkim: self.flag()? }))
    }

    fn auth_results(&mut self) -> Result<AuthResults, NotARecord> {
        let spf = SpfAuthResult { domain: self.optional(DomainName::parse)?, result: self.token()? };
        let count = self.count(MAX_REPORTED_SIGNATURES)?;
        let mut dkim = Vec::with_capacity(count);
        for _ in 0..count {
            dkim.push(DkimAuthResult {
                domain: self.name()?,
                selector: Selector::parse(self.word()?).map_err(|_| NotARecord)?,
                result: self.token()?,
            });
        }
        Ok(AuthResults { dkim, spf })
    }

    fn alignment_mode(&mut self) -> Result<AlignmentMode, NotARecord> {
        match self.word()? {
            "r" => Ok(AlignmentMode::Relaxed),
            "s" => Ok(AlignmentMode::Strict),
            _ => Err(NotARecord),
        }
    }

    fn evaluated(&mut self) -> Result<PolicyEvaluated, NotARecord> {
        let domain = self.name()?;
        let discovery_method = DiscoveryMethod::from_word(self.word()?).ok_or(NotARecord)?;
        let p = self.token()?;
        let sp = self.optional(Policy::from_str)?;
        let np = self.optional(Policy::from_str)?;
        let fo = FailureOptions::from_tag(self.word()?).ok_or(NotARecord)?;
        let (adkim, aspf) = (self.alignment_mode()?, self.alignment_mode()?);
        let testing = self.flag()?;
        let aligned = Alignment { dkim: self.flag()?, spf: self.flag()? };
        let published = PolicyPublished { domain, discovery_method, p, sp, np, fo, adkim, aspf, testing };
        let disposition = self.token()?;
        let count = self.count(MAX_REASONS)?;
        let mut reasons = Vec::with_capacity(count);
        for _ in 0..count {
            let kind = self.token()?;
            let len = usize::from(u16::from_be_bytes(self.array()?));
            if len > MAX_COMMENT {
                return Err(NotARecord);
            }
            reasons.push(OverrideReason { kind, comment: self.text(len)?.to_owned() });
        }
        Ok(PolicyEvaluated { published, disposition, aligned, reasons })
    }
}

/// What can be read is written and read again as the same.
pub(super) fn fuzz(octets: &[u8]) {
    let Ok(record) = read(octets) else { return };
    let mut written = Vec::new();
    write(&record, &mut written);
    assert!(written.len() <= MAX_RECORD);
    assert_eq!(read(&written), Ok(record));
}

#[cfg(test)]
mod tests;
