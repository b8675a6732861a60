use super::EnhancedCode;

/// Replies that are read of one text.
pub const MAX_REPLIES: usize = 50;

/// Octets of one reply's text that are kept.
pub const MAX_REPLY_TEXT: usize = 4_096;

/// A reply of a mail server (RFC 5321 §4.2), its lines joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmtpReply {
    /// 400 to 599; `None` where the text has none.
    pub code: Option<u16>,
    /// The enhanced code (RFC 3463).
    pub enhanced: Option<EnhancedCode>,
    /// The text without the codes, each run of blanks as one space.
    pub text: String,
}

/// The refusals in a text, in order: bare replies, and replies as mail servers wrap
/// them. `550-` lines are joined, whether or not somebody has folded them since.
///
/// ```
/// use postseal_core::advice::replies;
///
/// let found = replies("host mx.example said: 550-5.7.26 This mail has been\n blocked 550 5.7.26 by policy");
/// assert_eq!(found[0].code, Some(550));
/// assert_eq!(found[0].text, "This mail has been blocked by policy");
/// ```
pub fn replies(text: &str) -> Vec<SmtpReply> {
    let starts = starts(text);
    let mut replies: Vec<SmtpReply> = Vec::new();
    let mut goes_on = false;
    for (place, start) in starts.iter().enumerate() {
        let next = starts.get(place + 1).map_or(text.len(), |next| next.at);
        let piece = &text[start.text_at..next];
        let piece = if start.goes_on && place + 1 < starts.len() { piece } else { &piece[..end(piece)] };
        let is_same = |last: &SmtpReply| last.code == start.code && start.code.is_some();
        let is_full = replies.len() == MAX_REPLIES;
        match replies.last_mut().filter(|last| goes_on && is_same(last)) {
            Some(last) => {
                last.enhanced = last.enhanced.or(start.enhanced);
                append(&mut last.text, piece);
            }
            None if is_full => break,
            None => {
                let mut reply = SmtpReply { code: start.code, enhanced: start.enhanced, text: String::new() };
                append(&mut reply.text, piece);
                replies.push(reply);
            }
        }
        goes_on = start.goes_on;
    }
    replies
}

/// Where a line of a reply begins.
struct Start {
    at: usize,
    text_at: usize,
    code: Option<u16>,
    enhanced: Option<EnhancedCode>,
    /// `550-`: more lines follow.
    goes_on: bool,
}

/// Every place that may be the beginning of a reply's line. A code with an
/// enhanced code behind it counts anywhere; a code alone where a line or a
/// quotation begins; an enhanced code alone where nothing better is there.
fn starts(text: &str) -> Vec<Start> {
    let mut found = Vec::new();
    let mut alone = Vec::new();
    let mut at = 0;
    // True up to the first word of a line; marks of a quotation are no words.
    let mut line_begins = true;
    while at < text.len() && found.len() < MAX_REPLIES * 40 {
        let length = text[at..].find(char::is_whitespace).unwrap_or(text.len() - at);
        if length == 0 {
            let blank = text[at..].chars().next().unwrap_or(' ');
            line_begins |= blank == '\n';
            at += blank.len_utf8();
            continue;
        }
        let word = &text[at..at + length];
        let bare = word.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        // `{LED=550`, `smtp;550`
        let bare = bare.rsplit(['=', ';', '\'', '"']).next().unwrap_or(bare);
        let begins = at + length - bare.len();
        let may_begin = line_begins || is_cue(&text[..begins]);
        if let Some(start) = start_at(text, begins, may_begin) {
            found.push(start);
        } else if let Some(start) = enhanced_alone(text, begins) {
            alone.push(start);
        }
        line_begins &= word.bytes().all(|b| matches!(b, b'<' | b'>' | b'|'));
        at += length;
    }
    if found.is_empty() { alone } else { found }
}

/// A reply code, with an enhanced code behind it or where a reply may begin.
fn start_at(text: &str, at: usize, may_begin: bool) -> Option<Start> {
    let rest = &text[at..];
    let digits = rest.get(..3).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
    let code: u16 = digits.parse().ok().filter(|code| matches!(code, 400..=599))?;
    let separator = rest[3..].chars().next();
    if separator.is_some_and(|c| c != '-' && !c.is_whitespace()) {
        return None;
    }
    let behind = at + 3 + separator.map_or(0, char::len_utf8);
    let word_at = text.len() - text[behind..].trim_start().len();
    let word = text[word_at..].split_whitespace().next().unwrap_or_default();
    // RFC 2034 §4: the enhanced code is the first word of the text.
    let bare = word.trim_matches(|c: char| !c.is_ascii_digit());
    let enhanced = bare.parse().ok().filter(|e: &EnhancedCode| e.class != 2);
    let text_at = if enhanced.is_some() { word_at + word.len() } else { behind };
    let counts = enhanced.is_some() || (may_begin && !is_unit(word));
    counts.then_some(Start { at, text_at, code: Some(code), enhanced, goes_on: separator == Some('-') })
}

/// A count of something is no reply: `552 octets`, `500 messages`.
fn is_unit(word: &str) -> bool {
    ["octets", "bytes", "kb", "mb", "messages", "lines"].iter().any(|unit| word.eq_ignore_ascii_case(unit))
}

fn enhanced_alone(text: &str, at: usize) -> Option<Start> {
    let word = text[at..].split_whitespace().next()?;
    let bare = word.trim_end_matches(|c: char| !c.is_ascii_digit());
    let enhanced: EnhancedCode = bare.parse().ok()?;
    // A version of some software is no status: classes 4 and 5 have eight subjects (RFC 3463 §3).
    let is_status = enhanced.class != 2 && enhanced.subject <= 7;
    is_status.then_some(Start {
        at,
        text_at: at + word.len(),
        code: None,
        enhanced: Some(enhanced),
        goes_on: false,
    })
}

/// True where what stands before is followed by a reply: `said: `, `smtp; `, a quotation mark.
fn is_cue(before: &str) -> bool {
    before.trim_end_matches([' ', '\t']).ends_with([':', ';', '\'', '"', '#', '=', '(', '['])
}

/// Where the text of a reply ends that has no line more: an empty line, or what the mail
/// server in front of it says itself.
fn end(piece: &str) -> usize {
    const NOTES: [&str; 8] =
        ["(in reply to", "##", "\n>>>", "\n<<<", "\n---", "\n... ", "};{", "Original message headers"];
    let mut end = piece.len();
    for note in NOTES {
        end = piece[..end].find(note).unwrap_or(end);
    }
    let mut line_start = 0;
    for line in piece[..end].split_inclusive('\n') {
        if line_start > 0 && line.trim().is_empty() {
            return line_start;
        }
        line_start += line.len();
    }
    end
}

/// Adds words, one space between them, up to the limit.
fn append(text: &mut String, piece: &str) {
    for word in piece.split_whitespace() {
        // Sendmail and copies of replies mark each line.
        if matches!(word, "<<<" | ">" | "|") || text.len() + word.len() >= MAX_REPLY_TEXT {
            continue;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(Option<u16>, Option<&str>, &str)]) {
        let found = replies(text);
        let shown: Vec<_> =
            found.iter().map(|r| (r.code, r.enhanced.map(|e| e.to_string()), r.text.as_str())).collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(code, enhanced, text)| (*code, enhanced.map(str::to_owned), *text))
            .collect();
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn joins_the_lines_of_a_reply() {
        let joined = [(Some(550), Some("5.7.26"), "one two three")];
        check("550-5.7.26 one\r\n550-5.7.26 two\r\n550 5.7.26 three\r\n", &joined);
        check("550-5.7.26 one two 550 5.7.26 three", &joined);
        check(
            "<<< 550-5.7.26 one\n<<< 550-5.7.26  two\n<<< 550 5.7.26 three\n554 5.0.0 Service unavailable",
            &[joined[0], (Some(554), Some("5.0.0"), "Service unavailable")],
        );
        check("550-5.7.26 one\n550-5.7.26\n550-5.7.26 two\n550 5.7.26 three", &joined);
        check("> 550-one\n> 550 two", &[(Some(550), None, "one two")]);
    }

    #[test]
    fn finds_replies_in_their_wrapping() {
        check(
            "Remote host said: 550 5.1.1 no such user\n\n--- Below",
            &[(Some(550), Some("5.1.1"), "no such user")],
        );
        check("#550 5.7.515 Access denied ##rfc822;a@b", &[(Some(550), Some("5.7.515"), "Access denied")]);
        check("[{LED=550 5.7.1 no};{MSG=};{FQDN=mx.example}]", &[(Some(550), Some("5.7.1"), "no")]);
        check("smtp;550 SPF fail", &[(Some(550), None, "SPF fail")]);
        check("said: 550 SPF fail (in reply to RCPT TO command)", &[(Some(550), None, "SPF fail")]);
        check("the status was 5.7.26: unauthenticated", &[(None, Some("5.7.26"), "unauthenticated")]);
    }

    #[test]
    fn other_numbers_are_no_replies() {
        for text in [
            "sent 550 messages today",
            "port 587 is open",
            "192.0.2.550",
            "Exim 4.97",
            "5.7.26.1",
            "",
            "550x",
        ] {
            check(text, &[]);
        }
        check("5500 x", &[]);
        check("550 octets", &[]);
    }
}
