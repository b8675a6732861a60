use postseal_core::arc::{ArcCause, ArcResult, MAX_SETS, SealError, SealRefusal};

use super::dkim::signature_error;
use super::{defect, dkim_cause, sign_error};
use crate::words::{Lang, say};

/// What the result for a chain means.
pub(crate) fn arc_result(result: ArcResult, lang: Lang) -> &'static str {
    let (en, ja) = match result {
        ArcResult::None => ("no forwarder has sealed the message", "転送者による封印はありません"),
        ArcResult::Pass => ("every seal of the chain is good", "すべての封印が正しく検証されました"),
        ArcResult::Fail => ("the chain of seals is broken", "封印の連鎖が壊れています"),
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
                "ヘッダーを一通りに読めません: {what}"
            )
        }
        ArcCause::SealSignature { instance, cause } => {
            let why = dkim_cause(cause, lang);
            say!(
                lang,
                "the seal of instance {instance} did not pass: {why}",
                "インスタンス {instance} の封印が pass になりません: {why}"
            )
        }
        ArcCause::MessageSignature { instance, cause } => {
            let why = dkim_cause(cause, lang);
            say!(
                lang,
                "the message signature of instance {instance} did not pass: {why}",
                "インスタンス {instance} のメッセージ署名が pass になりません: {why}"
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
        ArcCause::SealedAsFailed => "最新の封印が、連鎖はすでに失敗していると述べています".to_owned(),
        ArcCause::Status { instance } => format!("インスタンス {instance} の封印の cv= が正しくありません"),
        ArcCause::Seal { instance, error } => {
            let why = match error {
                SealError::Signature(error) => signature_error(error),
                SealError::Status => "cv= が none, pass, fail のいずれでもありません".to_owned(),
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
            "連鎖はすでに失敗しているため、何も付け加えられません (RFC 8617)"
        ),
        SealRefusal::TooManySets => say!(
            lang,
            "the chain has {MAX_SETS} sets; no more may be added (RFC 8617)",
            "連鎖に {MAX_SETS} 個の ARC Set があり、これ以上は付け加えられません (RFC 8617)"
        ),
        SealRefusal::AuthservId => say!(
            lang,
            "the authserv-id is no name that a header field can hold",
            "authserv-id がヘッダーフィールドに書ける名前ではありません"
        ),
        SealRefusal::Sign(error) => sign_error(error, lang),
    }
}
