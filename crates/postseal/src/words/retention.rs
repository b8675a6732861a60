use crate::words::{Lang, say};

/// A time for which messages are kept.
pub(crate) fn kept_for(seconds: u64, lang: Lang) -> String {
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
pub(crate) fn removed(count: &str, seconds: u64, lang: Lang) -> String {
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
