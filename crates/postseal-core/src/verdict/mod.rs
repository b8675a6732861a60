//! All results for one message.
//!
//! [`Authentication`] is the path of a message from the envelope to its
//! [`Verdict`]; everything else in this crate is a step of it.
//!
//! ```
//! use postseal_core::dns::{Answers, DomainName, RecordData, TxtRecord, Zone};
//! use postseal_core::message::{Envelope, HeaderSection, HeloIdentity, MailFrom};
//! use postseal_core::verdict::{Authentication, Options};
//!
//! let mut zone = Zone::new();
//! for (name, text) in [("example.org", "v=spf1 ip4:192.0.2.1 -all"), ("_dmarc.example.org", "v=DMARC1; p=reject")] {
//!     zone.add(&DomainName::parse(name)?, 3600, RecordData::Txt(TxtRecord::from_strings(&[text])));
//! }
//! let envelope = Envelope {
//!     client: "192.0.2.1".parse()?,
//!     helo: HeloIdentity::new("mail.example.org"),
//!     mail_from: MailFrom::new("jo@example.org"),
//! };
//! let options = Options::new("mx.example.net");
//! let mut message = Authentication::new(envelope, &options, 1_790_000_000);
//! message.header_section(HeaderSection::parse(b"From: jo@example.org\r\n".to_vec()));
//! message.body(b"Hello\r\n");
//! message.end_of_message();
//! let mut answers = Answers::new(&zone);
//! message.evaluate(&mut answers).expect("a zone answers everything");
//! let verdict = message.into_verdict().expect("evaluated");
//! assert_eq!(verdict.dmarc.result.as_str(), "pass");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authenticate;
mod authentication_results;
mod report_row;

pub use authenticate::{Authentication, Options};
pub use authentication_results::{
    AuthenticationResults, AuthservId, AuthservIdError, FieldDefect, FieldFinding, Form, Keyword,
    KeywordError, MAX_AUTHENTICATION_RESULTS, MAX_PROPERTIES, MAX_RESULTS, MethodResult, Property,
    ReadAuthenticationResults, claims, fields_to_strip,
};
pub use report_row::{
    AuthResults, DkimAuthResult, MAX_COMMENT, MAX_REPORTED_SIGNATURES, OverrideKind, OverrideReason,
    PolicyEvaluated, PolicyPublished, ReportRow, SpfAuthResult,
};

use crate::message::HeaderSection;
use crate::{arc, dkim, dmarc, spf};

/// All results for one message.
#[derive(Debug)]
pub struct Verdict {
    /// SPF for the HELO identity. DMARC does not use it.
    pub helo: spf::Evaluation,
    /// SPF for the MAIL FROM identity.
    pub mail_from: spf::Evaluation,
    /// One result for each DKIM-Signature field, top down.
    pub dkim: Vec<dkim::SignatureResult>,
    /// The chain of forwarders. That it passes is no reason to trust it:
    /// [`arc::Chain::is_trusted`].
    pub arc: arc::Chain,
    /// DMARC.
    pub dmarc: dmarc::Evaluation,
    /// The header section that was judged.
    pub section: HeaderSection,
    /// The hashes of its body.
    pub body: dkim::BodyDigests,
}
