//! The MTA's side against our own filter's side, over a socket.

mod support;

use std::time::Duration;

use postseal_milter::Config;
use postseal_milter::client::{Action, Client, ClientError, Letter, Outcome, Submitter};
use support::filter::{Mode, Running};
use tokio::net::UnixStream;

fn submitter() -> Submitter {
    Submitter {
        name: "client.example".to_owned(),
        address: ([192, 0, 2, 1], 40_000).into(),
        helo: "client.example".to_owned(),
        daemon_name: "smtpd".to_owned(),
        login: None,
    }
}

fn letter(queue_id: &str, mail_from: &str, body: &[u8]) -> Letter {
    Letter {
        queue_id: queue_id.to_owned(),
        mail_from: mail_from.to_owned(),
        recipients: vec!["<a@example.net>".to_owned(), "<b@example.net>".to_owned()],
        header: b"From: x@example.com\r\nSubject: two\r\n lines\r\n".to_vec(),
        body: body.to_vec(),
    }
}

fn show(filter: &Running, letters: &[Letter]) -> Vec<Result<Outcome, ClientError>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let stream = UnixStream::connect(filter.path()).await.expect("it listens");
        let mut client = Client::begin(stream, &submitter()).await.expect("negotiates");
        let mut outcomes = Vec::new();
        for letter in letters {
            outcomes.push(client.show(letter).await);
        }
        outcomes
    })
}

#[test]
fn shows_messages_and_takes_edits() {
    let filter = Running::start(Mode::Edit, Config::default());
    let large = vec![b'x'; 200_000];
    let outcomes =
        show(&filter, &[letter("A1", "<x@example.com>", b"hello\r\n"), letter("A2", "<>", &large)]);
    for outcome in outcomes {
        let outcome = outcome.expect("an outcome");
        assert_eq!((outcome.action, outcome.quarantine), (Action::Accept, None));
        let header = String::from_utf8_lossy(&outcome.header).into_owned();
        assert_eq!(header, "X-Filter: seen\r\nFrom: x@example.com\r\nSubject: two\r\n lines\r\n");
    }
    let log = filter.log.lock().expect("a lock").clone();
    assert!(log.contains(&"connect client.example".to_owned()), "{log:?}");
    assert!(log.contains(&"message A1 of 7".to_owned()), "{log:?}");
    assert!(log.contains(&"message A2 of 200000".to_owned()), "{log:?}");
}

#[test]
fn waits_through_progress() {
    let filter = Running::start(Mode::Wait(Duration::from_millis(50)), Config::default());
    let outcomes = show(&filter, &[letter("A1", "<x@example.com>", b"hello\r\n")]);
    assert_eq!(outcomes[0].as_ref().expect("an outcome").action, Action::Accept);
}

#[test]
fn a_filter_that_fails_is_told_from_one_that_refuses() {
    let filter = Running::start(Mode::Panic, Config::default());
    let outcomes = show(&filter, &[letter("A1", "<panic>", b"hello\r\n")]);
    assert_eq!(outcomes[0].as_ref().expect("an outcome").action, Action::Tempfail);
}
