//! What we sign, mail-auth verifies, and the other way round: legal messages and odd but legal ones,
//! written by `tests/interop/messages.py`. No figure of time.

use std::path::{Path, PathBuf};

use postseal_core::dkim::Canonicalization::{self, Relaxed, Simple};

use crate::floor::Algorithm;
use crate::ours;
use crate::peer;
use crate::{Bench, report::Report};

/// Both directions over all messages, both algorithms and all canonicalizations.
pub fn agreement(bench: &mut Bench) {
    let Some(folder) = bench.messages.clone() else { return };
    let messages = read(&folder);
    bench.report.heading(
        "Agreement with mail-auth",
        &format!("{} messages of tests/interop. An altered one has a line more at its end.", messages.len()),
    );
    for algorithm in [Algorithm::Rsa2048, Algorithm::Ed25519] {
        for forms in [(Relaxed, Relaxed), (Relaxed, Simple), (Simple, Relaxed), (Simple, Simple)] {
            we_sign(bench, &messages, algorithm, forms);
        }
        they_sign(bench, &messages, algorithm);
    }
}

type Message = (String, Vec<u8>);

fn we_sign(
    bench: &mut Bench,
    messages: &[Message],
    algorithm: Algorithm,
    forms: (Canonicalization, Canonicalization),
) {
    let signer = ours::Signer::usual(algorithm, &bench.keys, forms);
    let what = format!("Postseal signs, {} {}/{}", name(algorithm), forms.0, forms.1);
    let sign = |message: &[u8]| signer.sign(message);
    let verify = |message: &[u8]| bench.peer.verify_dkim(message);
    compare(&mut bench.report, &what, messages, sign, verify);
}

fn they_sign(bench: &mut Bench, messages: &[Message], algorithm: Algorithm) {
    let signer = peer::Signer::new(algorithm, &bench.keys);
    let what = format!("mail-auth signs, {} relaxed/relaxed", name(algorithm));
    let sign = |message: &[u8]| signer.sign(message);
    if let Some((_, message)) = messages.first() {
        bench.ours.warm(&[sign(message).as_bytes(), message].concat());
    }
    let verify = |message: &[u8]| bench.ours.verify_dkim(message);
    compare(&mut bench.report, &what, messages, sign, verify);
}

/// Counts the messages that verify as signed and do not once altered.
fn compare(
    report: &mut Report,
    what: &str,
    messages: &[Message],
    sign: impl Fn(&[u8]) -> String,
    verify: impl Fn(&[u8]) -> usize,
) {
    let mut wrong = Vec::new();
    for (name, message) in messages {
        let signed = [sign(message).as_bytes(), message].concat();
        let has_body = message.windows(4).any(|octets| octets == b"\r\n\r\n");
        let line: &[u8] = if has_body { b"One line more.\r\n" } else { b"\r\nOne line more.\r\n" };
        let altered = [signed.as_slice(), line].concat();
        if verify(&signed) != 1 || verify(&altered) != 0 {
            wrong.push(name.as_str());
        }
    }
    report.count(what, messages.len(), &wrong);
}

fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rsa2048 => "rsa-sha256",
        Algorithm::Ed25519 => "ed25519-sha256",
    }
}

fn read(folder: &Path) -> Vec<Message> {
    let entries = std::fs::read_dir(folder).expect("the folder of messages");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let message = |path: &PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        (name, std::fs::read(path).expect("a message"))
    };
    paths.iter().map(message).collect()
}
