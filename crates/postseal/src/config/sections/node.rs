//! What the node as a whole is told: names, resolver, sockets, log.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use postseal_core::dmarc::DiscoveryMethod;
use postseal_core::verdict::{AuthservId, Options};

use super::values;
use crate::config::fault::FaultKind;
use crate::config::quantity::{self, duration, size};
use crate::config::table::{At, Table};
use crate::config::{
    ControlSettings, LogFormat, LogLevel, LogSettings, MilterAddress, MilterSettings, ResolverSettings,
};

/// The authserv-id of the file, else the name of this host.
pub(super) fn authserv_id(file: &Table<'_, '_>) -> Option<AuthservId> {
    if file.has("authserv_id") {
        return file.parsed("authserv_id", |text| {
            AuthservId::parse(text).map_err(|error| FaultKind::AuthservId { value: text.to_owned(), error })
        });
    }
    let host = crate::host_name::host_name();
    let found = AuthservId::parse(&host);
    if found.is_err() {
        file.add(file.at.clone(), FaultKind::HostName { value: host });
    }
    found.ok()
}

/// How mail is verified; the table is `[receive]`.
pub(super) fn options(receive: Option<&Table<'_, '_>>, authserv_id: Option<&AuthservId>) -> Arc<Options> {
    let mut options = Options::new(authserv_id.map_or("", AuthservId::as_str));
    if let Some(receive) = receive {
        if let Some(flag) = receive.flag("allow_unsigned_body") {
            options.dkim.allow_unsigned_body = flag;
        }
        if let Some(max) = receive.number("max_signatures", 1..=100) {
            options.dkim.max_signatures = usize::try_from(max).unwrap_or(options.dkim.max_signatures);
        }
        let methods = [
            ("tree_walk", DiscoveryMethod::TreeWalk),
            ("public_suffix_list", DiscoveryMethod::PublicSuffixList),
        ];
        if let Some(method) = receive.choice("policy_discovery", &methods) {
            options.dmarc.method = method;
        }
    }
    Arc::new(options)
}

pub(super) const RESOLVER_KEYS: &[&str] =
    &["servers", "query_timeout", "spf_timeout", "message_timeout", "cache_size"];

pub(super) fn resolver(file: &Table<'_, '_>) -> ResolverSettings {
    let mut settings = ResolverSettings {
        servers: Vec::new(),
        query_time: Duration::from_secs(2),
        spf_time: Duration::from_secs(20),
        message_time: Duration::from_secs(60),
        cache_octets: 64_000_000,
    };
    let Some(table) = file.table("resolver", "[resolver]", RESOLVER_KEYS) else { return settings };
    if let Some(servers) = table.list("servers", values::name_server) {
        settings.servers = servers.into_iter().map(|server| server.value).collect();
    }
    let time = |key: &str, range: &quantity::DurationRange, place: &mut Duration| {
        if let Some(found) = table.parsed(key, |text| duration(text, range)) {
            *place = found;
        }
    };
    time("query_timeout", &quantity::QUERY_TIME, &mut settings.query_time);
    time("spf_timeout", &quantity::MESSAGE_TIME, &mut settings.spf_time);
    time("message_timeout", &quantity::MESSAGE_TIME, &mut settings.message_time);
    if let Some(octets) = table.parsed("cache_size", |text| size(text, &quantity::CACHE)) {
        settings.cache_octets = octets;
    }
    settings
}

pub(super) const MILTER_KEYS: &[&str] = &["listen", "socket_mode", "socket_group", "max_connections"];

pub(super) fn milter(file: &Table<'_, '_>) -> (MilterSettings, Vec<At<MilterAddress>>) {
    let standard = MilterAddress::Tcp(SocketAddr::from(([127, 0, 0, 1], 8891)));
    let mut settings = MilterSettings {
        listen: vec![standard],
        socket_mode: 0o660,
        socket_group: None,
        max_connections: 5_000,
    };
    let Some(table) = file.table("milter", "[milter]", MILTER_KEYS) else { return (settings, Vec::new()) };
    let source = table.findings().source;
    let listen = table.filled_list("listen", |text| values::milter_address(text, source));
    if let Some(listen) = &listen {
        settings.listen = listen.iter().map(|address| address.value.clone()).collect();
    }
    if let Some(mode) = table.parsed("socket_mode", quantity::mode) {
        settings.socket_mode = mode;
    }
    settings.socket_group = table.parsed("socket_group", values::group);
    if let Some(max) = table.number("max_connections", 1..=1_000_000) {
        settings.max_connections = usize::try_from(max).unwrap_or(usize::MAX);
    }
    (settings, listen.unwrap_or_default())
}

pub(super) fn log(file: &Table<'_, '_>) -> LogSettings {
    let mut settings = LogSettings { format: LogFormat::Text, level: LogLevel::Info };
    let Some(table) = file.table("log", "[log]", &["format", "level"]) else { return settings };
    if let Some(format) = table.choice("format", &[("text", LogFormat::Text), ("json", LogFormat::Json)]) {
        settings.format = format;
    }
    let levels = [("error", LogLevel::Error), ("warn", LogLevel::Warn), ("info", LogLevel::Info)];
    if let Some(level) = table.choice("level", &levels) {
        settings.level = level;
    }
    settings
}

pub(super) fn http(file: &Table<'_, '_>) -> Option<At<SocketAddr>> {
    let table = file.table("http", "[http]", &["listen"])?;
    let address = table.required("listen", "127.0.0.1:9117", values::http_address)?;
    if !address.value.ip().to_canonical().is_loopback() {
        table.add(address.at.clone(), FaultKind::HttpNotLoopback);
    }
    Some(address)
}

pub(super) fn control(file: &Table<'_, '_>) -> (ControlSettings, Option<At<()>>) {
    let standard = ControlSettings { socket: Path::new(CONTROL_SOCKET).to_owned(), required: false };
    let Some(table) = file.table("control", "[control]", &["socket"]) else { return (standard, None) };
    let Some(path) = table.required("socket", CONTROL_SOCKET, values::filled) else {
        return (standard, None);
    };
    let socket = table.findings().source.path(&path.value);
    (ControlSettings { socket, required: true }, Some(At { value: (), at: path.at }))
}

/// Notes sockets of which only one can be listened on.
pub(super) fn sockets(
    file: &Table<'_, '_>,
    listen: &[At<MilterAddress>],
    tcp: impl Iterator<Item = At<SocketAddr>>,
    control: (&Path, Option<At<()>>),
) {
    let tcp = tcp.map(|found| At { value: MilterAddress::Tcp(found.value), at: found.at });
    let tcp: Vec<At<MilterAddress>> = tcp.collect();
    let control =
        control.1.map(|found| At { value: MilterAddress::Unix(control.0.to_owned()), at: found.at });
    let all: Vec<&At<MilterAddress>> = listen.iter().chain(&tcp).chain(&control).collect();
    for (place, one) in all.iter().enumerate() {
        if let Some(earlier) = all[..place].iter().find(|earlier| overlap(&earlier.value, &one.value)) {
            let (one, other) = (one.value.to_string(), earlier.value.to_string());
            file.add(all[place].at.clone(), FaultKind::SameSocket { one, other });
        }
    }
}

fn overlap(one: &MilterAddress, other: &MilterAddress) -> bool {
    match (one, other) {
        (MilterAddress::Tcp(one), MilterAddress::Tcp(other)) => {
            let same_port = one.port() == other.port() && one.port() != 0;
            // The system's "any" of IPv6 takes the IPv4 addresses as well.
            let any = |address: &SocketAddr| address.ip().is_unspecified();
            let same_family = one.is_ipv4() == other.is_ipv4();
            let covers = |all: &SocketAddr| any(all) && (same_family || all.is_ipv6());
            same_port && (one.ip() == other.ip() || covers(one) || covers(other))
        }
        _ => one == other,
    }
}

/// Where `postseal reload` finds the node.
pub(crate) const CONTROL_SOCKET: &str = "/run/postseal/control.sock";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_that_overlap() {
        let check = |one: &str, other: &str, expected: bool| {
            let tcp = |text: &str| MilterAddress::Tcp(text.parse().expect("an address"));
            assert_eq!(overlap(&tcp(one), &tcp(other)), expected, "{one} {other}");
            assert_eq!(overlap(&tcp(other), &tcp(one)), expected, "{other} {one}");
        };
        check("127.0.0.1:8891", "127.0.0.1:8891", true);
        check("127.0.0.1:8891", "127.0.0.2:8891", false);
        check("127.0.0.1:8891", "127.0.0.1:8892", false);
        check("0.0.0.0:8891", "127.0.0.1:8891", true);
        check("[::]:8891", "127.0.0.1:8891", true);
        check("0.0.0.0:8891", "[::1]:8891", false);
        check("127.0.0.1:0", "127.0.0.1:0", false);
    }
}
