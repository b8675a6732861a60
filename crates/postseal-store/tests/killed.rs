//! The process dies at a random moment (SIGKILL), again and again: never a half
//! state, never a key lost, the serial and the change feed never back.

mod world;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use postseal_core::dkim::SigningKey;
use postseal_core::hosting::{Life, Slot};
use postseal_store::{AuditVerdict, DomainQuestion, Standing, Store};
use rustls_pki_types::PrivatePkcs8KeyDer;
use world::{check_tables, open, organisation};

/// Changes of each life before the moment of its death is drawn.
const CHANGES: usize = 3;

/// Deaths in a normal run; more where the variable says so.
const KILLS: usize = 40;

#[tokio::test]
async fn a_store_survives_sudden_deaths() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("postseal.db");
    let kills = std::env::var("POSTSEAL_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    let mut known = Known::default();
    let mut answered = 0;
    for round in 0..kills as u64 {
        let lines = run_and_kill(&path, round);
        answered += lines.len();
        let store = open(&path).await;
        known = check(&store, &lines, known).await;
        store.close().await;
        check_tables(&path).await;
    }
    assert!(answered >= CHANGES * kills, "{answered} changes in {kills} lives: too few to show anything");
    assert!(known.keys > 0 && known.rotated > 0, "{known:?}");
}

#[derive(Debug, Default)]
struct Known {
    serial: u32,
    revision: i64,
    audit_rows: i64,
    audit_head: Vec<u8>,
    keys: usize,
    rotated: usize,
}

/// Lets it work for a random while and kills it. Returns the changes that it said were done.
fn run_and_kill(path: &Path, round: u64) -> Vec<String> {
    let mut child = Killed(
        Command::new(churn())
            .arg(path)
            .arg((round + 1).to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started"),
    );
    let mut out = BufReader::new(child.0.stdout.take().expect("piped"));
    // However busy the machine is, each life has done something.
    let mut first = String::new();
    for _ in 0..CHANGES {
        out.read_line(&mut first).expect("read");
    }
    // From now on at a moment that has nothing to do with its steps: 0 to 60 ms.
    let nanos =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").subsec_nanos();
    std::thread::sleep(Duration::from_micros(u64::from(nanos / 1_000 % 60_000)));
    let alive = child.0.try_wait().expect("asked").is_none();
    child.0.kill().expect("killed");
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("read");
    let mut errors = String::new();
    child.0.stderr.take().expect("piped").read_to_string(&mut errors).expect("read");
    assert!(alive, "it ended by itself: {errors}");
    let text = first + &rest;
    // A line without its end was cut by the death.
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| line.trim().to_owned())
        .collect()
}

async fn check(store: &Store, lines: &[String], before: Known) -> Known {
    let contoso = organisation("contoso");
    let serial = store.zone_serial().await.expect("read");
    let revision = store.revision().await.expect("read");
    let told = |key: &str| {
        lines.iter().filter_map(|line| line.split(key).nth(1)?.split(' ').next()?.parse::<i64>().ok()).max()
    };
    assert!(
        serial >= before.serial && i64::from(serial) >= told("serial=").unwrap_or(0),
        "the serial went back"
    );
    assert!(revision >= before.revision && revision >= told("revision=").unwrap_or(0), "the feed went back");
    // What was answered is there: each change has its row in the audit log.
    let head = (before.audit_rows > 0).then_some((before.audit_rows, before.audit_head.as_slice()));
    let verdict = store.audit_verify(head).await.expect("read");
    let AuditVerdict::Intact { rows, head } = verdict else { panic!("{verdict:?}") };
    let done = lines.iter().filter(|line| !line.starts_with("advance")).count();
    let written = usize::try_from(rows - before.audit_rows).expect("never fewer");
    let silent = lines.iter().filter(|line| line.starts_with("trust")).count();
    assert!(written + silent >= done, "{done} changes were answered and {written} rows are there");
    let (mut keys, mut rotated) = (0, before.rotated);
    rotated += lines.iter().filter(|line| line.starts_with("rotate")).count();
    for listed in store.domains(&contoso, &DomainQuestion::default(), 100).await.expect("read").domains {
        let domain = listed.domain;
        let Standing::Held(_) = domain.standing else { panic!("{domain:?}") };
        let label = domain.label.expect("a domain that is held has its label");
        let Some(configuration) = store.dkim_get(&contoso, &domain.name).await.expect("whole") else {
            continue;
        };
        for slot in Slot::BOTH {
            let state = configuration.slot(slot);
            let hosted = format!("{}-{label}", state.name);
            let published = store.published_keys("", 1_000, u64::from(u32::MAX)).await.expect("read");
            let published = published.iter().find(|p| p.hosted_selector == hosted).expect("published");
            if matches!(state.life, Life::Revoked { .. }) {
                assert!(published.record.ends_with("p="), "{published:?}");
                assert!(store.private_key(state.key).await.is_err(), "a revoked key is destroyed");
                continue;
            }
            // Not lost: it opens, and it is the one whose record the world gets.
            let pkcs8 = store.private_key(state.key).await.expect("the key is there");
            let key = SigningKey::from_pkcs8(&PrivatePkcs8KeyDer::from(pkcs8.as_slice())).expect("a key");
            assert_eq!(key.record(), published.record);
            keys += 1;
        }
    }
    Known { serial, revision, audit_rows: rows, audit_head: head, keys: keys.max(before.keys), rotated }
}

/// The example, built beside this test.
fn churn() -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let target = test.parent().and_then(Path::parent).expect("target/debug/deps");
    target.join("examples/churn")
}

/// A child that does not outlive the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
