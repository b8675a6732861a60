use postseal_core::arc::{ArcCause, ArcResult, MAX_SETS, SealError, SealRefusal};

use super::dkim::signature_error;
use super::{defect, dkim_cause, sign_error};
use crate::words::{Lang, say};

/// What the result for a chain means.
pub(crate) fn arc_result(result: ArcResult, lang: Lang) -> &'static str {
    let (en, ja) = match result {
        ArcResult::None => ("no forwarder has sealed the message", "転送者による封印はありません"),
        ArcResult::Pass => ("every seal of the chain is good", "すべての封印が正しく検証されました"),
        ArcResult::Fail => ("the chain of seals is broken", "ARC チェーンが壊れています"),
    };
    lang.pick(en, ja)
}

/// Why a chain failed.
pub(crate) fn arc_cause(cause: &ArcCause, lang: Lang) -> String {
    match cause {
        ArcCause::AmbiguousHeaderSection(kind) => {
            let what = defect(*kind, lang);
            say!(
                lang,
                "the header section can be read in more than one way: {what}",
                "ヘッダーの解釈が一意に定まりません: {what}"
            )
        }
        ArcCause::SealSignature { instance, cause } => {
            let why = dkim_cause(cause, lang);
            say!(
                lang,
                "the seal of instance {instance} did not pass: {why}",
                "インスタンス {instance} の封印を検証できません: {why}"
            )
        }
        ArcCause::MessageSignature { instance, cause } => {
            let why = dkim_cause(cause, lang);
            say!(
                lang,
                "the message signature of instance {instance} did not pass: {why}",
                "インスタンス {instance} のメッセージ署名を検証できません: {why}"
            )
        }
        cause if lang == Lang::En => cause.to_string(),
        ArcCause::BadInstance { field } => format!("{field} フィールドのインスタンスが正しくありません"),
        ArcCause::Duplicate { field, instance } => {
            format!("インスタンス {instance} の {field} フィールドが複数あります")
        }
        ArcCause::Missing { field, instance } => {
            format!("インスタンス {instance} の {field} フィールドがありません")
        }
        ArcCause::SealedAsFailed => {
            "最新の封印に、チェーンの検証がすでに失敗したと記録されています".to_owned()
        }
        ArcCause::Status { instance } => format!("インスタンス {instance} の封印の cv= が正しくありません"),
        ArcCause::Seal { instance, error } => {
            let why = match error {
                SealError::Signature(error) => signature_error(error),
                SealError::Status => "cv= が none、pass、fail のいずれでもありません".to_owned(),
                SealError::SignedNames => "h= タグがあります".to_owned(),
            };
            format!("インスタンス {instance} の封印が正しくありません: {why}")
        }
    }
}

/// Why a message was not sealed.
pub(crate) fn seal_refusal(refusal: &SealRefusal, lang: Lang) -> String {
    match refusal {
        SealRefusal::ChainEnded => say!(
            lang,
            "the chain has failed before, so nothing may be added to it (RFC 8617)",
            "チェーンの検証がすでに失敗しているため、ARC Set を追加できません(RFC 8617)"
        ),
        SealRefusal::TooManySets => say!(
            lang,
            "the chain has {MAX_SETS} sets; no more may be added (RFC 8617)",
            "チェーンに ARC Set が {MAX_SETS} 個あり、これ以上は追加できません(RFC 8617)"
        ),
        SealRefusal::AuthservId => say!(
            lang,
            "the authserv-id is no name that a header field can hold",
            "authserv-id がヘッダーフィールドに使える名前ではありません"
        ),
        SealRefusal::Sign(error) => sign_error(error, lang),
    }
}
