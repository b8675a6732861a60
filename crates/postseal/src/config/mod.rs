//! What the node is told: `postseal.toml`, checked.
//!
//! ```text
//! octets ─► Source ─► Table (spans) ─► sections ─► Settings
//!              └── Fault: file, line, column, what, what to do
//! ```
//!
//! Every fault of a file is found in one go.

// The text, and what may be wrong with it.
mod fault;
mod fault_report;
mod fault_words;
mod key_file_words;
mod source;
mod table;

// Values.
mod domains_file;
pub(crate) mod moment;
mod network;
mod quantity;

// The parts of the file.
mod sections;

// What comes out.
mod hosting_settings;
mod portal_settings;
mod settings;
mod tls_identity;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;
use postseal_store::{Store, StoreError};
use source::Source;
use table::Findings;
use toml::de::DeTable;

pub(crate) use fault::{Fault, FaultKind, Place, Severity};
pub(crate) use fault_report::FaultReport;
pub(crate) use hosting_settings::{HostingSettings, KeysSettings, StoreSettings, VerdictSettings};
pub(crate) use network::{Network, NetworkError};
pub(crate) use portal_settings::PortalSettings;
pub(crate) use quantity::retention;
pub(crate) use sections::CONTROL_SOCKET;
pub(crate) use settings::{
    AllowedPair, ControlSettings, Infrastructure, LogFormat, LogLevel, LogSettings, MilterAddress,
    MilterSettings, OnDnsTrouble, OnForeignAuthor, OnQuarantine, OnReject, QuarantineBy, ReceiveSettings,
    ResolverSettings, SealSettings, Settings, SignSettings,
};
pub(crate) use tls_identity::{TlsIdentity, TlsIdentityError};

/// Where the configuration is, unless another file is named.
pub(crate) const CONFIG_FILE: &str = "/etc/postseal/postseal.toml";

/// A configuration that can be used.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    /// What somebody should look at.
    pub(crate) warnings: Vec<Fault>,
}

/// How many key files are read to see whether they are right. Those that the file
/// names itself always are; it matters for those of a domains file, of which there may
/// be a hundred thousand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Depth<'s> {
    /// None: the node must be up in no time, and checks them then.
    Start,
    /// Those that the running settings do not have; the others must still be there and safe.
    Reload(&'s Settings),
    /// All.
    Everything,
}

/// Reads and checks a configuration.
///
/// # Errors
/// All faults, in the order of the file; the configuration must not be used. Warnings
/// are among them.
pub(crate) fn load(path: &Path, depth: Depth<'_>) -> Result<Loaded, Vec<Fault>> {
    let source = Source::read(path, MAX_CONFIG_FILE).map_err(|fault| vec![fault])?;
    check(&source, depth)
}

fn check(source: &Source, depth: Depth<'_>) -> Result<Loaded, Vec<Fault>> {
    let findings = Findings::new(source);
    let (table, errors) = DeTable::parse_recoverable(source.text());
    if !errors.is_empty() {
        // What is left out because it can't be read would only be missed further down.
        for error in errors.iter().take(MAX_SYNTAX_FAULTS) {
            let at = error.span().unwrap_or(0..0);
            findings.add(at, FaultKind::Syntax(error.message().to_owned()));
        }
        return Err(in_order(findings.into_faults()));
    }
    let settings = sections::settings(&findings, table.get_ref(), depth);
    let faults = in_order(findings.into_faults());
    let wrong = faults.iter().any(|fault| fault.severity() == Severity::Error);
    match settings {
        Some(settings) if !wrong => Ok(Loaded { settings, warnings: faults }),
        _ => Err(faults),
    }
}

/// The control socket of the node that runs on this file, however wrong the file is.
pub(crate) fn control_socket(path: &Path) -> PathBuf {
    let Ok(source) = Source::read(path, MAX_CONFIG_FILE) else { return CONTROL_SOCKET.into() };
    let findings = Findings::new(&source);
    let (table, _) = DeTable::parse_recoverable(source.text());
    sections::control_socket(&findings, table.get_ref())
}

/// Domains that the settings of this file name and the store has as well; who holds one there is
/// asked of `holder`. A hundred at most.
pub(crate) fn hosted_too(
    file: &Path,
    settings: &Settings,
    holder: impl Fn(&DomainName) -> Option<OrganisationName>,
) -> Vec<Fault> {
    let file: Arc<Path> = Arc::from(file);
    let domains = settings.sign.domains.iter().map(|domain| &domain.domain);
    let both = domains.filter_map(|domain| {
        let organisation = holder(domain)?;
        let place = settings.sign.named.get(domain).cloned().unwrap_or_else(|| Place::whole(&file));
        Some(Fault { place, kind: FaultKind::HostedToo { domain: domain.clone(), organisation } })
    });
    in_order(both.take(MAX_HOSTED_TOO).collect())
}

/// As [`hosted_too`], by the store's file, which is only looked at. Where it cannot be, that is
/// the fault; where it is not there yet, there is none. It blocks.
pub(crate) fn hosted_too_by_store(file: &Path, settings: &Settings) -> Vec<Fault> {
    let Some(path) = settings.store.as_ref().map(|store| &store.path).filter(|path| path.exists()) else {
        return Vec::new();
    };
    let names = settings.sign.domains.iter().map(|domain| &domain.domain);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let read = runtime
        .map_err(|source| StoreError::File { path: path.clone(), source })
        .and_then(|runtime| runtime.block_on(Store::holders_in_file(path, names)));
    match read {
        Ok(holders) => {
            let holders: HashMap<DomainName, OrganisationName> = holders.into_iter().collect();
            hosted_too(file, settings, |domain| holders.get(domain).cloned())
        }
        Err(error) => {
            let kind = FaultKind::StoreNotRead { path: path.clone(), error };
            vec![Fault { place: Place::whole(&Arc::from(file)), kind }]
        }
    }
}

/// More are wrong in the same way.
const MAX_HOSTED_TOO: usize = 100;

fn in_order(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort_by_cached_key(|fault| fault.place.order());
    faults
}

/// Octets of `postseal.toml`.
const MAX_CONFIG_FILE: u64 = 64_000_000;

/// After a forgotten quote, every line is wrong.
const MAX_SYNTAX_FAULTS: usize = 10;

#[cfg(test)]
mod tests;
