use super::Texts;

pub(in crate::portal) struct RecordsWords {
    pub(in crate::portal) lead: &'static str,
    pub(in crate::portal) none: &'static str,
    pub(in crate::portal) export: &'static str,
    pub(in crate::portal) zone: &'static str,
    pub(in crate::portal) ownership: &'static str,
    pub(in crate::portal) proven: &'static str,
    pub(in crate::portal) absent: &'static str,
    pub(in crate::portal) registered: &'static str,
    pub(in crate::portal) to_change: &'static str,
    pub(in crate::portal) not_known: &'static str,
}

pub(in crate::portal) static RECORDS: Texts<RecordsWords> = Texts {
    en: RecordsWords {
        lead: "Everything to publish at your DNS host, in this order.",
        none: "This domain lies in our own zone: nothing is left for you to publish.",
        export: "Download:",
        zone: "Zone file",
        ownership: "Ownership",
        proven: "Shown to be yours",
        absent: "Not registered yet",
        registered: "Registered",
        to_change: "To be changed",
        not_known: "The DNS did not answer",
    },
    ja: RecordsWords {
        lead: "DNS ホスティング事業者で公開するレコードの一覧です。この順に登録してください。",
        none: "このドメインはホスティングゾーンの中にあります。公開が必要なレコードはありません。",
        export: "ダウンロード:",
        zone: "ゾーンファイル",
        ownership: "所有の証明",
        proven: "所有を確認済み",
        absent: "未登録",
        registered: "登録済み",
        to_change: "要変更",
        not_known: "DNS の応答なし",
    },
};
