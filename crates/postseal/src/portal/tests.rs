//! Pages on a world of the service, without sockets: what they show and change.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::{Extension, Router};
use tower::ServiceExt as _;

use super::{Portal, Visitor, router};
use crate::api::resource::{NewDomain, NewOrganisation};
use crate::api::{Api, Caller, Client};
use crate::receiver_rules::ReceiverRules;
use crate::serve::{ReloadReply, Reloaded};
use crate::service::test_world::{World, contoso};

/// The portal as whoever has been let in has it.
struct Pages {
    world: World,
    router: Router,
    client: Client,
}

impl Pages {
    async fn new() -> Pages {
        let world = World::new().await;
        let reloaded =
            || ReloadReply::Reloaded(Reloaded { domains: 0, warnings: Vec::new(), at_restart: Vec::new() });
        let api = Arc::new(Api::new(true, Box::new(move |_| Box::pin(async move { reloaded() }))));
        api.open(Arc::clone(&world.service), Box::new(|_| Box::pin(std::future::ready(()))));
        let caller = Caller::of_uid(1_000);
        let client = Client::in_process(Arc::clone(&api), caller.clone());
        let portal = Portal::new(api, ReceiverRules::load(None).expect("built in"));
        let visitor = Visitor { caller, account: "admin".to_owned(), csrf: "token".to_owned() };
        Pages { world, router: router(Arc::new(portal)).layer(Extension(visitor)), client }
    }

    /// With an organisation and a domain that is held.
    async fn with_domain() -> Pages {
        let pages = Pages::new().await;
        let new = NewOrganisation { name: "contoso".to_owned() };
        pages.client.add_organisation(&new).await.expect("added");
        let new = NewDomain { name: "contoso.example".to_owned(), trust: true };
        pages.client.add_domain(&contoso(), &new).await.expect("added");
        pages
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, String, String) {
        let response = self.router.clone().oneshot(request).await.expect("answers");
        let (status, fields) = (response.status(), response.headers().clone());
        let place = fields.get(header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let body = to_bytes(response.into_body(), 4 << 20).await.expect("read");
        (status, String::from_utf8_lossy(&body).into_owned(), place)
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let (status, text, _) = self.ask(request).await;
        (status, text)
    }

    /// Where an operation leads, and what is said there.
    async fn post(&self, path: &str, form: &str) -> String {
        let (status, text, place) = self.send(path, form).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{path}: {text}");
        self.get(&place).await.1
    }

    async fn send(&self, path: &str, form: &str) -> (StatusCode, String, String) {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .expect("a request");
        self.ask(request).await
    }
}

/// Nobody gets a page without having been let in, whatever the route.
#[tokio::test]
async fn without_a_visitor_there_is_no_page() {
    let pages = Pages::new().await;
    let api = Arc::new(Api::new(false, Box::new(|_| unreachable!("no reload"))));
    let bare = router(Arc::new(Portal::new(api, ReceiverRules::load(None).expect("built in"))));
    for path in ["/", "/o/contoso", "/check", "/o/contoso/domains/contoso.example/dkim/live"] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        let status = bare.clone().oneshot(request).await.expect("answers").status();
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
    }
    assert_eq!(pages.get("/assets/portal.css").await.0, StatusCode::OK);
    assert_eq!(pages.get("/assets/../Cargo.toml").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn each_page_is_there_in_both_languages() {
    let pages = Pages::with_domain().await;
    let domain = "/o/contoso/domains/contoso.example";
    let check = async |path: &str, en: &str, ja: &str| {
        let join = if path.contains('?') { '&' } else { '?' };
        for (lang, expected) in [("en", en), ("ja", ja)] {
            let (status, text) = pages.get(&format!("{path}{join}lang={lang}")).await;
            assert_eq!(status, StatusCode::OK, "{path}: {text}");
            assert!(text.contains(expected), "{path} in {lang} lacks {expected}: {text}");
            assert!(text.contains(&format!("<html lang=\"{lang}\"")), "{path}");
            assert!(!text.contains(" style=") && !text.contains("<script>"), "{path} would break the CSP");
        }
    };
    check("/o/contoso", "Next step", "次の手順").await;
    check("/o/contoso/domains", "Last checked", "最終確認").await;
    check(
        &format!("{domain}/dkim"),
        "No DKIM keys saved for this domain",
        "このドメインの DKIM キーが保存されていません",
    )
    .await;
    check(&format!("{domain}/spf"), "No SPF record is published", "SPF レコードは公開されていません").await;
    check(&format!("{domain}/dmarc"), "No DMARC policy applies", "DMARC ポリシーはありません").await;
    check(&format!("{domain}/records"), "in this order", "この順に").await;
    check("/check?domain=contoso.example", "Something is wrong", "問題があります").await;
    check("/explain", "Nothing of it is kept", "内容は保存されません").await;
    check("/search?q=contoso", "contoso.example", "contoso.example").await;
}

/// What is to be registered, held against what is there, and as files for those who take them.
#[tokio::test]
async fn records_say_how_they_stand_and_can_be_taken_away() {
    let pages = Pages::with_domain().await;
    let path = "/o/contoso/domains/contoso.example/records";
    let (_, text) = pages.get(path).await;
    assert!(text.contains("Not registered yet") && text.contains("No DKIM keys saved"), "{text}");
    let check = async |format: &str, expected: &str| {
        let (status, text) = pages.get(&format!("{path}/export/{format}")).await;
        assert_eq!(status, StatusCode::OK, "{format}: {text}");
        assert!(text.contains(expected) && text.contains("_dmarc"), "{format}: {text}");
    };
    check("zone", "IN TXT").await;
    check("dnscontrol", "D_EXTEND(\"contoso.example\",").await;
    check("terraform", "resource \"dns_txt_record_set\"").await;
    assert_eq!(pages.get(&format!("{path}/export/xml")).await.0, StatusCode::NOT_FOUND);
}

/// The field's words can be asked what they mean, in each language, on each page that begins with one.
#[tokio::test]
async fn terms_are_explained_where_a_page_first_uses_them() {
    let pages = Pages::with_domain().await;
    let domain = "/o/contoso/domains/contoso.example";
    let check = async |path: &str, keys: &[&str]| {
        for lang in ["en", "ja"] {
            let (_, text) = pages.get(&format!("{path}?lang={lang}")).await;
            for key in keys {
                let (button, meaning) =
                    (format!("popovertarget=\"term-{key}\""), format!("id=\"term-{key}\""));
                let found = [button, meaning].map(|part| text.matches(&part).count());
                assert_eq!(found, [1, 1], "{path} in {lang}: {key}: {text}");
            }
        }
    };
    check("/o/contoso", &["spf", "dmarc", "dkim"]).await;
    check(&format!("{domain}/dkim"), &["dkim", "selector"]).await;
    check(&format!("{domain}/spf"), &["spf", "lookup"]).await;
    check(&format!("{domain}/dmarc"), &["dmarc", "from", "spf", "dkim"]).await;
    check(&format!("{domain}/records"), &["dnshost"]).await;
    check("/explain", &["bounce", "results", "arc"]).await;
    check("/settings/receiver", &["owner"]).await;
    check("/settings/sealers", &["seal", "dmarc"]).await;
}

/// The article's way: keys are made, the toggle is refused, the records appear, the toggle holds.
#[tokio::test]
async fn dkim_is_enabled_when_the_world_sees_the_key() {
    let pages = Pages::with_domain().await;
    let path = "/o/contoso/domains/contoso.example/dkim";
    let text = pages.post(&format!("{path}/create"), "key_size=2048").await;
    assert!(text.contains("The keys are made"), "{text}");
    let text = pages.post(&format!("{path}/sign"), "enabled=true").await;
    assert!(text.contains("NXDOMAIN") && text.contains("aria-checked=\"false\""), "{text}");
    assert!(text.contains("Publish the records below"), "{text}");
    pages.world.publish(&pages.world.cnames().await);
    let text = pages.post(&format!("{path}/sign"), "enabled=true").await;
    assert!(text.contains("aria-checked=\"true\"") && text.contains("Signing DKIM signatures"), "{text}");
    let (_, text) = pages.get("/o/contoso?lang=ja").await;
    assert!(text.contains("このドメインの DKIM 署名をします"), "{text}");
    let text = pages.post(&format!("{path}/rotate"), "key_size=2048").await;
    assert!(text.contains("Rotating keys for this domain"), "{text}");
    for happened in ["took a domain without proof", "made keys", "changed how it signs", "began a rotation"] {
        assert!(text.contains(happened), "the history lacks {happened}: {text}");
    }
}

#[tokio::test]
async fn hostile_words_are_inert() {
    let pages = Pages::with_domain().await;
    let evil = "%3Cscript%3Ealert(1)%3C/script%3E%22onx%3D%27";
    for path in [
        format!("/search?q={evil}"),
        format!("/check?domain={evil}"),
        format!("/check?domain=contoso.example&selector={evil}"),
        format!("/o/contoso/domains?q={evil}&status={evil}"),
        format!("/o/contoso/domains/contoso.example/spf?record={evil}"),
        format!("/o/contoso/domains/contoso.example/dmarc?p=none&rua={evil}@x"),
        format!("/o/{evil}"),
        format!("/explain?text={evil}"),
    ] {
        let (_, text) = pages.get(&path).await;
        assert!(!text.contains("<script>alert") && !text.contains("\"onx="), "{path}: {text}");
    }
}

#[tokio::test]
async fn a_planned_record_shows_its_effect() {
    let pages = Pages::with_domain().await;
    let path = "/o/contoso/domains/contoso.example";
    let (_, text) = pages.get(&format!("{path}/spf?record=v%3Dspf1+ip4:192.0.2.1+%2Ball")).await;
    assert!(text.contains("spf.pass-all") && text.contains("<mark>+all</mark>"), "{text}");
    let (_, text) = pages.get(&format!("{path}/dmarc?p=reject")).await;
    assert!(text.contains("v=DMARC1; p=reject") && text.contains("dmarc.enforced-unprepared"), "{text}");
}

/// Messages: listed, found, drawn, exported; and an empty list that says what will be there.
#[tokio::test]
async fn messages_are_listed_and_one_is_drawn() {
    let pages = Pages::with_domain().await;
    for (lang, empty) in
        [("en", "No message has been judged yet"), ("ja", "判定したメッセージはまだありません")]
    {
        let (status, text) = pages.get(&format!("/messages?lang={lang}")).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        assert!(text.contains(empty), "{text}");
    }
    let passes = postseal_store::VerdictRecord {
        dmarc: postseal_core::dmarc::DmarcResult::Pass,
        aligned: Some(postseal_core::dmarc::Alignment { spf: false, dkim: true }),
        action: "deliver".into(),
        ..pages.world.verdict(1)
    };
    pages.world.judge(&[pages.world.verdict(0), passes]).await;
    let (_, text) = pages.get("/messages?q=contoso.example&dmarc=fail").await;
    assert!(text.contains("/messages/1") && !text.contains("/messages/2"), "{text}");
    assert!(text.contains("data-chart=") && !text.contains(" style="), "{text}");
    let (_, text) = pages.get("/messages?q=192.0.2.9").await;
    assert!(text.contains("No message fulfils this"), "{text}");
    for (lang, refused, way) in [("en", "refused", "the path taken:"), ("ja", "拒否", "実際の流れ:")] {
        let (status, text) = pages.get(&format!("/messages/1?lang={lang}")).await;
        assert_eq!(status, StatusCode::OK, "{text}");
        assert!(text.contains(refused) && text.contains(way) && text.contains("SPF: fail"), "{text}");
        assert!(text.contains("/settings/allowed?author_domain=contoso.example"), "{text}");
    }
    assert_eq!(pages.get("/messages/3").await.0, StatusCode::NOT_FOUND);
    assert_eq!(pages.get("/messages/x").await.0, StatusCode::NOT_FOUND);
    let (status, text) = pages.get("/messages/export/csv?dmarc=fail").await;
    assert_eq!((status, text.lines().count()), (StatusCode::OK, 2), "{text}");
    let (_, text) = pages.get("/messages/export/json").await;
    let all: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(all.as_array().expect("a list").len(), 2);
    let (_, text) = pages.get("/o/contoso/domains/contoso.example/dmarc").await;
    assert!(text.contains("What each policy would have done"), "{text}");
}

/// What mail and people may write is shown, and does nothing.
#[tokio::test]
async fn hostile_words_in_messages_and_settings_are_inert() {
    let pages = Pages::with_domain().await;
    let evil = "<script>alert(1)</script>\"onx='\u{202e}";
    let record = postseal_store::VerdictRecord {
        queue_id: evil.to_owned(),
        action: "tag".into(),
        ..pages.world.verdict(0)
    };
    pages.world.judge(&[record]).await;
    let encoded = "%3Cscript%3Ealert(1)%3C/script%3E%22onx%3D%27%E2%80%AE";
    for path in [
        "/messages".to_owned(),
        "/messages/1".to_owned(),
        format!("/messages?q={encoded}&dmarc={encoded}&action={encoded}&before={encoded}"),
        format!("/messages/{encoded}"),
        format!("/messages/export/{encoded}"),
        format!("/settings/allowed?author_domain={encoded}&client={encoded}&note={encoded}&until={encoded}"),
        format!("/settings/sealers?organisation={encoded}"),
    ] {
        let (_, text) = pages.get(&path).await;
        assert!(!text.contains("<script>alert") && !text.contains("\"onx="), "{path}: {text}");
    }
    let form = format!("author_domain=partner.example&client=192.0.2.7&note={encoded}");
    let text = pages.post("/settings/allowed/add", &form).await;
    assert!(text.contains("partner.example") && !text.contains("<script>alert"), "{text}");
}

/// The receiver changes its mind, allows a pair and trusts a sealer: each is seen on its page and in the audit log.
#[tokio::test]
async fn the_receivers_settings_are_changed() {
    let pages = Pages::with_domain().await;
    let text = pages.post("/settings/receiver", "csrf=token&on_reject=quarantine&observe=file").await;
    assert!(text.contains("Saved.") && text.contains("changed here"), "{text}");
    let policy = pages.client.receiver_policy().await.expect("read");
    assert!(
        policy["on_reject"].changed
            && policy["on_reject"].value == "quarantine"
            && !policy["observe"].changed
    );
    let text = pages
        .post(
            "/settings/allowed/add",
            "author_domain=partner.example&client=198.51.100.0%2F24&authenticated=&until=2099-01-31&note=old",
        )
        .await;
    assert!(
        text.contains("198.51.100.0/24") && text.contains("2099-02-01") && text.contains("infile.example"),
        "{text}"
    );
    let text = pages.post("/settings/allowed/remove", "id=1").await;
    assert!(!text.contains("198.51.100.0/24"), "{text}");
    let (status, text, _) =
        pages.send("/settings/allowed/add", "author_domain=x.example&client=0.0.0.0%2F0").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{text}");
    let text = pages.post("/settings/sealers/add", "organisation=contoso&sealer=lists.example").await;
    assert!(text.contains("lists.example"), "{text}");
    let text = pages.post("/settings/sealers/remove", "organisation=contoso&sealer=lists.example").await;
    assert!(text.contains("No forwarder is trusted"), "{text}");
    for (path, ja) in [
        ("/settings/receiver", "受信ポリシー"),
        ("/settings/allowed", "許可ペア"),
        ("/settings/sealers", "信頼する封印者"),
    ] {
        let (status, text) = pages.get(&format!("{path}?lang=ja")).await;
        assert!(status == StatusCode::OK && text.contains(ja) && !text.contains(" style="), "{path}: {text}");
    }
    let actions: Vec<String> =
        pages.client.audit(0, None).await.expect("read").items.into_iter().map(|row| row.action).collect();
    for action in ["receiver.set", "exception.add", "exception.remove", "arc.add", "arc.remove"] {
        assert!(actions.iter().any(|done| done == action), "{action} is not in {actions:?}");
    }
}

/// A list is sorted, filtered, counted and exported; the search finds what it has, wherever it is.
#[tokio::test]
async fn domains_are_listed_sorted_counted_and_exported() {
    let pages = Pages::with_domain().await;
    let contoso = contoso();
    for name in ["alpha.example", "zulu.example"] {
        let new = NewDomain { name: name.to_owned(), trust: false };
        pages.client.add_domain(&contoso, &new).await.expect("claimed");
    }
    let order = async |query: &str| {
        let (status, text) = pages.get(&format!("/o/contoso/domains{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}: {text}");
        let place = |name: &str| text.find(&format!("/domains/{name}.example\""));
        let mut found: Vec<_> =
            ["alpha", "contoso", "zulu"].into_iter().filter_map(|name| Some((place(name)?, name))).collect();
        found.sort_unstable();
        (found.into_iter().map(|(_, name)| name).collect::<Vec<_>>().join(" "), text)
    };
    let (names, text) = order("").await;
    assert_eq!(names, "alpha contoso zulu");
    assert_eq!(text.matches("aria-sort").count(), 1, "{text}");
    assert!(text.contains("aria-sort=\"ascending\"><a href=\"/o/contoso/domains?sort=-name\""), "{text}");
    assert!(text.contains("Needs attention: 2") && text.contains("Not signing: 3"), "{text}");
    let (names, text) = order("?sort=-name").await;
    assert_eq!(names, "zulu contoso alpha");
    assert!(text.contains("aria-sort=\"descending\""), "{text}");
    assert_eq!(order("?sort=state").await.0, "alpha zulu contoso");
    assert_eq!(order("?status=claimed&q=ZU").await.0, "zulu");
    assert_eq!(order("?status=no_keys").await.0, "contoso");
    assert_eq!(order("?status=signing").await.0, "");
    assert_eq!(order("?sort=%3Cscript%3E&status=x&after=x").await.0, "zulu");
    let (status, text) = pages.get("/o/contoso/domains/export/csv?status=claimed").await;
    assert_eq!((status, text.lines().count()), (StatusCode::OK, 3), "{text}");
    assert!(text.contains("\"alpha.example\",\"claimed\"") && !text.contains("contoso.example\""), "{text}");
    let (_, text) = pages.get("/search?q=ULU&lang=ja").await;
    assert!(text.contains("href=\"/o/contoso/domains/zulu.example\""), "{text}");
    let (_, text) = pages.get("/search?q=ntos").await;
    assert!(text.contains("href=\"/o/contoso\"") && text.contains("contoso.example"), "{text}");
    let (_, text) = pages.get("/search?q=").await;
    assert!(text.contains("queue id") && !text.contains("zulu"), "{text}");
}

/// A message is found by its whole queue id, by whoever may see messages.
#[tokio::test]
async fn a_message_is_found_by_its_id() {
    let pages = Pages::with_domain().await;
    pages.world.judge(&[pages.world.verdict(0), pages.world.verdict(1)]).await;
    let check = async |sought: &str, expected: &[i64]| {
        let (status, text) = pages.get(&format!("/search?q={sought}")).await;
        assert_eq!(status, StatusCode::OK, "{sought}: {text}");
        for id in [1, 2] {
            assert_eq!(
                text.contains(&format!("href=\"/messages/{id}\"")),
                expected.contains(&id),
                "{sought}: {text}"
            );
        }
    };
    check("4Xy0", &[1]).await;
    check("%204Xy1%20", &[2]).await;
    check("2", &[2]).await;
    check("4xy0", &[]).await;
    check("4Xy", &[]).await;
    check("-1", &[]).await;
    check("99999999999999999999", &[]).await;
}

/// Who may not see messages does not find them, and a token of one organisation finds nothing of another.
#[tokio::test]
async fn a_search_finds_what_the_caller_may_see() {
    let pages = Pages::with_domain().await;
    pages.world.judge(&[pages.world.verdict(0)]).await;
    let fabrikam = NewOrganisation { name: "fabrikam".to_owned() };
    pages.client.add_organisation(&fabrikam).await.expect("added");
    let token = |scope, organisation| {
        Caller::of_token(&postseal_store::ApiToken {
            name: postseal_store::ActorName::parse("job").expect("a name"),
            scope,
            organisation,
            made_by: "uid:0".to_owned(),
            made_at: 0,
            expires_at: 1,
            used_at: None,
        })
    };
    let found = async |caller: Caller, sought: &str| {
        let found = pages.client.as_another(caller).search(sought, 9).await.expect("found");
        (found.organisations.len(), found.domains.len(), found.messages.len())
    };
    use postseal_store::TokenScope::{Operate, ReadOrganisation};
    let only = || Some(crate::service::test_world::organisation("fabrikam"));
    assert_eq!(found(token(Operate, None), "4Xy0").await, (0, 0, 1));
    assert_eq!(found(token(ReadOrganisation, None), "4Xy0").await, (0, 0, 0));
    assert_eq!(found(token(ReadOrganisation, None), "contoso.example").await, (0, 1, 0));
    assert_eq!(found(token(ReadOrganisation, only()), "contoso").await, (0, 0, 0));
    assert_eq!(found(token(ReadOrganisation, only()), "abrik").await, (1, 1, 0));
}

/// How long messages are kept is changed on a page that says first what that removes.
#[tokio::test]
async fn messages_are_kept_for_another_time() {
    let pages = Pages::with_domain().await;
    let now = crate::service::test_world::T0;
    let old = postseal_store::VerdictRecord { at: now - 10 * 86_400, ..pages.world.verdict(0) };
    pages
        .world
        .judge(&[old, postseal_store::VerdictRecord { at: now - 3_600, ..pages.world.verdict(1) }])
        .await;
    let (_, text) = pages.get("/settings/messages").await;
    assert!(text.contains("<strong>30 days</strong>") && !text.contains("older than"), "{text}");
    let (_, text) = pages.get("/settings/messages?keep=604800").await;
    assert!(text.contains("1 message older than 7 days is removed within the hour"), "{text}");
    let (_, text) = pages.get("/settings/messages?keep=0&lang=ja").await;
    assert!(text.contains("2 件のメッセージが、1 時間以内にすべて削除されます"), "{text}");
    let (_, text) = pages.get("/settings/messages?keep=31536000").await;
    assert!(text.contains("nothing is removed now"), "{text}");
    let text = pages.post("/settings/messages", "keep=604800").await;
    assert!(text.contains("<strong>7 days</strong>") && text.contains("changed here"), "{text}");
    let (_, text) = pages.get("/settings/audit").await;
    assert!(
        text.contains("messages are kept: 7 days") && text.contains("<a href=\"/settings/messages\">"),
        "{text}"
    );
    let text = pages.post("/settings/messages", "keep=file").await;
    assert!(text.contains("<strong>30 days</strong>") && !text.contains("changed here"), "{text}");
    for bad in ["keep=1", "keep=x", "keep=", "keep=99999999999"] {
        assert_eq!(pages.send("/settings/messages", bad).await.0, StatusCode::BAD_REQUEST, "{bad}");
    }
}

/// Whoever has the configuration file taken again is in the audit log.
#[tokio::test]
async fn a_reload_is_in_the_audit_log() {
    let pages = Pages::with_domain().await;
    let order = crate::api::resource::ReloadOrder { lang: crate::words::Lang::En };
    pages.client.reload(&order).await.expect("reloaded");
    let rows = pages.client.audit(0, None).await.expect("read").items;
    let last = rows.last().expect("a row");
    assert_eq!(
        (last.action.as_str(), last.actor.as_str(), last.detail.as_str()),
        ("node.reload", "uid:1000", "outcome=ok")
    );
}
