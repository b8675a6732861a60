//! `postseal sandbox --script`: the whole walk, in both languages, and nothing left behind.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

fn sandbox(directory: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postseal"));
    command.arg("sandbox").args(words).env("TMPDIR", directory).env_remove("LANG").env("LC_ALL", "C.UTF-8");
    command.output().expect("it runs")
}

fn report(directory: &Path, lang: &str) -> Value {
    let output = sandbox(directory, &["--script", "--json", "--lang", lang]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&said).expect("JSON")
}

/// What is the same in every language: who did what, and what came of it.
fn deeds(report: &Value) -> Vec<String> {
    let steps = report["steps"].as_array().expect("steps");
    let events = steps.iter().flat_map(|step| step["events"].as_array().expect("events"));
    let mut deeds = Vec::new();
    for event in events {
        match event["kind"].as_str().expect("a kind") {
            "command" => deeds.push(format!("{} {}", event["line"], event["status"])),
            "mail" => {
                deeds.push(format!("{} to {}: {}", event["sender"], event["recipient"], event["place"]));
            }
            _ => {}
        }
    }
    deeds
}

#[test]
fn walks_the_whole_way_in_both_languages_and_leaves_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let [english, japanese] = ["en", "ja"].map(|lang| report(directory.path(), lang));
    for report in [&english, &japanese] {
        assert_eq!(report["passed"], true);
        assert_eq!(report["steps"].as_array().map(Vec::len), Some(12));
    }
    let deeds = deeds(&english);
    assert_eq!(deeds, self::deeds(&japanese));
    let places = ["inbox", "quarantine", "refused"].map(|place| {
        let of_impostor = format!("\"impostor\" to \"ken@fabrikam.example\": \"{place}\"");
        deeds.iter().filter(|deed| **deed == of_impostor).count()
    });
    // Nothing registered, SPF alone, p=none; then p=quarantine; then p=reject.
    assert_eq!(places, [3, 1, 1], "{deeds:#?}");
    assert!(std::fs::read_dir(directory.path()).expect("there").next().is_none(), "something is left");
}

#[test]
fn a_walk_that_is_broken_off_leaves_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_postseal"));
    command.args(["sandbox", "--script"]).env("TMPDIR", directory.path()).env("LC_ALL", "C.UTF-8");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    let is_empty = || std::fs::read_dir(directory.path()).expect("there").next().is_none();
    let deadline = Instant::now() + Duration::from_secs(60);
    while is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!is_empty(), "it has begun");
    std::thread::sleep(Duration::from_millis(500));
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill(1) runs").success());
    assert_eq!(child.wait().expect("it ends").code(), Some(2));
    assert!(is_empty(), "something is left");
}
