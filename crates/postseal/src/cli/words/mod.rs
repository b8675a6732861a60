//! Causes in words, for people. The core's causes are data with an English
//! text; here they are said in each language, by one exhaustive match each, so
//! that a new cause does not compile until somebody has said it.

mod dns;
mod spf;

pub(super) use dns::{dns_failure, record_type_and_name};
pub(super) use spf::{spf_cause, spf_result};
