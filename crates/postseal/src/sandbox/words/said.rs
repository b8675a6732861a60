use super::Label;
use crate::sandbox::chapters::PlaceWord;
use crate::sandbox::ledger::Message;
use crate::sandbox::living::{Came, LivingError};
use crate::sandbox::receiver_policy::ReceiverPolicy;
use crate::sandbox::registrar::{Advice, EntryError};
use crate::words::{Lang, api_problem, finding, say};

/// What is said of something that was done.
pub(in crate::sandbox) struct Said {
    /// `good`, `attention` or `bad`.
    pub(in crate::sandbox) class: &'static str,
    pub(in crate::sandbox) text: String,
    pub(in crate::sandbox) details: Vec<String>,
    /// A page elsewhere on this machine.
    pub(in crate::sandbox) link: Option<String>,
    /// The two records are shown below.
    pub(in crate::sandbox) with_cnames: bool,
}

fn good(text: String) -> Said {
    Said { class: "good", text, details: Vec::new(), link: None, with_cnames: false }
}

fn attention(text: String) -> Said {
    Said { class: "attention", ..good(text) }
}

/// What is said of what could not be done.
pub(in crate::sandbox) fn trouble(error: &LivingError, lang: Lang) -> Said {
    let text = match error {
        LivingError::Node(error) => match error.as_ref() {
            crate::api::ClientError::Problem(problem) => api_problem(problem, lang).what,
            other => other.to_string(),
        },
        other => say!(lang, "It could not be done: {other}", "実行できませんでした: {other}"),
    };
    let details = vec![say!(
        lang,
        "If nothing else helps, press “{}”.",
        "解決しない場合は「{}」を押してください。",
        Label::StartOver.text(lang)
    )];
    Said { class: "bad", details, ..good(text) }
}

/// What is said of what was done. `message`: that of [`Came::Mail`].
pub(in crate::sandbox) fn said(came: &Came, message: Option<&Message>, lang: Lang) -> Said {
    match came {
        Came::Mail(_) => mail(message, lang),
        Came::Policy(policy) => {
            let policy = policy_label(*policy).text(lang);
            good(say!(
                lang,
                "Fabrikam's policy is now: {policy}",
                "Fabrikam の受信ポリシーを変更しました: {policy}"
            ))
        }
        Came::Cnames => Said {
            with_cnames: true,
            ..good(say!(
                lang,
                "These are the two CNAMEs for contoso.example, as `postseal dkim get` prints them.",
                "contoso.example のための 2 つの CNAME です(`postseal dkim get` の表示と同じ内容)。"
            ))
        },
        Came::TooEarly(outcome) => {
            let problem = outcome.warning.as_ref().map(|problem| api_problem(problem, lang));
            let text = problem
                .as_ref()
                .map(|words| words.what.clone())
                .unwrap_or_else(|| say!(lang, "Signing is not enabled.", "署名は有効になっていません。"));
            let mut details: Vec<String> = problem.and_then(|words| words.next).into_iter().collect();
            let configuration = &outcome.configuration;
            for second in [false, true] {
                let (selector, servers) = configuration.found(second);
                details.extend(
                    servers
                        .iter()
                        .map(|server| format!("{selector}: {}: {}", server.server, finding(server, lang))),
                );
            }
            Said { details, with_cnames: true, ..attention(text) }
        }
        Came::Signing(true) => good(say!(
            lang,
            "Signing is enabled: the next message is signed.",
            "署名を有効にしました。次のメールから署名されます。"
        )),
        Came::Signing(false) => attention(say!(
            lang,
            "Signing is disabled: mail from contoso.example leaves unsigned.",
            "署名を無効にしました。contoso.example のメールは署名なしで送信されます。"
        )),
        Came::Rotating => good(say!(
            lang,
            "The rotation has begun. The other key takes over when it has been visible for four days.",
            "ローテーションを開始しました。もう一方の鍵は、4 日間公開されてから署名を引き継ぎます。"
        )),
        Came::Switched => good(say!(
            lang,
            "Four days have passed at your mail server.",
            "あなたのメールサーバーで 4 日が経過しました。"
        )),
        Came::Registered(advice) if advice.is_empty() => {
            good(say!(lang, "The record is registered.", "レコードを登録しました。"))
        }
        Came::Registered(advice) => Said {
            details: advice.iter().map(|advice| advice_words(advice, lang)).collect(),
            ..attention(say!(
                lang,
                "The record is registered as you typed it, but look at this:",
                "レコードを入力どおりに登録しましたが、次の点を確認してください。"
            ))
        },
        Came::NotRegistered(error) => Said { class: "bad", ..good(entry_error(error, lang)) },
        Came::Removed => good(say!(lang, "The record is removed.", "レコードを削除しました。")),
        Came::Undone => good(say!(lang, "The last change is undone.", "直前の変更を元に戻しました。")),
        Came::NothingToUndo => {
            attention(say!(lang, "There is nothing to undo.", "元に戻す変更はありません。"))
        }
        Came::Began(true) => good(say!(
            lang,
            "The sandbox was set up anew for this chapter.",
            "この章に必要な状態を新しく用意しました。"
        )),
        Came::Began(false) => good(say!(lang, "The chapter begins.", "章を始めました。")),
        Came::Portal(url) => Said {
            link: Some(url.clone()),
            ..good(say!(
                lang,
                "This link opens the portal of your mail server, once and within an hour. Choose a password there.",
                "次のリンクから、あなたのメールサーバーのポータルを開けます。リンクは 1 時間以内に 1 回だけ使えます。開いたらパスワードを決めてください。"
            ))
        },
        Came::Look(_) | Came::LookAtBounce(_) | Came::AllDone => good(Label::AllDone.text(lang).to_owned()),
    }
}

fn mail(message: Option<&Message>, lang: Lang) -> Said {
    let Some(message) = message else { return good(String::new()) };
    let [spf, dkim, dmarc] = ["spf", "dkim", "dmarc"].map(|method| message.result(method));
    let place = place_label(PlaceWord::of(&message.place)).text(lang);
    let text = say!(
        lang,
        "Message {} has arrived: {place}. spf={spf}, dkim={dkim}, dmarc={dmarc}.",
        "メール {} の結果: {place}。spf={spf}、dkim={dkim}、dmarc={dmarc}。",
        message.number
    );
    match PlaceWord::of(&message.place) {
        PlaceWord::Refused => {
            let text = say!(
                lang,
                "Message {} was refused. spf={spf}, dkim={dkim}, dmarc={dmarc}.",
                "メール {} は拒否されました。spf={spf}、dkim={dkim}、dmarc={dmarc}。",
                message.number
            );
            Said { details: vec![message.reply.clone()], ..attention(text) }
        }
        _ => good(text),
    }
}

pub(in crate::sandbox) fn place_label(place: PlaceWord) -> Label {
    match place {
        PlaceWord::Inbox => Label::Inbox,
        PlaceWord::Junk => Label::Junk,
        PlaceWord::Quarantine => Label::Quarantine,
        PlaceWord::Refused => Label::Refused,
    }
}

pub(in crate::sandbox) fn policy_label(policy: ReceiverPolicy) -> Label {
    match policy {
        ReceiverPolicy::Honour => Label::PolicyHonour,
        ReceiverPolicy::QuarantineInstead => Label::PolicyQuarantine,
        ReceiverPolicy::JunkFolder => Label::PolicyJunk,
        ReceiverPolicy::Lenient => Label::PolicyLenient,
        ReceiverPolicy::Strict => Label::PolicyStrict,
    }
}

fn advice_words(advice: &Advice, lang: Lang) -> String {
    match advice {
        Advice::DoubledSuffix { registered, meant } => say!(
            lang,
            "The DNS host adds contoso.example to every host name, so this record is at {registered}. You probably meant the host name {meant}: remove this record and add it again.",
            "DNS の管理画面では、ホスト名に contoso.example が自動的に付け足されます。そのため、このレコードの名前は {registered} になりました。おそらく正しいホスト名は {meant} です。このレコードを削除して、登録し直してください。"
        ),
        Advice::Quotes => say!(
            lang,
            "The quotation marks were left out: this DNS host puts them around a text itself. Others would have made them part of the text.",
            "引用符は取り除きました。この DNS では引用符が自動的に付きます。事業者によっては、引用符も値の一部として登録されてしまいます。"
        ),
        Advice::NameAsText => say!(
            lang,
            "This is a TXT record whose text is a name. A key is found by following a CNAME: choose the type CNAME.",
            "TXT レコードの値が名前になっています。鍵は CNAME をたどって検索されるので、種類は CNAME を選んでください。"
        ),
        Advice::Second { what } => say!(
            lang,
            "There are two {what} records at this name now. Receivers then use neither: keep one.",
            "この名前に {what} レコードが 2 つあります。受信側はどちらも使わなくなるので、1 つだけ残してください。"
        ),
        Advice::DmarcElsewhere { at } => say!(
            lang,
            "A DMARC record is looked for at the host name _dmarc; this one is at {at}.",
            "DMARC レコードはホスト名 _dmarc で検索されます。このレコードは {at} にあります。"
        ),
        Advice::NotDmarc => say!(
            lang,
            "A DMARC record begins with v=DMARC1; this one will not be recognised.",
            "DMARC レコードは v=DMARC1 で始まります。このままでは認識されません。"
        ),
        Advice::CurlyQuotes => say!(
            lang,
            "The text has curly quotation marks, as word processors make them. They are not what a record needs.",
            "ワープロソフトなどで使われる引用符(“ ” ‘ ’)が含まれています。レコードでは使えません。"
        ),
    }
}

fn entry_error(error: &EntryError, lang: Lang) -> String {
    match error {
        EntryError::UnknownType => {
            say!(lang, "Choose the type TXT, CNAME or A.", "種類は TXT、CNAME、A から選んでください。")
        }
        EntryError::Host(host) => say!(
            lang,
            "“{host}” is no host name. Use letters, digits, hyphens, underscores and dots, or @ for the domain itself.",
            "「{host}」はホスト名として使えません。英数字、ハイフン、アンダースコア、ドットを使うか、ドメイン自身には @ を入力してください。"
        ),
        EntryError::OtherZone(name) => say!(
            lang,
            "{name} is not in contoso.example, which is all that you have here.",
            "{name} は contoso.example の中にありません。ここで編集できるのは contoso.example だけです。"
        ),
        EntryError::NoValue => say!(lang, "The value is empty.", "値が空です。"),
        EntryError::NotAName(value) => say!(
            lang,
            "The value of a CNAME is a host name, and “{value}” is none.",
            "CNAME の値にはホスト名が必要です。「{value}」はホスト名ではありません。"
        ),
        EntryError::TextAsName => say!(
            lang,
            "The value of a CNAME is a host name; a text that begins with v= belongs into a TXT record.",
            "CNAME の値にはホスト名が必要です。v= で始まる値は TXT レコードに登録してください。"
        ),
        EntryError::NotAnAddress(value) => say!(
            lang,
            "The value of an A record is an IPv4 address such as 192.0.2.1, and “{value}” is none.",
            "A レコードの値には 192.0.2.1 のような IPv4 アドレスが必要です。「{value}」は IPv4 アドレスではありません。"
        ),
        EntryError::TooLong => say!(
            lang,
            "The value is too long, or has characters that no record can have.",
            "値が長すぎるか、レコードに使えない文字が含まれています。"
        ),
        EntryError::Ttl => say!(
            lang,
            "The TTL is a number of seconds from 60 to 604800; 3600 is an hour.",
            "TTL には 60 から 604800 までの秒数を入力してください。3600 が 1 時間です。"
        ),
        EntryError::AliasBesideData(name) => say!(
            lang,
            "A CNAME stands alone at its name, and there is or would be another record at {name}. Remove that one first; at the domain itself no CNAME is possible.",
            "CNAME は同じ名前のほかのレコードと共存できませんが、{name} にはほかのレコードがあります。先にそれを削除してください。ドメイン自身(@)に CNAME は登録できません。"
        ),
        EntryError::Full => say!(
            lang,
            "The zone is full. Remove records that you do not need.",
            "ゾーンがいっぱいです。不要なレコードを削除してください。"
        ),
    }
}
