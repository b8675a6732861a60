use std::net::SocketAddr;

use super::TlsIdentity;

/// Where people and programs are let in over the network.
#[derive(Clone, Debug)]
pub(crate) struct PortalSettings {
    pub(crate) listen: SocketAddr,
    /// Names and addresses by which it is reached, in small letters, beside those of the loopback
    /// interface where it listens there.
    pub(crate) hosts: Vec<String>,
    /// `None`: http, on the loopback interface only. A reload takes a new one.
    pub(crate) tls: Option<TlsIdentity>,
}

impl PortalSettings {
    /// Whether a reload is enough to go from one to the other.
    pub(crate) fn differs_in_certificate_only(&self, other: &PortalSettings) -> bool {
        let fixed =
            |settings: &PortalSettings| (settings.listen, settings.hosts.clone(), settings.tls.is_some());
        fixed(self) == fixed(other)
    }
}
