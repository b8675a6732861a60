//! A node dies at a random moment (SIGKILL) while domains and keys are changed over its API, again and
//! again: never a half state, never a key lost, the serial of the hosting zone never back.

#![expect(clippy::print_stdout, reason = "how many changes were cut off is evidence")]

mod support;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use postseal_core::dkim::SigningKey;
use postseal_core::dns::{DomainName, Outcome, Question, RecordType, Records};
use postseal_core::hosting::{OrganisationName, Slot};
use postseal_dns::ask::Resolver;
use postseal_store::{AuditVerdict, DomainQuestion, KeySource, Store};
use rustls_pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};
use support::node::Node;
use support::{Files, own_address};
use tokio::runtime::Runtime;

/// Deaths in a normal run; more where the variable says so.
const KILLS: u64 = 10;

/// Threads that change things, each with domains of its own.
const CLIENTS: u64 = 3;

/// What is known of a domain.
#[derive(Clone, Debug, PartialEq)]
enum Known {
    /// The last answer: its two public keys, or none.
    Keys(Option<[String; 2]>),
    /// It is not there.
    Gone,
    /// A change was under way when the node died.
    Open,
}

#[derive(Default)]
struct World {
    domains: BTreeMap<String, Known>,
    answered: u64,
    cut_off: u64,
    serial: u32,
    audit_rows: i64,
    audit_head: Vec<u8>,
}

#[test]
fn a_node_survives_sudden_deaths() {
    let kills = std::env::var("POSTSEAL_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    let dns = own_address();
    let text = format!(
        "[store]\npath = \"state/postseal.db\"\nkey_encryption_key = \"file:kek\"\n\
         [hosting]\nzone = \"keys.example\"\nlisten = [\"{dns}\"]\nname_servers = [\"ns1.keys.example\"]\n\
         [hosting.addresses]\n\"ns1.keys.example\" = [\"127.0.0.1\"]\n\
         [[keys.servers]]\nzone = \"example\"\naddresses = [\"{dns}\"]\n"
    );
    let runtime = Runtime::new().expect("a runtime");
    let world = Arc::new(Mutex::new(World::default()));
    let mut files = Files::new();
    let mut random = Random(kills);
    for round in 0..=kills {
        let mut node = Node::start(files, &text);
        node.wait_for_log("postseal.db is open");
        if round == 0 {
            let socket = node.path("run/control.sock");
            ask(&socket, "POST /v1/organisations", &json!({ "name": "contoso" })).expect("answered");
        }
        check(&node, dns, &world, &runtime);
        if round < kills {
            // Every other one dies after some changes, however slow it is; the others at any time.
            let changes = if round % 2 == 0 { 8 } else { 0 };
            churn_and_kill(&mut node, &world, &mut random, changes);
        }
        files = std::mem::replace(&mut node.files, Files::new());
    }
    let world = world.lock().expect("no panic");
    println!("{kills} deaths, {} changes answered, {} cut off", world.answered, world.cut_off);
    assert!(world.answered > 3 * kills, "{} changes in {kills} lives are too few", world.answered);
    assert!(world.cut_off > 0, "no death came in the middle of a change");
}

fn churn_and_kill(node: &mut Node, world: &Arc<Mutex<World>>, random: &mut Random, changes: u64) {
    let answered = || world.lock().expect("no panic").answered;
    let before = answered();
    let socket = node.path("run/control.sock");
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (socket, world, seed) = (socket.clone(), Arc::clone(world), random.next());
            thread::spawn(move || churn(&socket, &world, client, &mut Random(seed)))
        })
        .collect();
    let begun = Instant::now();
    while answered() < before + changes {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:#?}", node.log());
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(random.next() % 1_500));
    node.signal("KILL");
    node.ended();
    for client in clients {
        client.join().expect("a client does not panic");
    }
}

/// Changes its own domains at random until nobody answers any more.
fn churn(socket: &Path, world: &Arc<Mutex<World>>, client: u64, random: &mut Random) {
    let all = "/v1/organisations/contoso/domains";
    loop {
        let domain = format!("d{}.c{client}.example", random.next() % 4);
        let dkim = format!("{all}/{domain}/dkim-signing-configuration");
        let (line, body) = match random.next() % 6 {
            0 | 1 => (format!("POST {all}"), json!({ "name": domain, "trust": true })),
            2 | 3 => (format!("POST {dkim}"), json!({})),
            4 => (format!("DELETE {dkim}"), json!({})),
            _ => (format!("DELETE {all}/{domain}"), json!({})),
        };
        let before = world.lock().expect("no panic").domains.insert(domain.clone(), Known::Open);
        let Some((status, answer)) = ask(socket, &line, &body) else {
            world.lock().expect("no panic").cut_off += 1;
            return;
        };
        let configuration = &answer["configuration"];
        let known = match status {
            // Refused: as it was. What was open before is not known by that.
            400.. => before.unwrap_or(Known::Gone),
            204 => Known::Gone,
            _ if line.starts_with(&format!("POST {all}")) && line.len() == 5 + all.len() => match before {
                Some(Known::Keys(keys)) => Known::Keys(keys),
                Some(Known::Open) => Known::Open,
                Some(Known::Gone) | None => Known::Keys(None),
            },
            _ => Known::Keys(public_keys(configuration)),
        };
        let mut world = world.lock().expect("no panic");
        world.answered += u64::from(status < 300);
        world.domains.insert(domain, known);
    }
}

fn public_keys(configuration: &Value) -> Option<[String; 2]> {
    let key = |n: u8| configuration[format!("Selector{n}PublicKey")].as_str().map(str::to_owned);
    Some([key(1)?, key(2)?])
}

/// What holds after each start.
fn check(node: &Node, dns: SocketAddr, world: &Mutex<World>, runtime: &Runtime) {
    let socket = node.path("run/control.sock");
    let mut world = world.lock().expect("no panic");
    let names: Vec<String> = world.domains.keys().cloned().collect();
    for name in names {
        let path = format!("/v1/organisations/contoso/domains/{name}/dkim-signing-configuration");
        let (status, answer) = ask(&socket, &format!("GET {path}"), &Value::Null).expect("answered");
        let found = match status {
            200 => {
                let halves = ["Selector1KeySize", "Selector2KeySize", "KeyCreationTime"]
                    .map(|key| answer[key].is_null());
                assert!(halves == [false; 3] || halves == [true; 3], "half a configuration: {answer}");
                Known::Keys(public_keys(&answer))
            }
            404 => Known::Gone,
            _ => panic!("{name}: {status} {answer}"),
        };
        let known = &world.domains[&name];
        assert!(*known == Known::Open || *known == found, "{name}: was {known:?}, is {found:?}");
        world.domains.insert(name, found);
    }
    let serial = runtime.block_on(serial(dns));
    assert!(serial >= world.serial, "the serial went from {} to {serial}", world.serial);
    world.serial = serial;
    runtime.block_on(check_store(node, &mut world));
}

async fn serial(dns: SocketAddr) -> u32 {
    let zone = DomainName::parse("keys.example").expect("a name");
    let answer = Resolver::new(&[dns]).ask(&Question::new(zone, RecordType::Soa)).await;
    match &answer.outcome {
        Outcome::Records(Records::Soa { serial, .. }) => *serial,
        other => panic!("{other:?}"),
    }
}

/// Each private key is there and belongs to its record, and the audit log goes on where it was.
async fn check_store(node: &Node, world: &mut World) {
    let key = KeySource::File(node.path("kek")).read().expect("the node has made it");
    let now = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    let store = Store::open_sqlite(&node.path("state/postseal.db"), &key, now).await.expect("opens");
    let organisation = OrganisationName::parse("contoso").expect("a name");
    for domain in store.domains(&organisation, &DomainQuestion::default(), 1_000).await.expect("read").domains
    {
        let domain = domain.domain;
        let Some(configuration) = store.dkim_get(&organisation, &domain.name).await.expect("held") else {
            continue;
        };
        for slot in Slot::BOTH {
            let id = configuration.slot(slot).key;
            let pkcs8 =
                store.private_key(id).await.unwrap_or_else(|error| panic!("{}: {error}", domain.name));
            let key = SigningKey::from_pkcs8(&PrivatePkcs8KeyDer::from(pkcs8.as_slice())).expect("a key");
            assert_eq!(key.record(), store.key_record(id).await.expect("there"), "{}", domain.name);
        }
    }
    let head = (world.audit_rows > 0).then_some((world.audit_rows, world.audit_head.as_slice()));
    match store.audit_verify(head).await.expect("read") {
        AuditVerdict::Intact { rows, head } => (world.audit_rows, world.audit_head) = (rows, head),
        AuditVerdict::Broken { first_bad } => panic!("row {first_bad} of the audit log is not as it was"),
    }
    store.close().await;
}

/// Status and body; `None` where the node has gone.
fn ask(socket: &Path, line: &str, body: &Value) -> Option<(u16, Value)> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head =
        format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).ok()?;
    let (head, body) = reply.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    // An answer that was cut off is none.
    let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).ok()? };
    Some((status, body))
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
