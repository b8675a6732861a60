//! `postseal verify`: the verdict, its JSON, its exit status, trace and replay.

mod support;

use std::path::{Path, PathBuf};

use support::{Files, Ran, run, run_with_input, words};

/// A signed message of contoso.example, and the records to judge it by.
struct Case {
    files: Files,
    message: PathBuf,
    zone: PathBuf,
}

const MESSAGE: &str = "From: Bob <bob@contoso.example>\r\nSubject: One\r\n\r\nHello\r\n";
const NOW: u64 = 1_790_000_000;

impl Case {
    fn new(policy: &str) -> Case {
        let files = Files::new();
        let key = files.path("key.pem");
        let made = run(&words(
            "keygen --algorithm ed25519 --domain contoso.example --selector s1 --json --out KEY",
            &[("KEY", &key)],
        ));
        let record = made.json()["dns"]["zone_line"].as_str().expect("a line").to_owned();
        let unsigned = files.write("unsigned.eml", MESSAGE);
        let signed = run(&words(
            &format!("sign FILE --domain contoso.example --selector s1 --key KEY --timestamp {NOW}"),
            &[("FILE", &unsigned), ("KEY", &key)],
        ));
        let message = files.write("signed.eml", &signed.out);
        let zone = format!(
            "$ORIGIN contoso.example.\n{record}\n@ TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n{policy}\n\
             forwarder.test. TXT \"v=spf1 ip4:203.0.113.9 -all\"\n"
        );
        let zone = files.write("contoso.zone", zone);
        Case { files, message, zone }
    }

    fn verify(&self, message: &Path, rest: &str) -> Ran {
        let line = format!("verify FILE --zone ZONE --now {NOW} {rest}");
        run(&words(&line, &[("FILE", message), ("ZONE", &self.zone)]))
    }
}

const REJECT: &str = "_dmarc TXT \"v=DMARC1; p=reject\"";
const HOME: &str = "--ip 192.0.2.7 --helo mail.contoso.example --mail-from bob@contoso.example";
const FORWARDED: &str = "--ip 203.0.113.9 --helo forwarder.test --mail-from srs@forwarder.test";

#[test]
fn json_is_the_contract() {
    let case = Case::new(REJECT);
    let ran = case.verify(&case.message, &format!("--json {HOME}"));
    assert_eq!(ran.status, 0, "{ran:?}");
    let json = ran.json();
    assert_eq!(
        (&json["spf"]["mail_from"]["result"], &json["spf"]["mail_from"]["domain"]),
        (&"pass".into(), &"contoso.example".into())
    );
    assert_eq!(
        (&json["spf"]["helo"]["result"], &json["spf"]["helo"]["domain"]),
        (&"none".into(), &"mail.contoso.example".into())
    );
    let signature = &json["dkim"][0];
    assert_eq!(signature["result"], "pass");
    assert_eq!(signature["domain"], "contoso.example");
    assert_eq!(signature["selector"], "s1");
    assert_eq!(signature["algorithm"], "ed25519-sha256");
    assert!(signature["reason"].is_null());
    let dmarc = &json["dmarc"];
    assert_eq!(dmarc["result"], "pass");
    assert_eq!(dmarc["from_domain"], "contoso.example");
    assert_eq!(dmarc["policy_domain"], "contoso.example");
    assert_eq!(dmarc["policy"], "reject");
    assert_eq!(dmarc["disposition"], "pass");
    assert_eq!(dmarc["alignment"], serde_json::json!({"spf": true, "dkim": true}));
    assert!(json.get("trace").is_none());
}

#[test]
fn forwarded_spoofed_and_changed() {
    let case = Case::new(REJECT);
    let check = |message: &Path, rest: &str, status: i32, dmarc: &str, disposition: &str| {
        let ran = case.verify(message, &format!("--json {rest}"));
        let json = ran.json();
        assert_eq!(json["dmarc"]["result"], dmarc, "{rest}: {ran:?}");
        assert_eq!(json["dmarc"]["disposition"], disposition, "{rest}");
        assert_eq!(ran.status, status, "{rest}");
        json
    };
    let forwarded = check(&case.message, FORWARDED, 0, "pass", "pass");
    assert_eq!(forwarded["dmarc"]["alignment"], serde_json::json!({"spf": false, "dkim": true}));
    let spoof = case.files.write("spoof.eml", MESSAGE);
    check(&spoof, FORWARDED, 1, "fail", "reject");
    let signed = std::fs::read_to_string(&case.message).expect("written");
    let changed = case.files.write("changed.eml", signed.replace("Hello", "Hallo"));
    let json = check(&changed, FORWARDED, 1, "fail", "reject");
    assert_eq!(json["dkim"][0]["result"], "fail");
    assert_eq!(json["dkim"][0]["reason"], "the body hash did not verify");
    let local = case.files.write("local.eml", signed.replace("\r\n", "\n"));
    check(&local, FORWARDED, 0, "pass", "pass");
    let two = case.files.write("two.eml", format!("From: x@other.test\r\n{signed}"));
    let json = check(&two, HOME, 1, "permerror", "none");
    assert!(json["dmarc"]["from_domain"].is_null());
    let long = case
        .files
        .write("long.eml", format!("{}X: {}\r\n\r\n", &signed[..signed.len() - 9], "x".repeat(1_000_000)));
    let json = check(&long, HOME, 1, "permerror", "none");
    let reason = json["dmarc"]["reason"].as_str().expect("a reason");
    assert!(reason.contains("more than 1000000 octets"), "{reason}");
}

#[test]
fn without_a_policy_something_aligned_must_pass() {
    let case = Case::new("");
    let check = |message: &Path, rest: &str, status: i32| {
        let ran = case.verify(message, &format!("--json {rest}"));
        assert_eq!(ran.json()["dmarc"]["result"], "none", "{ran:?}");
        assert_eq!(ran.status, status, "{ran:?}");
    };
    check(&case.message, FORWARDED, 0);
    let unsigned = case.files.write("u.eml", MESSAGE);
    check(&unsigned, HOME, 0);
    check(&unsigned, FORWARDED, 1);
}

#[test]
fn the_sum_of_dns_trouble_is_temperror() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("bound").to_string();
    let case = Case::new(REJECT);
    let line = format!("verify FILE --resolver {address} --timeout 0.3 --json {HOME}");
    let ran = run(&words(&line, &[("FILE", &case.message)]));
    assert_eq!(ran.status, 1, "{ran:?}");
    let json = ran.json();
    for result in [&json["spf"]["mail_from"]["result"], &json["dkim"][0]["result"], &json["dmarc"]["result"]]
    {
        assert_eq!(result, "temperror");
    }
    assert!(json["notes"][0].as_str().expect("a note").contains(&address));
}

#[test]
fn a_trace_is_judged_again_to_the_same_verdict() {
    let case = Case::new(REJECT);
    for (message, envelope) in [(MESSAGE, HOME), (MESSAGE, FORWARDED)] {
        let message = case.files.write("m.eml", message);
        let first = case.verify(&message, &format!("--json --trace --authserv-id mx.test {envelope}"));
        let trace = case.files.write("trace.json", &first.out);
        let again = run(&words(
            "verify FILE --replay TRACE --json --trace",
            &[("FILE", &message), ("TRACE", &trace)],
        ));
        assert_eq!((again.status, again.json()), (first.status, first.json()));
        let questions = first.json()["trace"]["questions"].clone();
        assert!(questions.as_array().is_some_and(|q| !q.is_empty()));
        // The trace alone will do.
        let alone = case.files.write("alone.json", first.json()["trace"].to_string());
        let again = run(&words(
            "verify FILE --replay TRACE --json --trace",
            &[("FILE", &message), ("TRACE", &alone)],
        ));
        assert_eq!(again.json(), first.json());
    }
}

#[test]
fn what_a_trace_does_not_hold_is_not_recorded() {
    let case = Case::new(REJECT);
    let first = case.verify(&case.message, &format!("--json --trace {HOME}"));
    let trace = case.files.write("trace.json", &first.out);
    let other = MESSAGE.replace("bob@contoso.example", "bob@other.test");
    let other = case.files.write("other.eml", other);
    let ran = run(&words("verify FILE --replay TRACE --json", &[("FILE", &other), ("TRACE", &trace)]));
    assert_eq!(ran.status, 1);
    assert_eq!(ran.json()["dmarc"]["result"], "temperror", "{ran:?}");
    assert!(ran.json()["dmarc"]["reason"].as_str().expect("a reason").contains("not recorded"));
    let check = |octets: &str, said: &str| {
        let wrong = case.files.write("wrong.json", octets);
        let ran = run(&words("verify FILE --replay TRACE", &[("FILE", &other), ("TRACE", &wrong)]));
        assert_eq!((ran.status, ran.out.len()), (2, 0), "{ran:?}");
        assert!(ran.err.contains(said), "{}", ran.err);
    };
    check("not json", "wrong.json is no trace");
    check("{}", "wrong.json is no trace");
    check(&first.text().replace("\"records\"", "\"guesses\""), "\"guesses\" is no answer");
}

#[test]
fn names_in_no_zone_are_noted() {
    let case = Case::new(REJECT);
    let ran = case.verify(
        &case.message,
        "--json --trace --ip 192.0.2.7 --helo h.elsewhere.test --mail-from a@elsewhere.test",
    );
    let json = ran.json();
    let notes: Vec<&str> =
        json["notes"].as_array().expect("notes").iter().filter_map(|n| n.as_str()).collect();
    assert!(notes.iter().any(|n| n.starts_with("elsewhere.test is in no zone file")), "{notes:?}");
    let questions = json["trace"]["questions"].as_array().expect("questions").clone();
    let of = |name: &str| questions.iter().find(|q| q["name"] == name).cloned().expect("asked");
    assert!(of("elsewhere.test")["note"].is_string());
    assert_eq!(of("elsewhere.test")["answer"], "NXDOMAIN");
    assert!(of("_dmarc.contoso.example")["note"].is_null());
}

#[test]
fn people_read_evidence_alignment_policy() {
    let case = Case::new(REJECT);
    let english = case.verify(&case.message, &format!("{FORWARDED} --trace")).text();
    for part in [
        "dmarc=pass  contoso.example",
        "Evidence",
        "spf=pass  MAIL FROM forwarder.test",
        "dkim=pass  contoso.example  (s1, ed25519-sha256, 256 bits)",
        "SPF passed for no domain that is aligned",
        "DKIM passed for a domain that is aligned",
        "p=reject of contoso.example",
        "TXT _dmarc.contoso.example: \"v=DMARC1; p=reject\"",
    ] {
        assert!(english.contains(part), "{part:?} in {english}");
    }
    let japanese = case.verify(&case.message, &format!("{FORWARDED} --lang ja")).text();
    for part in ["dmarc=pass  contoso.example", "根拠", "アライメント", "ポリシー"] {
        assert!(japanese.contains(part), "{part:?} in {japanese}");
    }
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    let case = Case::new(REJECT);
    for line in
        [&format!("verify FILE --zone ZONE --now {NOW} --json --trace {HOME}"), "verify --help", "--help"]
    {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let words = words(line, &[("FILE", &case.message), ("ZONE", &case.zone)]);
        let output = support::program().args(words).stdout(writer).output().expect("starts");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), err.as_ref()), (Some(0), ""), "{line}");
    }
}

#[test]
fn what_a_new_user_meets() {
    let case = Case::new(REJECT);
    let check = |message: &Path, said: &str| {
        let ran = case.verify(message, HOME);
        assert_eq!((ran.status, ran.out.len()), (2, 0), "{ran:?}");
        assert!(ran.err.contains(said), "{}", ran.err);
    };
    let files = &case.files;
    check(&files.path("none.eml"), "none.eml cannot be opened");
    check(&files.write("empty.eml", ""), "empty.eml is empty");
    check(&files.write("binary.eml", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "is not a mail message");
    let usage = |line: &str, said: &str| {
        let ran = run(&words(line, &[("FILE", &case.message), ("ZONE", &case.zone)]));
        assert_eq!((ran.status, ran.out.len()), (2, 0), "{ran:?}");
        assert!(ran.err.contains(said), "{}", ran.err);
    };
    usage("verify FILE", "--ip <IP>");
    usage("verify", "<FILE>");
    usage(&format!("verify FILE {HOME} --timeout soon"), "a number of seconds");
    usage(&format!("verify FILE {HOME} --now yesterday"), "yesterday");
    usage(&format!("verify FILE {HOME} --replay ZONE --zone ZONE"), "cannot be used with");
    let piped = run_with_input(
        &words(&format!("verify - --zone ZONE --now {NOW} {HOME}"), &[("ZONE", &case.zone)]),
        &std::fs::read(&case.message).expect("written"),
    );
    assert_eq!(piped.status, 0, "{piped:?}");
}
