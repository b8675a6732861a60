//! Postseal's core beside mail-auth and beside the physical floor, timed in one
//! run. The README says how to run it and how to read it.

mod allocations;
mod bodies;
mod collisions;
mod dkim;
mod floor;
mod hostile;
mod inbound;
mod peer;
mod report;
mod scene;
mod stopwatch;

use std::process::ExitCode;
use std::time::Duration;

use crate::peer::Peer;
use crate::report::Report;
use crate::scene::Keys;
use crate::stopwatch::{Lane, Time};

/// What all measurements share.
pub struct Bench {
    keys: Keys,
    peer: Peer,
    report: Report,
    /// CPU time for one row.
    budget: Duration,
}

impl Bench {
    fn race(&self, lanes: Vec<Lane<'_>>) -> Vec<Time> {
        stopwatch::race(lanes, self.budget)
    }
}

type Section = (&'static str, fn(&mut Bench));

const SECTIONS: [Section; 6] = [
    ("verify", dkim::verify),
    ("sign", dkim::sign),
    ("signatures", dkim::signatures),
    ("steps", inbound::steps),
    ("inbound", inbound::judgement),
    ("hostile", hostile::hostile),
];

fn main() -> ExitCode {
    let mut quick = false;
    let mut wanted = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--quick" => quick = true,
            name if SECTIONS.iter().any(|(section, _)| *section == name) => wanted.push(argument),
            other => {
                let names: Vec<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
                eprintln!("unknown argument {other}; usage: postseal-bench [--quick] [{}]", names.join("|"));
                return ExitCode::from(2);
            }
        }
    }
    let keys = Keys::generate();
    let mut bench = Bench {
        peer: Peer::new(&keys),
        keys,
        report: Report::default(),
        budget: Duration::from_millis(if quick { 150 } else { 2_000 }),
    };
    for (name, run) in SECTIONS {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            run(&mut bench);
        }
    }
    bench.report.close();
    if bench.report.all_met() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
