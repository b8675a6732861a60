//! The commands against a node that runs, with the owner's zone, the hosting zone and a resolver on
//! loopback: claimed, proven, made too early, published, enabled, rotated, backed up, removed.

mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use postseal_core::dns::{DomainName, RecordData, TxtRecord};
use postseal_dns::ClosedNetwork;
use postseal_dns::serve::{
    CookieSecrets, Listener, ListenerLimits, RecordZone, Responder, Source, StartOfAuthority,
};
use serde_json::Value;
use support::node::Node;
use support::{Files, Ran, own_address, run, run_and_act};
use tokio::runtime::Runtime;

/// What `dkim get` prints: Exchange's property names, and ours beside them.
const PROPERTIES: &str = "Name Domain AdminDisplayName Enabled Status Flyout IsDefault PublishMode \
    Selector1 Selector1CNAME Selector1KeySize Selector1PublicKey Selector1State Selector1VisibleSince Selector1Conclusion \
    Selector2 Selector2CNAME Selector2KeySize Selector2PublicKey Selector2State Selector2VisibleSince Selector2Conclusion \
    HeaderCanonicalization BodyCanonicalization Algorithm NumberOfBytesToSign IncludeSignatureCreationTime \
    IncludeKeyExpiration KeyCreationTime LastChecked RotateOnDate SelectorBeforeRotateOnDate SelectorAfterRotateOnDate \
    UnseenKey ProposedSelectors Identity Id IsValid";

/// The owner's zone, which changes while it is served.
#[derive(Clone, Default)]
struct Owner(Arc<Mutex<Arc<Vec<RecordZone>>>>);

impl Source for Owner {
    type Zones = Vec<RecordZone>;

    fn current(&self) -> Arc<Vec<RecordZone>> {
        Arc::clone(&self.0.lock().expect("no panic"))
    }
}

impl Owner {
    fn publish(&self, records: &[(String, RecordData)]) {
        let origin = name("contoso.example");
        let host = origin.with_prefix("ns1").expect("short");
        let soa = StartOfAuthority::new(host.clone(), origin.with_prefix("hostmaster").expect("short"), 1);
        let mut zone = RecordZone::new(&origin, &soa);
        zone.add(&origin, 3_600, &RecordData::Ns(host)).expect("fits");
        for (owner, data) in records {
            zone.add(&name(owner), 3_600, data).expect("fits");
        }
        *self.0.lock().expect("no panic") = Arc::new(vec![zone]);
    }
}

/// A node with its hosting zone, and the DNS around it.
struct World {
    node: Node,
    owner: Owner,
    network: (Runtime, ClosedNetwork, Listener),
}

impl World {
    fn new() -> World {
        let runtime = Runtime::new().expect("a runtime");
        let owner = Owner::default();
        owner.publish(&[]);
        let hosting = own_address();
        let (network, listener) = runtime.block_on(async {
            let network = ClosedNetwork::start(([127, 0, 0, 1], 0).into(), 0).await.expect("starts");
            let responder = Arc::new(Responder::new(CookieSecrets::new([7; 16])));
            let at = [([127, 0, 0, 1], 0).into()];
            let listener = Listener::start(&at, owner.clone(), responder, ListenerLimits::default()).await;
            (network, listener.expect("listens"))
        });
        let contoso = listener.addresses()[0];
        network.delegate(&name("contoso.example"), contoso);
        network.delegate(&name("keys.example"), hosting);
        let resolver = network.address();
        let text = format!(
            "[resolver]\nservers = \"{resolver}\"\n\
             [store]\npath = \"state/postseal.db\"\nkey_encryption_key = \"file:kek\"\n\
             [hosting]\nzone = \"keys.example\"\nlisten = [\"{hosting}\"]\nname_servers = [\"ns1.keys.example\"]\n\
             senders = [\"ip4:192.0.2.25\"]\n\
             [hosting.addresses]\n\"ns1.keys.example\" = [\"127.0.0.1\"]\n\
             [[keys.servers]]\nzone = \"contoso.example\"\naddresses = [\"{contoso}\"]\n\
             [[keys.servers]]\nzone = \"keys.example\"\naddresses = [\"{hosting}\"]\n"
        );
        let mut node = Node::start(Files::new(), &text);
        node.wait_for_log("postseal.db is open");
        World { node, owner, network: (runtime, network, listener) }
    }

    /// Runs a command against the node.
    fn run(&self, line: &str) -> Ran {
        let config = self.node.path("postseal.toml");
        let config = config.to_str().expect("UTF-8");
        let words: Vec<&str> = line.split(' ').chain(["--config", config]).collect();
        run(&words)
    }

    fn good(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.status, 0, "{line}: {ran:?}");
        ran.text()
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.good(&format!("{line} --json"))).expect("JSON")
    }

    /// Status and text of a command that is not good.
    fn bad(&self, line: &str, status: i32, parts: &[&str]) -> String {
        let ran = self.run(line);
        assert_eq!(ran.status, status, "{line}: {ran:?}");
        let said = format!("{}{}", ran.text(), ran.err);
        for part in parts {
            assert!(said.contains(part), "{line} does not say {part:?}: {said}");
        }
        said
    }

    /// What the commands say to publish for a domain.
    fn records(&self) -> Vec<(String, RecordData)> {
        let resolver = self.network.1.address();
        let records = self.json(&format!("records contoso.example --resolver {resolver}"));
        let record = |record: &Value| {
            let text = |key: &str| record[key].as_str().expect("a text").to_owned();
            let data = match text("type").as_str() {
                "CNAME" => RecordData::Cname(name(&text("value"))),
                _ => RecordData::Txt(TxtRecord::from_strings(&[text("value")])),
            };
            (text("name"), data)
        };
        records.as_array().expect("a list").iter().map(record).collect()
    }
}

fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a name")
}

#[test]
fn the_walk_by_commands() {
    let world = World::new();
    world.bad("domain list", 2, &["there is no organisation yet", "postseal org add"]);
    assert!(world.good("org add contoso").contains("initial domain contoso.keys.example"));
    assert_eq!(world.json("org list")[0]["initial_domain_signs"], true, "from the first minute");
    world.bad("org add contoso", 2, &["contoso is taken"]);

    // Whose the domain is.
    world.bad("dkim get contoso.example", 2, &["not found", "postseal domain add contoso.example"]);
    let added = world.good("domain add contoso.example");
    assert!(added.contains("_postseal.contoso.example. 3600 IN TXT \"postseal-verification="), "{added}");
    world.bad("dkim get contoso.example", 2, &["is not verified", "postseal domain verify contoso.example"]);
    world.bad("domain verify contoso.example", 1, &["is not verified", "nothing there", "300 seconds"]);
    let proof: Vec<_> = world.records().into_iter().take(1).collect();
    world.owner.publish(&proof);
    assert!(world.good("domain verify contoso.example").contains("contoso.example is contoso's"));

    // The two names, before there are keys.
    let selected = world.good("dkim get contoso.example --select selector1CNAME,selector2CNAME");
    let target = |n: u8| format!("selector{n}-contoso-example._domainkey.contoso.keys.example");
    assert_eq!(selected, format!("Selector1CNAME : {}\nSelector2CNAME : {}\n", target(1), target(2)));
    let before = world.json("dkim get contoso.example");
    assert_eq!((&before["Status"], &before["Enabled"]), (&"NoDKIMKeys".into(), &false.into()));

    // Too early.
    let cname = format!("selector1._domainkey.contoso.example. 3600 IN CNAME {}.", target(1));
    let then = "postseal dkim set contoso.example --enabled true";
    let parts = ["WARNING", &cname, "no such name (NXDOMAIN); other resolvers may hold that until 20", then];
    world.bad("dkim new contoso.example --enabled true", 1, &parts);
    world.bad("dkim new contoso.example --enabled true", 2, &["has DKIM keys already"]);
    world.bad("dkim set contoso.example --enabled true", 1, &["cannot be enabled", &cname, then]);
    let ja = world.bad("dkim set contoso.example --enabled true --lang ja", 1, &["署名を有効にできません"]);
    assert!(ja.contains("名前がありません(NXDOMAIN)"), "{ja}");

    // The records are there.
    world.owner.publish(&world.records());
    let set = world.good("dkim set contoso.example --enabled true");
    assert!(set.contains("Signing DKIM signatures for this domain"), "{set}");
    let shown = world.good("dkim get contoso.example");
    let names: Vec<&str> = shown.lines().take_while(|line| !line.is_empty()).filter_map(property).collect();
    assert_eq!(names.join(" "), PROPERTIES);
    assert!(shown.contains("Selector1CNAME               : selector1-contoso-example."), "{shown}");
    let now = world.json("dkim get contoso.example");
    assert_eq!((&now["Status"], &now["Enabled"]), (&"Valid".into(), &true.into()));
    assert_eq!((now["Selector1KeySize"].as_u64(), &now["Selector1State"]), (Some(2_048), &"signing".into()));
    let mut all: Vec<&str> = now.as_object().expect("an object").keys().map(String::as_str).collect();
    all.retain(|name| !["Selector1Found", "Selector2Found", "Records"].contains(name));
    let mut known: Vec<&str> = PROPERTIES.split(' ').collect();
    known.sort_unstable();
    assert_eq!(all, known, "JSON has the same names");
    let watched = world.good("dkim get contoso.example --watch --select Status");
    assert_eq!(watched, "Status : Valid\n");
    rotates(&world);
    is_the_receivers(&world);
    is_kept(&world);
}

fn rotates(world: &World) {
    let dry = world.good("dkim rotate contoso.example --dry-run");
    assert!(dry.contains("nothing is done"), "{dry}");
    let rotating = world.good("dkim rotate contoso.example");
    assert!(rotating.contains("Rotating keys for this domain and signing DKIM signatures"), "{rotating}");
    world.bad("dkim rotate contoso.example", 2, &["a rotation runs"]);
    world.bad("dkim rotate contoso.example --key-size 1024", 2, &["2048, 3072 or 4096"]);
    world.bad("dkim set contoso.example --header-canonicalization loose", 2, &["Relaxed or Simple"]);
    world.bad(
        "dkim rotate contoso.keys.example --compromised --dry-run --lang ja",
        0,
        &["何も変更していません"],
    );
    world.bad("dkim set contoso.example --selectors a", 2, &["takes two names"]);
    world.bad("dkim get contoso.example --select Colour", 2, &["no property \"Colour\""]);
    world.good("dkim set contoso.example --enabled false --body-canonicalization simple");
    let off = world.json("dkim get contoso.example");
    assert_eq!((&off["Status"], &off["Flyout"]), (&"Valid".into(), &"NotSigning".into()));
    assert_eq!(off["BodyCanonicalization"], "Simple");
}

/// What decides about incoming mail, and how long its rows are kept.
fn is_the_receivers(world: &World) {
    let on_reject = |shown: &str| {
        let line = shown.lines().find(|line| property(line) == Some("on_reject")).expect("a line");
        line.split_once(": ").expect("a value").1.to_owned()
    };
    assert_eq!(on_reject(&world.good("receiver-policy get")), "reject");
    world.good("receiver-policy set on_reject=quarantine quarantine_by=header");
    let policy = world.json("receiver-policy get");
    let changed = serde_json::json!({"value": "quarantine", "file": "reject", "changed": true});
    assert_eq!(policy["on_reject"], changed);
    let set = world.good("receiver-policy set on_reject=file");
    assert_eq!(on_reject(&set), "reject");
    assert!(set.contains("header  (changed; the file has hold)"), "{set}");
    world.bad(
        "receiver-policy set on_reject=drop",
        2,
        &["on_reject is one of reject, quarantine, tag, file"],
    );
    world.bad("receiver-policy set on_reject", 2, &["is not KEY=VALUE", "receiver-policy get"]);

    let pair =
        "allowed-pair add partner.example --subdomains --client 192.0.2.0/24 --until 2199-01-31 --note fax";
    let added = world.good(pair);
    assert!(
        added.contains(
            "partner.example *.partner.example  from 192.0.2.0/24  until 2199-02-01T00:00:00Z  fax"
        ),
        "{added}"
    );
    world.bad(pair, 2, &["already"]);
    world.bad("allowed-pair add partner.example", 2, &["--client"]);
    world.bad("allowed-pair add partner.example --client 192.0.2.0/24 --until soon", 2, &["2027-01-31"]);
    world.good("allowed-pair add partner.example --authenticated lists.example");
    let pairs = world.json("allowed-pair list");
    let pairs = pairs.as_array().expect("a list");
    assert_eq!((pairs.len(), &pairs[1]["authenticated"]), (2, &serde_json::json!("lists.example")));
    world.good(&format!("allowed-pair remove {}", pairs[0]["id"]));
    assert_eq!(world.json("allowed-pair list").as_array().map(Vec::len), Some(1));
    world.bad("allowed-pair remove 99", 2, &["no allowed pair"]);

    assert_eq!(world.good("retention get"), "30 days\n");
    assert!(
        world.good("retention set 14d --dry-run").starts_with("14 days  (changed; the file has 30 days)\n")
    );
    assert_eq!(world.good("retention get"), "30 days\n");
    assert_eq!(world.json("retention set 36h")["keep_seconds"], 129_600);
    assert_eq!(world.good("retention set file"), "30 days\n");
    world.bad("retention set 3", 2, &["1h to 3660d"]);
    let rows = world.json("audit list");
    let actions: Vec<&str> =
        rows.as_array().expect("a list").iter().filter_map(|row| row["action"].as_str()).collect();
    for action in ["receiver.set", "exception.add", "exception.remove", "node.set"] {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
}

/// The rest: sealers, the audit log, a backup, the end of a domain.
fn is_kept(world: &World) {
    world.good("arc-config set lists.example,forwarder.example");
    world.good("arc-config remove lists.example");
    let sealers = world.json("arc-config add partner.example");
    assert_eq!(sealers["ArcTrustedSealers"], serde_json::json!(["forwarder.example", "partner.example"]));
    let rows = world.json("audit list");
    let rows = rows.as_array().expect("a list");
    let uid = format!("uid:{}", rustix::process::geteuid().as_raw());
    assert!(rows.iter().any(|row| row["action"] == "dkim.new" && row["actor"] == uid), "{rows:?}");
    let verified = world.json("audit verify");
    let head = format!("{}:{}", verified["rows"], verified["head"].as_str().expect("a link"));
    world.good(&format!("audit verify --head {head}"));
    let other = format!("{}:{}", verified["rows"], "00".repeat(32));
    world.bad(&format!("audit verify --head {other}"), 1, &["not as it was written"]);
    let backup = world.node.path("backup.db");
    let backup = backup.to_str().expect("UTF-8");
    assert!(world.good(&format!("backup {backup}")).contains("The key-encryption key is not in it"));
    world.good("domain remove contoso.example");
    world.bad("domain show contoso.example", 2, &["not found"]);
    world.bad("domain remove contoso.keys.example", 2, &["initial domain"]);
    world.good(&format!("restore {backup}"));
    assert!(world.good("domain show contoso.example").contains("held since"));
    assert_eq!(world.json("audit verify")["intact"], true);
    assert!(world.node.metric("postseal_key_looks_total") >= 0.0);
    is_told_of_a_signal(world);
}

/// A signal takes the configuration file again, and the audit log has it as `postseal reload` has.
fn is_told_of_a_signal(world: &World) {
    let noted = || {
        let rows = world.json("audit list");
        let rows = rows.as_array().expect("a list").iter();
        let noted = rows.filter(|row| row["action"] == "node.reload" && row["actor"] == "signal:SIGHUP");
        noted.map(|row| row["detail"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(noted(), [""; 0]);
    world.node.signal("HUP");
    let end = Instant::now() + Duration::from_secs(60);
    while noted().is_empty() {
        assert!(Instant::now() < end, "no row: {:#?}", world.node.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(noted(), ["outcome=ok"]);
}

fn property(line: &str) -> Option<&str> {
    line.split_once(':').map(|(name, _)| name.trim())
}

/// The records appear while somebody waits for them: nobody has to ask again.
#[test]
fn a_watched_domain_is_followed() {
    let world = World::new();
    world.good("org add contoso");
    world.good("domain add contoso.example --trust");
    assert_eq!(world.run("dkim new contoso.example --enabled true").status, 1);
    let records = world.records();
    let config = world.node.path("postseal.toml");
    let watch = "dkim get contoso.example --watch --select Selector1Conclusion,Selector2Conclusion --config";
    let words: Vec<&str> = watch.split(' ').chain(config.to_str()).collect();
    let ran = run_and_act(&words, "NXDOMAIN", || world.owner.publish(&records));
    assert_eq!(ran.text(), "Selector1Conclusion : seen\nSelector2Conclusion : seen\n", "{ran:?}");
    assert!(ran.err.contains("CnameMissing") && ran.err.contains("NXDOMAIN"), "{}", ran.err);
}

/// A node with key files and no store says what is missing.
#[test]
fn without_a_store_the_commands_say_so() {
    let node = Node::start(Files::new(), "authserv_id = \"mx.example.net\"\n");
    let config = node.path("postseal.toml");
    let config = config.to_str().expect("UTF-8");
    let ran = run(&["domain", "list", "--organisation", "contoso", "--config", config]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("has no [store]") && ran.err.contains("docs/hosting.md"), "{ran:?}");
}
