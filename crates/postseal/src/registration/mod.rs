//! What is to be registered for a domain, in which order and why, held against what is published; and the
//! forms in which a DNS host takes it.

// What is to be published, held against what is.
mod plan;

// The forms in which a DNS host takes it.
mod dnscontrol;
mod terraform;
mod zone_file;

use clap::ValueEnum;
use postseal_core::dns::DomainName;

pub(crate) use plan::{Action, Plan, Planned, Wanted, mechanisms};
pub(crate) use zone_file::remarks;

use crate::words::Lang;

/// A form in which records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines of a zone file (RFC 1035 §5).
    Zone,
    /// A `D_EXTEND` of DNSControl.
    Dnscontrol,
    /// Resources of Terraform's `hashicorp/dns`.
    Terraform,
}

impl Format {
    /// The plan in this form, with its reasons as remarks.
    pub(crate) fn write(self, plan: &Plan, domain: &DomainName, lang: Lang) -> String {
        match self {
            Format::Zone => zone_file::write(plan, lang),
            Format::Dnscontrol => dnscontrol::write(plan, domain, lang),
            Format::Terraform => terraform::write(plan, domain, lang),
        }
    }
}
