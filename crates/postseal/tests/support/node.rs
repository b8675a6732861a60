//! A node that runs for one test.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Files, own_address, program, run};

/// Its files, its process and its log. It is killed when the test ends, however that ends.
pub struct Node {
    pub files: Files,
    http: SocketAddr,
    pub child: Child,
    log: Arc<Mutex<Vec<String>>>,
}

impl Node {
    /// Starts a node on this configuration, to which sockets are added, and waits until it is
    /// ready. `[milter]` listens on `milter.sock` unless the text says otherwise.
    pub fn start(files: Files, text: &str) -> Node {
        Node::start_with(files, text, |_| {})
    }

    /// The same, with changes to how it is started.
    pub fn start_with(files: Files, text: &str, change: impl FnOnce(&mut Command)) -> Node {
        let http = own_address();
        files.write("postseal.toml", complete(text, http));
        Node::run(files, http, change)
    }

    /// Another one on the files of this one, which has ended.
    pub fn again(mut self) -> Node {
        let files = std::mem::replace(&mut self.files, Files::new());
        Node::run(files, self.http, |_| {})
    }

    /// Another one that takes the place of this one, and its files.
    pub fn successor(&mut self) -> Node {
        let files = std::mem::replace(&mut self.files, Files::new());
        Node::run(files, self.http, |command| {
            command.arg("--take-over");
        })
    }

    fn run(files: Files, http: SocketAddr, change: impl FnOnce(&mut Command)) -> Node {
        let path = files.path("postseal.toml");
        let mut command = program();
        command.arg("serve").arg("--config").arg(&path);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.env_remove("NOTIFY_SOCKET").env_remove("JOURNAL_STREAM").env_remove("LISTEN_FDS");
        change(&mut command);
        let mut child = command.spawn().expect("starts");
        let stderr = child.stderr.take().expect("piped");
        let log = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&log);
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                lines.lock().expect("no panic").push(line);
            }
        });
        let mut node = Node { files, http, child, log };
        node.wait_for_log("ready on");
        node
    }

    pub fn log(&self) -> Vec<String> {
        self.log.lock().expect("no panic").clone()
    }

    /// Waits for a line with this in it.
    pub fn wait_for_log(&mut self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(line) = self.log().into_iter().find(|line| line.contains(text)) {
                return line;
            }
            let over = Instant::now() > end || self.child.try_wait().expect("a child").is_some();
            assert!(!over, "no line with {text:?} in {:#?}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The log line of the nth message, from 0; `[log] format` is `json`.
    pub fn message(&self, place: usize) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let lines = self.log();
            let json = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            if let Some(line) = json.filter(|line| line["event"] == "message").nth(place) {
                return line;
            }
            assert!(Instant::now() < end, "message {place} is not logged: {lines:#?}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.files.path(name)
    }

    /// Writes the configuration anew, with the same sockets.
    pub fn configure(&self, text: &str) {
        self.files.write("postseal.toml", complete(text, self.http));
    }

    /// What its control socket answers to a reload: `{"reloaded": …}`, or `{"unchanged": …}` with the problem.
    pub fn reload(&self) -> Value {
        let (status, body) = self.control("POST /v1/reload", "{\"lang\":\"en\"}");
        let word = if status == 200 { "reloaded" } else { "unchanged" };
        serde_json::json!({ word: body })
    }

    /// Status and body of what its control socket answers.
    pub fn control(&self, line: &str, body: &str) -> (u16, Value) {
        let mut stream = UnixStream::connect(self.path("run/control.sock")).expect("connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let length = body.len();
        let request = format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("writes");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("reads");
        let (head, body) = reply.split_once("\r\n\r\n").expect("a header section");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    /// What the command `postseal reload` does.
    pub fn run_reload(&self, words: &[&str]) -> super::Ran {
        let path = self.path("postseal.toml");
        let mut all = vec!["reload", "--config", path.to_str().expect("UTF-8")];
        all.extend(words);
        run(&all)
    }

    /// Status line and body.
    pub fn get(&self, path: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.http).expect("connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("writes");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("reads");
        let (head, body) = reply.split_once("\r\n\r\n").expect("a header section");
        (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
    }

    /// The value of a metric, labels and all.
    pub fn metric(&self, name: &str) -> f64 {
        let (_, text) = self.get("/metrics");
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {name} in {text}")).parse().expect("a number")
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits for its end; returns its status.
    pub fn ended(&mut self) -> Option<i32> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end: {:#?}", self.log());
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The text with the sockets of a test.
fn complete(text: &str, http: SocketAddr) -> String {
    let mut whole = String::new();
    if !text.contains("[milter]") {
        whole += "[milter]\nlisten = \"unix:milter.sock\"\n";
    }
    if !text.contains("[resolver]") {
        // Nobody answers there.
        whole += "[resolver]\nservers = \"127.0.0.1:1\"\n";
    }
    whole += &format!("[http]\nlisten = \"{http}\"\n[control]\nsocket = \"run/control.sock\"\n");
    // Keys of the top come first, before any table.
    let (top, tables) = match text.find('[') {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    format!("{top}{whole}{tables}")
}

/// An RSA key in a file that only its owner may read.
pub fn key(files: &Files, name: &str) -> PathBuf {
    write_key(files, name, RSA)
}

pub fn write_key(files: &Files, name: &str, pem: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = files.write(name, pem);
    set_mode(&path, std::fs::Permissions::from_mode(0o600));
    path
}

pub const RSA: &str = include_str!("../files/rsa_2048.pem");

pub const ED25519: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";

pub fn set_mode(path: &Path, mode: std::fs::Permissions) {
    std::fs::set_permissions(path, mode).expect("chmod");
}

const PATIENCE: Duration = Duration::from_secs(60);
