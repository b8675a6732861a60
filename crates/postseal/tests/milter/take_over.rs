//! A new process takes the place of a running node: nobody is refused.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;

const JO: Session = Session { login: Some("jo@contoso.example"), ..OUTSIDE };

fn own_message() -> Message {
    Message::new("<jo@contoso.example>", &[("From", " jo@contoso.example")])
}

/// One message on a connection of its own, signed once.
fn signed(path: &Path) {
    let mut mta = Mta::connect(path);
    mta.session(&JO);
    let outcome = mta.send(JO.login, &own_message());
    assert_eq!((outcome.answer, outcome.message.values("DKIM-Signature").len()), ('c', 1));
}

#[test]
fn five_take_overs_under_load_refuse_nobody() {
    let (mut old, _names) = node(SIGNING);
    let path = old.path("milter.sock");
    let ended = AtomicBool::new(false);
    let sent = thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut sent = 0;
                    while !ended.load(Ordering::Relaxed) {
                        signed(&path);
                        sent += 1;
                        thread::sleep(Duration::from_millis(20));
                    }
                    sent
                })
            })
            .collect();
        for _ in 0..5 {
            let mut new = old.successor();
            old.wait_for_log("handed over");
            assert_eq!(old.ended(), Some(0));
            new.wait_for_log("the sockets of the node before are this one's");
            thread::sleep(Duration::from_millis(200));
            old = new;
        }
        ended.store(true, Ordering::Relaxed);
        senders.into_iter().map(|sender| sender.join().expect("nothing refused")).sum::<u32>()
    });
    assert!(sent >= 50, "{sent} messages");
    // The last one has everything: monitors, orders, the file of its control socket.
    assert!(old.get("/readyz").0.contains("200"));
    assert!(old.reload()["reloaded"].is_object());
    old.signal("TERM");
    assert_eq!(old.ended(), Some(0));
    assert!(!old.path("run/control.sock").exists());
    // Nobody is kept waiting on a socket that nobody serves.
    assert!(UnixStream::connect(&path).is_err());
}

#[test]
fn open_sessions_end_where_they_began() {
    let (mut old, _names) = node(SIGNING);
    let path = old.path("milter.sock");
    let message = own_message();
    let mut open = Mta::connect(&path);
    open.session(&JO);
    for command in open.commands(JO.login, &message) {
        open.say(&command);
    }
    let new = old.successor();
    old.wait_for_log("handed over");
    signed(&path);
    assert_eq!(new.metric("postseal_connections_total"), 1.0);
    // The message under way, and another on the same connection.
    assert_eq!(open.end(&message).answer, 'c');
    assert_eq!(open.send(JO.login, &message).message.values("DKIM-Signature").len(), 1);
    assert!(old.child.try_wait().expect("a child").is_none(), "the old one has an open session");
    drop(open);
    assert_eq!(old.ended(), Some(0));
    signed(&path);
    assert_eq!(new.metric("postseal_connections_total"), 2.0);
}

#[test]
fn a_taker_that_does_not_get_ready_changes_nothing() {
    let (mut old, _names) = node(SIGNING);
    let path = old.path("milter.sock");
    // It dies when it has the sockets.
    let mut taker = UnixStream::connect(old.path("run/control.sock")).expect("connects");
    taker.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    taker.write_all(b"postseal take-over 1\n").expect("writes");
    let mut names = [0; 4096];
    let length = taker.read(&mut names).expect("reads");
    let names = String::from_utf8_lossy(&names[..length]).into_owned();
    assert!(names.contains("milter unix:") && names.ends_with("\n\n"), "{names}");
    drop(taker);
    old.wait_for_log("that process did not get ready");
    signed(&path);
    // It says something else.
    let mut taker = UnixStream::connect(old.path("run/control.sock")).expect("connects");
    taker.write_all(b"postseal take-over 1\nnonsense").expect("writes");
    signed(&path);
    drop(taker);
    // Its configuration is wrong.
    let file = old.path("postseal.toml");
    let good = std::fs::read_to_string(&file).expect("written");
    std::fs::write(&file, format!("nonsense = 1\n{good}")).expect("written");
    let words = ["serve", "--take-over", "--config", file.to_str().expect("UTF-8")];
    let ran = support::run(&words);
    assert_eq!(ran.status, 2, "{ran:?}");
    std::fs::write(&file, good).expect("written");
    signed(&path);
    assert!(old.reload()["reloaded"].is_object());
    assert!(old.get("/readyz").0.contains("200"));
    // A right one is taken after all of that.
    let _new = old.successor();
    assert_eq!(old.ended(), Some(0));
    signed(&path);
}

#[test]
fn without_a_node_nothing_is_taken_over() {
    let (mut old, _names) = node(SIGNING);
    let file = old.path("postseal.toml");
    old.signal("TERM");
    assert_eq!(old.ended(), Some(0));
    let ran = support::run(&["serve", "--take-over", "--config", file.to_str().expect("UTF-8")]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("without --take-over"), "{ran:?}");
}
