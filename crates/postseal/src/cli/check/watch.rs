use std::thread;
use std::time::{Duration, Instant};

use postseal_core::advice::Severity;

use super::Checked;
use crate::cli::problem::Problem;
use crate::cli::terminal::Terminal;
use crate::words::{Lang, say};

/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(5);

/// Time after which nobody waits any more.
const LIMIT: Duration = Duration::from_secs(3_600);

/// True where something is still to be waited for.
pub(super) fn has_errors(checked: &[Checked]) -> bool {
    checked.iter().any(|checked| checked.report.worst() == Some(Severity::Error))
}

/// Looks again and again until no error is left, or for an hour at most; says on standard error
/// what is still wrong, each time that this changes. Returns the last look.
pub(super) fn watch(
    terminal: &Terminal,
    look: impl Fn() -> Result<Vec<Checked>, Problem>,
) -> Result<Vec<Checked>, Problem> {
    let started = Instant::now();
    let mut told = String::new();
    loop {
        let checked = look()?;
        if !has_errors(&checked) || started.elapsed() >= LIMIT {
            return Ok(checked);
        }
        let left = left(&checked);
        if left != told {
            terminal.remark(&progress(&left, started.elapsed(), terminal.lang));
            told = left;
        }
        thread::sleep(INTERVAL);
    }
}

/// The errors that are left, by domain.
fn left(checked: &[Checked]) -> String {
    let of = |checked: &Checked| {
        let errors = checked.report.findings.iter().filter(|finding| finding.severity() == Severity::Error);
        let ids: Vec<&str> = errors.map(|finding| finding.id().as_str()).collect();
        (!ids.is_empty()).then(|| format!("{}: {}", checked.report.domain, ids.join(", ")))
    };
    checked.iter().filter_map(of).collect::<Vec<_>>().join("; ")
}

fn progress(left: &str, elapsed: Duration, lang: Lang) -> String {
    let seconds = elapsed.as_secs();
    say!(lang, "after {seconds} s still wrong: {left}", "{seconds} 秒経過、未解決: {left}")
}
