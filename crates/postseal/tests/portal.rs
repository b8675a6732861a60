//! `[portal]` of a node that runs: the first link, tokens over the network, TLS and its reload.

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use support::node::Node;
use support::{Files, Ran, run};

const STORE: &str = "[store]\npath = \"state/postseal.db\"\nkey_encryption_key = \"file:kek\"\n";
const PASSWORD: &str = "correct+horse+battery";

/// A node with a portal on a free port, and where that is: `127.0.0.1:PORT`.
fn with_portal(files: Files, tls: &str) -> (Node, String) {
    let mut node = Node::start(files, &format!("{STORE}[portal]\nlisten = \"127.0.0.1:0\"\n{tls}"));
    let line = node.wait_for_log("the portal is at ");
    let at = line.split("://").nth(1).expect("a URL").trim().to_owned();
    (node, at)
}

fn ask(at: &str, line: &str, fields: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(at).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: {at}\r\nOrigin: http://{at}\r\nConnection: close\r\nContent-Length: {length}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n{fields}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("writes");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("reads");
    reply
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split(before).nth(1).unwrap_or_else(|| panic!("no {before:?} in {text}"));
    rest.split(after).next().expect("an end")
}

/// A command that asks the node by its socket.
fn command(node: &Node, words: &[&str]) -> Ran {
    let config = node.path("postseal.toml");
    let mut all = words.to_vec();
    all.extend(["--config", config.to_str().expect("UTF-8")]);
    run(&all)
}

/// A token that may do this, in a file.
fn token(node: &Node, name: &str, scope: &str) -> String {
    let out = node.path(name);
    let out = out.to_str().expect("UTF-8");
    let ran = command(node, &["token", "add", name, "--scope", scope, "--out", out]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let mode = fs::metadata(out).expect("written").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert!(!ran.text().contains("postseal_"), "it is not shown too: {ran:?}");
    out.to_owned()
}

#[test]
fn the_first_start_says_a_link_and_later_ones_do_not() {
    let (mut node, at) = with_portal(Files::new(), "");
    let line = node.wait_for_log("the portal has no account yet");
    let path = format!("/setup?link={}", between(&line, "/setup?link=", " "));
    let page = ask(&at, &format!("GET {path}"), "", "");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    let cookie = between(&page, "set-cookie: ", ";");
    let csrf = between(&page, "name=\"csrf\" value=\"", "\"");
    let link = path.split('=').nth(1).expect("a link");
    let form = format!("csrf={csrf}&link={link}&name=admin&password={PASSWORD}&again={PASSWORD}");
    let entered = ask(&at, "POST /setup", &format!("Cookie: {cookie}\r\n"), &form);
    assert!(entered.starts_with("HTTP/1.1 303") && entered.contains("location: /\r\n"), "{entered}");
    let session = entered.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next()).expect("set");
    let home = ask(&at, "GET /", &format!("Cookie: {session}\r\n"), "");
    assert!(home.starts_with("HTTP/1.1 200") && home.contains("/log-out"), "{home}");
    // No secret is in the log, but for the link that is used up.
    let log = node.log().join("\n");
    assert!(!log.contains("horse") && !log.contains(session.split('=').nth(1).expect("a value")));
    let again = command(&node, &["setup-link"]);
    assert!(again.status == 0 && again.text().starts_with(&format!("http://{at}/setup?link=")), "{again:?}");
    node.signal("TERM");
    assert_eq!(node.ended(), Some(0));
    let mut node = node.again();
    node.wait_for_log("the portal is at ");
    node.wait_for_log("postseal.db is open");
    assert_eq!(command(&node, &["org", "list"]).status, 0, "the store is open");
    assert!(!node.log().iter().any(|line| line.contains("no account yet")), "{:#?}", node.log());
}

#[test]
fn commands_ask_a_node_by_its_url_with_a_token() {
    let (mut node, at) = with_portal(Files::new(), "");
    node.wait_for_log("the portal has no account yet");
    let (operates, reads) = (token(&node, "operates", "operate"), token(&node, "reads", "read-organisation"));
    let url = format!("http://{at}");
    let with = |token: &str, words: &[&str]| {
        let mut all = words.to_vec();
        all.extend(["--server", &url, "--token", token]);
        run(&all)
    };
    assert_eq!(with(&operates, &["org", "add", "contoso"]).status, 0);
    let listed = with(&operates, &["org", "list"]);
    assert_eq!((listed.status, listed.text().as_str()), (0, "contoso\n"), "{listed:?}");
    let shown = with(&reads, &["domain", "list", "--organisation", "contoso"]);
    assert_eq!(shown.status, 0, "{shown:?}");
    let refused = with(&reads, &["domain", "add", "contoso.example", "--organisation", "contoso"]);
    assert!(
        refused.status == 2 && refused.err.contains("needs the right change-organisation"),
        "{refused:?}"
    );
    let minted = with(&operates, &["token", "list"]);
    assert!(minted.status == 2 && minted.err.contains("needs the right let-in"), "{minted:?}");
    let audit = command(&node, &["audit", "list"]).text();
    assert!(audit.contains("token:operates  contoso  org.add  contoso"), "{audit}");
    assert_eq!(command(&node, &["token", "remove", "operates"]).status, 0);
    let gone = with(&operates, &["org", "list"]);
    assert!(gone.status == 2 && gone.err.contains("postseal token add"), "{gone:?}");
    let plain = run(&["org", "list", "--server", "http://192.0.2.1:8480", "--token", &reads]);
    assert!(plain.status == 2 && plain.err.contains("http is for this machine only"), "{plain:?}");
    fs::set_permissions(&reads, fs::Permissions::from_mode(0o644)).expect("chmod");
    let open = with(&reads, &["org", "list"]);
    assert!(open.status == 2 && open.err.contains("everybody may read it"), "{open:?}");
    let usage = run(&["org", "list", "--server", &url]);
    assert!(usage.status == 2 && usage.err.contains("--token"), "{usage:?}");
}

#[test]
fn a_certificate_is_shown_and_a_reload_takes_another() {
    let files = Files::new();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    let origin = from.clone();
    let folder = files.path("");
    let put = move |name: &str, as_name: &str, mode: u32| {
        let path = folder.join(as_name);
        // A checkout may have it readable for everybody.
        fs::copy(origin.join(name), &path).expect("copied");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("chmod");
    };
    put("portal.pem", "tls.pem", 0o644);
    put("portal.key", "tls.key", 0o600);
    let tls = "hosts = \"portal.example\"\ncertificate = \"tls.pem\"\nprivate_key = \"tls.key\"\n";
    let (mut node, at) = with_portal(files, tls);
    node.wait_for_log("the portal has no account yet");
    let port = at.split(':').nth(1).expect("a port");
    assert_eq!(at, format!("portal.example:{port}"), "it is called by its name");
    let operates = token(&node, "operates", "operate");
    let ask = |authority: &str| {
        let (url, ca) = (format!("https://localhost:{port}"), from.join(authority));
        run(&["org", "list", "--server", &url, "--token", &operates, "--ca", ca.to_str().expect("UTF-8")])
    };
    let first = ask("portal.pem");
    assert_eq!(first.status, 0, "{first:?}");
    let stranger = ask("portal_next.pem");
    assert!(stranger.status == 2 && stranger.err.contains("no node answers"), "{stranger:?}");
    // A key that does not fit is refused, and the certificate before it stays.
    put("portal_next.key", "tls.key", 0o600);
    let faults = node.reload();
    assert!(faults["unchanged"].to_string().contains("do not fit"), "{faults}");
    assert_eq!(ask("portal.pem").status, 0);
    put("portal_next.pem", "tls.pem", 0o644);
    let reloaded = node.reload();
    assert_eq!(reloaded["reloaded"]["at_restart"], serde_json::json!([]), "{reloaded}");
    assert_eq!((ask("portal_next.pem").status, ask("portal.pem").status), (0, 2));
    // Without TLS nobody is answered.
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("connects");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: portal.example\r\n\r\n").expect("writes");
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    assert!(!String::from_utf8_lossy(&reply).contains("HTTP/1.1"), "{reply:?}");
    node.signal("TERM");
    assert_eq!(node.ended(), Some(0));
}
