use super::PolicyRecord;
use crate::dns::TxtRecord;

/// What the TXT records of one name hold of DMARC.
#[derive(Debug)]
pub enum Published {
    /// No DMARC Policy Record.
    Nothing,
    /// One.
    Record(Box<PolicyRecord>),
    /// More than one: none counts.
    Several,
}

impl Published {
    /// What these records hold.
    pub fn of(records: &[TxtRecord]) -> Published {
        // RFC 9989 §4.10: "Records that do not start with a "v" tag that identifies the
        // current version of DMARC are discarded."
        let mut records = records.iter().filter_map(|txt| PolicyRecord::read(&txt.octets).record);
        match (records.next(), records.next()) {
            (None, _) => Published::Nothing,
            (Some(record), None) => Published::Record(Box::new(record)),
            // "If multiple DMARC Policy Records are returned for a single target, they are all
            // discarded."
            (Some(_), Some(_)) => Published::Several,
        }
    }
}
