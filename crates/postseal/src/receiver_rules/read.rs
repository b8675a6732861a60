use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::str::FromStr;

use postseal_core::advice::{BounceRule, BounceRules, PredictionRule, Receiver, RefusalPattern};
use serde::Deserialize;

use super::{Bilingual, Confidence, PredictionTexts, ReceiverRules, RuleTexts};

/// Octets of a rules file.
const MAX_RULES_FILE: u64 = 1 << 20;

/// The only form of the file so far.
const VERSION: u32 = 1;

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RulesError {
    /// The file cannot be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// It is too large.
    #[error("more than {MAX_RULES_FILE} octets")]
    TooLarge,
    /// It is not TOML, or has other keys.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// It is of another version.
    #[error("version {0}; this program reads version {VERSION}")]
    Version(u32),
    /// A value of a rule is not what it must be.
    #[error("rule {rule}: {value:?} is not {expected}")]
    Value {
        /// The rule's id.
        rule: String,
        /// The value.
        value: String,
        /// What belongs there.
        expected: String,
    },
    /// A rule is of a receiver that the file does not name.
    #[error("rule {rule}: no [[receiver]] is named {receiver:?}")]
    UnknownReceiver {
        /// The rule's id.
        rule: String,
        /// The name.
        receiver: String,
    },
}

pub(super) fn file(path: &Path) -> Result<ReceiverRules, RulesError> {
    let mut octets = String::new();
    File::open(path)?.take(MAX_RULES_FILE + 1).read_to_string(&mut octets)?;
    if octets.len() as u64 > MAX_RULES_FILE {
        return Err(RulesError::TooLarge);
    }
    text(&octets)
}

pub(super) fn text(text: &str) -> Result<ReceiverRules, RulesError> {
    let file: RulesFile = toml::from_str(text)?;
    if file.version != VERSION {
        return Err(RulesError::Version(file.version));
    }
    let receivers: Vec<Receiver> = file.receiver.into_iter().map(ReceiverTable::into_receiver).collect();
    let (mut rules, mut texts) = (Vec::new(), Vec::new());
    for table in file.rule {
        if let Some(receiver) = table.receivers.iter().find(|name| receivers.iter().all(|r| r.name != **name))
        {
            return Err(RulesError::UnknownReceiver { rule: table.id, receiver: receiver.clone() });
        }
        let (rule, text) = table.into_rule()?;
        rules.push(rule);
        texts.push(text);
    }
    let (mut predictions, mut prediction_texts) = (Vec::new(), Vec::new());
    for table in file.prediction {
        if receivers.iter().all(|receiver| receiver.name != table.receiver) {
            return Err(RulesError::UnknownReceiver { rule: table.name(), receiver: table.receiver });
        }
        let (rule, text) = table.into_prediction()?;
        predictions.push(rule);
        prediction_texts.push(text);
    }
    Ok(ReceiverRules { bounces: BounceRules { receivers, rules }, texts, predictions, prediction_texts })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    version: u32,
    #[serde(default)]
    receiver: Vec<ReceiverTable>,
    #[serde(default)]
    rule: Vec<RuleTable>,
    #[serde(default)]
    prediction: Vec<PredictionTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PredictionTable {
    receiver: String,
    #[serde(default)]
    when: Vec<String>,
    #[serde(default)]
    bulk: bool,
    outcome: String,
    rule: Option<String>,
    code: Option<String>,
    message: Bilingual,
    fix: Option<Bilingual>,
    source: Option<String>,
    last_verified: String,
    confidence: Confidence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiverTable {
    name: String,
    domains: Vec<String>,
    #[serde(default)]
    marks: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    id: String,
    #[serde(default)]
    receivers: Vec<String>,
    about: Vec<String>,
    #[serde(default)]
    doubtful: bool,
    summary: Bilingual,
    fix: Bilingual,
    source: String,
    last_verified: String,
    when: Vec<WhenTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhenTable {
    #[serde(default)]
    codes: Vec<String>,
    #[serde(default)]
    texts: Vec<String>,
    #[serde(default)]
    common_text: bool,
    #[serde(default)]
    own_codes: bool,
}

impl ReceiverTable {
    fn into_receiver(self) -> Receiver {
        let lower = |texts: Vec<String>| texts.iter().map(|text| text.to_lowercase()).collect();
        Receiver { name: self.name, domains: lower(self.domains), marks: lower(self.marks) }
    }
}

impl RuleTable {
    fn into_rule(self) -> Result<(BounceRule, RuleTexts), RulesError> {
        let id = self.id;
        let mut when = Vec::with_capacity(self.when.len());
        for table in &self.when {
            when.push(RefusalPattern {
                codes: all(&id, &table.codes)?,
                texts: all(&id, &table.texts)?,
                common_text: table.common_text,
                own_codes: table.own_codes,
            });
        }
        let verified = one(&id, &self.last_verified)?;
        let topics = all(&id, &self.about)?;
        let rule = BounceRule { id, receivers: self.receivers, when, topics, doubtful: self.doubtful };
        Ok((rule, RuleTexts { summary: self.summary, fix: self.fix, source: self.source, verified }))
    }
}

impl PredictionTable {
    /// As errors name it.
    fn name(&self) -> String {
        self.rule.clone().unwrap_or_else(|| format!("prediction for {}", self.receiver))
    }

    fn into_prediction(self) -> Result<(PredictionRule, PredictionTexts), RulesError> {
        let name = self.name();
        let rule = PredictionRule {
            when: all(&name, &self.when)?,
            outcome: one(&name, &self.outcome)?,
            receiver: self.receiver,
            bulk: self.bulk,
        };
        let verified = one(&name, &self.last_verified)?;
        let PredictionTable { rule: id, code, message, fix, source, confidence, .. } = self;
        Ok((rule, PredictionTexts { rule: id, code, message, fix, source, verified, confidence }))
    }
}

fn all<T: FromStr<Err: ToString>>(rule: &str, texts: &[String]) -> Result<Vec<T>, RulesError> {
    texts.iter().map(|text| one(rule, text)).collect()
}

fn one<T: FromStr<Err: ToString>>(rule: &str, text: &str) -> Result<T, RulesError> {
    text.parse().map_err(|error: T::Err| RulesError::Value {
        rule: rule.to_owned(),
        value: text.to_owned(),
        expected: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = r#"
version = 1
[[receiver]]
name = "r"
domains = ["R.example"]
[[rule]]
id = "r.one"
receivers = ["r"]
about = ["spf"]
summary.en = "S."
summary.ja = "S。"
fix.en = "F."
fix.ja = "F。"
source = "s"
last_verified = "2026-07-02"
[[rule.when]]
codes = ["550 5.7.1"]
"#;

    #[test]
    fn reads_rules_and_says_what_is_wrong() {
        let rules = text(RULE).expect("good");
        assert!(rules.bounces.receivers[0].owns("mx.r.example"));
        let check = |from: &str, to: &str, expected: &str| {
            let error = text(&RULE.replace(from, to)).expect_err(to).to_string();
            assert!(error.contains(expected), "{to}: {error}");
        };
        check("version = 1", "version = 2", "version 2");
        check("550 5.7.1", "550 5.7", "rule r.one: \"550 5.7\" is not");
        check("\"spf\"", "\"spam\"", "rule r.one: \"spam\" is not");
        check("2026-07-02", "July", "a date, as in 2026-07-02");
        check("receivers = [\"r\"]", "receivers = [\"q\"]", "no [[receiver]] is named \"q\"");
        check("codes", "code", "unknown field");
        let prediction = "[[prediction]]\nreceiver = \"r\"\noutcome = \"lost\"\nmessage.en = \"M.\"\nmessage.ja = \"M。\"\n\
            last_verified = \"2026-07-02\"\nconfidence = \"low\"\n";
        check("[[rule]]", &format!("{prediction}[[rule]]"), "prediction for r: \"lost\" is not");
        check(
            "[[rule]]",
            &format!("{}[[rule]]", prediction.replace("\"r\"", "\"q\"")),
            "no [[receiver]] is named",
        );
    }
}
