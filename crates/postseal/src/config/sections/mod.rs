//! From the tables of `postseal.toml` to [`Settings`]: one file for each part of it.

mod hosting;
mod node;
mod portal;
mod receive;
mod sign;
mod values;

pub(crate) use node::CONTROL_SOCKET;

use super::table::{At, Table};
use super::{Depth, Settings};

/// Keys at the top of the file.
const KEYS: &[&str] = &[
    "authserv_id",
    "resolver",
    "milter",
    "receive",
    "sign",
    "seal",
    "store",
    "hosting",
    "keys",
    "verdicts",
    "log",
    "http",
    "portal",
    "control",
];

/// The whole file. Faults are noted in its findings; `None` only where there is one.
pub(super) fn settings(
    findings: &super::table::Findings<'_>,
    table: &toml::de::DeTable<'_>,
    depth: Depth<'_>,
) -> Option<Settings> {
    let file = Table::new(findings, table, "the file", 0..0, KEYS);
    let authserv_id = node::authserv_id(&file);
    let (milter, listen) = node::milter(&file);
    let http = node::http(&file);
    let (control, control_at) = node::control(&file);
    let (hosting, dns) = hosting::hosting(&file);
    let (portal, portal_at) = portal::portal(&file).unzip();
    let tcp = dns.into_iter().chain(http.clone()).chain(portal_at);
    node::sockets(&file, &listen, tcp, (&control.socket, control_at));
    let receive = file.table("receive", "[receive]", receive::KEYS);
    let authentication = node::options(receive.as_ref(), authserv_id.as_ref());
    let receive = receive::receive(receive.as_ref());
    let resolver = node::resolver(&file);
    let log = node::log(&file);
    let sign = sign::sign(&file, &milter.listen, depth);
    let seal = sign::seal(&file);
    hosting::needs_store(&file);
    Some(Settings {
        authserv_id: authserv_id?,
        authentication,
        resolver,
        milter,
        receive,
        sign,
        seal,
        store: hosting::store(&file),
        hosting,
        keys: hosting::keys(&file),
        verdicts: hosting::verdicts(&file),
        log,
        http: http.map(|At { value, .. }| value),
        portal,
        control,
    })
}

/// The control socket that the file names, however wrong all else in it may be.
pub(super) fn control_socket(
    findings: &super::table::Findings<'_>,
    table: &toml::de::DeTable<'_>,
) -> std::path::PathBuf {
    let file = Table::new(findings, table, "the file", 0..0, KEYS);
    node::control(&file).0.socket
}
