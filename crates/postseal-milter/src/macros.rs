use memchr::memchr;

/// A stage of the dialogue: a command of the MTA's that a handler may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// An SMTP client connected.
    Connect,
    /// HELO or EHLO.
    Helo,
    /// MAIL FROM.
    Mail,
    /// RCPT TO, once for each recipient.
    Rcpt,
    /// DATA.
    Data,
    /// A header field.
    Header,
    /// The end of the header section.
    EndOfHeader,
    /// A piece of the body.
    Body,
    /// The end of the message.
    EndOfMessage,
    /// An SMTP command that the MTA does not know.
    Unknown,
}

impl Stage {
    /// How many stages there are.
    pub(crate) const COUNT: usize = 10;

    /// The stage of a command letter, if it is one.
    pub(crate) fn of_letter(letter: u8) -> Option<Stage> {
        Some(match letter {
            b'C' => Stage::Connect,
            b'H' => Stage::Helo,
            b'M' => Stage::Mail,
            b'R' => Stage::Rcpt,
            b'T' => Stage::Data,
            b'L' => Stage::Header,
            b'N' => Stage::EndOfHeader,
            b'B' => Stage::Body,
            b'E' => Stage::EndOfMessage,
            b'U' => Stage::Unknown,
            _ => return None,
        })
    }

    /// Its command letter.
    pub(crate) fn letter(self) -> u8 {
        match self {
            Stage::Connect => b'C',
            Stage::Helo => b'H',
            Stage::Mail => b'M',
            Stage::Rcpt => b'R',
            Stage::Data => b'T',
            Stage::Header => b'L',
            Stage::EndOfHeader => b'N',
            Stage::Body => b'B',
            Stage::EndOfMessage => b'E',
            Stage::Unknown => b'U',
        }
    }

    /// Whether an answer here is about the whole connection.
    pub(crate) fn is_of_connection(self) -> bool {
        matches!(self, Stage::Connect | Stage::Helo)
    }
}

/// The macros that the MTA has sent and that still hold: those of the
/// connection, and those of the message under way.
///
/// Postfix knows the queue id (`i`) only from the end of the header section on,
/// Sendmail from MAIL FROM on.
#[derive(Clone, Debug, Default)]
pub struct Macros {
    /// For each stage the last packet: names and values in turn, each ended by
    /// NUL. Kept as they came: most macros are never asked for.
    stages: [Vec<u8>; Stage::COUNT],
}

impl Macros {
    /// The value of a macro, from the latest stage that has it. The name is
    /// given bare or in braces: `i` and `{i}`, `auth_authen` and `{auth_authen}`
    /// are the same.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let name = bare(name.as_bytes());
        self.stages
            .iter()
            .rev()
            .find_map(|pairs| Pairs { rest: pairs }.find(|(found, _)| *found == name).map(|(_, value)| value))
    }

    /// Every macro that was sent, bare name and value, in the order of the stages.
    /// Where a name comes more than once, the last holds.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.stages.iter().flat_map(|pairs| Pairs { rest: pairs })
    }

    /// Keeps the macros of one stage; those of the same and of later stages end.
    pub(crate) fn set(&mut self, stage: Stage, pairs: &[u8]) {
        if stage == Stage::Unknown {
            self.stages[stage as usize].clear();
        } else {
            self.clear_from(stage);
        }
        self.stages[stage as usize].extend_from_slice(pairs);
    }

    /// Ends the macros of a stage and of those after it, and lets go of buffers
    /// that have grown large.
    pub(crate) fn clear_from(&mut self, stage: Stage) {
        for pairs in &mut self.stages[stage as usize..] {
            pairs.clear();
            pairs.shrink_to(KEPT_CAPACITY);
        }
    }
}

struct Pairs<'a> {
    rest: &'a [u8],
}

impl<'a> Pairs<'a> {
    fn text(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr(0, self.rest).unwrap_or(self.rest.len());
        let text = &self.rest[..end];
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        Some(text)
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let name = self.text()?;
        Some((bare(name), self.text().unwrap_or_default()))
    }
}

fn bare(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"{").and_then(|name| name.strip_suffix(b"}")).unwrap_or(name)
}

/// Octets of buffer that a stage keeps for the next message.
const KEPT_CAPACITY: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_latest() {
        let mut macros = Macros::default();
        macros.set(Stage::Connect, b"j\0mx.example\0{daemon_name}\0smtpd\0");
        macros.set(Stage::Mail, b"i\0one\0{auth_authen}\0user\0");
        macros.set(Stage::EndOfMessage, b"i\0two\0");
        for (name, value) in [
            ("j", Some(&b"mx.example"[..])),
            ("{j}", Some(b"mx.example")),
            ("daemon_name", Some(b"smtpd")),
            ("{auth_authen}", Some(b"user")),
            ("i", Some(b"two")),
            ("v", None),
            ("mx.example", None),
        ] {
            assert_eq!(macros.get(name), value, "{name}");
        }
        assert_eq!(macros.iter().count(), 5);
    }

    #[test]
    fn ends_those_of_later_stages() {
        let mut macros = Macros::default();
        macros.set(Stage::Connect, b"j\0a\0");
        macros.set(Stage::Rcpt, b"{rcpt_addr}\0b\0");
        macros.set(Stage::Mail, b"i\0c\0");
        assert_eq!(macros.get("rcpt_addr"), None);
        macros.set(Stage::Unknown, b"u\0d\0");
        assert_eq!(macros.get("i"), Some(&b"c"[..]));
        macros.clear_from(Stage::Mail);
        assert_eq!((macros.get("i"), macros.get("j")), (None, Some(&b"a"[..])));
    }

    #[test]
    fn takes_any_octets() {
        for (pairs, count) in
            [(&b""[..], 0), (b"\0", 1), (b"a", 1), (b"a\0", 1), (b"a\0b", 1), (b"a\0b\0c", 2)]
        {
            let mut macros = Macros::default();
            macros.set(Stage::Helo, pairs);
            assert_eq!(macros.iter().count(), count, "{}", pairs.escape_ascii());
        }
    }
}
