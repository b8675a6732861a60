use postseal_core::hosting::Refusal;
use postseal_dns::ask::authoritative::NoServers;
use postseal_store::{HostedKeyError, StoreError};

use super::{DkimView, PasswordFault};

/// Why something was not done. Then nothing of it was done, except where it says otherwise.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Key(#[from] HostedKeyError),
    /// The domain's own servers are not to be found.
    #[error(transparent)]
    NoServers(#[from] NoServers),
    /// Signing cannot be enabled, or a rotation cannot switch at once: the world does not see
    /// the key. With what was found.
    #[error("{refusal}")]
    NotVisible { refusal: Refusal, view: Box<DkimView> },
    /// The configuration file has keys for this domain: it is here or there, never both.
    #[error("{0} has its keys in the configuration file")]
    InFile(String),
    /// The domain lies in the hosting zone, which has only initial domains.
    #[error("{0} lies in the hosting zone")]
    InHostingZone(String),
    /// An initial domain goes with its organisation.
    #[error("{0} is an initial domain")]
    InitialDomain(String),
    /// There is no such account, or it has another password: nobody is told which.
    #[error("the name or the password is not right")]
    WrongPassword,
    /// Too many passwords were tried.
    #[error("too many tries: try again in {seconds} seconds")]
    Wait { seconds: u64 },
    /// Too many log in at once.
    #[error("too many log in at once: try again in a minute")]
    Busy,
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// Whoever runs the node sees every organisation.
    #[error("a token that operates the node is for no organisation alone")]
    OperateWithOrganisation,
    /// A pair that may not be allowed.
    #[error("this pair cannot be allowed: {0}")]
    PairUnfit(String),
    /// The system gives no random octets, or a thread of this program has ended in a panic.
    #[error("this program failed: {0}")]
    Fault(&'static str),
}
