use postseal_core::advice::{
    CompositeAuthentication, Method, ReportedArcSet, ReportedArcSets, ReportedResult, ReportedResults,
    header_fields,
};

use super::{CauseText, Explanation, Kind};
use crate::receiver_rules::ReceiverRules;
use crate::words::{Lang, say};
use crate::words::{arc_cause, composite_reason, reported_result};

/// Explains Authentication-Results fields, or the body of one.
pub(crate) fn results(octets: &[u8], rules: &ReceiverRules, lang: Lang) -> Option<Explanation> {
    let reported = read(octets);
    if !reported.says_something() {
        return None;
    }
    let mut causes: Vec<CauseText> = composite_cause(&reported, lang).into_iter().collect();
    causes.extend(result_causes(&reported, lang));
    causes.extend(misaligned(&reported, lang));
    Some(Explanation {
        kind: Kind::AuthenticationResults,
        rule: None,
        authentication: reported.composite.is_some() || reported.results.iter().any(is_about_who_sends),
        receiver: receiver(&reported, rules),
        summary: summary(&reported, lang),
        causes,
        fixes: fixes(&reported, lang),
        source: None,
        last_verified: None,
        hops: Vec::new(),
        notes: Vec::new(),
    })
}

/// Explains the ARC fields of a header section, as they describe themselves.
pub(crate) fn arc_sets(octets: &[u8], rules: &ReceiverRules, lang: Lang) -> Option<Explanation> {
    let sets = ReportedArcSets::read(&header_fields(octets))?;
    let mut causes = Vec::new();
    if let Some(fault) = &sets.fault {
        let message = say!(lang, "the sets are no valid chain", "ARC Set が正しいチェーンになっていません");
        causes.push(CauseText { id: "arc", message, evidence: arc_cause(fault, lang) });
    }
    for set in &sets.sets {
        causes.push(seal_cause(set, lang));
        if let Some(results) = &set.results {
            causes.extend(composite_cause(results, lang));
            causes.extend(result_causes(results, lang));
        }
    }
    let first = sets.sets.first().and_then(|set| set.results.as_ref());
    let last = sets.sets.last();
    let receiver = last.and_then(|set| set.results.as_ref()).and_then(|results| receiver(results, rules));
    let receiver = receiver.or_else(|| owner(last?.sealer.as_ref()?.as_str(), rules));
    Some(Explanation {
        kind: Kind::Arc,
        rule: None,
        authentication: true,
        receiver,
        summary: arc_summary(&sets, first, lang),
        causes,
        fixes: vec![arc_fix(&sets, lang)],
        source: Some("RFC 8617".to_owned()),
        last_verified: None,
        hops: Vec::new(),
        notes: vec![say!(
            lang,
            "The signatures of the sets were not verified: that needs the whole message.",
            "ARC Set の署名は検証していません。検証にはメール全体が必要です。"
        )],
    })
}

/// Every Authentication-Results field of a header section together, else the text as a field's body.
fn read(octets: &[u8]) -> ReportedResults {
    let section = header_fields(octets);
    let names = ["Authentication-Results", "X-MS-Exchange-Authentication-Results"];
    let mut fields = names.iter().flat_map(|name| section.named(name)).peekable();
    if fields.peek().is_none() {
        return ReportedResults::read(octets);
    }
    // A field whose lines lost their indentation: all of the text is its body.
    if section.fields().count() == 1 {
        let colon = octets.iter().position(|b| *b == b':').unwrap_or(0);
        return ReportedResults::read(&octets[(colon + 1).min(octets.len())..]);
    }
    let mut all = ReportedResults::default();
    for field in fields {
        all.add(ReportedResults::read(field.body()));
    }
    all
}

fn is_about_who_sends(result: &ReportedResult) -> bool {
    !matches!(result.method, Method::Auth | Method::Other)
}

/// Who wrote it: Exchange Online by its dialect, others by their authserv-id.
fn receiver(reported: &ReportedResults, rules: &ReceiverRules) -> Option<String> {
    if reported.is_exchange_online {
        return Some("microsoft365".to_owned());
    }
    owner(reported.authserv_id.as_deref()?, rules)
}

fn owner(name: &str, rules: &ReceiverRules) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let receivers = &rules.bounces.receivers;
    receivers.iter().find(|receiver| receiver.owns(&name)).map(|receiver| receiver.name.clone())
}

fn result_causes(reported: &ReportedResults, lang: Lang) -> impl Iterator<Item = CauseText> {
    reported.results.iter().map(move |result| CauseText {
        id: id(result.method),
        message: reported_result(result, lang),
        evidence: result.evidence.clone(),
    })
}

fn id(method: Method) -> &'static str {
    match method {
        Method::Spf => "spf",
        Method::Dkim => "dkim",
        Method::Dmarc => "dmarc",
        Method::Arc => "arc",
        Method::Iprev => "ptr",
        Method::Auth => "login",
        Method::Other => "other",
    }
}

fn composite_cause(reported: &ReportedResults, lang: Lang) -> Option<CauseText> {
    let composite = reported.composite.as_ref()?;
    let reason = composite.reason.as_deref();
    let evidence = match reason {
        Some(reason) => format!("compauth={} reason={reason}", composite.result),
        None => format!("compauth={}", composite.result),
    };
    let message = match composite.meaning() {
        Some(meaning) => composite_reason(meaning, lang).to_owned(),
        None => say!(lang, "Exchange Online gives no reason", "Exchange Online は理由を示していません"),
    };
    Some(CauseText { id: "compauth", message, evidence })
}

/// DMARC failed although something passed: it passed for another domain.
fn misaligned(reported: &ReportedResults, lang: Lang) -> Option<CauseText> {
    let dmarc = reported.first(Method::Dmarc).filter(|dmarc| dmarc.result == "fail")?;
    let author = dmarc.identity.as_deref()?;
    let passed = reported.passed(Method::Dkim).or_else(|| reported.passed(Method::Spf))?;
    let identity = passed.identity.as_deref().filter(|identity| *identity != author)?;
    let message = say!(
        lang,
        "what passed is of {identity}, and the From field has {author}",
        "合格したのは {identity} ですが、From のドメインは {author} です(アライメントが取れません)"
    );
    Some(CauseText { id: "alignment", message, evidence: format!("{}; {}", passed.evidence, dmarc.evidence) })
}

fn summary(reported: &ReportedResults, lang: Lang) -> String {
    if let Some(composite) = &reported.composite {
        return composite_summary(composite, lang);
    }
    let dmarc = reported.first(Method::Dmarc);
    match dmarc.map(|dmarc| dmarc.result.as_str()) {
        Some("pass") => say!(
            lang,
            "DMARC passed: the receiver believes that the mail is from the domain in its From field.",
            "DMARC に合格しました。受信側は、From のドメインからのメールであることを確認しています。"
        ),
        Some("fail") if misaligned(reported, lang).is_some() => say!(
            lang,
            "DMARC failed: what passed belongs to another domain than the From field.",
            "DMARC に失敗しました。合格した識別子と From のドメインのアライメントが取れていません。"
        ),
        Some("fail") => say!(
            lang,
            "DMARC failed: neither SPF nor DKIM passed for the domain in the From field.",
            "DMARC に失敗しました。From のドメインに対して SPF も DKIM も合格していません。"
        ),
        _ if reported.passed(Method::Dkim).is_some() || reported.passed(Method::Spf).is_some() => say!(
            lang,
            "Something passed, but no DMARC result says whether it counts for the domain in the From field.",
            "合格した認証はありますが、From のドメインに対して有効かどうかを示す DMARC の結果がありません。"
        ),
        _ => say!(lang, "Nothing confirms who sent the mail.", "送信者を確認できる結果がありません。"),
    }
}

fn composite_summary(composite: &CompositeAuthentication, lang: Lang) -> String {
    let why = composite.meaning().map(|meaning| composite_reason(meaning, lang));
    let verdict = match composite.result.as_str() {
        "pass" => lang.pick("Exchange Online believes the sender", "Exchange Online は送信者を信頼しました"),
        "fail" => lang.pick(
            "Exchange Online does not believe the sender",
            "Exchange Online は送信者を信頼しませんでした",
        ),
        "softpass" => lang.pick(
            "Exchange Online has no proof of the sender and lets it pass",
            "Exchange Online は送信者の証明がないまま通しました",
        ),
        _ => lang
            .pick("Exchange Online did not judge the sender", "Exchange Online は送信者を判定しませんでした"),
    };
    match (why, lang) {
        (Some(why), Lang::En) => format!("{verdict}: {why}."),
        (Some(why), Lang::Ja) => format!("{verdict}。{why}。"),
        (None, Lang::En) => format!("{verdict}."),
        (None, Lang::Ja) => format!("{verdict}。"),
    }
}

fn fixes(reported: &ReportedResults, lang: Lang) -> Vec<String> {
    let result = |method: Method| reported.first(method).map(|result| result.result.as_str());
    let all_good = result(Method::Dmarc) == Some("pass")
        && reported.composite.as_ref().is_none_or(|composite| composite.result == "pass");
    if all_good {
        return vec![say!(lang, "Nothing.", "対処は不要です。")];
    }
    let mut fixes = Vec::new();
    if misaligned(reported, lang).is_some() {
        fixes.push(say!(
            lang,
            "Let the sending service sign with DKIM as the From domain, or use a MAIL FROM address in that domain.",
            "配信サービスで From のドメインの DKIM 署名(d=)を設定するか、MAIL FROM のアドレスをそのドメインに合わせてください。"
        ));
    }
    if matches!(result(Method::Spf), Some("fail" | "softfail" | "neutral" | "none" | "permerror")) {
        fixes.push(say!(
            lang,
            "Put the sending server into the SPF record: `postseal check DOMAIN --from-ip IP`. Forwarded mail fails SPF; only DKIM helps there.",
            "送信サーバーを SPF レコードに追加してください(`postseal check ドメイン --from-ip IP`)。転送されたメールは SPF に失敗するため、DKIM が必要です。"
        ));
    }
    let body_hash =
        |result: &ReportedResult| result.detail.as_deref().is_some_and(|detail| detail.contains("body hash"));
    match reported.first(Method::Dkim) {
        Some(dkim) if dkim.result == "fail" && body_hash(dkim) => fixes.push(say!(
            lang,
            "Find out what changed the body: `postseal explain` on the whole message.",
            "本文を書き換えた箇所を調べてください。メール全体を `postseal explain` に与えると分かります。"
        )),
        Some(dkim) if dkim.result != "pass" => fixes.push(say!(
            lang,
            "Sign with DKIM as the From domain and publish the key: `postseal check DOMAIN --selector S`.",
            "From のドメインで DKIM 署名を付け、公開鍵を登録してください(`postseal check ドメイン --selector S`)。"
        )),
        _ => {}
    }
    if matches!(result(Method::Dmarc), Some("none" | "bestguesspass" | "permerror")) {
        fixes.push(say!(
            lang,
            "Publish a DMARC record: `postseal check DOMAIN`.",
            "DMARC レコードを登録してください(`postseal check ドメイン`)。"
        ));
    }
    if fixes.is_empty() {
        fixes.push(say!(
            lang,
            "Look at the domain's records: `postseal check DOMAIN`.",
            "`postseal check ドメイン` でドメインのレコードを確認してください。"
        ));
    }
    fixes
}

fn seal_cause(set: &ReportedArcSet, lang: Lang) -> CauseText {
    let instance = set.instance;
    let status = set.chain_status.map_or("?", |status| status.as_str());
    let message = match &set.sealer {
        Some(sealer) => {
            say!(lang, "hop {instance}: sealed by {sealer}", "転送 {instance}: {sealer} が封印しました")
        }
        None => say!(
            lang,
            "hop {instance}: the seal is missing or cannot be read",
            "転送 {instance}: 封印がないか、読み取れません"
        ),
    };
    let evidence = match &set.sealer {
        Some(sealer) => format!("i={instance} d={sealer} cv={status}"),
        None => format!("i={instance}"),
    };
    CauseText { id: "arc", message, evidence }
}

fn arc_summary(sets: &ReportedArcSets, first: Option<&ReportedResults>, lang: Lang) -> String {
    let count = sets.sets.len();
    if sets.fault.is_some() {
        return say!(
            lang,
            "The ARC fields are no valid chain: no receiver can use them.",
            "ARC フィールドが正しいチェーンになっていないため、受信側は利用できません。"
        );
    }
    let dmarc = first.and_then(|first| first.first(Method::Dmarc)).map_or("?", |dmarc| dmarc.result.as_str());
    say!(
        lang,
        "Forwarders have sealed the message, {count} in all; when the first one got it, DMARC was {dmarc}. A receiver that trusts all sealers may let it pass.",
        "{count} 個の転送者がメールを封印しています。最初の転送者が受け取った時点の DMARC は {dmarc} でした。すべての封印者を信頼する受信側は、これを根拠に受け入れることができます。"
    )
}

fn arc_fix(sets: &ReportedArcSets, lang: Lang) -> String {
    match sets.fault {
        Some(_) => say!(
            lang,
            "Look at the forwarder that wrote the newest set: every set needs its three fields, and cv=none first, then cv=pass.",
            "最後の ARC Set を書いた転送者の設定を確認してください。各 Set には 3 つのフィールドが必要で、最初は cv=none、以降は cv=pass です。"
        ),
        None => say!(
            lang,
            "If the receiver refuses such mail, ask it to trust the sealers; `postseal verify --trusted-sealer D` shows the effect.",
            "受信側で拒否される場合は、封印者を信頼するよう依頼してください。`postseal verify --trusted-sealer D` で効果を確認できます。"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> ReceiverRules {
        ReceiverRules::load(None).expect("the embedded rules are good")
    }

    #[test]
    fn explains_fields_of_both_dialects() {
        let rules = rules();
        let check = |text: &str, receiver: Option<&str>, ids: &[&str], words: &str, fix: &str| {
            let found = results(text.as_bytes(), &rules, Lang::En).expect(text);
            assert_eq!(found.receiver.as_deref(), receiver, "{text}");
            assert_eq!(found.causes.iter().map(|cause| cause.id).collect::<Vec<_>>(), ids, "{text}");
            assert!(found.summary.contains(words), "{}", found.summary);
            assert!(found.fixes.join(" ").contains(fix), "{:?}", found.fixes);
            let ja = results(text.as_bytes(), &rules, Lang::Ja).expect(text);
            assert!(
                !ja.summary.is_ascii() && ja.causes.iter().all(|cause| !cause.message.is_ascii()),
                "{ja:?}"
            );
        };
        let microsoft = Some("microsoft365");
        check(
            "Authentication-Results: spf=fail (sender IP is 10.10.10.10) smtp.mailfrom=contoso.com; dkim=fail (body hash did not verify) header.d=contoso.com;dmarc=fail action=none header.from=contoso.com;compauth=pass reason=130",
            microsoft,
            &["compauth", "spf", "dkim", "dmarc"],
            "a trusted forwarder's ARC seal",
            "changed the body",
        );
        check(
            "spf=none (sender IP is 192.168.1.8)\n smtp.mailfrom=maliciousdomain.com; contoso.com; dkim=pass (signature was verified)\n header.d=maliciousdomain.com; contoso.com; dmarc=none action=none\n header.from=contoso.com; compauth=fail reason=001",
            microsoft,
            &["compauth", "spf", "dkim", "dmarc"],
            "does not believe",
            "Publish a DMARC record",
        );
        // Lines that lost their indentation on the way.
        check(
            "Authentication-Results: spf=pass (sender IP is 192.0.2.1)\nsmtp.mailfrom=contoso.com; dkim=none (message not signed)\nheader.d=none;dmarc=pass action=none\nheader.from=contoso.com;compauth=pass reason=100",
            microsoft,
            &["compauth", "spf", "dkim", "dmarc"],
            "believes the sender: the message passed",
            "Nothing.",
        );
        check(
            "spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=a.example; dkim=none (message not signed) header.d=none;dmarc=fail action=oreject header.from=a.example;compauth=fail reason=000",
            microsoft,
            &["compauth", "spf", "dkim", "dmarc"],
            "DMARC failed, and the domain's policy",
            "Sign with DKIM",
        );
        check(
            "Authentication-Results: mx.google.com;\n       dkim=pass header.i=@esp.example header.s=s1 header.b=AbCdEfGh;\n       spf=pass (google.com: domain of b@esp.example designates 192.0.2.1 as permitted sender) smtp.mailfrom=b@esp.example;\n       dmarc=fail (p=NONE sp=NONE dis=NONE) header.from=contoso.example",
            Some("gmail"),
            &["dkim", "spf", "dmarc", "alignment"],
            "another domain than the From field",
            "as the From domain",
        );
        check(
            "mx.fabrikam.example; spf=softfail smtp.mailfrom=a@b.example; iprev=fail",
            None,
            &["spf", "ptr"],
            "Nothing confirms",
            "SPF record",
        );
        check(
            "mx.fabrikam.example; dmarc=pass header.from=b.example",
            None,
            &["dmarc"],
            "DMARC passed",
            "Nothing.",
        );
        assert!(results(b"mx.example; none", &rules, Lang::En).is_none());
        let login = results(b"mx.example; auth=pass smtp.auth=bob", &rules, Lang::En).expect("read");
        assert!(!login.authentication);
    }

    #[test]
    fn explains_arc_sets() {
        const SETS: &str = "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=google.com; s=s; b=AAAA\n\
            ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=google.com; s=s; h=from; bh=AAAA; b=AAAA\n\
            ARC-Authentication-Results: i=1; mx.google.com; spf=fail smtp.mailfrom=b.example; dmarc=fail header.from=b.example\n";
        let found = arc_sets(SETS.as_bytes(), &rules(), Lang::En).expect("read");
        assert_eq!(found.receiver.as_deref(), Some("gmail"));
        assert!(found.authentication && found.summary.contains("DMARC was fail"), "{}", found.summary);
        let ids: Vec<&str> = found.causes.iter().map(|cause| cause.id).collect();
        assert_eq!(ids, ["arc", "spf", "dmarc"]);
        assert_eq!(found.causes[0].evidence, "i=1 d=google.com cv=none");
        let broken = arc_sets(SETS.replace("i=1; a", "i=2; a").as_bytes(), &rules(), Lang::En).expect("read");
        assert!(broken.summary.contains("no valid chain"), "{}", broken.summary);
    }
}
