//! The process dies at a random moment (SIGKILL) while verdicts flow, again and again: what was
//! on disk is stored, each verdict once, and the counters are of just those.
#![expect(clippy::print_stdout, reason = "what was lost and kept is evidence")]

mod world;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use postseal_store::{Store, VerdictFilter, VerdictRows};
use world::{name, open};

/// Deaths in a normal run; more where `POSTSEAL_KILLS` says so.
const KILLS: u64 = 15;

#[tokio::test]
async fn verdicts_survive_sudden_deaths_and_are_counted_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let (store, spool) = (directory.path().join("postseal.db"), directory.path().join("spool"));
    let kills = std::env::var("POSTSEAL_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    // A new store takes longer to make than some lives last.
    open(&store).await.close().await;
    let mut written = BTreeSet::new();
    for round in 0..kills {
        let first = round * 1_000_000;
        // Now and then more than can be stored at once, so that the next one finds several segments.
        let pause = if round % 5 == 4 { 0 } else { 8 };
        written.extend(first..run_and_kill(&store, &spool, first, pause));
    }
    let store = open(&store).await;
    let (_, mut reader) = postseal_store::spool(&spool);
    while let Some(batch) = reader.next_batch(100).expect("read") {
        store.record_verdicts(&batch, VerdictRows::Kept, 0).await.expect("stored");
    }
    assert_eq!(std::fs::read_dir(&spool).expect("there").count(), 0, "all of it was taken");
    let (stored, rows) = stored(&store).await;
    assert_eq!(stored.len() as u64, rows, "one is doubled");
    let days = 0..u64::from(u32::MAX);
    let counted = store.report_rows(&name("contoso.example"), days, None, 100_000).await.expect("read");
    assert_eq!(counted.iter().map(|row| row.messages).sum::<u64>(), rows, "rows and counters differ");
    let lost = written.difference(&stored).count() as u64;
    let beyond = stored.difference(&written).count() as u64;
    println!("{kills} deaths: {} said to be on disk, {rows} stored, {lost} lost", written.len());
    assert_eq!(lost, 0, "what was on disk is stored");
    // On disk, and killed before it could be said.
    assert!(beyond <= 40 * kills, "{beyond}");
    assert!(written.len() as u64 > 20 * kills, "too few to show anything");
}

async fn stored(store: &Store) -> (BTreeSet<u64>, u64) {
    let (mut numbers, mut rows, mut before) = (BTreeSet::new(), 0, None);
    loop {
        let page = store.verdicts(&VerdictFilter::default(), before, 5_000).await.expect("read").verdicts;
        let Some(last) = page.last() else { return (numbers, rows) };
        before = Some(last.id);
        rows += page.len() as u64;
        numbers.extend(page.iter().map(|row| row.queue_id.parse::<u64>().expect("a number")));
    }
}

/// Up to which number it had said that verdicts were on disk.
fn run_and_kill(store: &Path, spool: &Path, first: u64, pause: u64) -> u64 {
    let mut child = Killed(
        Command::new(flow())
            .args([store, spool])
            .args([first, pause].map(|number| number.to_string()))
            .stdout(Stdio::piped())
            .spawn()
            .expect("started"),
    );
    let mut out = BufReader::new(child.0.stdout.take().expect("piped"));
    let mut text = String::new();
    out.read_line(&mut text).expect("read");
    // At a moment that has nothing to do with its steps: 0 to 200 ms.
    let nanos =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").subsec_nanos();
    std::thread::sleep(Duration::from_micros(u64::from(nanos / 1_000 % 200_000)));
    assert!(child.0.try_wait().expect("asked").is_none(), "it ended by itself: {text}");
    child.0.kill().expect("killed");
    out.read_to_string(&mut text).expect("read");
    // A line without its end was cut by the death.
    let mut whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.next_back().expect("a line").trim().parse().expect("a number")
}

/// The example, built beside this test.
fn flow() -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    let target = test.parent().and_then(Path::parent).expect("target/debug/deps");
    target.join("examples/verdict_flow")
}

/// A child that does not outlive the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
