//! Messages made to cost more than they should.

use std::fmt::Write;
use std::hint::black_box;

use postseal_core::message::HeaderSection;

use crate::Bench;
use crate::bodies::Kind;
use crate::collisions;
use crate::floor::{self, Algorithm};
use crate::ours::Ours;
use crate::peer::{Peer, Signer};
use crate::report::{Bar, FLOOR, OURS, PEER};
use crate::scene::{self, Purpose};
use crate::stopwatch::Lane;

/// One hostile message.
struct Hostile {
    what: &'static str,
    message: Vec<u8>,
    /// Verifications that its good signatures and seals need.
    verifications: usize,
    /// Hostile records beside the scene's own.
    records: Vec<(String, Purpose, String)>,
    /// What MAIL FROM says.
    mail_from: &'static str,
}

impl Hostile {
    fn new(what: &'static str, message: Vec<u8>, verifications: usize) -> Hostile {
        Hostile { what, message, verifications, records: Vec::new(), mail_from: scene::MAIL_FROM }
    }

    /// The octets that the sender makes us read: of the message and of the records.
    fn octets(&self) -> Vec<u8> {
        let records = self.records.iter().map(|(_, _, text)| text.as_bytes());
        records.fold(self.message.clone(), |all, record| [all.as_slice(), record].concat())
    }
}

/// Every hostile message through the whole judgement.
pub fn hostile(bench: &mut Bench) {
    bench.report.section(
        "Hostile messages, whole inbound judgement",
        "Floor: one SHA-256 of all octets (hostile DNS records included), one verification for each good signature and seal.",
    );
    for make in
        [bodies, absent_names, collisions, large_header_sections, addresses, tag_lists, chains, records]
    {
        for hostile in make(bench) {
            measure(bench, &hostile);
        }
    }
}

fn measure(bench: &mut Bench, hostile: &Hostile) {
    if !bench.wants(hostile.what) {
        return;
    }
    let octets = hostile.octets();
    let keys = &bench.keys;
    let mut records = scene::txt_records(keys);
    records.extend(hostile.records.iter().cloned());
    let peer = Peer::with_records(records.clone(), hostile.mail_from);
    let mut ours = Ours::with_records(records, hostile.mail_from);
    ours.warm(&hostile.message);
    let times = bench.race(vec![
        Lane::new(FLOOR, || floor::verify(&octets, hostile.verifications, &keys.rsa)),
        Lane::new(PEER, || {
            black_box(peer.judge(&hostile.message, true));
        }),
        Lane::new(OURS, || {
            black_box(ours.judge(&hostile.message));
        }),
    ]);
    // Row 6 of the bars.
    bench.report.row(hostile.what, &times, Some(Bar::Floor(20.0)));
    if !hostile.records.is_empty() {
        let cold = bench.race(vec![
            Lane::new(FLOOR, || floor::verify(&octets, hostile.verifications, &keys.rsa)),
            Lane::new(OURS, || {
                black_box(ours.judge_cold(&hostile.message));
            }),
        ]);
        let what = format!("{}, records not parsed before", hostile.what);
        bench.report.row(&what, &cold, Some(Bar::Floor(20.0)));
    }
}

fn bodies(bench: &Bench) -> Vec<Hostile> {
    let header_section = scene::header_section();
    let signed = |body: &[u8]| {
        let message = scene::message(&header_section, body);
        Signer::new(Algorithm::Rsa2048, &bench.keys).signed(&message, 1)
    };
    let lines = |line: &str, size: usize| line.repeat(size / line.len()).into_bytes();
    let blank_ends = format!("{}{}\r\n", "x".repeat(20), " ".repeat(200));
    let two_blanks = format!("{}\r\n", "a  b \t".repeat(12));
    vec![
        Hostile::new("every line ends in blanks, 64 KiB", signed(&lines(&blank_ends, 64 << 10)), 1),
        Hostile::new("runs of two blanks, 1 MiB", signed(&lines(&two_blanks, 1 << 20)), 1),
        Hostile::new("empty lines, 1 MiB", signed(&lines("\r\n", 1 << 20)), 1),
        Hostile::new("lines of one blank, 1 MiB", signed(&lines(" \r\n", 1 << 20)), 1),
        Hostile::new(
            "empty lines and one letter, 1 MiB",
            signed(&[&lines("\r\n", 1 << 20)[..], b"x\r\n"].concat()),
            1,
        ),
        Hostile::new("blanks alone, 1 MiB", signed(&lines(" ", 1 << 20)), 1),
        Hostile::new("bare CR, 1 MiB", signed(&lines("\r", 1 << 20)), 1),
        Hostile::new("10 signatures with 10 lengths l=, 1 MiB of runs of blanks", ten_lengths(bench), 10),
    ]
}

fn ten_lengths(bench: &Bench) -> Vec<u8> {
    let line = format!("{}\r\n", "a  b \t".repeat(12));
    let signer = Signer::with_length(&bench.keys);
    let mut fields = String::new();
    let whole = line.repeat((1 << 20) / line.len());
    for nth in 0..10 {
        let body = &whole[..whole.len() - nth * line.len()];
        fields.push_str(&signer.sign(&scene::message(&scene::header_section(), body.as_bytes())));
    }
    [fields.as_bytes(), &scene::message(&scene::header_section(), whole.as_bytes())].concat()
}

fn absent_names(bench: &Bench) -> Vec<Hostile> {
    let make = |names: usize| {
        let mut header_section = scene::header_section();
        for nth in 0..names {
            header_section.extend_from_slice(format!("Y{nth}: z\r\n").as_bytes());
        }
        let fields = std::iter::once("From".to_owned()).chain((1..names).map(|nth| format!("X{nth}")));
        let message = scene::message(&header_section, &Kind::Mixed.body(1024));
        Signer::with_fields(&bench.keys, fields.collect()).signed(&message, 1)
    };
    vec![
        Hostile::new("1 000 absent names in h=, 1 000 fields", make(1_000), 1),
        Hostile::new("1 001 absent names (over the limit)", make(1_001), 0),
        Hostile::new("4 000 absent names, 4 000 fields (over)", make(4_000), 0),
        Hostile::new("16 000 absent names, 16 000 fields (over)", make(16_000), 0),
        Hostile::new("From 1 000 times in h=, 9 000 From fields", repeated_names(bench), 1),
    ]
}

fn repeated_names(bench: &Bench) -> Vec<u8> {
    let mut header_section = b"From: a@contoso.example\r\n".repeat(9_000);
    header_section.extend_from_slice(b"Subject: many\r\n");
    // The peer's signer lists every From that there is: it signs a message with 1 000 of them,
    // to which others are added above.
    let (above, signed) = header_section.split_at(8_000 * 25);
    let message = scene::message(signed, b"x\r\n");
    let signature = Signer::with_fields(&bench.keys, vec!["From".to_owned()]).sign(&message);
    [signature.as_bytes(), above, &message].concat()
}

fn collisions(bench: &Bench) -> Vec<Hostile> {
    let names = collisions::names(2_000);
    let hash = HeaderSection::name_hash(names[0].as_bytes());
    assert!(names.iter().all(|name| HeaderSection::name_hash(name.as_bytes()) == hash), "they collide");
    let mut header_section = scene::header_section();
    for name in names.iter().cycle().take(8_000) {
        header_section.extend_from_slice(format!("{name}: z\r\n").as_bytes());
    }
    let fields = std::iter::once("From".to_owned()).chain(names.into_iter().take(249)).collect();
    let message = scene::message(&header_section, &Kind::Mixed.body(1024));
    let signed = Signer::with_fields(&bench.keys, fields).signed(&message, 1);
    vec![Hostile::new("8 000 fields whose names' hashes collide, 997 in h=", signed, 1)]
}

fn large_header_sections(bench: &Bench) -> Vec<Hostile> {
    let unsigned = |fields: &[u8]| scene::message(&[&scene::header_section(), fields].concat(), b"x\r\n");
    let no_field_lines =
        [&b"a:\r\n".repeat(9_900)[..], &b"x\r\n".repeat(150_000), &b"a:\r\n".repeat(100_000)];
    let unseen = [&b"\x01\r\n".repeat(9_000)[..], &b"\x01".repeat(900_000), b"\r\n"].concat();
    let folded = [b"Folded: x", &b"\r\n a".repeat(240_000)[..], b"\r\n"].concat();
    vec![
        Hostile::new("10 signatures, 1 000 names each, 900 kB of runs of blanks", ten_times_all(bench), 10),
        Hostile::new("10 000 fields", unsigned(&b"a: b\r\n".repeat(9_978)), 0),
        Hostile::new("100 000 fields (over the limit)", unsigned(&b"a: b\r\n".repeat(100_000)), 0),
        Hostile::new(
            "10 000 fields, 150 000 lines that are none, 100 000 fields",
            unsigned(&no_field_lines.concat()),
            0,
        ),
        Hostile::new("9 000 lines of a control octet, 900 kB of them in one more", unsigned(&unseen), 0),
        Hostile::new("a field folded 240 000 times", unsigned(&folded), 0),
        Hostile::new(
            "one line of 990 kB that is no field",
            unsigned(&[&b"x".repeat(990_000)[..], b"\r\n"].concat()),
            0,
        ),
        Hostile::new(
            "bare CR and bare LF, 900 kB",
            unsigned(&[b"a: ", &b"\r\r\n\n ".repeat(180_000)[..], b"\r\n"].concat()),
            0,
        ),
        Hostile::new(
            "header section of 2 MB (over the limit)",
            unsigned(&b"Long-Field: with some text\r\n".repeat(72_000)),
            0,
        ),
    ]
}

fn ten_times_all(bench: &Bench) -> Vec<u8> {
    let names: Vec<String> = (1..=988).map(|nth| format!("X{nth:03}")).collect();
    let mut header_section = scene::header_section();
    for name in &names {
        header_section.extend_from_slice(format!("{name}: {}z\r\n", "a  b \t".repeat(145)).as_bytes());
    }
    let fields = scene::SIGNED_FIELDS.into_iter().map(str::to_owned).chain(names).collect();
    let message = scene::message(&header_section, &Kind::Mixed.body(1024));
    Signer::with_fields(&bench.keys, fields).signed(&message, 10)
}

fn addresses(_: &Bench) -> Vec<Hostile> {
    let message = |from: String| {
        let header_section = String::from_utf8(scene::header_section()).expect("ASCII");
        let header_section = header_section.replace("Contoso Newsletter <news@contoso.example>", &from);
        scene::message(header_section.as_bytes(), b"x\r\n")
    };
    let many = |count: usize| vec!["a@contoso.example"; count].join(", ");
    let folded = |text: &str, count: usize| format!("{} <news@contoso.example>", text.repeat(count));
    vec![
        Hostile::new("From: 30 000 comments opened", message(folded("(", 30_000)), 0),
        Hostile::new(
            "From: 15 000 comments nested and closed",
            message(folded(&"(".repeat(15_000), 1) + &")".repeat(15_000)),
            0,
        ),
        Hostile::new("From: 60 kB of small comments", message(folded("(a)", 20_000)), 0),
        Hostile::new("From: 100 addresses", message(many(100)), 0),
        Hostile::new("From: 3 000 addresses (over the limit)", message(many(3_000)), 0),
        Hostile::new("From: 60 kB of commas", message(folded(",", 60_000)), 0),
        Hostile::new(
            "From: 60 kB of quoted pairs",
            message(format!("\"{}\" <news@contoso.example>", "\\\"".repeat(30_000))),
            0,
        ),
        Hostile::new("From: 60 kB of encoded words", message(folded("=?utf-8?q?a?= ", 4_300)), 0),
        Hostile::new("From: 900 kB (over the limit)", message(folded("a ", 450_000)), 0),
        Hostile::new("From: 120 labels", message(format!("a@{}contoso.example", "a.".repeat(118))), 0),
    ]
}

fn tag_lists(bench: &Bench) -> Vec<Hostile> {
    let message = scene::message(&scene::header_section(), b"x\r\n");
    let signature = Signer::new(Algorithm::Rsa2048, &bench.keys).sign(&message);
    let with_field = |field: &str| [field.as_bytes(), message.as_slice()].concat();
    let tags = |count: usize| -> String {
        (0..count).fold(String::new(), |mut all, nth| {
            let _ = write!(all, "t{nth}=1; ");
            all
        })
    };
    let with_tags = |count: usize| {
        with_field(&signature.replace("DKIM-Signature: ", &format!("DKIM-Signature: {}", tags(count))))
    };
    let foreign = |nth: usize| signature.replace(scene::DOMAIN, &format!("d{nth}.example"));
    let foreign: String = (0..1_400).map(foreign).collect();
    let results = format!(
        "Authentication-Results: {}; dkim=pass header.d=a.example; spf=pass (a (b) c) smtp.mailfrom=\"b\"\r\n",
        scene::RECEIVER
    );
    vec![
        Hostile::new("7 000 unknown tags, 60 kB", with_tags(7_000), 0),
        Hostile::new("20 000 unknown tags (over the limit)", with_tags(20_000), 0),
        Hostile::new(
            "9 900 signatures of a few octets",
            with_field(&"DKIM-Signature: v=1; a=b\r\n".repeat(9_900)),
            0,
        ),
        Hostile::new("1 400 signatures of other domains, no keys", with_field(&foreign), 0),
        Hostile::new("1 400 good signatures", with_field(&signature.repeat(1_400)), 10),
        Hostile::new("7 500 Authentication-Results in our name", with_field(&results.repeat(7_500)), 0),
        Hostile::new(
            "Authentication-Results with 60 000 results",
            with_field(&format!(
                "Authentication-Results: {}{}\r\n",
                scene::RECEIVER,
                "; spf=pass".repeat(60_000)
            )),
            0,
        ),
        Hostile::new(
            "Authentication-Results with 400 000 comments",
            with_field(&format!(
                "Authentication-Results: {}{}{}\r\n",
                "(".repeat(400_000),
                ")".repeat(400_000),
                scene::RECEIVER
            )),
            0,
        ),
    ]
}

fn chains(bench: &Bench) -> Vec<Hostile> {
    let message = scene::message(&scene::header_section(), &Kind::Mixed.body(1024));
    let sealed = |sets: usize, comment: usize| {
        let mut message = Signer::new(Algorithm::Rsa2048, &bench.keys).signed(&message, 1);
        for _ in 0..sets {
            message = bench.peer.seal(&message, &bench.keys, comment);
        }
        message
    };
    let fifty = sealed(50, 0);
    let reordered = |from: &str, to: &str| {
        String::from_utf8(fifty.clone()).expect("ASCII").replace(from, to).into_bytes()
    };
    vec![
        Hostile::new("50 ARC Sets", fifty.clone(), 52),
        Hostile::new("50 ARC Sets of 18 kB", sealed(50, 17_000), 52),
        Hostile::new("100 ARC Sets (over the limit)", [reordered("ARC-", "ARC-"), fifty.clone()].concat(), 1),
        Hostile::new(
            "9 900 ARC-Seal fields",
            [&b"ARC-Seal: i=1; cv=none\r\n".repeat(9_900)[..], &message].concat(),
            0,
        ),
    ]
}

fn records(_: &Bench) -> Vec<Hostile> {
    let message = scene::message(&scene::header_section(), b"x\r\n");
    let with = |what: &'static str, records: Vec<(String, String)>| {
        let records = records.into_iter().map(|(owner, text)| (owner, Purpose::Spf, text)).collect();
        Hostile { records, mail_from: "x@hostile.example", ..Hostile::new(what, message.clone(), 0) }
    };
    let networks: String = (0..3_500).map(|n| format!(" ip4:10.{}.{}.0/24", n >> 8, n & 255)).collect();
    let includes: String = (0..10).map(|n| format!(" include:i{n}.hostile.example")).collect();
    let mut bomb = vec![("hostile.example".to_owned(), format!("v=spf1{includes} -all"))];
    bomb.extend((0..10).map(|n| (format!("i{n}.hostile.example"), format!("v=spf1{networks} -all"))));
    let macros = format!("v=spf1 exists:{}.hostile.example -all", "%{l1r+-}".repeat(7_000));
    let explained = vec![
        ("hostile.example".to_owned(), "v=spf1 -all exp=e.hostile.example".to_owned()),
        ("e.hostile.example".to_owned(), "%{L}%{d}%{i}".repeat(5_000)),
    ];
    vec![
        with("SPF: 10 includes of 3 500 networks", bomb),
        with("SPF: a macro-string of 56 kB", vec![("hostile.example".to_owned(), macros)]),
        with("SPF: an explanation of 60 kB of macros", explained),
        with(
            "SPF: 60 kB of unknown modifiers",
            vec![("hostile.example".to_owned(), format!("v=spf1{} -all", " a=b".repeat(15_000)))],
        ),
    ]
}
