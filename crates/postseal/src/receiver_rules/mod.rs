//! What is known about receivers: a reviewed data file, built into the program and
//! replaceable by another one. The core matches; the texts and dates stay here.

mod read;
mod verified_on;

use std::path::Path;

use postseal_core::advice::BounceRules;

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
        g.rep y.unauth y.policy y.from y.tss y.bl y.ph m.515 m.509 m.523 m.v6 m.from m.helo m.rep a.dmarc a.both a.local a.vol x.spf \
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
                assert!(text.ja.ends_with(['。', '）']), "{}: {}", rule.id, text.ja);
                assert!(text.en.is_ascii() && !text.ja.is_ascii(), "{}", rule.id);
            }
        }
    }
}
