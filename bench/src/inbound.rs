//! SPF and DMARC alone, and the whole inbound judgement.

use std::hint::black_box;

use postseal_core::spf::SpfResult;

use crate::Bench;
use crate::bodies::Kind;
use crate::dkim::size_name;
use crate::floor::{self, Algorithm};
use crate::ours::Ours;
use crate::peer::{self, Peer, Signer};
use crate::report::{Bar, FLOOR, OURS, PEER};
use crate::scene;
use crate::stopwatch::Lane;

/// SPF, DMARC and the header section alone.
pub fn steps(bench: &mut Bench) {
    bench.report.section(
        "Steps alone",
        "No floor of their own. SPF: three includes, 7 records, 46 networks, records parsed, the last network matches.",
    );
    let header_section = scene::header_section();
    let signed = Signer::new(Algorithm::Rsa2048, &bench.keys).signed(&header_section, 1);
    bench.ours.warm(&signed);
    let (peer, ours) = (&bench.peer, &bench.ours);
    assert!(peer::passes(&peer.check_host()));
    let dmarc = peer.dmarc(&header_section);
    assert!(dmarc());
    assert_eq!(ours.check_host(), SpfResult::Pass);
    let spf = bench.race(vec![
        Lane::new(PEER, || {
            black_box(peer.check_host());
        }),
        Lane::new(OURS, || {
            black_box(ours.check_host());
        }),
    ]);
    assert!(ours.dmarc());
    let dmarc = bench.race(vec![
        Lane::new(PEER, || {
            black_box(dmarc());
        }),
        Lane::new(OURS, || {
            black_box(ours.dmarc());
        }),
    ]);
    let plain = bench.race(vec![
        Lane::new(PEER, || Peer::parse(&header_section)),
        Lane::new(OURS, || {
            black_box(Ours::parse(&header_section));
        }),
    ]);
    let with_signature = bench.race(vec![
        Lane::new(PEER, || Peer::parse(&signed)),
        Lane::new(OURS, || {
            black_box(Ours::parse(&signed));
        }),
    ]);
    // Row 4 of the bars: 1.0 us against 1.9 us of mail-auth, elsewhere the ratio.
    bench.report.row("SPF", &spf, Some(Bar::Peer(0.55)));
    bench.report.row("DMARC", &dmarc, None);
    bench.report.row("header section, 22 fields, 1.6 kB", &plain, None);
    bench.report.row("the same with a DKIM-Signature", &with_signature, None);
}

/// Parse, SPF, DKIM, ARC, DMARC, Authentication-Results.
pub fn judgement(bench: &mut Bench) {
    for (sets, note) in [
        (0, "One signature. Floor: SHA-256 of the body, one verification."),
        (1, "One signature and one ARC Set. Floor: SHA-256 of the body, three verifications."),
    ] {
        bench.report.section(&format!("Whole inbound judgement, {sets} ARC Sets, rsa-2048"), note);
        for size in [1 << 10, 10 << 10, 100 << 10, 1 << 20] {
            judgement_one(bench, size, sets);
        }
    }
}

fn judgement_one(bench: &mut Bench, size: usize, sets: usize) {
    if !bench.wants(&size_name(size)) {
        return;
    }
    let body = Kind::Mixed.body(size);
    let message = scene::message(&scene::header_section(), &body);
    let mut signed = Signer::new(Algorithm::Rsa2048, &bench.keys).signed(&message, 1);
    if sets == 1 {
        signed = bench.peer.seal(&signed, &bench.keys, 0);
    }
    bench.ours.warm(&signed);
    let (keys, peer, ours) = (&bench.keys, &bench.peer, &bench.ours);
    for text in [peer.judge(&signed, true), ours.judge(&signed)] {
        let arc = if sets == 1 { "arc=pass" } else { "arc=none" };
        for result in ["dkim=pass", "spf=pass", "dmarc=pass", arc] {
            assert!(text.contains(result), "{result} expected: {text}");
        }
    }
    let times = bench.race(vec![
        Lane::new(FLOOR, || floor::verify(&body, 1 + 2 * sets, &keys.rsa)),
        Lane::new(PEER, || {
            black_box(peer.judge(&signed, true));
        }),
        Lane::new(OURS, || {
            black_box(ours.judge(&signed));
        }),
    ]);
    // Row 5 of the bars.
    let barred = size == 10 << 10 && sets == 0;
    bench.report.row(&size_name(size), &times, barred.then_some(Bar::FloorWithAllocations(1.25, 10)));
}
