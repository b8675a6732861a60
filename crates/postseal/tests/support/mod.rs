//! Runs the built program as a user would.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]

pub mod node;
mod own_address;
pub mod stopwatch;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub use own_address::own_address;
use serde_json::Value;
use tempfile::TempDir;

/// How one run ended.
pub struct Ran {
    pub status: i32,
    pub out: Vec<u8>,
    pub err: String,
}

impl std::fmt::Debug for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "status {}\n{}\n{}", self.status, String::from_utf8_lossy(&self.out), self.err)
    }
}

impl Ran {
    pub fn text(&self) -> String {
        String::from_utf8(self.out.clone()).expect("UTF-8")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// The program, in English, without colour.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postseal"));
    command.env("LC_ALL", "C").env_remove("RUST_BACKTRACE");
    command
}

/// Runs it with these words.
pub fn run<S: AsRef<std::ffi::OsStr>>(words: &[S]) -> Ran {
    ran(program().args(words).stdin(Stdio::null()).output().expect("starts"))
}

/// Runs it with these words and this standard input.
pub fn run_with_input<S: AsRef<std::ffi::OsStr>>(words: &[S], input: &[u8]) -> Ran {
    let mut child = program()
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    // It may end without having read everything.
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("ends");
    writer.join().expect("writes");
    ran(output)
}

/// Runs it with these words, and does something once it has said this on standard error.
pub fn run_and_act<S: AsRef<std::ffi::OsStr>>(words: &[S], said: &str, act: impl FnOnce()) -> Ran {
    let mut command = program();
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    let mut stdout = child.stdout.take().expect("piped");
    let reader = std::thread::spawn(move || {
        let mut out = Vec::new();
        stdout.read_to_end(&mut out).map(|_| out)
    });
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let (mut err, mut act) = (Vec::new(), Some(act));
    while stderr.read_until(b'\n', &mut err).expect("reads") > 0 {
        if String::from_utf8_lossy(&err).contains(said) {
            act.take().into_iter().for_each(|act| act());
        }
    }
    assert!(act.is_none(), "it does not say {said:?}: {}", String::from_utf8_lossy(&err));
    let (status, stdout) = (child.wait().expect("ends"), reader.join().expect("no panic").expect("reads"));
    ran(Output { status, stdout, stderr: err })
}

fn ran(output: Output) -> Ran {
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!err.contains("panicked"), "{err}");
    Ran { status: output.status.code().expect("no signal"), out: output.stdout, err }
}

/// A folder of files for one test.
pub struct Files(TempDir);

impl Files {
    pub fn new() -> Files {
        Files(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, octets: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, octets).expect("writes");
        path
    }
}

pub fn words<'w>(text: &'w str, files: &'w [(&str, &Path)]) -> Vec<std::ffi::OsString> {
    let find = |word: &str| {
        files.iter().find(|(name, _)| *name == word).map(|(_, path)| path.as_os_str().to_owned())
    };
    text.split_whitespace()
        .map(|word| find(word).unwrap_or_else(|| if word == "\"\"" { "".into() } else { word.into() }))
        .collect()
}
