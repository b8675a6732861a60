use postseal_core::dkim::{
    Cause, DkimResult, KeyRecordError, MAX_KEY_RECORD, MAX_SIGNED_NAMES, PublicKeyError, SignatureError,
    TagListError,
};

use super::{defect, dns_failure, domain_name_error};
use crate::words::{Lang, say};

/// What a DKIM result means.
pub(crate) fn dkim_result(result: DkimResult, lang: Lang) -> &'static str {
    let (en, ja) = match result {
        DkimResult::None => ("the message has no signature", "署名がありません"),
        DkimResult::Pass => ("the signature is good", "署名は正しく検証されました"),
        DkimResult::Fail => (
            "the message was changed after it was signed, or the signature is forged",
            "署名後にメッセージが変更されたか、署名が偽造されています",
        ),
        DkimResult::Policy => {
            ("the signature is of a kind that is not accepted here", "ここでは受け入れない種類の署名です")
        }
        DkimResult::Neutral => ("the signature field cannot be read", "署名フィールドを読めません"),
        DkimResult::Temperror => (
            "the DNS gave no usable answer about the key; later it may",
            "鍵の問い合わせに対して DNS から有効な応答が得られませんでした",
        ),
        DkimResult::Permerror => ("the key cannot be had or used", "鍵を取得できないか、使えません"),
    };
    lang.pick(en, ja)
}

/// Why a signature did not pass.
pub(crate) fn dkim_cause(cause: &Cause, lang: Lang) -> String {
    match cause {
        Cause::AmbiguousHeaderSection(kind) => {
            let what = defect(*kind, lang);
            say!(
                lang,
                "the header section can be read in more than one way: {what}",
                "ヘッダーの解釈が一意に定まりません: {what}"
            )
        }
        Cause::Dns(failure) => {
            let why = dns_failure(*failure, lang);
            say!(lang, "the key look-up failed: {why}", "鍵を取得できませんでした: {why}")
        }
        cause if lang == Lang::En => cause.to_string(),
        Cause::Signature(error) => signature_error(error),
        Cause::TooManySignatures { limit } => {
            format!("署名が {limit} 個を超えるため、この署名は検証しませんでした")
        }
        Cause::HistoricAlgorithm => "rsa-sha1 は受け入れられません".to_owned(),
        Cause::Expired { expired_at, now } => {
            format!("署名の期限が切れています(期限 {expired_at}、現在 {now})")
        }
        Cause::SignedInFuture { signed_at, now } => {
            format!("署名の時刻が未来になっています(署名 {signed_at}、現在 {now})")
        }
        Cause::FieldsNotExact => "署名の検証に必要な、元のままのヘッダーフィールドがありません".to_owned(),
        Cause::NoKey => "鍵レコードがありません".to_owned(),
        Cause::KeyRecord(error) => key_record_error(error),
        Cause::KeyTypeMismatch => "鍵の種類が署名のアルゴリズムと合いません".to_owned(),
        Cause::Key(error) => public_key_error(*error),
        Cause::HashNotAllowed => "鍵レコードで sha256 が許可されていません".to_owned(),
        Cause::ServiceNotAllowed => "鍵はメール用ではありません".to_owned(),
        Cause::SubdomainNotAllowed => "鍵レコードでサブドメインの識別子が許可されていません".to_owned(),
        Cause::BodyHashMismatch => "本文のハッシュが一致しません".to_owned(),
        Cause::BodyTooShort { signed, body_len } => {
            format!("署名は本文の {signed} オクテットを対象としますが、本文は {body_len} オクテットです")
        }
        Cause::SignatureMismatch => "署名の値が一致しません".to_owned(),
        Cause::UnsignedBody { signed, body_len } => {
            format!("本文のうち {} オクテットが署名されていません", body_len.saturating_sub(*signed))
        }
    }
}

// The rest is Japanese only; the core has the English.

pub(super) fn signature_error(error: &SignatureError) -> String {
    match error {
        SignatureError::TagList(error) => {
            format!("署名が「タグ=値」の形式ではありません: {}", tag_list_error(error))
        }
        SignatureError::MissingTag(tag) => format!("署名に {tag}= タグがありません"),
        SignatureError::Version => "署名のバージョンが 1 ではありません".to_owned(),
        SignatureError::UnknownAlgorithm => "署名のアルゴリズムに対応していません".to_owned(),
        SignatureError::UnknownCanonicalization => "署名の正規化方式に対応していません".to_owned(),
        SignatureError::Domain(error) => {
            format!("署名の d= がドメイン名ではありません: {}", domain_name_error(*error, Lang::Ja))
        }
        SignatureError::Selector(error) => {
            format!("署名の s= がセレクターではありません: {}", domain_name_error(*error, Lang::Ja))
        }
        SignatureError::KeyName(error) => {
            format!(
                "セレクターとドメインを合わせてもドメイン名になりません: {}",
                domain_name_error(*error, Lang::Ja)
            )
        }
        SignatureError::Auid => "署名の i= が識別子ではありません".to_owned(),
        SignatureError::AuidOutsideSdid => "署名の i= が d= のドメインの外にあります".to_owned(),
        SignatureError::SignatureOctets => "署名の b= が正しい Base64 ではありません".to_owned(),
        SignatureError::BodyHash => "署名の bh= が正しい Base64 ではありません".to_owned(),
        SignatureError::FromNotSigned => "From フィールドが署名されていません".to_owned(),
        SignatureError::TooManyNames(count) => {
            format!("署名の h= に {count} 個の名前があります(上限 {MAX_SIGNED_NAMES})")
        }
        SignatureError::SealSigned => "ARC-Message-Signature が ARC-Seal に署名しています".to_owned(),
        SignatureError::Number(tag) => format!("署名の {tag}= が数値ではありません"),
        SignatureError::ExpiresBeforeSigned => "署名の期限が署名の時刻より前です".to_owned(),
        SignatureError::QueryMethod => "署名の鍵の取得方法に対応していません".to_owned(),
    }
}

fn tag_list_error(error: &TagListError) -> String {
    match error {
        TagListError::NoEquals { at } => format!("オクテット {at} の部分に「=」がありません"),
        TagListError::BadName { at } => format!("オクテット {at} のタグ名が正しくありません"),
        TagListError::Duplicate { at } => format!("オクテット {at} のタグが重複しています"),
        TagListError::TooLong { octets } => format!("{octets} オクテットあり、長すぎます"),
    }
}

fn key_record_error(error: &KeyRecordError) -> String {
    match error {
        KeyRecordError::TooLong { octets } => {
            format!("鍵レコードが {octets} オクテットあります(上限 {MAX_KEY_RECORD})")
        }
        KeyRecordError::TagList(error) => {
            format!("鍵レコードが「タグ=値」の形式ではありません: {}", tag_list_error(error))
        }
        KeyRecordError::Version => "鍵レコードのバージョンが DKIM1 ではないか、先頭にありません".to_owned(),
        KeyRecordError::UnknownKeyType => "鍵レコードの鍵の種類に対応していません".to_owned(),
        KeyRecordError::MissingKey => "鍵レコードに p= タグがありません".to_owned(),
    }
}

fn public_key_error(error: PublicKeyError) -> String {
    match error {
        PublicKeyError::Revoked => "鍵は失効しています".to_owned(),
        PublicKeyError::Base64 => "鍵が正しい Base64 ではありません".to_owned(),
        PublicKeyError::Malformed => "鍵が RSA 公開鍵ではありません".to_owned(),
        PublicKeyError::Ed25519Length { octets } => {
            format!("Ed25519 鍵が 32 オクテットではなく {octets} オクテットです")
        }
        PublicKeyError::TooShort { bits } => format!("RSA 鍵が {bits} ビットと短すぎます"),
        PublicKeyError::TooLong { bits } => format!("RSA 鍵が {bits} ビットと長すぎます"),
        PublicKeyError::Exponent { bits } => format!("RSA 鍵の指数が {bits} ビットと大きすぎます"),
    }
}
