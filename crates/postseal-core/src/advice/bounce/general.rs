use super::{EnhancedCode, SmtpReply, Topic};

/// What a refusal is about that no rule knows: by common words, then by the enhanced
/// code (RFC 3463 §3), then by the reply code (RFC 5321 §4.2.3).
pub(super) fn general_topic(reply: &SmtpReply) -> Option<Topic> {
    let text = reply.text.to_lowercase();
    // Addresses and mailboxes have codes of their own, and their texts may say anything.
    let certain = reply.enhanced.filter(|code| matches!(code.subject, 1 | 2)).and_then(by_enhanced);
    certain
        .or_else(|| by_words(&text))
        .or_else(|| reply.enhanced.and_then(by_enhanced))
        .or_else(|| by_reply(reply.code?))
}

const WORDS: &[(Topic, &[&str])] = &[
    (
        Topic::Login,
        &[
            "authentication required",
            "authentication credentials",
            "authentication failed",
            "authentication unsuccessful",
            "username and password not accepted",
            "client was not authenticated",
            "client not authenticated",
            "user not authenticated",
            "smtp auth",
        ],
    ),
    (Topic::Tls, &["starttls", "encryption required", "tls required", "must use tls"]),
    (Topic::Format, &["helo command rejected", "invalid helo", "bad helo", "syntax error"]),
    (Topic::TryLater, &["greylist", "graylist", "grey listed", "try again later", "temporarily unavailable"]),
    (
        Topic::Reputation,
        &[
            "blacklist",
            "black list",
            "blocklist",
            "block list",
            "blocked using",
            "spamhaus",
            "dnsbl",
            "rbl",
            "barracuda",
            "reputation",
        ],
    ),
    (Topic::Volume, &["too many", "rate limit", "unusual rate", "excessive"]),
    (
        Topic::SenderDomain,
        &["sender address rejected: domain not found", "sender domain", "domain of sender"],
    ),
    (
        Topic::Mailbox,
        &[
            "user unknown",
            "unknown user",
            "no such user",
            "no such recipient",
            "mailbox unavailable",
            "mailbox not found",
            "mailbox full",
            "over quota",
            "quota exceeded",
            "does not exist",
            "recipient rejected",
            "recipient address rejected",
            "invalid recipient",
            "no mailbox",
        ],
    ),
    (Topic::Content, &["spam", "virus", "malware", "unsolicited", "content", "attachment", "phish"]),
];

fn by_words(text: &str) -> Option<Topic> {
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    WORDS.iter().find(|(_, words)| says(words)).map(|(topic, _)| *topic)
}

fn by_enhanced(code: EnhancedCode) -> Option<Topic> {
    Some(match (code.subject, code.detail) {
        // RFC 3463 §3.2: X.1.7 "Bad sender's mailbox address syntax", X.1.8 "Bad sender's system address".
        (1, 7 | 8) => Topic::SenderDomain,
        (1 | 2, _) => Topic::Mailbox,
        // RFC 3463 §3.4: X.3.4 "Message too big for system".
        (3, 4) => Topic::Content,
        (3 | 4, _) => Topic::Network,
        (5, _) => Topic::Format,
        (6, _) => Topic::Content,
        // RFC 4954 §6: X.7.8 "Authentication credentials invalid", X.7.9, X.7.11.
        (7, 8 | 9) => Topic::Login,
        (7, 10 | 11) => Topic::Tls,
        (7, _) => Topic::Policy,
        _ => return None,
    })
}

fn by_reply(code: u16) -> Option<Topic> {
    Some(match code {
        421 | 450 | 451 => Topic::TryLater,
        452 | 550..=553 => Topic::Mailbox,
        500..=504 | 555 => Topic::Format,
        530 | 534 | 535 | 538 => Topic::Login,
        554 => Topic::Policy,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_words_without_a_rule() {
        let check = |code: Option<u16>, enhanced: &str, text: &str, expected: Option<Topic>| {
            let reply = SmtpReply { code, enhanced: enhanced.parse().ok(), text: text.to_owned() };
            assert_eq!(general_topic(&reply), expected, "{reply:?}");
        };
        check(Some(550), "5.1.1", "no such user", Some(Topic::Mailbox));
        check(Some(552), "5.2.2", "mailbox full", Some(Topic::Mailbox));
        check(Some(550), "5.1.1", "authentication required for spam", Some(Topic::Mailbox));
        check(Some(553), "5.1.8", "domain of sender does not exist", Some(Topic::SenderDomain));
        check(Some(535), "5.7.8", "bad password", Some(Topic::Login));
        check(Some(530), "5.7.0", "Must issue a STARTTLS command first", Some(Topic::Tls));
        check(Some(554), "5.7.1", "blocked using zen.spamhaus.org", Some(Topic::Reputation));
        check(Some(550), "5.7.1", "Access denied", Some(Topic::Policy));
        check(Some(450), "4.7.1", "Greylisted", Some(Topic::TryLater));
        check(None, "4.4.7", "", Some(Topic::Network));
        check(Some(550), "", "", Some(Topic::Mailbox));
        check(None, "", "hello", None);
    }
}
