//! `postseal config check`, and the configuration that is shipped.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use support::{Files, run};

const EXAMPLE: &str = include_str!("../../../examples/postseal.toml");

/// The shipped example in a folder of its own, with the keys that it names.
fn example() -> Files {
    let files = Files::new();
    fs::create_dir(files.path("keys")).expect("a folder");
    for line in EXAMPLE.lines() {
        let Some(file) = line.strip_prefix("key_file = \"").and_then(|rest| rest.strip_suffix('"')) else {
            continue;
        };
        let algorithm = if file.contains("ed25519") { "ed25519" } else { "rsa" };
        let path = files.path(file);
        let path = path.to_str().expect("UTF-8");
        let ran = run(&["keygen", "--algorithm", algorithm, "--out", path]);
        assert_eq!(ran.status, 0, "{ran:?}");
    }
    files
}

fn check(files: &Files, text: &str) -> serde_json::Value {
    let path = files.write("postseal.toml", text);
    let ran = run(&["config", "check", "--json", path.to_str().expect("UTF-8")]);
    let json = ran.json();
    assert_eq!(ran.status == 0, json["valid"] == true, "{ran:?}");
    json
}

#[test]
fn the_shipped_example_is_right() {
    let files = example();
    let json = check(&files, EXAMPLE);
    assert_eq!((&json["valid"], json["domains"].as_u64()), (&true.into(), Some(2)), "{json:#}");
    assert_eq!(json["faults"], serde_json::json!([]), "{json:#}");
    let path = files.path("postseal.toml");
    let ran = run(&["config", "check", path.to_str().expect("UTF-8")]);
    assert!(ran.text().contains("ok  authserv-id mx.example.net, signing domains: 2"), "{ran:?}");
}

/// What stands in comments is right as well: each commented key can be had as it is.
#[test]
fn the_comments_of_the_example_are_right() {
    let files = example();
    fs::write(files.path("domains"), "tailspin.example s1 keys/contoso.example.pem\n").expect("written");
    let tls = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    // A checkout may have it readable for everybody.
    fs::copy(tls.join("portal.key"), files.path("portal.key")).expect("copied");
    fs::set_permissions(files.path("portal.key"), fs::Permissions::from_mode(0o600)).expect("chmod");
    let is_key = |rest: &str| rest.chars().next().is_some_and(char::is_alphabetic) && rest.contains(" = ");
    let commented: Vec<&str> =
        EXAMPLE.lines().filter_map(|line| line.strip_prefix('#')).filter(|rest| is_key(rest)).collect();
    assert!(commented.len() >= 20, "{commented:?}");
    let uncommented: String = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix('#').filter(|rest| is_key(rest)) {
            // What this machine need not have.
            Some(rest) if rest.starts_with("socket_group") => "socket_group = \"0\"\n".to_owned(),
            Some(rest) if rest.starts_with("domains_file") => "domains_file = \"domains\"\n".to_owned(),
            Some(rest) if rest.starts_with("certificate") => {
                format!("certificate = \"{}/portal.pem\"\n", tls.display())
            }
            Some(rest) if rest.starts_with("private_key") => {
                format!("private_key = \"{}\"\n", files.path("portal.key").display())
            }
            Some(rest) => format!("{rest}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    let json = check(&files, &uncommented);
    assert_eq!(json["faults"], serde_json::json!([]), "{json:#}\n{uncommented}");
    assert_eq!(json["domains"], 3);
}

#[test]
fn every_known_key_is_in_the_example() {
    let files = Files::new();
    let check_table = |header: &str, table: &str| {
        let json = check(&files, &format!("{header}\nno_such_key = 1\n"));
        let faults = json["faults"].as_array().expect("faults");
        let advice = faults.iter().find_map(|fault| fault["advice"].as_str()?.strip_prefix("known are: "));
        let known = advice.unwrap_or_else(|| panic!("{header}: {json:#}"));
        for key in known.split(", ") {
            let here = EXAMPLE.lines().any(|line| {
                let line = line.trim_start_matches('#');
                line.starts_with(&format!("{key} = "))
                    || [format!("[{table}{key}]"), format!("[[{table}{key}]]")].contains(&line.to_owned())
            });
            assert!(here, "examples/postseal.toml has no {key} ({header})");
        }
    };
    check_table("", "");
    check_table("[resolver]", "");
    check_table("[milter]", "");
    check_table("[receive]", "receive.");
    check_table("[[receive.allowed]]", "");
    check_table("[sign]", "sign.");
    check_table("[[sign.domain]]", "sign.domain.");
    check_table("[[sign.domain]]\n[sign.domain.ed25519]", "");
    check_table("[[sign.source]]", "");
    check_table("[seal]", "");
    check_table("[store]", "");
    check_table("[hosting]", "hosting.");
    check_table("[keys]", "keys.");
    check_table("[[keys.servers]]", "");
    check_table("[verdicts]", "");
    check_table("[log]", "");
    check_table("[http]", "");
    check_table("[portal]", "");
    check_table("[control]", "");
}

#[test]
fn faults_are_shown_with_their_place() {
    let files = Files::new();
    let path =
        files.write("postseal.toml", "authserv_id = \"mx.example.net\"\n[receive]\non_rejct = \"tag\"\n");
    let path = path.to_str().expect("UTF-8");
    let ran = run(&["config", "check", path]);
    assert_eq!(ran.status, 1, "{ran:?}");
    let expected = format!(
        "error: [receive] has no key \"on_rejct\"\n --> {path}:3:1\n  |\n3 | on_rejct = \"tag\"\n  | ^^^^^^^^\n  = did you mean \"on_reject\"?\n\n{path}: errors: 1, warnings: 0\n"
    );
    assert_eq!(ran.text(), expected);
    let ran = run(&["config", "check", "--lang", "ja", path]);
    assert!(ran.text().starts_with("エラー: [receive] に"), "{ran:?}");
    let json = run(&["config", "check", "--json", path]).json();
    let fault = &json["faults"][0];
    assert_eq!((fault["line"].as_u64(), fault["column"].as_u64()), (Some(3), Some(1)), "{json}");
    assert_eq!((&json["valid"], &json["domains"]), (&false.into(), &serde_json::Value::Null));
}

#[test]
fn what_cannot_be_read_is_status_2() {
    let ran = run(&["config", "check", "/no/such/file.toml"]);
    assert_eq!((ran.status, ran.out.len()), (2, 0), "{ran:?}");
    assert!(ran.err.contains("/no/such/file.toml cannot be read"), "{ran:?}");
    if !Path::new("/etc/postseal/postseal.toml").exists() {
        assert_eq!(run(&["config", "check"]).status, 2);
    }
}
