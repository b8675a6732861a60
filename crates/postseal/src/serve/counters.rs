use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A counter for each word that something can be: results, dispositions, outcomes. The
/// words are known when the program is built, so that counting is one addition, and no
/// message can make a new one.
#[derive(Debug)]
pub(crate) struct Family {
    name: &'static str,
    help: &'static str,
    label: &'static str,
    words: &'static [&'static str],
    counts: Box<[AtomicU64]>,
}

impl Family {
    pub(crate) fn new(
        name: &'static str,
        help: &'static str,
        label: &'static str,
        words: &'static [&'static str],
    ) -> Family {
        let counts = words.iter().map(|_| AtomicU64::new(0)).collect();
        Family { name, help, label, words, counts }
    }

    /// Counts one more. A word that is not among them is a fault of the program, and
    /// counted nowhere.
    pub(crate) fn count(&self, word: &str) {
        self.add(word, 1);
    }

    pub(crate) fn add(&self, word: &str, by: u64) {
        let place = self.words.iter().position(|known| *known == word);
        debug_assert!(place.is_some(), "{} has no {word}", self.name);
        if let Some(count) = place.and_then(|place| self.counts.get(place)) {
            count.fetch_add(by, Ordering::Relaxed);
        }
    }

    /// How often, so far.
    #[cfg(test)]
    pub(crate) fn of(&self, word: &str) -> u64 {
        let place = self.words.iter().position(|known| *known == word);
        place.and_then(|place| self.counts.get(place)).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    pub(crate) fn write(&self, out: &mut String) {
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        write_labelled(out, self.name, self.help, self.label, self.words.iter().copied().zip(counts));
    }
}

/// How long things took.
#[derive(Debug)]
pub(crate) struct Durations {
    name: &'static str,
    help: &'static str,
    /// Up to each bound of [`BOUNDS`], and beyond.
    counts: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
}

impl Durations {
    pub(crate) fn new(name: &'static str, help: &'static str) -> Durations {
        let counts = [const { AtomicU64::new(0) }; BOUNDS.len() + 1];
        Durations { name, help, counts, microseconds: AtomicU64::new(0) }
    }

    pub(crate) fn add(&self, time: Duration) {
        let microseconds = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let place = BOUNDS.partition_point(|(bound, _)| *bound < microseconds);
        self.counts[place].fetch_add(1, Ordering::Relaxed);
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    pub(crate) fn write(&self, out: &mut String) {
        head(out, self.name, self.help, "histogram");
        let mut sum = 0;
        let words = BOUNDS.iter().map(|(_, word)| *word).chain(["+Inf"]);
        for (word, count) in words.zip(&self.counts) {
            sum += count.load(Ordering::Relaxed);
            let _ = writeln!(out, "{}_bucket{{le=\"{word}\"}} {sum}", self.name);
        }
        let seconds = Duration::from_micros(self.microseconds.load(Ordering::Relaxed)).as_secs_f64();
        let _ = writeln!(out, "{0}_sum {seconds}\n{0}_count {sum}", self.name);
    }
}

/// In microseconds, and in seconds as Prometheus has it: from a warm cache to a
/// DNS that does not answer.
const BOUNDS: [(u64, &str); 13] = [
    (100, "0.0001"),
    (250, "0.00025"),
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (50_000, "0.05"),
    (250_000, "0.25"),
    (1_000_000, "1"),
    (5_000_000, "5"),
    (20_000_000, "20"),
    (60_000_000, "60"),
];

/// Counters that are kept elsewhere, one for each word.
pub(crate) fn write_labelled(
    out: &mut String,
    name: &str,
    help: &str,
    label: &str,
    counts: impl Iterator<Item = (&'static str, u64)>,
) {
    head(out, name, help, "counter");
    for (word, count) in counts {
        let _ = writeln!(out, "{name}{{{label}=\"{word}\"}} {count}");
    }
}

/// A value that is known elsewhere.
pub(crate) fn write_value(
    out: &mut String,
    name: &str,
    help: &str,
    kind: &str,
    value: impl std::fmt::Display,
) {
    head(out, name, help, kind);
    let _ = writeln!(out, "{name} {value}");
}

/// Prometheus text format, version 0.0.4. Names, words and help texts are ours, and
/// need no escaping.
fn head(out: &mut String, name: &str, help: &str, kind: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_written_as_prometheus_reads_them() {
        let family = Family::new("postseal_x_total", "What.", "result", &["pass", "fail"]);
        family.count("pass");
        family.add("pass", 2);
        let mut text = String::new();
        family.write(&mut text);
        assert_eq!(
            text,
            "# HELP postseal_x_total What.\n# TYPE postseal_x_total counter\n\
             postseal_x_total{result=\"pass\"} 3\npostseal_x_total{result=\"fail\"} 0\n"
        );
        assert_eq!((family.of("pass"), family.of("other")), (3, 0));
    }

    #[test]
    fn durations_fall_into_buckets() {
        let durations = Durations::new("postseal_y_seconds", "How long.");
        for micros in [50, 100, 101, 3_000_000, 100_000_000] {
            durations.add(Duration::from_micros(micros));
        }
        let mut text = String::new();
        durations.write(&mut text);
        for line in [
            "postseal_y_seconds_bucket{le=\"0.0001\"} 2",
            "postseal_y_seconds_bucket{le=\"0.00025\"} 3",
            "postseal_y_seconds_bucket{le=\"1\"} 3",
            "postseal_y_seconds_bucket{le=\"5\"} 4",
            "postseal_y_seconds_bucket{le=\"60\"} 4",
            "postseal_y_seconds_bucket{le=\"+Inf\"} 5",
            "postseal_y_seconds_sum 103.000251",
            "postseal_y_seconds_count 5",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
