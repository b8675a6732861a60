use postseal_core::advice::{Cause, Severity};

use super::{finding_en, finding_ja};
use crate::words::Lang;

/// What is said about a finding.
#[derive(Clone, Debug)]
pub(crate) struct FindingWords {
    /// What is wrong, in one sentence.
    pub(crate) message: String,
    /// What it does to mail.
    pub(crate) effect: String,
}

/// A finding in words.
pub(crate) fn finding_words(cause: &Cause, lang: Lang) -> FindingWords {
    match lang {
        Lang::En => finding_en::words(cause),
        Lang::Ja => finding_ja::words(cause),
    }
}

/// How grave a finding is.
pub(crate) fn severity_word(severity: Severity, lang: Lang) -> &'static str {
    match severity {
        Severity::Error => lang.pick("error", "エラー"),
        Severity::Warning => lang.pick("warning", "警告"),
        Severity::Info => lang.pick("info", "情報"),
    }
}
