//! What fuzz targets call: total functions of any octets, which panic only where
//! the crate is wrong.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::answer::{Answer, ReplyCode};
use crate::command::{Address, Client, Command, Path};
use crate::edits::Edits;
use crate::flags::{Actions, Protocol};
use crate::frame::{Decoder, Frame};
use crate::handler::{Handler, Verdict};
use crate::macros::Macros;
use crate::negotiate::{Interest, Terms, Wishes};
use crate::session::{Session, Step};

/// Cuts octets into packets and reads each as a command.
pub fn frames(octets: &[u8]) {
    let mut decoder = Decoder::new(4_096);
    let mut rest = octets;
    while let Ok(Some((frame, used))) = decoder.next(rest) {
        assert!(used > 0 && used <= rest.len(), "a frame takes some of the octets");
        if let Frame::Packet { command, data } = frame {
            let _ = Command::parse(command, data);
        }
        rest = &rest[used..];
    }
}

/// The other side: octets as packets of a filter's, and as a header section, which must come
/// out as it went in.
pub fn client(octets: &[u8]) {
    crate::client::read_replies(octets);
    if let Some(again) = crate::client::read_and_write_fields(octets) {
        assert_eq!(again, octets, "a header section is kept octet for octet");
    }
}

/// Plays the MTA: a session that must do the same with the octets in one piece
/// and in pieces of `cut` octets (at least one). The result is what the handler
/// saw and what the session wrote.
pub fn session(octets: &[u8], cut: usize) -> (Vec<u8>, Vec<u8>) {
    let whole = play(octets, octets.len());
    let pieces = play(octets, cut);
    assert_eq!(whole, pieces, "cut into pieces of {cut}");
    whole
}

/// Makes edits of the octets, which must be refused or stay inside their packets.
pub fn edits(octets: &[u8]) {
    let (name, value) = octets.split_at(octets.len().min(8));
    let name = String::from_utf8_lossy(name);
    let text = String::from_utf8_lossy(value);
    let mut edits = Edits::new();
    // What is refused leaves nothing behind.
    let _ = [
        edits.add_field(&name, value),
        edits.insert_field(1, &name, value),
        edits.change_field(&name, 3, value),
        edits.change_from(&text, &name),
        edits.quarantine(&text),
    ];
    let wishes = Wishes { optional_actions: Actions::from_bits(0xff), ..Wishes::default() };
    let Ok(terms) = Terms::agree(6, Actions::from_bits(0xff), Protocol::NONE, &wishes) else { return };
    let mut out = Vec::new();
    assert_eq!(edits.write(&terms, &mut out), 0);
    if let Ok(reply) = ReplyCode::new(550, "5.7.1", &text) {
        let start = out.len();
        Answer::Refuse(reply).write(&mut out);
        // Behind the length, whose octets may have any value.
        assert!(out[start + 4..].is_ascii(), "a reply is ASCII");
    }
    let mut decoder = Decoder::new(65_535);
    let mut rest = &out[..];
    while let Ok(Some((Frame::Packet { .. }, used))) = decoder.next(rest) {
        rest = &rest[used..];
    }
    assert!(rest.is_empty(), "what was written is packets");
}

fn play(octets: &[u8], cut: usize) -> (Vec<u8>, Vec<u8>) {
    let all = Interest::Answered;
    let wishes = Wishes {
        connect: all,
        helo: all,
        mail: all,
        rcpt: all,
        data: all,
        header: Interest::Watched,
        end_of_header: all,
        body: Interest::Watched,
        unknown: all,
        leading_space: true,
        optional_actions: Actions::from_bits(0xff),
        ..Wishes::default()
    };
    let mut session = Session::new(Arc::new(wishes), 70_000);
    let mut log = Log::default();
    let mut written = Vec::new();
    for piece in octets.chunks(cut.max(1)) {
        let mut step = session.feed(&mut log, piece);
        while step == Step::Decide {
            let verdict = decision(log.end_of_message(session.macros()));
            session.decide(&mut log, verdict);
            step = session.feed(&mut log, b"");
        }
        written.extend_from_slice(session.output());
        session.clear_output();
    }
    session.disconnect(&mut log);
    assert_eq!(session.take_counts().panics, 0);
    (log.seen, written)
}

fn decision(future: impl Future<Output = Verdict>) -> Option<Verdict> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(verdict) => Some(verdict),
        Poll::Pending => None,
    }
}

/// Writes down everything it sees, body octets as one whatever their pieces.
#[derive(Default)]
struct Log {
    seen: Vec<u8>,
}

impl Log {
    /// Answers with what the octets happen to say.
    fn see(&mut self, stage: u8, details: &[&[u8]]) -> Answer {
        self.seen.push(stage);
        for detail in details {
            self.seen.extend_from_slice(detail);
            self.seen.push(0);
        }
        match details.first().and_then(|detail| detail.first()) {
            Some(b'!') => Answer::Reject,
            Some(b'?') => Answer::Tempfail,
            Some(b'.') => Answer::Skip,
            Some(b'*') => Answer::Discard,
            _ => Answer::Continue,
        }
    }
}

impl Handler for Log {
    fn connect(&mut self, client: &Client<'_>, _: &Macros) -> Answer {
        let address = match client.address {
            Address::Inet { ip, port } => format!("{ip} {port}").into_bytes(),
            Address::Unix(path) => path.to_vec(),
            Address::Unknown => Vec::new(),
        };
        self.see(b'C', &[client.name, &address])
    }
    fn helo(&mut self, name: &[u8], _: &Macros) -> Answer {
        self.see(b'H', &[name])
    }
    fn mail(&mut self, path: &Path<'_>, macros: &Macros) -> Answer {
        let parameters: Vec<&[u8]> = path.parameters().collect();
        self.see(b'M', &[path.address, &parameters.concat(), macros.get("i").unwrap_or_default()])
    }
    fn rcpt(&mut self, path: &Path<'_>, _: &Macros) -> Answer {
        self.see(b'R', &[path.address])
    }
    fn data(&mut self, _: &Macros) -> Answer {
        self.see(b'T', &[])
    }
    fn header(&mut self, name: &[u8], value: &[u8]) -> Answer {
        self.see(b'L', &[name, value])
    }
    fn end_of_header(&mut self, _: &Macros) -> Answer {
        self.see(b'N', &[])
    }
    fn body(&mut self, octets: &[u8]) -> Answer {
        self.seen.extend_from_slice(octets);
        Answer::Continue
    }
    async fn end_of_message(&mut self, macros: &Macros) -> Verdict {
        let count = macros.iter().count().to_be_bytes();
        let answer = self.see(b'E', &[&count]);
        let mut verdict = Verdict::new(answer);
        if verdict.edits.add_field("X-Seen", b" yes").is_err() {
            verdict.answer = Answer::Tempfail;
        }
        verdict
    }
    fn unknown(&mut self, line: &[u8], _: &Macros) -> Answer {
        self.see(b'U', &[line])
    }
    fn abort(&mut self) {
        self.see(b'A', &[]);
    }
    fn close(&mut self) {
        self.see(b'Q', &[]);
    }
}
