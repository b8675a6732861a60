//! Message bodies as mail has them, the same in every run.

/// What a body is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text in paragraphs, lines of at most 72 octets.
    Prose,
    /// Nested tables, indented, as newsletters have them.
    Html,
    /// An attachment: lines of 76 octets.
    Base64,
    /// A quarter prose, a quarter HTML, half base64, as one multipart message.
    Mixed,
}

impl Kind {
    /// The name in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Prose => "prose",
            Kind::Html => "HTML",
            Kind::Base64 => "base64",
            Kind::Mixed => "mixed",
        }
    }

    /// Exactly `size` octets (at least 4), ending in CRLF.
    pub fn body(self, size: usize) -> Vec<u8> {
        let mut body = Vec::with_capacity(size + 256);
        match self {
            Kind::Prose => prose(&mut Dice(1), &mut body, size),
            Kind::Html => html(&mut Dice(2), &mut body, size),
            Kind::Base64 => base64(&mut Dice(3), &mut body, size),
            Kind::Mixed => mixed(&mut body, size),
        }
        body.truncate(size - 2);
        // What was cut in the middle of a line must not end in a blank or half a CRLF.
        for octet in body.iter_mut().rev().take_while(|b| matches!(b, b' ' | b'\r' | b'\n')) {
            *octet = b'.';
        }
        body.extend_from_slice(b"\r\n");
        body
    }
}

/// A small generator of numbers (SplitMix64): the same in every run.
pub struct Dice(pub u64);

impl Dice {
    /// The next number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

fn mixed(body: &mut Vec<u8>, size: usize) {
    let part = |body: &mut Vec<u8>, content_type: &str| {
        body.extend_from_slice(b"--=_boundary_7f3a\r\nContent-Type: ");
        body.extend_from_slice(content_type.as_bytes());
        body.extend_from_slice(b"\r\n\r\n");
    };
    part(body, "text/plain; charset=utf-8");
    prose(&mut Dice(4), body, size / 4);
    part(body, "text/html; charset=utf-8");
    html(&mut Dice(5), body, size / 2);
    part(body, "application/pdf\r\nContent-Transfer-Encoding: base64");
    base64(&mut Dice(6), body, size);
}

fn prose(dice: &mut Dice, body: &mut Vec<u8>, until: usize) {
    while body.len() < until {
        let mut column = 0;
        for _ in 0..3 + dice.below(5) {
            sentence(dice, body, &mut column);
        }
        body.extend_from_slice(b"\r\n\r\n");
    }
}

fn sentence(dice: &mut Dice, body: &mut Vec<u8>, column: &mut usize) {
    let words = 6 + dice.below(14);
    for nth in 0..words {
        let word = WORDS[dice.below(WORDS.len())];
        if *column + word.len() + 2 > 72 {
            body.extend_from_slice(b"\r\n");
            *column = 0;
        } else if *column > 0 {
            body.push(b' ');
            *column += 1;
        }
        let at = body.len();
        body.extend_from_slice(word.as_bytes());
        if nth == 0 {
            body[at].make_ascii_uppercase();
        }
        match dice.below(12) {
            _ if nth + 1 == words => body.push(b'.'),
            0 => body.push(b','),
            _ => {}
        }
        *column += body.len() - at;
    }
}

fn html(dice: &mut Dice, body: &mut Vec<u8>, until: usize) {
    body.extend_from_slice(b"<!DOCTYPE html>\r\n<html>\r\n<body style=\"margin: 0; padding: 0;\">\r\n");
    while body.len() < until {
        indented(body, 1, "<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\">");
        for _ in 0..1 + dice.below(4) {
            indented(body, 2, "<tr>");
            for _ in 0..1 + dice.below(3) {
                cell(dice, body);
            }
            indented(body, 2, "</tr>");
        }
        indented(body, 1, "</table>");
    }
}

fn cell(dice: &mut Dice, body: &mut Vec<u8>) {
    indented(body, 3, "<td align=\"left\" style=\"font-family: Arial, sans-serif; font-size: 14px;\">");
    let link = format!("<a href=\"https://links.contoso.example/c/{:08x}\">", dice.below(1 << 32));
    indented(body, 4, &link);
    let mut text = String::new();
    for _ in 0..4 + dice.below(12) {
        text.push_str(WORDS[dice.below(WORDS.len())]);
        text.push(' ');
    }
    indented(body, 5, text.trim_end());
    indented(body, 4, "</a>");
    indented(body, 3, "</td>");
}

fn indented(body: &mut Vec<u8>, depth: usize, line: &str) {
    body.resize(body.len() + 2 * depth, b' ');
    body.extend_from_slice(line.as_bytes());
    body.extend_from_slice(b"\r\n");
}

fn base64(dice: &mut Dice, body: &mut Vec<u8>, until: usize) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while body.len() < until {
        body.extend((0..76).map(|_| ALPHABET[dice.below(64)]));
        body.extend_from_slice(b"\r\n");
    }
}

#[rustfmt::skip]
const WORDS: [&str; 96] = [
    "the", "a", "of", "to", "and", "in", "we", "you", "it", "for", "that", "with", "on", "this", "are", "as",
    "have", "will", "your", "our", "at", "by", "from", "or", "if", "an", "can", "all", "please", "know", "time", "week",
    "order", "meeting", "account", "delivery", "invoice", "attached", "document", "project", "schedule", "question",
    "customer", "support", "team", "release", "summer", "garden", "morning", "train", "window", "coffee", "budget",
    "quarter", "figures", "draft", "review", "comments", "thanks", "regards", "tomorrow", "yesterday", "between",
    "before", "after", "through", "without", "another", "something", "everything", "information", "availability",
    "registration", "confirmation", "available", "different", "important", "possible", "following", "interesting",
    "reply", "letter", "address", "number", "number", "street", "office", "price", "offer", "member", "group", "city",
    "river", "music", "paper", "light",
];
