//! A store in a private directory, and short ways to fill it.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};

use postseal_core::dkim::Selector;
use postseal_core::dns::DomainName;
use postseal_core::hosting::{
    Changes, Conclusion, OrganisationName, OwnershipToken, Slot, TokenReading, Waits,
};
use postseal_store::{Act, HostedKey, KeyEncryptionKey, Standing, Store};
use sqlx::Connection as _;
use zeroize::Zeroizing;

pub(crate) const WAITS: Waits = Waits { before_signing: 4 * DAY, retiring: 14 * DAY, revoked: 2 * DAY };
pub(crate) const DAY: u64 = 24 * 3_600;
/// When the tests begin, UNIX seconds.
pub(crate) const T0: u64 = 1_800_000_000;

pub(crate) struct World {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) store: Store,
}

impl World {
    pub(crate) async fn new() -> World {
        let directory = tempfile::tempdir().expect("a directory");
        let store = open(&directory.path().join("postseal.db")).await;
        World { directory, store }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("postseal.db")
    }

    /// An organisation that holds a domain.
    pub(crate) async fn with(organisation_name: &str, domain: &str) -> World {
        let world = World::new().await;
        world.store.add_organisation(&organisation(organisation_name), at(T0)).await.expect("added");
        world.hold(organisation_name, domain, T0).await;
        world
    }

    /// Claims and proves a domain.
    pub(crate) async fn hold(&self, owner: &str, domain: &str, now: u64) {
        let (owner, domain) = (organisation(owner), name(domain));
        let claim = self.store.add_domain(&owner, &domain, token(1), at(now)).await.expect("claimed");
        let Standing::Claimed(claim) = claim.standing else { panic!("not a claim") };
        let readings = [TokenReading::Answered(vec![claim.token.record().into_bytes()])];
        self.store.verify_domain(&owner, &domain, &readings, at(now)).await.expect("proven");
    }

    /// Sees both selectors of a domain.
    pub(crate) async fn see(&self, owner: &str, domain: &str, now: u64) {
        let (owner, domain) = (organisation(owner), name(domain));
        let configuration = self.store.dkim_get(&owner, &domain).await.expect("held").expect("keys");
        for slot in Slot::BOTH {
            let seen = (Conclusion::Seen, [].as_slice());
            let looked_at = (slot, configuration.slot(slot));
            self.store.record_sighting(&owner, &domain, looked_at, seen, at(now)).await.expect("recorded");
        }
    }

    /// A domain with keys, seen and enabled.
    pub(crate) async fn enabled(owner: &str, domain: &str) -> World {
        let world = World::with(owner, domain).await;
        let (o, d) = (organisation(owner), name(domain));
        let keys = [ed25519(), ed25519()];
        world.store.dkim_new(&o, &d, [&keys[0], &keys[1]], &Changes::default(), at(T0)).await.expect("made");
        world.see(owner, domain, T0).await;
        world.store.dkim_set(&o, &d, &enable(true), &WAITS, at(T0)).await.expect("enabled");
        world
    }
}

pub(crate) async fn open(path: &Path) -> Store {
    Store::open_sqlite(path, &kek(), T0).await.expect("opened")
}

pub(crate) fn kek() -> KeyEncryptionKey {
    KeyEncryptionKey::from_octets([7; 32])
}

pub(crate) fn at(now: u64) -> Act<'static> {
    Act { actor: "uid:1000", now }
}

pub(crate) fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a name")
}

pub(crate) fn organisation(text: &str) -> OrganisationName {
    OrganisationName::parse(text).expect("a name")
}

pub(crate) fn selectors(first: &str, second: &str) -> [Selector; 2] {
    [first, second].map(|text| Selector::parse(text).expect("a selector"))
}

pub(crate) fn token(octet: u8) -> OwnershipToken {
    OwnershipToken::from_random([octet; 20])
}

pub(crate) fn enable(enabled: bool) -> Changes {
    Changes { enabled: Some(enabled), ..Changes::default() }
}

/// A quickly made key.
pub(crate) fn ed25519() -> HostedKey {
    let pair = aws_lc_rs::signature::Ed25519KeyPair::generate().expect("a key");
    let document = pair.to_pkcs8().expect("written");
    HostedKey::from_pkcs8(Zeroizing::new(document.as_ref().to_vec())).expect("usable")
}

/// What no transaction may leave behind: each statement counts rows that may not be.
const HALF_STATES: [&str; 6] = [
    "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    "SELECT count(*) FROM pragma_foreign_key_check",
    // A private key that nothing uses.
    "SELECT count(*) FROM signing_key WHERE sealed IS NOT NULL AND id NOT IN (SELECT key_id FROM selector)",
    // A key that was inserted and not sealed.
    "SELECT count(*) FROM signing_key WHERE sealed IS NOT NULL AND length(sealed) < 28",
    // A configuration without its two selectors, or of a domain that is not held.
    "SELECT count(*) FROM signing_configuration c JOIN domain d ON d.id = c.domain_id
     WHERE d.state <> 'held' OR (SELECT count(*) FROM selector s WHERE s.domain_id = c.domain_id) <> 2",
    // A configuration that the audit log knows nothing of.
    "SELECT count(*) FROM signing_configuration c JOIN domain d ON d.id = c.domain_id
     WHERE (SELECT action FROM audit a WHERE a.subject = d.name AND a.action IN ('dkim.new', 'domain.remove')
            ORDER BY seq DESC LIMIT 1) IS NOT 'dkim.new'",
];

pub(crate) async fn check_tables(path: &Path) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.expect("opened");
    for statement in HALF_STATES {
        let bad: i64 = sqlx::query_scalar(statement).fetch_one(&mut connection).await.expect("read");
        assert_eq!(bad, 0, "{statement}");
    }
    connection.close().await.expect("closed");
}
