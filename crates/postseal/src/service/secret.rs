use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::{constant_time, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use postseal_store::SecretHash;
use zeroize::Zeroizing;

use super::ServiceError;

/// 32 random octets that let somebody in: of a session, an API token or a set-up link. The store
/// has only their hash, and they are never shown by chance.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// One that nobody can guess.
    pub(crate) fn new() -> Result<Secret, ServiceError> {
        let mut octets = Zeroizing::new([0; 32]);
        rand::fill(octets.as_mut_slice()).map_err(|_| ServiceError::Fault("no random octets"))?;
        Ok(Secret(octets))
    }

    /// From what [`Secret::text`] made; nothing else is one.
    pub(crate) fn parse(text: &str) -> Option<Secret> {
        let octets = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        Some(Secret(Zeroizing::new(octets.as_slice().try_into().ok()?)))
    }

    /// For a cookie, a header field or a URL: 43 characters.
    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.as_slice())
    }

    /// What is kept of it.
    pub(super) fn hash(&self) -> SecretHash {
        let mut octets = [0; 32];
        octets.copy_from_slice(digest(&SHA256, self.0.as_slice()).as_ref());
        SecretHash::new(octets)
    }

    /// The text that forms bear beside a cookie of this secret: whoever cannot read the cookie
    /// cannot make it.
    pub(crate) fn form_token(&self) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, b"postseal form").as_ref())
    }

    /// Whether this is [`Secret::form_token`], compared in the same time whatever it is.
    pub(crate) fn is_form_token(&self, text: &str) -> bool {
        let expected = self.form_token();
        constant_time::verify_slices_are_equal(expected.as_bytes(), text.as_bytes()).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_differ_and_come_back_from_their_text() {
        let (one, other) = (Secret::new().expect("random"), Secret::new().expect("random"));
        assert_eq!(one.text().len(), 43);
        assert_ne!(one.text(), other.text());
        assert_eq!(Secret::parse(&one.text()).map(|secret| secret.hash()), Some(one.hash()));
        for text in ["", "x", &one.text()[1..], &format!("{}A", one.text()), "ä", &"=".repeat(43)] {
            assert!(Secret::parse(text).is_none(), "{text}");
        }
        assert!(one.is_form_token(&one.form_token()));
        assert!(
            !one.is_form_token(&other.form_token())
                && !one.is_form_token("")
                && !one.is_form_token(&one.text())
        );
        assert_eq!(format!("{one:?}"), "Secret");
    }
}
