use aws_lc_rs::digest::Digest;
use aws_lc_rs::signature::{
    ED25519, ParsedPublicKey, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RsaPublicKeyComponents,
    RsaSubjectPublicKey,
};

use super::KeyType;

/// Bits that an RSA key must have to verify anything (RFC 8301 §3.2).
pub const MIN_VERIFYING_BITS: u32 = 1_024;

/// Bits of the largest RSA key that is used.
pub const MAX_RSA_BITS: u32 = 8_192;

/// A public key, ready to verify with. Shared by all messages while its key
/// record is cached.
#[derive(Clone, Debug)]
pub struct PublicKey {
    key_type: KeyType,
    bits: u32,
    parsed: ParsedPublicKey,
}

/// Why the `p=` tag of a key record holds no usable key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// `p=` is empty.
    #[error("the key is revoked")]
    Revoked,
    /// `p=` is no Base64.
    #[error("the key is not valid Base64")]
    Base64,
    /// The octets are no RSA public key.
    #[error("the key is no RSA public key")]
    Malformed,
    /// An Ed25519 key of another length than 32 octets.
    #[error("the Ed25519 key has {octets} octets instead of 32")]
    Ed25519Length {
        /// Octets that it has.
        octets: usize,
    },
    /// An RSA key of fewer bits than [`MIN_VERIFYING_BITS`].
    #[error("the RSA key has {bits} bits, fewer than {MIN_VERIFYING_BITS}")]
    TooShort {
        /// Bits of the modulus.
        bits: u32,
    },
    /// An RSA key of more bits than [`MAX_RSA_BITS`].
    #[error("the RSA key has {bits} bits, more than {MAX_RSA_BITS}")]
    TooLong {
        /// Bits of the modulus.
        bits: u32,
    },
    /// An RSA exponent above 2^32.
    #[error("the RSA key's exponent has {bits} bits, more than 33")]
    Exponent {
        /// Bits of the exponent.
        bits: u32,
    },
}

impl PublicKeyError {
    /// Bits of an RSA key that is too short or too long.
    pub fn bits(&self) -> Option<u32> {
        match self {
            PublicKeyError::TooShort { bits } | PublicKeyError::TooLong { bits } => Some(*bits),
            PublicKeyError::Revoked
            | PublicKeyError::Base64
            | PublicKeyError::Malformed
            | PublicKeyError::Ed25519Length { .. }
            | PublicKeyError::Exponent { .. } => None,
        }
    }
}

impl PublicKey {
    /// Reads the decoded `p=` tag: for RSA a SubjectPublicKeyInfo or a bare
    /// RSAPublicKey (RFC 6376 §3.6.1, erratum 3017), for Ed25519 the 32 octets
    /// (RFC 8463 §4.2).
    ///
    /// # Errors
    /// [`PublicKeyError`] says what is wrong.
    pub fn from_octets(key_type: KeyType, octets: &[u8]) -> Result<PublicKey, PublicKeyError> {
        match key_type {
            KeyType::Rsa => PublicKey::rsa(octets),
            KeyType::Ed25519 => PublicKey::ed25519(octets),
        }
    }

    fn rsa(octets: &[u8]) -> Result<PublicKey, PublicKeyError> {
        let key = RsaSubjectPublicKey::from_der(octets).map_err(|_| PublicKeyError::Malformed)?;
        let modulus = key.modulus().big_endian_without_leading_zero();
        let exponent = key.exponent().big_endian_without_leading_zero();
        let bits = bit_len(modulus);
        // RFC 8301 §3.2: "Verifiers MUST NOT consider signatures using RSA keys of less than
        // 1024 bits as valid signatures."
        if bits < MIN_VERIFYING_BITS {
            return Err(PublicKeyError::TooShort { bits });
        }
        if bits > MAX_RSA_BITS {
            return Err(PublicKeyError::TooLong { bits });
        }
        if bit_len(exponent) > 33 {
            return Err(PublicKeyError::Exponent { bits: bit_len(exponent) });
        }
        let parsed = RsaPublicKeyComponents { n: modulus, e: exponent }
            .to_parsed_public_key(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY)
            .map_err(|_| PublicKeyError::Malformed)?;
        Ok(PublicKey { key_type: KeyType::Rsa, bits, parsed })
    }

    fn ed25519(octets: &[u8]) -> Result<PublicKey, PublicKeyError> {
        let wrong_length = PublicKeyError::Ed25519Length { octets: octets.len() };
        if octets.len() != 32 {
            return Err(wrong_length);
        }
        let parsed = ParsedPublicKey::new(&ED25519, octets).map_err(|_| wrong_length)?;
        Ok(PublicKey { key_type: KeyType::Ed25519, bits: 256, parsed })
    }

    /// RSA or Ed25519.
    pub fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// Bits of the RSA modulus; 256 for Ed25519.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// True where `signature` is this key's over a SHA-256 digest.
    pub(crate) fn verifies(&self, digest: &Digest, signature: &[u8]) -> bool {
        let verified = match self.key_type {
            KeyType::Rsa => self.parsed.verify_digest_sig(digest, signature),
            // RFC 8463 §3: the digest itself is what PureEdDSA signs.
            KeyType::Ed25519 => self.parsed.verify_sig(digest.as_ref(), signature),
        };
        verified.is_ok()
    }
}

/// Bits of a number without leading zero octets.
fn bit_len(big_endian: &[u8]) -> u32 {
    let Some(first) = big_endian.first() else { return 0 };
    let octets = u32::try_from(big_endian.len()).unwrap_or(u32::MAX / 8);
    octets * 8 - first.leading_zeros()
}
