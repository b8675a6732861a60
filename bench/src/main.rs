//! Postseal's core beside mail-auth and beside the physical floor, timed in one
//! run. The README says how to run it and how to read it.

mod agreement;
mod allocations;
mod collisions;
mod dkim;
mod hostile;
mod inbound;
mod ours;
mod peer;
mod report;
mod stopwatch;

pub(crate) use postseal_bench::{bodies, floor, scene};

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use crate::floor::Algorithm;
use crate::ours::Ours;
use crate::peer::Peer;
use crate::report::Report;
use crate::scene::Keys;
use crate::stopwatch::{Lane, Time};

/// What all measurements share.
pub struct Bench {
    keys: Keys,
    peer: Peer,
    ours: Ours,
    report: Report,
    /// CPU time for one row.
    budget: Duration,
    /// The one lane that runs, for profilers.
    only: Option<String>,
    /// Where messages for [`agreement`] are.
    messages: Option<PathBuf>,
    /// Rows without this text are left out, for profilers.
    row: Option<String>,
}

impl Bench {
    fn wants(&self, row: &str) -> bool {
        self.row.as_ref().is_none_or(|text| row.contains(text))
    }

    fn race(&self, mut lanes: Vec<Lane<'_>>) -> Vec<Time> {
        if let Some(only) = &self.only {
            lanes.retain(|lane| lane.name().eq_ignore_ascii_case(only));
        }
        stopwatch::race(lanes, self.budget)
    }
}

type Section = (&'static str, fn(&mut Bench));

const SECTIONS: [Section; 9] = [
    ("agreement", agreement::agreement),
    ("verify-rsa", |bench| dkim::verify(bench, Algorithm::Rsa2048)),
    ("verify-ed25519", |bench| dkim::verify(bench, Algorithm::Ed25519)),
    ("sign-rsa", |bench| dkim::sign(bench, Algorithm::Rsa2048)),
    ("sign-ed25519", |bench| dkim::sign(bench, Algorithm::Ed25519)),
    ("signatures", dkim::signatures),
    ("steps", inbound::steps),
    ("inbound", inbound::judgement),
    ("hostile", hostile::hostile),
];

fn main() -> ExitCode {
    let mut quick = false;
    let mut wanted = Vec::new();
    let (mut only, mut row, mut messages) = (None, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => quick = true,
            "--lane" => only = arguments.next(),
            "--row" => row = arguments.next(),
            "--messages" => messages = arguments.next().map(PathBuf::from),
            name if SECTIONS.iter().any(|(section, _)| *section == name) => wanted.push(argument),
            other => {
                let names: Vec<&str> = SECTIONS.iter().map(|(name, _)| *name).collect();
                eprintln!(
                    "unknown argument {other}; usage: postseal-bench [--quick] [--lane NAME] [--row TEXT] [--messages FOLDER] [{}]",
                    names.join("|")
                );
                return ExitCode::from(2);
            }
        }
    }
    let keys = Keys::generate();
    let mut bench = Bench {
        peer: Peer::new(&keys),
        ours: Ours::new(&keys),
        keys,
        report: Report::default(),
        only,
        messages,
        row,
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
