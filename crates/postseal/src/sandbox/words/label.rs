use crate::words::Lang;

/// Defines each label with its two texts.
macro_rules! labels {
    ($($name:ident: $en:literal, $ja:literal;)*) => {
        /// The name of a button, a link, a field or a part of a page.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(in crate::sandbox) enum Label { $($name),* }

        impl Label {
            pub(in crate::sandbox) fn text(self, lang: Lang) -> &'static str {
                match self { $(Label::$name => lang.pick($en, $ja)),* }
            }

            /// As the story writes it between double brackets.
            pub(in crate::sandbox) fn of_name(name: &str) -> Option<Label> {
                match name { $(stringify!($name) => Some(Label::$name),)* _ => None }
            }
        }
    };
}

labels! {
    // The four cards and the wire.
    YourServer: "Your mail server", "あなたのメールサーバー";
    YourDns: "Your DNS host", "DNS ホスティング事業者";
    Fabrikam: "Fabrikam's mail server", "Fabrikam のメールサーバー";
    Impostor: "The impostor", "なりすまし犯";
    Wire: "The wire", "メールの通り道";
    // What is done there.
    Send: "Send a message", "メールを送信";
    SendForwarded: "Send through the forwarder", "転送アドレス宛てに送信";
    SendForged: "Send a forged message", "なりすましメールを送信";
    ShowCnames: "Show the CNAMEs", "CNAME を表示";
    Enable: "Enable signing", "署名を有効にする";
    Disable: "Disable signing", "署名を無効にする";
    Rotate: "Rotate keys", "鍵をローテーション";
    MoveTime: "Move time forward 4 days", "時間を 4 日進める";
    DnsRecords: "DNS records", "DNS レコード";
    AddRecord: "Add record", "レコードを追加";
    Remove: "Remove", "削除";
    UndoLast: "Undo the last change", "直前の変更を元に戻す";
    Mailbox: "Mailbox", "メールボックス";
    ReceiverPolicy: "Receiver policy", "受信ポリシー";
    SavePolicy: "Save policy", "ポリシーを保存";
    OpenMessage: "Open the message", "メールを開く";
    ExplainBounce: "Explain this bounce", "この配信不能通知を読み解く";
    // What a receiver may do.
    PolicyHonour: "Honour the sender's policy", "差出人ドメインのポリシーに従う";
    PolicyQuarantine: "Quarantine instead of reject", "拒否の代わりに検疫する";
    PolicyJunk: "Put it into the junk folder", "迷惑メール フォルダーに入れる";
    PolicyLenient: "Lenient: deliver everything", "寛容: すべて配信する";
    PolicyStrict: "Strict: refuse what passes neither SPF nor DKIM", "厳格: SPF にも DKIM にも合格しないメールを拒否する";
    // The fields of a record.
    RecordType: "Type", "種類";
    HostName: "Host name", "ホスト名";
    Value: "Value", "値";
    Ttl: "TTL (seconds)", "TTL(秒)";
    Copy: "Copy", "コピー";
    Copied: "Copied", "コピーしました";
    // Chapters.
    Chapters: "Chapters", "章";
    Steps: "What to do", "やること";
    See: "What to see", "見どころ";
    StartChapter: "Start this chapter", "この章を始める";
    StartOver: "Start this chapter over", "この章をやり直す";
    NextChapter: "Next chapter", "次の章へ";
    DoStep: "Do this step for me", "この手順を自動で行う";
    Done: "done", "完了";
    Now: "now", "今ここ";
    ForYourDomain: "Do this for your own domain", "自分のドメインで始める";
    Back: "Back to the story", "ストーリーに戻る";
    NotUnderWay: "This chapter is not under way. Starting it sets everything up as its beginning needs.",
        "この章は進行中ではありません。始めると、必要な状態が自動的に用意されます。";
    AllDone: "All steps of this chapter are done.", "この章の手順はすべて完了しました。";
    // Where mail ends.
    Inbox: "Inbox", "受信トレイ";
    Junk: "Junk", "迷惑メール";
    Quarantine: "Quarantine", "検疫";
    Refused: "Refused", "拒否";
    Empty: "Nothing here yet.", "まだ何もありません。";
    NoMessages: "No message has travelled yet. Send one, and it will stay here as a line.",
        "まだメールは送られていません。送信すると、ここに 1 行ずつ残ります。";
    // A message.
    Message: "Message", "メール";
    From: "From", "差出人";
    To: "To", "宛先";
    SentBy: "Sent by", "送った人";
    Anne: "Anne, through your mail server", "Anne(あなたのメールサーバーから)";
    TheImpostor: "the impostor, as Anne", "なりすまし犯(Anne を名乗る)";
    Forwarded: "forwarded by alumni.example", "alumni.example が転送";
    Direct: "direct", "直接";
    RawHeaders: "Raw headers", "ヘッダー全体";
    Body: "Body", "本文";
    DnsQuestions: "DNS questions that Fabrikam asked", "Fabrikam が行った DNS 問い合わせ";
    Verdict: "Verdict", "判定";
    Reply: "Reply to the sending server", "送信サーバーへの応答";
    Bounce: "The bounce (NDR) that the sender gets", "送信者に届く配信不能通知(NDR)";
    Answer: "What it means", "意味";
    Causes: "Why", "理由";
    Fixes: "What to do about it", "対処方法";
    // How things stand.
    NothingRegistered: "No records. This zone starts empty; add them as at any registrar.",
        "レコードはありません。最初は空です。ふだん使う DNS の管理画面と同じように追加してください。";
    RecordCount: "Records", "レコード数";
    Signing: "DKIM signing", "DKIM 署名";
    On: "enabled", "有効";
    Off: "disabled", "無効";
    NoKeys: "no keys yet", "鍵はまだありません";
    RotationUnderWay: "a key rotation is under way", "鍵のローテーション中";
    Clock: "Its clock", "時計";
    DaysAhead: "days ahead", "日先";
    InPolicy: "Now", "現在の設定";
    SubscribedAs: "Pretends to be anne@contoso.example, from an address of its own.",
        "自分の IP アドレスから anne@contoso.example を名乗って送信します。";
    ServerIs: "out.provider.example sends for contoso.example; Postseal runs beside it.",
        "contoso.example のメールを out.provider.example が送信します。隣で Postseal が動いています。";
    DnsIs: "Holds the zone contoso.example, which is yours to edit.",
        "ゾーン contoso.example を管理します。編集するのはあなたです。";
    FabrikamIs: "mx.fabrikam.example takes Ken's mail and decides for itself.",
        "mx.fabrikam.example は Ken 宛てのメールを受け取り、扱いを自分で決めます。";
    // Around the page.
    Sandbox: "Sandbox", "サンドボックス";
    Skip: "Skip to the story", "本文へ移動";
    Language: "Language", "言語";
    Theme: "Colours", "配色";
    Light: "Light", "ライト";
    Dark: "Dark", "ダーク";
    System: "System", "システム";
    Story: "The story", "ストーリー";
    LivingSystem: "The living system", "動いているシステム";
    NoInternet: "Nothing leaves this machine.", "このコンピューターの外には何も送信されません。";
    NotFound: "There is no such page in the sandbox.", "サンドボックスにそのページはありません。";
    Portal: "The portal of your mail server", "あなたのメールサーバーのポータル";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_by_their_names() {
        assert_eq!(Label::of_name("Send"), Some(Label::Send));
        assert_eq!(Label::of_name("Sent"), None);
        assert_eq!(Label::Send.text(Lang::En), "Send a message");
    }
}
