//! The server on real sockets, driven by a scripted MTA.

mod support;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use postseal_milter::{Access, Config, Socket, SocketError, Stop};
use support::filter::{Mode, Running};
use support::{Mta, client, content, envelope, packet};

const DRAIN: Stop = Stop::Drain { grace: Duration::from_secs(60) };

fn message(body: &[u8]) -> Vec<u8> {
    [envelope(2), content(5, body)].concat()
}

#[test]
fn serves_messages_over_both_kinds_of_socket() {
    let filter = Running::start(Mode::Edit, Config::default());
    let mut unix = Mta::unix(&filter.path());
    let mut tcp = Mta::tcp(filter.tcp);
    assert_eq!(unix.negotiate(), (6, 0x001, EXPECTED));
    tcp.negotiate();
    unix.say(&client());
    tcp.say(&client());
    for octets in [0, 10, 65_535, 65_536, 1_000_000] {
        unix.say(&message(&vec![b'x'; octets]));
        tcp.say(&message(&vec![b'x'; octets]));
        assert_eq!((unix.verdict(), tcp.verdict()), ("ic".to_owned(), "ic".to_owned()));
        assert!(filter.log().contains(&format!("message QKx9zZ of {octets}")), "{:?}", filter.log());
    }
    unix.say(&packet(b'Q', b""));
    assert!(unix.is_closed());
    drop(tcp);
    let stats = filter.until(|stats| stats.open == 0);
    assert_eq!((stats.accepted, stats.messages, stats.aborted, stats.panics), (2, 10, 0, 0));
    let log = filter.log();
    assert!(
        log.contains(&"unix, uid known: true".to_owned()) && log.contains(&"tcp from 127.0.0.1".to_owned())
    );
    assert_eq!(log.iter().filter(|line| *line == "close").count(), 2);
}

#[test]
fn sends_edits_and_answer_in_one_write() {
    use std::io::Read;
    let filter = Running::start(Mode::Edit, Config::default());
    let mut mta = Mta::tcp(filter.tcp);
    mta.negotiate();
    mta.say(&[client(), message(b"x")].concat());
    let mut octets = [0; 1_000];
    let count = mta.socket.read(&mut octets).expect("an answer");
    assert_eq!(&octets[..count], b"\0\0\0\x14i\0\0\0\0X-Filter\0 seen\0\0\0\0\x01c");
}

#[test]
fn says_that_it_is_working_and_gives_up_in_time() {
    let config = Config {
        progress_interval: Duration::from_millis(100),
        decision_timeout: Duration::from_millis(550),
        ..Config::default()
    };
    // Its time is far off, however late this machine is.
    let filter = Running::start(
        Mode::Wait(Duration::from_millis(350)),
        Config { decision_timeout: Duration::from_secs(60), ..config },
    );
    let mut mta = Mta::unix(&filter.path());
    mta.negotiate();
    mta.say(&message(b""));
    let said = mta.verdict();
    assert!(matches!(said.strip_suffix("ic"), Some("p" | "pp" | "ppp" | "pppp")), "{said}");
    drop(mta);
    let filter = Running::start(Mode::Wait(Duration::from_secs(60)), config);
    let mut mta = Mta::unix(&filter.path());
    mta.negotiate();
    mta.say(&message(b""));
    let said = mta.verdict();
    assert!(matches!(said.strip_suffix('t'), Some("p" | "pp" | "ppp" | "pppp" | "ppppp")), "{said}");
    mta.say(&packet(b'A', b""));
    let stats = filter.until(|stats| stats.messages == 1);
    assert_eq!((stats.late_decisions, stats.panics), (1, 0));
}

#[test]
fn notices_an_mta_that_goes_while_it_decides() {
    let filter = Running::start(Mode::Wait(Duration::from_secs(60)), Config::default());
    let mut mta = Mta::unix(&filter.path());
    mta.negotiate();
    mta.say(&message(b""));
    filter.until(|_| filter.has_logged("message", 1));
    drop(mta);
    let stats = filter.until(|stats| stats.open == 0);
    assert_eq!((stats.messages, stats.aborted), (0, 1));
    assert_eq!(filter.log().last().map(String::as_str), Some("close"));
}

#[test]
fn keeps_what_comes_while_it_decides() {
    let filter = Running::start(Mode::Wait(Duration::from_millis(50)), Config::default());
    let mut mta = Mta::unix(&filter.path());
    mta.negotiate();
    mta.say(&[message(b""), message(b"abc"), packet(b'Q', b"")].concat());
    assert_eq!((mta.verdict(), mta.verdict()), ("ic".to_owned(), "ic".to_owned()));
    assert!(mta.is_closed());
}

#[test]
fn stands_a_panic_among_others() {
    let filter = Running::start(Mode::Panic, Config::default());
    let mut bad = Mta::unix(&filter.path());
    let mut good = Mta::unix(&filter.path());
    for mta in [&mut bad, &mut good] {
        mta.negotiate();
        mta.say(&client());
    }
    let doomed = [packet(b'M', b"<panic>\0"), content(1, b"")].concat();
    for _ in 0..10 {
        bad.say(&doomed);
        good.say(&message(b""));
        assert_eq!((bad.verdict(), good.verdict()), ("t".to_owned(), "ic".to_owned()));
    }
    bad.say(&message(b""));
    assert_eq!(bad.verdict(), "ic");
    let stats = filter.stats();
    assert_eq!((stats.panics, stats.messages, stats.open), (10, 21, 2));
}

#[test]
fn closes_what_is_not_wanted() {
    for (mode, declined, panics) in [(Mode::Decline, 1, 0), (Mode::PanicAtOnce, 0, 1)] {
        let filter = Running::start(mode, Config::default());
        assert!(Mta::unix(&filter.path()).is_closed());
        let stats = filter.until(|stats| stats.accepted == 1 && stats.open == 0);
        assert_eq!((stats.declined, stats.panics), (declined, panics));
    }
}

#[test]
fn closes_a_silent_mta() {
    let config = Config { read_timeout: Duration::from_secs(2), ..Config::default() };
    let filter = Running::start(Mode::Edit, config);
    let begun = Instant::now();
    let mut mta = Mta::unix(&filter.path());
    mta.negotiate();
    std::thread::sleep(Duration::from_millis(300));
    mta.say(&envelope(1));
    assert!(mta.is_closed());
    // It was silent for two seconds after what it said last.
    assert!(begun.elapsed() >= Duration::from_millis(2_250), "{:?}", begun.elapsed());
    let stats = filter.until(|stats| stats.open == 0);
    assert_eq!((stats.timeouts, stats.aborted), (1, 1));
}

#[test]
fn closes_an_mta_that_does_not_read() {
    let config = Config { write_timeout: Duration::from_millis(200), ..Config::default() };
    let filter = Running::start(Mode::Edit, config);
    let mut mta = Mta::unix(&filter.path());
    mta.negotiate();
    // Replies of messages that nobody reads fill the socket, then ours blocks.
    let messages = [packet(b'M', b"<>\0"), packet(b'E', b"")].concat().repeat(500);
    mta.socket.set_write_timeout(Some(Duration::from_secs(2))).expect("a timeout");
    while std::io::Write::write_all(&mut mta.socket, &messages).is_ok() {}
    let stats = filter.until(|stats| stats.open == 0);
    assert_eq!(stats.timeouts, 1);
}

#[test]
fn a_stop_cuts_an_mta_that_does_not_read() {
    let filter = Running::start(Mode::Edit, Config::default());
    let mut mta = Mta::unix(&filter.path());
    mta.negotiate();
    let messages = [packet(b'M', b"<>\0"), packet(b'E', b"")].concat().repeat(500);
    mta.socket.set_write_timeout(Some(Duration::from_millis(500))).expect("a timeout");
    while std::io::Write::write_all(&mut mta.socket, &messages).is_ok() {}
    let begun = Instant::now();
    filter.stop(Stop::Drain { grace: Duration::from_millis(200) });
    assert_eq!(filter.finished().cut, 1);
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn counts_a_broken_protocol() {
    let filter = Running::start(Mode::Edit, Config::default());
    for bad in [&b"\0\0\0\0"[..], b"\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n", &packet(b'E', b"")] {
        let mut mta = Mta::tcp(filter.tcp);
        mta.say(bad);
        assert!(mta.is_closed());
    }
    let stats = filter.until(|stats| stats.open == 0);
    assert_eq!((stats.protocol_errors, stats.panics), (4, 0));
}

#[test]
fn accepts_no_more_than_allowed() {
    let filter = Running::start(Mode::Edit, Config { max_connections: 3, ..Config::default() });
    let mut mtas: Vec<_> = (0..4).map(|_| Mta::unix(&filter.path())).collect();
    for mta in &mut mtas[..3] {
        mta.negotiate();
    }
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(filter.stats().open, 3);
    drop(mtas.remove(0));
    // The fourth was waiting in the kernel's queue.
    mtas[2].negotiate();
    assert_eq!(filter.stats().open, 3);
}

#[test]
fn drains() {
    let filter = Running::start(Mode::Wait(Duration::from_millis(300)), Config::default());
    let (mut idle, mut busy) = (Mta::unix(&filter.path()), Mta::unix(&filter.path()));
    idle.negotiate();
    busy.negotiate();
    busy.say(&envelope(1));
    filter.until(|stats| stats.accepted == 2 && filter.has_logged("mail", 1));
    let path = filter.path();
    filter.stop(DRAIN);
    assert!(idle.is_closed());
    busy.say(&content(1, b""));
    assert_eq!(busy.verdict(), "ic");
    assert!(busy.is_closed());
    let log = std::sync::Arc::clone(&filter.log);
    let stats = filter.finished();
    assert_eq!((stats.messages, stats.cut, stats.aborted, stats.open), (1, 0, 0, 0));
    assert!(!path.exists());
    assert!(!log.lock().expect("a lock").contains(&"abort".to_owned()));
}

#[test]
fn cuts_what_takes_too_long() {
    let filter = Running::start(Mode::Wait(Duration::from_secs(60)), Config::default());
    let (mut deciding, mut sending) = (Mta::unix(&filter.path()), Mta::unix(&filter.path()));
    deciding.negotiate();
    deciding.say(&message(b""));
    sending.negotiate();
    sending.say(&envelope(1));
    filter.until(|_| filter.has_logged("mail", 2) && filter.has_logged("message", 1));
    let begun = Instant::now();
    filter.stop(Stop::Drain { grace: Duration::from_millis(200) });
    assert!(deciding.is_closed() && sending.is_closed());
    let stats = filter.finished();
    assert!(begun.elapsed() < Duration::from_secs(30), "the filter would wait for a minute");
    assert_eq!((stats.cut, stats.aborted, stats.messages), (2, 2, 0));
}

#[test]
fn hands_over_patiently() {
    let filter = Running::start(Mode::Edit, Config::default());
    let mut mta = Mta::unix(&filter.path());
    mta.negotiate();
    let begun = Instant::now();
    let patience = Duration::from_secs(3);
    filter.stop(Stop::HandOver { patience, grace: Duration::from_secs(60) });
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(100));
        mta.say(&message(b""));
        assert_eq!(mta.verdict(), "ic");
    }
    let path = filter.path();
    // The file is there still: it is the next process's now.
    assert!(path.exists());
    mta.say(&envelope(1));
    std::thread::sleep((patience + Duration::from_millis(500)).saturating_sub(begun.elapsed()));
    mta.say(&content(1, b""));
    assert_eq!(mta.verdict(), "ic");
    assert!(mta.is_closed());
    assert_eq!(filter.finished().messages, 4);
}

/// The process may end before its listening task has run once more, and may be told to end at once.
#[test]
fn a_socket_that_was_handed_over_keeps_its_file() {
    for _ in 0..20 {
        let filter = Running::start(Mode::Edit, Config::default());
        Mta::unix(&filter.path()).negotiate();
        let path = filter.path();
        filter.stop(Stop::HandOver { patience: Duration::ZERO, grace: Duration::ZERO });
        filter.stop(Stop::Drain { grace: Duration::ZERO });
        std::thread::sleep(Duration::from_millis(50));
        assert!(path.exists());
        filter.finished();
    }
}

fn unix(path: &Path) -> Result<Socket, SocketError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _guard = runtime.enter();
    Socket::unix(path, Access { mode: 0o620, group: None })
}

#[test]
fn replaces_only_what_is_stale() {
    let directory = tempfile::TempDir::new().expect("a directory");
    let path = directory.path().join("socket");
    let socket = unix(&path).expect("a socket");
    let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o7777, 0o620);
    assert!(matches!(unix(&path), Err(SocketError::InUse { .. })));
    drop(socket);
    assert!(!path.exists());

    drop(UnixListener::bind(&path).expect("a socket"));
    let stale = path.exists();
    let first = unix(&path).expect("a stale socket is replaced");
    assert!(stale);
    // A later process takes the path: the end of the first leaves it alone.
    std::fs::remove_file(&path).expect("a file");
    let second = unix(&path).expect("a socket");
    drop(first);
    assert!(path.exists());
    drop(second);

    std::fs::write(&path, b"mail").expect("a file");
    assert!(matches!(unix(&path), Err(SocketError::NotASocket { .. })));
    assert_eq!(std::fs::read(&path).expect("a file"), b"mail");
    let long = directory.path().join("x".repeat(120));
    assert!(matches!(unix(&directory.path().join("no/socket")), Err(SocketError::Bind { .. })));
    assert!(matches!(unix(&long), Err(SocketError::PathTooLong { .. })));
    assert_eq!(std::fs::read_dir(directory.path()).expect("a directory").count(), 1);
}

/// Left out: HELO, EOH, unknown, DATA. No reply to anything. SKIP, leading space.
const EXPECTED: u32 = 0x02 | 0x40 | 0x100 | 0x200 | 0x80 | 0xf_f000 | 0x400 | 0x10_0000;
