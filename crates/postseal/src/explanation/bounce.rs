use postseal_core::advice::{Bounce, Diagnosis, RefusalCause, Topic, diagnose};

use super::{CauseText, Explanation, Kind};
use crate::receiver_rules::{ReceiverRules, RuleTexts};
use crate::words::{Lang, say};
use crate::words::{topic_fix, topic_message, topic_summary};

/// Explains a bounce; `None` where nothing in it is a refusal. `now` in seconds since 1970.
pub(crate) fn explain(octets: &[u8], rules: &ReceiverRules, now: u64, lang: Lang) -> Option<Explanation> {
    let diagnosis = diagnose(&Bounce::read(octets), &rules.bounces)?;
    let known = diagnosis.rule.map(|place| (&rules.bounces.rules[place], &rules.texts[place]));
    let topics: Vec<Topic> = diagnosis.causes.iter().map(|cause| cause.topic).collect();
    let main = topics.first().copied().unwrap_or(Topic::Policy);
    Some(Explanation {
        kind: Kind::Bounce,
        rule: known.map(|(rule, _)| rule.id.clone()),
        authentication: diagnosis.is_authentication(),
        summary: known.map_or_else(
            || topic_summary(main, lang).to_owned(),
            |(_, texts)| texts.summary.text(lang).to_owned(),
        ),
        causes: diagnosis.causes.iter().map(|cause| cause_text(cause, lang)).collect(),
        fixes: vec![
            known.map_or_else(
                || topic_fix(main, lang).to_owned(),
                |(_, texts)| texts.fix.text(lang).to_owned(),
            ),
        ],
        source: known.map(|(_, texts)| texts.source.clone()),
        last_verified: known.map(|(_, texts)| texts.verified.to_string()),
        hops: Vec::new(),
        notes: notes(&diagnosis, known.map(|(_, texts)| texts), now, lang),
        receiver: diagnosis.receiver,
    })
}

fn cause_text(cause: &RefusalCause, lang: Lang) -> CauseText {
    CauseText {
        id: cause.topic.as_str(),
        message: topic_message(cause.topic, lang).to_owned(),
        evidence: cause.evidence.clone(),
    }
}

fn notes(diagnosis: &Diagnosis, texts: Option<&RuleTexts>, now: u64, lang: Lang) -> Vec<String> {
    let mut notes = Vec::new();
    if diagnosis.doubtful {
        notes.push(say!(
            lang,
            "The refusal does not name its reason; authentication may have a part in it.",
            "拒否の理由は明示されていません。メール認証が関係している可能性もあります。"
        ));
    }
    if let Some(verified) = texts.map(|texts| &texts.verified).filter(|verified| verified.is_old(now)) {
        notes.push(say!(
            lang,
            "This rule was last verified on {verified}, more than a year ago; the receiver may have changed it.",
            "このルールを最後に確認したのは {verified} で、1 年以上前です。受信側の仕様が変わっている可能性があります。"
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bounces with what they must be explained as.
    const CORPUS: &str = include_str!("../../tests/bounces.txt");

    /// The day of the corpus, in seconds since 1970.
    const NOW: u64 = 1_795_500_000;

    #[test]
    fn every_bounce_finds_its_rule() {
        let rules = ReceiverRules::load(None).expect("the embedded rules are good");
        let (mut bounces, mut wrong) = (0, Vec::new());
        for case in CORPUS.split("\n## ").skip(1) {
            let (header, text) = case.split_once('\n').expect("a header and a text");
            for lang in [Lang::En, Lang::Ja] {
                let found = explain(text.as_bytes(), &rules, NOW, lang);
                let shown = found.as_ref().map(|found| {
                    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
                    format!("{} {} {}", or_none(&found.rule), or_none(&found.receiver), found.authentication)
                });
                let expected: Vec<&str> = header.split(' ').take(3).collect();
                if shown.as_deref() != Some(&expected.join(" ")) {
                    wrong.push(format!("{header}\n  is {shown:?}"));
                }
                let complete = |found: &Explanation| {
                    let causes = found.causes.iter().all(|cause| !cause.message.is_empty());
                    causes && !found.causes.is_empty() && !found.summary.is_empty() && !found.fixes.is_empty()
                };
                assert!(found.as_ref().is_none_or(complete), "{header}");
            }
            bounces += 1;
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert!(bounces >= 80, "only {bounces}");
    }

    #[test]
    fn what_is_no_refusal_is_not_explained() {
        let rules = ReceiverRules::load(None).expect("the embedded rules are good");
        for text in
            ["", "hello", "I sent 550 messages on port 587.", "Subject: hi\n\nSee you at 4.30.", "\0\u{1}"]
        {
            assert!(explain(text.as_bytes(), &rules, NOW, Lang::En).is_none(), "{text:?}");
        }
    }

    #[test]
    fn old_rules_say_so() {
        let rules = ReceiverRules::load(None).expect("the embedded rules are good");
        let text = b"554 5.7.1 [HME1] blocked for failing both SPF and DKIM";
        let notes = |now: u64| explain(text, &rules, now, Lang::En).map(|found| found.notes);
        assert_eq!(notes(0), Some(Vec::new()));
        assert!(notes(NOW).is_some_and(|notes| notes[0].contains("2025-02-25, more than a year ago")));
    }
}
