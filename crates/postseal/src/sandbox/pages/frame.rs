use axum::http::{HeaderMap, Uri};

use super::Sandbox;
use crate::api::resource::DkimSigningConfiguration;
use crate::portal::locale::Locale;
use crate::sandbox::chapters::CHAPTERS;
use crate::sandbox::living::{Came, Living, cname_of};
use crate::sandbox::registrar::Entry;
use crate::sandbox::words::{Label, Said, TALES, said, to_html, trouble};
use crate::words::Lang;

/// What stands around every page, the story on its left included.
pub(super) struct Frame {
    pub(super) lang: Lang,
    pub(super) theme: &'static str,
    pub(super) path: String,
    pub(super) csrf: String,
    pub(super) notice: Option<Said>,
    /// The two records that the mail server asks for, where the notice shows them.
    pub(super) cnames: Vec<Entry>,
    pub(super) chapters: Vec<ChapterLink>,
    pub(super) tale: TaleView,
    /// Whether the story stands open where a page is narrow: on its own pages, unless there is news to read first. On
    /// wide ones it always does.
    pub(super) unfolded: bool,
}

pub(super) struct ChapterLink {
    pub(super) number: usize,
    pub(super) title: &'static str,
    pub(super) here: bool,
}

/// The story of one chapter.
pub(super) struct TaleView {
    pub(super) number: usize,
    pub(super) title: &'static str,
    pub(super) story: String,
    pub(super) see: String,
    pub(super) steps: Vec<StepView>,
    /// Whether it is the chapter that is being done.
    pub(super) under_way: bool,
    pub(super) all_done: bool,
    /// `None` after the last chapter.
    pub(super) next: Option<usize>,
}

pub(super) struct StepView {
    pub(super) text: String,
    pub(super) done: bool,
    pub(super) now: bool,
    pub(super) record: Option<Entry>,
}

impl Frame {
    /// `chapter`: which one is told, where it is not the one under way.
    pub(super) fn new(
        sandbox: &Sandbox,
        living: &Living,
        dkim: &DkimSigningConfiguration,
        (uri, headers): (&Uri, &HeaderMap),
        chapter: Option<usize>,
    ) -> Frame {
        let locale = Locale::of(uri.query().unwrap_or_default(), headers);
        let lang = locale.lang;
        let told = chapter.unwrap_or(living.chapter);
        let notice = sandbox.take_notice().map(|came| match came {
            Ok(came) => {
                let message = match came {
                    Came::Mail(number) => living.message(number),
                    _ => None,
                };
                said(&came, message, lang)
            }
            Err(error) => trouble(&error, lang),
        });
        let is_of_the_story = uri.path() == "/" || uri.path().starts_with("/chapter/");
        let shown = notice.as_ref().is_some_and(|said| said.with_cnames);
        let cnames = if shown { [0, 1].map(|place| cname_shown(dkim, place)).into() } else { Vec::new() };
        let chapters = TALES.iter().enumerate().map(|(place, tale)| ChapterLink {
            number: place + 1,
            title: tale.title.text(lang),
            here: place + 1 == told,
        });
        Frame {
            lang,
            theme: locale.theme.word(),
            path: uri.path().to_owned(),
            csrf: sandbox.csrf.clone(),
            unfolded: is_of_the_story && notice.is_none(),
            notice,
            cnames,
            chapters: chapters.collect(),
            tale: TaleView::new(living, dkim, told, lang),
        }
    }

    pub(super) fn lang_code(&self) -> &'static str {
        self.lang.pick("en", "ja")
    }

    /// The text of a label.
    pub(super) fn l(&self, label: Label) -> &'static str {
        label.text(self.lang)
    }
}

impl TaleView {
    fn new(living: &Living, dkim: &DkimSigningConfiguration, number: usize, lang: Lang) -> TaleView {
        let place = number.clamp(1, TALES.len()) - 1;
        let (tale, chapter) = (&TALES[place], &CHAPTERS[place]);
        let under_way = living.chapter == place + 1;
        let done = if under_way { living.done() } else { 0 };
        let steps = tale.steps.iter().zip(chapter.goals).enumerate().map(|(step, (text, goal))| StepView {
            text: to_html(text.text(lang), lang),
            done: step < done,
            now: under_way && step == done,
            record: Living::entry_of(*goal, dkim),
        });
        TaleView {
            number: place + 1,
            title: tale.title.text(lang),
            story: to_html(tale.story.text(lang), lang),
            see: to_html(tale.see.text(lang), lang),
            steps: steps.collect(),
            under_way,
            all_done: under_way && done == chapter.goals.len(),
            next: (place + 1 < TALES.len()).then_some(place + 2),
        }
    }
}

/// As the owner of the domain must register it.
fn cname_shown(dkim: &DkimSigningConfiguration, place: usize) -> Entry {
    Entry {
        kind: "CNAME".to_owned(),
        host: format!("selector{}._domainkey", place + 1),
        value: cname_of(dkim, place).to_owned(),
        ttl: "3600".to_owned(),
    }
}
