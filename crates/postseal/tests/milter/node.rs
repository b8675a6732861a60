//! `postseal serve`, started for one test.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use postseal_core::dkim::SigningKey;
use serde_json::Value;
use tempfile::TempDir;

use super::name_server::NameServer;

pub struct Node {
    child: Child,
    folder: TempDir,
    log: Arc<Mutex<Vec<String>>>,
}

pub const RSA: &str = include_str!("../files/rsa_2048.pem");
pub const ED25519: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";

/// The TXT record of a key.
pub fn key_record(pem: &str) -> String {
    SigningKey::from_pem(pem.as_bytes()).expect("a key").record()
}

impl Node {
    /// Starts a node with these settings besides those of sockets and name servers, and with
    /// the keys `rsa.pem` and `ed25519.pem`; returns when it is ready.
    pub fn start(names: &NameServer, settings: &str) -> Node {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, pem) in [("rsa.pem", RSA), ("ed25519.pem", ED25519)] {
            let path = folder.path().join(name);
            fs::write(&path, pem).expect("written");
            fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("chmod");
        }
        let path = folder.path().display();
        let file = folder.path().join("postseal.toml");
        let text = format!(
            "authserv_id = \"mx.example.net\"\n\
             [resolver]\nservers = [\"{}\"]\nquery_timeout = \"500ms\"\n\
             [milter]\nlisten = [\"unix:{path}/milter.sock\"]\n\
             [control]\nsocket = \"{path}/run/control.sock\"\n\
             [log]\nformat = \"json\"\n{settings}",
            names.address
        );
        fs::write(&file, text).expect("written");
        let mut child = Command::new(env!("CARGO_BIN_EXE_postseal"))
            .args(["serve", "--config"])
            .arg(&file)
            .env("LC_ALL", "C")
            .env_remove("JOURNAL_STREAM")
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let log = Arc::new(Mutex::new(Vec::new()));
        let (lines, stderr) = (Arc::clone(&log), child.stderr.take().expect("piped"));
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                lines.lock().expect("no panic").push(line);
            }
        });
        let node = Node { child, folder, log };
        node.until("it is ready", || node.log().iter().any(|line| line.contains("ready on")).then_some(()));
        node
    }

    pub fn socket(&self) -> PathBuf {
        self.path("milter.sock")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("no panic").clone()
    }

    /// The log line of the nth message, from 0.
    pub fn message(&self, place: usize) -> Value {
        self.until("a message is logged", || {
            let lines = self.log();
            let json = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            json.filter(|line| line["event"] == "message").nth(place)
        })
    }

    /// Ends it as systemd does; returns whether it ended well.
    pub fn stop(mut self) -> bool {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("it runs");
        self.child.wait().expect("it ends").success()
    }

    fn until<T>(&self, what: &str, found: impl Fn() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = found() {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "{what}: {:#?}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
