//! Properties of the reader of bounces.

mod cpu_time;

use cpu_time::CpuTime;
use postseal_core::advice::{Bounce, Pasted, replies};
use proptest::prelude::*;

/// Lines of words that are nothing else in a bounce.
fn lines() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-z]{1,12}( [a-z]{1,12}){0,6}", 1..8)
}

fn reply(lines: &[String], separator: &str) -> String {
    let last = lines.len() - 1;
    let line = |(place, text): (usize, &String)| {
        format!("550{}5.7.26 {text}", if place == last { ' ' } else { '-' })
    };
    lines.iter().enumerate().map(line).collect::<Vec<_>>().join(separator)
}

proptest! {
    /// However a reply is wrapped and folded, its lines are joined to the same text.
    #[test]
    fn a_reply_is_the_same_in_every_wrapping(lines in lines()) {
        let joined = lines.join(" ");
        let (bare, one_line) = (reply(&lines, "\r\n"), reply(&lines, " "));
        let texts = [
            bare.clone(),
            reply(&lines, "\n<<< "),
            format!("<a@b.example>: host mx.example[192.0.2.1] said: {one_line} (in reply to RCPT TO command)"),
            format!("<a@b.example>: host mx.example[192.0.2.1]\n    said: {} (in reply to RCPT TO command)", reply(&lines, "\n    ")),
            format!("mx.example #{one_line} ##"),
            format!("Remote host said: {bare}\n\n--- Below this line is a copy of the message.\n\nx"),
        ];
        for text in texts {
            let found = replies(&text);
            prop_assert_eq!(found.len(), 1, "{}", text);
            prop_assert_eq!(&found[0].text, &joined, "{}", text);
            prop_assert_eq!(found[0].code, Some(550));
        }
    }

    /// Any octets are read, and what is said of them is bounded.
    #[test]
    fn any_octets_are_read(octets in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let bounce = Bounce::read(&octets);
        prop_assert!(bounce.text.len() <= 8_192);
        let _ = Pasted::recognise(&octets);
    }
}

/// Time does not grow out of bounds with what is hostile.
#[test]
fn large_texts_end() {
    let started = CpuTime::start();
    let texts = [
        "550 a ".repeat(200_000),
        "550 5.7.26 ".repeat(100_000),
        "host a.b[ ".repeat(100_000),
        format!("Content-Type: multipart/x; boundary=b\r\n\r\n{}", "--b\r\n\r\n".repeat(200_000)),
        "<".repeat(1_000_000),
        " ".repeat(1_000_000),
    ];
    for text in &texts {
        Bounce::read(text.as_bytes());
        Pasted::recognise(text.as_bytes());
    }
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
