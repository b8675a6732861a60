//! What is shown.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use postseal_core::dns::RecordData;
use postseal_dns::master_file::write_data;

use super::Sandbox;
use super::frame::Frame;
use crate::api::resource::DkimSigningConfiguration;
use crate::cli::terminal::Paint;
use crate::cli::verdict_text::verdict_text;
use crate::explanation::{Explanation, bounce};
use crate::sandbox::chapters::PlaceWord;
use crate::sandbox::ledger::Message;
use crate::sandbox::living::Living;
use crate::sandbox::receiver_policy::ReceiverPolicy;
use crate::sandbox::words::{END, Label, place_label, policy_label};
use crate::sandbox::world::Sender;
use crate::words::Lang;

#[derive(Template)]
#[template(path = "sandbox/home.html")]
struct HomePage {
    frame: Frame,
    cards: Cards,
    wire: Vec<Line>,
}

/// How things stand, on the four cards.
struct Cards {
    signing: bool,
    has_keys: bool,
    rotating: bool,
    days_ahead: u64,
    records: usize,
    policy: &'static str,
    counts: Vec<(&'static str, usize)>,
}

/// A message that has travelled the wire.
struct Line {
    number: usize,
    by_impostor: bool,
    forwarded: bool,
    place: &'static str,
    class: &'static str,
    results: Vec<Mark>,
    newest: bool,
}

/// A result in a word, a sign and a colour.
struct Mark {
    method: &'static str,
    result: String,
    sign: &'static str,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "sandbox/dns.html")]
struct DnsPage {
    frame: Frame,
    rows: Vec<Row>,
    can_undo: bool,
}

struct Row {
    number: u64,
    kind: &'static str,
    name: String,
    value: String,
    ttl: u32,
}

#[derive(Template)]
#[template(path = "sandbox/mailbox.html")]
struct MailboxPage {
    frame: Frame,
    folders: Vec<Folder>,
}

struct Folder {
    title: &'static str,
    messages: Vec<Line>,
    /// Of those that were refused, in the same order.
    bounces: Vec<String>,
}

#[derive(Template)]
#[template(path = "sandbox/policy.html")]
struct PolicyPage {
    frame: Frame,
    choices: Vec<Choice>,
}

struct Choice {
    word: &'static str,
    label: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "sandbox/message.html")]
struct MessagePage {
    frame: Frame,
    line: Line,
    to: String,
    header: String,
    body: String,
    reply: String,
    questions: Vec<Question>,
    verdict: String,
    bounce: Option<String>,
}

struct Question {
    text: String,
    code: String,
    records: Vec<String>,
}

#[derive(Template)]
#[template(path = "sandbox/explain.html")]
struct ExplainPage {
    frame: Frame,
    number: usize,
    bounce: String,
    found: Option<Explanation>,
}

#[derive(Template)]
#[template(path = "sandbox/end.html")]
struct EndPage {
    frame: Frame,
    text: &'static str,
    commands: &'static [(&'static str, &'static str)],
}

#[derive(Template)]
#[template(path = "sandbox/not_found.html")]
struct NotFoundPage {
    frame: Frame,
}

type Shared = State<Arc<Sandbox>>;

pub(super) async fn home(State(sandbox): Shared, uri: Uri, headers: HeaderMap) -> Response {
    story(&sandbox, (&uri, &headers), None).await
}

pub(super) async fn chapter(
    State(sandbox): Shared,
    Path(number): Path<usize>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    story(&sandbox, (&uri, &headers), Some(number)).await
}

async fn story(sandbox: &Sandbox, at: (&Uri, &HeaderMap), chapter: Option<usize>) -> Response {
    show(sandbox, at, chapter, |frame, living, dkim| {
        let (cards, wire) = (Cards::of(living, dkim, frame.lang), wire(living, frame.lang));
        Some(rendered(&HomePage { frame, cards, wire }))
    })
    .await
}

pub(super) async fn dns(State(sandbox): Shared, uri: Uri, headers: HeaderMap) -> Response {
    show(&sandbox, (&uri, &headers), None, |frame, living, _| {
        let rows = living.records().into_iter().map(|record| Row {
            number: record.number,
            kind: kind(&record.data),
            name: record.name.to_string(),
            value: match &record.data {
                RecordData::Txt(text) => String::from_utf8_lossy(&text.octets).into_owned(),
                data => write_data(data),
            },
            ttl: record.ttl,
        });
        Some(rendered(&DnsPage { rows: rows.collect(), can_undo: living.can_undo(), frame }))
    })
    .await
}

pub(super) async fn mailbox(State(sandbox): Shared, uri: Uri, headers: HeaderMap) -> Response {
    show(&sandbox, (&uri, &headers), None, |frame, living, _| {
        let lang = frame.lang;
        let places = [PlaceWord::Inbox, PlaceWord::Junk, PlaceWord::Quarantine, PlaceWord::Refused];
        let folders = places.map(|place| {
            let of = || living.messages.iter().rev().filter(|m| PlaceWord::of(&m.place) == place);
            Folder {
                title: place_label(place).text(lang),
                messages: of().map(|message| Line::of(message, false, lang)).collect(),
                bounces: of().map(|message| message.bounce().unwrap_or_default()).collect(),
            }
        });
        Some(rendered(&MailboxPage { frame, folders: folders.into() }))
    })
    .await
}

pub(super) async fn policy(State(sandbox): Shared, uri: Uri, headers: HeaderMap) -> Response {
    show(&sandbox, (&uri, &headers), None, |frame, living, _| {
        let choices = ReceiverPolicy::ALL.map(|policy| Choice {
            word: policy.word(),
            label: policy_label(policy).text(frame.lang),
            chosen: policy == living.policy,
        });
        Some(rendered(&PolicyPage { frame, choices: choices.into() }))
    })
    .await
}

pub(super) async fn message(
    State(sandbox): Shared,
    Path(number): Path<usize>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    looked(&sandbox, number, false).await;
    show(&sandbox, (&uri, &headers), None, |frame, living, _| {
        let (message, lang) = (living.message(number)?, frame.lang);
        let questions = message.questions.iter().map(|asked| Question {
            text: format!("{} {}", asked.record_type, asked.name),
            code: asked.code.clone(),
            records: asked.records.clone(),
        });
        let verdict = message.judged.as_ref().map(|judged| verdict_text(judged, None, Paint::none(), lang));
        Some(rendered(&MessagePage {
            line: Line::of(message, false, lang),
            to: message.recipient(),
            header: message.header.replace("\r\n", "\n"),
            body: message.body.replace("\r\n", "\n"),
            reply: message.reply.clone(),
            questions: questions.collect(),
            verdict: verdict.unwrap_or_default(),
            bounce: message.bounce(),
            frame,
        }))
    })
    .await
}

/// What a bounce means, said by the same code as `postseal explain` has.
pub(super) async fn explain(
    State(sandbox): Shared,
    Path(number): Path<usize>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    looked(&sandbox, number, true).await;
    show(&sandbox, (&uri, &headers), None, |frame, living, _| {
        let bounce = living.message(number)?.bounce()?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let found = bounce::explain(bounce.as_bytes(), &sandbox.rules, now, frame.lang);
        Some(rendered(&ExplainPage { frame, number, bounce, found }))
    })
    .await
}

pub(super) async fn end(State(sandbox): Shared, uri: Uri, headers: HeaderMap) -> Response {
    show(&sandbox, (&uri, &headers), None, |frame, _, _| {
        let (text, commands) = (END.text(frame.lang), commands(frame.lang));
        Some(rendered(&EndPage { frame, text, commands }))
    })
    .await
}

pub(super) async fn not_found(State(sandbox): Shared, uri: Uri, headers: HeaderMap) -> Response {
    show(&sandbox, (&uri, &headers), None, |_, _, _| None).await
}

/// Somebody looks into the newest message, which may be a step.
async fn looked(sandbox: &Sandbox, number: usize, explained: bool) {
    if let Some(living) = sandbox.living.lock().await.as_mut() {
        let newest = living.messages.back().is_some_and(|message| message.number == number);
        let is_bounce = living.message(number).is_some_and(|message| message.bounce().is_some());
        if newest && (is_bounce || !explained) {
            living.looks(explained);
        }
    }
}

/// A page of the world as it is now; `None` from `page`: there is no such page.
async fn show(
    sandbox: &Sandbox,
    at: (&Uri, &HeaderMap),
    chapter: Option<usize>,
    page: impl FnOnce(Frame, &Living, &DkimSigningConfiguration) -> Option<Response>,
) -> Response {
    let living = sandbox.living.lock().await;
    let Some(living) = living.as_ref() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let dkim = match living.dkim().await {
        Ok(dkim) => dkim,
        Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    };
    let is_chapter = chapter.is_none_or(|number| (1..=12).contains(&number));
    let shown =
        is_chapter.then(|| page(Frame::new(sandbox, living, &dkim, at, chapter), living, &dkim)).flatten();
    shown.unwrap_or_else(|| {
        let frame = Frame::new(sandbox, living, &dkim, at, None);
        (StatusCode::NOT_FOUND, rendered(&NotFoundPage { frame })).into_response()
    })
}

fn rendered(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

impl Cards {
    fn of(living: &Living, dkim: &DkimSigningConfiguration, lang: Lang) -> Cards {
        let count = |place| {
            let number = living.messages.iter().filter(|m| PlaceWord::of(&m.place) == place).count();
            (place_label(place).text(lang), number)
        };
        let places = [PlaceWord::Inbox, PlaceWord::Junk, PlaceWord::Quarantine, PlaceWord::Refused];
        Cards {
            signing: dkim.enabled,
            has_keys: dkim.flyout != "NoKeys",
            rotating: dkim.flyout == "Rotating",
            days_ahead: living.ahead() / 86_400,
            records: living.records().len(),
            policy: policy_label(living.policy).text(lang),
            counts: places.map(count).into(),
        }
    }
}

fn wire(living: &Living, lang: Lang) -> Vec<Line> {
    let newest_first = living.messages.iter().rev().enumerate();
    newest_first.map(|(place, message)| Line::of(message, place == 0, lang)).collect()
}

impl Line {
    fn of(message: &Message, newest: bool, lang: Lang) -> Line {
        let place = PlaceWord::of(&message.place);
        Line {
            number: message.number,
            by_impostor: message.by == Sender::Impostor,
            forwarded: message.forwarded,
            place: place_label(place).text(lang),
            class: match place {
                PlaceWord::Inbox => "good",
                PlaceWord::Junk | PlaceWord::Quarantine => "attention",
                PlaceWord::Refused => "bad",
            },
            results: ["spf", "dkim", "dmarc"].map(|method| Mark::of(method, message.result(method))).into(),
            newest,
        }
    }
}

impl Mark {
    fn of(method: &'static str, result: &str) -> Mark {
        let (sign, class) = match result {
            "pass" => ("✓", "good"),
            "none" | "neutral" => ("–", "off"),
            _ => ("✗", "bad"),
        };
        Mark { method, result: result.to_owned(), sign, class }
    }
}

fn kind(data: &RecordData) -> &'static str {
    match data {
        RecordData::Txt(_) => "TXT",
        RecordData::Cname(_) => "CNAME",
        RecordData::A(_) => "A",
        _ => "?",
    }
}

/// What is typed for a domain of one's own, and what it does.
fn commands(lang: Lang) -> &'static [(&'static str, &'static str)] {
    match lang {
        Lang::En => &[
            (
                "postseal check example.com",
                "What is missing, what receivers do with your mail today, and what to paste where.",
            ),
            (
                "postseal domain add example.com",
                "Prints a TXT record that shows the domain is yours. Where one person runs it all: --trust.",
            ),
            (
                "postseal domain verify example.com",
                "Looks for that record at every name server of the domain.",
            ),
            (
                "postseal dkim get example.com --select selector1CNAME,selector2CNAME",
                "The two CNAMEs to register, once.",
            ),
            (
                "postseal dkim new example.com --enabled true",
                "Makes the keys. Where the CNAMEs cannot be seen yet, it says so and signs nothing.",
            ),
            ("postseal dkim set example.com --enabled true", "Signs from the next message on."),
            (
                "postseal records example.com",
                "Everything to register, the DMARC record that comes first included.",
            ),
            ("postseal check example.com --watch", "Follows the DNS until all is well."),
            ("postseal dkim rotate example.com", "New keys, and nothing to do."),
            ("postseal explain bounce.eml", "What a bounce means."),
        ],
        Lang::Ja => &[
            (
                "postseal check example.com",
                "足りないもの、受信側が今メールをどう扱うか、どこに何を登録するかを表示します。",
            ),
            (
                "postseal domain add example.com",
                "ドメインの所有を示す TXT レコードを表示します。すべてを 1 人で管理している場合は --trust で省略できます。",
            ),
            (
                "postseal domain verify example.com",
                "そのレコードを、ドメインのすべての DNS サーバーで確認します。",
            ),
            (
                "postseal dkim get example.com --select selector1CNAME,selector2CNAME",
                "一度だけ登録する 2 つの CNAME です。",
            ),
            (
                "postseal dkim new example.com --enabled true",
                "鍵を作成します。CNAME がまだ確認できないときはその旨を知らせ、署名はしません。",
            ),
            ("postseal dkim set example.com --enabled true", "次のメールから署名します。"),
            (
                "postseal records example.com",
                "登録するレコードをすべて表示します。最初に登録する DMARC レコードも含みます。",
            ),
            ("postseal check example.com --watch", "問題がなくなるまで DNS を確認し続けます。"),
            ("postseal dkim rotate example.com", "鍵をローテーションします。ほかの作業は不要です。"),
            ("postseal explain bounce.eml", "配信不能通知の意味を説明します。"),
        ],
    }
}
