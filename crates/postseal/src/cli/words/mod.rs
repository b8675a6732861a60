//! Causes in words, for people. The core's causes are data with an English
//! text; here they are said in each language, by one exhaustive match each, so
//! that a new cause does not compile until somebody has said it.

mod api;
mod arc;
mod change;
mod dkim;
mod dmarc;
mod dns;
mod finding;
mod finding_en;
mod finding_ja;
mod hosting;
mod master_file;
mod message;
mod refusal;
mod reported;
mod sign;
mod spf;

pub(super) use api::{api_problem, organisation_name_error};
pub(super) use arc::{arc_cause, arc_result, seal_refusal};
pub(super) use change::{change_evidence, change_fix, change_message};
pub(super) use dkim::{dkim_cause, dkim_result};
pub(super) use dmarc::{dmarc_cause, dmarc_meaning};
pub(super) use dns::{dns_failure, record_type_and_name};
pub(super) use finding::{finding_words, severity_word};
pub(super) use hosting::{conclusion, event, finding, flyout, publish, standing, verification};
pub(super) use master_file::{master_file_finding, master_file_next_step, master_file_wrong};
pub(super) use message::{author_domain_error, defect, domain_name_error};
pub(super) use refusal::{topic_fix, topic_message, topic_summary};
pub(super) use reported::{composite_reason, reported_result};
pub(super) use sign::{authserv_id_error, sign_error};
use spf::term_error;
pub(super) use spf::{spf_cause, spf_result};
