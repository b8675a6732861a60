//! The physical floor: one SHA-256 over the octets and the public-key
//! operations, with keys parsed beforehand.

use std::hint::black_box;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    RsaKeyPair, UnparsedPublicKey,
};

/// The two algorithms of DKIM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// rsa-sha256 with a 2048-bit key.
    Rsa2048,
    /// ed25519-sha256.
    Ed25519,
}

/// A key made for this run, in the forms that the competitors want.
pub struct Key {
    pair: Pair,
    /// PKCS #8.
    pub private_der: Vec<u8>,
    /// What `p=` holds, before base64.
    pub public_octets: Vec<u8>,
    public: ParsedPublicKey,
    signature: Vec<u8>,
}

enum Pair {
    Rsa(Box<RsaKeyPair>, SystemRandom),
    Ed25519(Ed25519KeyPair),
}

const SIGNED: &[u8; 32] = b"thirty-two octets, as a hash has";

impl Key {
    /// A new key.
    pub fn generate(algorithm: Algorithm) -> Key {
        let (pair, private_der, public_octets) = match algorithm {
            Algorithm::Rsa2048 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
                let private: Pkcs8V1Der<'_> = pair.as_der().expect("PKCS #8");
                let public: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("SPKI");
                let (private, public) = (private.as_ref().to_vec(), public.as_ref().to_vec());
                (Pair::Rsa(Box::new(pair), SystemRandom::new()), private, public)
            }
            Algorithm::Ed25519 => {
                let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
                let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).expect("the same key");
                let public = pair.public_key().as_ref().to_vec();
                (Pair::Ed25519(pair), private.as_ref().to_vec(), public)
            }
        };
        let public = match algorithm {
            Algorithm::Rsa2048 => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &public_octets).parse(),
            Algorithm::Ed25519 => UnparsedPublicKey::new(&ED25519, &public_octets).parse(),
        };
        let mut key = Key {
            pair,
            private_der,
            public_octets,
            public: public.expect("our own key"),
            signature: Vec::new(),
        };
        key.signature = key.signature_of_thirty_two_octets();
        key
    }

    /// One signing operation.
    pub fn signature_of_thirty_two_octets(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair, random) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, random, SIGNED, &mut signature).expect("signs");
                signature
            }
            Pair::Ed25519(pair) => pair.sign(SIGNED).as_ref().to_vec(),
        }
    }

    /// One verification.
    pub fn verify_thirty_two_octets(&self) {
        self.public.verify_sig(black_box(SIGNED), &self.signature).expect("verifies");
    }
}

/// One SHA-256 over the octets and so many verifications.
pub fn verify(octets: &[u8], verifications: usize, key: &Key) {
    black_box(digest(&SHA256, black_box(octets)));
    for _ in 0..verifications {
        key.verify_thirty_two_octets();
    }
}

/// One SHA-256 over the octets and one signing operation.
pub fn sign(octets: &[u8], key: &Key) {
    black_box(digest(&SHA256, black_box(octets)));
    black_box(key.signature_of_thirty_two_octets());
}
