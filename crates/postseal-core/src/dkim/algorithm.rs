use std::fmt;

/// A signature algorithm, the `a=` tag (RFC 6376 §3.3, RFC 8463 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Historic. RFC 8301 §3.1: "rsa-sha1 MUST NOT be used for signing or verifying."
    RsaSha1,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
    /// PureEdDSA over the SHA-256 of the header section (RFC 8463).
    Ed25519Sha256,
}

impl Algorithm {
    /// The token of the `a=` tag.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::RsaSha1 => "rsa-sha1",
            Algorithm::RsaSha256 => "rsa-sha256",
            Algorithm::Ed25519Sha256 => "ed25519-sha256",
        }
    }

    /// The key type that this algorithm needs.
    pub fn key_type(self) -> KeyType {
        match self {
            Algorithm::RsaSha1 | Algorithm::RsaSha256 => KeyType::Rsa,
            Algorithm::Ed25519Sha256 => KeyType::Ed25519,
        }
    }

    /// Reads an `a=` value, in whatever case; `None` for an algorithm nobody here knows.
    pub(crate) fn from_token(token: &[u8]) -> Option<Algorithm> {
        [Algorithm::RsaSha256, Algorithm::Ed25519Sha256, Algorithm::RsaSha1]
            .into_iter()
            .find(|a| token.eq_ignore_ascii_case(a.as_str().as_bytes()))
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A key type, the `k=` tag of a key record (RFC 6376 §3.6.1, RFC 8463 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// RSA, the default.
    Rsa,
    /// Ed25519.
    Ed25519,
}

impl KeyType {
    /// The token of the `k=` tag.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyType::Rsa => "rsa",
            KeyType::Ed25519 => "ed25519",
        }
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
