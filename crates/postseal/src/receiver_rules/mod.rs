//! What is known about receivers: a reviewed data file, built into the program and
//! replaceable by another one. The core matches; the texts and dates stay here.

mod read;
mod verified_on;

use std::path::Path;

use crate::words::Lang;

use postseal_core::advice::{BounceRules, PredictionRule};

pub(crate) use read::RulesError;
pub(crate) use verified_on::VerifiedOn;

/// The rules that come with the program.
const EMBEDDED: &str = include_str!("../../data/receiver-rules.toml");

/// The rules in force.
#[derive(Debug)]
pub(crate) struct ReceiverRules {
    /// What refusals look like; the core holds a bounce against them.
    pub(crate) bounces: BounceRules,
    /// The texts of `bounces.rules`, in the same order.
    pub(crate) texts: Vec<RuleTexts>,
    /// What becomes of mail; the core holds a report against them.
    pub(crate) predictions: Vec<PredictionRule>,
    /// The texts of `predictions`, in the same order.
    pub(crate) prediction_texts: Vec<PredictionTexts>,
}

/// What is said where a prediction holds.
#[derive(Debug)]
pub(crate) struct PredictionTexts {
    /// The stable id of the receiver's rule.
    pub(crate) rule: Option<String>,
    /// The codes of the reply.
    pub(crate) code: Option<String>,
    /// What becomes of the mail, and why.
    pub(crate) message: Bilingual,
    /// What to do.
    pub(crate) fix: Option<Bilingual>,
    /// Where the rule is written.
    pub(crate) source: Option<String>,
    /// When it was last held against its source.
    pub(crate) verified: VerifiedOn,
    /// How sure it is: high, medium or low.
    pub(crate) confidence: Confidence,
}

/// How sure a prediction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Confidence {
    /// The receiver publishes it.
    High,
    /// It follows from what the receiver publishes.
    Medium,
    /// The receiver says little.
    Low,
}

impl Bilingual {
    /// The text in this language.
    pub(crate) fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => &self.ja,
        }
    }
}

/// What is said where a rule matches.
#[derive(Debug)]
pub(crate) struct RuleTexts {
    /// What happened.
    pub(crate) summary: Bilingual,
    /// What to do.
    pub(crate) fix: Bilingual,
    /// Where the rule is written.
    pub(crate) source: String,
    /// When it was last held against its source.
    pub(crate) verified: VerifiedOn,
}

/// A text of the rules file in each language.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bilingual {
    pub(crate) en: String,
    pub(crate) ja: String,
}

impl ReceiverRules {
    /// The names of the receivers, in the order of the file.
    pub(crate) fn receiver_names(&self) -> Vec<String> {
        self.bounces.receivers.iter().map(|receiver| receiver.name.clone()).collect()
    }

    /// The rules of a file, or those that come with the program.
    ///
    /// # Errors
    /// [`RulesError`] where the file cannot be read or holds something else.
    pub(crate) fn load(file: Option<&Path>) -> Result<ReceiverRules, RulesError> {
        match file {
            Some(file) => read::file(file),
            None => read::text(EMBEDDED),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The bounce rules that must be there.
    const IDS: &str = "g.unauth g.spf-hardfail g.dmarc g.spf g.dkim g.dmarc-missing g.align g.ptr g.tls g.spf-suspicious g.rate g.rfc \
        g.rep y.unauth y.policy y.from y.tss y.bl y.ph m.515 m.509 m.523 m.v6 m.from m.helo m.rep a.dmarc a.both a.local a.vol p.dmarc p.dns x.spf \
        x.dmarc x.ptr x.codes";

    #[test]
    fn the_embedded_rules_are_whole() {
        let rules = ReceiverRules::load(None).expect("the embedded file is good");
        let ids: BTreeSet<&str> = rules.bounces.rules.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(ids, IDS.split_whitespace().collect());
        assert_eq!(rules.bounces.rules.len(), rules.texts.len());
        for (rule, texts) in rules.bounces.rules.iter().zip(&rules.texts) {
            for text in [&texts.summary, &texts.fix] {
                assert!(text.en.ends_with(['.', ')']), "{}: {}", rule.id, text.en);
                assert!(text.ja.ends_with(['。', ')']), "{}: {}", rule.id, text.ja);
                assert!(text.en.is_ascii() && !text.ja.is_ascii(), "{}", rule.id);
            }
        }
    }

    /// The receivers for which there must be a prediction.
    const RECEIVERS: &str = "gmail yahoo outlook.com microsoft365 icloud docomo au softbank yahoo-japan nifty iijmio rakuten ocn biglobe";

    #[test]
    fn every_receiver_has_a_prediction_for_what_is_left() {
        let rules = ReceiverRules::load(None).expect("the embedded file is good");
        let names: BTreeSet<String> = rules.receiver_names().into_iter().collect();
        assert_eq!(names, RECEIVERS.split_whitespace().map(str::to_owned).collect());
        for name in &names {
            let last = rules.predictions.iter().rfind(|rule| rule.receiver == *name).expect(name);
            assert!(last.when.is_empty() && !last.bulk, "{name}");
        }
        assert_eq!(rules.predictions.len(), rules.prediction_texts.len());
        for texts in &rules.prediction_texts {
            for text in [Some(&texts.message), texts.fix.as_ref()].into_iter().flatten() {
                assert!(text.en.ends_with('.') && text.ja.ends_with('。'), "{text:?}");
            }
        }
    }
}
