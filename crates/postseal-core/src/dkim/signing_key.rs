use std::fmt;

use aws_lc_rs::digest::Digest;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroize;

use super::der::{PrivateKeyKind, kind_of_pkcs1, kind_of_pkcs8};
use super::{Algorithm, SignError};

/// Bits that an RSA key must have to sign with it.
pub const MIN_SIGNING_BITS: u32 = 2_048;

/// A private key to sign with. Its `Debug` output tells the algorithm and the
/// size and nothing else; the cryptographic library wipes its memory.
#[derive(Clone)]
pub struct SigningKey(Pair);

#[derive(Clone)]
enum Pair {
    Rsa { key: Box<RsaKeyPair>, bits: u32 },
    Ed25519(Ed25519KeyPair),
}

/// Why a text holds no key to sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// No PEM block with a private key.
    #[error("there is no PEM private key in it")]
    NoPrivateKey,
    /// The PEM block cannot be decoded.
    #[error("the PEM text is damaged")]
    DamagedPem,
    /// The private key is protected by a passphrase.
    #[error("the private key is encrypted; write it out without a passphrase")]
    Encrypted,
    /// Neither RSA nor Ed25519.
    #[error("the private key is neither RSA nor Ed25519")]
    UnsupportedType,
    /// An RSA key of fewer bits than [`MIN_SIGNING_BITS`].
    #[error("the RSA key has {bits} bits; signing needs at least {MIN_SIGNING_BITS}")]
    TooShort {
        /// Bits of the modulus.
        bits: u32,
    },
    /// The numbers in the key are not those of a private key.
    #[error("the private key is not valid: {0}")]
    Rejected(&'static str),
}

impl SigningKey {
    /// Reads the first private key of a PEM text: PKCS#8 or, for RSA, PKCS#1.
    ///
    /// # Errors
    /// [`SigningKeyError`] says what is wrong; an RSA key under 2048 bits is
    /// refused (RFC 8301 §3.2: "Signers SHOULD use RSA keys of at least 2048 bits").
    pub fn from_pem(text: &[u8]) -> Result<SigningKey, SigningKeyError> {
        if [&b"BEGIN ENCRYPTED PRIVATE KEY"[..], b"Proc-Type: 4,ENCRYPTED"]
            .iter()
            .any(|mark| contains(text, mark))
        {
            return Err(SigningKeyError::Encrypted);
        }
        let mut document = PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
            rustls_pki_types::pem::Error::NoItemsFound => SigningKeyError::NoPrivateKey,
            _ => SigningKeyError::DamagedPem,
        })?;
        let key = match &document {
            PrivateKeyDer::Pkcs8(key) => SigningKey::from_pkcs8(key),
            PrivateKeyDer::Pkcs1(key) => SigningKey::from_pkcs1(key),
            _ => Err(SigningKeyError::UnsupportedType),
        };
        document.zeroize();
        key
    }

    /// Reads a PKCS#8 document, version 1 or 2.
    ///
    /// # Errors
    /// As [`SigningKey::from_pem`].
    pub fn from_pkcs8(document: &PrivatePkcs8KeyDer<'_>) -> Result<SigningKey, SigningKeyError> {
        let octets = document.secret_pkcs8_der();
        match kind_of_pkcs8(octets) {
            Some(PrivateKeyKind::Rsa { bits }) => rsa(bits, || RsaKeyPair::from_pkcs8(octets)),
            Some(PrivateKeyKind::Ed25519) => {
                let key = Ed25519KeyPair::from_pkcs8(octets)
                    .map_err(|e| SigningKeyError::Rejected(e.description_()))?;
                Ok(SigningKey(Pair::Ed25519(key)))
            }
            Some(PrivateKeyKind::Other) => Err(SigningKeyError::UnsupportedType),
            None => Err(SigningKeyError::Rejected("it is no PKCS#8 document")),
        }
    }

    fn from_pkcs1(document: &PrivatePkcs1KeyDer<'_>) -> Result<SigningKey, SigningKeyError> {
        let octets = document.secret_pkcs1_der();
        match kind_of_pkcs1(octets) {
            Some(PrivateKeyKind::Rsa { bits }) => rsa(bits, || RsaKeyPair::from_der(octets)),
            _ => Err(SigningKeyError::Rejected("it is no PKCS#1 document")),
        }
    }

    /// The algorithm that this key signs with.
    pub fn algorithm(&self) -> Algorithm {
        match &self.0 {
            Pair::Rsa { .. } => Algorithm::RsaSha256,
            Pair::Ed25519(_) => Algorithm::Ed25519Sha256,
        }
    }

    /// Bits of the RSA modulus; 256 for Ed25519.
    pub fn bits(&self) -> u32 {
        match &self.0 {
            Pair::Rsa { bits, .. } => *bits,
            Pair::Ed25519(_) => 256,
        }
    }

    /// The key record to publish for this key (RFC 6376 §3.6.1, RFC 8463 §4):
    /// the text of one TXT record, longer than 255 octets for RSA.
    pub fn record(&self) -> String {
        let (key_type, octets) = match &self.0 {
            Pair::Rsa { key, .. } => {
                let spki = key.public_key().as_der().map(|der| der.as_ref().to_vec());
                // Encoding a key that was loaded fails for want of memory only.
                ("rsa", spki.unwrap_or_default())
            }
            Pair::Ed25519(key) => ("ed25519", key.public_key().as_ref().to_vec()),
        };
        format!("v=DKIM1; k={key_type}; p={}", STANDARD.encode(octets))
    }

    /// Signs a SHA-256 digest; returns the signature as Base64.
    pub(crate) fn sign(&self, digest: &Digest) -> Result<String, SignError> {
        match &self.0 {
            Pair::Rsa { key, .. } => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign_digest(&RSA_PKCS1_SHA256, digest, &mut signature).map_err(|_| SignError::Refused)?;
                Ok(STANDARD.encode(signature))
            }
            // RFC 8463 §3: the digest itself is what PureEdDSA signs.
            Pair::Ed25519(key) => Ok(STANDARD.encode(key.sign(digest.as_ref()))),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {} bits)", self.algorithm(), self.bits())
    }
}

fn rsa(
    bits: u32,
    load: impl FnOnce() -> Result<RsaKeyPair, aws_lc_rs::error::KeyRejected>,
) -> Result<SigningKey, SigningKeyError> {
    if bits < MIN_SIGNING_BITS {
        return Err(SigningKeyError::TooShort { bits });
    }
    let key = load().map_err(|e| SigningKeyError::Rejected(e.description_()))?;
    Ok(SigningKey(Pair::Rsa { key: Box::new(key), bits }))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}
