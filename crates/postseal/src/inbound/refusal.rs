use postseal_core::dmarc::Policy;
use postseal_core::verdict::Verdict;
use postseal_milter::{Answer, ReplyCode};

use super::decision::Ground;

/// What the sender of a refused message reads: what happened to which domain, why, and whom
/// to turn to.
pub(crate) fn refused(ground: Ground, verdict: &Verdict, contact: Option<&str>) -> Answer {
    let author = author(verdict);
    let what = match ground {
        Ground::Policy(policy) => format!(
            "{author} asks for mail that is not authenticated to be {} (DMARC p={policy})",
            match policy {
                Policy::Reject => "refused",
                Policy::Quarantine | Policy::None => "set aside",
            }
        ),
        _ => "This message has no From address whose domain can be authenticated".to_owned(),
    };
    reply(550, "5.7.1", &what, verdict, contact)
}

/// What the sender of a deferred message reads.
pub(crate) fn deferred(verdict: &Verdict, contact: Option<&str>) -> Answer {
    let what = format!("The DNS leaves open whether this message is from {}; try again", author(verdict));
    reply(451, "4.7.1", &what, verdict, contact)
}

fn author(verdict: &Verdict) -> &str {
    verdict.dmarc.author_domain.as_ref().map_or("the author's domain", |domain| domain.as_str())
}

fn reply(code: u16, enhanced: &str, what: &str, verdict: &Verdict, contact: Option<&str>) -> Answer {
    let mut text = cut(what).to_owned();
    if let Some(cause) = &verdict.dmarc.cause {
        text.push('\n');
        text.push_str(cut(&line(&cause.to_string())));
    }
    if let Some(contact) = contact {
        text.push_str("\nQuestions: ");
        text.push_str(cut(&line(contact)));
    }
    // What stands in it is short and in one line each.
    ReplyCode::new(code, enhanced, &text)
        .map_or(if code < 500 { Answer::Tempfail } else { Answer::Reject }, Answer::Refuse)
}

fn line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// RFC 5321 §4.5.3.1.5: "The maximum total length of a reply line including the reply code and
/// the `<CRLF>` is 512 octets."
fn cut(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

const MAX_TEXT: usize = 450;
