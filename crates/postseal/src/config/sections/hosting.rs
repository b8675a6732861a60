//! `[store]`, `[hosting]`, `[keys]` and `[verdicts]`: organisations and their hosted keys.

use std::net::IpAddr;
use std::time::Duration;

use postseal_core::dns::DomainName;
use postseal_core::hosting::{HostingZone, MailRoute, Waits};
use postseal_dns::ask::authoritative::AuthoritativeSettings;
use postseal_store::KeySource;

use super::values;
use crate::config::fault::FaultKind;
use crate::config::quantity::{self, duration, size};
use crate::config::table::{At, Table};
use crate::config::{HostingSettings, KeysSettings, StoreSettings, VerdictSettings};

/// `[store]`
pub(super) fn store(file: &Table<'_, '_>) -> Option<StoreSettings> {
    let table = file.table("store", "[store]", &["path", "key_encryption_key"])?;
    let source = table.findings().source;
    let path = table.parsed("path", values::filled).unwrap_or_else(|| STORE.to_owned());
    let key = table.parsed("key_encryption_key", |text| values::key_source(text, source));
    let key = key.unwrap_or_else(|| KeySource::File(KEY_ENCRYPTION_KEY.into()));
    Some(StoreSettings { path: source.path(&path), key })
}

/// Notes tables that mean nothing without `[store]`.
pub(super) fn needs_store(file: &Table<'_, '_>) {
    if file.has("store") {
        return;
    }
    for (key, table) in
        [("hosting", "[hosting]"), ("keys", "[keys]"), ("verdicts", "[verdicts]"), ("portal", "[portal]")]
    {
        if file.has(key) {
            file.add(file.place_of(key), FaultKind::NeedsStore { table });
        }
    }
}

const HOSTING_KEYS: &[&str] =
    &["zone", "listen", "name_servers", "addresses", "mailbox", "senders", "mail_host"];

/// `[hosting]`, and where it says to listen.
pub(super) fn hosting(file: &Table<'_, '_>) -> (Option<HostingSettings>, Vec<At<std::net::SocketAddr>>) {
    let Some(table) = file.table("hosting", "[hosting]", HOSTING_KEYS) else { return (None, Vec::new()) };
    let zone = table.required("zone", "keys.example", hosting_zone).map(|zone| zone.value);
    let listen = table.list("listen", values::name_server).unwrap_or_default();
    if !table.has("name_servers") {
        table.missing("name_servers", "ns1.keys.example");
    }
    let name_servers = table.filled_list("name_servers", values::domain).unwrap_or_default();
    let addresses = table.lists_by_name("addresses", "[hosting.addresses]", values::domain, values::address);
    let mailbox = table.parsed("mailbox", values::domain);
    let senders = table.list("senders", values::sender).unwrap_or_default();
    let mail_host = table.parsed("mail_host", values::domain);
    let mail = mail_host.map_or(MailRoute::Null, MailRoute::Host);
    let Some(zone) = zone else { return (None, listen) };
    check_name_servers(&table, &zone, &name_servers, &addresses);
    let settings = HostingSettings {
        listen: values_of(&listen),
        name_servers: values_of(&name_servers),
        addresses: addresses.into_iter().map(|(name, all)| (name.value, values_of(&all))).collect(),
        mailbox: mailbox.unwrap_or_else(|| hostmaster(&zone)),
        senders: senders.into_iter().map(|sender| sender.value).collect(),
        mail,
        zone,
    };
    (Some(settings), listen)
}

fn hosting_zone(text: &str) -> Result<HostingZone, FaultKind> {
    let name = values::domain(text)?;
    HostingZone::new(name).map_err(|error| FaultKind::Domain { value: text.to_owned(), error })
}

fn hostmaster(zone: &HostingZone) -> DomainName {
    zone.name().with_prefix("hostmaster").unwrap_or_else(|_| zone.name().clone())
}

/// A name server whose name lies in the zone has its addresses from the zone alone.
fn check_name_servers(
    table: &Table<'_, '_>,
    zone: &HostingZone,
    name_servers: &[At<DomainName>],
    addresses: &[(At<DomainName>, Vec<At<IpAddr>>)],
) {
    for server in name_servers.iter().filter(|server| server.value.is_at_or_below(zone.name())) {
        if !addresses.iter().any(|(name, all)| name.value == server.value && !all.is_empty()) {
            let server_name = server.value.clone();
            table.add(server.at.clone(), FaultKind::NameServerWithoutAddress { name: server_name });
        }
    }
    for (name, _) in addresses.iter().filter(|(name, _)| !name.value.is_at_or_below(zone.name())) {
        let (name, at) = (name.value.clone(), name.at.clone());
        table.add(at, FaultKind::OutsideZone { name, zone: zone.name().clone() });
    }
}

const KEYS_KEYS: &[&str] =
    &["before_signing", "retiring", "revoked", "private_servers", "outside_resolver", "servers"];

/// `[keys]`
pub(super) fn keys(file: &Table<'_, '_>) -> KeysSettings {
    let mut settings = KeysSettings {
        waits: Waits::default(),
        authoritative: AuthoritativeSettings::default(),
        outside_resolver: Vec::new(),
    };
    let Some(table) = file.table("keys", "[keys]", KEYS_KEYS) else { return settings };
    let wait = |key: &str, place: &mut u64| {
        if let Some(found) = table.parsed(key, |text| duration(text, &quantity::WAIT)) {
            *place = found.as_secs();
        }
    };
    wait("before_signing", &mut settings.waits.before_signing);
    wait("retiring", &mut settings.waits.retiring);
    wait("revoked", &mut settings.waits.revoked);
    settings.authoritative.listed =
        values_of(&table.list("private_servers", values::address).unwrap_or_default());
    settings.outside_resolver =
        values_of(&table.list("outside_resolver", values::name_server).unwrap_or_default());
    for servers in table.tables("servers", "[[keys.servers]]", &["zone", "addresses"]) {
        let zone = servers.required("zone", "contoso.example", values::domain);
        if !servers.has("addresses") {
            servers.missing("addresses", "192.0.2.53:53");
        }
        let addresses = servers.filled_list("addresses", values::name_server);
        if let (Some(zone), Some(addresses)) = (zone, addresses) {
            settings.authoritative.configured.push((zone.value, values_of(&addresses)));
        }
    }
    settings
}

/// `[verdicts]`
pub(super) fn verdicts(file: &Table<'_, '_>) -> VerdictSettings {
    let mut settings = VerdictSettings { keep: Duration::from_secs(30 * 86_400), spool_octets: 64_000_000 };
    let Some(table) = file.table("verdicts", "[verdicts]", &["keep", "spool"]) else { return settings };
    if let Some(keep) = table.parsed("keep", quantity::retention) {
        settings.keep = keep;
    }
    if let Some(octets) = table.parsed("spool", |text| size(text, &quantity::SPOOL)) {
        settings.spool_octets = octets;
    }
    settings
}

fn values_of<T: Clone>(found: &[At<T>]) -> Vec<T> {
    found.iter().map(|found| found.value.clone()).collect()
}

/// Where the store is, unless the file says otherwise.
const STORE: &str = "/var/lib/postseal/postseal.db";

/// Where its key is, unless the file says otherwise.
const KEY_ENCRYPTION_KEY: &str = "/etc/postseal/key-encryption-key";
