use std::collections::BTreeSet;
use std::sync::Arc;

use postseal_store::{ActorName, Role, TokenScope};
use serde::Serialize;
use serde_json::{Value, json};

use super::exchange::Request;
use super::resource::{
    NewAllowedPair, NewDkimSigningConfiguration, NewDomain, NewOrganisation, NewToken, SetArcConfig,
    SetMessageRetention, SetPassword, SetReceiverPolicy,
};
use super::routes::ROUTES;
use super::{Api, Caller, Client, ClientError, ControlSocket, ProblemKind, openapi};
use crate::serve::{ReloadReply, Reloaded};
use crate::service::TokenOrder;
use crate::service::test_world::{World, contoso, domain};

/// An API on a world of the service.
async fn api() -> (World, Arc<Api>) {
    let world = World::new().await;
    let api = Arc::new(Api::new(true, Box::new(|_| Box::pin(async { reloaded() }))));
    api.open(Arc::clone(&world.service), Box::new(|_| Box::pin(std::future::ready(()))));
    (world, api)
}

fn reloaded() -> ReloadReply {
    ReloadReply::Reloaded(Reloaded { domains: 3, warnings: Vec::new(), at_restart: Vec::new() })
}

fn client(api: &Arc<Api>) -> Client {
    Client::in_process(Arc::clone(api), Caller::of_uid(1_000))
}

async fn ask(api: &Api, line: &str, body: &str) -> (u16, Value) {
    ask_as(api, &Caller::of_uid(1_000), line, body).await
}

async fn ask_as(api: &Api, caller: &Caller, line: &str, body: &str) -> (u16, Value) {
    let (method, target) = line.split_once(' ').expect("a method and a path");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        body: body.as_bytes().to_vec(),
    };
    let answer = api.answer(caller, &request).await;
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
}

/// Sets up the account `admin`, and shows it.
async fn with_account(api: &Api) -> Value {
    let service = api.service().expect("open");
    let (link, _) = service.new_setup_link("uid:0").await.expect("made");
    let name = ActorName::parse("admin").expect("a name");
    service
        .enter_by_setup_link(&link, &name, "correct horse battery", [127, 0, 0, 1].into())
        .await
        .expect("used");
    ask(api, "GET /v1/account", "").await.1
}

/// A caller with a new token of this scope.
async fn token(api: &Api, name: &str, scope: TokenScope, organisation: Option<&str>) -> Caller {
    let service = api.service().expect("open");
    let order = TokenOrder {
        name: ActorName::parse(name).expect("a name"),
        scope,
        organisation: organisation.map(crate::service::test_world::organisation),
        lifetime: 60,
    };
    Caller::of_token(&service.add_token(order, "uid:0").await.expect("made").0)
}

#[test]
fn each_route_is_described_and_each_schema_is_there() {
    let document = openapi::document();
    let schemas = document["components"]["schemas"].as_object().expect("an object");
    let mut seen = BTreeSet::new();
    for route in ROUTES {
        let entry = &document["paths"][route.path][route.method.to_ascii_lowercase()];
        assert_eq!(entry["summary"], route.summary, "{route:?}");
        assert_eq!(entry["x-right"], route.right.as_str(), "{route:?}");
        assert!(seen.insert((route.method, route.path)), "{route:?} is there twice");
        for schema in [route.takes, route.gives.1] {
            assert!(schema.is_empty() || schemas.contains_key(schema), "{schema} of {route:?}");
        }
        for name in ["organisation", "domain", "token", "id"] {
            let braced = format!("{{{name}}}");
            let named = entry["parameters"].as_array().expect("a list").iter().any(|p| p["name"] == name);
            assert_eq!(route.path.contains(&braced), named, "{route:?}");
        }
    }
    let described: usize = document["paths"]
        .as_object()
        .expect("an object")
        .values()
        .map(|p| p.as_object().expect("one").len())
        .sum();
    assert_eq!(described, ROUTES.len());
    let text = document.to_string();
    for part in text.split("#/components/schemas/").skip(1) {
        let name = part.split('"').next().expect("an end");
        assert!(schemas.contains_key(name), "{name} is referred to");
    }
}

/// What is served has the fields that are described, and no others.
fn check(schema: &str, value: &dyn erased::ToJson) {
    let schemas = &openapi::document()["components"]["schemas"];
    conforms(&value.json(), &schemas[schema], schemas, schema);
}

#[tokio::test]
async fn domains_and_their_keys_are_as_they_are_described() {
    let (_world, api) = api().await;
    let client = client(&api);
    let (contoso, domain) = (contoso(), domain());
    check(
        "Organisation",
        &client.add_organisation(&NewOrganisation { name: "contoso".to_owned() }).await.expect("added"),
    );
    let new = NewDomain { name: "contoso.example".to_owned(), trust: false };
    check("NewDomain", &new);
    check("Domain", &client.add_domain(&contoso, &new).await.expect("claimed"));
    check("VerificationOutcome", &client.verify_domain(&contoso, &domain).await.expect("asked"));
    let trusted = NewDomain { trust: true, ..new };
    check("Domain", &client.add_domain(&contoso, &trusted).await.expect("held"));
    check("DkimSigningConfiguration", &client.dkim(&contoso, &domain).await.expect("held"));
    let enable = NewDkimSigningConfiguration { enabled: true, ..NewDkimSigningConfiguration::default() };
    let made = client.new_dkim(&contoso, &domain, &enable).await.expect("made");
    check("DkimOutcome", &made);
    assert_eq!(made.warning.as_ref().and_then(|warning| warning.kind()), Some(ProblemKind::NotVisible));
    check("DkimSigningConfiguration", &made.configuration);
    check(
        "RecordPage",
        &json!({ "items": client.records(&contoso, &domain).await.expect("read"), "next": null }),
    );
    let sealers = SetArcConfig { arc_trusted_sealers: vec!["lists.example".to_owned()] };
    check("ArcConfig", &client.set_arc_config(&contoso, &sealers).await.expect("set"));
    check("OrganisationPage", &client.organisations(None).await.expect("read"));
    check("DomainPage", &client.domains(&contoso, None).await.expect("read"));
    check("DomainCounts", &client.domain_counts(&contoso).await.expect("read"));
    let Err(ClientError::Problem(problem)) = client.new_dkim(&contoso, &domain, &enable).await else {
        panic!("made twice")
    };
    check("Problem", &problem);
}

#[tokio::test]
async fn messages_and_what_decides_about_them_are_as_they_are_described() {
    let (world, api) = api().await;
    let client = client(&api);
    let (contoso, domain) = (contoso(), domain());
    client.add_organisation(&NewOrganisation { name: "contoso".to_owned() }).await.expect("added");
    let held = NewDomain { name: "contoso.example".to_owned(), trust: true };
    client.add_domain(&contoso, &held).await.expect("held");
    world.judge(&[world.verdict(0)]).await;
    let messages = client.verdicts("", None).await.expect("read");
    check("VerdictPage", &messages);
    check("Verdict", &client.verdict(messages.items[0].id).await.expect("kept"));
    let days = client.verdict_days(Some(&domain), 2).await.expect("read");
    check("VerdictDayPage", &json!({ "items": days, "next": null }));
    check("PolicyEffect", &client.policy_effect(&contoso, &domain, 10).await.expect("read"));
    check("MessageRetention", &client.message_retention().await.expect("read"));
    let week = SetMessageRetention { keep_seconds: Some(604_800), dry_run: true };
    check("SetMessageRetention", &week);
    check("MessageRetention", &client.set_message_retention(&week).await.expect("tried"));
    check("ReceiverPolicy", &client.receiver_policy().await.expect("read"));
    let set = SetReceiverPolicy::from([("on_reject".to_owned(), "quarantine".to_owned())]);
    check("SetReceiverPolicy", &set);
    check("ReceiverPolicy", &client.set_receiver_policy(&set).await.expect("set"));
    let new = NewAllowedPair {
        author_domain: "partner.example".to_owned(),
        client: Some("192.0.2.0/24".to_owned()),
        until: Some("2099-01-31".to_owned()),
        ..NewAllowedPair::default()
    };
    check("NewAllowedPair", &new);
    check("AllowedPair", &client.add_allowed_pair(&new).await.expect("added"));
    let pairs = client.allowed_pairs().await.expect("read");
    check("AllowedPairPage", &json!({ "items": pairs, "next": null }));
    check("AuditPage", &client.audit(0, None).await.expect("read"));
    check("AuditVerification", &client.verify_audit(None).await.expect("read"));
    check("SearchResult", &client.search("4Xy0", 10).await.expect("read"));
}

#[tokio::test]
async fn the_node_and_who_is_let_in_are_as_they_are_described() {
    let (_world, api) = api().await;
    let client = client(&api);
    client.add_organisation(&NewOrganisation { name: "contoso".to_owned() }).await.expect("added");
    api.portal_is_at("https://mail.example.net".to_owned());
    let link = client.add_setup_link().await.expect("made");
    assert!(link.url.starts_with("https://mail.example.net/setup?link="), "{link:?}");
    check("SetupLink", &link);
    let new = NewToken {
        name: "job".to_owned(),
        scope: "read-organisation".to_owned(),
        organisation: Some("contoso".to_owned()),
        days: None,
    };
    check("NewToken", &new);
    check("TokenMade", &client.add_token(&new).await.expect("made"));
    check("TokenPage", &client.tokens(None).await.expect("read"));
    client.remove_token("job").await.expect("removed");
    check("Account", &with_account(&api).await);
    let reloaded =
        client.reload(&super::resource::ReloadOrder { lang: crate::words::Lang::Ja }).await.expect("taken");
    check("Reloaded", &reloaded);
}

mod erased {
    use super::{Serialize, Value};

    pub(super) trait ToJson {
        fn json(&self) -> Value;
    }

    impl<T: Serialize> ToJson for T {
        fn json(&self) -> Value {
            serde_json::to_value(self).expect("JSON")
        }
    }
}

/// Messages are found by what they are, and what is asked goes on with each page.
#[tokio::test]
async fn messages_are_found_and_paged() {
    let (world, api) = api().await;
    let client = client(&api);
    let message = |n: u64| {
        let mut record = world.verdict(n);
        if n.is_multiple_of(2) {
            record.client = Some(std::net::IpAddr::from([192, 0, 2, 2]));
            record.action = "quarantine".into();
        }
        record
    };
    world.judge(&(0..10).map(message).collect::<Vec<_>>()).await;
    let ids = async |query: &str| -> Vec<i64> {
        let page = client.verdicts(query, None).await.expect("read");
        page.items.iter().map(|message| message.id).collect()
    };
    assert_eq!(ids("limit=3").await, [10, 9, 8]);
    assert_eq!(ids("author_domain=contoso.example&action=quarantine&limit=2").await, [9, 7]);
    assert_eq!(ids("client=192.0.2.1&dmarc=fail&limit=2").await, [10, 8]);
    assert_eq!(ids("queue_id=4Xy3").await, [4]);
    assert_eq!(ids("queue_id=%27%20OR%201").await, [0; 0]);
    let first = client.verdicts("client=192.0.2.2&limit=2", None).await.expect("read");
    assert_eq!(first.next.as_deref(), Some("/v1/verdicts?client=192.0.2.2&limit=2&before=7"));
    let second = client.verdicts("", first.next.as_deref()).await.expect("read");
    assert_eq!(second.items.iter().map(|message| message.id).collect::<Vec<_>>(), [5, 3]);
    for bad in ["client=x", "dmarc=good", "action=drop", "before=x", "author_domain=a..b", "limit=0"] {
        let (status, problem) = ask(&api, &format!("GET /v1/verdicts?{bad}"), "").await;
        assert_eq!(
            (status, problem["type"].as_str()),
            (400, Some("urn:postseal:problem:bad-request")),
            "{bad}"
        );
    }
    for gone in ["11", "0", "-1", "x", "99999999999999999999"] {
        let (status, problem) = ask(&api, &format!("GET /v1/verdicts/{gone}"), "").await;
        assert_eq!(
            (status, problem["type"].as_str()),
            (404, Some("urn:postseal:problem:no-message")),
            "{gone}"
        );
    }
    let days = client.verdict_days(None, 7).await.expect("read");
    assert_eq!((days.len(), days[6].dmarc_fail, days[6].quarantine, days[5].dmarc_fail), (7, 10, 5, 0));
    // Whoever only claims a domain is not told of its mail.
    client.add_organisation(&NewOrganisation { name: "contoso".to_owned() }).await.expect("added");
    let mut new = NewDomain { name: "contoso.example".to_owned(), trust: false };
    client.add_domain(&contoso(), &new).await.expect("claimed");
    let effect = client.policy_effect(&contoso(), &domain(), 10).await;
    assert!(
        matches!(&effect, Err(ClientError::Problem(p)) if p.kind() == Some(ProblemKind::NotVerified)),
        "{effect:?}"
    );
    new.trust = true;
    client.add_domain(&contoso(), &new).await.expect("held");
    let effect = client.policy_effect(&contoso(), &domain(), 1).await.expect("held");
    assert_eq!((effect.messages, effect.not_authentic, effect.reject.refused), (10, 10, 10));
    assert_eq!((effect.none.delivered, effect.quarantine.set_aside), (10, 10));
    assert_eq!((effect.sources.len(), effect.more_sources), (1, true));
}

/// The receiver decides while the node runs: over the file, until it is as in the file again.
#[tokio::test]
async fn the_receiver_changes_its_mind() {
    let (_world, api) = api().await;
    let client = client(&api);
    let set = async |key: &str, word: &str| {
        let set = SetReceiverPolicy::from([(key.to_owned(), word.to_owned())]);
        client.set_receiver_policy(&set).await
    };
    let now = set("on_reject", "quarantine").await.expect("set");
    assert_eq!((now["on_reject"].value.as_str(), now["on_reject"].file.as_str()), ("quarantine", "reject"));
    assert!(now["on_reject"].changed && !now["observe"].changed);
    let now = set("on_reject", "file").await.expect("set");
    assert!(now["on_reject"].value == "reject" && !now["on_reject"].changed);
    for (key, word) in
        [("on_reject", "explode"), ("contact", "x"), ("observe", "yes"), ("on_quarantine", "reject")]
    {
        let refused = set(key, word).await;
        assert!(
            matches!(&refused, Err(ClientError::Problem(p)) if p.kind() == Some(ProblemKind::BadRequest)),
            "{key}={word}: {refused:?}"
        );
    }
    let add = async |client_: Option<&str>, authenticated: Option<&str>, until: Option<&str>, note: &str| {
        let new = NewAllowedPair {
            author_domain: "partner.example".to_owned(),
            subdomains: false,
            client: client_.map(str::to_owned),
            authenticated: authenticated.map(str::to_owned),
            until: until.map(str::to_owned),
            note: note.to_owned(),
        };
        match client.add_allowed_pair(&new).await {
            Ok(pair) => Ok(pair),
            Err(ClientError::Problem(problem)) => Err(problem.kind()),
            Err(error) => panic!("{error}"),
        }
    };
    use ProblemKind as K;
    let made = add(Some("192.0.2.0/24"), None, Some("2099-01-31"), "their old server").await.expect("added");
    assert_eq!(made.until.as_deref(), Some("2099-02-01T00:00:00Z"));
    for (refused, expected) in [
        (add(Some("192.0.2.0/24"), None, None, "").await, K::AllowedPairTaken),
        (add(Some("0.0.0.0/0"), None, None, "").await, K::AllowedPairUnfit),
        (add(Some("::/0"), None, None, "").await, K::AllowedPairUnfit),
        (add(Some("192.0.2.1/24"), None, None, "").await, K::AllowedPairUnfit),
        (add(Some("192.0.2.9"), None, Some("2001-01-31"), "").await, K::AllowedPairUnfit),
        (add(Some("192.0.2.9"), None, None, "a\u{7}b").await, K::AllowedPairUnfit),
        (add(Some("192.0.2.9"), Some("host.example"), None, "").await, K::BadRequest),
        (add(None, None, None, "").await, K::BadRequest),
        (add(None, Some("a..b"), None, "").await, K::BadRequest),
        (add(Some("192.0.2.9"), None, Some("soon"), "").await, K::BadRequest),
    ] {
        assert_eq!(refused, Err(Some(expected)));
    }
    let pairs = client.allowed_pairs().await.expect("read");
    assert_eq!((pairs.len(), pairs[1].id, pairs[1].author_domain.as_str()), (2, None, "infile.example"));
    client.remove_allowed_pair(made.id.expect("stored")).await.expect("removed");
    let gone = client.remove_allowed_pair(made.id.expect("stored")).await;
    assert!(matches!(&gone, Err(ClientError::Problem(p)) if p.kind() == Some(K::NoAllowedPair)), "{gone:?}");
    let actions: Vec<String> =
        client.audit(0, None).await.expect("read").items.into_iter().map(|row| row.action).collect();
    assert_eq!(actions, ["receiver.set", "receiver.set", "exception.add", "exception.remove"]);
}

/// As much of JSON Schema as the description uses.
fn conforms(value: &Value, schema: &Value, schemas: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().expect("a name");
        return conforms(value, &schemas[name], schemas, &format!("{at}>{name}"));
    }
    if let Some(any) = schema["anyOf"].as_array() {
        if !value.is_null() {
            conforms(value, &any[0], schemas, at);
        }
        return;
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = &schema["type"];
    let fits = allowed == kind || allowed.as_array().is_some_and(|all| all.iter().any(|one| one == kind));
    assert!(fits, "{at}: {value} is no {allowed}");
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{at}: {value} is none of {words:?}");
    }
    if let Some(items) = value.as_array() {
        items.iter().for_each(|item| conforms(item, &schema["items"], schemas, at));
    }
    let (Some(fields), Some(properties)) = (value.as_object(), schema["properties"].as_object()) else {
        return;
    };
    for (name, field) in fields {
        let property = properties.get(name).unwrap_or_else(|| panic!("{at}: {name} is not described"));
        conforms(field, property, schemas, &format!("{at}.{name}"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(fields.contains_key(name), "{at}: {name} is missing");
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_a_problem_with_a_stable_type() {
    let (_world, api) = api().await;
    client(&api).add_organisation(&NewOrganisation { name: "contoso".to_owned() }).await.expect("added");
    let check = async |line: &str, body: &str, status: u16, kind: ProblemKind| {
        let (got, problem) = ask(&api, line, body).await;
        assert_eq!((got, problem["type"].as_str()), (status, Some(kind.urn().as_str())), "{line} {problem}");
    };
    use ProblemKind as K;
    check("GET /v2", "", 404, K::NoSuchRoute).await;
    check("GET /v1/organisations/contoso/", "", 404, K::NoSuchRoute).await;
    check("DELETE /v1/organisations", "", 405, K::MethodNotAllowed).await;
    check("GET /v1/organisations?limit=0", "", 400, K::BadRequest).await;
    check("GET /v1/organisations/%zz", "", 400, K::BadRequest).await;
    check("POST /v1/organisations", "{", 400, K::BadRequest).await;
    check("POST /v1/organisations", "{\"name\":\"a\"}", 400, K::BadRequest).await;
    check("POST /v1/organisations", "{\"name\":\"fabrikam\",\"x\":1}", 400, K::BadRequest).await;
    check("POST /v1/organisations", "{\"name\":\"contoso\"}", 409, K::OrganisationTaken).await;
    check("GET /v1/organisations/nobody", "", 404, K::NoOrganisation).await;
    check("GET /v1/organisations/a%2Fb/domains", "", 404, K::NoOrganisation).await;
    let domains = "/v1/organisations/contoso/domains";
    check(&format!("GET {domains}/nobody.example"), "", 404, K::NoDomain).await;
    check(&format!("GET {domains}/not..a.name"), "", 404, K::NoDomain).await;
    check(&format!("POST {domains}/nobody.example/verify"), "", 404, K::NoDomain).await;
    check(&format!("GET {domains}/nobody.example/dkim-signing-configuration"), "", 404, K::NoDomain).await;
    check(
        &format!("GET {domains}/nobody.example/dkim-signing-configuration?watch=x"),
        "",
        400,
        K::BadRequest,
    )
    .await;
    check("GET /v1/audit/verify?row=1", "", 400, K::BadRequest).await;
    check("POST /v1/backup", "{\"path\":\"relative\"}", 400, K::BadRequest).await;
    check("POST /v1/backup", "{\"path\":\"/no/such/directory/b\"}", 422, K::BackupFile).await;
}

/// Each route of an organisation and of a domain, for strangers: one that never was, and one that is another's.
#[tokio::test]
async fn what_is_anothers_is_not_there() {
    let (_world, api) = api().await;
    let client = client(&api);
    for name in ["contoso", "fabrikam"] {
        client.add_organisation(&NewOrganisation { name: name.to_owned() }).await.expect("added");
    }
    let held = NewDomain { name: "contoso.example".to_owned(), trust: true };
    client.add_domain(&contoso(), &held).await.expect("held");
    let body = |schema: &str| match schema {
        "NewDomain" => "{\"name\":\"contoso.example\"}",
        "SetArcConfig" => "{\"ArcTrustedSealers\":[]}",
        _ => "{}",
    };
    let mut strangers = 0;
    for route in ROUTES.iter().filter(|route| route.path.contains("{organisation}")) {
        let path = route.path.replace("{domain}", "contoso.example");
        let line =
            |organisation: &str| format!("{} {}", route.method, path.replace("{organisation}", organisation));
        let (status, problem) = ask(&api, &line("nobody"), body(route.takes)).await;
        let expected = ProblemKind::NoOrganisation.urn();
        assert_eq!((status, problem["type"].as_str()), (404, Some(expected.as_str())), "{route:?}");
        if route.path.contains("{domain}") {
            let (status, problem) = ask(&api, &line("fabrikam"), body(route.takes)).await;
            let expected = ProblemKind::NoDomain.urn();
            assert_eq!((status, problem["type"].as_str()), (404, Some(expected.as_str())), "{route:?}");
            strangers += 1;
        }
    }
    assert!(strangers >= 9, "{strangers}");
    let mine = client.dkim(&contoso(), &domain()).await.expect("held");
    assert_eq!(mine.status, "NoDKIMKeys", "nothing was changed by strangers");
}

/// Each route, for each kind of token: what is not its right is refused, and what is another's is not there.
#[tokio::test]
async fn a_token_does_what_it_was_made_for_and_no_more() {
    let (_world, api) = api().await;
    let client = client(&api);
    for name in ["contoso", "fabrikam"] {
        client.add_organisation(&NewOrganisation { name: name.to_owned() }).await.expect("added");
    }
    let held = NewDomain { name: "contoso.example".to_owned(), trust: true };
    client.add_domain(&contoso(), &held).await.expect("held");
    use TokenScope as S;
    let callers = [
        (S::ReadOrganisation, token(&api, "reads", S::ReadOrganisation, None).await),
        (S::ReadOrganisation, token(&api, "reads-fabrikam", S::ReadOrganisation, Some("fabrikam")).await),
        (S::ChangeOrganisation, token(&api, "changes", S::ChangeOrganisation, Some("fabrikam")).await),
        (S::Operate, token(&api, "operates", S::Operate, None).await),
    ];
    let forbidden = ProblemKind::Forbidden.urn();
    for route in ROUTES {
        let path = route.path.replace("{organisation}", "contoso").replace("{domain}", "contoso.example");
        let line = format!("{} {path}", route.method);
        for (scope, caller) in &callers {
            let (status, problem) = ask_as(&api, caller, &line, "{\"nonsense\":1}").await;
            let may = match route.right.as_str() {
                "any" => true,
                "read-organisation" => *scope >= S::ReadOrganisation,
                "change-organisation" => *scope >= S::ChangeOrganisation,
                "operate" => *scope >= S::Operate,
                _ => false,
            };
            assert_eq!(problem["type"] == forbidden.as_str(), !may, "{line} {caller:?} {problem}");
            if may && caller.actor.contains("fabrikam") && route.path.contains("{organisation}") {
                let expected = ProblemKind::NoOrganisation.urn();
                assert_eq!((status, problem["type"].as_str()), (404, Some(expected.as_str())), "{line}");
            }
        }
    }
    let audit = client.audit(0, None).await.expect("read").items;
    let strangers: Vec<_> =
        audit.iter().filter(|row| row.actor.starts_with("token:") && row.actor != "token:operates").collect();
    assert_eq!(strangers, Vec::<&super::resource::AuditEntry>::new());
}

#[tokio::test]
async fn a_password_is_changed_by_its_account_only() {
    let (_world, api) = api().await;
    with_account(&api).await;
    let admin = Caller::of_account(&ActorName::parse("admin").expect("a name"), Role::Administrator);
    let set =
        SetPassword { current: "correct horse battery".to_owned(), new: "another horse battery".to_owned() };
    let body = serde_json::to_string(&set).expect("JSON");
    let change = async |caller: &Caller| ask_as(&api, caller, "PUT /v1/account/password", &body).await.0;
    assert_eq!(change(&Caller::of_uid(0)).await, 403);
    assert_eq!(change(&token(&api, "job", TokenScope::Operate, None).await).await, 403);
    assert_eq!(change(&admin).await, 204);
    assert_eq!(change(&admin).await, 403, "the current one is another now");
    assert!(!format!("{set:?}").contains("horse"));
}

#[tokio::test]
async fn without_a_store_the_api_says_so_and_reloads() {
    let none = Api::new(false, Box::new(|_| Box::pin(async { reloaded() })));
    let closed = Api::new(true, Box::new(|_| Box::pin(async { reloaded() })));
    let check = async |api: &Api, status: u16, kind: ProblemKind| {
        for route in ROUTES.iter().filter(|route| !["/v1/reload", "/v1/openapi.json"].contains(&route.path)) {
            let path = route.path.replace("{organisation}", "contoso").replace("{domain}", "contoso.example");
            let (got, problem) = ask(api, &format!("{} {path}", route.method), "").await;
            assert_eq!((got, problem["type"].as_str()), (status, Some(kind.urn().as_str())), "{route:?}");
        }
        assert_eq!(ask(api, "POST /v1/reload", "").await.0, 200);
        assert_eq!(ask(api, "GET /v1/openapi.json", "").await.0, 200);
    };
    check(&none, 404, ProblemKind::NotConfigured).await;
    check(&closed, 503, ProblemKind::StoreNotOpen).await;
}

#[tokio::test]
async fn lists_come_in_pages() {
    let (_world, api) = api().await;
    let client = client(&api);
    for name in ["contoso", "fabrikam", "tailspin"] {
        client.add_organisation(&NewOrganisation { name: name.to_owned() }).await.expect("added");
    }
    let (_, first) = ask(&api, "GET /v1/organisations?limit=2", "").await;
    assert_eq!(first["next"], "/v1/organisations?after=fabrikam&limit=2");
    let rest = client.organisations(first["next"].as_str()).await.expect("read");
    assert_eq!(rest.items.iter().map(|o| o.name.as_str()).collect::<Vec<_>>(), ["tailspin"]);
    assert_eq!(rest.next, None);
    let (_, audit) = ask(&api, "GET /v1/audit?limit=1", "").await;
    assert_eq!(
        (&audit["next"], &audit["items"][0]["actor"]),
        (&json!("/v1/audit?after=1&limit=1"), &json!("uid:1000"))
    );
}

#[tokio::test]
async fn the_same_over_a_socket() {
    let (_world, api) = api().await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("run/control.sock");
    let socket = ControlSocket::listen(&path).expect("listens");
    let serving = tokio::spawn(async move { socket.serve(api, tokio::sync::mpsc::channel(1).0).await });
    let client = Client::over_socket(path.clone());
    let added =
        client.add_organisation(&NewOrganisation { name: "contoso".to_owned() }).await.expect("added");
    assert_eq!(added.initial_domain.as_deref(), Some("contoso.keys.example"));
    let audit = client.audit(0, None).await.expect("read");
    assert_eq!(audit.items[0].actor, format!("uid:{}", rustix::process::geteuid().as_raw()));
    let again = client.add_organisation(&NewOrganisation { name: "contoso".to_owned() }).await;
    assert!(
        matches!(again, Err(ClientError::Problem(p)) if p.kind() == Some(ProblemKind::OrganisationTaken))
    );
    let large = SetArcConfig { arc_trusted_sealers: vec!["x".repeat(600_000)] };
    let large = client.set_arc_config(&contoso(), &large).await;
    assert!(matches!(large, Err(ClientError::Problem(p)) if p.kind() == Some(ProblemKind::TooLarge)));
    serving.abort();
    assert!(serving.await.is_err_and(|error| error.is_cancelled()));
    let gone = client.audit(0, None).await;
    assert!(matches!(gone, Err(ClientError::Unreachable(_))), "{gone:?}");
}
