use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use axum::http::header::HOST;

/// By which names this node is reached, and how.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    listen: SocketAddr,
    over_tls: bool,
    /// In small letters, without ports; addresses of IPv6 in brackets.
    hosts: Vec<String>,
}

impl Site {
    /// `hosts`: as in the settings.
    pub(crate) fn new(listen: SocketAddr, over_tls: bool, hosts: &[String]) -> Site {
        let mut all = hosts.to_vec();
        let address = listen.ip().to_canonical();
        if address.is_loopback() {
            all.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
        }
        if !address.is_unspecified() {
            all.push(match address {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => format!("[{address}]"),
            });
        }
        Site { listen, over_tls, hosts: all }
    }

    /// Where it is reached, without a slash at its end.
    pub(crate) fn url(&self) -> String {
        let (scheme, usual) = if self.over_tls { ("https", 443) } else { ("http", 80) };
        let named = self.hosts.first().map_or("localhost", String::as_str);
        // Whoever listens in clear is reached by its address.
        let host = match self.listen.ip() {
            IpAddr::V4(address) if !self.over_tls => address.to_string(),
            IpAddr::V6(address) if !self.over_tls => format!("[{address}]"),
            _ => named.to_owned(),
        };
        match self.listen.port() {
            port if port == usual => format!("{scheme}://{host}"),
            port => format!("{scheme}://{host}:{port}"),
        }
    }

    pub(super) fn is_over_tls(&self) -> bool {
        self.over_tls
    }

    /// Whether cookies stay on ways that nobody reads.
    pub(super) fn is_secure(&self) -> bool {
        self.over_tls
    }

    pub(super) fn port(&self) -> u16 {
        self.listen.port()
    }

    /// What the request calls this node, where that is one of its names. Any port is right: a tunnel may
    /// have another. Whoever's DNS leads here by another name gets nothing.
    pub(super) fn host(&self, headers: &HeaderMap) -> Option<String> {
        let mut fields = headers.get_all(HOST).iter();
        let (field, None) = (fields.next()?, fields.next()) else { return None };
        let host = field.to_str().ok()?.to_ascii_lowercase();
        let name = without_port(&host)?;
        self.hosts.iter().any(|known| known == name).then(|| host.clone())
    }

    /// As `Origin` has it, where a request for this host comes from a page of the same.
    pub(super) fn origin(&self, host: &str) -> String {
        let (scheme, usual) = if self.over_tls { ("https", ":443") } else { ("http", ":80") };
        format!("{scheme}://{}", host.strip_suffix(usual).unwrap_or(host))
    }
}

/// A host without its port; `None` where it is neither.
fn without_port(host: &str) -> Option<&str> {
    let end = if host.starts_with('[') { host.find(']')? + 1 } else { host.find(':').unwrap_or(host.len()) };
    let (name, port) = host.split_at(end);
    let digits = port.strip_prefix(':');
    let right = port.is_empty() || digits.is_some_and(|digits| digits.parse::<u16>().is_ok());
    right.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(listen: &str, over_tls: bool, hosts: &[&str]) -> Site {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        Site::new(listen.parse().expect("an address"), over_tls, &hosts)
    }

    #[test]
    fn only_the_own_names_are_heard() {
        let check = |site: &Site, hosts: &[&str], expected: bool| {
            let headers = hosts.iter().map(|host| (HOST, host.parse().expect("a value"))).collect();
            assert_eq!(site.host(&headers).is_some(), expected, "{hosts:?}");
        };
        let local = site("127.0.0.1:8480", false, &[]);
        for host in ["localhost:8480", "LOCALHOST", "127.0.0.1:9000", "[::1]:8480"] {
            check(&local, &[host], true);
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "localhost:x",
            "127.0.0.1:8480:1",
            "[::1",
            "0.0.0.0:8480",
        ] {
            check(&local, &[host], false);
        }
        check(&local, &[], false);
        check(&local, &["localhost", "evil.example"], false);
        let public = site("0.0.0.0:8480", true, &["mail.example.net", "[2001:db8::1]"]);
        check(&public, &["mail.example.net:8480"], true);
        check(&public, &["[2001:DB8::1]:8480"], true);
        check(&public, &["localhost:8480"], false);
        check(&public, &["192.0.2.1:8480"], false);
    }

    #[test]
    fn it_is_reached_by_its_name() {
        let check = |site: Site, expected: &str| assert_eq!(site.url(), expected);
        check(site("127.0.0.1:8480", false, &[]), "http://127.0.0.1:8480");
        check(site("[::1]:80", false, &[]), "http://[::1]");
        check(site("0.0.0.0:8480", true, &["mail.example.net"]), "https://mail.example.net:8480");
        check(site("192.0.2.1:443", true, &["mail.example.net"]), "https://mail.example.net");
    }
}
