//! As much of DER (X.690) as tells what a private key is: enough to explain a
//! refusal. Keys are read by the cryptographic library, never by this.

/// What kind of private key a PKCS#8 or PKCS#1 document holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PrivateKeyKind {
    /// RSA with a modulus of so many bits.
    Rsa { bits: u32 },
    /// Ed25519.
    Ed25519,
    /// Anything else.
    Other,
}

/// PrivateKeyInfo (RFC 5208 §5): version, algorithm, octets of the key.
pub(super) fn kind_of_pkcs8(document: &[u8]) -> Option<PrivateKeyKind> {
    let (body, _) = element(SEQUENCE, document)?;
    let (_, rest) = element(INTEGER, body)?;
    let (algorithm, rest) = element(SEQUENCE, rest)?;
    let (identifier, _) = element(OBJECT_IDENTIFIER, algorithm)?;
    match identifier {
        RSA_ENCRYPTION => kind_of_pkcs1(element(OCTET_STRING, rest)?.0),
        ID_ED25519 => Some(PrivateKeyKind::Ed25519),
        _ => Some(PrivateKeyKind::Other),
    }
}

/// RSAPrivateKey (RFC 8017 §A.1.2): version, modulus and more.
pub(super) fn kind_of_pkcs1(document: &[u8]) -> Option<PrivateKeyKind> {
    let (body, _) = element(SEQUENCE, document)?;
    let (_, rest) = element(INTEGER, body)?;
    let (modulus, _) = element(INTEGER, rest)?;
    let zeros = modulus.iter().take_while(|b| **b == 0).count();
    let octets = u32::try_from(modulus.len() - zeros).ok()?;
    let first = modulus.get(zeros)?;
    Some(PrivateKeyKind::Rsa { bits: octets.checked_mul(8)? - first.leading_zeros() })
}

/// The content of the element at the front, and what follows it.
fn element(tag: u8, octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let [found, first, rest @ ..] = octets else { return None };
    if *found != tag {
        return None;
    }
    let (len, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (len, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (len.iter().fold(0, |n, b| n << 8 | usize::from(*b)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(len)
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// 1.2.840.113549.1.1.1.
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// 1.3.101.112 (RFC 8410 §3).
const ID_ED25519: &[u8] = &[0x2b, 0x65, 0x70];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_elements() {
        assert_eq!(element(INTEGER, b"\x02\x01\x07\x05"), Some((&b"\x07"[..], &b"\x05"[..])));
        assert_eq!(element(INTEGER, b"\x02\x81\x01\x07"), Some((&b"\x07"[..], &b""[..])));
        for wrong in
            [&b""[..], b"\x02", b"\x02\x02\x07", b"\x02\x80\x07", b"\x02\x84\xff\xff\xff\xff", b"\x04\x00"]
        {
            assert_eq!(element(INTEGER, wrong), None, "{wrong:?}");
        }
    }
}
