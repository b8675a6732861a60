use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::answer::ReplyCode;
use crate::command::{Client, Path};
use crate::frame::put_packet;

/// Writes down what it sees, and answers as it is told.
#[derive(Default)]
struct Recorder {
    seen: Vec<String>,
    answers: Vec<(&'static str, Answer)>,
    panics_at: Option<&'static str>,
    verdict: Verdict,
}

impl Recorder {
    fn see(&mut self, stage: &'static str, detail: &[u8]) -> Answer {
        self.seen.push(format!("{stage} {}", detail.escape_ascii()).trim_end().to_owned());
        assert_ne!(self.panics_at, Some(stage), "as told");
        self.answers.iter().find(|(at, _)| *at == stage).map(|(_, answer)| answer.clone()).unwrap_or_default()
    }
}

impl Handler for Recorder {
    fn connect(&mut self, client: &Client<'_>, _: &Macros) -> Answer {
        self.see("connect", client.name)
    }
    fn helo(&mut self, name: &[u8], _: &Macros) -> Answer {
        self.see("helo", name)
    }
    fn mail(&mut self, path: &Path<'_>, macros: &Macros) -> Answer {
        let queue_id = macros.get("i").unwrap_or_default();
        self.see("mail", &[path.address, queue_id].concat())
    }
    fn rcpt(&mut self, path: &Path<'_>, _: &Macros) -> Answer {
        self.see("rcpt", path.address)
    }
    fn data(&mut self, _: &Macros) -> Answer {
        self.see("data", b"")
    }
    fn header(&mut self, name: &[u8], value: &[u8]) -> Answer {
        self.see("header", &[name, b":", value].concat())
    }
    fn end_of_header(&mut self, _: &Macros) -> Answer {
        self.see("eoh", b"")
    }
    fn body(&mut self, octets: &[u8]) -> Answer {
        self.see("body", octets)
    }
    async fn end_of_message(&mut self, macros: &Macros) -> Verdict {
        self.see("eom", macros.get("i").unwrap_or_default());
        self.verdict.clone()
    }
    fn unknown(&mut self, line: &[u8], _: &Macros) -> Answer {
        self.see("unknown", line)
    }
    fn abort(&mut self) {
        self.see("abort", b"");
    }
    fn close(&mut self) {
        self.see("close", b"");
    }
    fn failed(&mut self, error: &SessionError) {
        self.see("failed", error.to_string().as_bytes());
    }
}

/// A session with an MTA that speaks version 6, or an older one.
struct Dialogue {
    session: Session,
    handler: Recorder,
    replies: String,
}

impl Dialogue {
    /// `interest` in every stage.
    fn new(version: u32, interest: Interest, handler: Recorder) -> Dialogue {
        let wishes = Wishes {
            connect: interest,
            helo: interest,
            mail: interest,
            rcpt: interest,
            data: interest,
            header: interest,
            end_of_header: interest,
            body: interest,
            unknown: interest,
            optional_actions: Actions::from_bits(0xff),
            leading_space: true,
            ..Wishes::default()
        };
        Dialogue::with(version, wishes, handler)
    }

    fn with(version: u32, wishes: Wishes, handler: Recorder) -> Dialogue {
        let session = Session::new(Arc::new(wishes), 1_000);
        let mut dialogue = Dialogue { session, handler, replies: String::new() };
        let protocol = if version == 6 { 0x1f_ffff_u32 } else { 0x7f };
        let data = [version.to_be_bytes(), 0x3f_u32.to_be_bytes(), protocol.to_be_bytes()].concat();
        dialogue.say(b'O', &data);
        assert_eq!(dialogue.replies.pop(), Some('O'));
        dialogue
    }

    fn say(&mut self, letter: u8, data: &[u8]) -> Step {
        let mut packet = Vec::new();
        put_packet(&mut packet, letter, &[data]);
        self.feed(&packet)
    }

    fn feed(&mut self, octets: &[u8]) -> Step {
        let mut step = self.session.feed(&mut self.handler, octets);
        while step == Step::Decide {
            self.decide();
            step = self.session.feed(&mut self.handler, b"");
        }
        let mut output = self.session.output();
        while let Some((length, rest)) = output.split_first_chunk::<4>() {
            let (packet, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
            self.replies.push(char::from(packet[0]));
            output = rest;
        }
        self.session.clear_output();
        step
    }

    fn decide(&mut self) {
        let verdict = {
            let mut future = pin!(self.handler.end_of_message(&self.session.macros));
            match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(verdict) => verdict,
                Poll::Pending => panic!("the recorder waits for nothing"),
            }
        };
        self.session.decide(&mut self.handler, Some(verdict));
    }

    fn connect(&mut self) {
        self.say(b'C', b"mx\x00U");
        self.say(b'H', b"helo\0");
    }

    fn message(&mut self) {
        self.envelope();
        self.content();
    }

    fn envelope(&mut self) {
        self.say(b'D', b"Mi\0Q1\0");
        self.say(b'M', b"<a@b>\0");
        self.say(b'R', b"<c@d>\0");
        self.say(b'R', b"<e@f>\0");
    }

    fn content(&mut self) {
        self.say(b'T', b"");
        self.say(b'L', b"From\0 a\n b\0");
        self.say(b'N', b"");
        self.say(b'B', b"one");
        self.say(b'E', b"two");
    }
}

const CONNECTION: [&str; 2] = ["connect mx", "helo helo"];
const MESSAGE: [&str; 9] = [
    "mail <a@b>Q1",
    "rcpt <c@d>",
    "rcpt <e@f>",
    "data",
    r"header From: a\r\n b",
    "eoh",
    "body one",
    "body two",
    "eom Q1",
];

fn check_seen(dialogue: &Dialogue, parts: &[&[&str]]) {
    assert_eq!(dialogue.handler.seen, parts.concat());
}

#[test]
fn shows_everything_and_replies_once() {
    let mut dialogue = Dialogue::new(6, Interest::Watched, Recorder::default());
    dialogue.connect();
    dialogue.message();
    dialogue.message();
    assert_eq!(dialogue.say(b'Q', b""), Step::Close);
    check_seen(&dialogue, &[&CONNECTION, &MESSAGE, &MESSAGE, &["close"]]);
    assert_eq!(dialogue.replies, "cc");
    assert_eq!(dialogue.session.take_counts(), Counts { messages: 2, ..Counts::default() });
}

#[test]
fn replies_at_each_stage_where_the_mta_waits() {
    for (version, interest) in [(2, Interest::Watched), (2, Interest::Answered), (6, Interest::Answered)] {
        let mut dialogue = Dialogue::new(version, interest, Recorder::default());
        dialogue.connect();
        dialogue.message();
        assert_eq!(dialogue.replies, "cc".to_owned() + "cccccccc", "{version} {interest:?}");
    }
}

#[test]
fn leaves_out_what_is_unwanted() {
    let wishes = Wishes { leading_space: true, ..Wishes::default() };
    let mut dialogue = Dialogue::with(6, wishes.clone(), Recorder::default());
    dialogue.say(b'E', b"");
    dialogue.say(b'E', b"");
    check_seen(&dialogue, &[&["eom", "eom"]]);
    assert_eq!(dialogue.replies, "cc");
    // An MTA that sends everything and waits each time.
    let mut dialogue = Dialogue::with(2, Wishes { leading_space: false, ..wishes }, Recorder::default());
    dialogue.connect();
    dialogue.message();
    check_seen(&dialogue, &[&["eom Q1"]]);
    // It waits for each of them, whatever it was asked to leave out.
    assert_eq!(dialogue.replies, "cccccccccc");
}

#[test]
fn aborts_anywhere() {
    for sent in 1..=8 {
        let mut dialogue = Dialogue::new(6, Interest::Watched, Recorder::default());
        dialogue.connect();
        let packets: [(u8, &[u8]); 8] = [
            (b'M', b"<a@b>\0"),
            (b'R', b"<c@d>\0"),
            (b'R', b"<e@f>\0"),
            (b'T', b""),
            (b'L', b"From\0 a\n b\0"),
            (b'N', b""),
            (b'B', b"one"),
            (b'B', b"two"),
        ];
        dialogue.say(b'D', b"Mi\0Q1\0");
        for (letter, data) in &packets[..sent] {
            dialogue.say(*letter, data);
        }
        dialogue.say(b'A', b"");
        dialogue.message();
        dialogue.say(b'A', b"");
        check_seen(&dialogue, &[&CONNECTION, &MESSAGE[..sent], &["abort"], &MESSAGE]);
        assert_eq!(dialogue.replies, "c");
        assert_eq!(dialogue.session.take_counts(), Counts { messages: 1, aborted: 1, ..Counts::default() });
    }
}

#[test]
fn takes_a_new_message_or_connection_for_an_abort() {
    let mut dialogue = Dialogue::new(6, Interest::Watched, Recorder::default());
    dialogue.connect();
    dialogue.envelope();
    dialogue.envelope();
    dialogue.connect();
    dialogue.envelope();
    dialogue.say(b'H', b"helo\0");
    check_seen(
        &dialogue,
        &[
            &CONNECTION,
            &MESSAGE[..3],
            &["abort"],
            &MESSAGE[..3],
            &["abort", "close"],
            &CONNECTION,
            &MESSAGE[..3],
            &["abort", "helo helo"],
        ],
    );
}

#[test]
fn serves_another_client_after_quit_nc() {
    let mut dialogue = Dialogue::new(6, Interest::Answered, Recorder::default());
    dialogue.handler.answers = vec![("helo", Answer::Reject)];
    dialogue.connect();
    assert_eq!(dialogue.say(b'K', b""), Step::Wait);
    dialogue.handler.answers.clear();
    dialogue.connect();
    dialogue.message();
    assert_eq!(dialogue.say(b'Q', b""), Step::Close);
    check_seen(&dialogue, &[&CONNECTION, &["close"], &CONNECTION, &MESSAGE, &["close"]]);
    assert_eq!(dialogue.replies, "cr".to_owned() + "cc" + "cccccccc");
}

/// What the handler sees after it has answered at a stage, and the replies.
fn check_answer(interest: Interest, stage: &'static str, answer: &Answer, seen: &[&[&str]], replies: &str) {
    let handler = Recorder { answers: vec![(stage, answer.clone())], ..Recorder::default() };
    let mut dialogue = Dialogue::new(6, interest, handler);
    dialogue.connect();
    dialogue.message();
    dialogue.handler.answers.clear();
    dialogue.message();
    check_seen(&dialogue, seen);
    assert_eq!(dialogue.replies, replies, "{interest:?} {stage} {answer:?}");
}

#[test]
fn keeps_an_answer_that_nobody_waits_for() {
    let watched = Interest::Watched;
    let refusal = ReplyCode::new(550, "5.7.1", "no").expect("a reply");
    for (answer, reply) in [
        (Answer::Accept, "a"),
        (Answer::Reject, "r"),
        (Answer::Tempfail, "t"),
        (Answer::Discard, "d"),
        (Answer::Refuse(refusal), "y"),
    ] {
        let replies = format!("{reply}c");
        let seen: [&[&str]; 4] = [&CONNECTION, &MESSAGE[..1], &["abort"], &MESSAGE];
        check_answer(watched, "mail", &answer, &seen, &replies);
        let seen: [&[&str]; 4] = [&CONNECTION, &MESSAGE[..7], &["abort"], &MESSAGE];
        check_answer(watched, "body", &answer, &seen, &replies);
        let seen: [&[&str]; 2] = [&CONNECTION, &["abort", "abort"]];
        check_answer(watched, "helo", &answer, &seen, &format!("{reply}{reply}"));
    }
    let seen: [&[&str]; 4] = [&CONNECTION, &MESSAGE[..2], &["abort"], &MESSAGE];
    check_answer(watched, "rcpt", &Answer::Discard, &seen, "dc");
    // One recipient can't be refused afterwards.
    check_answer(watched, "rcpt", &Answer::Reject, &[&CONNECTION, &MESSAGE, &MESSAGE], "cc");
    let seen: [&[&str]; 4] = [&CONNECTION, &MESSAGE[..7], &["eom Q1"], &MESSAGE];
    check_answer(watched, "body", &Answer::Skip, &seen, "cc");
}

#[test]
fn gives_an_answer_at_once_where_the_mta_waits() {
    let answered = Interest::Answered;
    let message = "cccccccc";
    let check = |stage, answer: Answer, seen: &[&[&str]], replies: &str| {
        check_answer(answered, stage, &answer, seen, &format!("{replies}{message}"));
    };
    // The MTA of this test goes on all the same, and hears it again for the body.
    let seen: [&[&str]; 4] = [&CONNECTION, &MESSAGE[..1], &["abort"], &MESSAGE];
    check("mail", Answer::Reject, &seen, "ccrcccccrr");
    check("rcpt", Answer::Reject, &[&CONNECTION, &MESSAGE, &MESSAGE], "cccrrccccc");
    check("header", Answer::Skip, &[&CONNECTION, &MESSAGE, &MESSAGE], "ccccccsccc");
}

#[test]
fn never_discards_a_connection() {
    let handler = Recorder { answers: vec![("connect", Answer::Discard)], ..Recorder::default() };
    let mut dialogue = Dialogue::new(6, Interest::Answered, handler);
    dialogue.connect();
    dialogue.message();
    assert_eq!(dialogue.replies, "cc".to_owned() + "cccccc" + "dd");
}

#[test]
fn stands_a_panic() {
    for (stage, seen) in [("mail", 1), ("rcpt", 2), ("data", 4), ("header", 5), ("eoh", 6), ("body", 7)] {
        let handler = Recorder { panics_at: Some(stage), ..Recorder::default() };
        let mut dialogue = Dialogue::new(6, Interest::Watched, handler);
        dialogue.connect();
        dialogue.message();
        dialogue.handler.panics_at = None;
        dialogue.message();
        check_seen(&dialogue, &[&CONNECTION, &MESSAGE[..seen], &["abort"], &MESSAGE]);
        assert_eq!(dialogue.replies, "tc", "{stage}");
        assert_eq!(dialogue.session.take_counts(), Counts { messages: 2, panics: 1, ..Counts::default() });
    }
}

#[test]
fn ends_where_the_handler_cannot_abort() {
    for letter in *b"AMEHCK" {
        let handler = Recorder {
            panics_at: Some("abort"),
            answers: vec![("data", Answer::Reject)],
            ..Recorder::default()
        };
        let mut dialogue = Dialogue::new(6, Interest::Watched, handler);
        dialogue.envelope();
        dialogue.say(b'T', b"");
        let data: &[u8] = match letter {
            b'M' | b'H' => b"x\0",
            b'C' => b"x\0U",
            _ => b"",
        };
        assert_eq!(dialogue.say(letter, data), Step::Close, "{letter}");
        assert_eq!(dialogue.session.take_counts().panics, 1);
        assert_eq!(dialogue.replies, if letter == b'E' { "r" } else { "" });
    }
}

#[test]
fn tempfails_without_a_verdict() {
    let mut dialogue = Dialogue::new(6, Interest::Watched, Recorder::default());
    dialogue.envelope();
    let mut packet = Vec::new();
    put_packet(&mut packet, b'E', &[]);
    assert_eq!(dialogue.session.feed(&mut dialogue.handler, &packet), Step::Decide);
    dialogue.session.decide(&mut dialogue.handler, None);
    assert_eq!(dialogue.session.output(), b"\0\0\0\x01t");
    check_seen(&dialogue, &[&MESSAGE[..3], &["abort"]]);
}

#[test]
fn sends_edits_only_with_a_message_that_goes_on() {
    for (answer, replies) in [
        (Answer::Continue, "mihqc"),
        (Answer::Skip, "mihqc"),
        (Answer::Accept, "mihqa"),
        (Answer::Reject, "r"),
        (Answer::Shutdown, "t"),
        (Answer::Discard, "d"),
    ] {
        let mut verdict = Verdict::new(answer.clone());
        verdict.edits.insert_field(0, "A", b" a").expect("an edit");
        verdict.edits.add_field("B", b" b").expect("an edit");
        verdict.edits.delete_field("C", 1).expect("an edit");
        verdict.edits.quarantine("why").expect("an edit");
        verdict.edits.change_from("<>", "").expect("an edit");
        let handler = Recorder { verdict, ..Recorder::default() };
        let mut dialogue = Dialogue::new(6, Interest::Watched, handler);
        dialogue.message();
        let sorted = |text: &str| {
            let mut letters: Vec<char> = text.chars().collect();
            letters.sort_unstable();
            letters
        };
        assert_eq!(sorted(&dialogue.replies), sorted(replies), "{answer:?}");
        assert_eq!(dialogue.replies.chars().last(), replies.chars().last());
        let left_out = u64::from(replies.len() > 1);
        assert_eq!(dialogue.session.take_counts().edits_left_out, left_out);
    }
}

#[test]
fn puts_the_space_back_where_the_mta_ate_it() {
    let mut dialogue = Dialogue::new(2, Interest::Watched, Recorder::default());
    dialogue.envelope();
    dialogue.say(b'L', b"Subject\0one\n two\0");
    dialogue.say(b'L', b"X\0\0");
    check_seen(&dialogue, &[&MESSAGE[..3], &[r"header Subject: one\r\n two", "header X:"]]);
    assert_eq!(dialogue.session.terms().map(Terms::has_leading_space), Some(false));
}

#[test]
fn ends_when_the_protocol_is_broken() {
    let check = |packets: &[(u8, &[u8])], error: &str| {
        let mut dialogue = Dialogue::new(6, Interest::Watched, Recorder::default());
        let mut step = Step::Wait;
        for (letter, data) in packets {
            step = dialogue.say(*letter, data);
        }
        assert_eq!(step, Step::Close, "{packets:?}");
        let failed = format!("failed {error}");
        assert!(dialogue.handler.seen.contains(&failed), "{failed}: {:?}", dialogue.handler.seen);
        assert_eq!(dialogue.say(b'E', b""), Step::Close);
        assert_eq!(dialogue.replies, "");
    };
    let mail: (u8, &[u8]) = (b'M', b"<>\0");
    check(&[(b'R', b"<>\0")], "Rcpt in phase Idle");
    check(&[(b'E', b"")], "Body in phase Idle");
    check(&[mail, (b'N', b""), (b'L', b"A\0b\0")], "Header in phase Body");
    check(&[mail, (b'N', b""), (b'N', b"")], "EndOfHeader in phase Body");
    check(&[mail, (b'L', b"A\0b\0"), (b'R', b"<>\0")], "Rcpt in phase Header");
    check(&[(b'M', b"<>")], r#"malformed data in milter command \'M\'"#);
    check(&[(b'!', b"")], r#"no milter command has the letter \'!\'"#);
    check(&[(b'O', &[0; 12])], "a second negotiation on one connection");
    check(&[(b'H', &[0; 1_000])], "a packet of 1001 octets, the limit is 1000");
}

#[test]
fn ends_without_terms() {
    let check = |packet: &[u8], error| {
        let mut session = Session::new(Arc::new(Wishes::default()), 1_000);
        let mut handler = Recorder::default();
        assert_eq!(session.feed(&mut handler, packet), Step::Close);
        assert_eq!(session.error(), error);
        assert_eq!(session.output(), b"");
    };
    check(b"\0\0\0\x01Q", None);
    check(b"\0\0\0\x01A", Some(SessionError::NotNegotiated));
    check(b"\0\0\0\x03Bx", Some(SessionError::NotNegotiated));
    check(
        b"\0\0\0\x0dO\0\0\0\x01\0\0\0\0\0\0\0\0",
        Some(NegotiationError::VersionTooOld { version: 1 }.into()),
    );
}

#[test]
fn keeps_little_between_messages() {
    let mut dialogue = Dialogue::new(6, Interest::Watched, Recorder::default());
    dialogue.connect();
    dialogue.envelope();
    for _ in 0..1_000 {
        dialogue.say(b'L', &[b"A\0".as_slice(), &b"x\n ".repeat(300), b"\0"].concat());
    }
    dialogue.say(b'E', b"");
    let session = &dialogue.session;
    let macros = size_of::<Macros>();
    let kept = session.buffer.capacity() + session.output.capacity() + session.value.capacity();
    assert!(kept <= 3 * KEPT_CAPACITY, "{kept} octets, {macros} of macros");
    assert!(size_of::<Session>() < 1_024, "{}", size_of::<Session>());
}
