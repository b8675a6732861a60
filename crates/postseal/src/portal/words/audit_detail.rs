use super::{choice_words, scope_words, setting_words};
use crate::api::resource::moment;
use crate::portal::moments::in_words;
use crate::words::{Lang, kept_for, say};

/// The particulars of a row of the audit log in words. What the store writes is `key=value` pairs; one that is not
/// known here is shown as it was written.
pub(in crate::portal) fn detail_words(action: &str, detail: &str, lang: Lang) -> String {
    // The name of a file may hold anything.
    if let Some(file) = detail.strip_prefix("file=") {
        return say!(lang, "file {file}", "ファイル: {file}");
    }
    let parts = detail.split(' ').filter(|part| !part.is_empty());
    let said: Vec<String> =
        parts.map(|part| pair_words(action, part, lang)).filter(|s| !s.is_empty()).collect();
    said.join(lang.pick("; ", "、"))
}

fn pair_words(action: &str, pair: &str, lang: Lang) -> String {
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    let group = action.split_once('.').map_or("", |(group, _)| group);
    match (group, key) {
        ("receiver", key) if !setting_words(key, lang).0.is_empty() => receiver_setting(key, value, lang),
        ("node", "verdicts.keep") => retention(value, lang),
        ("node", "outcome") => match value {
            "ok" => lang.pick("in force", "反映済み").to_owned(),
            _ => lang
                .pick("not used, the one before stays in force", "使用されず、以前の設定のまま")
                .to_owned(),
        },
        ("account", "role") if value == "administrator" => lang.pick("administrator", "管理者").to_owned(),
        ("session", "address") => say!(lang, "from {value}", "接続元: {value}"),
        ("token", "scope") => {
            let may = scope_words(value, lang);
            say!(lang, "may {may}", "できること: {may}")
        }
        ("token", "expires") | ("exception", "until") => end(value, lang),
        ("exception", "client") => say!(lang, "from {value}", "接続元: {value}"),
        ("exception", "authenticated") => say!(lang, "authenticated as {value}", "認証済みドメイン: {value}"),
        ("exception", "subdomains") => match value {
            "true" => lang.pick("with domains below it", "サブドメインを含む").to_owned(),
            _ => lang.pick("this domain alone", "このドメインのみ").to_owned(),
        },
        ("arc", "sealers") if value.is_empty() => {
            lang.pick("none is trusted now", "信頼する封印者なし").to_owned()
        }
        ("arc", "sealers") => {
            let sealers = value.replace(',', ", ");
            say!(lang, "trusted now: {sealers}", "現在の信頼先: {sealers}")
        }
        ("domain", "label") => {
            say!(lang, "called {value} in the hosting zone", "ホスティングゾーンでの名前: {value}")
        }
        ("domain", "to") => say!(lang, "to the organisation {value}", "移動先の組織: {value}"),
        ("dkim", key) => dkim(key, value, lang).unwrap_or_else(|| pair.to_owned()),
        _ => pair.to_owned(),
    }
}

/// `value`: a word of the setting, or `file`.
fn receiver_setting(key: &str, value: &str, lang: Lang) -> String {
    let (title, _) = setting_words(key, lang);
    let choice = match (value, choice_words(value, lang)) {
        ("file", _) => lang.pick("as in the file", "設定ファイルのとおり"),
        (_, "") => value,
        (_, choice) => choice,
    };
    format!("{title}: {choice}")
}

fn retention(value: &str, lang: Lang) -> String {
    match value.parse() {
        Ok(seconds) => {
            let kept = kept_for(seconds, lang);
            say!(lang, "messages are kept: {kept}", "メッセージの保存期間: {kept}")
        }
        Err(_) => {
            say!(lang, "messages are kept as the file says", "メッセージの保存期間: 設定ファイルのとおり")
        }
    }
}

/// `value`: seconds of UNIX time, or `-` for no end.
fn end(value: &str, lang: Lang) -> String {
    match value.parse::<u64>() {
        Ok(seconds) => {
            let at = in_words(&moment(seconds), lang);
            say!(lang, "until {at}", "期限: {at}")
        }
        Err(_) => lang.pick("without an end", "期限なし").to_owned(),
    }
}

/// What happened to a domain's keys. `None`: it is not known here.
fn dkim(key: &str, value: &str, lang: Lang) -> Option<String> {
    // Of the two selectors of a domain, by its place: the names of both can change later.
    let which = match value {
        "1" => lang.pick("the first selector", "1 番目のセレクター"),
        "2" => lang.pick("the second selector", "2 番目のセレクター"),
        _ => "",
    };
    Some(match key {
        "enabled" if value == "true" => lang.pick("signing enabled", "署名は有効").to_owned(),
        "enabled" => lang.pick("signing disabled", "署名は無効").to_owned(),
        "bits" => say!(lang, "keys of {value} bits", "鍵の長さ {value} ビット"),
        "changed" => {
            value.split(',').map(|word| property(word, lang)).collect::<Vec<_>>().join(lang.pick(", ", "、"))
        }
        "rotation_began" => lang.pick("a rotation began", "ローテーションを開始").to_owned(),
        "signs" if !which.is_empty() => say!(lang, "{which} signs now", "{which}で署名"),
        "revoked" if !which.is_empty() => say!(lang, "{which} is revoked", "{which}を失効"),
        "key_renewed" if !which.is_empty() => say!(lang, "{which} has a new key", "{which}の鍵を更新"),
        "lost" if !which.is_empty() => say!(lang, "{which} is not visible", "{which}が確認できない"),
        "seen" if !which.is_empty() => say!(lang, "{which} is visible", "{which}を確認"),
        "slot" if !which.is_empty() => which.to_owned(),
        _ => return None,
    })
}

/// A property of a DKIM configuration that was changed.
fn property(word: &str, lang: Lang) -> String {
    let (en, ja) = match word {
        "display_name" => ("another display name", "表示名を変更"),
        "header_canonicalization" => ("another header canonicalization", "ヘッダーの正規化を変更"),
        "body_canonicalization" => ("another body canonicalization", "本文の正規化を変更"),
        "unseen_key" => ("another rule for a key that is not visible", "確認できない鍵の扱いを変更"),
        "selectors" => ("other selectors", "セレクターを変更"),
        other => return other.to_owned(),
    };
    lang.pick(en, ja).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particulars_are_said_in_words() {
        let check = |action: &str, detail: &str, en: &str, ja: &str| {
            let said = [Lang::En, Lang::Ja].map(|lang| detail_words(action, detail, lang));
            assert_eq!(said, [en, ja], "{action} {detail}");
        };
        check("org.add", "", "", "");
        check(
            "dkim.new",
            "enabled=false bits=2048",
            "signing disabled; keys of 2048 bits",
            "署名は無効、鍵の長さ 2048 ビット",
        );
        check("dkim.set", "enabled=true changed=", "signing enabled", "署名は有効");
        check(
            "dkim.set",
            "enabled=true changed=body_canonicalization,selectors",
            "signing enabled; another body canonicalization, other selectors",
            "署名は有効、本文の正規化を変更、セレクターを変更",
        );
        check(
            "dkim.advance",
            "signs=2 revoked=1",
            "the second selector signs now; the first selector is revoked",
            "2 番目のセレクターで署名、1 番目のセレクターを失効",
        );
        check("dkim.lost", "slot=1", "the first selector", "1 番目のセレクター");
        check(
            "domain.verify",
            "label=contoso-example",
            "called contoso-example in the hosting zone",
            "ホスティングゾーンでの名前: contoso-example",
        );
        check("domain.lost", "to=fabrikam", "to the organisation fabrikam", "移動先の組織: fabrikam");
        check("session.begin", "address=2001:db8::1", "from 2001:db8::1", "接続元: 2001:db8::1");
        check("account.add", "role=administrator", "administrator", "管理者");
        check(
            "token.add",
            "scope=read-organisation expires=1803342736",
            "may see domains and keys; until 23 Feb 2027, 0:32:16 UTC",
            "できること: ドメインと鍵の閲覧、期限: 2027年2月23日 0:32:16 (UTC)",
        );
        check(
            "exception.add",
            "client=203.0.113.0/24 subdomains=false until=-",
            "from 203.0.113.0/24; this domain alone; without an end",
            "接続元: 203.0.113.0/24、このドメインのみ、期限なし",
        );
        check(
            "arc.set",
            "sealers=a.example,b.example",
            "trusted now: a.example, b.example",
            "現在の信頼先: a.example, b.example",
        );
        check("arc.remove", "sealers=", "none is trusted now", "信頼する封印者なし");
        check(
            "receiver.set",
            "observe=file on_reject=quarantine",
            "Only observe: as in the file; Mail that fails where the policy is reject: Set aside",
            "観察のみ: 設定ファイルのとおり、ポリシーが拒否(reject)で、認証に失敗したメール: 検疫",
        );
        check("node.set", "verdicts.keep=604800", "messages are kept: 7 days", "メッセージの保存期間: 7 日");
        check(
            "node.set",
            "verdicts.keep=file",
            "messages are kept as the file says",
            "メッセージの保存期間: 設定ファイルのとおり",
        );
        check(
            "node.reload",
            "outcome=failed",
            "not used, the one before stays in force",
            "使用されず、以前の設定のまま",
        );
        check("store.backup", "file=/var/a b=c.db", "file /var/a b=c.db", "ファイル: /var/a b=c.db");
        check("later.thing", "x=<b> y", "x=<b>; y", "x=<b>、y");
        check("dkim.advance", "signs=9", "signs=9", "signs=9");
    }

    /// Whatever key the store writes into a row's particulars is known here: its source is read for them.
    #[test]
    fn every_key_has_words() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../postseal-store/src/sqlite");
        let groups = ["account", "arc", "dkim", "domain", "exception", "session", "store", "token"];
        let mut keys = std::collections::BTreeSet::new();
        for file in [
            "accounts",
            "api_tokens",
            "backup",
            "domains",
            "receiver_policy",
            "sealers",
            "sightings",
            "signing",
        ] {
            let text =
                std::fs::read_to_string(folder.join(format!("{file}.rs"))).expect("the store's source");
            for format in
                text.split("format!(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'))
            {
                let format = format.split('"').next().unwrap_or_default();
                let pairs = format.split(' ').filter_map(|pair| pair.split_once("={"));
                keys.extend(pairs.map(|(key, _)| key.to_owned()).filter(|key| !key.contains(['{', ' '])));
            }
        }
        assert!(keys.len() > 12, "{keys:?}");
        for key in keys {
            let is_known = groups.iter().any(|group| {
                let said = detail_words(&format!("{group}.x"), &format!("{key}=1"), Lang::En);
                said != format!("{key}=1")
            });
            assert!(is_known || key == "role", "{key} has no words");
        }
    }
}
