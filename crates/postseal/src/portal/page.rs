use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::assets;
use super::locale::{Locale, Theme};
use super::words::{CHROME, ChromeWords};
use crate::words::Lang;

/// The frame of a page: what stands around what it is about.
pub(super) struct Page {
    pub(super) locale: Locale,
    pub(super) theme: Theme,
    pub(super) words: &'static ChromeWords,
    pub(super) account: String,
    pub(super) csrf: String,
    pub(super) organisation: Option<String>,
    pub(super) organisations: Vec<String>,
    pub(super) place: Place,
    pub(super) title: String,
    pub(super) notice: Option<Notice>,
    /// Behind the question mark, as it was sent.
    pub(super) query: String,
}

/// The parameter that names a notice.
pub(super) const SAID: &str = "said";

/// Something that has just happened.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    pub(super) mark: Mark,
    pub(super) text: String,
    pub(super) next: Option<String>,
}

/// Where a page is found in the rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Overview,
    Domains,
    Messages,
    Check,
    Explain,
    Settings,
    None,
}

/// An entry of the rail.
pub(super) struct PlaceLink {
    pub(super) href: String,
    pub(super) word: &'static str,
    pub(super) here: bool,
}

/// How something stands; never shown by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Good,
    Attention,
    Bad,
    Off,
    /// The seal: it signs, or it carried a valid signature.
    Sealed,
}

impl Mark {
    pub(super) fn class(&self) -> &'static str {
        match self {
            Mark::Good | Mark::Sealed => "good",
            Mark::Attention => "attention",
            Mark::Bad => "bad",
            Mark::Off => "off",
        }
    }

    /// An SVG element of ours; it holds no text from elsewhere.
    pub(super) fn icon(&self) -> &'static str {
        match self {
            Mark::Good => {
                r#"<svg viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2"><circle cx="10" cy="10" r="8"/><path d="M6 10.5l2.7 2.7L14 7.5"/></svg>"#
            }
            Mark::Attention => {
                r#"<svg viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2"><path d="M10 2.5l8 14.5H2z"/><path d="M10 8v4M10 14v1"/></svg>"#
            }
            Mark::Bad => {
                r#"<svg viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2"><path d="M6.5 2h7L18 6.5v7L13.5 18h-7L2 13.5v-7z"/><path d="M7 7l6 6M13 7l-6 6"/></svg>"#
            }
            Mark::Off => {
                r#"<svg viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2"><circle cx="10" cy="10" r="8"/><path d="M6 10h8"/></svg>"#
            }
            Mark::Sealed => {
                r##"<svg viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="14.5" fill="#c8391f"/><path d="M9.5 12h13v9h-13zM9.5 12l6.5 5 6.5-5" fill="none" stroke="#fff" stroke-width="2" stroke-linejoin="round"/></svg>"##
            }
        }
    }
}

impl Page {
    /// For whoever is not let in, or where nothing can be shown.
    pub(super) fn outside(locale: Locale, place: Place, title: String) -> Page {
        Page {
            locale,
            theme: locale.theme,
            words: CHROME.of(locale.lang),
            account: String::new(),
            csrf: String::new(),
            organisation: None,
            organisations: Vec::new(),
            place,
            title,
            notice: None,
            query: String::new(),
        }
    }

    pub(super) fn lang_code(&self) -> &'static str {
        self.locale.lang.pick("en", "ja")
    }

    pub(super) fn lang(&self) -> Lang {
        self.locale.lang
    }

    pub(super) fn assets_version(&self) -> &'static str {
        &assets::VERSION
    }

    /// This page in another language or in other colours.
    pub(super) fn with(&self, name: &str, value: &str) -> String {
        let left_out = |pair: &&str| {
            let key = pair.split_once('=').map_or(*pair, |(key, _)| key);
            key.is_empty() || key == name || key == SAID
        };
        let mut pairs: Vec<&str> = self.query.split('&').filter(|pair| !left_out(pair)).collect();
        let chosen = format!("{name}={value}");
        pairs.push(&chosen);
        format!("?{}", pairs.join("&"))
    }

    /// Whether somebody who has been let in looks at it: the places are shown to nobody else.
    pub(super) fn is_inside(&self) -> bool {
        !self.account.is_empty()
    }

    pub(super) fn is_organisation(&self, name: &str) -> bool {
        self.organisation.as_deref() == Some(name)
    }

    pub(super) fn places(&self) -> Vec<PlaceLink> {
        let words = self.words;
        let of = |rest: &str| match &self.organisation {
            Some(name) => format!("/o/{name}{rest}"),
            None => "/".to_owned(),
        };
        let place = |place, href, word| PlaceLink { href, word, here: self.place == place };
        vec![
            place(Place::Overview, of(""), words.overview),
            place(Place::Domains, of("/domains"), words.domains),
            place(Place::Messages, "/messages".to_owned(), words.messages),
            place(Place::Check, "/check".to_owned(), words.check),
            place(Place::Explain, "/explain".to_owned(), words.explain),
            place(Place::Settings, "/settings".to_owned(), words.settings),
        ]
    }
}

/// A template as an answer.
pub(super) fn render(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
