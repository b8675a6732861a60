use postseal_core::hosting::{HostedLabelError, Refusal};
use postseal_store::StoreError;
use serde::{Deserialize, Serialize};

use super::resource::{DkimSigningConfiguration, moment};
use crate::config::FaultReport;
use crate::service::ServiceError;

/// Why a request was not done (RFC 9457). The type is stable; title and detail are for people.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Problem {
    /// `urn:postseal:problem:` and the word of its [`ProblemKind`].
    pub(crate) r#type: String,
    pub(crate) title: String,
    /// The HTTP status.
    pub(crate) status: u16,
    /// What happened, to what.
    pub(crate) detail: String,
    /// The domain or the organisation that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    /// When it can be tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<String>,
    /// How the domain signs now, with what was found in the DNS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) configuration: Option<Box<DkimSigningConfiguration>>,
    /// What is wrong with the configuration file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) faults: Option<Vec<FaultReport>>,
}

/// What kinds of problems there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    BadRequest,
    Forbidden,
    NoSuchRoute,
    MethodNotAllowed,
    TooLarge,
    TooSlow,
    NotConfigured,
    StoreNotOpen,
    StoreFailed,
    NoMessage,
    NoAllowedPair,
    AllowedPairTaken,
    AllowedPairUnfit,
    TooManyAllowedPairs,
    NoOrganisation,
    OrganisationTaken,
    NoDomain,
    NotVerified,
    HeldByAnother,
    InFile,
    InHostingZone,
    InitialDomain,
    NoNameServers,
    NoDkimKeys,
    AlreadyConfigured,
    NotVisible,
    RotationRunning,
    NotEnabled,
    KeySize,
    SelectorsInUse,
    SelectorsAlike,
    DisplayName,
    Selector,
    TooManySealers,
    BackupFile,
    ForeignBackup,
    DamagedBackup,
    WrongKey,
    ConfigurationWrong,
    ReloadFailed,
    NotLoggedIn,
    WrongPassword,
    TooManyTries,
    Busy,
    PasswordUnfit,
    NotFromHere,
    WrongHost,
    NoPortal,
    NoAccount,
    NoSetupLink,
    NoToken,
    TokenTaken,
    TokenScope,
    TooManyTokens,
    Fault,
}

const FRONT: &str = "urn:postseal:problem:";

impl ProblemKind {
    /// Every kind.
    pub(crate) const ALL: [ProblemKind; 55] = {
        use ProblemKind as K;
        [
            K::BadRequest,
            K::Forbidden,
            K::NoSuchRoute,
            K::MethodNotAllowed,
            K::TooLarge,
            K::TooSlow,
            K::NotConfigured,
            K::StoreNotOpen,
            K::StoreFailed,
            K::NoMessage,
            K::NoAllowedPair,
            K::AllowedPairTaken,
            K::AllowedPairUnfit,
            K::TooManyAllowedPairs,
            K::NoOrganisation,
            K::OrganisationTaken,
            K::NoDomain,
            K::NotVerified,
            K::HeldByAnother,
            K::InFile,
            K::InHostingZone,
            K::InitialDomain,
            K::NoNameServers,
            K::NoDkimKeys,
            K::AlreadyConfigured,
            K::NotVisible,
            K::RotationRunning,
            K::NotEnabled,
            K::KeySize,
            K::SelectorsInUse,
            K::SelectorsAlike,
            K::DisplayName,
            K::Selector,
            K::TooManySealers,
            K::BackupFile,
            K::ForeignBackup,
            K::DamagedBackup,
            K::WrongKey,
            K::ConfigurationWrong,
            K::ReloadFailed,
            K::NotLoggedIn,
            K::WrongPassword,
            K::TooManyTries,
            K::Busy,
            K::PasswordUnfit,
            K::NotFromHere,
            K::WrongHost,
            K::NoPortal,
            K::NoAccount,
            K::NoSetupLink,
            K::NoToken,
            K::TokenTaken,
            K::TokenScope,
            K::TooManyTokens,
            K::Fault,
        ]
    };

    /// The last part of its type, the status and the title.
    pub(crate) fn words(self) -> (&'static str, u16, &'static str) {
        use ProblemKind as K;
        match self {
            K::BadRequest => ("bad-request", 400, "The request cannot be read"),
            K::Forbidden => ("forbidden", 403, "The caller may not do this"),
            K::NoSuchRoute => ("no-such-route", 404, "There is nothing at this path"),
            K::MethodNotAllowed => ("method-not-allowed", 405, "This path has no such method"),
            K::TooLarge => ("too-large", 413, "The body is too large"),
            K::TooSlow => ("too-slow", 408, "The request did not come in time"),
            K::NotConfigured => ("not-configured", 404, "This node has no store"),
            K::StoreNotOpen => ("store-not-open", 503, "The store is not open yet"),
            K::StoreFailed => ("store-failed", 503, "The store failed"),
            K::NoAllowedPair => ("no-allowed-pair", 404, "There is no such allowed pair"),
            K::AllowedPairTaken => ("allowed-pair-taken", 409, "This pair is allowed already"),
            K::AllowedPairUnfit => ("allowed-pair-unfit", 422, "This pair cannot be allowed"),
            K::TooManyAllowedPairs => ("too-many-allowed-pairs", 422, "Too many allowed pairs"),
            K::NoMessage => ("no-message", 404, "There is no such message"),
            K::NoOrganisation => ("no-organisation", 404, "There is no such organisation"),
            K::OrganisationTaken => ("organisation-taken", 409, "The name is taken, or was once"),
            K::NoDomain => ("no-domain", 404, "The organisation has no such domain"),
            K::NotVerified => ("not-verified", 409, "The domain is not verified"),
            K::HeldByAnother => ("held-by-another", 409, "Another organisation holds the domain"),
            K::InFile => ("in-file", 409, "The domain is in the configuration file"),
            K::InHostingZone => ("in-hosting-zone", 409, "The domain lies in the hosting zone"),
            K::InitialDomain => ("initial-domain", 409, "The domain is an initial domain"),
            K::NoNameServers => ("no-name-servers", 502, "The domain's name servers are not found"),
            K::NoDkimKeys => ("no-dkim-keys", 404, "No DKIM keys are saved for the domain"),
            K::AlreadyConfigured => ("already-configured", 409, "The domain has DKIM keys already"),
            K::NotVisible => ("not-visible", 409, "The key is not visible in the DNS"),
            K::RotationRunning => ("rotation-running", 409, "A rotation runs"),
            K::NotEnabled => ("not-enabled", 409, "Signing is not enabled"),
            K::KeySize => ("key-size", 422, "A key may have 2048, 3072 or 4096 bits"),
            K::SelectorsInUse => ("selectors-in-use", 409, "The selectors are in use"),
            K::SelectorsAlike => ("selectors-alike", 422, "Both selectors have the same name"),
            K::DisplayName => ("display-name", 422, "The display name cannot be taken"),
            K::Selector => ("selector", 422, "No hosted name can be made"),
            K::TooManySealers => ("too-many-sealers", 422, "Too many trusted sealers"),
            K::BackupFile => ("backup-file", 422, "The file cannot be used"),
            K::ForeignBackup => ("foreign-backup", 409, "The backup is another store's"),
            K::DamagedBackup => ("damaged-backup", 422, "The backup is damaged"),
            K::WrongKey => ("wrong-key", 409, "The backup has another key-encryption key"),
            K::ConfigurationWrong => ("configuration-wrong", 422, "The configuration file is wrong"),
            K::ReloadFailed => ("reload-failed", 500, "The configuration was not taken"),
            K::NotLoggedIn => ("not-logged-in", 401, "Nobody is logged in"),
            K::WrongPassword => ("wrong-password", 403, "The name or the password is not right"),
            K::TooManyTries => ("too-many-tries", 429, "Too many tries"),
            K::Busy => ("busy", 503, "The node is busy"),
            K::PasswordUnfit => ("password-unfit", 422, "The password cannot be taken"),
            K::NotFromHere => ("not-from-here", 403, "The request does not come from a page of this node"),
            K::WrongHost => ("wrong-host", 421, "The node is not reached by this name"),
            K::NoPortal => ("no-portal", 404, "This node has no portal"),
            K::NoAccount => ("no-account", 404, "There is no such account"),
            K::NoSetupLink => ("no-setup-link", 410, "The set-up link is not good any more"),
            K::NoToken => ("no-token", 404, "There is no such API token"),
            K::TokenTaken => ("token-taken", 409, "The name is taken, or was once"),
            K::TokenScope => ("token-scope", 422, "A token cannot have this scope"),
            K::TooManyTokens => ("too-many-tokens", 422, "Too many API tokens"),
            K::Fault => ("fault", 500, "This program failed"),
        }
    }

    /// Its type.
    pub(crate) fn urn(self) -> String {
        format!("{FRONT}{}", self.words().0)
    }
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Problem {
        let (_, status, title) = kind.words();
        Problem {
            r#type: kind.urn(),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            subject: None,
            until: None,
            configuration: None,
            faults: None,
        }
    }

    pub(super) fn bad_request(detail: String) -> Problem {
        Problem::new(ProblemKind::BadRequest, detail)
    }

    /// Which kind it is; `None` for one of a newer node.
    pub(crate) fn kind(&self) -> Option<ProblemKind> {
        let word = self.r#type.strip_prefix(FRONT)?;
        ProblemKind::ALL.into_iter().find(|kind| kind.words().0 == word)
    }

    pub(super) fn about(mut self, subject: &str) -> Problem {
        self.subject = Some(subject.to_owned());
        self
    }

    /// Of a domain's refusal, with how it signs now.
    pub(super) fn not_visible(refusal: &Refusal, configuration: DkimSigningConfiguration) -> Problem {
        let domain = configuration.domain.clone();
        let mut problem = Problem::new(ProblemKind::NotVisible, refusal.to_string()).about(&domain);
        problem.configuration = Some(Box::new(configuration));
        problem
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Problem {
        use ProblemKind as K;
        let detail = error.to_string();
        match &error {
            ServiceError::Store(error) => of_store(error, detail),
            ServiceError::Key(_) => Problem::new(K::KeySize, detail),
            ServiceError::NoServers(_) => Problem::new(K::NoNameServers, detail),
            ServiceError::NotVisible { refusal, view } => {
                Problem::not_visible(refusal, DkimSigningConfiguration::of(view))
            }
            ServiceError::InFile(name) => Problem::new(K::InFile, detail).about(name),
            ServiceError::InHostingZone(name) => Problem::new(K::InHostingZone, detail).about(name),
            ServiceError::InitialDomain(name) => Problem::new(K::InitialDomain, detail).about(name),
            ServiceError::WrongPassword => Problem::new(K::WrongPassword, detail),
            ServiceError::Wait { .. } => Problem::new(K::TooManyTries, detail),
            ServiceError::Busy => Problem::new(K::Busy, detail),
            ServiceError::Password(_) => Problem::new(K::PasswordUnfit, detail),
            ServiceError::OperateWithOrganisation => Problem::new(K::TokenScope, detail),
            ServiceError::PairUnfit(_) => Problem::new(K::AllowedPairUnfit, detail),
            ServiceError::Fault(_) => Problem::new(K::Fault, detail),
        }
    }
}

fn of_store(error: &StoreError, detail: String) -> Problem {
    use ProblemKind as K;
    let (kind, subject) = match error {
        StoreError::NoOrganisation(name) => (K::NoOrganisation, Some(name)),
        StoreError::OrganisationTaken(name) => (K::OrganisationTaken, Some(name)),
        StoreError::NoDomain(name) => (K::NoDomain, Some(name)),
        StoreError::NotHeld(name) => (K::NotVerified, Some(name)),
        StoreError::HeldByAnother(name) => (K::HeldByAnother, Some(name)),
        StoreError::NoConfiguration(name) => (K::NoDkimKeys, Some(name)),
        StoreError::AlreadyConfigured(name) => (K::AlreadyConfigured, Some(name)),
        StoreError::HostedNameTaken(name) => (K::Selector, Some(name)),
        StoreError::Refused(refusal) => return of_refusal(refusal, detail),
        StoreError::Label(
            HostedLabelError::DomainTooLong
            | HostedLabelError::NoRoom
            | HostedLabelError::DottedSelector
            | HostedLabelError::SelectorTooLong { .. }
            | HostedLabelError::AllTaken,
        ) => (K::Selector, None),
        StoreError::WrongKey => (K::WrongKey, None),
        StoreError::File { .. } => (K::BackupFile, None),
        StoreError::ForeignBackup => (K::ForeignBackup, None),
        StoreError::DamagedBackup(_) => (K::DamagedBackup, None),
        StoreError::NoPair(_) => (K::NoAllowedPair, None),
        StoreError::PairTaken(name) => (K::AllowedPairTaken, Some(name)),
        StoreError::TooManyPairs => (K::TooManyAllowedPairs, None),
        StoreError::TooManySealers => (K::TooManySealers, None),
        StoreError::NoAccount => (K::NoAccount, None),
        StoreError::NoSetupLink => (K::NoSetupLink, None),
        StoreError::NoToken(name) => (K::NoToken, Some(name)),
        StoreError::TokenTaken(name) => (K::TokenTaken, Some(name)),
        StoreError::TooManyTokens => (K::TooManyTokens, None),
        StoreError::Database(_)
        | StoreError::NewerSchema { .. }
        | StoreError::Vault(_)
        | StoreError::BadRow { .. }
        | StoreError::NoKey(_) => (K::StoreFailed, None),
    };
    let problem = Problem::new(kind, detail);
    match subject {
        Some(subject) => problem.about(subject),
        None => problem,
    }
}

fn of_refusal(refusal: &Refusal, detail: String) -> Problem {
    use ProblemKind as K;
    let kind = match refusal {
        Refusal::NotSeen { .. } => K::NotVisible,
        Refusal::RotationRunning { .. } => K::RotationRunning,
        Refusal::NotEnabled => K::NotEnabled,
        Refusal::KeySize { .. } => K::KeySize,
        Refusal::KeyNeeded { .. } => K::Fault,
        Refusal::SelectorsInUse => K::SelectorsInUse,
        Refusal::SelectorsAlike => K::SelectorsAlike,
        Refusal::DisplayName => K::DisplayName,
    };
    let mut problem = Problem::new(kind, detail);
    if let Refusal::RotationRunning { until } = refusal {
        problem.until = Some(moment(*until));
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_word_of_its_own_and_is_found_by_it() {
        for kind in ProblemKind::ALL {
            let problem = Problem::new(kind, "x");
            assert_eq!(problem.kind(), Some(kind));
            let json = serde_json::to_value(&problem).expect("JSON");
            let back: Problem = serde_json::from_value(json).expect("read");
            assert_eq!(back.kind(), Some(kind));
        }
    }

    #[test]
    fn each_kind_is_documented() {
        let documented = include_str!("../../../../docs/api.md");
        for (word, status, _) in ProblemKind::ALL.map(ProblemKind::words) {
            assert!(documented.contains(&format!("`{word}`")), "docs/api.md lacks {word}");
            assert!(documented.contains(&status.to_string()), "docs/api.md lacks {status}");
        }
    }
}
