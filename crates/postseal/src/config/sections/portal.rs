//! `[portal]`: where people and programs are let in.

use std::net::{IpAddr, SocketAddr};

use postseal_core::dns::DomainName;

use super::values;
use crate::config::fault::FaultKind;
use crate::config::table::{At, Table};
use crate::config::{PortalSettings, TlsIdentity};

/// The table, and where its address stands.
pub(super) fn portal(file: &Table<'_, '_>) -> Option<(PortalSettings, At<SocketAddr>)> {
    let table = file.table("portal", "[portal]", &["listen", "hosts", "certificate", "private_key"])?;
    let listen = table.required("listen", "127.0.0.1:8480", values::http_address);
    let hosts = table.list("hosts", host).unwrap_or_default();
    let tls = identity(&table);
    let listen = listen?;
    if !listen.value.ip().to_canonical().is_loopback() {
        if !table.has("certificate") {
            table.add(listen.at.clone(), FaultKind::PortalNeedsTls);
        }
        if !table.has("hosts") {
            table.missing("hosts", "mail.example.net");
        }
    }
    let hosts = hosts.into_iter().map(|host| host.value).collect();
    Some((PortalSettings { listen: listen.value, hosts, tls }, listen))
}

fn identity(table: &Table<'_, '_>) -> Option<TlsIdentity> {
    let source = table.findings().source;
    let certificate = table.parsed_at("certificate", values::filled);
    let key = table.parsed_at("private_key", values::filled);
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            let read = TlsIdentity::read(&source.path(&certificate.value), &source.path(&key.value));
            read.map_err(|error| table.add(certificate.at, FaultKind::TlsIdentity(error))).ok()
        }
        (Some(_), None) => {
            table.missing("private_key", "tls/portal.key");
            None
        }
        (None, Some(_)) => {
            table.missing("certificate", "tls/portal.pem");
            None
        }
        (None, None) => None,
    }
}

/// A name or an address, as browsers send it: without a port.
fn host(text: &str) -> Result<String, FaultKind> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => Ok(format!("[{address}]")),
        Ok(address) => Ok(address.to_string()),
        Err(_) => match DomainName::parse(text) {
            Ok(name) if !name.as_str().is_empty() => Ok(name.as_str().to_ascii_lowercase()),
            Ok(_) => Err(FaultKind::EmptyText),
            Err(error) => Err(FaultKind::Domain { value: text.to_owned(), error }),
        },
    }
}
