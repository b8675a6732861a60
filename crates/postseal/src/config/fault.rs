use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, io};

use postseal_core::dkim::SignError;
use postseal_core::dns::{DomainName, DomainNameError};
use postseal_core::hosting::{OrganisationName, OrganisationNameError};
use postseal_core::verdict::AuthservIdError;
use postseal_store::StoreError;

use super::{MilterAddress, NetworkError, TlsIdentityError};
use crate::signing::{KeyFileError, LoginPatternError};
use crate::words::Lang;

/// Something wrong in a file of the configuration: what, and where.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) place: Place,
    pub(crate) kind: FaultKind,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: Arc<Path>,
    /// `None`: the file as a whole.
    pub(crate) mark: Option<Mark>,
}

/// Characters within a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Counted from 1.
    pub(crate) line: usize,
    /// Of the first character, in characters, counted from 1.
    pub(crate) column: usize,
    /// Characters, at least 1.
    pub(crate) length: usize,
    /// The whole line.
    pub(crate) text: String,
}

/// What keeps a configuration from being used, and what does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// The configuration is not used.
    Error,
    /// It is used; somebody should look at it.
    Warning,
}

/// The type of a value, in TOML's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueType {
    Text,
    /// A text, or several in an array.
    Texts,
    Integer,
    Boolean,
    Date,
    Table,
    /// `[[name]]`
    Tables,
}

/// What is wrong.
#[derive(Debug)]
pub(crate) enum FaultKind {
    /// The file can't be read.
    Unreadable(io::Error),
    TooLarge {
        octets: u64,
        max: u64,
    },
    NotUtf8,
    /// It is no TOML; in the parser's words.
    Syntax(String),
    UnknownKey {
        key: String,
        table: &'static str,
        nearest: Option<&'static str>,
        known: &'static [&'static str],
    },
    MissingKey {
        key: &'static str,
        table: &'static str,
        /// Something that could stand there.
        example: &'static str,
    },
    WrongType {
        expected: ValueType,
        found: &'static str,
    },
    NotOneOf {
        value: String,
        known: Vec<&'static str>,
    },
    Number {
        min: u64,
        max: u64,
    },
    Duration {
        value: String,
    },
    DurationRange {
        min: &'static str,
        max: &'static str,
    },
    Size {
        value: String,
    },
    SizeRange {
        min: &'static str,
        max: &'static str,
    },
    Mode {
        value: String,
    },
    Group {
        value: String,
    },
    Date,
    Contact {
        value: String,
    },
    EmptyText,
    NameServer {
        value: String,
    },
    Address {
        value: String,
    },
    /// No SPF mechanism that passes.
    Sender {
        value: String,
    },
    /// The store has the domain as well.
    HostedToo {
        domain: DomainName,
        organisation: OrganisationName,
    },
    /// Whether the store has domains of the file as well is not known.
    StoreNotRead {
        path: PathBuf,
        error: StoreError,
    },
    /// It does not say where a key-encryption key is; perhaps it is the key, so it is not repeated.
    KeySource,
    Organisation {
        value: String,
        error: OrganisationNameError,
    },
    /// A table that means nothing without `[store]`.
    NeedsStore {
        table: &'static str,
    },
    /// A name server within the hosting zone, which has no address there.
    NameServerWithoutAddress {
        name: DomainName,
    },
    /// An address is given to a name that does not lie in the hosting zone.
    OutsideZone {
        name: DomainName,
        zone: DomainName,
    },
    ListenAddress {
        value: String,
    },
    HttpAddress {
        value: String,
    },
    Network {
        value: String,
        error: NetworkError,
    },
    Domain {
        value: String,
        error: DomainNameError,
    },
    Selector {
        value: String,
        error: DomainNameError,
    },
    /// Selector and domain together are too long for the DNS.
    KeyName {
        error: DomainNameError,
    },
    AuthservId {
        value: String,
        error: AuthservIdError,
    },
    /// There is none in the file, and the host name cannot be one.
    HostName {
        value: String,
    },
    Login(LoginPatternError),
    Headers(SignError),
    Canonicalization {
        value: String,
    },
    /// Two sockets that cannot both be listened on.
    SameSocket {
        one: String,
        other: String,
    },
    DuplicateDomain {
        domain: DomainName,
        first: Place,
    },
    /// A line of the domains file without its three columns.
    DomainsFileLine {
        columns: usize,
    },
    /// A source names what no signing domain covers.
    SourceDomain {
        domain: DomainName,
    },
    SourceListener {
        listener: MilterAddress,
    },
    /// An organisation, and nothing that keeps one.
    OrganisationWithoutStore,
    SourceWithoutCondition,
    SourceWithoutDomains,
    SourceWithBoth,
    AllowedWithoutInfrastructure,
    AllowedWithBoth,
    KeyFile {
        /// Whose key it is to be.
        domain: DomainName,
        error: KeyFileError,
    },
    /// An RSA key where the Ed25519 key belongs.
    NotEd25519,
    /// The portal would take passwords in clear from other machines.
    PortalNeedsTls,
    TlsIdentity(TlsIdentityError),
    // Warnings.
    /// An Ed25519 key as the only one, or as the main one.
    OnlyEd25519,
    /// No source may sign as this domain.
    Unused {
        domain: DomainName,
    },
    AllowedIsOver,
    HttpNotLoopback,
}

impl Fault {
    pub(crate) fn severity(&self) -> Severity {
        match self.kind {
            FaultKind::OnlyEd25519
            | FaultKind::Unused { .. }
            | FaultKind::AllowedIsOver
            | FaultKind::StoreNotRead { .. }
            | FaultKind::HttpNotLoopback => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// Where, what, and what to do, as one line for a log.
    pub(crate) fn line(&self, lang: Lang) -> String {
        let what = self.kind.what(lang);
        match self.kind.advice(lang) {
            Some(advice) => format!("{}: {what}; {}", self.place, advice.replace('\n', " ")),
            None => format!("{}: {what}", self.place),
        }
    }
}

impl Place {
    pub(crate) fn whole(file: &Arc<Path>) -> Place {
        Place { file: Arc::clone(file), mark: None }
    }

    /// Where the faults of a file are put in order.
    pub(crate) fn order(&self) -> (Arc<Path>, usize, usize) {
        let (line, column) = self.mark.as_ref().map_or((0, 0), |mark| (mark.line, mark.column));
        (Arc::clone(&self.file), line, column)
    }
}

/// `FILE:LINE:COLUMN`, as compilers write it and editors read it.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        match &self.mark {
            Some(mark) => write!(f, ":{}:{}", mark.line, mark.column),
            None => Ok(()),
        }
    }
}
