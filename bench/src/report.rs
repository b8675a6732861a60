//! Tables in Markdown, and the bars.

use std::fmt::Write;

use crate::stopwatch::Time;

/// The names of the three lanes.
pub const FLOOR: &str = "floor";
/// The peer's lane.
pub const PEER: &str = "mail-auth";
/// Our lane.
pub const OURS: &str = "Postseal";

/// One figure that must not be exceeded.
#[derive(Clone, Copy, Debug)]
pub enum Bar {
    /// Multiples of the floor.
    Floor(f64),
    /// Multiples of the peer.
    Peer(f64),
    /// Multiples of the floor, and heap allocations.
    FloorWithAllocations(f64, u64),
}

/// All tables of one run.
#[derive(Default)]
pub struct Report {
    text: String,
    bars: Vec<(String, bool)>,
}

impl Report {
    /// Begins a table.
    pub fn section(&mut self, title: &str, note: &str) {
        let heading = "| | floor us | mail-auth us | x floor | allocs | Postseal us | x floor | allocs | x mail-auth | bar |\n\
                       |---|---|---|---|---|---|---|---|---|---|";
        self.line(&format!("\n## {title}\n\n{note}\n\n{heading}"));
    }

    /// Begins a list.
    pub fn heading(&mut self, title: &str, note: &str) {
        self.line(&format!("\n## {title}\n\n{note}\n"));
    }

    /// Adds a line to a list: so many of `total`, and the names of those that are wrong.
    pub fn count(&mut self, what: &str, total: usize, wrong: &[&str]) {
        self.line(&format!("- {what}: {} of {total}", total - wrong.len()));
        for name in wrong {
            self.line(&format!("    - not {name}"));
        }
        self.bars.push((what.to_owned(), wrong.is_empty() && total > 0));
    }

    /// Adds a line to the table.
    pub fn row(&mut self, what: &str, times: &[Time], bar: Option<Bar>) {
        let lane = |name: &str| times.iter().find(|t| t.name == name);
        let (floor, peer, ours) = (lane(FLOOR), lane(PEER), lane(OURS));
        let of_peer = peer.zip(ours).map(|(peer, ours)| ours.ratio / peer.ratio);
        let mut line = format!("| {what} | {} |", floor.map_or(String::new(), |t| micros(t.micros)));
        for time in [peer, ours] {
            let of_floor = floor.zip(time).map_or(String::new(), |(_, t)| format!("{:.2}", t.ratio));
            let (time, allocations) = time
                .map_or((String::new(), String::new()), |t| (micros(t.micros), t.allocations.to_string()));
            let _ = write!(line, " {time} | {of_floor} | {allocations} |");
        }
        let _ = write!(line, " {} |", of_peer.map_or(String::new(), |x| format!("{x:.2}")));
        let _ = write!(line, " {} |", self.judge(what, bar, ours, of_peer));
        self.line(&line);
    }

    /// How many bars there were and which were not met.
    pub fn close(&mut self) {
        let missed: Vec<&str> =
            self.bars.iter().filter(|(_, met)| !met).map(|(what, _)| what.as_str()).collect();
        let total = self.bars.len();
        let met = total - missed.len();
        let mut text = format!("\nBars: {met} of {total} met.");
        if !missed.is_empty() {
            let _ = write!(text, " Not met: {}.", missed.join("; "));
        }
        self.line(&text);
    }

    /// True where every bar was met.
    pub fn all_met(&self) -> bool {
        self.bars.iter().all(|(_, met)| *met)
    }

    fn judge(&mut self, what: &str, bar: Option<Bar>, ours: Option<&Time>, of_peer: Option<f64>) -> String {
        let (Some(bar), Some(ours)) = (bar, ours) else { return String::new() };
        let (wanted, met) = match bar {
            Bar::Floor(limit) => (format!("{limit} x floor"), ours.ratio <= limit),
            Bar::Peer(limit) => (format!("{limit} x mail-auth"), of_peer.is_some_and(|x| x <= limit)),
            Bar::FloorWithAllocations(limit, allocations) => (
                format!("{limit} x floor, {allocations} allocs"),
                ours.ratio <= limit && ours.allocations <= allocations,
            ),
        };
        self.bars.push((what.to_owned(), met));
        format!("{wanted}: {}", if met { "met" } else { "**not met**" })
    }

    fn line(&mut self, text: &str) {
        println!("{text}");
        self.text.push_str(text);
        self.text.push('\n');
    }
}

fn micros(micros: f64) -> String {
    match micros {
        m if m < 10.0 => format!("{m:.2}"),
        m if m < 1000.0 => format!("{m:.1}"),
        m => format!("{m:.0}"),
    }
}
