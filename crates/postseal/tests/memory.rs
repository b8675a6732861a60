//! A message is never held whole: what `verify` and `sign` need does not grow with it.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stderr, reason = "the figures are the evidence")]

mod support;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::{Child, Stdio};

use support::{Files, program, run, words};

const MEGABYTES: usize = 48;
/// What the program needs above its own start, in kB.
const ALLOWED: u64 = 32_000;

/// Feeds a large message and returns the most memory that was ever in use, in kB.
fn peak(words: &[OsString], megabytes: usize) -> u64 {
    let mut child = program()
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(b"From: a@contoso.example\r\nSubject: large\r\n\r\n").expect("reads");
    let line = [&b"x".repeat(70)[..], b" \r\n"].concat();
    let block = line.repeat(1_000_000 / line.len());
    for _ in 0..megabytes {
        stdin.write_all(&block).expect("reads");
    }
    // All but what the pipe holds has been read, and the program waits for more.
    let peak = high_water_mark(&child);
    drop(stdin);
    assert!(child.wait().expect("ends").code().is_some());
    peak
}

fn high_water_mark(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("Linux has it");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).expect("a number")
}

#[test]
fn does_not_grow_with_the_message() {
    let files = Files::new();
    let (key, zone) =
        (files.path("key.pem"), files.write("z.zone", "contoso.example. TXT \"v=spf1 -all\"\n"));
    run(&words("keygen --algorithm ed25519 --out KEY", &[("KEY", &key)]));
    for line in [
        "verify - --zone ZONE --ip 192.0.2.1 --helo h.example --mail-from a@contoso.example",
        "sign - --domain contoso.example --selector s1 --key KEY",
    ] {
        let words = words(line, &[("ZONE", &zone), ("KEY", &key)]);
        let (idle, large) = (peak(&words, 0), peak(&words, MEGABYTES));
        eprintln!("{line}: {idle} kB idle, {large} kB with {MEGABYTES} MB");
        assert!(large < idle + ALLOWED, "{line}: {idle} kB idle, {large} kB with {MEGABYTES} MB");
    }
}
