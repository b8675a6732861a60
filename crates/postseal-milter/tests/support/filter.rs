//! A filter that does what its test says, and runs in a runtime of its own.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use postseal_milter::{
    Access, Actions, Answer, Client, Config, Handler, Interest, Macros, Milter, Path, Peer, Server, Snapshot,
    Socket, Stop, Verdict, Wishes,
};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::PATIENCE;

/// What the filter does at the end of each message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Adds a field, and continues.
    #[default]
    Edit,
    /// Waits as long, then continues.
    Wait(Duration),
    /// Panics where the reverse-path is `<panic>`.
    Panic,
    /// Wants no connection.
    Decline,
    /// Panics instead of making a handler.
    PanicAtOnce,
}

pub(crate) struct Filter {
    pub(crate) mode: Mode,
    pub(crate) log: Arc<Mutex<Vec<String>>>,
}

pub(crate) struct Recorder {
    mode: Mode,
    log: Arc<Mutex<Vec<String>>>,
    octets: usize,
    is_doomed: bool,
}

impl Milter for Filter {
    type Handler = Recorder;

    fn wishes(&self) -> Arc<Wishes> {
        Arc::new(Wishes {
            connect: Interest::Watched,
            mail: Interest::Watched,
            rcpt: Interest::Watched,
            header: Interest::Watched,
            body: Interest::Watched,
            required_actions: Actions::ADD_FIELDS,
            leading_space: true,
            ..Wishes::default()
        })
    }

    fn handler(&self, peer: Peer) -> Option<Recorder> {
        assert_ne!(self.mode, Mode::PanicAtOnce, "as told");
        let log = Arc::clone(&self.log);
        let kind = match peer {
            Peer::Unix { uid } => format!("unix, uid known: {}", uid.is_some()),
            Peer::Tcp(address) => format!("tcp from {}", address.ip()),
        };
        log.lock().expect("a lock").push(kind);
        (self.mode != Mode::Decline).then_some(Recorder { mode: self.mode, log, octets: 0, is_doomed: false })
    }
}

impl Recorder {
    fn see(&self, text: String) {
        self.log.lock().expect("a lock").push(text);
    }
}

impl Handler for Recorder {
    fn connect(&mut self, client: &Client<'_>, _: &Macros) -> Answer {
        self.see(format!("connect {}", client.name.escape_ascii()));
        Answer::Continue
    }

    fn mail(&mut self, path: &Path<'_>, _: &Macros) -> Answer {
        self.see("mail".to_owned());
        self.octets = 0;
        self.is_doomed = path.address == b"<panic>";
        Answer::Continue
    }

    fn body(&mut self, octets: &[u8]) -> Answer {
        self.octets += octets.len();
        Answer::Continue
    }

    async fn end_of_message(&mut self, macros: &Macros) -> Verdict {
        let queue_id = macros.get("i").unwrap_or_default().escape_ascii().to_string();
        self.see(format!("message {queue_id} of {}", self.octets));
        assert!(!(self.mode == Mode::Panic && self.is_doomed), "as told");
        if let Mode::Wait(duration) = self.mode {
            tokio::time::sleep(duration).await;
        }
        let mut verdict = Verdict::default();
        verdict.edits.insert_field(0, "X-Filter", b" seen").expect("a field");
        verdict
    }

    fn abort(&mut self) {
        self.see("abort".to_owned());
    }

    fn close(&mut self) {
        self.see("close".to_owned());
    }
}

/// A server in a thread, on a unix socket and on TCP.
pub(crate) struct Running {
    pub(crate) directory: TempDir,
    pub(crate) tcp: std::net::SocketAddr,
    pub(crate) log: Arc<Mutex<Vec<String>>>,
    commands: mpsc::UnboundedSender<Command>,
    thread: Option<JoinHandle<Snapshot>>,
}

enum Command {
    Stop(Stop),
    Stats(std::sync::mpsc::Sender<Snapshot>),
}

impl Running {
    pub(crate) fn start(mode: Mode, config: Config) -> Running {
        let directory = TempDir::new().expect("a directory");
        let path = directory.path().join("s");
        let log = Arc::new(Mutex::new(Vec::new()));
        let (commands, receiver) = mpsc::unbounded_channel();
        let (ready, started) = std::sync::mpsc::channel();
        let filter = Filter { mode, log: Arc::clone(&log) };
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(serve(Server::new(filter, config), path, ready, receiver))
        });
        let tcp = started.recv().expect("the filter starts");
        Running { directory, tcp, log, commands, thread: Some(thread) }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("s")
    }

    pub(crate) fn stats(&self) -> Snapshot {
        let (sender, receiver) = std::sync::mpsc::channel();
        assert!(self.commands.send(Command::Stats(sender)).is_ok(), "the filter runs");
        receiver.recv().expect("the filter answers")
    }

    /// Waits until a number is as expected.
    pub(crate) fn until(&self, expected: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let stats = self.stats();
            if expected(&stats) {
                return stats;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not come to that: {:?}", self.stats());
    }

    /// Whether so many lines of the log begin so.
    pub(crate) fn has_logged(&self, beginning: &str, count: usize) -> bool {
        self.log().iter().filter(|line| line.starts_with(beginning)).count() >= count
    }

    pub(crate) fn stop(&self, stop: Stop) {
        // By an order before it may have ended already; `finished` says whether it ended well.
        let _ = self.commands.send(Command::Stop(stop));
    }

    /// Waits until the filter has ended.
    pub(crate) fn finished(mut self) -> Snapshot {
        self.thread.take().expect("it is joined once").join().expect("the filter does not panic")
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().expect("a lock").clone()
    }
}

async fn serve(
    server: Server<Filter>,
    path: PathBuf,
    ready: std::sync::mpsc::Sender<std::net::SocketAddr>,
    mut commands: mpsc::UnboundedReceiver<Command>,
) -> Snapshot {
    let unix = Socket::unix(&path, Access { mode: 0o660, group: None }).expect("a socket");
    let tcp = Socket::tcp(([127, 0, 0, 1], 0).into()).await.expect("a socket");
    let address = tcp.tcp_address().expect("an address");
    server.listen(unix);
    server.listen(tcp);
    ready.send(address).expect("the test waits");
    let mut is_stopped = false;
    while let Some(command) = commands.recv().await {
        match command {
            Command::Stop(stop) => {
                server.stop(stop);
                is_stopped = true;
            }
            Command::Stats(sender) => sender.send(server.stats()).expect("the test waits"),
        }
        if is_stopped && commands.is_empty() {
            break;
        }
    }
    if !is_stopped {
        server.stop(Stop::Drain { grace: Duration::ZERO });
    }
    server.finished().await
}
