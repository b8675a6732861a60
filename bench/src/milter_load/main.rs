//! A load for milters, from the MTA's side of the protocol: what it costs the filter, and whether what it adds is right.

mod corpus;
mod daemon;
mod expectation;
mod run;
mod session;
mod wire;

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::expectation::Expectation;
use crate::run::{Load, Outcome, Plan};

const USAGE: &str = "milter-load make --corpus DIR [--count N] [--size OCTETS]
milter-load run --to PLACE[,PLACE] --pid PID[,PID] [--corpus DIR] [--connections N] [--seconds S] [--messages N]
    [--rate N] [--per-message yes] [--check spf,dkim,dmarc,arc]
    [--sign DOMAIN[,DOMAIN] --key-record TEXT] [--size OCTETS]
milter-load idle --to PLACE --pid PID [--connections N]
PLACE is unix:PATH or inet:ADDRESS:PORT; with several, one after another. Prints one line of JSON.";

fn main() {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let arguments: Vec<String> = arguments.collect();
    let pairs = arguments
        .chunks(2)
        .filter_map(|pair| Some((pair[0].strip_prefix("--")?.to_owned(), pair.get(1)?.clone())));
    let flags = Flags(pairs.collect());
    match command.as_str() {
        "make" => corpus::make(
            Path::new(&flags.text("corpus")),
            flags.number("count", 1000),
            flags.number("size", 10_240),
        ),
        "run" => run_load(&flags),
        "idle" => idle(&flags),
        _ => {
            eprintln!("{USAGE}");
            std::process::exit(2);
        }
    }
}

struct Flags(HashMap<String, String>);

impl Flags {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_else(|| panic!("--{name} is needed\n{USAGE}")).to_owned()
    }

    fn list(&self, name: &str) -> Vec<String> {
        self.get(name).map(|text| text.split(',').map(str::to_owned).collect()).unwrap_or_default()
    }

    fn number(&self, name: &str, default: usize) -> usize {
        self.get(name)
            .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("--{name} takes a number")))
    }

    fn pids(&self) -> Vec<u32> {
        self.list("pid").iter().map(|pid| pid.parse().expect("--pid takes process ids")).collect()
    }
}

fn run_load(flags: &Flags) {
    let signing = flags.list("sign");
    let messages = match (signing.len(), flags.get("corpus")) {
        (0, Some(folder)) => corpus::load(Path::new(folder)),
        (0, None) => panic!("--corpus or --sign is needed"),
        (domains, _) => (0..domains.max(100))
            .map(|nth| corpus::own(nth, &signing[nth % domains], flags.number("size", 10_240)))
            .collect(),
    };
    let plan = Plan {
        chain: flags.list("to"),
        connections: flags.number("connections", 1),
        messages: flags.get("messages").map(|text| text.parse().expect("--messages takes a number")),
        time: Duration::from_secs_f64(
            flags.get("seconds").map_or(600.0, |text| text.parse().expect("seconds")),
        ),
        rate: flags.get("rate").map(|text| text.parse().expect("--rate takes a number")),
        is_connection_per_message: flags.get("per-message") == Some("yes"),
        expectation: match signing.is_empty() {
            true => Expectation::Results(flags.list("check")),
            false => Expectation::Signature(flags.text("key-record")),
        },
        is_login: !signing.is_empty(),
    };
    let pids = flags.pids();
    daemon::reset_peaks(&pids);
    let idle = daemon::status_kib(&pids, "VmRSS");
    let load = Load::open(&plan, &messages).expect("connects and negotiates");
    let (theirs, ours) = (daemon::cpu_seconds(&pids), own_cpu_seconds());
    let outcome = load.run().expect("the filter answers");
    let (theirs, ours) = (daemon::cpu_seconds(&pids) - theirs, own_cpu_seconds() - ours);
    report(outcome, theirs, ours, idle, &pids);
}

fn report(mut outcome: Outcome, theirs: f64, ours: f64, idle: u64, pids: &[u32]) {
    outcome.latencies.sort_unstable();
    let quantile = |q: f64| {
        let at = (outcome.latencies.len() as f64 * q) as usize;
        outcome
            .latencies
            .get(at.min(outcome.latencies.len().saturating_sub(1)))
            .map_or(0.0, |l| l.as_secs_f64() * 1e3)
    };
    let thousands = outcome.finished as f64 / 1000.0;
    let (fewest, most) = (
        outcome.per_connection.iter().min().unwrap_or(&0),
        outcome.per_connection.iter().max().unwrap_or(&0),
    );
    let first_wrong = outcome.first_wrong.unwrap_or_default();
    println!(
        "{{\"finished\": {}, \"wrong\": {}, \"broken\": {}, \"seconds\": {:.3}, \"rate\": {:.1}, \"cpu\": {:.4}, \"generator_cpu\": {:.4}, \
         \"p50\": {:.3}, \"p99\": {:.3}, \"fewest\": {fewest}, \"most\": {most}, \"rss_before\": {idle}, \"rss\": {}, \
         \"peak\": {}, \"pss\": {}, \"first_wrong\": {first_wrong:?}}}",
        outcome.finished,
        outcome.wrong,
        outcome.broken,
        outcome.took.as_secs_f64(),
        outcome.finished as f64 / outcome.took.as_secs_f64(),
        theirs / thousands,
        ours / thousands,
        quantile(0.5),
        quantile(0.99),
        daemon::status_kib(pids, "VmRSS"),
        daemon::status_kib(pids, "VmHWM"),
        daemon::pss_kib(pids),
    );
}

/// Opens sessions, negotiates, and says what they weigh.
fn idle(flags: &Flags) {
    let plan = Plan {
        chain: flags.list("to"),
        connections: flags.number("connections", 5000),
        messages: Some(0),
        time: Duration::ZERO,
        rate: None,
        is_connection_per_message: false,
        expectation: Expectation::Results(Vec::new()),
        is_login: false,
    };
    let pids = flags.pids();
    let before = daemon::status_kib(&pids, "VmRSS");
    let load = Load::open(&plan, &[]).expect("connects and negotiates");
    println!(
        "{{\"rss_before\": {before}, \"rss\": {}, \"pss\": {}}}",
        daemon::status_kib(&pids, "VmRSS"),
        daemon::pss_kib(&pids)
    );
    drop(load);
}

fn own_cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
