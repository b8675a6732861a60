use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use memchr::memchr;
use postseal_core::message::{HeaderSection, LineEnds, Splitter, to_wire};

use super::problem::Problem;
use crate::words::{Lang, say};

/// Octets that are read at once; what a message costs in memory beside its header section.
const CHUNK: usize = 64 * 1024;

/// A message that is read once, in chunks, as it would travel: lines end in CRLF.
pub(super) struct MessageSource {
    /// As errors name it.
    name: String,
    input: Box<dyn Read>,
    ends: Option<LineEnds>,
    buffer: Vec<u8>,
    wire: Vec<u8>,
    last: u8,
    is_empty: bool,
}

impl MessageSource {
    /// A file, or standard input for `-`. Nothing is read yet.
    pub(super) fn open(path: &Path, lang: Lang) -> Result<MessageSource, Problem> {
        if path.as_os_str() == "-" {
            let name = say!(lang, "standard input", "標準入力");
            return Ok(MessageSource::new(name, Box::new(io::stdin())));
        }
        let file = open_file(path, lang)?;
        Ok(MessageSource::new(path.display().to_string(), Box::new(file)))
    }

    fn new(name: String, input: Box<dyn Read>) -> MessageSource {
        let buffer = Vec::with_capacity(CHUNK);
        MessageSource { name, input, ends: None, buffer, wire: Vec::new(), last: 0, is_empty: true }
    }

    /// The next octets in wire form; empty at the end.
    pub(super) fn next(&mut self, lang: Lang) -> Result<&[u8], Problem> {
        let name = &self.name;
        let filled = if self.ends.is_none() {
            fill_a_line(&mut self.input, &mut self.buffer)
        } else {
            fill(&mut self.input, &mut self.buffer)
        };
        filled.map_err(|error| {
            Problem::new(say!(lang, "{name} cannot be read: {error}", "{name} を読み取れません: {error}"))
        })?;
        self.is_empty &= self.buffer.is_empty();
        let ends = *self.ends.get_or_insert_with(|| LineEnds::detect(&self.buffer));
        match ends {
            LineEnds::Wire => Ok(&self.buffer),
            LineEnds::Local => {
                self.wire.clear();
                self.last = to_wire(&self.buffer, self.last, &mut self.wire);
                Ok(&self.wire)
            }
        }
    }
}

/// A message cut into its header section and the chunks of its body.
pub(super) struct MessageReader {
    source: MessageSource,
    /// The beginning of the body, where it came with the header section.
    beginning: Vec<u8>,
    /// Nothing more is read.
    is_over: bool,
}

impl MessageReader {
    pub(super) fn new(source: MessageSource) -> MessageReader {
        MessageReader { source, beginning: Vec::new(), is_over: false }
    }

    /// The header section. One that is too long is cut, and says so in its
    /// defects; such a message has no body here.
    pub(super) fn header_section(&mut self, lang: Lang) -> Result<HeaderSection, Problem> {
        let mut splitter = Splitter::new();
        while !splitter.header_is_complete() && !self.is_over {
            let chunk = self.source.next(lang)?;
            match splitter.feed(chunk) {
                Ok(body) => self.beginning.extend_from_slice(body),
                Err(_) => self.is_over = true,
            }
            self.is_over |= chunk.is_empty();
        }
        if self.source.is_empty {
            return Err(no_message(&self.source.name, lang));
        }
        let section = splitter.take_header_section();
        if section.is_empty() && !section.defects().is_empty() {
            return Err(not_a_message(&self.source.name, lang));
        }
        Ok(section)
    }

    /// The next octets of the body; `None` at its end.
    pub(super) fn next_body(&mut self, lang: Lang) -> Result<Option<&[u8]>, Problem> {
        if !self.beginning.is_empty() {
            self.source.wire = std::mem::take(&mut self.beginning);
            return Ok(Some(&self.source.wire));
        }
        if self.is_over {
            return Ok(None);
        }
        let chunk = self.source.next(lang)?;
        Ok(if chunk.is_empty() { None } else { Some(chunk) })
    }

    /// How the lines of the stored message end.
    pub(super) fn line_ends(&self) -> LineEnds {
        self.source.ends.unwrap_or(LineEnds::Wire)
    }
}

fn no_message(name: &str, lang: Lang) -> Problem {
    Problem::with_next(
        say!(lang, "{name} is empty", "{name} は空です"),
        say!(
            lang,
            "Give a whole message: its header fields, an empty line, its text.",
            "ヘッダー、空行、本文のそろったメッセージを与えてください。"
        ),
    )
}

fn not_a_message(name: &str, lang: Lang) -> Problem {
    Problem::with_next(
        say!(
            lang,
            "{name} is not a mail message: it has no header field",
            "{name} はメールのメッセージではありません。ヘッダーフィールドがありません"
        ),
        say!(
            lang,
            "Give a message as it was received (\"show original\", \"save as .eml\"), not a mailbox or an attachment.",
            "受信したままのメッセージ(「原文を表示」「.eml で保存」など)を与えてください。メールボックスや添付ファイルは使えません。"
        ),
    )
}

/// A message that is read twice: first to sign it, then to write it out.
pub(super) struct SpooledMessage {
    name: String,
    file: File,
    start: u64,
}

impl SpooledMessage {
    /// A file as it is; anything that cannot be read twice goes to an unnamed file first.
    pub(super) fn open(path: &Path, lang: Lang) -> Result<SpooledMessage, Problem> {
        if path.as_os_str() == "-" {
            let name = say!(lang, "standard input", "標準入力");
            return SpooledMessage::spool(name, &mut io::stdin().lock(), lang);
        }
        let mut file = open_file(path, lang)?;
        let name = path.display().to_string();
        if file.metadata().is_ok_and(|m| m.is_file()) {
            return Ok(SpooledMessage { name, file, start: 0 });
        }
        SpooledMessage::spool(name, &mut file, lang)
    }

    fn spool(name: String, input: &mut dyn Read, lang: Lang) -> Result<SpooledMessage, Problem> {
        let folder = std::env::temp_dir();
        let spool = tempfile::tempfile().and_then(|mut file| {
            io::copy(input, &mut file)?;
            Ok(file)
        });
        let file = spool.map_err(|error| {
            Problem::with_next(
                say!(
                    lang,
                    "{name} cannot be put aside in {}: {error}",
                    "{name} を {} に一時保存できません: {error}",
                    folder.display()
                ),
                say!(
                    lang,
                    "Free some space there, or set TMPDIR to another folder.",
                    "空き容量を増やすか、TMPDIR で別のフォルダーを指定してください。"
                ),
            )
        })?;
        Ok(SpooledMessage { name, file, start: 0 })
    }

    /// As errors name it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Reads it from its beginning.
    pub(super) fn read(&self, lang: Lang) -> Result<MessageSource, Problem> {
        let again =
            self.file.try_clone().and_then(|mut file| file.seek(SeekFrom::Start(self.start)).map(|_| file));
        let file = again.map_err(|error| self.unreadable(&error, lang))?;
        Ok(MessageSource::new(self.name.clone(), Box::new(file)))
    }

    /// Copies its octets, exactly as they are, to `out`.
    pub(super) fn copy_to(&self, out: &mut impl Write, lang: Lang) -> Result<(), Problem> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.start)).map_err(|error| self.unreadable(&error, lang))?;
        let mut buffer = Vec::with_capacity(CHUNK);
        loop {
            fill(&mut file, &mut buffer).map_err(|error| self.unreadable(&error, lang))?;
            if buffer.is_empty() {
                return Ok(());
            }
            out.write_all(&buffer).map_err(|error| Problem::of_output(&error, lang))?;
        }
    }

    fn unreadable(&self, error: &io::Error, lang: Lang) -> Problem {
        let name = &self.name;
        Problem::new(say!(lang, "{name} cannot be read: {error}", "{name} を読み取れません: {error}"))
    }
}

fn open_file(path: &Path, lang: Lang) -> Result<File, Problem> {
    let shown = path.display();
    let file = File::open(path).map_err(|error| {
        Problem::with_next(
            say!(lang, "{shown} cannot be opened: {error}", "{shown} を開けません: {error}"),
            say!(
                lang,
                "Give the path of a message file, or - to read it from standard input.",
                "メッセージファイルのパスを指定してください。標準入力から読むには - を指定します。"
            ),
        )
    })?;
    if file.metadata().is_ok_and(|m| m.is_dir()) {
        return Err(Problem::with_next(
            say!(lang, "{shown} is a folder", "{shown} はフォルダーです"),
            say!(lang, "Give the path of one message file.", "メッセージファイルを一つ指定してください。"),
        ));
    }
    Ok(file)
}

/// Replaces the buffer by what one read brings; empty at the end.
fn fill(input: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    read_more(input, buffer).map(|_| ())
}

/// Reads until a whole line is there, the buffer is full, or the end: line ends
/// are told by the first line, which a pipe may bring in pieces.
fn fill_a_line(input: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    while buffer.len() < CHUNK {
        let before = buffer.len();
        if read_more(input, buffer)? == 0 || memchr(b'\n', &buffer[before..]).is_some() {
            break;
        }
    }
    Ok(())
}

fn read_more(input: &mut impl Read, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let before = buffer.len();
    buffer.resize(CHUNK, 0);
    let read = loop {
        match input.read(&mut buffer[before..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => break read,
        }
    };
    buffer.truncate(before + *read.as_ref().unwrap_or(&0));
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one octet at a time, as a slow pipe does.
    struct Slow(Vec<u8>);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() || buffer.is_empty() {
                return Ok(0);
            }
            buffer[0] = self.0.remove(0);
            Ok(1)
        }
    }

    #[test]
    fn slow_or_not_the_wire_form_is_the_same() {
        let check = |stored: &[u8], ends: LineEnds, wire: &[u8]| {
            let slow: Box<dyn Read> = Box::new(Slow(stored.to_vec()));
            for input in [slow, Box::new(io::Cursor::new(stored.to_vec()))] {
                let mut source = MessageSource::new("a test".to_owned(), input);
                let mut got = Vec::new();
                loop {
                    let chunk = source.next(Lang::En).expect("reads");
                    if chunk.is_empty() {
                        break;
                    }
                    got.extend_from_slice(chunk);
                }
                assert_eq!((source.ends, got.as_slice()), (Some(ends), wire));
                assert_eq!(source.is_empty, stored.is_empty());
            }
        };
        check(b"A: b\r\n\r\nc\n", LineEnds::Wire, b"A: b\r\n\r\nc\n");
        check(b"A: b\n\nc\n", LineEnds::Local, b"A: b\r\n\r\nc\r\n");
        check(b"", LineEnds::Wire, b"");
    }
}
