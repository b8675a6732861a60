//! `postseal serve` with a store: each judged message leaves its row and is counted, whatever becomes of the
//! process, the store and the disk; and mail never waits.
#![expect(clippy::print_stdout, reason = "what was lost and kept is evidence")]

#[path = "milter/name_server.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]
mod name_server;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use name_server::{Entry, NameServer};
use postseal_core::dns::DomainName;
use postseal_milter::client::{Action, Client, Letter, Submitter};
use postseal_store::{KeySource, Store, StoredVerdict, VerdictFilter};
use support::Files;
use support::node::Node;
use support::stopwatch::Stopwatch;
use tokio::net::UnixStream;

/// contoso.example sends from 192.0.2.1 and asks to refuse the rest.
fn names() -> NameServer {
    let txt = |text: &str| Entry::Txt(text.to_owned());
    NameServer::start(&[
        ("contoso.example", txt("v=spf1 ip4:192.0.2.1 -all")),
        ("_dmarc.contoso.example", txt("v=DMARC1; p=reject")),
    ])
}

/// A node whose store outlives it.
struct Place {
    home: tempfile::TempDir,
    names: NameServer,
}

impl Place {
    fn new() -> Place {
        Place { home: tempfile::tempdir().expect("a directory"), names: names() }
    }

    fn store(&self) -> PathBuf {
        self.home.path().join("postseal.db")
    }

    fn spool(&self) -> PathBuf {
        self.home.path().join("postseal.db.verdicts")
    }

    fn settings(&self) -> String {
        format!(
            "authserv_id = \"mx.example.net\"\n[resolver]\nservers = \"{}\"\n\
             [store]\npath = \"{}\"\nkey_encryption_key = \"file:{}\"\n",
            self.names.address,
            self.store().display(),
            self.home.path().join("kek").display()
        )
    }

    fn start(&self) -> Node {
        Node::start_with(Files::new(), &format!("{}\n", self.settings()), |_| {})
    }

    /// The rows, and how many messages reports would count.
    fn read(&self) -> (Vec<StoredVerdict>, u64) {
        runtime().block_on(async {
            let key = KeySource::File(self.home.path().join("kek")).read().expect("a key");
            let store = Store::open_sqlite(&self.store(), &key, 0).await.expect("opened");
            let (mut rows, mut before) = (Vec::new(), None);
            // A page looks at so many rows and no more.
            loop {
                let page = store.verdicts(&VerdictFilter::default(), before, 1_000).await.expect("read");
                rows.extend(page.verdicts);
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            let domain = DomainName::parse("contoso.example").expect("a name");
            let counted =
                store.report_rows(&domain, 0..u64::from(u32::MAX), None, 1_000).await.expect("read");
            store.close().await;
            (rows, counted.iter().map(|row| row.messages).sum())
        })
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Shows the nth message, half of them from a host that may not send it.
async fn show(client: &mut Client<UnixStream>, number: u64) -> Option<Action> {
    let letter = Letter {
        queue_id: format!("Q{number}"),
        mail_from: "<jo@contoso.example>".to_owned(),
        recipients: vec!["<someone@example.net>".to_owned()],
        header: b"From: Jo <jo@contoso.example>\r\nSubject: Tea\r\n".to_vec(),
        body: b"At four?\r\n".to_vec(),
    };
    client.show(&letter).await.ok().map(|outcome| outcome.action)
}

async fn connect(socket: &Path, address: &str) -> Option<Client<UnixStream>> {
    let submitter = Submitter {
        name: "mail.contoso.example".to_owned(),
        address: address.parse().expect("an address"),
        helo: "mail.contoso.example".to_owned(),
        daemon_name: "smtpd".to_owned(),
        login: None,
    };
    Client::begin(UnixStream::connect(socket).await.ok()?, &submitter).await.ok()
}

/// Shows messages from this number on until it is told to stop or the node is gone; returns which were
/// answered.
fn flow(
    socket: PathBuf,
    address: &'static str,
    first: u64,
    stop: Arc<AtomicBool>,
) -> JoinHandle<BTreeSet<u64>> {
    thread::spawn(move || {
        runtime().block_on(async move {
            let mut answered = BTreeSet::new();
            let Some(mut client) = connect(&socket, address).await else { return answered };
            for number in first.. {
                if stop.load(Ordering::Relaxed) || show(&mut client, number).await.is_none() {
                    break;
                }
                answered.insert(number);
            }
            answered
        })
    })
}

/// Shows so many messages and takes what becomes of them.
fn send(node: &Node, address: &str, numbers: std::ops::Range<u64>) -> Vec<Action> {
    runtime().block_on(async {
        let mut client = connect(&node.path("milter.sock"), address).await.expect("the node listens");
        let mut actions = Vec::new();
        for number in numbers {
            actions.push(show(&mut client, number).await.expect("an answer"));
        }
        actions
    })
}

const OURS: &str = "192.0.2.1:40000";
const SPOOF: &str = "203.0.113.66:40000";

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn end(mut node: Node) {
    node.signal("TERM");
    assert_eq!(node.ended(), Some(0));
}

#[test]
fn a_judged_message_leaves_a_row_and_is_counted() {
    let place = Place::new();
    let node = place.start();
    assert_eq!(send(&node, OURS, 0..3), [Action::Accept, Action::Accept, Action::Accept]);
    assert!(matches!(send(&node, SPOOF, 3..4)[..], [Action::Refuse(_)]));
    wait_until("stored", || node.metric("postseal_verdicts_stored_total") >= 4.0);
    assert_eq!(node.metric("postseal_verdicts_queued_total"), 4.0);
    assert_eq!(node.metric("postseal_verdicts_spooled_total"), 4.0);
    for place in ["queue", "spool"] {
        assert_eq!(node.metric(&format!("postseal_verdicts_dropped_total{{where=\"{place}\"}}")), 0.0);
    }
    end(node);
    let (rows, counted) = place.read();
    assert_eq!(counted, 4);
    let told: Vec<_> = rows
        .iter()
        .rev()
        .map(|row| {
            let author = row.author_domain.as_ref().map(ToString::to_string);
            (row.queue_id.clone(), author, row.dmarc.as_str(), row.action.clone())
        })
        .collect();
    let row = |id: &str, dmarc, action: &str| {
        (id.to_owned(), Some("contoso.example".to_owned()), dmarc, action.to_owned())
    };
    let passed = ["Q0", "Q1", "Q2"].map(|id| row(id, "pass", "deliver"));
    assert_eq!(told, [passed.to_vec(), vec![row("Q3", "fail", "reject")]].concat());
    // Nothing of the message itself is on disk, and nobody's address.
    for file in fs::read_dir(place.home.path()).expect("listed") {
        let path = file.expect("an entry").path();
        let octets = if path.is_dir() { Vec::new() } else { fs::read(path).expect("read") };
        for secret in ["Tea", "At four", "jo@contoso", "someone"] {
            let found = octets.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret}");
        }
    }
}

#[test]
fn while_the_store_is_away_verdicts_wait_on_disk() {
    let place = Place::new();
    fs::write(place.store(), "no database").expect("written");
    let node = place.start();
    assert_eq!(send(&node, OURS, 0..300).len(), 300);
    wait_until("on disk", || node.metric("postseal_verdicts_spooled_total") >= 300.0);
    assert_eq!(node.metric("postseal_verdicts_stored_total"), 0.0);
    assert!(node.metric("postseal_verdicts_spool_bytes") > 10_000.0);
    // Killed meanwhile, and started again: the store is still away.
    drop(node);
    let node = place.start();
    assert_eq!(send(&node, SPOOF, 300..400).len(), 100);
    fs::remove_file(place.store()).expect("removed");
    wait_until("stored", || node.metric("postseal_verdicts_stored_total") >= 400.0);
    end(node);
    let (rows, counted) = place.read();
    assert_eq!((rows.len(), counted), (400, 400));
}

#[test]
fn killed_again_and_again_no_verdict_is_doubled_and_few_are_lost() {
    let kills = std::env::var("POSTSEAL_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(5);
    let place = Place::new();
    let (mut answered, mut on_disk, mut was_starved) = (BTreeSet::new(), 0.0, false);
    for round in 0..kills {
        let node = place.start();
        let stop = Arc::new(AtomicBool::new(false));
        let watch = Stopwatch::start(&node);
        let flows = [(OURS, 0), (SPOOF, 500_000)].map(|(address, from)| {
            flow(node.path("milter.sock"), address, round * 1_000_000 + from, Arc::clone(&stop))
        });
        // At a moment that has nothing to do with its steps: 0.3 to 1.3 s.
        let nanos = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("a clock").subsec_nanos();
        thread::sleep(Duration::from_micros(300_000 + u64::from(nanos / 1_000 % 1_000_000)));
        on_disk += node.metric("postseal_verdicts_spooled_total");
        was_starved |= watch.lost() > watch.elapsed() / 2;
        drop(node);
        for flow in flows {
            answered.extend(flow.join().expect("no panic"));
        }
    }
    let node = place.start();
    wait_until("all is taken", || node.metric("postseal_verdicts_spool_bytes") == 0.0);
    end(node);
    let (rows, counted) = place.read();
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.queue_id.as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "one is doubled");
    assert_eq!(counted, rows.len() as u64, "rows and counters differ");
    let lost = answered.iter().filter(|number| !ids.contains(format!("Q{number}").as_str())).count();
    println!(
        "{kills} deaths: {} messages answered, {} rows, {lost} lost in memory",
        answered.len(),
        rows.len()
    );
    assert!(rows.len() as f64 >= on_disk, "{} rows, and {on_disk} were on disk", rows.len());
    // Where no core is free for the thread that writes, more of them wait for it.
    assert!(was_starved || lost as f64 <= 0.3 * answered.len() as f64, "{lost} of {} lost", answered.len());
}

/// A disk of 200 kB, in a namespace of its own: needs root.
#[test]
fn when_the_disk_is_full_mail_goes_on_and_what_is_lost_is_counted() {
    let may = Command::new("unshare").args(["--mount", "true"]).stderr(Stdio::null()).status();
    if !may.is_ok_and(|status| status.success()) {
        println!("skipped: a small disk needs root and unshare");
        return;
    }
    let place = Place::new();
    fs::write(place.store(), "no database").expect("written");
    fs::create_dir(place.spool()).expect("made");
    let spool = place.spool();
    let mut node = Node::start_with(Files::new(), &place.settings(), |command| {
        let mount = format!("mount -t tmpfs -o size=200k tmpfs '{}' && exec \"$0\" \"$@\"", spool.display());
        let mut in_namespace = Command::new("unshare");
        in_namespace
            .args(["--mount", "sh", "-c", &mount])
            .arg(command.get_program())
            .args(command.get_args());
        in_namespace.env("LC_ALL", "C").env_remove("NOTIFY_SOCKET").env_remove("JOURNAL_STREAM");
        in_namespace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        *command = in_namespace;
    });
    let sent = 3_000;
    let actions = send(&node, OURS, 0..sent);
    assert!(actions.iter().all(|action| *action == Action::Accept), "mail goes on");
    let metric = |name: &str| node.metric(&format!("postseal_verdicts_{name}"));
    wait_until("counted", || {
        metric("spooled_total") + metric("dropped_total{where=\"queue\"}") >= metric("queued_total")
    });
    let gave_way = metric("dropped_total{where=\"queue\"}") + metric("dropped_total{where=\"spool\"}");
    assert!(gave_way > 500.0, "{gave_way} gave way");
    assert!(metric("spool_bytes") <= 204_800.0);
    fs::remove_file(place.store()).expect("removed");
    node.wait_for_log("postseal.db is open");
    let metric = |name: &str| node.metric(&format!("postseal_verdicts_{name}"));
    wait_until("stored", || metric("stored_total") + gave_way >= sent as f64);
    assert_eq!(metric("stored_total") + gave_way, sent as f64, "each is stored or was counted as dropped");
    assert_eq!(send(&node, OURS, sent..sent + 10).len(), 10);
    wait_until("stored", || metric("stored_total") + gave_way >= (sent + 10) as f64);
    end(node);
    let (rows, counted) = place.read();
    assert_eq!((rows.len() as u64, rows.len() as f64), (counted, (sent + 10) as f64 - gave_way));
}
