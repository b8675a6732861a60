use postseal_dns::master_file::{Field, FindingKind, Wrong};

use crate::words::{Lang, say};

/// What is wrong in a zone file.
pub(crate) fn master_file_wrong(wrong: &Wrong, lang: Lang) -> String {
    if lang == Lang::En {
        return wrong.to_string();
    }
    match wrong {
        Wrong::TooLarge(max) => format!("ファイルが {max} オクテットを超えています"),
        Wrong::NotText => "テキストファイルではありません".to_owned(),
        Wrong::OpenQuote => "引用符が閉じられていません".to_owned(),
        Wrong::OpenParenthesis => "括弧が閉じられていません".to_owned(),
        Wrong::StrayParenthesis => "閉じ括弧に対応する開き括弧がありません".to_owned(),
        Wrong::BadEscape => "バックスラッシュに続く数字がオクテットを表していません".to_owned(),
        Wrong::NoOwner => "種別の前に名前がありません".to_owned(),
        Wrong::NoOrigin(name) => format!("名前 {name:?} には $ORIGIN が必要です"),
        Wrong::BadName(name) => format!("{name:?} はドメイン名ではありません"),
        Wrong::UnknownType(word) => format!("{word:?} はレコードの種別ではありません"),
        Wrong::NoType => "レコードの種別がありません".to_owned(),
        Wrong::Missing(field) => format!("{}がありません", field_text(*field)),
        Wrong::Bad { field, text } => format!("{text:?} は{}として正しくありません", field_text(*field)),
        Wrong::TooMuch(text) => format!("{text:?} はこの種別には余分です"),
        Wrong::UnknownDirective(word) => format!("{word:?} には対応していません"),
    }
}

fn field_text(field: Field) -> &'static str {
    match field {
        Field::Ipv4 => "IPv4 アドレス",
        Field::Ipv6 => "IPv6 アドレス",
        Field::Name => "名前",
        Field::Preference => "優先度(ホスト名の前の数値)",
        Field::Number => "数値",
        Field::Text => "テキスト",
        Field::Hex => "16 進数の列",
        Field::Ttl => "TTL",
    }
}

/// What to do about it.
pub(crate) fn master_file_next_step(wrong: &Wrong, lang: Lang) -> Option<String> {
    Some(match wrong {
        Wrong::NoOrigin(_) => say!(
            lang,
            "Put a line such as \"$ORIGIN contoso.example.\" at the top of the file, or write the whole name with a final dot.",
            "ファイルの先頭に「$ORIGIN contoso.example.」のような行を置くか、末尾にドットを付けた完全な名前を書いてください。"
        ),
        Wrong::UnknownType(_) | Wrong::NoType | Wrong::NoOwner => say!(
            lang,
            "A line has a name, a time to live, the class, a type and data: contoso.example. 3600 IN TXT \"v=spf1 -all\"",
            "1 行に名前、TTL、クラス、種別、データを書きます: contoso.example. 3600 IN TXT \"v=spf1 -all\""
        ),
        Wrong::NotText => say!(
            lang,
            "Save it as UTF-8 text, one record a line.",
            "1 行に 1 つのレコードを書き、UTF-8 のテキストとして保存してください。"
        ),
        Wrong::OpenQuote => say!(
            lang,
            "Close the quotation mark on the same line; a long text may be several quoted parts in parentheses.",
            "同じ行で引用符を閉じてください。長いテキストは、括弧の中で複数の引用部分に分けられます。"
        ),
        _ => return None,
    })
}

/// What is odd in a zone file.
pub(crate) fn master_file_finding(kind: &FindingKind, lang: Lang) -> String {
    match kind {
        FindingKind::TypeSkipped(word) => {
            say!(
                lang,
                "{word} records are not used here; left out",
                "{word} レコードは使わないため、読み飛ばしました"
            )
        }
        FindingKind::ClassSkipped(word) => {
            say!(
                lang,
                "class {word} is not IN; left out",
                "クラス {word} は IN ではないため、読み飛ばしました"
            )
        }
        FindingKind::DirectiveSkipped(word) => say!(
            lang,
            "{word} is not followed; give the other file with another --zone",
            "{word} には従いません。別のファイルは --zone をもう一つ付けて指定してください"
        ),
        FindingKind::TakenAsAbsolute(name) => say!(
            lang,
            "there is no $ORIGIN, so {name:?} and the other names without a final dot were read as whole names",
            "$ORIGIN がないため、{name:?} など末尾にドットのない名前は完全な名前として読みました"
        ),
        FindingKind::OriginTwice(name) => say!(
            lang,
            "{name:?} has no final dot, so the origin was added to it once more",
            "{name:?} は末尾にドットがないため、オリジンがもう一度付け加えられました"
        ),
        FindingKind::JoinedWithoutBlanks => say!(
            lang,
            "several texts without quotation marks were joined without blanks; put the whole text in quotation marks",
            "引用符のない複数のテキストが空白なしで連結されました。テキスト全体を引用符で囲んでください"
        ),
        FindingKind::CutBySemicolon => say!(
            lang,
            "the text ends at the semicolon, where a comment begins; put it in quotation marks",
            "セミコロンからコメントになるため、テキストはそこで終わりました。引用符で囲んでください"
        ),
        FindingKind::LongString => say!(
            lang,
            "a text of more than 255 octets was split; some servers refuse it",
            "255 オクテットを超えるテキストを分割しました。拒否するサーバーもあります"
        ),
        FindingKind::CurlyQuotes => say!(
            lang,
            "curly quotation marks are part of the text; use straight ones (\")",
            "「“」や「”」はテキストの一部になります。半角の引用符(\")を使ってください"
        ),
        FindingKind::CnameBesideOthers(name) => say!(
            lang,
            "{name} has a CNAME beside other records, which DNS servers refuse",
            "{name} には CNAME とほかのレコードがあります。DNS サーバーはこれを拒否します"
        ),
    }
}
