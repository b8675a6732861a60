//! `postseal spf`: the answer, its JSON, its exit status, and what a new user meets.

mod support;

use std::time::{Duration, Instant};

use support::{Files, run, words};

const ZONE: &str = r#"
$ORIGIN contoso.example.
@        3600 IN TXT "v=spf1 ip4:192.0.2.0/24 include:spf.fabrikam.example -all exp=why.contoso.example"
why      3600 IN TXT "%{i} is not ours"
two      3600 IN TXT "v=spf1 -all"
two      3600 IN TXT "v=spf1 ~all"
bad      3600 IN TXT "v=spf1 ip4:192.0.2.999 -all"
empty    3600 IN A   192.0.2.1
soft     3600 IN TXT "v=spf1 ~all"
spf.fabrikam.example. 3600 IN TXT "v=spf1 ip4:198.51.100.0/24 -all"
"#;

#[test]
fn result_cause_and_counts() {
    let files = Files::new();
    let zone = files.write("a.zone", ZONE);
    let check = |line: &str, status: i32, result: &str, cause: Option<&str>, lookups: u64| {
        let ran = run(&words(
            &format!("spf --json --zone ZONE --helo mail.contoso.example {line}"),
            &[("ZONE", &zone)],
        ));
        assert_eq!(ran.status, status, "{line}: {ran:?}");
        let json = ran.json();
        assert_eq!(json["result"], result, "{line}");
        assert_eq!(json["cause"].as_str(), cause, "{line}");
        assert_eq!(json["lookups"].as_u64(), Some(lookups), "{line}");
        assert_eq!(json["void_lookups"].as_u64(), Some(0), "{line}");
        json
    };
    let pass = check("--ip 192.0.2.7 --mail-from bob@contoso.example", 0, "pass", None, 0);
    assert_eq!(
        (pass["domain"].as_str(), pass["mechanism"].as_str()),
        (Some("contoso.example"), Some("ip4:192.0.2.0/24"))
    );
    check("--ip ::ffff:192.0.2.7 --mail-from bob@contoso.example", 0, "pass", None, 0);
    check("--ip 198.51.100.7 --mail-from <bob@Contoso.Example>", 0, "pass", None, 1);
    let fail = check("--ip 203.0.113.9 --mail-from bob@contoso.example", 1, "fail", None, 1);
    assert_eq!(fail["explanation"], "203.0.113.9 is not ours");
    check("--ip 203.0.113.9 --mail-from a@soft.contoso.example", 1, "softfail", None, 0);
    check(
        "--ip 192.0.2.7 --mail-from a@empty.contoso.example",
        1,
        "none",
        Some("empty.contoso.example has no SPF record"),
        0,
    );
    check(
        "--ip 192.0.2.7 --mail-from a@none.contoso.example",
        1,
        "none",
        Some("none.contoso.example does not exist"),
        0,
    );
    check(
        "--ip 192.0.2.7 --mail-from a@two.contoso.example",
        1,
        "permerror",
        Some("two.contoso.example has 2 SPF records; there may be one"),
        0,
    );
    check(
        "--ip 192.0.2.7 --mail-from a@bad.contoso.example",
        1,
        "permerror",
        Some("the SPF record of bad.contoso.example: not an IPv4 address (octets 7 to 22)"),
        0,
    );
    let null =
        check("--ip 192.0.2.7 --mail-from \"\"", 1, "none", Some("mail.contoso.example does not exist"), 0);
    assert_eq!(null["domain"], "mail.contoso.example");
    let foreign =
        check("--ip 192.0.2.7 --mail-from a@other.test", 1, "none", Some("other.test does not exist"), 0);
    assert!(foreign["notes"][0].as_str().expect("a note").starts_with("other.test is in no zone file"));
    assert_eq!(fail["notes"].as_array().map(Vec::len), Some(0));
}

#[test]
fn people_read_why() {
    let files = Files::new();
    let zone = files.write("a.zone", ZONE);
    let line = "spf --zone ZONE --helo h.example --ip 203.0.113.9 --mail-from bob@contoso.example";
    let english = run(&words(line, &[("ZONE", &zone)])).text();
    assert!(english.starts_with("spf=fail  contoso.example  203.0.113.9\n"), "{english}");
    assert!(english.contains("the domain says: 203.0.113.9 is not ours"), "{english}");
    assert!(!english.contains('\x1b'), "no colour in a pipe");
    let japanese = run(&words(&format!("{line} --lang ja"), &[("ZONE", &zone)])).text();
    assert!(japanese.starts_with("spf=fail  contoso.example  203.0.113.9\n"), "{japanese}");
    assert!(japanese.contains("ドメインの説明: 203.0.113.9 is not ours"), "{japanese}");
}

#[test]
fn what_is_wrong_is_said_with_the_place() {
    let files = Files::new();
    let path = |octets: &[u8]| files.write("wrong.zone", octets);
    let check = |zone: &std::path::Path, said: &[&str]| {
        let line = "spf --zone ZONE --helo h.example --ip 192.0.2.7 --mail-from a@contoso.example";
        let ran = run(&words(line, &[("ZONE", zone)]));
        assert_eq!((ran.status, ran.out.len()), (2, 0), "{ran:?}");
        assert!(said.iter().all(|text| ran.err.contains(text)), "{}", ran.err);
    };
    check(
        &path(b"\n@ TXT \"v=spf1 -all\"\n"),
        &["wrong.zone:2:", "needs an $ORIGIN", "$ORIGIN contoso.example."],
    );
    check(&path(b"v=spf1 -all\n"), &["wrong.zone:1:", "is not a record type", "IN TXT"]);
    check(&path(b"\x7fELF\0\0"), &["wrong.zone:1:", "not a text file", "UTF-8"]);
    check(&files.path("none.zone"), &["none.zone cannot be read"]);
    let odd = path(b"$ORIGIN contoso.example.\n@ TXT v=spf1 ip4:192.0.2.7 -all\n");
    let line = "spf --zone ZONE --helo h.example --ip 192.0.2.7 --mail-from a@contoso.example";
    let ran = run(&words(line, &[("ZONE", &odd)]));
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("wrong.zone:2: several texts without quotation marks"), "{}", ran.err);
}

#[test]
fn usage_errors() {
    let check = |line: &str, said: &str| {
        let ran = run(&words(line, &[]));
        assert_eq!((ran.status, ran.out.len()), (2, 0), "{line}: {ran:?}");
        assert!(ran.err.contains(said), "{line}: {}", ran.err);
    };
    let rest = "--helo h.example --mail-from a@b.example";
    check("spf", "--ip <IP>");
    check(&format!("spf --ip 1.2.3 {rest}"), "'1.2.3'");
    check(&format!("spf --ip 192.0.2.1 {rest} --resolver ns.example"), "192.0.2.53:53");
    check(&format!("spf --ip 192.0.2.1 {rest} --resolver 192.0.2.53:53 --zone a"), "cannot be used with");
    check(&format!("spf --ip 192.0.2.1 {rest} --wrong"), "--wrong");
    check(&format!("spf --ip 192.0.2.1 {rest} --wrong --lang ja"), "「--wrong」という引数はありません");
    check("spf --lang ja", "必要な引数がありません");
    check("nonsense", "nonsense");
    check("nonsense --lang ja", "「nonsense」というコマンドはありません");
    let help = run(&["spf", "--help"]);
    assert_eq!(help.status, 0);
    assert!(help.text().contains("Examples:\n  postseal spf --ip"));
    assert!(run(&["spf", "--help", "--lang", "ja"]).text().contains("使い方: postseal spf"));
}

#[test]
fn a_resolver_that_is_silent_is_a_result() {
    // Bound, and never answering.
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("bound").to_string();
    let began = Instant::now();
    let ran = run(&[
        "spf",
        "--json",
        "--ip",
        "192.0.2.1",
        "--helo",
        "h.example",
        "--mail-from",
        "a@b.example",
        "--resolver",
        &address,
    ]);
    // Four seconds, unless told otherwise; a node would go on for twenty.
    assert!(began.elapsed() < Duration::from_secs(18), "{:?}", began.elapsed());
    assert_eq!(ran.status, 1, "{ran:?}");
    let json = ran.json();
    assert_eq!(json["result"], "temperror");
    assert!(json["notes"][0].as_str().expect("a note").contains(&address), "{json}");
}
