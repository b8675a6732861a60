use postseal_core::advice::{CheckReport, PredictedOutcome, Prediction, predict};
use serde::Serialize;

use crate::receiver_rules::{Confidence, ReceiverRules};
use crate::words::{Lang, say};

/// What one receiver does with the domain's mail, in the language of the terminal.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ReceiverText {
    pub(crate) receiver: String,
    pub(crate) outcome: &'static str,
    pub(crate) rule: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) fix: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) last_verified: Option<String>,
    pub(crate) confidence: Option<Confidence>,
    /// What becomes of it in bulk, where no volume is given.
    pub(crate) bulk: Option<BulkText>,
    /// The rule was last verified more than a year ago.
    pub(crate) stale: bool,
}

/// A rule for those who send in bulk.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct BulkText {
    pub(crate) outcome: &'static str,
    pub(crate) rule: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) fix: Option<String>,
}

/// What each receiver does. `now` in seconds since 1970.
pub(crate) fn receivers(
    report: &CheckReport,
    volume: Option<u64>,
    rules: &ReceiverRules,
    now: u64,
    lang: Lang,
) -> Vec<ReceiverText> {
    let predictions = predict(report, volume, &rules.receiver_names(), &rules.predictions);
    predictions.iter().map(|prediction| receiver(prediction, rules, now, lang)).collect()
}

fn receiver(prediction: &Prediction, rules: &ReceiverRules, now: u64, lang: Lang) -> ReceiverText {
    let texts = prediction.rule.map(|place| &rules.prediction_texts[place]);
    let message = texts.map_or_else(
        || say!(lang, "Nothing is known about what it refuses.", "拒否の条件は知られていません。"),
        |texts| texts.message.text(lang).to_owned(),
    );
    let open = prediction.undecided.then(|| {
        say!(
            lang,
            "Whether that applies is not known: give the DKIM selector with --selector. ",
            "該当するかどうかは不明です。DKIM セレクターを --selector で指定してください。"
        )
    });
    let fix = texts.and_then(|texts| texts.fix.as_ref()).map(|fix| fix.text(lang).to_owned());
    ReceiverText {
        receiver: prediction.receiver.clone(),
        outcome: prediction.outcome.as_str(),
        rule: texts.and_then(|texts| texts.rule.clone()),
        code: texts.and_then(|texts| texts.code.clone()),
        message: format!("{}{message}", open.unwrap_or_default()),
        fix,
        source: texts.and_then(|texts| texts.source.clone()),
        last_verified: texts.map(|texts| texts.verified.to_string()),
        confidence: texts.map(|texts| texts.confidence),
        bulk: prediction.bulk.map(|place| bulk(place, rules, lang)),
        stale: texts.is_some_and(|texts| texts.verified.is_old(now)),
    }
}

fn bulk(place: usize, rules: &ReceiverRules, lang: Lang) -> BulkText {
    let texts = &rules.prediction_texts[place];
    BulkText {
        outcome: rules.predictions[place].outcome.as_str(),
        rule: texts.rule.clone(),
        code: texts.code.clone(),
        message: texts.message.text(lang).to_owned(),
        fix: texts.fix.as_ref().map(|fix| fix.text(lang).to_owned()),
    }
}

/// An outcome in words.
pub(crate) fn outcome_word(outcome: &str, lang: Lang) -> &'static str {
    let known = PredictedOutcome::ALL.into_iter().find(|known| known.as_str() == outcome);
    match known.unwrap_or(PredictedOutcome::Unknown) {
        PredictedOutcome::Accept => lang.pick("accept", "受信"),
        PredictedOutcome::Defer => lang.pick("defer", "遅延"),
        PredictedOutcome::Reject => lang.pick("reject", "拒否"),
        PredictedOutcome::Junk => lang.pick("junk", "迷惑メール"),
        PredictedOutcome::Warn => lang.pick("warn", "警告表示"),
        PredictedOutcome::Unknown => lang.pick("unknown", "不明"),
    }
}
