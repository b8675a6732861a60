use serde::{Deserialize, Serialize};

use super::fault::{Fault, Severity};
use crate::words::Lang;

/// A fault for other programs: what `postseal config check --json` prints, and what a
/// node answers to a reload that it refuses. The field names are fixed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FaultReport {
    /// `error` or `warning`.
    pub(crate) severity: String,
    pub(crate) file: String,
    /// Counted from 1; null where the file as a whole is meant.
    pub(crate) line: Option<usize>,
    /// In characters, counted from 1.
    pub(crate) column: Option<usize>,
    /// Characters.
    pub(crate) length: Option<usize>,
    /// The line.
    pub(crate) source: Option<String>,
    pub(crate) message: String,
    /// What to do.
    pub(crate) advice: Option<String>,
}

impl FaultReport {
    pub(crate) fn new(fault: &Fault, lang: Lang) -> FaultReport {
        let mark = fault.place.mark.as_ref();
        FaultReport {
            severity: match fault.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
            }
            .to_owned(),
            file: fault.place.file.display().to_string(),
            line: mark.map(|mark| mark.line),
            column: mark.map(|mark| mark.column),
            length: mark.map(|mark| mark.length),
            source: mark.map(|mark| mark.text.clone()),
            message: fault.kind.what(lang),
            advice: fault.kind.advice(lang),
        }
    }

    pub(crate) fn is_error(&self) -> bool {
        self.severity == "error"
    }
}
