//! Every path of the table of pages, asked in each way that must change nothing.

use postseal_core::dns::DomainName;

use super::{Door, PASSWORD};
use crate::api::resource::{NewAllowedPair, NewDomain, NewOrganisation, NewToken, SetArcConfig};
use crate::service::test_world::contoso;

const TABLE: &str = include_str!("../../routes.rs");

/// The paths of the table, with names of the door's world in place of the braces, and the guard's own.
fn paths() -> Vec<String> {
    let rows = TABLE.split("page(pages,").skip(1).filter(|row| !row.trim_start().starts_with("path"));
    let path = |row: &str| {
        let (before, rest) = row.split_once('"').expect("a path");
        let (path, _) = rest.split_once('"').expect("its end");
        let front = if before.contains("domain(") { "/o/{organisation}/domains/{domain}" } else { "" };
        format!("{front}{path}")
            .replace("{organisation}", "contoso")
            .replace("{domain}", "contoso.example")
            .replace("{id}", "1")
            .replace("{format}", "csv")
    };
    let own = ["/setup", "/log-in", "/log-out"].map(str::to_owned);
    rows.map(path).chain(own).collect()
}

/// What there is to change, and the audit log, as one text.
async fn state(door: &Door) -> String {
    let client = &door.client;
    let json = |value: serde_json::Result<String>| value.expect("is JSON");
    let parts = [
        json(serde_json::to_string(&client.organisations(None).await.expect("read").items)),
        json(serde_json::to_string(&client.domains(&contoso(), None).await.expect("read").items)),
        json(serde_json::to_string(
            &client
                .dkim(&contoso(), &DomainName::parse("contoso.example").expect("a name"))
                .await
                .ok()
                .map(|dkim| dkim.flyout),
        )),
        json(serde_json::to_string(&client.arc_config(&contoso()).await.expect("read"))),
        json(serde_json::to_string(&client.receiver_policy().await.expect("read"))),
        json(serde_json::to_string(&client.allowed_pairs().await.expect("read"))),
        json(serde_json::to_string(&client.tokens(None).await.expect("read").items)),
        format!("{:?}", door.world.service.administrator().await.expect("read")),
        json(serde_json::to_string(&client.audit(0, None).await.expect("read").items)),
    ];
    parts.join("\n")
}

/// With something that each form could change.
async fn furnished() -> Door {
    let door = Door::with_account().await;
    let client = &door.client;
    client.add_organisation(&NewOrganisation { name: "contoso".to_owned() }).await.expect("added");
    let held = NewDomain { name: "contoso.example".to_owned(), trust: true };
    client.add_domain(&contoso(), &held).await.expect("held");
    let pair = NewAllowedPair {
        author_domain: "fabrikam.example".to_owned(),
        client: Some("192.0.2.0/24".to_owned()),
        ..NewAllowedPair::default()
    };
    client.add_allowed_pair(&pair).await.expect("added");
    let sealers = SetArcConfig { arc_trusted_sealers: vec!["fabrikam.example".to_owned()] };
    client.add_arc_sealers(&contoso(), &sealers).await.expect("added");
    let token =
        NewToken { name: "job".to_owned(), scope: "operate".to_owned(), organisation: None, days: None };
    client.add_token(&token).await.expect("made");
    door
}

/// Fields that each form would take: the same for all, each reads its own.
const FORM: &str = "name=job&domain=contoso.example&sealer=fabrikam.example&organisation=contoso&id=1&trust=true\
    &enabled=true&key_size=2048&author_domain=other.example&client=192.0.2.1&on_reject=quarantine&scope=operate&days=9\
    &current=correct+horse+battery&new=another+horse+battery&again=another+horse+battery&text=550+5.7.26";

#[tokio::test]
async fn no_path_changes_anything_without_session_origin_and_form_token() {
    let door = furnished().await;
    let (session, other) = (
        door.log_in("admin", PASSWORD).await.expect("right"),
        door.log_in("admin", PASSWORD).await.expect("right"),
    );
    let token = door.get("/o/contoso", &session).await.form_token();
    let others = door.get("/o/contoso", &other).await.form_token();
    let (origin, before) = (format!("Origin: {}\r\n", door.origin()), state(&door).await);
    let paths = paths();
    for path in &paths {
        let send = async |what: &str, fields: &str, csrf: &str, expected: u16| {
            let form = if csrf.is_empty() { FORM.to_owned() } else { format!("csrf={csrf}&{FORM}") };
            let reply = door.post_from(path, fields, &form).await;
            assert_eq!(reply.status, expected, "{path}, {what}: {reply:?}");
            let is_led_away = reply.field("location").starts_with("/log-in");
            assert_eq!(is_led_away, expected == 303, "{path}, {what}: {reply:?}");
        };
        let cookie = format!("Cookie: {session}\r\n");
        let own = format!("{origin}{cookie}");
        send("no token", &own, "", 403).await;
        send("a wrong token", &own, &"0".repeat(token.len()), 403).await;
        send("another session's token", &own, &others, 403).await;
        send("no Origin", &cookie, &token, 403).await;
        send("a foreign Origin", &format!("Origin: http://evil.example\r\n{cookie}"), &token, 403).await;
        let framed = format!("{own}Sec-Fetch-Site: cross-site\r\n");
        send("a page of another site", &framed, &token, 403).await;
        let way_in = ["/log-in", "/setup"].contains(&path.as_str());
        send("no session", &origin, &token, if way_in { 403 } else { 303 }).await;
        let json = format!("{own}Content-Type: application/json\r\n");
        let reply = door
            .raw(
                format!("POST {path} HTTP/1.1\r\nHost: {}\r\n{json}", door.address),
                &format!("csrf={token}&{FORM}"),
            )
            .await;
        assert_eq!(reply.status, 403, "{path} as JSON: {reply:?}");
        for method in ["PUT", "PATCH", "DELETE"] {
            let head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{own}", door.address);
            assert_eq!(door.raw(head, FORM).await.status, 403, "{method} {path}");
        }
        let reply = door.get(&format!("{path}?csrf={token}&{FORM}"), &session).await;
        assert!(reply.status < 500, "GET {path}: {reply:?}");
    }
    assert_eq!(state(&door).await, before, "something was changed");
    assert_eq!(door.get("/o/contoso", &session).await.status, 200, "nobody was logged out");
    // Each of them is done, or refused for what it says, where all is there: the refusals above had no other cause.
    let mut taken = 0;
    for path in &paths {
        let (cookie, csrf) = if ["/log-in", "/setup"].contains(&path.as_str()) {
            let page = door.get("/log-in", "").await;
            let cookie = page.cookie(&format!("postseal-form-{}", door.address.port())).expect("set");
            (cookie, page.form_token())
        } else {
            (session.clone(), token.clone())
        };
        let form = format!("csrf={csrf}&{FORM}").replace("another+horse+battery", "short");
        let reply = door.post(path, &cookie, &form).await;
        assert!(!reply.body.contains("Open the page anew"), "{path}: {reply:?}");
        taken += usize::from(reply.status != 405);
    }
    let named = TABLE.matches("post(").count();
    assert_eq!(taken, named + 3, "each POST of the table was asked: {paths:?}");
    assert_ne!(state(&door).await, before);
}
