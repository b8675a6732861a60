//! Properties that hold for any octets: hostile, cut anywhere.

mod support;

use postseal_milter::fuzzing;
use proptest::prelude::*;

/// Octets that are mostly packets: random octets alone rarely come past the
/// first length.
fn packets() -> impl Strategy<Value = Vec<u8>> {
    let letter = prop::sample::select(b"OCHMRTLNBEAUQKDx".to_vec());
    let data = prop_oneof![
        Just(b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff".to_vec()),
        Just(b"\0\0\0\x02\0\0\0\x3f\0\0\0\x7f".to_vec()),
        Just(b"".to_vec()),
        Just(b"<a@b.example>\0SIZE=1\0".to_vec()),
        Just(b"From\0 a\n b\0".to_vec()),
        Just(b"mx\x006\0\x19IPv6:::1\0".to_vec()),
        Just(b"Mi\0Q\0{x}\0y\0".to_vec()),
        "[!?.*]?[a-z\n\0]{0,20}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    let packet = (letter, data).prop_map(|(letter, data)| support::packet(letter, &data));
    prop::collection::vec(packet, 0..30).prop_map(|packets| packets.concat())
}

/// A session as it should be, with one octet changed or none.
fn sessions() -> impl Strategy<Value = Vec<u8>> {
    let parts = (0_usize..4, 0_usize..6, 0_usize..200, any::<bool>(), 0_usize..3);
    (parts, any::<prop::sample::Index>(), any::<u8>(), any::<bool>()).prop_map(
        |((recipients, fields, octets, aborts, messages), at, octet, is_changed)| {
            let mut whole = support::offer(6, support::ALL_ACTIONS, support::ALL_PROTOCOL);
            whole.extend(support::client());
            for _ in 0..messages {
                whole.extend(support::envelope(recipients));
                if aborts {
                    whole.extend(support::packet(b'A', b""));
                    whole.extend(support::envelope(recipients));
                }
                whole.extend(support::content(fields, &vec![b'x'; octets]));
            }
            whole.extend(support::packet(b'Q', b""));
            if is_changed {
                let at = at.index(whole.len());
                whole[at] = octet;
            }
            whole
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_octets(octets in prop::collection::vec(any::<u8>(), 0..300), cut in 1_usize..40) {
        fuzzing::frames(&octets);
        fuzzing::session(&octets, cut);
        let negotiated = [support::offer(6, support::ALL_ACTIONS, support::ALL_PROTOCOL), octets].concat();
        fuzzing::session(&negotiated, cut);
    }

    #[test]
    fn any_packets(octets in packets(), cut in 1_usize..40) {
        fuzzing::frames(&octets);
        fuzzing::session(&octets, cut);
        let negotiated = [support::offer(6, support::ALL_ACTIONS, support::ALL_PROTOCOL), octets].concat();
        fuzzing::session(&negotiated, cut);
    }

    #[test]
    fn almost_sessions(octets in sessions(), cut in 1_usize..40) {
        fuzzing::session(&octets, cut);
    }

    #[test]
    fn any_edits(octets in prop::collection::vec(any::<u8>(), 0..60)) {
        fuzzing::edits(&octets);
    }

    #[test]
    fn edits_that_are_almost_fields(text in "[A-Za-z:-]{8}[ a-z%\u{e9}\r\n\t]{0,20}") {
        fuzzing::edits(text.as_bytes());
    }
}

#[test]
fn a_session_is_not_trivial() {
    let whole = [
        support::offer(6, support::ALL_ACTIONS, support::ALL_PROTOCOL),
        support::client(),
        support::envelope(2),
        support::content(3, b"body"),
        support::packet(b'Q', b""),
    ];
    for cut in [1, 2, 3, 5, 7, 1_000] {
        let (seen, written) = fuzzing::session(&whole.concat(), cut);
        let text = seen.escape_ascii().to_string();
        for part in
            ["192.0.2.1 5000", "<a@b.example>", "<rcpt1@c.example>", r"X-Field-2\x00 one\r\n\ttwo 2", "body"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(written.ends_with(b"\0\0\0\x01c"));
    }
}

#[test]
fn time_is_linear() {
    // Four times the input must not take much more than four times the CPU; a
    // quadratic step would take sixteen. The kernel's clock is coarse, so the input
    // is large.
    let time = |fields: usize| {
        let whole = [
            support::offer(6, support::ALL_ACTIONS, support::ALL_PROTOCOL),
            support::envelope(1),
            support::content(fields, &vec![b'x'; fields * 100]),
        ]
        .concat();
        let once = || {
            let begun = cpu_nanoseconds();
            fuzzing::session(&whole, 4_096);
            cpu_nanoseconds() - begun
        };
        (0..5).map(|_| once()).min().expect("five times")
    };
    let (small, large) = (time(32_000), time(128_000));
    assert!(large < small * 8, "{small} ns for 32 000 fields, {large} ns for 128 000");
}

/// What this thread has spent, whoever else runs on the machine.
fn cpu_nanoseconds() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells");
    text.split(' ').next().and_then(|first| first.parse().ok()).expect("a number")
}
