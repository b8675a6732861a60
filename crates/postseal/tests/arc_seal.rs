//! `postseal arc seal`: sets that validate, chains that end, and messages that stay as they are.

mod support;

use std::path::{Path, PathBuf};

use support::{Files, Ran, run, words};

const MESSAGE: &str = "Authentication-Results: mx.list.example; spf=pass smtp.mailfrom=contoso.example\r\n\
    Authentication-Results: other.example; spf=fail\r\n\
    Authentication-Results: MX.list.example 1; dkim=pass header.d=contoso.example\r\n\
    From: Bob <bob@contoso.example>\r\nSubject: One\r\n\r\nHello\r\n";

struct Case {
    files: Files,
    key: PathBuf,
    zone: PathBuf,
}

impl Case {
    fn new() -> Case {
        let files = Files::new();
        let key = files.path("key.pem");
        let line = "keygen --algorithm ed25519 --domain list.example --selector s1 --json --out KEY";
        let made = run(&words(line, &[("KEY", &key)])).json();
        let zone = format!("{}\n", made["dns"]["zone_line"].as_str().expect("a line"));
        let zone = files.write("list.zone", zone);
        Case { files, key, zone }
    }

    fn seal(&self, message: &Path, rest: &str) -> Ran {
        let line = format!(
            "arc seal FILE --domain list.example --selector s1 --key KEY --authserv-id mx.list.example {rest}"
        );
        run(&words(&line, &[("FILE", message), ("KEY", &self.key), ("ZONE", &self.zone)]))
    }

    fn verify(&self, message: &Path, rest: &str) -> serde_json::Value {
        let line = format!(
            "verify FILE --zone ZONE --json --ip 192.0.2.1 --helo h.example --mail-from a@list.example {rest}"
        );
        run(&words(&line, &[("FILE", message), ("ZONE", &self.zone)])).json()
    }
}

#[test]
fn sets_are_added_and_validate() {
    let case = Case::new();
    let mut message = MESSAGE.as_bytes().to_vec();
    for instance in 1..=3 {
        let before = case.files.write("before.eml", &message);
        let json = case.seal(&before, "--zone ZONE --json").json();
        let cv = if instance == 1 { "none" } else { "pass" };
        assert_eq!((json["instance"].as_u64(), json["cv"].as_str()), (Some(instance), Some(cv)));
        let sealed = case.seal(&before, "--zone ZONE");
        assert_eq!(sealed.status, 0, "{sealed:?}");
        let fields = sealed.out.strip_suffix(message.as_slice()).expect("the message is untouched");
        let fields = String::from_utf8_lossy(fields);
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let fields = fields.join(" ");
        assert!(fields.starts_with(&format!("ARC-Seal: i={instance};")), "{fields}");
        assert!(fields.contains(&format!("i={instance}; mx.list.example; spf=pass smtp.mailfrom=contoso.example; dkim=pass header.d=contoso.example")), "{fields}");
        assert!(!fields.contains("spf=fail"), "{fields}");
        message = sealed.out;
        let after = case.files.write("after.eml", &message);
        let arc = case.verify(&after, "")["arc"].clone();
        assert_eq!(
            (arc["result"].as_str(), arc["sealers"].as_array().map(Vec::len)),
            (Some("pass"), Some(usize::try_from(instance).expect("small")))
        );
        assert_eq!(arc["trusted"], false, "a passing chain alone is no trust");
        assert_eq!(case.verify(&after, "--trusted-sealer List.example")["arc"]["trusted"], true);
    }
}

#[test]
fn a_broken_chain_is_sealed_as_failed_and_then_ends() {
    let case = Case::new();
    let sealed = case.seal(&case.files.write("m.eml", MESSAGE), "--zone ZONE");
    let changed = sealed.text().replace("Hello", "Hallo");
    let changed = case.files.write("changed.eml", changed);
    assert_eq!(case.verify(&changed, "")["arc"]["result"], "fail");
    let failed = case.seal(&changed, "--zone ZONE");
    assert_eq!(failed.status, 0, "{failed:?}");
    assert!(failed.text().replace("\r\n", "").contains("cv=fail"));
    let ended = case.files.write("ended.eml", &failed.out);
    let again = case.seal(&ended, "--zone ZONE");
    assert_eq!((again.status, &again.out), (1, &failed.out), "unchanged");
    assert!(again.err.contains("nothing may be added"), "{}", again.err);
    let alone = case.seal(&ended, "--zone ZONE --field-only");
    assert_eq!((alone.status, alone.out.len()), (1, 0));
    assert!(case.seal(&ended, "--zone ZONE --json").json()["fields"].is_null());
}

#[test]
fn a_moment_without_dns_does_not_end_a_chain() {
    let case = Case::new();
    let sealed = case.seal(&case.files.write("m.eml", MESSAGE), "--zone ZONE");
    let message = case.files.write("sealed.eml", &sealed.out);
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("bound");
    let ran = case.seal(&message, &format!("--resolver {address}"));
    assert_eq!((ran.status, &ran.out), (1, &sealed.out), "unchanged");
    assert!(ran.err.contains("the key look-up failed"), "{}", ran.err);
}

#[test]
fn what_cannot_be_sealed_says_why() {
    let case = Case::new();
    let check = |message: &Path, rest: &str, said: &str| {
        let ran = case.seal(message, rest);
        assert_eq!((ran.status, ran.out.len()), (2, 0), "{ran:?}");
        assert!(ran.err.contains(said), "{}", ran.err);
    };
    let message = case.files.write("m.eml", MESSAGE);
    check(&message, "--zone ZONE --headers from:arc-seal", "must not be signed");
    check(&case.files.write("empty.eml", ""), "--zone ZONE", "is empty");
    check(&case.files.write("no-from.eml", "Subject: x\r\n\r\n"), "--zone ZONE", "no From field");
    let line = "arc seal FILE --domain list.example --selector s1 --key KEY --zone ZONE --authserv-id ";
    let files = [("FILE", message.as_path()), ("KEY", case.key.as_path()), ("ZONE", case.zone.as_path())];
    let ran = run(&words(&format!("{line}mx;list"), &files));
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("--authserv-id \"mx;list\""), "{}", ran.err);
    let short = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bad_key_1024_bits.pem");
    let files = [("FILE", message.as_path()), ("KEY", short.as_path()), ("ZONE", case.zone.as_path())];
    let ran = run(&words(&format!("{line}mx.list.example"), &files));
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("1024 bits"), "{}", ran.err);
}

#[test]
fn results_in_our_name_are_found_and_ours_is_written() {
    let case = Case::new();
    let message = case.files.write("m.eml", MESSAGE);
    let json = case.verify(&message, "--authserv-id mx.LIST.example");
    assert_eq!(json["strip"], serde_json::json!([1, 3]));
    let results = json["authentication_results"].as_str().expect("text");
    assert!(results.starts_with("mx.LIST.example; spf=") && !results.contains('\n'), "{results}");
    assert_eq!(case.verify(&message, "--authserv-id else.example")["strip"], serde_json::json!([]));
    let line =
        "verify FILE --zone ZONE --ip 192.0.2.1 --helo h.example --mail-from a@list.example --authserv-id";
    let files = [("FILE", message.as_path()), ("ZONE", case.zone.as_path())];
    let text = run(&words(&format!("{line} mx.list.example"), &files)).text();
    assert!(
        text.contains("Authentication-Results: mx.list.example;") && text.contains("from the top: 1, 3"),
        "{text}"
    );
    let bad = run(&words(&format!("{line} none"), &files));
    assert_eq!(bad.status, 2, "{bad:?}");
}
