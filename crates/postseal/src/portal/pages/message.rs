use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use super::messages::result_mark;
use crate::api::resource::VerdictResource;
use crate::api::{Problem, ProblemKind};
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::page::{Mark, Page, Place, render};
use crate::portal::parts::when;
use crate::portal::words::{ACTIONS, MESSAGES, MessagesWords, RESULTS, word_text};
use crate::words::Lang;

#[derive(Template)]
#[template(path = "pages/message.html")]
struct MessagePage {
    page: Page,
    words: &'static MessagesWords,
    verdict: VerdictResource,
    mark: Mark,
    result: String,
    action: String,
    at: String,
    columns: Vec<Column>,
    can_be_allowed: bool,
}

/// A step of the way from evidence to decision.
struct Column {
    title: &'static str,
    nodes: Vec<Node>,
}

/// Something that was found, or could have been decided.
struct Node {
    /// It is on the path taken.
    taken: bool,
    mark: Option<Mark>,
    text: String,
    detail: String,
}

impl Node {
    fn new(taken: bool, text: impl Into<String>, detail: impl Into<String>) -> Node {
        Node { taken, mark: None, text: text.into(), detail: detail.into() }
    }

    fn marked(self, mark: Mark) -> Node {
        Node { mark: Some(mark), ..self }
    }
}

/// `GET /messages/{id}`: one verdict, drawn from evidence to decision.
pub(in crate::portal) async fn show(asked: Asked, Path(id): Path<String>) -> Result<Response, Failure> {
    let none = || Failure::of(asked.locale, Problem::new(ProblemKind::NoMessage, "no such message"));
    let id = id.parse().map_err(|_| none())?;
    let verdict = asked.client().verdict(id).await.map_err(|error| asked.failed(error))?;
    let (lang, words) = (asked.lang, MESSAGES.of(asked.lang));
    let title = match &verdict.author_domain {
        Some(domain) => format!("{} · {domain}", words.one),
        None => words.one.to_owned(),
    };
    let page = asked.page(None, Place::Messages, title).await;
    Ok(render(&MessagePage {
        page,
        words,
        mark: result_mark(&verdict.dmarc),
        result: word_text(&RESULTS, &verdict.dmarc, lang),
        action: word_text(&ACTIONS, &verdict.action, lang),
        at: when(&verdict.at, asked.now(), lang),
        columns: vec![
            Column { title: words.evidence, nodes: evidence(&verdict, words) },
            Column { title: words.alignment, nodes: alignment(&verdict, words, lang) },
            Column { title: words.policy, nodes: policy(&verdict, words) },
            Column { title: words.decision, nodes: decision(&verdict, lang) },
        ],
        can_be_allowed: verdict.dmarc == "fail"
            && verdict.author_domain.is_some()
            && verdict.client.is_some(),
        verdict,
    }))
}

fn evidence(verdict: &VerdictResource, words: &MessagesWords) -> Vec<Node> {
    let vouches = |result: &str| result == "pass";
    let mark = |result: &str| if vouches(result) { Mark::Sealed } else { result_mark(result) };
    let envelope = verdict.spf.domain.as_deref().unwrap_or(words.unknown);
    let mut nodes = vec![
        Node::new(
            vouches(&verdict.spf.result),
            format!("SPF: {}", verdict.spf.result),
            format!("{} {envelope}", words.envelope),
        )
        .marked(result_mark(&verdict.spf.result)),
    ];
    for signature in &verdict.dkim {
        let text = format!("DKIM: {}", signature.result);
        let detail = format!("{}, {} {}", signature.domain, words.selector, signature.selector);
        nodes.push(Node::new(vouches(&signature.result), text, detail).marked(mark(&signature.result)));
    }
    if verdict.dkim.is_empty() {
        nodes.push(Node::new(false, words.no_signature, ""));
    }
    if verdict.arc != "none" {
        let text = format!("ARC: {}", verdict.arc);
        nodes.push(Node::new(vouches(&verdict.arc), text, words.sealed).marked(result_mark(&verdict.arc)));
    }
    nodes
}

fn alignment(verdict: &VerdictResource, words: &MessagesWords, lang: Lang) -> Vec<Node> {
    let mut nodes = match verdict.alignment {
        Some(aligned) => vec![
            Node::new(aligned.spf, words.spf_aligned, ""),
            Node::new(aligned.dkim, words.dkim_aligned, ""),
            Node::new(!aligned.spf && !aligned.dkim, words.not_aligned, ""),
        ],
        None => vec![Node::new(true, words.not_noted, "")],
    };
    let text = format!("DMARC: {}", verdict.dmarc);
    let detail = word_text(&RESULTS, &verdict.dmarc, lang);
    nodes.push(Node::new(true, text, detail).marked(result_mark(&verdict.dmarc)));
    nodes
}

fn policy(verdict: &VerdictResource, words: &MessagesWords) -> Vec<Node> {
    let applied = verdict.policy.as_deref();
    let counts = verdict.dmarc != "pass";
    let domain = verdict.policy_domain.as_ref().map(|domain| format!("{} {domain}", words.of_domain));
    let node = |word: &str, text: &'static str| {
        let taken = counts && applied == Some(word);
        let detail = domain.clone().filter(|_| applied == Some(word)).unwrap_or_default();
        Node::new(taken, text, detail)
    };
    let mut nodes = vec![
        node("none", words.p_none),
        node("quarantine", words.p_quarantine),
        node("reject", words.p_reject),
    ];
    if !counts {
        nodes.push(Node::new(true, words.not_needed, ""));
    }
    if applied.is_none() {
        nodes.push(Node::new(counts, words.no_policy, ""));
    }
    nodes
}

fn decision(verdict: &VerdictResource, lang: Lang) -> Vec<Node> {
    let node = |(word, en, ja): &(&str, &'static str, &'static str)| {
        let node = Node::new(verdict.action == *word, lang.pick(en, ja), "");
        if verdict.action == *word { node.marked(action_mark(word)) } else { node }
    };
    ACTIONS.iter().map(node).collect()
}

fn action_mark(action: &str) -> Mark {
    match action {
        "deliver" => Mark::Good,
        "reject" => Mark::Bad,
        _ => Mark::Attention,
    }
}
