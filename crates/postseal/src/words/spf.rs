use postseal_core::spf::{Cause, MAX_LOOKUPS, MAX_NAMES, MAX_VOID_LOOKUPS, MacroError, SpfResult, TermError};

use super::{dns_failure, record_type_and_name};
use crate::words::{Lang, say};

/// What an SPF result means.
pub(crate) fn spf_result(result: SpfResult, lang: Lang) -> &'static str {
    let (en, ja) = match result {
        SpfResult::None => {
            ("the domain says nothing about who may send", "ドメインは送信元を公開していません")
        }
        SpfResult::Neutral => (
            "the domain does not say whether this address may send",
            "ドメインの SPF レコードは、このアドレスについて何も判断していません",
        ),
        SpfResult::Pass => {
            ("this address may send for the domain", "このアドレスはドメインの送信元として許可されています")
        }
        SpfResult::Fail => (
            "this address may not send for the domain",
            "このアドレスはドメインの送信元として許可されていません",
        ),
        SpfResult::Softfail => (
            "this address probably may not send for the domain",
            "このアドレスは、おそらくドメインの送信元として許可されていません",
        ),
        SpfResult::Temperror => (
            "the DNS gave no usable answer; later it may",
            "DNS から有効な応答が得られませんでした。後で結果が変わる可能性があります",
        ),
        SpfResult::Permerror => {
            ("what the domain publishes cannot be interpreted", "ドメインの SPF レコードを解釈できません")
        }
    };
    lang.pick(en, ja)
}

/// Why a check ended without a mechanism that matched.
pub(crate) fn spf_cause(cause: &Cause, lang: Lang) -> String {
    match cause {
        Cause::NoDomain => say!(
            lang,
            "the identity has no domain name that can be checked",
            "判定できるドメイン名がありません"
        ),
        Cause::ClientUnknown => {
            say!(lang, "the address of the client is not known", "クライアントのアドレスが分かりません")
        }
        Cause::NoSuchDomain { domain } => say!(lang, "{domain} does not exist", "{domain} は存在しません"),
        Cause::NoRecord { domain } => {
            say!(lang, "{domain} has no SPF record", "{domain} には SPF レコードがありません")
        }
        Cause::NoMatch { domain } => say!(
            lang,
            "no mechanism of {domain} matched, and its record ends without \"all\"",
            "{domain} のどの機構にも一致せず、レコードは「all」で終わっていません"
        ),
        Cause::MultipleRecords { domain, count } => {
            say!(
                lang,
                "{domain} has {count} SPF records; there may be one",
                "{domain} には SPF レコードが {count} 個あります。登録できるのは 1 個だけです"
            )
        }
        Cause::Syntax { domain, error, span } => {
            let error = term_error(*error, lang);
            let (start, end) = (span.start, span.end);
            say!(
                lang,
                "the SPF record of {domain}: {error} (octets {start} to {end})",
                "{domain} の SPF レコード: {error}(オクテット {start} から {end})"
            )
        }
        Cause::LookupLimit => say!(
            lang,
            "more than {MAX_LOOKUPS} terms that need DNS look-ups",
            "DNS 参照が必要な記述が {MAX_LOOKUPS} 個を超えています"
        ),
        Cause::VoidLookupLimit => say!(
            lang,
            "more than {MAX_VOID_LOOKUPS} look-ups found nothing (void lookups)",
            "結果のない DNS 参照(void lookup)が {MAX_VOID_LOOKUPS} 回を超えました"
        ),
        Cause::MxLimit { domain } => say!(
            lang,
            "{domain} has more than {MAX_NAMES} mail exchanges",
            "{domain} の MX が {MAX_NAMES} 個を超えています"
        ),
        Cause::IncludeNotFound { target } => say!(
            lang,
            "include:{target} names no SPF record",
            "include:{target} の先に SPF レコードがありません"
        ),
        Cause::RedirectNotFound { target } => say!(
            lang,
            "redirect={target} names no SPF record",
            "redirect={target} の先に SPF レコードがありません"
        ),
        Cause::Dns { question, failure } => {
            format!("{}: {}", record_type_and_name(question), dns_failure(*failure, lang))
        }
    }
}

pub(super) fn term_error(error: TermError, lang: Lang) -> String {
    let ja = match error {
        _ if lang == Lang::En => return error.to_string(),
        TermError::Macro(error) => return macro_error(error),
        TermError::BadOctet(octet) => return format!("オクテット 0x{octet:02x} は使えません"),
        TermError::RecordTooLong => "レコードが長すぎます",
        TermError::UnknownMechanism => "機構でも修飾子でもありません",
        TermError::MissingArgument => "機構に引数がありません",
        TermError::UnexpectedArgument => "この機構にこの引数は指定できません",
        TermError::EmptyDomain => "ドメインが空です",
        TermError::DomainEnd => "ドメインは「.」とトップレベルドメイン、またはマクロで終わる必要があります",
        TermError::PrefixLength => "プレフィックス長が正しくありません",
        TermError::Ip4Address => "IPv4 アドレスではありません",
        TermError::Ip6Address => "IPv6 アドレスではありません",
        TermError::RepeatedModifier => "この修飾子は一度しか書けません",
    };
    ja.to_owned()
}

fn macro_error(error: MacroError) -> String {
    match error {
        MacroError::BarePercent => "「%」の後に「{」「%」「_」「-」のいずれもありません".to_owned(),
        MacroError::UnknownLetter(letter) => format!("{letter:?} というマクロはありません"),
        MacroError::ExplanationOnly(letter) => format!("マクロ {letter:?} は説明文でしか使えません"),
        MacroError::ZeroParts => "マクロは少なくとも 1 つのラベルを残す必要があります".to_owned(),
        MacroError::Unclosed => "マクロが閉じ波括弧で終わっていません".to_owned(),
        MacroError::BadOctet(octet) => format!("オクテット 0x{octet:02x} は使えません"),
    }
}
