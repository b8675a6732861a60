//! `postseal keygen`: keys that others read, and that nobody else can.

mod support;

use support::{Files, run};

#[test]
fn standard_output_is_the_key_alone() {
    for (words, kind) in [(vec!["keygen"], "k=rsa"), (vec!["keygen", "--algorithm", "ed25519"], "k=ed25519")]
    {
        let ran = run(&words);
        assert_eq!(ran.status, 0, "{ran:?}");
        let text = ran.text();
        assert!(
            text.starts_with("-----BEGIN PRIVATE KEY-----\n")
                && text.ends_with("-----END PRIVATE KEY-----\n")
        );
        assert!(text.lines().all(|line| line.len() <= 64));
        assert!(
            ran.err.contains("selector1._domainkey 3600 IN TXT") && ran.err.contains(kind),
            "{}",
            ran.err
        );
    }
}

#[test]
fn json_has_the_key_and_the_record() {
    let ran = run(&["keygen", "--json", "--domain", "Contoso.example", "--selector", "s2"]);
    let json = ran.json();
    assert_eq!((json["algorithm"].as_str(), json["bits"].as_u64()), (Some("rsa"), Some(2048)));
    assert_eq!(json["dns"]["name"], "s2._domainkey.contoso.example.");
    let value = json["dns"]["value"].as_str().expect("text");
    assert!(value.starts_with("v=DKIM1; k=rsa; p=MII"));
    // The line is split into texts of at most 255 octets, and is the value again when joined.
    let line = json["dns"]["zone_line"].as_str().expect("text");
    let (_, texts) = line.split_once("( ").expect("several texts");
    let texts: Vec<&str> = texts.trim_end_matches(" )").split("\" \"").map(|t| t.trim_matches('"')).collect();
    assert!(texts.iter().all(|t| t.len() <= 255));
    assert_eq!(texts.concat(), value);
}

#[cfg(unix)]
#[test]
fn a_file_is_for_its_owner_and_never_overwritten() {
    use std::os::unix::fs::PermissionsExt as _;
    let files = Files::new();
    let path = files.path("key.pem");
    let words = ["keygen".as_ref(), "--out".as_ref(), path.as_os_str()];
    let ran = run(&words);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(!ran.text().contains("PRIVATE KEY"));
    assert_eq!(std::fs::metadata(&path).expect("written").permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&path).expect("written");
    let again = run(&words);
    assert_eq!(again.status, 2);
    assert!(again.err.contains("never overwritten"), "{}", again.err);
    assert_eq!(std::fs::read(&path).expect("still there"), before);
}

#[test]
fn what_cannot_be_made_says_so() {
    let check = |words: &[&str], said: &str| {
        let ran = run(words);
        assert_eq!((ran.status, ran.out.len()), (2, 0), "{ran:?}");
        assert!(ran.err.contains(said), "{}", ran.err);
    };
    check(&["keygen", "--bits", "1024"], "at least 2048");
    check(&["keygen", "--bits", "1024", "--lang", "ja"], "2048 ビット以上");
    check(&["keygen", "--bits", "2049"], "2048, 3072 or 4096");
    check(&["keygen", "--algorithm", "ed25519", "--bits", "2048"], "--bits is for RSA");
    check(&["keygen", "--algorithm", "dsa"], "invalid value 'dsa'");
    check(&["keygen", "--domain", "not a domain"], "cannot be part of a DNS name");
    check(&["keygen", "--out", "/no/such/folder/key.pem"], "/no/such/folder/key.pem");
}
