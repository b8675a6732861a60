use postseal_core::advice::Change;

use crate::words::{Lang, say};

/// What was done to a message after it was signed.
pub(crate) fn change_message(change: &Change, lang: Lang) -> String {
    match change {
        Change::FooterAdded { .. } => {
            say!(lang, "text was added at the end", "末尾にテキスト(フッター)が追加されました")
        }
        Change::BannerAdded { .. } => {
            say!(lang, "text was added at the beginning", "先頭にテキスト(警告文など)が追加されました")
        }
        Change::LinesAdded { .. } => {
            say!(lang, "lines were added within the text", "本文の途中に行が追加されました")
        }
        Change::Wrapped => say!(
            lang,
            "the message was put into a part of a new multipart message",
            "メールが新しいマルチパート メールの一部に入れられました"
        ),
        Change::LineEnds => say!(lang, "line ends were changed", "改行コードが変更されました"),
        Change::TrailingBlanks => {
            say!(lang, "blanks were added at the ends of lines", "行末に空白が追加されました")
        }
        Change::FromEscaped => say!(
            lang,
            "\"From \" at the beginning of a line became \">From \"",
            "行頭の「From 」が「>From 」に変更されました"
        ),
        Change::DotsDoubled => {
            say!(lang, "dots at the beginning of lines were doubled", "行頭のドットが二重になりました")
        }
        Change::LinesCut => say!(lang, "long lines were cut", "長い行が途中で分割されました"),
        Change::ReEncoded { from } => say!(
            lang,
            "the content was encoded anew; it was signed as {from}",
            "本文のエンコード方式が変更されました(署名時は {from})"
        ),
        Change::CharsetConverted { from, encoding, to } => say!(
            lang,
            "the text was converted to {to}; it was signed as {from} ({encoding})",
            "本文の文字コードが {to} に変換されました(署名時は {from}、{encoding})"
        ),
        Change::BodyChanged => say!(
            lang,
            "the body was changed in a way that could not be undone",
            "本文が変更されましたが、元に戻せる変更ではありません"
        ),
        Change::SubjectTagged { .. } => {
            say!(lang, "a tag was put into the subject", "件名にタグが追加されました")
        }
        Change::FromRewritten { .. } => {
            say!(lang, "the From field was rewritten", "From フィールドが書き換えられました")
        }
        Change::FieldRewritten { name } => {
            say!(lang, "the {name} field was rewritten", "{name} フィールドが書き換えられました")
        }
        Change::FieldAdded { name } => say!(
            lang,
            "a {name} field was added, which the signer had ruled out",
            "署名者が追加を禁じていた {name} フィールドが追加されました"
        ),
        Change::Refolded => say!(
            lang,
            "header fields were folded anew, and the signature is of the kind (simple) that does not bear it",
            "ヘッダーの折り返しが変更されました。この署名の方式(simple)では許されない変更です"
        ),
        Change::EncodingField { .. } => say!(
            lang,
            "the Content-Transfer-Encoding field was changed",
            "Content-Transfer-Encoding フィールドが変更されました"
        ),
        Change::ContentTypeField => say!(
            lang,
            "the Content-Type field is signed as well and names the new charset; how it read when it was signed could not be found, nor whether another field was changed",
            "Content-Type フィールドも署名対象で、変換後の文字コードを示しています。署名時の内容と、ほかのフィールドの変更の有無は確認できませんでした"
        ),
        Change::FieldMissing { name } => say!(
            lang,
            "the signature covers the field {name}, which is not there",
            "署名対象の {name} フィールドがありません"
        ),
        Change::HeaderChanged => say!(
            lang,
            "a signed header field was changed in a way that could not be undone, or the key in the DNS is not the signer's",
            "署名されたヘッダーが元に戻せない形で変更されたか、DNS の公開鍵が署名の鍵と異なります"
        ),
    }
}

/// The octets that show it, where there are some.
pub(crate) fn change_evidence(change: &Change) -> String {
    match change {
        Change::FooterAdded { text } | Change::BannerAdded { text } | Change::LinesAdded { text } => {
            text.clone()
        }
        Change::SubjectTagged { tag } => tag.clone(),
        Change::FromRewritten { was } => format!("From: {was}"),
        Change::ReEncoded { from } => (*from).to_owned(),
        Change::CharsetConverted { from, encoding, to } => format!("{from} ({encoding}) -> {to}"),
        Change::EncodingField { was } => was.unwrap_or_default().to_owned(),
        Change::FieldRewritten { name } | Change::FieldAdded { name } | Change::FieldMissing { name } => {
            name.clone()
        }
        Change::Wrapped
        | Change::LineEnds
        | Change::TrailingBlanks
        | Change::FromEscaped
        | Change::DotsDoubled
        | Change::LinesCut
        | Change::BodyChanged
        | Change::Refolded
        | Change::ContentTypeField
        | Change::HeaderChanged => String::new(),
    }
}

/// What to do about it.
pub(crate) fn change_fix(change: &Change, lang: Lang) -> String {
    match change {
        Change::FooterAdded { .. }
        | Change::BannerAdded { .. }
        | Change::LinesAdded { .. }
        | Change::Wrapped
        | Change::SubjectTagged { .. }
        | Change::FieldAdded { .. }
        | Change::FromRewritten { .. }
        | Change::FieldRewritten { .. } => say!(
            lang,
            "Ask the list or the forwarder to leave signed mail unchanged, or to seal it with ARC and sign it anew as its own domain.",
            "メーリングリストや転送サーバーに、署名付きのメールを変更しないか、ARC で封印して自身のドメインで署名し直すよう依頼してください。"
        ),
        Change::LineEnds
        | Change::TrailingBlanks
        | Change::FromEscaped
        | Change::DotsDoubled
        | Change::LinesCut
        | Change::ReEncoded { .. }
        | Change::EncodingField { .. }
        | Change::Refolded => say!(
            lang,
            "Sign as the last step before the mail leaves, with relaxed/relaxed, and send quoted-printable or Base64 with lines of at most 76 characters.",
            "送信直前の最後の段階で relaxed/relaxed により署名し、本文は 76 文字以内の行の quoted-printable または Base64 で送信してください。"
        ),
        Change::CharsetConverted { .. } | Change::ContentTypeField => say!(
            lang,
            "Have the mail server that converts the text leave signed mail as it is, or sign behind it.",
            "文字コードを変換するサーバーで署名付きのメールを変換しないように設定するか、変換の後に署名してください。"
        ),
        Change::BodyChanged => say!(
            lang,
            "Compare with the message as it was sent; filters that rewrite links or remove attachments do this.",
            "送信時のメールと比較してください。リンクの書き換えや添付ファイルの削除を行うフィルターが原因のことがあります。"
        ),
        Change::FieldMissing { .. } | Change::HeaderChanged => say!(
            lang,
            "Compare the signed fields with the message as it was sent, and the key in the DNS with the signer's.",
            "署名されたヘッダーを送信時のメールと比較し、DNS の公開鍵が署名の鍵と対になっているか確認してください。"
        ),
    }
}
