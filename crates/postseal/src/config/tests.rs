//! Wrong configurations, and what is said of them: place, fault, advice.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::*;
use crate::words::Lang;

/// Ed25519: RFC 8032 §7.1, test 1, as PKCS#8.
const ED25519: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
    -----END PRIVATE KEY-----\n";

/// RSA of 1024 bits, made for this test.
const RSA_1024: &str = include_str!("../../tests/files/rsa_1024.pem");

/// RSA of 2048 bits, made for this test.
const RSA_2048: &str = include_str!("../../tests/files/rsa_2048.pem");

struct Etc(tempfile::TempDir);

impl Etc {
    fn new() -> Etc {
        let etc = Etc(tempfile::tempdir().expect("a directory"));
        etc.file("k.pem", RSA_2048, 0o600);
        etc
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("written");
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("chmod");
        path
    }

    /// Faults without the directory's name, which differs from run to run.
    fn said(&self, text: &str, depth: Depth<'_>) -> Result<Loaded, Vec<String>> {
        let path = self.file("c.toml", text, 0o600);
        let directory = format!("{}/", self.0.path().display());
        load(&path, depth).map_err(|faults| {
            faults.iter().map(|fault| fault.line(Lang::En).replace(&directory, "")).collect()
        })
    }

    fn check(&self, text: &str, expected: &[&str]) {
        let said = self.said(text, Depth::Everything);
        let said = said.err().unwrap_or_default();
        assert_eq!(said, expected, "\n{text}");
    }

    fn warnings(&self, text: &str, expected: &[&str]) {
        let loaded = self.said(text, Depth::Everything).unwrap_or_else(|said| panic!("{text}: {said:#?}"));
        let directory = format!("{}/", self.0.path().display());
        let said: Vec<String> =
            loaded.warnings.iter().map(|fault| fault.line(Lang::En).replace(&directory, "")).collect();
        assert_eq!(said, expected, "\n{text}");
    }
}

const DOMAIN: &str = "[[sign.domain]]\nname = \"contoso.example\"\nselector = \"s1\"\nkey_file = \"k.pem\"\n";

fn with_domain(rest: &str) -> String {
    format!("{DOMAIN}{rest}")
}

#[test]
fn an_empty_file_is_a_configuration() {
    let etc = Etc::new();
    etc.warnings("authserv_id = \"mx.example.net\"", &[]);
    let settings = etc.said("authserv_id = \"mx.example.net\"", Depth::Start).expect("loads").settings;
    assert_eq!(settings.milter.listen[0].to_string(), "inet:127.0.0.1:8891");
    assert_eq!(settings.control.socket, Path::new("/run/postseal/control.sock"));
    assert!(!settings.control.required && settings.http.is_none() && settings.seal.is_none());
    assert!(settings.receive.honour_policy && !settings.receive.observe);
}

#[test]
fn all_faults_of_a_file_are_said_at_once() {
    let etc = Etc::new();
    let text = "\
authserv-id = \"mx.example.net\"
authserv_id = \"mx example\"
colour = 1
[receive]
observe = \"yes\"
on_rejct = \"reject\"
on_reject = \"drop\"
max_signatures = 0
  trusted_relays = [\"192.0.2.1/24\", 5,
    \"nowhere\"]
[milter]
listen = \"localhost:8891\"
[resolver]
query_timeout = 2
cache_size = \"1kB\"
";
    etc.check(
        text,
        &[
            "c.toml:1:1: the file has no key \"authserv-id\"; did you mean \"authserv_id\"?",
            "c.toml:2:15: \"mx example\" is no authserv-id: the authserv-id has a character that is not allowed in it; the name of this mail system, as in authserv_id = \"mx.example.net\"",
            "c.toml:3:1: the file has no key \"colour\"; known are: authserv_id, resolver, milter, receive, sign, seal, store, hosting, keys, verdicts, log, http, portal, control",
            "c.toml:5:11: this is a text, not true or false; write it as in key = true",
            "c.toml:6:1: [receive] has no key \"on_rejct\"; did you mean \"on_reject\"?",
            "c.toml:7:13: \"drop\" is not known here; known are: reject, quarantine, tag",
            "c.toml:8:18: the number is out of range; from 1 to 100",
            "c.toml:9:21: \"192.0.2.1/24\" is no network: the address has bits beyond the prefix; the network is 192.0.2.0/24; write \"192.0.2.0/24\"",
            "c.toml:9:37: this is a whole number, not a text; write it as in key = \"text\"",
            "c.toml:10:5: \"nowhere\" is no network: not an IP address; \"192.0.2.0/24\", \"2001:db8::/32\", or one address",
            "c.toml:12:10: \"localhost:8891\" is no socket to listen on; \"inet:127.0.0.1:8891\", \"inet:[::1]:8891\", \"unix:/run/postseal/milter.sock\" or \"systemd:NAME\"",
            "c.toml:14:17: this is a whole number, not a text; write it as in key = \"text\"",
            "c.toml:15:14: the size is out of range; from \"1MB\" to \"64GB\"",
        ],
    );
}

#[test]
fn what_is_no_toml() {
    let etc = Etc::new();
    let check = |text: &str, place: &str| {
        let said = etc.said(text, Depth::Start).err().unwrap_or_default();
        assert!(said.first().is_some_and(|first| first.starts_with(place)), "{text:?}: {said:?}");
    };
    check("a = ", "c.toml:1:5: this is not TOML: ");
    check("a = \"x\n[log]\n", "c.toml:1:7: this is not TOML: ");
    check("[log]\nformat = \"text\"\n[log]\n", "c.toml:3:2: this is not TOML: ");
    check("[log]\nformat = \"text\"\nformat = \"json\"\n", "c.toml:3:1: this is not TOML: ");
    check("[log\n", "c.toml:1:5: this is not TOML: ");
    check("x = 1979-13-01\n", "c.toml:1:5: this is not TOML: ");
    fs::write(etc.path("c.toml"), b"a = \"\xff\"").expect("written");
    let faults = load(&etc.path("c.toml"), Depth::Start).expect_err("no UTF-8");
    assert_eq!(faults[0].place.mark.as_ref().map(|mark| (mark.line, mark.column)), Some((1, 6)));
    let faults = load(&etc.path("none.toml"), Depth::Start).expect_err("nothing there");
    assert!(matches!(faults[0].kind, FaultKind::Unreadable(_)));
    assert_eq!(faults[0].place.mark, None);
}

#[test]
fn tables_of_the_wrong_kind() {
    let etc = Etc::new();
    etc.check("log = 1\n", &["c.toml:1:7: this is a whole number, not a table; write it as in [table]"]);
    etc.check(
        "[[log]]\nformat = \"text\"\n",
        &["c.toml:1:1: this is an array, not a table; write it as in [table]"],
    );
    etc.check(
        "[sign.domain]\nname = \"contoso.example\"\n",
        &["c.toml:1:1: this is a table, not a list of tables; write it as in [[table]]"],
    );
    etc.check(
        "[sign]\ndomain = [1]\n",
        &["c.toml:2:11: this is a whole number, not a list of tables; write it as in [[table]]"],
    );
    etc.check(
        "[[receive.allowed]]\nauthor_domain = \"a.example\"\nclient = \"192.0.2.1\"\nuntil = \"2027-01-31\"\n",
        &["c.toml:4:9: this is a text, not a date; write it as in key = 2027-01-31"],
    );
}

#[test]
fn signing_domains() {
    let etc = Etc::new();
    let used = "[[sign.source]]\nlogin = \"*\"\nall_domains = true\n";
    etc.warnings(&with_domain(used), &[]);
    etc.warnings(
        DOMAIN,
        &[
            "c.toml:2:8: no [[sign.source]] may sign as contoso.example: its mail goes unsigned; add a [[sign.source]] with domains = [\"contoso.example\"]",
        ],
    );
    etc.check(
        &format!("{used}[[sign.domain]]\n"),
        &[
            "c.toml:4:1: [[sign.domain]] lacks the key \"name\"; add name = \"contoso.example\"",
            "c.toml:4:1: [[sign.domain]] lacks the key \"selector\"; add selector = \"s1\"",
            "c.toml:4:1: [[sign.domain]] lacks the key \"key_file\"; add key_file = \"/etc/postseal/keys/contoso.example.pem\"",
        ],
    );
    etc.check(
        &format!("{used}[[sign.domain]]\nname = \"con toso\"\nselector = \"s/1\"\nkey_file = \"k.pem\"\ncanonicalization = \"relaxed\"\nheaders = \"To:Subject\"\nexpire_after = \"5m\"\n"),
        &[
            "c.toml:5:8: \"con toso\" is no domain name: a character is not allowed in a domain name; as in \"contoso.example\"",
            "c.toml:6:12: \"s/1\" is no selector: a character is not allowed in a domain name; letters, digits, hyphens and dots, as in \"s1\"",
            "c.toml:8:20: \"relaxed\" is no canonicalization; header section and body, each \"relaxed\" or \"simple\": \"relaxed/relaxed\"",
            "c.toml:9:11: the list of header fields to sign lacks From; names with colons between them, From among them: \"From:To:Subject:Date\"",
            "c.toml:10:16: the span of time is out of range; from \"1h\" to \"366d\"",
        ],
    );
    etc.check(
        &format!("{used}{DOMAIN}{}", DOMAIN.replace("contoso", "Contoso")),
        &["c.toml:9:8: contoso.example is there already, at c.toml:5:8; remove one of them; a second signature is [sign.domain.ed25519]"],
    );
}

#[test]
fn key_files() {
    let etc = Etc::new();
    etc.file("short.pem", RSA_1024, 0o600);
    etc.file("world.pem", RSA_2048, 0o644);
    etc.file("e.pem", ED25519, 0o600);
    fs::create_dir(etc.path("open")).expect("a directory");
    etc.file("open/k.pem", RSA_2048, 0o600);
    fs::set_permissions(etc.path("open"), Permissions::from_mode(0o777)).expect("chmod");
    let check = |file: &str, expected: &str| {
        let source = "[[sign.source]]\nlocal = true\nall_domains = true\n";
        etc.check(&format!("{}{source}", DOMAIN.replace("k.pem", file)), &[expected]);
    };
    check(
        "short.pem",
        "c.toml:4:12: the key of contoso.example cannot be used: short.pem: the RSA key has 1024 bits; signing needs at least 2048; make a new key under a new selector, publish its record, and change both here: postseal keygen --domain contoso.example --selector s2 --out NEW.pem",
    );
    check(
        "none.pem",
        "c.toml:4:12: the key of contoso.example cannot be used: none.pem: No such file or directory (os error 2); name the PEM file of a private key; a new one: postseal keygen --domain contoso.example --selector s1 --out NEW.pem",
    );
    check(
        "world.pem",
        "c.toml:4:12: the key of contoso.example cannot be used: world.pem: everybody may read it (mode 0644); chmod o-rwx world.pem",
    );
    check(
        "open/k.pem",
        "c.toml:4:12: the key of contoso.example cannot be used: open: others may write to it (mode 0777); chmod go-w open",
    );
    check(
        "c.toml",
        "c.toml:4:12: the key of contoso.example cannot be used: c.toml: there is no PEM private key in it; name the PEM file of a private key; a new one: postseal keygen --domain contoso.example --selector s1 --out NEW.pem",
    );
    let source = "[[sign.source]]\nlocal = true\nall_domains = true\n";
    etc.check(
        &format!("{DOMAIN}[sign.domain.ed25519]\nselector = \"e1\"\nkey_file = \"k.pem\"\nroutes = [\"a..b\"]\n{source}"),
        &[
            "c.toml:7:12: this file has an RSA key; postseal keygen --algorithm ed25519 makes an Ed25519 key",
            "c.toml:8:11: \"a..b\" is no domain name: a label is empty; as in \"contoso.example\"",
        ],
    );
    etc.warnings(
        &format!("{}{source}", DOMAIN.replace("k.pem", "e.pem")),
        &["c.toml:4:12: this is an Ed25519 key, which many receivers cannot verify; put an RSA key here, and this one under [sign.domain.ed25519]"],
    );
    etc.check(
        "[seal]\ndomain = \"example.net\"\nkey_file = \"none.pem\"\n",
        &["c.toml:1:1: [seal] lacks the key \"selector\"; add selector = \"s1\""],
    );
}

#[test]
fn sources() {
    let etc = Etc::new();
    let check = |source: &str, expected: &[&str]| {
        let text =
            format!("{DOMAIN}[[sign.source]]\nlogin = \"*\"\nall_domains = true\n[[sign.source]]\n{source}");
        etc.check(&text, expected);
    };
    check(
        "",
        &[
            "c.toml:8:1: this source says not whose mail is meant; add login, network, listener or daemon_name, or local = true; login = \"*\" is everyone who logs in",
            "c.toml:8:1: this source says not which domains it may sign as; add domains = [\"contoso.example\"], organisations = [\"contoso\"] or all_domains = true",
        ],
    );
    check(
        "login = \"jo*\"\ndomains = [\"fabrikam.example\", \"contoso.example\"]\n",
        &[
            "c.toml:9:9: a star stands alone or before \"@\" and a domain: \"*\", \"*@contoso.example\"; \"jo\", \"*@contoso.example\" or \"*\"",
            "c.toml:10:12: no key is configured for fabrikam.example; add a [[sign.domain]] with name = \"fabrikam.example\", or one above it with subdomains = true",
        ],
    );
    check(
        "local = true\ndomains = [\"contoso.example\"]\nall_domains = true\n",
        &[
            "c.toml:11:15: this source names domains or organisations beside \"all_domains\"; remove one of them",
        ],
    );
    check(
        "listener = \"inet:127.0.0.1:9999\"\ndomains = \"contoso.example\"\n",
        &[
            "c.toml:9:12: [milter] does not listen on inet:127.0.0.1:9999; name a socket of [milter] listen, or add \"inet:127.0.0.1:9999\" there",
        ],
    );
    check(
        "daemon_name = \"\"\nall_domains = true\n",
        &["c.toml:9:15: this is empty; write a value, or remove the key"],
    );
    check(
        "local = false\nall_domains = true\n",
        &[
            "c.toml:8:1: this source says not whose mail is meant; add login, network, listener or daemon_name, or local = true; login = \"*\" is everyone who logs in",
        ],
    );
    check(
        "network = []\nall_domains = true\n",
        &["c.toml:9:11: this is empty; write a value, or remove the key"],
    );
}

#[test]
fn receivers_settings() {
    let etc = Etc::new();
    etc.check(
        "[[receive.allowed]]\nclient = \"192.0.2.0/24\"\nauthenticated = \"bulk.example\"\n[[receive.allowed]]\nauthor_domain = \"a.example\"\nuntil = 12:00:00\n",
        &[
            "c.toml:1:1: [[receive.allowed]] lacks the key \"author_domain\"; add author_domain = \"partner.example\"",
            "c.toml:3:17: this pair has both \"client\" and \"authenticated\"; remove one of them",
            "c.toml:4:1: this pair says not where the mail may come from; add client = \"198.51.100.0/24\" or authenticated = \"bulk.example\"",
            "c.toml:6:9: this is no date after 1970; a date without quotes: 2027-01-31",
        ],
    );
    etc.warnings(
        "[[receive.allowed]]\nauthor_domain = \"a.example\"\nclient = \"192.0.2.1\"\nuntil = 2020-01-31\n",
        &["c.toml:4:9: this date has passed: the pair has no effect; remove it, or set a later date"],
    );
    etc.check(
        "[receive]\ncontact = \"the postmaster\"\n",
        &["c.toml:2:11: \"the postmaster\" cannot be named in an SMTP reply; an address or a URL in ASCII: \"postmaster@example.net\""],
    );
}

#[test]
fn sockets() {
    let etc = Etc::new();
    etc.check(
        "[milter]\nlisten = [\"unix:m.sock\", \"inet:0.0.0.0:8891\", \"inet:127.0.0.1:8891\"]\nsocket_mode = \"rw\"\nsocket_group = \"no such group\"\n[control]\nsocket = \"m.sock\"\n[http]\nlisten = \"127.0.0.1:8891\"\n",
        &[
            "c.toml:2:47: inet:127.0.0.1:8891 overlaps with inet:0.0.0.0:8891; give each its own path or port",
            "c.toml:3:15: \"rw\" is no file mode; octal digits, as chmod takes them: \"0660\"",
            "c.toml:4:16: this system has no group \"no such group\"; the MTA's group, by its name in /etc/group or by its number: \"postfix\"",
            "c.toml:6:10: unix:m.sock overlaps with unix:m.sock; give each its own path or port",
            "c.toml:8:10: inet:127.0.0.1:8891 overlaps with inet:0.0.0.0:8891; give each its own path or port",
        ],
    );
    etc.warnings(
        "[http]\nlisten = \"0.0.0.0:9117\"\n",
        &["c.toml:2:10: other machines may reach the metrics at this address; \"127.0.0.1:9117\" is for this machine only"],
    );
    etc.check("[milter]\nlisten = []\n", &["c.toml:2:10: this is empty; write a value, or remove the key"]);
    etc.check("[http]\n", &["c.toml:1:1: [http] lacks the key \"listen\"; add listen = \"127.0.0.1:9117\""]);
}

#[test]
fn a_domains_file() {
    let etc = Etc::new();
    let used = "domains_file = \"domains\"\n[[sign.source]]\nlogin = \"*\"\nall_domains = true\n";
    let text = format!("[sign]\nsubdomains = true\ncanonicalization = \"simple/relaxed\"\n{used}{DOMAIN}");
    etc.file("domains", "# all\nfabrikam.example s2 k.pem\n\ntailspin.example s3 k.pem # one more\n", 0o644);
    let settings = etc.said(&text, Depth::Everything).expect("loads").settings;
    assert_eq!(settings.sign.domains.len(), 3);
    let name = |text: &str| postseal_core::dns::DomainName::parse(text).expect("a name");
    let found = settings.sign.domains.find(&name("mail.fabrikam.example")).expect("found");
    assert_eq!((found.keys[0].selector.as_str(), found.header_form.as_str()), ("s2", "simple"));
    etc.file(
        "domains",
        "fabrikam.example s2\ncontoso.example s2 k.pem\na.example s1 none.pem\na.example s2 k.pem\n",
        0o644,
    );
    let expected = [
        "domains:1:1: this line has 2 columns; three, with blanks between them: DOMAIN SELECTOR KEY-FILE",
        "domains:2:1: contoso.example is there already, at c.toml:9:8; remove one of them; a second signature is [sign.domain.ed25519]",
        "domains:3:1: the key of a.example cannot be used: none.pem: No such file or directory (os error 2); name the PEM file of a private key; a new one: postseal keygen --domain a.example --selector s1 --out NEW.pem",
        "domains:4:1: a.example is there already, at domains:3:1; remove one of them; a second signature is [sign.domain.ed25519]",
    ];
    etc.check(&text, &expected);
    // The node starts without a look at those keys; a reload looks at what is new.
    etc.file("domains", "a.example s1 none.pem\n", 0o644);
    let running = etc.said(&text, Depth::Start).expect("starts").settings;
    etc.file("domains", "a.example s1 none.pem\nb.example s1 other.pem\n", 0o644);
    assert_eq!(etc.said(&text, Depth::Reload(&running)).expect_err("refused").len(), 2);
    etc.file("none.pem", "no key", 0o600);
    let said = etc.said(&text, Depth::Reload(&running)).expect_err("refused");
    assert!(said.len() == 1 && said[0].contains("other.pem"), "{said:?}");
    etc.check(
        "[sign]\ndomains_file = \"nothing\"\n",
        &["nothing: the file cannot be read: No such file or directory (os error 2); check the path and its permissions"],
    );
}

#[test]
fn organisations_and_their_keys() {
    let etc = Etc::new();
    let settings = etc.said("[store]\n", Depth::Start).expect("loads").settings;
    let store = settings.store.expect("a store");
    assert_eq!(store.path, Path::new("/var/lib/postseal/postseal.db"));
    assert_eq!(store.key.to_string(), "the file /etc/postseal/key-encryption-key");
    assert!(settings.hosting.is_none() && settings.keys.outside_resolver.is_empty());
    assert_eq!((settings.verdicts.keep.as_secs(), settings.verdicts.spool_octets), (2_592_000, 64_000_000));
    let settings = etc.said(
        "[store]\npath = \"p.db\"\nkey_encryption_key = \"env:KEK\"\n[hosting]\nzone = \"Keys.Example\"\nname_servers = \"ns.example.net\"\n[verdicts]\nkeep = \"0\"\n[keys]\nbefore_signing = \"2h\"\n[[keys.servers]]\nzone = \"corp.example\"\naddresses = \"10.0.0.1\"\n",
        Depth::Start,
    );
    let settings = settings.expect("loads").settings;
    let hosting = settings.hosting.expect("hosting");
    assert_eq!(hosting.zone.name().as_str(), "keys.example");
    assert_eq!(hosting.mailbox.as_str(), "hostmaster.keys.example");
    assert!(hosting.listen.is_empty() && hosting.senders.is_empty());
    assert_eq!(settings.store.expect("a store").path, etc.path("p.db"));
    assert_eq!((settings.keys.waits.before_signing, settings.keys.waits.retiring), (7_200, 1_209_600));
    assert_eq!(settings.keys.authoritative.configured[0].1[0].to_string(), "10.0.0.1:53");
    assert!(settings.verdicts.keep.is_zero());
    etc.check(
        "[store]\npath = \"\"\nkey_encryption_key = \"0011\"\n[hosting]\nsenders = [\"all\"]\nlisten = \"ns1\"\n[keys]\nretiring = \"1m\"\nprivate_servers = [\"10.0.0.0/8\"]\n[[keys.servers]]\n[verdicts]\nkeep = \"1s\"\nspool = \"1kB\"\n",
        &[
            "c.toml:2:8: this is empty; write a value, or remove the key",
            "c.toml:3:22: this does not say where the key-encryption key is; \"file:/etc/postseal/key-encryption-key\", \"env:NAME\" or \"credential:NAME\"; the key itself does not belong here",
            "c.toml:4:1: [hosting] lacks the key \"zone\"; add zone = \"keys.example\"",
            "c.toml:4:1: [hosting] lacks the key \"name_servers\"; add name_servers = \"ns1.keys.example\"",
            "c.toml:5:12: \"all\" is no SPF mechanism of a sender; one in each text: \"ip4:192.0.2.25\", \"include:spf.example.net\"",
            "c.toml:6:10: \"ns1\" is no address of a name server; \"127.0.0.1:53\" or \"[::1]:53\"",
            "c.toml:8:12: the span of time is out of range; from \"1h\" to \"366d\"",
            "c.toml:9:20: \"10.0.0.0/8\" is no IP address; \"192.0.2.1\" or \"2001:db8::1\"",
            "c.toml:10:1: [[keys.servers]] lacks the key \"zone\"; add zone = \"contoso.example\"",
            "c.toml:10:1: [[keys.servers]] lacks the key \"addresses\"; add addresses = \"192.0.2.53:53\"",
            "c.toml:12:8: the span of time is out of range; from \"1h\" to \"3660d\"",
            "c.toml:13:9: the size is out of range; from \"1MB\" to \"64GB\"",
        ],
    );
    etc.check(
        "[hosting]\nzone = \"keys.example\"\nname_servers = [\"ns1.keys.example\", \"ns.example\"]\nlisten = \"127.0.0.1:8891\"\n[hosting.addresses]\n\"ns.example\" = \"192.0.2.1\"\n[milter]\nlisten = \"inet:127.0.0.1:8891\"\n",
        &[
            "c.toml:1:1: [hosting] has no effect without [store]; add [store], which keeps organisations and their keys, or remove this table",
            "c.toml:3:17: ns1.keys.example lies in the hosting zone and has no address there; add \"ns1.keys.example\" = [\"192.0.2.1\"] under [hosting.addresses]",
            "c.toml:4:10: inet:127.0.0.1:8891 overlaps with inet:127.0.0.1:8891; give each its own path or port",
            "c.toml:6:1: ns.example does not lie in keys.example; remove it: its own zone has its addresses",
        ],
    );
}

#[test]
fn the_control_socket_is_found_in_a_wrong_file() {
    let etc = Etc::new();
    let check = |text: &str, expected: &str| {
        let path = etc.file("c.toml", text, 0o600);
        assert_eq!(control_socket(&path), Path::new(expected), "{text}");
    };
    check("[control]\nsocket = \"/tmp/c.sock\"\n[log]\nformat = 5\n", "/tmp/c.sock");
    check("nonsense = \n[control]\nsocket = \"/tmp/c.sock\"\n", "/tmp/c.sock");
    check("[control]\nsocket = 5\n", "/run/postseal/control.sock");
    assert_eq!(control_socket(&etc.path("none")), Path::new("/run/postseal/control.sock"));
}

#[test]
fn japanese_is_complete() {
    let etc = Etc::new();
    let path = etc.file("c.toml", "[receive]\non_rejct = 1\nobserve = \"はい\"\n", 0o600);
    let said: Vec<String> =
        load(&path, Depth::Start).expect_err("wrong").iter().map(|fault| fault.line(Lang::Ja)).collect();
    assert!(
        said[0].ends_with(
            "c.toml:2:1: [receive] に \"on_rejct\" というキーはありません; \"on_reject\" の誤りではありませんか"
        ),
        "{said:?}"
    );
    assert!(
        said[1].ends_with(
            "c.toml:3:11: 文字列 です。true か false が必要です; key = true のように書いてください"
        ),
        "{said:?}"
    );
}

/// A certificate for portal.example and localhost, and its key, made for this test.
const PORTAL: (&str, &str) =
    (include_str!("../../tests/files/portal.pem"), include_str!("../../tests/files/portal.key"));

#[test]
fn the_portal_listens_elsewhere_with_tls_only() {
    let etc = Etc::new();
    let with_store = |portal: &str| format!("[store]\npath = \"s.db\"\n[portal]\n{portal}");
    etc.check(&with_store("listen = \"127.0.0.1:8480\"\n"), &[]);
    let hosts = "listen = \"[::1]:8480\"\nhosts = [\"Mail.Example.Net\", \"2001:DB8::1\"]\n";
    let loaded = etc.said(&with_store(hosts), Depth::Everything).expect("right");
    let portal = loaded.settings.portal.expect("there");
    assert_eq!(portal.hosts, ["mail.example.net", "[2001:db8::1]"]);
    etc.check(
        "[portal]\nlisten = \"127.0.0.1:8480\"\n",
        &["c.toml:1:1: [portal] has no effect without [store]; add [store], which keeps organisations and their keys, or remove this table"],
    );
    etc.check(
        &with_store("listen = \"0.0.0.0:8480\"\nhosts = \"mail.example.net\"\n"),
        &["c.toml:4:10: other machines may reach the portal at this address, and there is no TLS; add certificate and private_key (PEM files), or listen on \"127.0.0.1:8480\""],
    );
    etc.check(
        &with_store("listen = \"192.0.2.1:8480\"\ncertificate = \"no.pem\"\n"),
        &[
            "c.toml:3:1: [portal] lacks the key \"private_key\"; add private_key = \"tls/portal.key\"",
            "c.toml:3:1: [portal] lacks the key \"hosts\"; add hosts = \"mail.example.net\"",
        ],
    );
    etc.check(
        &with_store("listen = \"127.0.0.1:8480\"\nprivate_key = \"k.pem\"\n"),
        &["c.toml:3:1: [portal] lacks the key \"certificate\"; add certificate = \"tls/portal.pem\""],
    );
}

#[test]
fn a_certificate_and_its_key_are_read_and_must_fit() {
    let etc = Etc::new();
    etc.file("portal.pem", PORTAL.0, 0o644);
    etc.file("portal.key", PORTAL.1, 0o600);
    etc.file("open.key", PORTAL.1, 0o644);
    std::os::unix::fs::symlink("portal.key", etc.path("link.key")).expect("linked");
    let check = |certificate: &str, key: &str, expected: Option<&str>| {
        let text = format!(
            "[store]\npath = \"s.db\"\n[portal]\nlisten = \"0.0.0.0:8480\"\nhosts = \"portal.example\"\n\
             certificate = \"{certificate}\"\nprivate_key = \"{key}\"\n"
        );
        let said = etc.said(&text, Depth::Everything).err().unwrap_or_default();
        let fits = match expected {
            None => said.is_empty(),
            Some(part) => said.len() == 1 && said[0].starts_with("c.toml:6:15: ") && said[0].contains(part),
        };
        assert!(fits, "{certificate} {key} {said:#?}");
    };
    check("portal.pem", "portal.key", None);
    check("portal.pem", "link.key", None);
    check("portal.pem", "open.key", Some("everybody may read it (mode 0644)"));
    check("portal.pem", "k.pem", Some("certificate and key do not fit"));
    check("portal.pem", "portal.pem", Some("everybody may read it"));
    check("portal.key", "portal.key", Some("no certificate (PEM) is in it"));
    check("no.pem", "portal.key", Some("no.pem"));
    check("portal.pem", "no.key", Some("no.key"));
}
