//! Over the real listener: who gets in, and who does not.

mod every_route;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use postseal_store::{ActorName, TokenScope};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};

use super::{Guard, Site, guarded};
use crate::api::resource::{NewDomain, NewOrganisation};
use crate::api::{Api, Caller, Client};
use crate::portal::{Portal, listen, router, serve};
use crate::receiver_rules::ReceiverRules;
use crate::serve::{ReloadReply, Reloaded};
use crate::service::test_world::{World, contoso, organisation};
use crate::service::{Secret, TokenOrder};

const PASSWORD: &str = "correct horse battery";

/// A portal that listens, over a world of the service.
struct Door {
    world: World,
    api: Arc<Api>,
    address: SocketAddr,
    client: Client,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

/// What came back.
#[derive(Debug)]
struct Reply {
    status: u16,
    /// Names in small letters; several of a name with line feeds between them.
    fields: BTreeMap<String, String>,
    body: String,
}

impl Reply {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    /// `name=value` of a cookie that it sets and does not take back.
    fn cookie(&self, name: &str) -> Option<String> {
        let set = self.field("set-cookie").lines().find(|cookie| cookie.starts_with(&format!("{name}=")))?;
        let pair = set.split(';').next().expect("a pair").to_owned();
        (!pair.ends_with('=')).then_some(pair)
    }

    /// The hidden field of its form.
    fn form_token(&self) -> String {
        let mark = "name=\"csrf\" value=\"";
        let from = self.body.find(mark).unwrap_or_else(|| panic!("no form in {self:?}")) + mark.len();
        self.body[from..].split('"').next().expect("an end").to_owned()
    }
}

impl Door {
    async fn new() -> Door {
        let door = Door::before_its_store().await;
        door.open();
        door
    }

    fn open(&self) {
        let service = Arc::clone(&self.world.service);
        self.api.open(service, Box::new(|_| Box::pin(std::future::ready(()))));
    }

    async fn before_its_store() -> Door {
        let world = World::new().await;
        let reloaded =
            || ReloadReply::Reloaded(Reloaded { domains: 0, warnings: Vec::new(), at_restart: Vec::new() });
        let api = Arc::new(Api::new(true, Box::new(move |_| Box::pin(async move { reloaded() }))));
        let listener = listen(([127, 0, 0, 1], 0).into()).await.expect("listens");
        let address = listener.local_addr().expect("an address");
        let site = Site::new(address, false, &[]);
        let client = Client::in_process(Arc::clone(&api), Caller::of_uid(0));
        let rules = ReceiverRules::load(None).expect("built in");
        let pages = router(Arc::new(Portal::new(Arc::clone(&api), rules)));
        let pages = guarded(pages, Arc::new(Guard::new(Arc::clone(&api), site, Box::new(|_, _| {}))));
        let (stop, stopping) = watch::channel(false);
        let serving = tokio::spawn(serve(listener, Box::new(|| None), pages, stopping));
        Door { world, api, address, client, stop, serving }
    }

    /// With the account `admin`.
    async fn with_account() -> Door {
        let door = Door::new().await;
        let (link, _) = door.world.service.new_setup_link("uid:0").await.expect("made");
        let name = ActorName::parse("admin").expect("a name");
        door.world
            .service
            .enter_by_setup_link(&link, &name, PASSWORD, [127, 0, 0, 1].into())
            .await
            .expect("used");
        door
    }

    fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    fn session_name(&self) -> String {
        format!("postseal-{}", self.address.port())
    }

    /// A request as it is written, but for the end of its header section.
    async fn raw(&self, head: String, body: &str) -> Reply {
        let length = body.len();
        let request = format!("{head}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        let address = self.address;
        let reply = spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).expect("connects");
            stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
            stream.write_all(request.as_bytes()).expect("writes");
            let mut reply = String::new();
            stream.read_to_string(&mut reply).expect("reads");
            reply
        });
        let reply = reply.await.expect("no panic");
        let (head, body) = reply.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{reply:?}"));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            let place = fields.entry(name.to_ascii_lowercase()).or_default();
            if !place.is_empty() {
                place.push('\n');
            }
            place.push_str(value);
        }
        Reply { status, fields, body: body.to_owned() }
    }

    async fn get(&self, path: &str, cookie: &str) -> Reply {
        let host = self.address;
        self.raw(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n"), "").await
    }

    /// A form of a page of the portal.
    async fn post(&self, path: &str, cookie: &str, form: &str) -> Reply {
        let origin = self.origin();
        self.post_from(path, &format!("Origin: {origin}\r\nCookie: {cookie}\r\n"), form).await
    }

    async fn post_from(&self, path: &str, fields: &str, form: &str) -> Reply {
        let host = self.address;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n{fields}"
        );
        self.raw(head, form).await
    }

    /// Log-in by its page: the cookie of the session, or what was said instead.
    async fn log_in(&self, name: &str, password: &str) -> Result<String, Reply> {
        let page = self.get("/log-in", "").await;
        assert_eq!(page.status, 200, "{page:?}");
        let cookie = page.cookie(&format!("postseal-form-{}", self.address.port())).expect("set");
        let form = format!("csrf={}&name={name}&password={}", page.form_token(), password.replace(' ', "+"));
        let reply = self.post("/log-in", &cookie, &form).await;
        if reply.status == 303 { Ok(reply.cookie(&self.session_name()).expect("set")) } else { Err(reply) }
    }

    async fn token(&self, name: &str, scope: TokenScope, of: Option<&str>) -> String {
        let order = TokenOrder {
            name: ActorName::parse(name).expect("a name"),
            scope,
            organisation: of.map(organisation),
            lifetime: 3_600,
        };
        self.world.service.add_token(order, "uid:0").await.expect("made").1
    }
}

#[tokio::test]
async fn whoever_is_not_logged_in_is_led_to_the_log_in_and_back() {
    let door = Door::with_account().await;
    let led = door.get("/o/contoso?x=y", "").await;
    assert_eq!((led.status, led.field("location")), (303, "/log-in?to=%2Fo%2Fcontoso%3Fx%3Dy"));
    let page = door.get(led.field("location"), "").await;
    assert!(page.body.contains("name=\"to\" value=\"/o/contoso?x=y\""), "{page:?}");
    let cookie = page.field("set-cookie").split(';').next().expect("set").to_owned();
    let form =
        format!("csrf={}&name=admin&password=correct+horse+battery&to=/o/contoso?x=y", page.form_token());
    let entered = door.post("/log-in", &cookie, &form).await;
    assert_eq!((entered.status, entered.field("location")), (303, "/o/contoso?x=y"));
    let fragment = format!("GET /o/contoso HTTP/1.1\r\nHost: {}\r\nHX-Request: true\r\n", door.address);
    let fragment = door.raw(fragment, "").await;
    assert_eq!((fragment.status, fragment.field("hx-redirect")), (401, "/log-in?to=%2Fo%2Fcontoso"));
    let api = door.get("/v1/organisations", "").await;
    assert_eq!((api.status, api.field("content-type")), (401, "application/problem+json"));
    assert_eq!(door.get("/assets/portal.css", "").await.status, 200);
}

#[tokio::test]
async fn before_there_is_an_account_everything_says_how_to_make_one() {
    let door = Door::new().await;
    for path in ["/", "/log-in", "/o/contoso"] {
        let reply = door.get(path, "").await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.body.contains("postseal setup-link"), "{path}: {reply:?}");
        assert!(!reply.body.contains("<nav"), "{path} shows nothing of what is behind");
    }
}

#[tokio::test]
async fn a_store_that_opens_in_a_moment_is_waited_for_and_no_longer() {
    let door = Door::before_its_store().await;
    let begun = std::time::Instant::now();
    let closed = door.get("/log-in", "").await;
    assert_eq!((closed.status, closed.field("retry-after")), (503, "10"), "{closed:?}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    let opening = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        door.open();
    };
    let ((), reply) = tokio::join!(opening, door.get("/log-in", ""));
    assert_eq!(reply.status, 404, "there is no account yet: {reply:?}");
}

/// Each way to leave something out of a request that changes something.
#[tokio::test]
async fn nothing_changes_without_host_origin_session_and_token() {
    let door = Door::with_account().await;
    let session = door.log_in("admin", PASSWORD).await.expect("right");
    let home = door.get("/", &session).await;
    let token = home.form_token();
    let (host, origin) = (door.address, door.origin());
    let other = door.log_in("admin", PASSWORD).await.expect("right");
    let others_token = door.get("/", &other).await.form_token();
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let check = async |what: &str, head: String, form: String, expected: u16| {
        let reply = door.raw(head, &form).await;
        assert_eq!(reply.status, expected, "{what}: {reply:?}");
        if expected == 403 {
            assert!(reply.body.contains("Open the page anew"), "{what} says what to do: {}", reply.body);
        }
    };
    let post = |fields: &str| format!("POST /organisations HTTP/1.1\r\n{kind}{fields}");
    let right = format!("csrf={token}&name=contoso");
    let with = |host: &str, origin: &str, cookie: &str| {
        post(&format!("Host: {host}\r\nOrigin: {origin}\r\nCookie: {cookie}\r\n"))
    };
    let here = host.to_string();
    check("no token", with(&here, &origin, &session), "name=contoso".to_owned(), 403).await;
    check("a wrong token", with(&here, &origin, &session), "csrf=x&name=contoso".to_owned(), 403).await;
    check(
        "another session's token",
        with(&here, &origin, &session),
        format!("csrf={others_token}&name=contoso"),
        403,
    )
    .await;
    check("another origin", with(&here, "http://evil.example", &session), right.clone(), 403).await;
    check("the origin null", with(&here, "null", &session), right.clone(), 403).await;
    check("no origin", post(&format!("Host: {here}\r\nCookie: {session}\r\n")), right.clone(), 403).await;
    check("another host", with("evil.example", "http://evil.example", &session), right.clone(), 421).await;
    check("no host", post(&format!("Origin: {origin}\r\nCookie: {session}\r\n")), right.clone(), 421).await;
    check("no session", with(&here, &origin, "a=b"), right.clone(), 303).await;
    check(
        "a made-up session",
        with(&here, &origin, &format!("{}={}", door.session_name(), Secret::new().expect("random").text())),
        right.clone(),
        303,
    )
    .await;
    let json = format!(
        "POST /v1/organisations HTTP/1.1\r\nHost: {here}\r\nOrigin: {origin}\r\nCookie: {session}\r\nContent-Type: application/json\r\n"
    );
    let body = "{\"name\":\"contoso\"}".to_owned();
    let reply = door.raw(json.clone(), &body).await;
    assert_eq!((reply.status, reply.body.contains("not-from-here")), (403, true), "{reply:?}");
    assert_eq!(door.get("/v1/organisations/contoso", &session).await.status, 404, "nothing was made");
    check("all of it", with(&here, &origin, &session), right, 303).await;
    assert_eq!(door.get("/v1/organisations/contoso", &session).await.status, 200);
    // The same by a program of the page.
    let reply = door.raw(format!("{json}X-CSRF-Token: {token}\r\n"), "{\"name\":\"fabrikam\"}").await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let audit = door.client.audit(0, None).await.expect("read").items;
    let made: Vec<&str> =
        audit.iter().filter(|row| row.action == "org.add").map(|row| row.actor.as_str()).collect();
    assert_eq!(made, ["account:admin", "account:admin"]);
}

#[tokio::test]
async fn every_answer_says_what_it_may_load_and_is_not_kept() {
    let door = Door::with_account().await;
    let session = door.log_in("admin", PASSWORD).await.expect("right");
    for path in ["/", "/log-in", "/nothing/here", "/v1/organisations", "/assets/portal.css", "/assets/none"] {
        let reply = door.get(path, &session).await;
        let policy = reply.field("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"),
            "{path}: {reply:?}"
        );
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(reply.field("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.field("referrer-policy"), "same-origin", "{path}");
        let kept = path == "/assets/portal.css";
        assert_eq!(reply.field("cache-control") == "no-store", !path.starts_with("/assets/"), "{path}");
        assert_eq!(reply.field("cache-control").contains("immutable"), kept, "{path}");
    }
    assert_eq!(door.get("/nothing/here", &session).await.status, 404);
    let refused = door.raw("GET / HTTP/1.1\r\nHost: evil.example\r\n".to_owned(), "").await;
    assert_eq!(refused.status, 421);
    assert!(refused.field("content-security-policy").contains("default-src 'none'"));
}

#[tokio::test]
async fn a_session_is_new_at_each_log_in_and_ends_at_the_log_out() {
    let door = Door::with_account().await;
    // Whoever plants a cookie plants nothing.
    let planted = Secret::new().expect("random").text();
    let (form_name, name) = (format!("postseal-form-{}", door.address.port()), door.session_name());
    let page = door.get("/log-in", &format!("{name}={planted}; {form_name}={planted}")).await;
    let form = format!("csrf={}&name=admin&password=correct+horse+battery", page.form_token());
    let cookies = format!("{form_name}={planted}; {name}={planted}");
    let entered = door.post("/log-in", &cookies, &form).await;
    let first = entered.cookie(&name).expect("set");
    assert!(!first.contains(&planted), "{first}");
    let set = entered.field("set-cookie").lines().next().expect("one").to_owned();
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{set}");
    assert_eq!(door.get("/", &format!("{name}={planted}")).await.status, 303);
    // Another log-in by the same browser ends the first session.
    let page = door.get("/log-in", "").await;
    let form_cookie = page.cookie(&form_name).expect("set");
    let form = format!("csrf={}&name=admin&password=correct+horse+battery", page.form_token());
    let second =
        door.post("/log-in", &format!("{form_cookie}; {first}"), &form).await.cookie(&name).expect("set");
    assert_ne!(first, second);
    assert_eq!(door.get("/", &first).await.status, 303, "the first is over");
    let home = door.get("/", &second).await;
    assert_eq!(home.status, 200);
    assert_eq!(door.get("/log-out", &second).await.status, 405, "no GET changes anything");
    let left = door.post("/log-out", &second, &format!("csrf={}", home.form_token())).await;
    assert_eq!((left.status, left.field("location")), (303, "/log-in"));
    assert!(left.field("set-cookie").contains("Max-Age=0"));
    assert_eq!(door.get("/", &second).await.status, 303);
}

#[tokio::test]
async fn sessions_end_by_time() {
    let door = Door::with_account().await;
    let session = door.log_in("admin", PASSWORD).await.expect("right");
    door.world.after(12 * 3_600 - 1);
    assert_eq!(door.get("/", &session).await.status, 200);
    tokio::time::sleep(Duration::from_millis(300)).await;
    door.world.after(12 * 3_600);
    assert_eq!(door.get("/", &session).await.status, 303);
}

#[tokio::test]
async fn guesses_are_delayed_and_told_alike() {
    let door = Door::with_account().await;
    let guess = async |name: &str| door.log_in(name, "wrong password").await.expect_err("wrong");
    let (known, unknown) = (guess("admin").await, guess("nobody").await);
    assert_eq!((known.status, unknown.status), (403, 403));
    let blank = |reply: &Reply, name: &str| {
        let token = reply.form_token();
        reply.body.replace(&token, "").replace(&format!("value=\"{name}\""), "")
    };
    assert_eq!(blank(&known, "admin"), blank(&unknown, "nobody"));
    assert!(known.body.contains("The name or the password is not right."), "{}", known.body);
    for name in ["admin", "nobody"] {
        guess(name).await;
        assert_eq!(guess(name).await.status, 403);
        let wait = guess(name).await;
        assert_eq!((wait.status, wait.field("retry-after")), (429, "15"), "{name}");
    }
    let right = door.log_in("admin", PASSWORD).await.expect_err("not yet");
    assert_eq!(right.status, 429);
    door.world.after(15);
    assert!(door.log_in("admin", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_setup_link_is_shown_often_and_used_once() {
    let door = Door::new().await;
    let (link, _) = door.world.service.new_setup_link("node").await.expect("made");
    let path = format!("/setup?link={}", link.text());
    for _ in 0..2 {
        let page = door.get(&path, "").await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("Set up your account"), "{page:?}");
    }
    let page = door.get(&path, "").await;
    let cookie = page.field("set-cookie").split(';').next().expect("set").to_owned();
    let send = async |name: &str, password: &str, again: &str| {
        let fields = format!("csrf={}&link={}", page.form_token(), link.text());
        door.post("/setup", &cookie, &format!("{fields}&name={name}&password={password}&again={again}")).await
    };
    let refused = send("admin", "short", "short").await;
    assert_eq!((refused.status, refused.body.contains("at least 12 characters")), (422, true), "{refused:?}");
    let refused = send("admin", "correct+horse+battery", "other").await;
    assert_eq!((refused.status, refused.body.contains("The two passwords differ")), (422, true));
    let refused = send("a+b", "correct+horse+battery", "correct+horse+battery").await;
    assert_eq!(refused.status, 422);
    let entered = send("admin", "correct+horse+battery", "correct+horse+battery").await;
    assert_eq!((entered.status, entered.field("location")), (303, "/"), "{entered:?}");
    let session = entered.cookie(&door.session_name()).expect("set");
    assert_eq!(door.get("/", &session).await.status, 200);
    let again = send("other", "correct+horse+battery", "correct+horse+battery").await;
    assert_eq!((again.status, again.body.contains("postseal setup-link")), (410, true), "{again:?}");
    assert_eq!(door.get("/setup?link=nonsense", "").await.status, 410);
}

/// Tokens over the network: what is another's is not there, and a token is no session.
#[tokio::test]
async fn a_token_reaches_its_organisation_and_no_other() {
    let door = Door::new().await;
    for name in ["contoso", "fabrikam"] {
        door.client.add_organisation(&NewOrganisation { name: name.to_owned() }).await.expect("added");
    }
    let held = NewDomain { name: "contoso.example".to_owned(), trust: true };
    door.client.add_domain(&contoso(), &held).await.expect("held");
    let reads = door.token("reads", TokenScope::ReadOrganisation, Some("contoso")).await;
    let fabrikam = door.token("fabrikam", TokenScope::ChangeOrganisation, Some("fabrikam")).await;
    let ask = async |token: &str, line: &str| {
        let head = format!("{line} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n", door.address);
        door.raw(head, "").await.status
    };
    let domain = "/v1/organisations/contoso/domains/contoso.example";
    assert_eq!(ask(&reads, &format!("GET {domain}")).await, 200);
    assert_eq!(ask(&reads, &format!("DELETE {domain}")).await, 403, "it only reads");
    for line in
        [format!("GET {domain}"), format!("DELETE {domain}"), "GET /v1/organisations/contoso".to_owned()]
    {
        assert_eq!(ask(&fabrikam, &line).await, 404, "{line}");
    }
    assert_eq!(ask(&fabrikam, "GET /v1/organisations").await, 403);
    assert_eq!(ask(&fabrikam, "GET /v1/tokens").await, 403);
    assert_eq!(ask(&fabrikam, "GET /v1/organisations/fabrikam").await, 200);
    assert_eq!(ask("postseal_nonsense", &format!("GET {domain}")).await, 401);
    assert_eq!(ask(&reads, "GET /o/contoso").await, 404, "pages take no token, and there is no account");
    // A token needs no Origin and no form token: no browser sends it by itself.
    assert_eq!(ask(&fabrikam, "DELETE /v1/organisations/fabrikam/domains/none.example").await, 404);
    let elsewhere =
        format!("GET {domain} HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer {reads}\r\n");
    assert_eq!(door.raw(elsewhere, "").await.status, 421);
    door.world.after(3_600);
    assert_eq!(ask(&reads, &format!("GET {domain}")).await, 401, "expired");
}

#[tokio::test]
async fn large_and_slow_requests_are_cut_and_it_stops_in_time() {
    let door = Door::with_account().await;
    let page = door.get("/log-in", "").await;
    let cookie = page.field("set-cookie").split(';').next().expect("set").to_owned();
    let form = format!("csrf={}&name=admin&password={}", page.form_token(), "x".repeat(20_000));
    assert_eq!(door.post("/log-in", &cookie, &form).await.status, 413);
    let address = door.address;
    let idle = TcpStream::connect(address).expect("connects");
    door.stop.send_replace(true);
    let stopped = tokio::time::timeout(Duration::from_secs(12), door.serving).await;
    stopped.expect("in time").expect("no panic");
    drop(idle);
    assert!(TcpStream::connect(address).is_err(), "it listens no more");
}

#[tokio::test]
async fn the_password_is_changed_and_everybody_is_out() {
    let door = Door::with_account().await;
    let (session, other) = (
        door.log_in("admin", PASSWORD).await.expect("right"),
        door.log_in("admin", PASSWORD).await.expect("right"),
    );
    let page = door.get("/settings/account", &session).await;
    let change = async |current: &str, new: &str, again: &str| {
        let form = format!("csrf={}&current={current}&new={new}&again={again}", page.form_token());
        door.post("/settings/account/password", &session, &form).await
    };
    assert_eq!(change("wrong", "another+horse+battery", "another+horse+battery").await.status, 403);
    assert_eq!(change("correct+horse+battery", "short", "short").await.status, 422);
    assert_eq!(change("correct+horse+battery", "another+horse+battery", "x").await.status, 422);
    assert_eq!(door.get("/", &other).await.status, 200, "nothing has changed");
    let done = change("correct+horse+battery", "another+horse+battery", "another+horse+battery").await;
    assert_eq!((done.status, done.field("location")), (303, "/log-in?changed=yes"), "{done:?}");
    for cookie in [&session, &other] {
        assert_eq!(door.get("/", cookie).await.status, 303);
    }
    assert!(door.get("/log-in?changed=yes", "").await.body.contains("Your password is changed"));
    assert_eq!(door.log_in("admin", PASSWORD).await.expect_err("the old one").status, 403);
    assert!(door.log_in("admin", "another horse battery").await.is_ok());
}

#[tokio::test]
async fn a_token_of_the_page_is_shown_once_and_removed() {
    let door = Door::with_account().await;
    door.client.add_organisation(&NewOrganisation { name: "contoso".to_owned() }).await.expect("added");
    let session = door.log_in("admin", PASSWORD).await.expect("right");
    let page = door.get("/settings/tokens", &session).await;
    let csrf = page.form_token();
    let add =
        async |rest: &str| door.post("/settings/tokens/add", &session, &format!("csrf={csrf}&{rest}")).await;
    let made = add("name=job&scope=read-organisation&organisation=contoso&days=30").await;
    assert_eq!(made.status, 200, "{made:?}");
    let shown =
        made.body.split("data-copy=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("shown");
    let ask = async |shown: &str| {
        let head = format!(
            "GET /v1/organisations/contoso HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {shown}\r\n",
            door.address
        );
        door.raw(head, "").await.status
    };
    assert_eq!(ask(shown).await, 200);
    let listed = door.get("/settings/tokens", &session).await;
    assert!(listed.body.contains("job") && !listed.body.contains(shown), "shown once");
    assert_eq!(add("name=job&scope=read-organisation&days=30").await.status, 409);
    assert_eq!(add("name=both&scope=operate&organisation=contoso&days=30").await.status, 422);
    assert_eq!(add("name=late&scope=operate&days=1000").await.status, 400);
    let removed = door.post("/settings/tokens/remove", &session, &format!("csrf={csrf}&name=job")).await;
    assert_eq!(removed.status, 303, "{removed:?}");
    assert!(door.get(removed.field("location"), &session).await.body.contains("The token job is removed"));
    assert_eq!(ask(shown).await, 401);
}

#[tokio::test]
async fn the_audit_log_is_shown_the_newest_first_and_hostile_texts_are_inert() {
    let door = Door::with_account().await;
    for number in 0..60 {
        door.world.service.new_setup_link(&format!("<script>alert({number})</script>")).await.expect("made");
    }
    let session = door.log_in("admin", PASSWORD).await.expect("right");
    let page = door.get("/settings/audit?verify=yes", &session).await;
    assert!(
        page.body.contains("logged in") && page.body.contains("rows are as they were written"),
        "{page:?}"
    );
    assert!(
        page.body.contains("&#60;script&#62;alert(59)") && !page.body.contains("<script>alert"),
        "{page:?}"
    );
    let newest = page.body.find("session.begin").expect("there");
    assert!(newest < page.body.find("setup-link.add").expect("there"));
    let older = page.body.split("/settings/audit?before=").nth(1).and_then(|rest| rest.split('"').next());
    let older = door.get(&format!("/settings/audit?before={}", older.expect("more")), &session).await;
    assert!(older.body.contains("account.add") && older.body.contains("alert(0)"), "{older:?}");
    for (lang, word) in [("ja", "監査ログ"), ("en", "Audit log")] {
        let page = door.get(&format!("/settings/audit?lang={lang}"), &session).await;
        assert!(
            page.body.contains(word) && !page.body.contains(" style=") && !page.body.contains("<script>")
        );
    }
}
