use postseal_core::dns::RecordData;
use postseal_dns::master_file::write_data;
use serde::{Deserialize, Serialize};

use crate::service::{Purpose, RecordToPublish};

/// A record that the owner of a domain is to publish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// `ownership`, `dkim`, `spf` or `dmarc`.
    pub(crate) purpose: String,
    pub(crate) name: String,
    /// Seconds.
    pub(crate) ttl: u32,
    /// `CNAME` or `TXT`.
    pub(crate) r#type: String,
    /// Where a CNAME points, or a TXT record in one piece.
    pub(crate) value: String,
    /// The line of a zone file; a long TXT record is split at 255 octets there.
    pub(crate) zone_line: String,
}

impl Record {
    pub(crate) fn of(record: &RecordToPublish) -> Record {
        let (kind, value) = match &record.data {
            RecordData::Cname(target) => ("CNAME", target.to_string()),
            RecordData::Txt(text) => ("TXT", String::from_utf8_lossy(&text.octets).into_owned()),
            other => ("?", write_data(other)),
        };
        let purpose = match record.purpose {
            Purpose::Ownership => "ownership",
            Purpose::Dkim => "dkim",
            Purpose::Spf => "spf",
            Purpose::Dmarc => "dmarc",
        };
        let (name, ttl) = (&record.name, record.ttl);
        Record {
            purpose: purpose.to_owned(),
            name: name.to_string(),
            ttl,
            r#type: kind.to_owned(),
            value,
            zone_line: format!("{name}. {ttl} IN {kind} {}", write_data(&record.data)),
        }
    }
}
