use super::Texts;

pub(in crate::portal) struct ExplainWords {
    pub(in crate::portal) title: &'static str,
    pub(in crate::portal) lead: &'static str,
    pub(in crate::portal) paste: &'static str,
    pub(in crate::portal) explain: &'static str,
    pub(in crate::portal) not_kept: &'static str,
    pub(in crate::portal) nothing: &'static str,
    pub(in crate::portal) answer: &'static str,
    pub(in crate::portal) other_reason: &'static str,
    pub(in crate::portal) receiver: &'static str,
    pub(in crate::portal) fixes: &'static str,
    pub(in crate::portal) hops: &'static str,
    pub(in crate::portal) added: &'static str,
}

pub(in crate::portal) static EXPLAIN: Texts<ExplainWords> = Texts {
    en: ExplainWords {
        title: "Explain a bounce or a message",
        lead: "Paste a bounce, an Authentication-Results field, an ARC set or a whole message with its header, and read in plain words what it says.",
        paste: "Text of the bounce or message",
        explain: "Explain",
        not_kept: "Nothing of it is kept.",
        nothing: "Nothing was recognised. Paste the whole bounce, or the line of it that begins with 4 or 5, as in: 550 5.7.26 …",
        answer: "What it says",
        other_reason: "It is not about email authentication.",
        receiver: "Receiver",
        fixes: "What to do",
        hops: "Its way",
        added: "added:",
    },
    ja: ExplainWords {
        title: "配信不能通知やメッセージの解説",
        lead: "配信不能通知(NDR)、Authentication-Results フィールド、ARC セット、またはヘッダーを含むメッセージ全体を貼り付けると、その意味をわかりやすく説明します。",
        paste: "配信不能通知またはメッセージの全文",
        explain: "解説する",
        not_kept: "内容は保存されません。",
        nothing: "読み取れる内容がありませんでした。配信不能通知の全体か、「550 5.7.26 …」のように 4 または 5 で始まる行を貼り付けてください。",
        answer: "説明",
        other_reason: "送信ドメイン認証が原因ではありません。",
        receiver: "受信側",
        fixes: "対処方法",
        hops: "配送経路",
        added: "追加:",
    },
};
