use postseal_core::advice::TlsaFault;

use crate::words::{Lang, say};

/// Why senders make no use of a TLSA record, in one sentence.
pub(super) fn tlsa_fault(fault: TlsaFault, lang: Lang) -> String {
    match fault {
        TlsaFault::NotAuthentic => say!(
            lang,
            "There are TLSA records, but the resolver does not say that DNSSEC proves them (no AD bit).",
            "TLSA レコードがありますが、リゾルバーの応答で DNSSEC による検証を確認できません(AD ビットがありません)。"
        ),
        TlsaFault::Usage(usage) => say!(
            lang,
            "The TLSA record has the certificate usage {usage}; for mail it is 3 (DANE-EE) or 2 (DANE-TA).",
            "TLSA レコードの証明書の用途(Certificate Usage)が {usage} です。メールでは 3(DANE-EE)または 2(DANE-TA)を使います。"
        ),
        TlsaFault::Selector(selector) => say!(
            lang,
            "The TLSA record has the selector {selector}; there are 0 and 1.",
            "TLSA レコードのセレクターが {selector} です。使えるのは 0 と 1 だけです。"
        ),
        TlsaFault::Matching(matching) => say!(
            lang,
            "The TLSA record has the matching type {matching}; there are 0, 1 and 2.",
            "TLSA レコードの照合方式(Matching Type)が {matching} です。使えるのは 0、1、2 だけです。"
        ),
        TlsaFault::Length { octets, expected: Some(expected) } => say!(
            lang,
            "The data of the TLSA record has {octets} octets; the digest has {expected}.",
            "TLSA レコードのデータが {octets} オクテットです。このハッシュ値は {expected} オクテットになるはずです。"
        ),
        TlsaFault::Length { expected: None, .. } => {
            say!(lang, "The TLSA record has no data.", "TLSA レコードにデータがありません。")
        }
    }
}
