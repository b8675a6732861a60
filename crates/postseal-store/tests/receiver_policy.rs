//! The receiver's own settings, allowed pairs and trusted sealers: changed, read whole, followed by revision.

mod world;

use std::collections::BTreeMap;

use postseal_store::{NewPair, PairOrigin, StoreError};
use world::{T0, World, at, name, organisation};

fn pair(domain: &str, network: &str) -> NewPair {
    NewPair {
        author_domain: name(domain),
        subdomains: true,
        from: PairOrigin::Client(network.to_owned()),
        until: Some(T0 + 60),
        note: "a partner's old server".to_owned(),
    }
}

#[tokio::test]
async fn what_is_changed_is_read_and_its_revision_rises() {
    let world = World::with("contoso", "contoso.example").await;
    let before = world.store.receiver_policy().await.expect("read");
    assert_eq!((before.settings.len(), before.pairs.len(), before.sealers.len()), (0, 0, 0));
    let set = |key: &str, value: Option<&str>| BTreeMap::from([(key.to_owned(), value.map(str::to_owned))]);
    world.store.set_receiver_settings(&set("on_reject", Some("quarantine")), at(T0)).await.expect("set");
    let first = world.store.add_allowed_pair(&pair("partner.example", "192.0.2.0/24"), at(T0)).await;
    let first = first.expect("added");
    let by_domain = NewPair {
        from: PairOrigin::Authenticated(name("host.example")),
        until: None,
        ..pair("partner.example", "")
    };
    world.store.add_allowed_pair(&by_domain, at(T0)).await.expect("added");
    world
        .store
        .set_trusted_sealers(&organisation("contoso"), &[name("lists.example")], at(T0))
        .await
        .expect("set");
    let now = world.store.receiver_policy().await.expect("read");
    assert_eq!(now.settings, BTreeMap::from([("on_reject".to_owned(), "quarantine".to_owned())]));
    assert_eq!(now.pairs[0], first);
    assert_eq!(now.pairs[1].pair, by_domain);
    assert_eq!(now.sealers, [(organisation("contoso"), name("lists.example"))]);
    let newest = world.store.revision().await.expect("read");
    assert!(now.revision > before.revision && now.revision == newest);
    assert_eq!(world.store.receiver_revision().await.expect("read"), newest);

    let twice = world.store.add_allowed_pair(&pair("partner.example", "192.0.2.0/24"), at(T0)).await;
    assert!(matches!(twice, Err(StoreError::PairTaken(_))), "{twice:?}");
    world.store.remove_allowed_pair(first.id, at(T0)).await.expect("removed");
    let gone = world.store.remove_allowed_pair(first.id, at(T0)).await;
    assert!(matches!(gone, Err(StoreError::NoPair(_))), "{gone:?}");
    world.store.set_receiver_settings(&set("on_reject", None), at(T0)).await.expect("set");
    let now = world.store.receiver_policy().await.expect("read");
    assert_eq!((now.settings.len(), now.pairs.len()), (0, 1));
    let rows = world.store.audit_rows(0, 100).await.expect("read");
    let rows: Vec<(&str, &str)> = rows.iter().map(|row| (row.action.as_str(), row.detail.as_str())).collect();
    for expected in [
        ("receiver.set", "on_reject=quarantine"),
        ("receiver.set", "on_reject=file"),
        ("exception.add", "client=192.0.2.0/24 subdomains=true until=1800000060"),
        ("exception.remove", "client=192.0.2.0/24 subdomains=true until=1800000060"),
    ] {
        assert!(rows.contains(&expected), "{expected:?} is not in {rows:?}");
    }
}
