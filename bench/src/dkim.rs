//! DKIM: verifying and signing by size and kind of body, and by number of signatures.

use std::hint::black_box;

use crate::Bench;
use crate::bodies::Kind;
use crate::floor::{self, Algorithm};
use crate::ours;
use crate::peer::Signer;
use crate::report::{Bar, FLOOR, OURS, PEER};
use crate::scene;
use crate::stopwatch::Lane;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Kind, size and the bar of `performance.md` §7, rows 1 and 2.
const BODIES: [(Kind, usize, Option<f64>); 8] = [
    (Kind::Mixed, KIB, Some(1.25)),
    (Kind::Mixed, 10 * KIB, Some(1.15)),
    (Kind::Mixed, 100 * KIB, Some(1.15)),
    (Kind::Prose, MIB, Some(1.25)),
    (Kind::Html, MIB, Some(1.35)),
    (Kind::Base64, MIB, Some(1.25)),
    (Kind::Mixed, MIB, None),
    (Kind::Mixed, 25 * MIB, None),
];

/// Verifications with keys of this algorithm.
pub fn verify(bench: &mut Bench, algorithm: Algorithm) {
    bench.report.section(
        &format!("DKIM verify, {}, relaxed/relaxed", name(algorithm)),
        "Header section of 22 fields and one signature, key and answers at hand. Floor: SHA-256 of the body, one verification.",
    );
    for (kind, size, bar) in BODIES {
        let bar = bar.filter(|_| algorithm == Algorithm::Rsa2048).map(Bar::Floor);
        verify_one(bench, algorithm, kind, size, bar);
    }
}

fn verify_one(bench: &mut Bench, algorithm: Algorithm, kind: Kind, size: usize, bar: Option<Bar>) {
    let what = format!("{} {}", size_name(size), kind.name());
    if !bench.wants(&what) {
        return;
    }
    let body = kind.body(size);
    let message = scene::message(&scene::header_section(), &body);
    let signed = Signer::new(algorithm, &bench.keys).signed(&message, 1);
    bench.ours.warm(&signed);
    let (keys, peer, ours) = (&bench.keys, &bench.peer, &bench.ours);
    assert_eq!((peer.verify_dkim(&signed), ours.verify_dkim(&signed)), (1, 1));
    let times = bench.race(vec![
        Lane::new(FLOOR, || floor::verify(&body, 1, keys.of(algorithm))),
        Lane::new(PEER, || {
            black_box(peer.verify_dkim(&signed));
        }),
        Lane::new(OURS, || {
            black_box(ours.verify_dkim(&signed));
        }),
    ]);
    bench.report.row(&what, &times, bar);
}

/// Signatures with keys of this algorithm.
pub fn sign(bench: &mut Bench, algorithm: Algorithm) {
    bench.report.section(
        &format!("DKIM sign, {}, relaxed/relaxed", name(algorithm)),
        "The same message without its signature. Floor: SHA-256 of the body, one signing operation.",
    );
    for (kind, size, _) in BODIES {
        // Row 3 of the bars.
        let barred = algorithm == Algorithm::Ed25519 && size == 10 * KIB;
        sign_one(bench, algorithm, kind, size, barred.then_some(Bar::Floor(1.15)));
    }
}

fn sign_one(bench: &mut Bench, algorithm: Algorithm, kind: Kind, size: usize, bar: Option<Bar>) {
    let what = format!("{} {}", size_name(size), kind.name());
    if !bench.wants(&what) {
        return;
    }
    let body = kind.body(size);
    let message = scene::message(&scene::header_section(), &body);
    let keys = &bench.keys;
    let (peer, ours) = (Signer::new(algorithm, keys), ours::Signer::new(algorithm, keys));
    let signed = [ours.sign(&message).as_bytes(), &message].concat();
    assert_eq!(bench.peer.verify_dkim(&signed), 1, "mail-auth accepts our signature");
    let times = bench.race(vec![
        Lane::new(FLOOR, || floor::sign(&body, keys.of(algorithm))),
        Lane::new(PEER, || {
            black_box(peer.sign(&message));
        }),
        Lane::new(OURS, || {
            black_box(ours.sign(&message));
        }),
    ]);
    bench.report.row(&what, &times, bar);
}

/// One to a hundred signatures on one message.
pub fn signatures(bench: &mut Bench) {
    bench.report.section(
        "Signatures on one message, 10 KiB mixed, rsa-2048",
        "The cap on signatures lifted. Floor: SHA-256 of the body once, one verification for each signature.",
    );
    let body = Kind::Mixed.body(10 * KIB);
    let message = scene::message(&scene::header_section(), &body);
    for count in [1, 5, 20, 100] {
        let signed = Signer::new(Algorithm::Rsa2048, &bench.keys).signed(&message, count);
        bench.ours.warm(&signed);
        let (keys, peer, ours) = (&bench.keys, &bench.peer, &bench.ours);
        assert_eq!((peer.verify_dkim(&signed), ours.verify_dkim(&signed)), (count, count));
        let times = bench.race(vec![
            Lane::new(FLOOR, || floor::verify(&body, count, &keys.rsa)),
            Lane::new(PEER, || {
                black_box(peer.verify_dkim(&signed));
            }),
            Lane::new(OURS, || {
                black_box(ours.verify_dkim(&signed));
            }),
        ]);
        bench.report.row(&count.to_string(), &times, None);
    }
}

fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rsa2048 => "rsa-2048",
        Algorithm::Ed25519 => "ed25519",
    }
}

/// The size as the tables write it.
pub fn size_name(size: usize) -> String {
    if size >= MIB { format!("{} MiB", size / MIB) } else { format!("{} KiB", size / KIB) }
}
