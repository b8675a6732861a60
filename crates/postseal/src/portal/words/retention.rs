use super::Texts;

pub(in crate::portal) struct RetentionWords {
    pub(in crate::portal) tab: &'static str,
    pub(in crate::portal) lead: &'static str,
    pub(in crate::portal) now: &'static str,
    pub(in crate::portal) changed: &'static str,
    pub(in crate::portal) keep: &'static str,
    pub(in crate::portal) as_file: &'static str,
    pub(in crate::portal) show: &'static str,
    pub(in crate::portal) effect: &'static str,
    pub(in crate::portal) nothing: &'static str,
    pub(in crate::portal) none_kept: &'static str,
    pub(in crate::portal) apply: &'static str,
    pub(in crate::portal) saved: &'static str,
}

pub(in crate::portal) static RETENTION: Texts<RetentionWords> = Texts {
    en: RetentionWords {
        tab: "Messages",
        lead: "Of each judged message one row is kept: addresses, domains and results, no subject and no text. What is older is removed; the counts for aggregate reports stay for 30 days.",
        now: "Kept now for",
        changed: "changed here",
        keep: "Keep each message for",
        as_file: "as in the file ([verdicts] keep)",
        show: "Show what that does",
        effect: "What it does",
        nothing: "No message is that old: nothing is removed now.",
        none_kept: "No message is listed any more: Messages, its chart and what policies would have done stay empty.",
        apply: "Keep them for this time",
        saved: "Saved. What is older is removed within the hour.",
    },
    ja: RetentionWords {
        tab: "メッセージ",
        lead: "判定したメッセージごとに、アドレス、ドメイン、結果を 1 行だけ保存します。件名と本文は保存しません。期間を過ぎたものは削除されます。集計レポート用の件数は 30 日間保持されます。",
        now: "現在の保存期間",
        changed: "ここで変更済み",
        keep: "メッセージの保存期間",
        as_file: "設定ファイル ([verdicts] keep) のとおり",
        show: "影響を表示",
        effect: "変更による影響",
        nothing: "その期間より古いメッセージはありません。今すぐ削除されるものはありません。",
        none_kept: "メッセージは一覧に残りません。「メッセージ」、グラフ、ポリシーの影響の表示は空になります。",
        apply: "この期間にする",
        saved: "保存しました。期間を過ぎたものは 1 時間以内に削除されます。",
    },
};
