use postseal_core::dns::DomainNameError;
use postseal_core::message::{AddressDefect, AuthorDomainError, DefectKind, MAX_FIELDS, MAX_HEADER_SECTION};

use crate::words::Lang;

/// What is wrong with a header section.
pub(crate) fn defect(kind: DefectKind, lang: Lang) -> String {
    let (en, ja) = match kind {
        DefectKind::BareCr => ("a CR without LF", "LF のない CR"),
        DefectKind::BareLf => ("an LF without CR", "CR のない LF"),
        DefectKind::Nul => ("a NUL octet", "NUL オクテット"),
        DefectKind::NotAField => ("a line that is no field", "フィールドではない行"),
        DefectKind::ContinuesNothing => ("a first line that begins with a blank", "空白で始まる先頭行"),
        DefectKind::TooManyFields => {
            return crate::words::say!(
                lang,
                "more than {MAX_FIELDS} fields",
                "{MAX_FIELDS} 個を超えるフィールド"
            );
        }
        DefectKind::Oversized => {
            return crate::words::say!(
                lang,
                "more than {MAX_HEADER_SECTION} octets",
                "{MAX_HEADER_SECTION} オクテットを超える長さ"
            );
        }
    };
    lang.pick(en, ja).to_owned()
}

/// Why there is no usable Author Domain.
pub(crate) fn author_domain_error(error: &AuthorDomainError, lang: Lang) -> String {
    if lang == Lang::En && !matches!(error, AuthorDomainError::AmbiguousHeaderSection(_)) {
        return error.to_string();
    }
    match error {
        AuthorDomainError::AmbiguousHeaderSection(found) => {
            let (what, at) = (defect(found.kind, lang), found.offset);
            crate::words::say!(
                lang,
                "the header section can be read in more than one way: {what} (octet {at})",
                "ヘッダーの解釈が一意に定まりません: {what}(オクテット {at})"
            )
        }
        AuthorDomainError::NoFrom => "From フィールドがありません".to_owned(),
        AuthorDomainError::SeveralFrom { fields } => format!("From フィールドが {fields} 個あります"),
        AuthorDomainError::DisguisedFrom { offset } => {
            format!("フィールドではないのに From に見える行があります(オクテット {offset})")
        }
        AuthorDomainError::TooLong { octets } => {
            format!("From フィールドが長すぎます({octets} オクテット)")
        }
        AuthorDomainError::NoAddress => "From フィールドにアドレスがありません".to_owned(),
        AuthorDomainError::DifferentDomains { first, other } => {
            format!("From フィールドに異なるドメインのアドレスがあります: {first}、{other}")
        }
        AuthorDomainError::Address(error) => {
            format!("From フィールド: {}(オクテット {})", address_defect(error.defect), error.offset)
        }
    }
}

/// In Japanese; the core has the English.
fn address_defect(defect: AddressDefect) -> String {
    let text = match defect {
        AddressDefect::BadDomain(error) => {
            return format!("ドメインを読み取れません: {}", domain_name_error(error, Lang::Ja));
        }
        AddressDefect::UnexpectedOctet => "使えない位置に文字があります",
        AddressDefect::ControlCharacter => "制御文字があります",
        AddressDefect::UnknownCharset => "文字コードが不明なオクテットがあります",
        AddressDefect::UnclosedComment => "コメントが閉じられていません",
        AddressDefect::CommentTooDeep => "コメントの入れ子が深すぎます",
        AddressDefect::AddressInComment => "コメントがアドレスの一部のように見えます",
        AddressDefect::UnclosedQuotedString => "引用文字列が閉じられていません",
        AddressDefect::UnclosedAngleBracket => "山括弧が閉じられていません",
        AddressDefect::UnclosedGroup => "グループが閉じられていません",
        AddressDefect::NoAngleBrackets => "アドレスには山括弧が必要です",
        AddressDefect::AddressInDisplayName => "表示名が別のドメインのアドレスです",
        AddressDefect::TextAfterAddress => "アドレスの後に余分な文字があります",
        AddressDefect::SourceRoute => "送信経路の指定があります",
        AddressDefect::SecondAt => "アドレスに @ が二つあります",
        AddressDefect::NoLocalPart => "アドレスにローカル部がありません",
        AddressDefect::NoDomain => "アドレスにドメインがありません",
        AddressDefect::AddressLiteral => "アドレスリテラルはドメインではありません",
        AddressDefect::EncodedWordInAddress => "アドレスの中にエンコードされた語(encoded-word)があります",
        AddressDefect::NotALabel => "ドメインのラベルが U ラベルではありません",
        AddressDefect::TooManyAddresses => "アドレスが多すぎます",
    };
    text.to_owned()
}

/// Why a text is no domain name.
pub(crate) fn domain_name_error(error: DomainNameError, lang: Lang) -> String {
    let ja = match error {
        _ if lang == Lang::En => return error.to_string(),
        DomainNameError::Empty => "名前が空です",
        DomainNameError::EmptyLabel => "空のラベルがあります",
        DomainNameError::LabelTooLong => "63 オクテットを超えるラベルがあります",
        DomainNameError::TooLong => "名前が 253 オクテットを超えています",
        DomainNameError::BadCharacter => "ドメイン名に使えない文字があります",
        DomainNameError::BadIdna => "国際化ラベルが正しくありません",
    };
    ja.to_owned()
}
