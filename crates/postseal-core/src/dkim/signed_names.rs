use std::sync::Arc;

use super::SignError;
use super::signature::MAX_SIGNED_NAMES;
use crate::message::HeaderSection;

/// Which header fields a signer signs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SignedNames {
    /// Every field of the message that is in the list of [`DEFAULT_SIGNED_NAMES`],
    /// and From once more, so that none can be added.
    #[default]
    Usual,
    /// These names and no others, each one field: see [`SignedNames::parse`].
    Listed(NameList),
}

/// Names of header fields as an `h=` tag lists them. A copy shares them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameList {
    text: Arc<str>,
    /// [`HeaderSection::name_hash`] of each name.
    hashes: Arc<[u32]>,
}

impl SignedNames {
    /// Reads names with colons between them, as in an `h=` tag. A name more
    /// often than there are fields of it signs their absence.
    ///
    /// # Errors
    /// [`SignError::BadName`] for what is no field name, [`SignError::FromNotSigned`]
    /// where From is not listed, [`SignError::TooManyNames`].
    pub fn parse(text: &str) -> Result<SignedNames, SignError> {
        let names: Vec<&str> = text.split(':').map(str::trim).collect();
        if names.len() > MAX_SIGNED_NAMES {
            return Err(SignError::TooManyNames(names.len()));
        }
        let is_name =
            |name: &&str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b';');
        if let Some(bad) = names.iter().find(|name| !is_name(name)) {
            return Err(SignError::BadName((*bad).to_owned()));
        }
        // RFC 6376 §5.4: "The From header field MUST be signed".
        if !names.iter().any(|name| name.eq_ignore_ascii_case("from")) {
            return Err(SignError::FromNotSigned);
        }
        let hashes = names.iter().map(|name| HeaderSection::name_hash(name.as_bytes())).collect();
        Ok(SignedNames::Listed(NameList { text: names.join(":").into(), hashes }))
    }
}

impl NameList {
    /// The names with colons between them.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.text.split(':')
    }

    /// The names in order, each with its hash.
    pub(crate) fn hashed(&self) -> impl Iterator<Item = (&str, u32)> {
        self.names().zip(self.hashes.iter().copied())
    }
}

/// [`DEFAULT_SIGNED_NAMES`] with the hash of each name.
pub(crate) static USUAL: [(&str, u32); DEFAULT_SIGNED_NAMES.len()] = {
    let mut hashed = [("", 0); DEFAULT_SIGNED_NAMES.len()];
    let mut i = 0;
    while i < hashed.len() {
        hashed[i] = (DEFAULT_SIGNED_NAMES[i], HeaderSection::name_hash(DEFAULT_SIGNED_NAMES[i].as_bytes()));
        i += 1;
    }
    hashed
};

/// The header fields signed unless others are listed. The list is RFC 6376
/// §5.4.1's, with MIME fields and with what receivers ask for since:
/// List-Unsubscribe-Post (RFC 8058 §4), TLS-Required (RFC 8689 §5), CFBL-Address
/// (RFC 9477 §3.1.2), Feedback-ID. Left out is what changes or is removed on
/// the way: Return-Path, Received, Authentication-Results, Bcc, Comments, Keywords.
pub const DEFAULT_SIGNED_NAMES: [&str; 36] = [
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "Sender",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-ID",
    "Content-Description",
    "Content-Disposition",
    "Resent-Date",
    "Resent-From",
    "Resent-Sender",
    "Resent-To",
    "Resent-Cc",
    "Resent-Message-ID",
    "List-Id",
    "List-Help",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Subscribe",
    "List-Post",
    "List-Owner",
    "List-Archive",
    "Feedback-ID",
    "CFBL-Address",
    "CFBL-Feedback-ID",
    "TLS-Required",
    "BIMI-Selector",
    "Autocrypt",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists() {
        let check = |text: &str, expected: Result<&str, SignError>| {
            let got = SignedNames::parse(text);
            let got = got.as_ref().map(|names| match names {
                SignedNames::Listed(list) => list.as_str(),
                SignedNames::Usual => "usual",
            });
            assert_eq!(got, expected.as_ref().copied(), "{text:?}");
        };
        check("From : To", Ok("From:To"));
        check("To", Err(SignError::FromNotSigned));
        check("From:", Err(SignError::BadName(String::new())));
        check("From:a b", Err(SignError::BadName("a b".to_owned())));
        check("From:a;b", Err(SignError::BadName("a;b".to_owned())));
        check(&vec!["From"; 1001].join(":"), Err(SignError::TooManyNames(1001)));
    }
}
