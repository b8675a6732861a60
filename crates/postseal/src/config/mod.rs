//! What the node is told: `postseal.toml`, checked.

mod network;
mod settings;

pub(crate) use network::{Network, NetworkError};
pub(crate) use settings::{
    AllowedPair, Infrastructure, LogFormat, LogLevel, LogSettings, MilterAddress, MilterSettings,
    OnDnsTrouble, OnForeignAuthor, OnQuarantine, OnReject, QuarantineBy, ReceiveSettings, ResolverSettings,
    SealSettings, Settings, SignSettings,
};
