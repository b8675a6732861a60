use postseal_core::advice::{Change, ExaminedSignature, MessageExamination, MessageHop};
use postseal_core::dkim::DkimResult;
use postseal_core::message::{HeaderSection, LineEnds, Splitter, to_wire};

use super::{CauseText, Explanation, HopText, Kind};
use crate::words::{Lang, say};
use crate::words::{change_evidence, change_fix, change_message, dkim_cause};

/// Whether a body hash cannot match, since there is no body.
pub(crate) fn headers_only(section: &HeaderSection, body: &[u8]) -> bool {
    body.is_empty() && section.named("DKIM-Signature").next().is_some()
}

/// What became of a message that was examined.
pub(crate) fn explained(
    examined: &MessageExamination,
    headers_only: bool,
    mut notes: Vec<String>,
    lang: Lang,
) -> Explanation {
    if headers_only {
        notes.push(say!(
            lang,
            "There is only a header section: a body hash that does not match is no wonder.",
            "ヘッダーだけで本文がないため、本文のハッシュが一致しないのは当然です。"
        ));
    }
    let causes = causes(examined, lang);
    Explanation {
        kind: Kind::Message,
        rule: None,
        authentication: true,
        receiver: None,
        summary: summary(examined, lang),
        causes,
        fixes: fixes(examined, lang),
        source: Some("RFC 6376".to_owned()),
        last_verified: None,
        hops: examined.hops.iter().map(hop_text).collect(),
        notes,
    }
}

/// Header section and body as they would travel.
pub(crate) fn split(octets: &[u8]) -> (HeaderSection, Vec<u8>) {
    let mut wire = Vec::with_capacity(octets.len());
    match LineEnds::detect(octets) {
        LineEnds::Wire => wire.extend_from_slice(octets),
        LineEnds::Local => {
            to_wire(octets, 0, &mut wire);
        }
    }
    let mut splitter = Splitter::new();
    let body = splitter.feed(&wire).map(<[u8]>::to_vec).unwrap_or_default();
    (splitter.take_header_section(), body)
}

fn name_of(signature: &ExaminedSignature) -> &str {
    signature.result.sdid.as_ref().map_or("?", |sdid| sdid.as_str())
}

fn causes(examined: &MessageExamination, lang: Lang) -> Vec<CauseText> {
    let mut causes = Vec::new();
    for signature in &examined.signatures {
        let sdid = name_of(signature);
        let selector = signature.result.selector.as_ref().map_or("?", |selector| selector.as_str());
        let evidence = format!("d={sdid} s={selector}: {}", signature.result.result);
        let message = match &signature.result.cause {
            None => say!(lang, "the signature of {sdid} is good", "{sdid} の署名は正しく検証されました"),
            Some(cause) => {
                let why = dkim_cause(cause, lang);
                say!(
                    lang,
                    "the signature of {sdid} does not pass: {why}",
                    "{sdid} の署名は合格しません: {why}"
                )
            }
        };
        let id =
            if signature.result.result == DkimResult::Pass { "signature-good" } else { "signature-broken" };
        causes.push(CauseText { id, message, evidence });
        let place = place(&examined.hops, &signature.suspects, lang);
        for change in &signature.changes {
            let message = format!("{}{place}", change_message(change, lang));
            causes.push(CauseText { id: change.id(), message, evidence: change_evidence(change) });
        }
    }
    if examined.signatures.is_empty() {
        let message = say!(lang, "the message is not signed", "メールに署名がありません");
        causes.push(CauseText { id: "not-signed", message, evidence: String::new() });
    }
    // What was done comes before who says so.
    causes.sort_by_key(|cause| cause.id == "signature-good" || cause.id == "signature-broken");
    causes
}

/// Where it was done, as far as the Received fields tell.
fn place(hops: &[MessageHop], suspects: &[usize], lang: Lang) -> String {
    let names: Vec<&str> = suspects.iter().filter_map(|number| hops[*number].by.as_deref()).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => say!(lang, ", most likely at {one}", "({one} による可能性が高い)"),
        several => {
            let several = several.join(", ");
            say!(lang, ", at one of {several}", "({several} のいずれか)")
        }
    }
}

fn summary(examined: &MessageExamination, lang: Lang) -> String {
    let signatures = &examined.signatures;
    let changed = |signature: &&ExaminedSignature| !signature.changes.is_empty();
    let found =
        |signature: &&ExaminedSignature| changed(signature) && signature.changes.iter().all(Change::is_found);
    let partly = |signature: &&ExaminedSignature| signature.changes.iter().any(Change::is_found);
    let passes = |signature: &ExaminedSignature| signature.result.result == DkimResult::Pass;
    if signatures.is_empty() {
        return say!(
            lang,
            "The message is not signed: nothing on its way could break a signature, and DKIM confirms nobody.",
            "メールに DKIM 署名がないため、DKIM では送信者を確認できません。"
        );
    }
    if signatures.iter().all(passes) {
        return say!(
            lang,
            "All signatures hold: the signed parts of the message arrived as they were sent.",
            "すべての署名が有効です。署名された部分は送信時のまま届いています。"
        );
    }
    match (signatures.iter().find(found).or(signatures.iter().find(partly)), signatures.iter().find(changed))
    {
        (Some(signature), _) if !found(&signature) => {
            let sdid = name_of(signature);
            say!(
                lang,
                "The message was changed after {sdid} had signed it. A part of that could be undone, but not all that breaks the signature.",
                "{sdid} が署名した後にメールが変更されました。一部の変更は元に戻せましたが、署名を無効にしている変更がほかにもあります。"
            )
        }
        (Some(signature), _) => {
            let sdid = name_of(signature);
            say!(
                lang,
                "The message was changed after {sdid} had signed it; with that undone the signature holds.",
                "{sdid} が署名した後にメールが変更されました。その変更を元に戻すと署名は有効になります。"
            )
        }
        (None, Some(signature)) => {
            let sdid = name_of(signature);
            say!(
                lang,
                "The message was changed after {sdid} had signed it, or the signature is not of {sdid}; no undoing that is known helps.",
                "{sdid} が署名した後にメールが変更されたか、{sdid} の署名ではありません。元に戻せる変更は見つかりませんでした。"
            )
        }
        (None, None) => say!(
            lang,
            "A signature does not pass, and not because the message was changed.",
            "合格しない署名がありますが、メールの変更によるものではありません。"
        ),
    }
}

fn fixes(examined: &MessageExamination, lang: Lang) -> Vec<String> {
    let mut fixes: Vec<String> = Vec::new();
    for change in examined.signatures.iter().flat_map(|signature| &signature.changes) {
        let fix = change_fix(change, lang);
        if !fixes.contains(&fix) {
            fixes.push(fix);
        }
    }
    let broken =
        examined.signatures.iter().any(|s| s.result.result != DkimResult::Pass && s.changes.is_empty());
    if broken || examined.signatures.is_empty() {
        fixes.push(say!(
            lang,
            "Look at the signer's key and signature: `postseal check DOMAIN --selector S`.",
            "署名の鍵と設定を `postseal check ドメイン --selector S` で確認してください。"
        ));
    }
    if fixes.is_empty() {
        fixes.push(say!(lang, "Nothing.", "対処は不要です。"));
    }
    fixes
}

fn hop_text(hop: &MessageHop) -> HopText {
    HopText { by: hop.by.clone(), from: hop.from.clone(), added: hop.added.clone() }
}
