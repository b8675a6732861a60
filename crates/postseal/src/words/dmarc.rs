use postseal_core::dmarc::{Cause, Disposition, DmarcResult};

use super::{author_domain_error, dns_failure};
use crate::words::{Lang, say};

/// Why a message does not pass.
pub(crate) fn dmarc_cause(cause: &Cause, lang: Lang) -> String {
    match cause {
        Cause::AuthorDomain(error) => author_domain_error(error, lang),
        Cause::NoRecord => say!(
            lang,
            "neither the domain nor one above it has a DMARC Policy Record",
            "このドメインにも上位のドメインにも DMARC ポリシーレコードがありません"
        ),
        Cause::SeveralRecords => say!(
            lang,
            "there are several DMARC Policy Records at one name, so none counts",
            "一つの名前に複数の DMARC ポリシーレコードがあるため、どれも無効です"
        ),
        Cause::NoValidPolicy { domain } => say!(
            lang,
            "the DMARC Policy Record of {domain} has no valid policy",
            "{domain} の DMARC ポリシーレコードに有効なポリシーがありません"
        ),
        Cause::PolicyLookup { domain, failure } => {
            let why = dns_failure(*failure, lang);
            say!(
                lang,
                "the DMARC Policy Record of {domain} could not be looked up: {why}",
                "{domain} の DMARC ポリシーレコードを取得できませんでした: {why}"
            )
        }
        Cause::ExistenceLookup { domain, failure } => {
            let why = dns_failure(*failure, lang);
            say!(
                lang,
                "whether {domain} exists could not be found out: {why}",
                "{domain} が存在するかどうかを確認できませんでした: {why}"
            )
        }
        Cause::IdentifierUndecided { domain } => say!(
            lang,
            "whether {domain} is authenticated is not known",
            "{domain} が認証されたかどうかを判断できません"
        ),
        Cause::AlignmentLookup { identifier, domain, failure } => {
            let why = dns_failure(*failure, lang);
            say!(
                lang,
                "whether {identifier} is aligned is not known: _dmarc.{domain}: {why}",
                "{identifier} のアライメントが取れているかどうか判断できません: _dmarc.{domain}: {why}"
            )
        }
        Cause::NothingAuthenticated => say!(
            lang,
            "neither SPF nor DKIM passed for any domain",
            "SPF も DKIM も、どのドメインについても pass になりませんでした"
        ),
        Cause::NotAligned => say!(
            lang,
            "what passed is for a domain that is not aligned with the From domain",
            "pass になったドメインは、From のドメインとのアライメントが取れません"
        ),
    }
}

/// What the verdict means for the message.
pub(crate) fn dmarc_meaning(result: DmarcResult, disposition: Disposition, lang: Lang) -> &'static str {
    let (en, ja) = match (result, disposition) {
        (DmarcResult::Pass, _) => (
            "the message comes from where its From field says",
            "From に書かれたドメインからのメッセージです",
        ),
        (DmarcResult::Fail, Disposition::Reject) => (
            "the domain asks receivers to refuse such a message",
            "ドメインのポリシーは、このようなメッセージの拒否を求めています",
        ),
        (DmarcResult::Fail, Disposition::Quarantine) => (
            "the domain asks receivers to set such a message aside",
            "ドメインのポリシーは、このようなメッセージの検疫を求めています",
        ),
        (DmarcResult::Fail, Disposition::None | Disposition::Pass) => (
            "nothing proves where the message comes from; the domain asks for no action",
            "差出人は証明されていませんが、ドメインのポリシーは何も求めていません",
        ),
        (DmarcResult::None, _) => {
            ("the domain does not use DMARC", "このドメインは DMARC を使用していません")
        }
        (DmarcResult::Temperror, _) => (
            "no verdict now; a later try may have one",
            "現在は判定できません。後で結果が変わる可能性があります",
        ),
        (DmarcResult::Permerror, _) => (
            "the message has no usable From domain, so nothing can vouch for it",
            "有効な From ドメインがないため、差出人を認証できません",
        ),
    };
    lang.pick(en, ja)
}
