use postseal_core::advice::{Cause, Severity};

use super::{finding_en, finding_ja};
use crate::cli::lang::Lang;

/// What is said about a finding.
#[derive(Clone, Debug)]
pub(in crate::cli) struct FindingWords {
    /// What is wrong, in one sentence.
    pub(in crate::cli) message: String,
    /// What it does to mail.
    pub(in crate::cli) effect: String,
}

/// A finding in words.
pub(in crate::cli) fn finding_words(cause: &Cause, lang: Lang) -> FindingWords {
    match lang {
        Lang::En => finding_en::words(cause),
        Lang::Ja => finding_ja::words(cause),
    }
}

/// How grave a finding is.
pub(in crate::cli) fn severity_word(severity: Severity, lang: Lang) -> &'static str {
    match severity {
        Severity::Error => lang.pick("error", "エラー"),
        Severity::Warning => lang.pick("warning", "警告"),
        Severity::Info => lang.pick("info", "情報"),
    }
}
