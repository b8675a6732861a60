use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};

use crate::words::Lang;

/// In which language and colours a page is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Locale {
    pub(crate) lang: Lang,
    pub(crate) theme: Theme,
}

/// The colours of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the browser prefers.
    System,
    Light,
    Dark,
}

impl Theme {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    fn of(word: &str) -> Option<Theme> {
        [Theme::System, Theme::Light, Theme::Dark].into_iter().find(|theme| theme.word() == word)
    }
}

impl Locale {
    /// What the query chooses, else what was chosen before, else what the browser prefers.
    pub(crate) fn of(query: &str, headers: &HeaderMap) -> Locale {
        let chosen = |name: &str| parameter(query, name).or_else(|| cookie(headers, name));
        let lang = chosen("lang").and_then(lang_of).unwrap_or_else(|| preferred(headers));
        let theme = chosen("theme").and_then(Theme::of).unwrap_or(Theme::System);
        Locale { lang, theme }
    }

    /// Cookies that keep what the query chooses. They hold no secret and decide nothing but looks.
    pub(crate) fn cookies(query: &str) -> Vec<String> {
        let known = |name: &str, value: &str| match name {
            "lang" => lang_of(value).is_some(),
            _ => Theme::of(value).is_some(),
        };
        let cookie = |name: &str| {
            let value = parameter(query, name).filter(|value| known(name, value))?;
            Some(format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax"))
        };
        ["lang", "theme"].into_iter().filter_map(cookie).collect()
    }
}

fn lang_of(word: &str) -> Option<Lang> {
    match word {
        "en" => Some(Lang::En),
        "ja" => Some(Lang::Ja),
        _ => None,
    }
}

/// A parameter of a query, as it was sent.
pub(super) fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, v)| v)
}

/// The value of a cookie, as it was sent.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let fields = headers.get_all(COOKIE).into_iter().filter_map(|field| field.to_str().ok());
    let pairs = fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// RFC 9110 §12.5.4, as far as two languages need it: whichever has the higher weight, else English.
fn preferred(headers: &HeaderMap) -> Lang {
    let field = headers.get(ACCEPT_LANGUAGE).and_then(|field| field.to_str().ok()).unwrap_or_default();
    let weight = |lang: &str| {
        let ranges = field.split(',').filter_map(|range| {
            let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
            let primary = tag.trim().split('-').next()?;
            primary.eq_ignore_ascii_case(lang).then(|| weight.trim().parse::<f32>().unwrap_or(0.0))
        });
        ranges.fold(0.0_f32, f32::max)
    };
    if weight("ja") > weight("en") { Lang::Ja } else { Lang::En }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(axum::http::HeaderName, &str)]) -> HeaderMap {
        fields.iter().map(|(name, value)| (name.clone(), value.parse().expect("a value"))).collect()
    }

    #[test]
    fn what_is_chosen_counts_before_what_is_preferred() {
        let check = |query: &str, cookie: &str, accepted: &str, lang: Lang, theme: Theme| {
            let headers = headers(&[(COOKIE, cookie), (ACCEPT_LANGUAGE, accepted)]);
            assert_eq!(Locale::of(query, &headers), Locale { lang, theme }, "{query} {cookie} {accepted}");
        };
        check("", "", "", Lang::En, Theme::System);
        check("", "", "ja,en;q=0.5", Lang::Ja, Theme::System);
        check("", "", "en-GB,en;q=0.9,ja;q=0.8", Lang::En, Theme::System);
        check("", "x=y; lang=ja; theme=dark", "en", Lang::Ja, Theme::Dark);
        check("lang=en&theme=light", "lang=ja; theme=dark", "ja", Lang::En, Theme::Light);
        check("lang=fr&theme=\"", "", "ja;q=nonsense", Lang::En, Theme::System);
    }

    #[test]
    fn only_known_words_are_kept() {
        assert_eq!(Locale::cookies("lang=ja&theme=x;y").len(), 1);
        assert!(Locale::cookies("lang=%0d%0a").is_empty());
    }
}
