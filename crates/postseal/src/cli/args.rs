use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use postseal_core::message::{Envelope, HeloIdentity, MailFrom};

use crate::words::Lang;

/// Arguments of every command.
#[derive(Debug, Args)]
pub(super) struct GlobalArgs {
    /// Print JSON with fixed field names
    #[arg(long, global = true, display_order = 900)]
    pub(super) json: bool,
    /// Language of the texts: en or ja [default: the locale's]
    #[arg(
        long,
        global = true,
        display_order = 901,
        value_enum,
        value_name = "LANG",
        hide_possible_values = true
    )]
    pub(super) lang: Option<Lang>,
}

/// Where DNS answers come from.
#[derive(Debug, Args)]
pub(super) struct DnsArgs {
    /// Ask this name server instead of the system's
    #[arg(long, value_name = "IP:PORT", value_parser = name_server, conflicts_with = "zone")]
    pub(super) resolver: Option<SocketAddr>,
    /// Answer DNS from this zone file only, without network (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(super) zone: Vec<PathBuf>,
}

/// What the SMTP session said.
#[derive(Debug, Args)]
pub(super) struct EnvelopeArgs {
    /// Address of the client that sent the message
    #[arg(long)]
    pub(super) ip: IpAddr,
    /// Name that the client gave with HELO or EHLO
    #[arg(long, value_name = "HELO")]
    pub(super) helo: String,
    /// Address of MAIL FROM; "" is the null reverse-path
    #[arg(long, value_name = "ADDR")]
    pub(super) mail_from: String,
}

impl EnvelopeArgs {
    pub(super) fn envelope(&self) -> Envelope {
        Envelope {
            client: self.ip.to_canonical(),
            helo: HeloIdentity::new(&self.helo),
            mail_from: MailFrom::new(&self.mail_from),
        }
    }
}

/// `IP:PORT`, or an address alone for port 53.
fn name_server(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse().or_else(|_| {
        let ip = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        ip.map(|ip| SocketAddr::new(ip, 53))
    });
    address.map_err(|_| "IP:PORT, as in 192.0.2.53:53 or [2001:db8::53]:53".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_may_be_left_out() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(name_server(text).ok().map(|a| a.to_string()).as_deref(), expected, "{text}");
        };
        check("192.0.2.53:5300", Some("192.0.2.53:5300"));
        check("192.0.2.53", Some("192.0.2.53:53"));
        check("2001:db8::53", Some("[2001:db8::53]:53"));
        check("[2001:db8::53]:5300", Some("[2001:db8::53]:5300"));
        check("ns.example:53", None);
        check("", None);
    }
}
