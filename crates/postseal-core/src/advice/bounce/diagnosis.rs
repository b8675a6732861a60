use super::general::general_topic;
use super::rule::Speaker;
use super::stated_result::stated_results;
use super::{Bounce, BounceRule, BounceRules, SmtpReply, Topic};

/// Octets of evidence that are quoted.
const MAX_EVIDENCE: usize = 400;

/// What a bounce means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The place of the rule among [`BounceRules::rules`]; `None` where only the codes are known.
    pub rule: Option<usize>,
    /// The receiver that refused, where it is a known one.
    pub receiver: Option<String>,
    /// What it is about, with the words that say so. Not empty.
    pub causes: Vec<RefusalCause>,
    /// True where the refusal leaves room for another reason.
    pub doubtful: bool,
}

/// One thing that a refusal is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalCause {
    /// What it is about.
    pub topic: Topic,
    /// The words of the bounce that say so.
    pub evidence: String,
}

impl Diagnosis {
    /// True where some cause is about who sends. A refusal that names no reason is not.
    pub fn is_authentication(&self) -> bool {
        !self.doubtful && self.causes.iter().any(|cause| cause.topic.is_authentication())
    }
}

/// Says what a bounce means; `None` where it holds nothing that is known.
///
/// Of several refusals the first that a rule knows counts: a report about many
/// recipients is most often read for the one that can be mended.
pub fn diagnose(bounce: &Bounce, rules: &BounceRules) -> Option<Diagnosis> {
    let receiver = speaker(bounce, rules);
    if bounce.is_success {
        let evidence = quote(&bounce.text);
        let causes = vec![RefusalCause { topic: Topic::Delivered, evidence }];
        return Some(Diagnosis { rule: None, receiver: name(receiver), causes, doubtful: false });
    }
    // A report may have the code in one place and the words in another.
    let first = bounce.replies.first();
    let whole = SmtpReply {
        code: first.and_then(|reply| reply.code),
        enhanced: first.and_then(|reply| reply.enhanced),
        text: bounce.text.clone(),
    };
    let found = bounce.replies.iter().chain([&whole]).find_map(|reply| {
        let text = reply.text.to_lowercase();
        let place = rules.rules.iter().position(|rule| rule.matches(reply, &text, receiver))?;
        Some((place, reply))
    });
    if let Some((place, reply)) = found {
        return Some(known(&rules.rules[place], place, reply, receiver));
    }
    let (topic, reply) =
        bounce.replies.iter().find_map(|reply| general_topic(reply).map(|topic| (topic, reply)))?;
    let causes = vec![RefusalCause { topic, evidence: shown(reply) }];
    Some(Diagnosis { rule: None, receiver: name(receiver), causes, doubtful: topic == Topic::Policy })
}

fn known(rule: &BounceRule, place: usize, reply: &SmtpReply, speaker: Speaker<'_>) -> Diagnosis {
    let about = |topic: Topic, evidence: String| RefusalCause { topic, evidence };
    let mut causes: Vec<RefusalCause> = Vec::new();
    if rule.topics.iter().any(|topic| topic.is_authentication()) {
        let failed = stated_results(&reply.text).into_iter().filter(|result| !result.passed);
        causes.extend(failed.map(|result| about(result.topic, result.evidence)));
    }
    if causes.is_empty() {
        let evidence = shown(reply);
        causes.extend(rule.topics.iter().map(|topic| about(*topic, evidence.clone())));
    }
    let receiver = name(speaker).or_else(|| rule.receivers.first().cloned());
    Diagnosis { rule: Some(place), receiver, causes, doubtful: rule.doubtful }
}

/// Who refused: the host that is named, else what only one receiver writes, else the
/// recipient's domain.
fn speaker<'r>(bounce: &Bounce, rules: &'r BounceRules) -> Speaker<'r> {
    let owner_of = |names: &[String]| {
        let owned = |name: &String| rules.receivers.iter().find(|receiver| receiver.owns(name));
        names.iter().find_map(owned)
    };
    let by_mark = || {
        let texts = bounce.replies.iter().map(|reply| &reply.text).chain([&bounce.text]);
        let lower: Vec<String> = texts.map(|text| text.to_lowercase()).collect();
        rules.receivers.iter().find(|receiver| lower.iter().any(|text| receiver.signs(text)))
    };
    let found = owner_of(&bounce.hosts).or_else(by_mark);
    match found {
        Some(receiver) => Speaker::Receiver(&receiver.name),
        None if !bounce.hosts.is_empty() => Speaker::Other,
        None => match owner_of(&bounce.recipient_domains) {
            Some(receiver) => Speaker::Receiver(&receiver.name),
            None => Speaker::Unknown,
        },
    }
}

fn name(speaker: Speaker<'_>) -> Option<String> {
    match speaker {
        Speaker::Receiver(name) => Some(name.to_owned()),
        Speaker::Other | Speaker::Unknown => None,
    }
}

/// A reply as it is quoted.
fn shown(reply: &SmtpReply) -> String {
    let code = reply.code.map(|code| code.to_string());
    let enhanced = reply.enhanced.map(|enhanced| enhanced.to_string());
    let parts: Vec<String> = code
        .into_iter()
        .chain(enhanced)
        .chain([reply.text.clone()])
        .filter(|part| !part.is_empty())
        .collect();
    quote(&parts.join(" "))
}

fn quote(text: &str) -> String {
    match text.char_indices().nth(MAX_EVIDENCE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
