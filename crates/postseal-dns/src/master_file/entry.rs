use memchr::memchr;

use super::error::{MasterFileError, Wrong};

/// One entry of a master file: a line, or several that parentheses join.
pub(super) struct Entry<'f> {
    /// Where it begins, counted from 1.
    pub(super) line: usize,
    /// The line begins with a blank: the owner is that of the entry before.
    pub(super) indented: bool,
    /// Never empty.
    pub(super) tokens: Vec<Token<'f>>,
}

/// One word or quoted string, escapes as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'f> {
    pub(super) raw: &'f [u8],
    pub(super) quoted: bool,
    /// A comment follows on the same line.
    pub(super) before_comment: bool,
    pub(super) line: usize,
}

/// Cuts a master file into entries.
pub(super) struct Entries<'f> {
    rest: &'f [u8],
    line: usize,
}

impl<'f> Entries<'f> {
    pub(super) fn new(file: &'f [u8]) -> Entries<'f> {
        Entries { rest: file, line: 1 }
    }

    /// The next entry that holds anything.
    pub(super) fn next(&mut self) -> Result<Option<Entry<'f>>, MasterFileError> {
        while !self.rest.is_empty() {
            let line = self.line;
            let indented = matches!(self.rest[0], b' ' | b'\t');
            let tokens = self.tokens()?;
            if !tokens.is_empty() {
                return Ok(Some(Entry { line, indented, tokens }));
            }
        }
        Ok(None)
    }

    /// The words up to the end of the line, or of the line where parentheses close.
    fn tokens(&mut self) -> Result<Vec<Token<'f>>, MasterFileError> {
        let mut tokens: Vec<Token<'f>> = Vec::new();
        let mut opened = None;
        while let Some((&first, rest)) = self.rest.split_first() {
            match first {
                b'\n' => {
                    self.rest = rest;
                    self.line += 1;
                    if opened.is_none() {
                        return Ok(tokens);
                    }
                }
                b' ' | b'\t' | b'\r' => self.rest = rest,
                b';' => {
                    if let Some(last) = tokens.last_mut() {
                        last.before_comment |= last.line == self.line;
                    }
                    self.rest = &rest[memchr(b'\n', rest).unwrap_or(rest.len())..];
                }
                b'(' if opened.is_none() => {
                    opened = Some(self.line);
                    self.rest = rest;
                }
                b')' if opened.is_some() => {
                    opened = None;
                    self.rest = rest;
                }
                b'(' | b')' => return Err(self.error(Wrong::StrayParenthesis)),
                b'"' => tokens.push(self.quoted(rest)?),
                _ => tokens.push(self.word()),
            }
        }
        match opened {
            Some(line) => Err(MasterFileError { line, wrong: Wrong::OpenParenthesis }),
            None => Ok(tokens),
        }
    }

    /// `rest` begins after the quotation mark.
    fn quoted(&mut self, rest: &'f [u8]) -> Result<Token<'f>, MasterFileError> {
        let mut at = 0;
        loop {
            match rest.get(at) {
                Some(b'"') => break,
                Some(b'\\') => at += 2,
                Some(b'\n') | None => return Err(self.error(Wrong::OpenQuote)),
                Some(_) => at += 1,
            }
        }
        self.rest = &rest[at + 1..];
        Ok(Token { raw: &rest[..at], quoted: true, before_comment: false, line: self.line })
    }

    fn word(&mut self) -> Token<'f> {
        let mut at = 0;
        while let Some(byte) = self.rest.get(at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' | b')' | b'"' => break,
                b'\\' if !matches!(self.rest.get(at + 1), None | Some(b'\r' | b'\n')) => at += 2,
                _ => at += 1,
            }
        }
        let (raw, rest) = self.rest.split_at(at);
        self.rest = rest;
        Token { raw, quoted: false, before_comment: false, line: self.line }
    }

    fn error(&self, wrong: Wrong) -> MasterFileError {
        MasterFileError { line: self.line, wrong }
    }
}

impl Token<'_> {
    /// The octets, escapes resolved (RFC 1035 §5.1: `\X` and `\DDD`).
    pub(super) fn octets(&self) -> Result<Vec<u8>, Wrong> {
        let mut octets = Vec::with_capacity(self.raw.len());
        let mut rest = self.raw;
        while let Some((&first, after)) = rest.split_first() {
            if first != b'\\' {
                octets.push(first);
                rest = after;
                continue;
            }
            match after {
                [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', after @ ..] => {
                    let value = [a, b, c].iter().fold(0, |sum, digit| 10 * sum + u16::from(**digit - b'0'));
                    octets.push(u8::try_from(value).map_err(|_| Wrong::BadEscape)?);
                    rest = after;
                }
                [b'0'..=b'9', ..] | [] => return Err(Wrong::BadEscape),
                [other, after @ ..] => {
                    octets.push(*other);
                    rest = after;
                }
            }
        }
        Ok(octets)
    }

    /// The beginning of the word, for an error.
    pub(super) fn shown(&self) -> String {
        String::from_utf8_lossy(self.raw).chars().take(Wrong::SHOWN).collect()
    }

    /// True where this is `word`, in whatever case, without quotation marks.
    pub(super) fn is(&self, word: &str) -> bool {
        !self.quoted && self.raw.eq_ignore_ascii_case(word.as_bytes())
    }
}
