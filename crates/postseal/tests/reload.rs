//! `postseal serve` as an operator has it: start, reload, stop. The mail path is in
//! other tests.

#![expect(clippy::print_stdout, reason = "how many configurations were tried is evidence")]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::os::unix::process::CommandExt as _;

use support::node::{Node, key, set_mode};
use support::{Files, program, run};

/// A configuration with something of everything.
const GOOD: &str = "\
authserv_id = \"mx.example.net\"
[receive]
observe = false
on_reject = \"quarantine\"
contact = \"postmaster@example.net\"
not_judged = [\"10.0.0.0/8\"]
trusted_sealers = [\"lists.example.org\"]
[[receive.allowed]]
author_domain = \"partner.example\"
client = \"198.51.100.0/24\"
until = 2099-01-31
[sign]
on_foreign_author = \"refuse\"
[[sign.domain]]
name = \"contoso.example\"
selector = \"s1\"
key_file = \"k.pem\"
expire_after = \"14d\"
[[sign.domain]]
name = \"fabrikam.example\"
selector = \"s1\"
key_file = \"k.pem\"
subdomains = true
[[sign.source]]
login = \"*@contoso.example\"
domains = [\"contoso.example\"]
[[sign.source]]
network = [\"10.1.0.0/16\"]
domains = [\"fabrikam.example\"]
[log]
format = \"text\"
";

fn files() -> Files {
    let files = Files::new();
    key(&files, "k.pem");
    files
}

#[test]
fn a_reload_takes_the_file_again() {
    let mut node = Node::start(files(), GOOD);
    assert_eq!(node.metric("postseal_signing_domains"), 2.0);
    let third = "[[sign.domain]]\nname = \"tailspin.example\"\nselector = \"s1\"\nkey_file = \"k.pem\"\n";
    node.configure(&format!("{GOOD}{third}"));
    let ran = node.run_reload(&[]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.text().contains("in force: signing domains: 3"), "{ran:?}");
    assert!(ran.text().contains("no [[sign.source]] may sign as tailspin.example"), "{ran:?}");
    assert_eq!(node.metric("postseal_signing_domains"), 3.0);
    assert_eq!(node.metric("postseal_reloads_total{result=\"ok\"}"), 1.0);
    node.configure(GOOD);
    node.signal("HUP");
    node.wait_for_log("is in force: signing domains: 2");
    assert_eq!(node.metric("postseal_signing_domains"), 2.0);
    let json = node.run_reload(&["--json"]).json();
    assert_eq!((&json["reloaded"], json["domains"].as_u64()), (&true.into(), Some(2)), "{json}");
    // What the node holds waits for a restart, and is said.
    let text = fs::read_to_string(node.path("postseal.toml")).expect("written");
    fs::write(node.path("postseal.toml"), text.replace("milter.sock", "other.sock")).expect("written");
    let json = node.run_reload(&["--json"]).json();
    assert_eq!(json["at_restart"], serde_json::json!(["[milter]"]), "{json}");
    assert!(!node.path("other.sock").exists());
}

/// Promise: a bad configuration never replaces a good one, and the error names the line.
#[test]
fn two_hundred_wrong_configurations_change_nothing() {
    let mut node = Node::start(files(), GOOD);
    let loaded_at = node.metric("postseal_config_loaded_timestamp_seconds");
    let mut random = Random(7);
    let (mut wrong, mut tries) = (0, 0);
    while wrong < 200 {
        tries += 1;
        assert!(tries < 2_000, "only {wrong} of {tries} mutations are wrong");
        let text = mutated(GOOD, &mut random);
        node.configure(&text);
        let path = node.path("postseal.toml");
        let path = path.to_str().expect("UTF-8");
        let reply = if is_wrong(&node) { node.reload() } else { continue };
        let faults = reply["unchanged"]["faults"].as_array();
        let faults = faults.unwrap_or_else(|| panic!("{reply}\n{text}"));
        let first = faults.first().unwrap_or_else(|| panic!("no fault is named\n{text}"));
        assert_eq!(first["file"], path, "{first}");
        assert!(first["line"].as_u64().is_some_and(|line| line > 0), "{first}\n{text}");
        assert!(first["column"].as_u64().is_some_and(|column| column > 0), "{first}\n{text}");
        assert!(first["message"].as_str().is_some_and(|message| !message.is_empty()), "{first}");
        wrong += 1;
    }
    println!("reload: {wrong} wrong configurations, {} others", tries - wrong);
    assert_eq!(node.metric("postseal_reloads_total{result=\"failed\"}"), 200.0);
    assert_eq!(node.metric("postseal_reloads_total{result=\"ok\"}"), 0.0);
    assert_eq!(node.metric("postseal_signing_domains"), 2.0);
    assert_eq!(node.metric("postseal_config_loaded_timestamp_seconds"), loaded_at);
    assert!(node.get("/readyz").0.contains("200"));
    assert!(UnixStream::connect(node.path("milter.sock")).is_ok());
    // The log says it as well, and the command.
    node.configure("authserv_id = \"mx.example.net\"\n[receive]\nobserv = true\n");
    let ran = node.run_reload(&[]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(
        ran.text().contains("postseal.toml:11:1") && ran.text().contains("did you mean \"observe\"?"),
        "{ran:?}"
    );
    assert!(ran.text().contains("stays in force"), "{ran:?}");
    node.wait_for_log("postseal.toml:11:1: [receive] has no key \"observ\"");
    let ran = node.run_reload(&["--lang", "ja"]);
    assert!(ran.text().contains("何も変わっていません"), "{ran:?}");
    let json = node.run_reload(&["--json"]).json();
    assert_eq!((&json["reloaded"], json["faults"][0]["line"].as_u64()), (&false.into(), Some(11)));
    // The right one is taken afterwards.
    node.configure(GOOD);
    assert!(node.reload()["reloaded"].is_object());
}

/// As `postseal config check` has it: what it calls wrong, a reload refuses.
fn is_wrong(node: &Node) -> bool {
    let path = node.path("postseal.toml");
    let ran = run(&["config", "check", "--json", path.to_str().expect("UTF-8")]);
    assert!(ran.status < 2, "{ran:?}");
    ran.status == 1
}

/// xorshift: the same mutations in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).expect("below a usize")
    }
}

/// One change of the kind that hands make: a line lost, doubled or cut, a character
/// typed, lost or replaced, a value of another kind.
fn mutated(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = random.below(lines.len());
    let line = lines[at].clone();
    let place = random.below(line.len().max(1));
    let typed = ["\"", "[", "]", "=", "x", "#", ",", ".", " ", "-", "9", "\u{e9}", "\u{0}"][random.below(13)];
    match random.below(9) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, line),
        2 => lines[at] = line[..place].to_owned(),
        3 => lines[at].insert_str(place, typed),
        4 => lines[at].replace_range(place..(place + 1).min(line.len()), ""),
        5 => lines[at].replace_range(place..(place + 1).min(line.len()), typed),
        6 => {
            let key = line.split('=').next().unwrap_or_default();
            lines[at] =
                format!("{key}= {}", ["5", "true", "\"\"", "[]", "\"no such\"", "1.5"][random.below(6)]);
        }
        7 => {
            let other = random.below(lines.len());
            lines.swap(at, other);
        }
        _ => lines[at] = line.replacen('"', "", 1),
    }
    lines.join("\n") + "\n"
}

#[test]
fn a_hang_up_on_a_wrong_file_is_said_in_the_log() {
    let mut node = Node::start(files(), GOOD);
    node.configure("[receive]\non_reject = \"drop\"\n");
    node.signal("HUP");
    let line = node.wait_for_log("\"drop\" is not known here");
    assert!(line.contains(" error ") && line.contains("postseal.toml:"), "{line}");
    node.wait_for_log("is not used: the configuration before it stays in force");
    assert_eq!(node.metric("postseal_reloads_total{result=\"failed\"}"), 1.0);
}

#[test]
fn reloads_close_no_connection() {
    let mut node = Node::start(files(), GOOD);
    let mut open = UnixStream::connect(node.path("milter.sock")).expect("connects");
    for _ in 0..50 {
        assert!(node.reload()["reloaded"].is_object());
    }
    open.set_read_timeout(Some(std::time::Duration::from_millis(100))).expect("a timeout");
    let silence = open.read(&mut [0]).expect_err("neither octets nor an end");
    assert_eq!(silence.kind(), std::io::ErrorKind::WouldBlock);
    // It is served still: a packet that is none ends it.
    open.write_all(&[0; 4]).expect("writes");
    open.set_read_timeout(Some(std::time::Duration::from_secs(30))).expect("a timeout");
    assert_eq!(open.read(&mut [0]).expect("an end"), 0);
    node.wait_for_log("broke the milter protocol");
}

/// One key of many: that domain's mail waits, and the node runs.
#[test]
fn a_key_of_a_domains_file_is_looked_at_when_the_node_is_up() {
    let files = files();
    files.write("domains", "a.example s1 k.pem\nb.example s1 none.pem\nc.example s1 open.pem\n");
    set_mode(&key(&files, "open.pem"), fs::Permissions::from_mode(0o604));
    let text = GOOD.replacen("[sign]\n", "[sign]\ndomains_file = \"domains\"\n", 1);
    let mut node = Node::start(files, &text);
    assert_eq!(node.metric("postseal_signing_domains"), 5.0);
    node.wait_for_log("mail of b.example waits (451)");
    let line = node.wait_for_log("mail of c.example waits (451)");
    assert!(line.contains("open.pem") && line.contains("chmod o-rwx"), "{line}");
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while node.metric("postseal_unusable_keys") != 2.0 {
        assert!(std::time::Instant::now() < end, "{:#?}", node.log());
    }
    // A reload is stricter: it names both.
    let faults = node.reload();
    assert_eq!(faults["unchanged"]["faults"].as_array().map(Vec::len), Some(2), "{faults}");
}

#[test]
fn it_ends_when_it_is_told() {
    for signal in ["TERM", "INT"] {
        let mut node = Node::start(files(), GOOD);
        let idle = UnixStream::connect(node.path("milter.sock")).expect("connects");
        node.signal(signal);
        assert_eq!(node.ended(), Some(0), "{:#?}", node.log());
        node.wait_for_log("stopped");
        drop(idle);
        assert!(!node.path("milter.sock").exists() && !node.path("run/control.sock").exists());
    }
}

#[test]
fn a_killed_node_leaves_nothing_in_the_way() {
    let mut node = Node::start(files(), GOOD);
    node.signal("KILL");
    node.ended();
    assert!(node.path("milter.sock").exists() && node.path("run/control.sock").exists());
    let files = std::mem::replace(&mut node.files, Files::new());
    let again = Node::start(files, GOOD);
    assert!(again.reload()["reloaded"].is_object());
}

#[test]
fn what_keeps_it_from_starting_is_said() {
    let files = files();
    let check = |text: &str, said: &str| {
        let path = files.write("postseal.toml", text);
        let ran = run(&["serve", "--config", path.to_str().expect("UTF-8")]);
        assert_eq!((ran.status, ran.out.len()), (2, 0), "{ran:?}");
        assert!(ran.err.contains(said), "{said}: {ran:?}");
    };
    check("[receive]\non_rejct = 1\n", "postseal.toml:2:1");
    check("[receive]\non_rejct = 1\n", "did you mean \"on_reject\"?");
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    check(&format!("[milter]\nlisten = \"inet:{address}\"\n"), &address);
    check(&format!("[milter]\nlisten = \"unix:m.sock\"\n[http]\nlisten = \"{address}\"\n"), &address);
    check("[milter]\nlisten = \"systemd:milter\"\n", "systemd:milter");
    check("[milter]\nlisten = \"unix:no/such/folder/m.sock\"\n", "no/such/folder/m.sock");
    check("[control]\nsocket = \"postseal.toml\"\n[milter]\nlisten = \"unix:m.sock\"\n", "no socket");
    set_mode(&files.path("k.pem"), fs::Permissions::from_mode(0o644));
    check(GOOD, "chmod o-rwx");
    let ran = run(&["serve", "--config", "/no/such/file.toml"]);
    assert!(ran.status == 2 && ran.err.contains("/no/such/file.toml"), "{ran:?}");
}

#[test]
fn systemd_hears_how_it_fares() {
    let directory = tempfile::tempdir().expect("a folder");
    let path = directory.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("binds");
    manager.set_read_timeout(Some(std::time::Duration::from_secs(60))).expect("a timeout");
    let hears = || {
        let mut buffer = [0; 1_000];
        let length = manager.recv(&mut buffer).expect("hears");
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    let mut node = Node::start_with(files(), GOOD, |command| {
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000").env_remove("WATCHDOG_PID");
    });
    let wait_for = |text: &str| {
        for _ in 0..10_000 {
            let heard = hears();
            if heard.contains(text) {
                return heard;
            }
        }
        panic!("never heard {text}");
    };
    let ready = wait_for("READY=1");
    assert!(ready.contains("STATUS=") && ready.contains("signing domains: 2"), "{ready}");
    wait_for("WATCHDOG=1");
    node.reload();
    assert!(wait_for("RELOADING=1").contains("MONOTONIC_USEC="));
    wait_for("READY=1");
    node.configure("nonsense");
    node.reload();
    wait_for("RELOADING=1");
    wait_for("READY=1");
    node.signal("TERM");
    wait_for("STOPPING=1");
    assert_eq!(node.ended(), Some(0));
}

#[test]
fn sockets_of_systemd_are_taken_over() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    // What systemd does by giving descriptors from 3 on.
    rustix::io::fcntl_setfd(&listener, rustix::io::FdFlags::empty()).expect("kept over exec");
    let text = GOOD.replacen("[receive]", "[milter]\nlisten = \"systemd:milter\"\n[receive]", 1);
    let mut node = Node::start_with(files(), &text, |command| {
        command
            .env("LISTEN_FDS", "1")
            .env("LISTEN_FDNAMES", "milter")
            .env("LISTEN_FDS_FIRST_FD", listener.as_raw_fd().to_string())
            .env_remove("LISTEN_PID");
    });
    drop(listener);
    drop(TcpStream::connect(address).expect("connects"));
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while node.metric("postseal_connections_total") < 1.0 {
        assert!(std::time::Instant::now() < end, "{:#?}", node.log());
    }
    node.signal("TERM");
    assert_eq!(node.ended(), Some(0));
}

#[test]
fn only_root_and_the_same_user_are_heard() {
    let node = Node::start(files(), GOOD);
    let socket = node.path("run/control.sock");
    let mode = |path: &std::path::Path| fs::metadata(path).expect("there").mode() & 0o777;
    // Where the system has the group, its members may use it.
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    let shared = groups.lines().any(|line| line.starts_with("postseal:"));
    assert_eq!((mode(&socket), mode(&node.path("run"))), (if shared { 0o660 } else { 0o600 }, 0o750));
    if fs::metadata(node.path("k.pem")).expect("there").uid() != 0 {
        // Only root can ask as somebody else.
        return;
    }
    // However wide the doors are: the kernel says who is asking.
    for (path, mode) in [(node.path(""), 0o755), (node.path("run"), 0o755), (socket.clone(), 0o666)] {
        set_mode(&path, fs::Permissions::from_mode(mode));
    }
    let copy = node.path("run/postseal");
    fs::copy(env!("CARGO_BIN_EXE_postseal"), &copy).expect("copies");
    set_mode(&copy, fs::Permissions::from_mode(0o755));
    let mut command = std::process::Command::new(&copy);
    command.env("LC_ALL", "C").args(["reload", "--socket"]).arg(&socket).uid(65_534).gid(65_534);
    let output = command.output().expect("runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("user 65534 is neither root, nor the user of the node"), "{said}");
    assert_eq!(node.metric("postseal_reloads_total{result=\"ok\"}"), 0.0);
}

#[test]
fn no_node_is_said_too() {
    let files = Files::new();
    let path = files.write("postseal.toml", "[control]\nsocket = \"none.sock\"\n");
    let ran = run(&["reload", "--config", path.to_str().expect("UTF-8")]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("none.sock") && ran.err.contains("systemctl status"), "{ran:?}");
    let output = program().args(["serve", "--help"]).output().expect("runs");
    assert!(String::from_utf8_lossy(&output.stdout).contains("SIGHUP"));
}
