use std::fmt;
use std::ops::Range;

use super::{Cause, FindingId};
use crate::dns::{DomainName, RecordType, TxtRecord};

/// One thing that was found in a domain's records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it says.
    pub cause: Cause,
    /// The name of the record, or the name at which it is missing.
    pub name: Option<DomainName>,
    /// The record's text as published, TXT strings joined.
    pub record: Option<Vec<u8>>,
    /// The octets of `record` that it is about.
    pub span: Option<Range<usize>>,
    /// The record to put instead, where one can be computed.
    pub fix: Option<Fix>,
}

impl Finding {
    /// A finding about no record in particular.
    pub fn new(cause: Cause) -> Finding {
        Finding { cause, name: None, record: None, span: None, fix: None }
    }

    /// A finding about a name, most often about a record that is not there.
    pub fn at(cause: Cause, name: &DomainName) -> Finding {
        Finding { name: Some(name.clone()), ..Finding::new(cause) }
    }

    /// A finding about a place in a text record.
    pub fn in_record(cause: Cause, name: &DomainName, record: &TxtRecord, span: Range<usize>) -> Finding {
        let end = span.end.min(record.octets.len());
        Finding {
            record: Some(record.octets.clone()),
            span: Some(span.start.min(end)..end),
            ..Finding::at(cause, name)
        }
    }

    /// The same finding with the record to put instead.
    #[must_use]
    pub fn with_fix(self, fix: Option<Fix>) -> Finding {
        Finding { fix, ..self }
    }

    /// The stable name of this kind of finding.
    pub fn id(&self) -> FindingId {
        self.cause.id()
    }

    /// How grave it is.
    pub fn severity(&self) -> Severity {
        self.cause.severity()
    }
}

/// How grave a finding is, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Mail is lost, or the domain is open to impostors.
    Error,
    /// It works today, with a risk.
    Warning,
    /// Good to know.
    Info,
}

impl Severity {
    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A record to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The record's type.
    pub record_type: RecordType,
    /// The record's name.
    pub name: DomainName,
    /// The value as a DNS host's form takes it: a text in one piece and without
    /// quotation marks, names without a final dot.
    pub value: String,
    /// Time to live in seconds.
    pub ttl: u32,
}

impl Fix {
    /// The time to live that is advised: one hour, in seconds.
    pub const TTL: u32 = 3600;

    /// A TXT record at `name`.
    pub fn txt(name: &DomainName, value: impl Into<String>) -> Fix {
        Fix { record_type: RecordType::Txt, name: name.clone(), value: value.into(), ttl: Fix::TTL }
    }
}
