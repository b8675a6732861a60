use std::ops::RangeInclusive;
use std::time::Duration;

use super::fault::FaultKind;

/// A span of time: a whole number and a unit, `500ms`, `20s`, `5m`, `2h`, `14d`.
pub(super) fn duration(text: &str, range: &DurationRange) -> Result<Duration, FaultKind> {
    let wrong = || FaultKind::Duration { value: text.to_owned() };
    let (number, unit) = split(text).ok_or_else(wrong)?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    let found = number.checked_mul(milliseconds).map(Duration::from_millis).ok_or_else(wrong)?;
    if range.allowed.contains(&found) {
        Ok(found)
    } else {
        Err(FaultKind::DurationRange { min: range.min, max: range.max })
    }
}

/// How long a row of each judged message is kept: a span of time, or `0` for no rows.
pub(crate) fn retention(text: &str) -> Result<Duration, FaultKind> {
    if text == "0" { Ok(Duration::ZERO) } else { duration(text, &KEEP) }
}

/// Octets: a whole number and a unit, `4096B`, `512kB`, `64MB`, `1GB`; `MiB` and the like too.
pub(super) fn size(text: &str, range: &SizeRange) -> Result<u64, FaultKind> {
    let wrong = || FaultKind::Size { value: text.to_owned() };
    let (number, unit) = split(text).ok_or_else(wrong)?;
    let octets = match unit {
        "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(wrong()),
    };
    let found = number.checked_mul(octets).ok_or_else(wrong)?;
    if range.allowed.contains(&found) {
        Ok(found)
    } else {
        Err(FaultKind::SizeRange { min: range.min, max: range.max })
    }
}

/// The permissions of a file, as `chmod` takes them: three octal digits, with or
/// without a zero in front.
pub(super) fn mode(text: &str) -> Result<u32, FaultKind> {
    let digits = if text.len() == 4 { text.strip_prefix('0').unwrap_or(text) } else { text };
    let octal = digits.len() == 3 && digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
    let mode = u32::from_str_radix(digits, 8).ok().filter(|_| octal);
    mode.ok_or_else(|| FaultKind::Mode { value: text.to_owned() })
}

/// Shortest and longest, and how they are written.
pub(super) struct DurationRange {
    allowed: RangeInclusive<Duration>,
    min: &'static str,
    max: &'static str,
}

/// Smallest and largest, and how they are written.
pub(super) struct SizeRange {
    allowed: RangeInclusive<u64>,
    min: &'static str,
    max: &'static str,
}

/// A query of the DNS.
pub(super) const QUERY_TIME: DurationRange = seconds(0, 30, "100ms", "30s");
/// The DNS for SPF, or for a message in all.
pub(super) const MESSAGE_TIME: DurationRange = seconds(1, 280, "1s", "280s");
/// A step in the life of a key; hosted records may be kept for an hour.
pub(super) const WAIT: DurationRange = seconds(3_600, 366 * 86_400, "1h", "366d");
/// How long something is kept of each message.
const KEEP: DurationRange = seconds(3_600, 3_660 * 86_400, "1h", "3660d");
/// The life of a signature.
pub(super) const EXPIRY: DurationRange = seconds(3_600, 366 * 86_400, "1h", "366d");
/// The cache of DNS answers.
pub(super) const CACHE: SizeRange =
    SizeRange { allowed: 1_000_000..=64_000_000_000, min: "1MB", max: "64GB" };

/// What waits on disk for the store.
pub(super) const SPOOL: SizeRange =
    SizeRange { allowed: 1_000_000..=64_000_000_000, min: "1MB", max: "64GB" };

const fn seconds(min: u64, max: u64, min_text: &'static str, max_text: &'static str) -> DurationRange {
    let shortest = if min == 0 { Duration::from_millis(100) } else { Duration::from_secs(min) };
    DurationRange {
        allowed: RangeInclusive::new(shortest, Duration::from_secs(max)),
        min: min_text,
        max: max_text,
    }
}

/// `14d` is 14 and `d`; a blank between them is allowed.
fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.bytes().position(|octet| !octet.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim_start_matches(' ')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations() {
        let check = |text: &str, expected: Option<u64>| {
            let range = DurationRange { allowed: Duration::ZERO..=Duration::MAX, min: "", max: "" };
            let got = duration(text, &range).ok().map(|found| found.as_millis());
            assert_eq!(got, expected.map(u128::from), "{text:?}");
        };
        check("500ms", Some(500));
        check("2s", Some(2_000));
        check("2 s", Some(2_000));
        check("5m", Some(300_000));
        check("5min", Some(300_000));
        check("1h", Some(3_600_000));
        check("14d", Some(1_209_600_000));
        check("2", None);
        check("s", None);
        check("-2s", None);
        check("2.5s", None);
        check("2S", None);
        check("99999999999999999999s", None);
        check("9999999999999999d", None);
        check("", None);
        assert!(matches!(duration("31s", &QUERY_TIME), Err(FaultKind::DurationRange { .. })));
        assert!(duration("100ms", &QUERY_TIME).is_ok());
    }

    #[test]
    fn reads_sizes() {
        let check = |text: &str, expected: Option<u64>| {
            let range = SizeRange { allowed: 0..=u64::MAX, min: "", max: "" };
            assert_eq!(size(text, &range).ok(), expected, "{text:?}");
        };
        check("64MB", Some(64_000_000));
        check("64 MiB", Some(67_108_864));
        check("512kB", Some(512_000));
        check("1GB", Some(1_000_000_000));
        check("10B", Some(10));
        check("10", None);
        check("64mb", None);
        check("99999999999GB", None);
        assert!(matches!(size("1kB", &CACHE), Err(FaultKind::SizeRange { .. })));
    }

    #[test]
    fn reads_modes() {
        let check = |text: &str, expected: Option<u32>| assert_eq!(mode(text).ok(), expected, "{text:?}");
        check("0660", Some(0o660));
        check("660", Some(0o660));
        check("666", Some(0o666));
        check("000", Some(0));
        check("0888", None);
        check("60", None);
        check("4755", None);
        check("rw-rw----", None);
        check("", None);
    }
}
