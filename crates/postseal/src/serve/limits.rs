use postseal_core::dkim::{self, KeyRecordError, PublicKeyError, SignatureError, TagListError};
use postseal_core::dmarc;
use postseal_core::message::{AddressDefect, AuthorDomainError, DefectKind};
use postseal_core::spf;

use crate::inbound::Judged;

/// The limits that messages can meet, by the words under which they are counted.
pub(crate) const LIMITS: &[&str] = &[
    "header_section",
    "from_field",
    "signatures",
    "signed_names",
    "tag_list",
    "key_record",
    "key_size",
    "spf_lookups",
    "spf_void_lookups",
    "spf_names",
    "dns_queries",
    "dns_rounds",
    "dns_time",
    "dns_aliases",
];

/// The limits that a message has met, each once.
pub(super) fn limits_met(judged: &Judged) -> impl Iterator<Item = &'static str> {
    let verdict = &judged.verdict;
    let section = verdict.section.ambiguity().is_some_and(|defect| is_size(defect.kind));
    let from = verdict.dmarc.cause.as_ref().is_some_and(is_from_limit);
    let dkim = |limit: &'static str| {
        let of = |cause: &dkim::Cause| dkim_limit(cause) == Some(limit);
        verdict.dkim.iter().any(|signature| signature.cause.as_ref().is_some_and(of))
    };
    let spf = |limit: &'static str| {
        let causes = [&verdict.mail_from.cause, &verdict.helo.cause];
        causes.into_iter().flatten().any(|cause| spf_limit(cause) == Some(limit))
    };
    let met = [
        section,
        from,
        dkim("signatures"),
        dkim("signed_names"),
        dkim("tag_list"),
        dkim("key_record"),
        dkim("key_size"),
        spf("spf_lookups"),
        spf("spf_void_lookups"),
        spf("spf_names"),
        judged.limits.queries,
        judged.limits.rounds,
        judged.limits.time,
        judged.limits.aliases,
    ];
    LIMITS.iter().zip(met).filter(|(_, met)| *met).map(|(limit, _)| *limit)
}

fn is_size(kind: DefectKind) -> bool {
    matches!(kind, DefectKind::TooManyFields | DefectKind::Oversized)
}

fn is_from_limit(cause: &dmarc::Cause) -> bool {
    match cause {
        dmarc::Cause::AuthorDomain(AuthorDomainError::TooLong { .. }) => true,
        dmarc::Cause::AuthorDomain(AuthorDomainError::Address(error)) => {
            matches!(error.defect, AddressDefect::TooManyAddresses | AddressDefect::CommentTooDeep)
        }
        _ => false,
    }
}

fn dkim_limit(cause: &dkim::Cause) -> Option<&'static str> {
    match cause {
        dkim::Cause::TooManySignatures { .. } => Some("signatures"),
        dkim::Cause::Signature(SignatureError::TooManyNames(_)) => Some("signed_names"),
        dkim::Cause::Signature(SignatureError::TagList(TagListError::TooLong { .. })) => Some("tag_list"),
        dkim::Cause::KeyRecord(KeyRecordError::TooLong { .. }) => Some("key_record"),
        dkim::Cause::Key(PublicKeyError::TooLong { .. } | PublicKeyError::Exponent { .. }) => {
            Some("key_size")
        }
        _ => None,
    }
}

fn spf_limit(cause: &spf::Cause) -> Option<&'static str> {
    match cause {
        spf::Cause::LookupLimit => Some("spf_lookups"),
        spf::Cause::VoidLookupLimit => Some("spf_void_lookups"),
        spf::Cause::MxLimit { .. } => Some("spf_names"),
        _ => None,
    }
}
