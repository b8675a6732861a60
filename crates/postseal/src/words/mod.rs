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
mod lang;
mod master_file;
mod message;
mod mta_sts;
mod named_domain;
mod record_fault;
mod refusal;
mod reported;
mod retention;
mod sign;
mod spf;
mod tlsa_fault;
mod unseen;

pub(crate) use api::{ProblemWords, api_problem, organisation_name_error};
pub(crate) use arc::{arc_cause, arc_result, seal_refusal};
pub(crate) use change::{change_evidence, change_fix, change_message};
pub(crate) use dkim::{dkim_cause, dkim_result};
pub(crate) use dmarc::{dmarc_cause, dmarc_meaning};
pub(crate) use dns::{dns_failure, record_type_and_name};
pub(crate) use finding::{finding_words, severity_word};
pub(crate) use hosting::{conclusion, event, finding, flyout, publish, standing, verification};
pub(crate) use lang::{Lang, say};
pub(crate) use master_file::{master_file_finding, master_file_next_step, master_file_wrong};
pub(crate) use message::{author_domain_error, defect, domain_name_error};
pub(crate) use mta_sts::mta_sts_state;
use mta_sts::{mta_sts_effect, mta_sts_fault, policy_unavailable};
pub(crate) use named_domain::named_domain;
use record_fault::{bimi_obstacle, record_fault};
pub(crate) use refusal::{topic_fix, topic_message, topic_summary};
pub(crate) use reported::{composite_reason, reported_result};
pub(crate) use retention::{kept_for, removed};
pub(crate) use sign::{authserv_id_error, sign_error};
use spf::term_error;
pub(crate) use spf::{spf_cause, spf_result};
use tlsa_fault::tlsa_fault;
pub(crate) use unseen::is_unseen;
