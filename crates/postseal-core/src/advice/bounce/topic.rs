use std::str::FromStr;

/// What a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// SPF did not pass, or its record is not liked.
    Spf,
    /// No DKIM signature passed.
    Dkim,
    /// The DMARC policy, or a missing one.
    Dmarc,
    /// What passed does not belong to the Author Domain.
    Alignment,
    /// The chain of forwarders.
    Arc,
    /// The client's name in the DNS: PTR, confirmed forward.
    Ptr,
    /// TLS is missing.
    Tls,
    /// What the receiver thinks of the address or the domain.
    Reputation,
    /// Too much mail at once.
    Volume,
    /// The text, a link or an attachment.
    Content,
    /// The recipient: unknown, full, switched off.
    Mailbox,
    /// The form of the message or of the session.
    Format,
    /// The sender's domain does not exist, or takes no mail.
    SenderDomain,
    /// A policy that the receiver does not name.
    Policy,
    /// The client must log in.
    Login,
    /// Nothing is wrong: greylisting, or a server that is busy.
    TryLater,
    /// The network, the DNS or a server on the way.
    Network,
    /// Nothing was refused.
    Delivered,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Topic; 18] = [
        Topic::Spf,
        Topic::Dkim,
        Topic::Dmarc,
        Topic::Alignment,
        Topic::Arc,
        Topic::Ptr,
        Topic::Tls,
        Topic::Reputation,
        Topic::Volume,
        Topic::Content,
        Topic::Mailbox,
        Topic::Format,
        Topic::SenderDomain,
        Topic::Policy,
        Topic::Login,
        Topic::TryLater,
        Topic::Network,
        Topic::Delivered,
    ];

    /// The stable name used in output and in the rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Topic::Spf => "spf",
            Topic::Dkim => "dkim",
            Topic::Dmarc => "dmarc",
            Topic::Alignment => "alignment",
            Topic::Arc => "arc",
            Topic::Ptr => "ptr",
            Topic::Tls => "tls",
            Topic::Reputation => "reputation",
            Topic::Volume => "volume",
            Topic::Content => "content",
            Topic::Mailbox => "mailbox",
            Topic::Format => "format",
            Topic::SenderDomain => "sender-domain",
            Topic::Policy => "policy",
            Topic::Login => "login",
            Topic::TryLater => "try-later",
            Topic::Network => "network",
            Topic::Delivered => "delivered",
        }
    }

    /// True where it is about who sends: SPF, DKIM, DMARC, alignment, ARC, the client's name.
    pub fn is_authentication(self) -> bool {
        match self {
            Topic::Spf | Topic::Dkim | Topic::Dmarc | Topic::Alignment | Topic::Arc | Topic::Ptr => true,
            Topic::Tls
            | Topic::Reputation
            | Topic::Volume
            | Topic::Content
            | Topic::Mailbox
            | Topic::Format
            | Topic::SenderDomain
            | Topic::Policy
            | Topic::Login
            | Topic::TryLater
            | Topic::Network
            | Topic::Delivered => false,
        }
    }
}

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(text: &str) -> Result<Topic, UnknownTopic> {
        Topic::ALL.into_iter().find(|topic| topic.as_str() == text).ok_or(UnknownTopic)
    }
}

/// Not the name of a [`Topic`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not something that a refusal can be about")]
pub struct UnknownTopic;
