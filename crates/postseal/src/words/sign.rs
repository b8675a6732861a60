use postseal_core::dkim::SignError;
use postseal_core::verdict::AuthservIdError;

use super::{defect, domain_name_error};
use crate::words::{Lang, say};

/// Why a message was not signed.
pub(crate) fn sign_error(error: &SignError, lang: Lang) -> String {
    match error {
        SignError::AmbiguousHeaderSection(kind) => {
            let what = defect(*kind, lang);
            say!(lang, "the header section cannot be signed: {what}", "ヘッダーに署名できません: {what}")
        }
        error if lang == Lang::En => error.to_string(),
        SignError::NoFrom => "メッセージに From フィールドがありません".to_owned(),
        SignError::FromNotSigned => "署名するフィールドの一覧に From がありません".to_owned(),
        SignError::BadName(name) => format!("{name:?} はヘッダーフィールドの名前ではありません"),
        SignError::TooManyNames(count) => format!("署名するフィールドが {count} 個あり、多すぎます"),
        SignError::ForbiddenName(name) => {
            format!("ARC-Message-Signature は {name} に署名してはなりません")
        }
        SignError::KeyName(error) => {
            format!(
                "セレクターとドメインを合わせてもドメイン名になりません: {}",
                domain_name_error(*error, lang)
            )
        }
        SignError::AuidOutsideSdid => "識別子が署名するドメインに属していません".to_owned(),
        SignError::ExpiresBeforeSigned => "署名の期限が署名の時刻より前です".to_owned(),
        SignError::Refused => "暗号ライブラリーで署名を作成できませんでした".to_owned(),
    }
}

/// Why a text is no authserv-id.
pub(crate) fn authserv_id_error(error: AuthservIdError, lang: Lang) -> String {
    let ja = match error {
        _ if lang == Lang::En => return error.to_string(),
        AuthservIdError::Empty => "authserv-id が空です",
        AuthservIdError::TooLong => "authserv-id が長すぎます",
        AuthservIdError::BadCharacter => "authserv-id に使えない文字があります",
        AuthservIdError::None => "「none」は authserv-id に使えません",
    };
    ja.to_owned()
}
