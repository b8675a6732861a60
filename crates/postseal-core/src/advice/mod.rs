//! What a domain's records mean: findings with the place marked, what it does
//! to mail, and the record to put instead.
//!
//! [`check`] is a plain function over the parsers that judge mail, by ask and
//! replay like everything here. It speaks no language: a [`Cause`] holds the
//! data, and the program makes the sentences.

// What can be said.
mod cause;
mod cause_severity;
mod finding;
mod finding_id;

// Who says it: one kind of record each, then all of them together.
mod bimi_advice;
mod dane_advice;
mod dkim_advice;
mod dkim_key_advice;
mod dmarc_advice;
mod dmarc_record_advice;
mod mta_sts_advice;
mod mta_sts_policy;
mod mx_advice;
mod ptr_advice;
mod source_advice;
mod spf_advice;
mod spf_record_advice;
mod tlsrpt_advice;
mod ttl_advice;

mod check;

// What receivers do with it.
mod prediction;

// What refusals mean.
mod bounce;

// What others have said about a message.
mod reported;

// What was done to a message.
mod changes;

// What they stand on.
mod at_source;
mod dkim_cname;
mod dmarc_fix;
mod lossy_text;
mod registrable;
mod signers;
mod spf_drafts;
mod spf_fix;
mod spf_merge;
mod spf_networks;
mod spf_tree;
mod versioned_record;

pub use at_source::{
    AtSource, DnssecState, ExchangeTlsa, ServerSays, SourceAnswers, SourceQuestions, SourceServer,
};
pub use bimi_advice::{BimiObstacle, bimi_faults};
pub use bounce::{
    BadCode, Bounce, BounceRule, BounceRules, CodePattern, Diagnosis, EmptyPattern, EnhancedCode, MAX_BOUNCE,
    MAX_REPLIES, MAX_REPLY_TEXT, Receiver, RefusalCause, RefusalPattern, SmtpReply, TextPattern, Topic,
    UnknownTopic, diagnose, replies,
};
pub use cause::{Cause, FindingId};
pub use changes::{
    Change, ExaminedSignature, MAX_EXAMINED_BODY, MAX_HOPS, MessageExamination, MessageHop, examine_message,
};
pub use check::{CheckReport, CheckRequest, DmarcPolicy, MAX_CHECK_QUERIES, check};
pub use dane_advice::TlsaFault;
pub use dkim_advice::{DkimKey, KeyState, USUAL_SELECTORS};
pub use dkim_key_advice::KeyFault;
pub use dmarc_record_advice::{BadValue, PctReading, PolicyFault};
pub use finding::{Finding, Fix, Severity};
pub use finding_id::UnknownFindingId;
pub use lossy_text::lossy;
pub use mta_sts_advice::{
    CertificateFault, MtaSts, MtaStsFault, MtaStsPolicyState, PolicyFetch, PolicyNotReached,
    PolicyUnavailable, mta_sts_faults,
};
pub use mta_sts_policy::{
    FaultyLine, MAX_POLICY_AGE, MAX_POLICY_FAULTS, MAX_POLICY_FILE, MAX_SHOWN_LINE, MtaStsMode, MtaStsPolicy,
    MtaStsPolicyFault, MxPattern, ReadPolicy,
};
pub use prediction::{
    BULK_VOLUME, Condition, NotInRules, PredictedOutcome, Prediction, PredictionRule, predict,
};
pub use reported::{
    CompositeAuthentication, CompositeReason, MAX_REPORTED, Method, Pasted, ReportedArcSet, ReportedArcSets,
    ReportedResult, ReportedResults, header_fields,
};
pub use signers::signers;
pub use spf_merge::{BrokenSpf, MergedSpf, flatten_spf, merge_spf};
pub use spf_networks::PrivateRange;
pub use spf_tree::{SpfNode, SpfState, SpfTerm, TermOutcome};
pub use tlsrpt_advice::tlsrpt_faults;
pub use versioned_record::RecordFault;
