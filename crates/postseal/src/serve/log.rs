use std::fmt::Write as _;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::log_writer::LogWriter;
use super::timestamp::timestamp;
use crate::config::{LogFormat, LogLevel, LogSettings};

/// Writes lines to standard error: for people, or as JSON. A thread of its own does it, so
/// that lines of several threads never mix and nobody waits for a reader.
///
/// Under systemd each line begins with its priority and bears no time, because the
/// journal has both.
#[derive(Debug)]
pub(crate) struct Log {
    format: AtomicU8,
    level: AtomicU8,
    journal: bool,
    writer: LogWriter,
}

/// What a line says. Only what is asked for is made.
pub(crate) trait Event {
    /// Appends it for people, without time and level; line breaks in it do not reach the log.
    fn text(&self, line: &mut String);

    /// As an object, its fields beside `time` and `level`.
    fn json(&self) -> impl Serialize;
}

impl Log {
    pub(crate) fn new(settings: LogSettings) -> Log {
        let journal = std::env::var_os("JOURNAL_STREAM").is_some();
        let log = Log {
            format: AtomicU8::default(),
            level: AtomicU8::default(),
            journal,
            writer: LogWriter::new(std::io::stderr(), if journal { lost_in_journal } else { lost_lines }),
        };
        log.set(settings);
        log
    }

    /// Takes new settings, for all lines from now on.
    pub(crate) fn set(&self, settings: LogSettings) {
        self.format.store(settings.format as u8, Ordering::Relaxed);
        self.level.store(settings.level as u8, Ordering::Relaxed);
    }

    /// Whether lines of this level are written.
    pub(crate) fn writes(&self, level: LogLevel) -> bool {
        level as u8 <= self.level.load(Ordering::Relaxed)
    }

    /// Writes what happened.
    pub(crate) fn event(&self, level: LogLevel, event: &impl Event) {
        if !self.writes(level) {
            return;
        }
        let line = if self.format.load(Ordering::Relaxed) == LogFormat::Json as u8 {
            self.json_line(level, event)
        } else {
            self.text_line(level, event)
        };
        self.writer.write(line);
    }

    /// Waits until what has been said is written, for a moment at most.
    pub(crate) fn flush(&self) {
        self.writer.flush();
    }

    /// Writes a sentence.
    pub(crate) fn say(&self, level: LogLevel, message: &str) {
        self.event(level, &Sentence { message });
    }

    fn text_line(&self, level: LogLevel, event: &impl Event) -> String {
        let mut line = String::with_capacity(USUAL_LINE);
        if self.journal {
            let _ = write!(line, "<{}>", priority(level));
        } else {
            let _ = write!(line, "{} {} ", timestamp(now_millis()), level_name(level));
        }
        let start = line.len();
        event.text(&mut line);
        if let Some(safe) = one_line(&line[start..]) {
            line.truncate(start);
            line.push_str(&safe);
        }
        line.push('\n');
        line
    }

    fn json_line(&self, level: LogLevel, event: &impl Event) -> String {
        #[derive(Serialize)]
        struct Line<E> {
            time: String,
            level: &'static str,
            #[serde(flatten)]
            event: E,
        }
        let line = Line { time: timestamp(now_millis()), level: level_name(level), event: event.json() };
        let mut text = if self.journal { format!("<{}>", priority(level)) } else { String::new() };
        // It fails for maps with keys that are no texts; there are none.
        text.push_str(&serde_json::to_string(&line).unwrap_or_default());
        text.push('\n');
        text
    }
}

struct Sentence<'m> {
    message: &'m str,
}

impl Event for Sentence<'_> {
    fn text(&self, line: &mut String) {
        line.push_str(self.message);
    }

    fn json(&self) -> impl Serialize {
        #[derive(Serialize)]
        struct Json<'m> {
            event: &'static str,
            message: &'m str,
        }
        Json { event: "note", message: self.message }
    }
}

fn lost_in_journal(lines: u64) -> String {
    format!("<{}>{lines} log lines were lost: nobody read them in time\n", priority(LogLevel::Warn))
}

fn lost_lines(lines: u64) -> String {
    let now = timestamp(now_millis());
    format!("{now} {} {lines} log lines were lost: nobody read them in time\n", level_name(LogLevel::Warn))
}

/// A text that cannot begin another line, because what a stranger sent may be in it; `None` where
/// it is one already.
fn one_line(text: &str) -> Option<String> {
    let is_plain = |octet: u8| octet.is_ascii() && !octet.is_ascii_control();
    if text.bytes().all(is_plain) {
        return None;
    }
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if breaks(c) {
            let _ = write!(safe, "\\x{:02x}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    Some(safe)
}

/// Octets that the line of a message seldom exceeds.
const USUAL_LINE: usize = 512;

/// Of syslog (RFC 5424 §6.2.1).
fn priority(level: LogLevel) -> u8 {
    match level {
        LogLevel::Error => 3,
        LogLevel::Warn => 4,
        LogLevel::Info => 6,
    }
}

fn level_name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
    }
}

fn now_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(format: LogFormat, journal: bool) -> Log {
        let log = Log::new(LogSettings { format, level: LogLevel::Warn });
        Log { journal, ..log }
    }

    #[test]
    fn levels_are_kept_to() {
        let log = log(LogFormat::Text, false);
        assert!(log.writes(LogLevel::Error) && log.writes(LogLevel::Warn) && !log.writes(LogLevel::Info));
        log.set(LogSettings { format: LogFormat::Text, level: LogLevel::Info });
        assert!(log.writes(LogLevel::Info));
    }

    #[test]
    fn a_line_is_one_line() {
        let line = log(LogFormat::Text, true)
            .text_line(LogLevel::Warn, &Sentence { message: "a\r\nb\u{2028}c\u{1b}[0m 日本" });
        assert_eq!(line, "<4>a\\x0d\\x0ab\\x2028c\\x1b[0m 日本\n");
        let line = log(LogFormat::Text, false).text_line(LogLevel::Info, &Sentence { message: "a" });
        assert!(line.ends_with("Z info a\n"), "{line}");
        let line = log(LogFormat::Json, false).json_line(LogLevel::Error, &Sentence { message: "a\nb" });
        let json: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(
            (&json["level"], &json["event"], &json["message"]),
            (&"error".into(), &"note".into(), &"a\nb".into())
        );
        assert_eq!(line.lines().count(), 1);
    }
}
