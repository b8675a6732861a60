use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::super::world::{PROVIDER_ADDRESS, Sender};
use super::super::{ALUMNI, CONTOSO, HOSTING_ZONE};
use super::WalkError;
use super::teller::{Teller, expect, not_as_it_should};
use crate::words::say;

/// The whole walk, from a domain without records to one that nobody can forge.
pub(super) async fn tell(teller: &mut Teller<'_>) -> Result<(), WalkError> {
    nothing_registered(teller).await?;
    spf(teller).await?;
    ownership(teller).await?;
    selectors(teller).await?;
    too_early(teller).await?;
    enabled(teller).await?;
    initial_domain(teller).await?;
    dmarc_none(teller).await?;
    forwarded(teller).await?;
    quarantine(teller).await?;
    reject(teller).await?;
    rotation(teller).await
}

async fn nothing_registered(teller: &mut Teller<'_>) -> Result<(), WalkError> {
    let lang = teller.lang;
    teller.step(
        say!(lang, "Nothing is registered", "何も登録されていない状態"),
        say!(
            lang,
            "{CONTOSO} sends mail, and its DNS says nothing about it. A lenient receiver takes such mail; it takes anybody else's in its name, too.",
            "{CONTOSO} はメールを送信していますが、DNS には何も登録していません。寛容な受信サーバーは受け取りますが、なりすましのメールも同じように受け取ります。"
        ),
    );
    teller.command(&["check", CONTOSO], 1).await?;
    must_find(teller, &["spf.missing", "dkim.key-missing", "dmarc.missing"]).await?;
    for sender in [Sender::User, Sender::Impostor] {
        let arrival = teller.mail(sender, ANNE, KEN).await?;
        arrival.must_be_delivered(&["spf=none", "dkim=none", "dmarc=none"])?;
    }
    teller.seen(say!(
        lang,
        "The receiver cannot tell Anne from the impostor.",
        "受信サーバーは、本物の Anne となりすましを見分けられません。"
    ));
    Ok(())
}

async fn spf(teller: &mut Teller<'_>) -> Result<(), WalkError> {
    let lang = teller.lang;
    teller.step(
        say!(lang, "SPF: who may send", "SPF: 送信してよいサーバーを示す"),
        say!(
            lang,
            "One TXT record names the servers that send for the domain; here, those of its provider.",
            "TXT レコードを 1 つ登録し、ドメインのメールを送信するサーバー(ここではプロバイダーのもの)を示します。"
        ),
    );
    teller.register(&format!("{CONTOSO}. 3600 IN TXT \"v=spf1 include:spf.{HOSTING_ZONE} -all\"")).await?;
    let address = PROVIDER_ADDRESS.to_string();
    let envelope = ["spf", "--ip", &address, "--helo", "out.provider.example", "--mail-from", ANNE];
    teller.command(&envelope, 0).await?;
    let arrival = teller.mail(Sender::User, ANNE, KEN).await?;
    arrival.must_be_delivered(&["spf=pass", "dkim=none"])?;
    let arrival = teller.mail(Sender::Impostor, ANNE, KEN).await?;
    arrival.must_be_delivered(&["spf=fail"])?;
    teller.seen(say!(
        lang,
        "SPF tells them apart. No policy says yet what should become of the forgery.",
        "SPF で見分けられるようになりました。ただし、なりすましをどう扱うかのポリシーはまだありません。"
    ));
    Ok(())
}

async fn ownership(teller: &mut Teller<'_>) -> Result<(), WalkError> {
    let lang = teller.lang;
    teller.step(
        say!(lang, "The domain is the organisation's", "ドメインの所有を証明する"),
        say!(
            lang,
            "The provider hosts keys only for whoever can write to the domain's DNS.",
            "プロバイダーは、ドメインの DNS に書き込める人のためにだけ鍵をホストします。"
        ),
    );
    teller.command(&["org", "add", ORGANISATION], 0).await?;
    teller.command(&["domain", "add", CONTOSO], 0).await?;
    let record = ownership_record(&teller.ask(&["domain", "show", CONTOSO]).await?)?;
    teller.register(&record).await?;
    teller.command(&["domain", "verify", CONTOSO], 0).await?;
    Ok(())
}

async fn selectors(teller: &mut Teller<'_>) -> Result<(), WalkError> {
    let lang = teller.lang;
    teller.step(
        say!(lang, "DKIM: two names, for ever", "DKIM: 変わることのない 2 つの名前"),
        say!(
            lang,
            "The owner will register two CNAMEs, once. The keys behind them change without the owner.",
            "所有者が登録する CNAME は 2 つだけで、登録は一度で済みます。その先の鍵は、所有者の手を借りずに切り替わります。"
        ),
    );
    teller.command(&["dkim", "get", CONTOSO, "--select", "selector1CNAME,selector2CNAME"], 0).await?;
    let configuration = teller.ask(&["dkim", "get", CONTOSO]).await?;
    expect("Status", &"NoDKIMKeys", &text(&configuration, "Status"))
}

async fn too_early(teller: &mut Teller<'_>) -> Result<(), WalkError> {
    let lang = teller.lang;
    teller.step(
        say!(lang, "Too early", "早すぎる有効化"),
        say!(
            lang,
            "Signing is turned on before the CNAMEs are registered: the keys are made, and nothing is signed with a key that nobody can find.",
            "CNAME を登録する前に署名を有効にしてみます。鍵は作成されますが、誰にも見つけられない鍵で署名されることはありません。"
        ),
    );
    teller.command(&["dkim", "new", CONTOSO, "--enabled", "true"], 1).await?;
    let configuration = teller.ask(&["dkim", "get", CONTOSO]).await?;
    expect("Status", &"CnameMissing", &text(&configuration, "Status"))?;
    expect("Enabled", &Value::Bool(false), &configuration["Enabled"])?;
    let arrival = teller.mail(Sender::User, ANNE, KEN).await?;
    arrival.must_be_delivered(&["spf=pass", "dkim=none"])
}

async fn enabled(teller: &mut Teller<'_>) -> Result<(), WalkError> {
    let lang = teller.lang;
    teller.step(
        say!(lang, "Registered, enabled, signed", "登録、有効化、署名"),
        say!(
            lang,
            "The two CNAMEs are registered. The next message is signed.",
            "2 つの CNAME を登録して有効にすると、次のメールから署名されます。"
        ),
    );
    let configuration = teller.ask(&["dkim", "get", CONTOSO]).await?;
    for number in [1, 2] {
        let target = text(&configuration, &format!("Selector{number}CNAME"));
        let record = format!("selector{number}._domainkey.{CONTOSO}. 3600 IN CNAME {target}.");
        teller.register(&record).await?;
    }
    teller.command(&["dkim", "set", CONTOSO, "--enabled", "true"], 0).await?;
    let configuration = teller.ask(&["dkim", "get", CONTOSO]).await?;
    expect("Status", &"Valid", &text(&configuration, "Status"))?;
    expect("Enabled", &Value::Bool(true), &configuration["Enabled"])?;
    let signed = format!("header.d={CONTOSO}");
    let arrival = teller.mail(Sender::User, ANNE, KEN).await?;
    arrival.must_be_delivered(&["spf=pass", "dkim=pass", &signed])?;
    teller.seen(say!(
        lang,
        "dkim=pass, by the receiver's own look at the owner's CNAME and the key behind it.",
        "受信サーバーが所有者の CNAME とその先の鍵を自分で確かめ、dkim=pass になりました。"
    ));
    Ok(())
}

async fn initial_domain(teller: &mut Teller<'_>) -> Result<(), WalkError> {
    let lang = teller.lang;
    let initial = format!("{ORGANISATION}.{HOSTING_ZONE}");
    teller.step(
        say!(lang, "The initial domain", "初期ドメイン"),
        say!(
            lang,
            "{initial} came with the organisation and needs nothing: it is signed from its first minute.",
            "{initial} は組織とともに作られ、何もしなくても最初から署名されます。"
        ),
    );
    let author = format!("anne@{initial}");
    let signed = format!("header.d={initial}");
    // A node's own look at its own zone comes within moments.
    let deadline = Instant::now() + MOMENTS;
    loop {
        let arrival = teller.mail(Sender::User, &author, KEN).await?;
        let seen = arrival.must_be_delivered(&["spf=pass", "dkim=pass", &signed, "dmarc=pass"]);
        if seen.is_ok() || Instant::now() > deadline {
            return seen;
        }
        sleep(MOMENT).await;
    }
}

async fn dmarc_none(teller: &mut Teller<'_>) -> Result<(), WalkError> {
    let lang = teller.lang;
    teller.step(
        say!(lang, "DMARC: watch first", "DMARC: まずは様子を見る"),
        say!(
            lang,
            "p=none asks receivers to count and to report. Nothing is refused yet.",
            "p=none は、集計とレポートだけを受信サーバーに求めます。まだ何も拒否されません。"
        ),
    );
    teller.register(&policy("none")).await?;
    let arrival = teller.mail(Sender::User, ANNE, KEN).await?;
    arrival.must_be_delivered(&["spf=pass", "dkim=pass", "dmarc=pass"])?;
    let arrival = teller.mail(Sender::Impostor, ANNE, KEN).await?;
    arrival.must_be_delivered(&["spf=fail", "dkim=none", "dmarc=fail"])
}

async fn forwarded(teller: &mut Teller<'_>) -> Result<(), WalkError> {
    let lang = teller.lang;
    teller.step(
        say!(lang, "Forwarded", "転送されたメール"),
        say!(
            lang,
            "Ken's old address forwards to him. The forwarder is not among the domain's servers, so SPF fails; the signature came along, so DMARC passes.",
            "Ken の以前のアドレスから転送されます。転送サーバーはドメインの送信サーバーではないため SPF は失敗しますが、署名はそのまま届くので DMARC は合格します。"
        ),
    );
    let old = format!("ken@{ALUMNI}");
    let arrival = teller.mail(Sender::User, ANNE, &old).await?;
    arrival.must_be_delivered(&["spf=fail", "dkim=pass", "dmarc=pass"])
}

async fn quarantine(teller: &mut Teller<'_>) -> Result<(), WalkError> {
    let lang = teller.lang;
    teller.step(
        say!(lang, "p=quarantine", "p=quarantine"),
        say!(
            lang,
            "Everything of the owner's passes, so the policy can be firmer: forgeries are set aside.",
            "所有者のメールはすべて合格しているので、ポリシーを強めます。なりすましは検疫されます。"
        ),
    );
    teller.register(&policy("quarantine")).await?;
    let arrival = teller.mail(Sender::Impostor, ANNE, KEN).await?;
    arrival.must_be_set_aside()?;
    let arrival = teller.mail(Sender::User, ANNE, KEN).await?;
    arrival.must_be_delivered(&["dmarc=pass"])
}

async fn reject(teller: &mut Teller<'_>) -> Result<(), WalkError> {
    let lang = teller.lang;
    teller.step(
        say!(lang, "p=reject", "p=reject"),
        say!(
            lang,
            "Forgeries are refused while they are being sent. Forwarded mail still arrives.",
            "なりすましは送信の時点で拒否されます。転送されたメールは引き続き届きます。"
        ),
    );
    teller.register(&policy("reject")).await?;
    let arrival = teller.mail(Sender::Impostor, ANNE, KEN).await?;
    arrival.must_be_refused()?;
    for recipient in [KEN, &format!("ken@{ALUMNI}")] {
        let arrival = teller.mail(Sender::User, ANNE, recipient).await?;
        arrival.must_be_delivered(&["dkim=pass", "dmarc=pass"])?;
    }
    teller.command(&["check", CONTOSO, "--selector", "selector1", "--selector", "selector2"], 0).await?;
    must_not_find(teller, &["spf.missing", "dkim.key-missing", "dmarc.missing"]).await
}

async fn rotation(teller: &mut Teller<'_>) -> Result<(), WalkError> {
    let lang = teller.lang;
    teller.step(
        say!(lang, "New keys, and nothing to do", "鍵のローテーション(所有者の作業はありません)"),
        say!(
            lang,
            "The other key takes over once the world has been able to see it for four days. The owner's records stay as they are.",
            "もう一方の鍵は、4 日間公開されてから署名を引き継ぎます。所有者のレコードはそのままです。"
        ),
    );
    teller.command(&["dkim", "rotate", CONTOSO], 0).await?;
    let configuration = teller.ask(&["dkim", "get", CONTOSO]).await?;
    expect("SelectorBeforeRotateOnDate", &"selector1", &text(&configuration, "SelectorBeforeRotateOnDate"))?;
    expect("SelectorAfterRotateOnDate", &"selector2", &text(&configuration, "SelectorAfterRotateOnDate"))?;
    let arrival = teller.mail(Sender::User, ANNE, KEN).await?;
    arrival.must_be_delivered(&["dkim=pass", "header.s=selector1", "dmarc=pass"])?;
    teller.command(&["audit", "verify"], 0).await?;
    teller.seen(say!(
        lang,
        "Nobody who sends or reads mail had to change anything.",
        "メールを送る人も読む人も、何も変える必要はありませんでした。"
    ));
    Ok(())
}

/// The record to publish, as a line of a zone file.
fn ownership_record(domain: &Value) -> Result<String, WalkError> {
    let line = text(&domain["ownership_record"], "zone_line");
    if line.is_empty() {
        let found = domain.to_string();
        return Err(not_as_it_should("the record that proves ownership", "a line for a zone file", &found));
    }
    Ok(line.to_owned())
}

fn policy(policy: &str) -> String {
    format!("_dmarc.{CONTOSO}. 3600 IN TXT \"v=DMARC1; p={policy}\"")
}

async fn must_find(teller: &mut Teller<'_>, ids: &[&str]) -> Result<(), WalkError> {
    let found = findings(teller).await?;
    match ids.iter().find(|id| !found.iter().any(|found| found == *id)) {
        Some(missing) => Err(not_as_it_should("findings", missing, &found.join(", "))),
        None => Ok(()),
    }
}

async fn must_not_find(teller: &mut Teller<'_>, ids: &[&str]) -> Result<(), WalkError> {
    let found = findings(teller).await?;
    match ids.iter().find(|id| found.iter().any(|found| found == *id)) {
        Some(id) => Err(not_as_it_should("findings", &format!("no {id}"), &found.join(", "))),
        None => Ok(()),
    }
}

async fn findings(teller: &mut Teller<'_>) -> Result<Vec<String>, WalkError> {
    let report = teller.ask(&["check", CONTOSO, "--selector", "selector1"]).await?;
    let all = report["findings"].as_array().cloned().unwrap_or_default();
    Ok(all.iter().map(|finding| text(finding, "id").to_owned()).collect())
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// The organisation and, as the sandbox is arranged, the login of its users.
const ORGANISATION: &str = super::super::world::LOGIN;
const ANNE: &str = "anne@contoso.example";
const KEN: &str = "ken@fabrikam.example";

/// How long the node may take over what it does by itself.
const MOMENTS: Duration = Duration::from_secs(10);
const MOMENT: Duration = Duration::from_millis(300);
