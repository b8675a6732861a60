//! Domains, their keys and what was seen of them, in words.

use crate::api::resource::{DkimSigningConfiguration, DomainResource, ServerFinding, VerificationOutcome};
use crate::words::{Lang, say};

/// Whether an organisation holds a domain.
pub(crate) fn standing(domain: &DomainResource, lang: Lang) -> String {
    let since = domain.since.as_deref().unwrap_or_default();
    match (domain.standing.as_str(), domain.title.as_deref()) {
        ("claimed", _) => {
            let until = domain.claim_until.as_deref().unwrap_or_default();
            say!(lang, "claimed, to be verified until {until}", "所有の確認待ち({until} まで)")
        }
        (_, Some("trusted")) => {
            say!(lang, "held since {since} by the operator's word", "{since} から所有(運用者の指定)")
        }
        _ => match &domain.token_missing_since {
            None => say!(lang, "held since {since}", "{since} から所有"),
            Some(missing) => say!(
                lang,
                "held since {since}; its ownership record is missing since {missing}",
                "{since} から所有。所有を示すレコードが {missing} から見つかりません"
            ),
        },
    }
}

/// What came of looking for a proof.
pub(crate) fn verification(verified: &VerificationOutcome, lang: Lang) -> String {
    let (name, owner) = (&verified.domain.name, &verified.domain.organisation);
    let text = match (verified.outcome.as_str(), verified.reason.as_deref()) {
        ("held", _) => say!(lang, "{name} is {owner}'s", "{name} は {owner} のものです"),
        ("moved", _) => say!(
            lang,
            "{name} is {owner}'s; it has moved from another organisation",
            "{name} は別の組織から移り、{owner} のものになりました"
        ),
        ("held_token_missing", _) => say!(
            lang,
            "{name} is {owner}'s still, but its ownership record is not there",
            "{name} はまだ {owner} のものですが、所有を示すレコードがありません"
        ),
        ("contested", _) => match &verified.again_at {
            Some(at) => say!(
                lang,
                "{name}: another organisation holds it, and its record is gone; verify again after {at}",
                "{name} は別の組織が所有していますが、そのレコードがなくなっています。{at} を過ぎてからもう一度確認してください"
            ),
            None => say!(
                lang,
                "{name}: another organisation holds it, and its record is still there",
                "{name} は別の組織が所有しており、そのレコードもまだあります"
            ),
        },
        (_, Some("partly")) => say!(
            lang,
            "{name} is not verified: only some of its servers have the record yet",
            "{name} を確認できません。レコードがまだ一部の DNS サーバーにしかありません"
        ),
        (_, Some("unknown")) => say!(
            lang,
            "{name} is not verified: none of its servers answers",
            "{name} を確認できません。どの DNS サーバーも応答しません"
        ),
        (_, Some("expired")) => say!(
            lang,
            "{name} is not verified: the token is older than 14 days; postseal domain add {name} makes another",
            "{name} を確認できません。トークンが 14 日より古いため、postseal domain add {name} で作り直してください"
        ),
        _ => say!(
            lang,
            "{name} is not verified: the record is not there",
            "{name} を確認できません。レコードがありません"
        ),
    };
    text + "\n"
}

/// The sentence of the flyout, by its word in the API.
pub(crate) fn flyout(word: &str, lang: Lang) -> &'static str {
    match word {
        "NoKeys" => {
            lang.pick("No DKIM keys saved for this domain", "このドメインの DKIM キーが保存されていません")
        }
        "Signing" => lang.pick("Signing DKIM signatures for this domain", "このドメインの DKIM 署名をします"),
        "Rotating" => lang.pick(
            "Rotating keys for this domain and signing DKIM signatures",
            "このドメインのキーをローテーション中で、DKIM 署名をします",
        ),
        _ => lang.pick("Not signing DKIM signatures for this domain", "このドメインの DKIM 署名をしません"),
    }
}

/// What one server showed of a selector.
pub(crate) fn finding(found: &ServerFinding, lang: Lang) -> String {
    let detail = found.detail.as_deref().unwrap_or_default();
    let whose = found.whose.as_deref().map(|whose| format!(" ({whose})")).unwrap_or_default();
    let until = match &found.others_may_hold_until {
        Some(until) => say!(
            lang,
            "; other resolvers may hold that until {until}",
            "。ほかの DNS サーバーは {until} までこれを保持することがあります"
        ),
        None => String::new(),
    };
    match found.finding.as_str() {
        "right" => lang.pick("right", "正しい").to_owned(),
        "wrong_target" => say!(lang, "points at {detail}{whose}", "{detail}{whose} を指しています"),
        "txt_instead" => {
            say!(lang, "a TXT record where a CNAME must be", "CNAME ではなく TXT レコードがあります")
        }
        "wrong_txt" => say!(lang, "another TXT record", "別の TXT レコードがあります"),
        "doubled_suffix" => say!(
            lang,
            "the record lies at {detail}: the DNS host adds the domain itself",
            "レコードが {detail} にあります。DNS ホスティング事業者がドメイン名を自動で付け足しています"
        ),
        "proxied" => say!(
            lang,
            "addresses ({detail}) in place of the CNAME: turn the proxy off for this record",
            "CNAME の代わりにアドレス({detail})が返ります。このレコードのプロキシを無効にしてください"
        ),
        "nxdomain" => say!(lang, "no such name (NXDOMAIN){until}", "名前がありません(NXDOMAIN){until}"),
        "no_data" => say!(lang, "no such record{until}", "レコードがありません{until}"),
        "no_servers" => say!(
            lang,
            "nobody could be asked: {detail}; servers that are not public go into [keys] private_servers",
            "問い合わせる DNS サーバーがありません: {detail}。公開されていないサーバーは [keys] private_servers に書いてください"
        ),
        "hosted_differs" => say!(
            lang,
            "this name server of the hosting zone has another key or none",
            "ホスティングゾーンのこの DNS サーバーには、この鍵がありません"
        ),
        "hosted_no_answer" => say!(
            lang,
            "this name server of the hosting zone does not answer",
            "ホスティングゾーンのこの DNS サーバーが応答しません"
        ),
        _ => say!(lang, "no answer ({detail})", "応答がありません({detail})"),
    }
}

/// What all servers together showed, where that is not said by each of them.
pub(crate) fn conclusion(word: &str, lang: Lang) -> Option<&'static str> {
    Some(match word {
        "seen" => lang.pick("the world sees this key", "この鍵は DNS に公開されています"),
        "hosted_differs" => lang.pick(
            "the record is right; the hosting zone does not have this key everywhere yet",
            "レコードは正しいのですが、ホスティングゾーンの一部の DNS サーバーにまだこの鍵がありません",
        ),
        "signature_fails" => lang.pick(
            "the record is right; a signature does not verify with what a resolver returns: an old answer is held, or another key",
            "レコードは正しいのですが、署名を検証できません。リゾルバーが古い応答か別の鍵を返しています",
        ),
        "no_answer" => lang.pick(
            "nobody who would have to answer did",
            "応答すべき DNS サーバーがどれも応答しません",
        ),
        "partly" => lang.pick(
            "only some servers have the record yet",
            "レコードがまだ一部の DNS サーバーにしかありません",
        ),
        _ => return None,
    })
}

/// What is to be published, in the words of the mode.
pub(crate) fn publish(configuration: &DkimSigningConfiguration, lang: Lang) -> &'static str {
    match configuration.publish_mode.as_str() {
        "CNAME" => {
            lang.pick("Publish these two CNAME records:", "次の 2 つの CNAME レコードを公開してください:")
        }
        _ => lang.pick("Publish these two TXT records:", "次の 2 つの TXT レコードを公開してください:"),
    }
}

/// Something that happened, by the word of the API.
pub(crate) fn event(word: &str, configuration: &DkimSigningConfiguration, lang: Lang) -> String {
    let (what, number) = word.split_once('=').unwrap_or((word, ""));
    let name = if number == "2" { &configuration.selector2 } else { &configuration.selector1 };
    let at = configuration.rotate_on_date.as_deref().unwrap_or_default();
    match what {
        "rotation_began" => say!(
            lang,
            "a rotation has begun: the other key signs from {at} at the soonest",
            "ローテーションを始めました。もう一方の鍵は早ければ {at} から署名します"
        ),
        "signs" => say!(lang, "{name} signs now", "これから {name} が署名します"),
        "revoked" => say!(lang, "the key of {name} is revoked", "{name} の鍵を失効させました"),
        "key_renewed" => say!(lang, "{name} has a new key", "{name} の鍵を新しくしました"),
        "lost" => say!(lang, "the key of {name} is not visible any more", "{name} の鍵が見えなくなりました"),
        "seen" => say!(lang, "the key of {name} is visible", "{name} の鍵が見えるようになりました"),
        _ => word.to_owned(),
    }
}
