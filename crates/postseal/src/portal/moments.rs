//! Times and how long they are, as people read them.

use toml::value::{Date, Datetime};

use crate::config::moment::end_of;
use crate::words::{Lang, say};

/// A time to live in the units that DNS hosts ask for.
pub(super) fn ttl(seconds: u32, lang: Lang) -> String {
    let minutes = seconds / 60;
    match (seconds % 3_600, seconds % 60) {
        (0, _) if seconds > 0 => {
            let hours = seconds / 3_600;
            let plural = if hours == 1 { "" } else { "s" };
            say!(
                lang,
                "{hours} hour{plural} = {minutes} minutes = {seconds} seconds",
                "{hours} 時間 = {minutes} 分 = {seconds} 秒"
            )
        }
        (_, 0) => say!(lang, "{minutes} minutes = {seconds} seconds", "{minutes} 分 = {seconds} 秒"),
        _ => say!(lang, "{seconds} seconds", "{seconds} 秒"),
    }
}

/// How long ago, in words.
pub(super) fn ago(then: u64, now: u64, lang: Lang) -> String {
    let seconds = now.saturating_sub(then);
    let (count, one, many, ja) = match seconds {
        0..60 => (seconds, "second", "seconds", "秒"),
        60..3_600 => (seconds / 60, "minute", "minutes", "分"),
        3_600..86_400 => (seconds / 3_600, "hour", "hours", "時間"),
        _ => (seconds / 86_400, "day", "days", "日"),
    };
    let unit = if count == 1 { one } else { many };
    say!(lang, "{count} {unit} ago", "{count} {ja}前")
}

/// A moment of the API as an element that says how long ago it was, and when exactly.
pub(super) fn when(moment: &str, now: u64, lang: Lang) -> String {
    let Some(then) = instant(moment) else { return String::new() };
    let exact = in_words(moment, lang);
    if then > now {
        return format!(r#"<time datetime="{moment}">{exact}</time>"#);
    }
    let shown = ago(then, now, lang);
    format!(
        r#"<time datetime="{moment}" title="{exact}" tabindex="0"><span class="ago">{shown}</span><span class="exact">{exact}</span></time>"#
    )
}

/// UNIX seconds of a moment of the API.
pub(super) fn instant(moment: &str) -> Option<u64> {
    end_of(&moment.parse::<Datetime>().ok()?)
}

/// A moment of the API as it is written in a text; something else comes back as it is.
pub(super) fn in_words(moment: &str, lang: Lang) -> String {
    let Some(time) = moment.parse::<Datetime>().ok().and_then(|read| read.time) else {
        return moment.to_owned();
    };
    let day = day(moment, lang);
    let clock = format!("{}:{:02}:{:02}", time.hour, time.minute, time.second.unwrap_or(0));
    say!(lang, "{day}, {clock} UTC", "{day} {clock} (UTC)")
}

/// The day of a moment of the API; something else comes back as it is.
pub(super) fn day(moment: &str, lang: Lang) -> String {
    let Some(Date { year, month, day }) = moment.parse::<Datetime>().ok().and_then(|read| read.date) else {
        return moment.to_owned();
    };
    match lang {
        Lang::En => {
            let month = MONTHS.get(usize::from(month).saturating_sub(1)).copied().unwrap_or_default();
            format!("{day} {month} {year}")
        }
        Lang::Ja => format!("{year}年{month}月{day}日"),
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_with_their_plurals() {
        let check = |then, now, en: &str, ja: &str| {
            assert_eq!((ago(then, now, Lang::En), ago(then, now, Lang::Ja)), (en.to_owned(), ja.to_owned()));
        };
        check(100, 101, "1 second ago", "1 秒前");
        check(100, 50, "0 seconds ago", "0 秒前");
        check(0, 7_200, "2 hours ago", "2 時間前");
        check(0, 86_400, "1 day ago", "1 日前");
        assert_eq!(ttl(3_600, Lang::En), "1 hour = 60 minutes = 3600 seconds");
        assert_eq!(ttl(300, Lang::Ja), "5 分 = 300 秒");
        assert_eq!(ttl(59, Lang::En), "59 seconds");
    }

    #[test]
    fn moments_are_written_as_the_language_does() {
        let check = |moment: &str, en: &str, ja: &str| {
            assert_eq!([in_words(moment, Lang::En), in_words(moment, Lang::Ja)], [en, ja], "{moment}");
        };
        check("2026-11-03T07:05:09Z", "3 Nov 2026, 7:05:09 UTC", "2026年11月3日 7:05:09 (UTC)");
        check("2026-01-31T23:59:00Z", "31 Jan 2026, 23:59:00 UTC", "2026年1月31日 23:59:00 (UTC)");
        check("yesterday", "yesterday", "yesterday");
        assert_eq!(day("2026-10-25T00:00:00Z", Lang::En), "25 Oct 2026");
        assert_eq!(when("<b>", 0, Lang::En), "");
    }
}
