use super::Texts;
use crate::words::{Lang, say};

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

/// A time for which messages are kept.
pub(in crate::portal) fn kept_for(seconds: u64, lang: Lang) -> String {
    let (days, hours) = (seconds / 86_400, seconds.div_ceil(3_600));
    match seconds {
        0 => lang.pick("not at all", "保存しない").to_owned(),
        86_400 => lang.pick("1 day", "1 日").to_owned(),
        3_600 => lang.pick("1 hour", "1 時間").to_owned(),
        _ if seconds.is_multiple_of(86_400) => say!(lang, "{days} days", "{days} 日"),
        _ => say!(lang, "{hours} hours", "{hours} 時間"),
    }
}

/// What is removed; `count` is written out.
pub(in crate::portal) fn removed(count: &str, seconds: u64, lang: Lang) -> String {
    let kept = kept_for(seconds, lang);
    let (noun, verb) = if count == "1" { ("message", "is") } else { ("messages", "are") };
    if seconds == 0 {
        return say!(
            lang,
            "{count} {noun}, all that are kept, {verb} removed within the hour.",
            "保存されている {count} 件のメッセージが、1 時間以内にすべて削除されます。"
        );
    }
    say!(
        lang,
        "{count} {noun} older than {kept} {verb} removed within the hour.",
        "{kept} より古い {count} 件のメッセージが 1 時間以内に削除されます。"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_effects_are_said_with_their_plurals() {
        let check = |seconds, en: &str, ja: &str| {
            assert_eq!(
                (kept_for(seconds, Lang::En).as_str(), kept_for(seconds, Lang::Ja).as_str()),
                (en, ja)
            );
        };
        check(0, "not at all", "保存しない");
        check(3_600, "1 hour", "1 時間");
        check(5_400, "2 hours", "2 時間");
        check(86_400, "1 day", "1 日");
        check(30 * 86_400, "30 days", "30 日");
        assert_eq!(removed("1", 86_400, Lang::En), "1 message older than 1 day is removed within the hour.");
        assert_eq!(
            removed("1,200", 0, Lang::En),
            "1,200 messages, all that are kept, are removed within the hour."
        );
    }
}
