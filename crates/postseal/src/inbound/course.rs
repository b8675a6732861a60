use std::net::IpAddr;

use crate::config::{Network, ReceiveSettings, Settings};
use crate::signing::{Grant, Submitter};

/// What is to be done with a message, known when it begins: judged, or treated as our own.
#[derive(Clone, Debug)]
pub(crate) enum Course {
    /// From outside: judged.
    Judge(WhoseClient),
    /// From inside: not judged; signed, where a grant says so.
    Own {
        /// Why it counts as ours.
        because: Inside,
        /// What it may be signed as.
        grant: Grant,
    },
}

/// For which client a message is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhoseClient {
    /// The one that connected.
    Connected(IpAddr),
    /// The one that a trusted relay had, as its Received field will show.
    Relays,
    /// The MTA does not know its address.
    Unknown,
}

/// Why a message is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inside {
    /// `sendmail(1)`, or the MTA itself: a bounce.
    Local,
    /// The client has logged in.
    LoggedIn,
    /// The client's address is listed, as not judged or in a signing source.
    Listed,
}

impl Course {
    /// The course of a message from this submitter. Where several rules fit:
    ///
    /// 1. mail of the MTA's own host is ours;
    /// 2. a trusted relay brings mail from outside, even if it logs in: judged, never signed;
    /// 3. a client that has logged in is ours;
    /// 4. a client whose address is listed is ours;
    /// 5. all else is judged.
    pub(crate) fn of(submitter: &Submitter<'_>, settings: &Settings) -> Course {
        let own = |because, submitter: &Submitter<'_>| {
            let grant = Grant::of(&settings.sign.sources, *submitter);
            Course::Own { because, grant }
        };
        if submitter.is_local {
            return own(Inside::Local, submitter);
        }
        let is_in = |networks: &[Network]| {
            submitter.client.is_some_and(|client| networks.iter().any(|n| n.contains(client)))
        };
        let ReceiveSettings { trusted_relays, not_judged, .. } = &settings.receive;
        if is_in(trusted_relays) {
            return Course::Judge(WhoseClient::Relays);
        }
        let submitter = Submitter { is_listed: is_in(not_judged), ..*submitter };
        if submitter.login.is_some() {
            return own(Inside::LoggedIn, &submitter);
        }
        if submitter.is_listed || settings.sign.sources.matching(submitter).next().is_some() {
            return own(Inside::Listed, &submitter);
        }
        Course::Judge(submitter.client.map_or(WhoseClient::Unknown, WhoseClient::Connected))
    }
}

impl Inside {
    /// For the log.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Inside::Local => "local",
            Inside::LoggedIn => "login",
            Inside::Listed => "listed",
        }
    }
}
