use std::fs::File;
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fault::{Fault, FaultKind, Mark, Place};

/// A file of the configuration: its text, and where in it something stands.
pub(super) struct Source {
    file: Arc<Path>,
    text: String,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl Source {
    /// Reads a file of at most `max` octets.
    ///
    /// # Errors
    /// The fault is the file's as a whole, or that of the octets that are no UTF-8.
    pub(super) fn read(file: &Path, max: u64) -> Result<Source, Fault> {
        let file: Arc<Path> = Arc::from(file);
        let whole = |kind| Fault { place: Place::whole(&file), kind };
        let mut octets = Vec::new();
        let opened = File::open(&file).map_err(|error| whole(FaultKind::Unreadable(error)))?;
        opened.take(max + 1).read_to_end(&mut octets).map_err(|error| whole(FaultKind::Unreadable(error)))?;
        if octets.len() as u64 > max {
            return Err(whole(FaultKind::TooLarge { octets: octets.len() as u64, max }));
        }
        match String::from_utf8(octets) {
            Ok(text) => Ok(Source::new(file, text)),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let readable = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let source = Source::new(file, readable);
                Err(Fault { place: source.place(at..at + 1), kind: FaultKind::NotUtf8 })
            }
        }
    }

    pub(super) fn new(file: Arc<Path>, text: String) -> Source {
        let begins = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        let lines = std::iter::once(0).chain(begins).collect();
        Source { file, text, lines }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// A path in the file; relative ones begin at the file's directory.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(text)
    }

    /// The place of these octets; of their first line, where they have several.
    pub(super) fn place(&self, octets: Range<usize>) -> Place {
        let start = floor(&self.text, octets.start);
        let line = self.lines.partition_point(|begin| *begin <= start) - 1;
        let begin = self.lines[line];
        let text = self.text[begin..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let end = floor(&self.text, octets.end).min(begin + text.len()).max(start);
        let mark = Mark {
            line: line + 1,
            column: self.text[begin..start].chars().count() + 1,
            length: self.text[start..end].chars().count().max(1),
            text: text.to_owned(),
        };
        Place { file: Arc::clone(&self.file), mark: Some(mark) }
    }
}

/// The border between characters at or before an octet.
fn floor(text: &str, octet: usize) -> usize {
    text.floor_char_boundary(octet.min(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let text = "a = 1\r\n# 日本\nb = \"日本\" x\n";
        let source = Source::new(Arc::from(Path::new("f")), text.to_owned());
        let check = |octets: Range<usize>, expected: (usize, usize, usize, &str)| {
            let mark = source.place(octets.clone()).mark.expect("a mark");
            assert_eq!((mark.line, mark.column, mark.length, mark.text.as_str()), expected, "{octets:?}");
        };
        let b = text.find("b =").expect("there");
        check(0..1, (1, 1, 1, "a = 1"));
        check(4..100, (1, 5, 1, "a = 1"));
        check(b..b + 1, (3, 1, 1, "b = \"日本\" x"));
        check(b + 4..b + 12, (3, 5, 4, "b = \"日本\" x"));
        check(b + 13..b + 14, (3, 10, 1, "b = \"日本\" x"));
        check(text.len()..text.len(), (4, 1, 1, ""));
        check(text.len() + 5..text.len() + 9, (4, 1, 1, ""));
    }

    #[test]
    fn octets_that_are_no_text_are_shown() {
        let files = tempfile::tempdir().expect("a folder");
        let path = files.path().join("c.toml");
        std::fs::write(&path, b"a = 1\nb = \"\xff\"\n").expect("writes");
        let fault = Source::read(&path, 1000).err().expect("a fault");
        assert!(matches!(fault.kind, FaultKind::NotUtf8));
        let mark = fault.place.mark.expect("a mark");
        assert_eq!((mark.line, mark.column), (2, 6));
        let fault = Source::read(&path, 5).err().expect("a fault");
        assert!(matches!(fault.kind, FaultKind::TooLarge { .. }));
    }
}
