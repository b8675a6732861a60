use std::sync::{Arc, Mutex, PoisonError};

use super::letter::values;

/// What a receiver makes of mail. Each is met in the world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ReceiverPolicy {
    /// Does what the Author Domain's DMARC policy asks for.
    #[default]
    Honour,
    /// Holds what the policy asks to be refused.
    QuarantineInstead,
    /// As the policy asks; what is set aside goes to the junk folder.
    JunkFolder,
    /// Takes everything, whatever the policy asks for.
    Lenient,
    /// As the policy asks, and refuses what passes neither SPF nor DKIM, as the big receivers do.
    Strict,
}

impl ReceiverPolicy {
    pub(crate) const ALL: [ReceiverPolicy; 5] = [
        ReceiverPolicy::Honour,
        ReceiverPolicy::QuarantineInstead,
        ReceiverPolicy::JunkFolder,
        ReceiverPolicy::Lenient,
        ReceiverPolicy::Strict,
    ];

    /// Stable, for forms.
    pub(crate) fn word(self) -> &'static str {
        match self {
            ReceiverPolicy::Honour => "honour",
            ReceiverPolicy::QuarantineInstead => "quarantine",
            ReceiverPolicy::JunkFolder => "junk",
            ReceiverPolicy::Lenient => "lenient",
            ReceiverPolicy::Strict => "strict",
        }
    }

    pub(crate) fn of(word: &str) -> Option<ReceiverPolicy> {
        ReceiverPolicy::ALL.into_iter().find(|policy| policy.word() == word)
    }

    /// As lines of `[receive]`: the node does it.
    pub(super) fn settings(self) -> &'static str {
        match self {
            ReceiverPolicy::Honour | ReceiverPolicy::Strict => "",
            ReceiverPolicy::QuarantineInstead => "on_reject = \"quarantine\"\n",
            ReceiverPolicy::JunkFolder => "on_reject = \"quarantine\"\nquarantine_by = \"header\"\n",
            ReceiverPolicy::Lenient => "honour_policy = false\n",
        }
    }
}

/// Whether a mail server refuses what passes neither SPF nor DKIM. No node decides that: it is the mail
/// server's, by what its node found.
#[derive(Clone, Debug, Default)]
pub(super) struct Strictness(Arc<Mutex<bool>>);

impl Strictness {
    pub(super) fn set(&self, strict: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = strict;
    }

    /// The reply to a message with this header section; `None` where it is taken.
    pub(super) fn refusal(&self, header: &str, host: &str) -> Option<String> {
        if !*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            return None;
        }
        let results = values(header, "Authentication-Results").into_iter().next().unwrap_or_default();
        let results = without_helo(&results);
        let passed = ["spf=pass", "dkim=pass"].iter().any(|result| results.contains(result));
        (!passed).then(|| {
            format!(
                "550 5.7.26 This mail is unauthenticated: {host} takes mail only if SPF or DKIM passes for its sender"
            )
        })
    }
}

/// The results of Authentication-Results that are about the sender's own domain: what SPF says of the name in HELO
/// is about a machine.
pub(super) fn without_helo(results: &str) -> String {
    let parts: Vec<&str> = results.split("; ").filter(|part| !part.contains("smtp.helo=")).collect();
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_have_words() {
        for policy in ReceiverPolicy::ALL {
            assert_eq!(ReceiverPolicy::of(policy.word()), Some(policy));
        }
        assert_eq!(ReceiverPolicy::of("else"), None);
    }

    #[test]
    fn strictness_asks_for_one_pass() {
        let strict = Strictness::default();
        let check = |results: &str, refused: bool| {
            let header =
                format!("Authentication-Results: mx.example;\r\n\t{results}\r\nSubject: spf=pass\r\n");
            assert_eq!(strict.refusal(&header, "mx.example").is_some(), refused, "{results}");
        };
        check("spf=none; dkim=none", false);
        strict.set(true);
        check("spf=none; dkim=none", true);
        check("spf=fail; dkim=pass", false);
        check("spf=pass smtp.mailfrom=a.example; dkim=none", false);
        check("spf=none smtp.mailfrom=a.example; spf=pass smtp.helo=mx.a.example; dkim=none", true);
        assert!(strict.refusal("Subject: x\r\n", "mx.example").is_some());
    }
}
