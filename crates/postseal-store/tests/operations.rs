//! The operations, on real files.

mod world;

use postseal_core::dkim::SigningKey;
use postseal_core::hosting::{
    Changes, Conclusion, Event, HostingZone, KeyId, Life, Refusal, SelectorSlot, Slot, TokenReading,
};
use postseal_store::{
    Binding, DomainPlace, DomainQuestion, HostedKey, KeyEncryptionKey, KeyVault, Sighting, Standing, Store,
    StoreError, Verification,
};
use rustls_pki_types::PrivatePkcs8KeyDer;
use world::{DAY, T0, WAITS, World, at, ed25519, enable, kek, name, open, organisation, selectors, token};

#[tokio::test]
async fn a_domain_is_claimed_proven_listed_and_removed() {
    let world = World::new().await;
    let store = &world.store;
    let contoso = organisation("contoso");
    let missing = store.add_domain(&contoso, &name("a.example"), token(1), at(T0)).await;
    assert!(matches!(missing, Err(StoreError::NoOrganisation(_))), "{missing:?}");
    store.add_organisation(&contoso, at(T0)).await.expect("added");
    let again = store.add_organisation(&contoso, at(T0)).await;
    assert!(matches!(again, Err(StoreError::OrganisationTaken(_))), "{again:?}");

    let claimed = store.add_domain(&contoso, &name("a.example"), token(1), at(T0)).await.expect("claimed");
    assert_eq!(claimed.label, None, "a claim reserves nothing");
    // A claim that lives keeps its token; an expired one gets another.
    let same = store.add_domain(&contoso, &name("a.example"), token(2), at(T0 + 5)).await.expect("claimed");
    assert_eq!(same, claimed);
    let later =
        store.add_domain(&contoso, &name("a.example"), token(2), at(T0 + 15 * DAY)).await.expect("claimed");
    let Standing::Claimed(claim) = &later.standing else { panic!("{later:?}") };
    assert_eq!(claim.token, token(2));

    let held = store.dkim_get(&contoso, &name("a.example")).await;
    assert!(matches!(held, Err(StoreError::NotHeld(_))), "{held:?}");
    let absent = [TokenReading::Answered(vec![])];
    let outcome =
        store.verify_domain(&contoso, &name("a.example"), &absent, at(T0 + 15 * DAY)).await.expect("read");
    assert!(matches!(outcome, Verification::NotProven(_)), "{outcome:?}");
    let present = [TokenReading::Answered(vec![token(2).record().into_bytes()]), TokenReading::Silent];
    let outcome =
        store.verify_domain(&contoso, &name("a.example"), &present, at(T0 + 15 * DAY)).await.expect("read");
    assert_eq!(outcome, Verification::Held);
    let shown = store.domain(&contoso, &name("a.example")).await.expect("there");
    assert_eq!(shown.label.map(|l| l.to_string()).as_deref(), Some("a-example"));
    assert_eq!(store.holder_of(&name("a.example")).await.expect("read"), Some(contoso.clone()));

    let unknown = store.domain(&contoso, &name("nobody.example")).await;
    assert!(matches!(unknown, Err(StoreError::NoDomain(_))), "an unknown name is not found: {unknown:?}");
    for extra in ["b.example", "c.example"] {
        world.hold("contoso", extra, T0).await;
    }
    let behind =
        DomainQuestion { after: Some(DomainPlace::behind("a.example")), ..DomainQuestion::default() };
    let page = store.domains(&contoso, &behind, 1).await.expect("read").domains;
    assert_eq!(page.iter().map(|d| d.domain.name.to_string()).collect::<Vec<_>>(), ["b.example"]);
    store.remove_domain(&contoso, &name("b.example"), at(T0)).await.expect("removed");
    let page = store.domains(&contoso, &DomainQuestion::default(), 10).await.expect("read").domains;
    let names: Vec<String> = page.iter().map(|d| d.domain.name.to_string()).collect();
    assert_eq!(names, ["a.example", "c.example"]);
    assert!(matches!(store.domain(&contoso, &name("b.example")).await, Err(StoreError::NoDomain(_))));
}

#[tokio::test]
async fn a_domain_moves_by_a_newer_proof_and_the_loss_of_the_old() {
    let world = World::enabled("contoso", "a.example").await;
    let store = &world.store;
    let (contoso, fabrikam, domain) = (organisation("contoso"), organisation("fabrikam"), name("a.example"));
    store.add_organisation(&fabrikam, at(T0)).await.expect("added");
    store.add_domain(&fabrikam, &domain, token(9), at(T0 + DAY)).await.expect("claimed");
    let says = |tokens: &[u8]| {
        [TokenReading::Answered(tokens.iter().map(|t| token(*t).record().into_bytes()).collect())]
    };
    let verify = |tokens: &'static [u8], now: u64| {
        let (store, fabrikam, domain) = (store.clone(), fabrikam.clone(), domain.clone());
        async move { store.verify_domain(&fabrikam, &domain, &says(tokens), at(now)).await.expect("read") }
    };
    let day = T0 + DAY;
    assert_eq!(verify(&[1, 9], day).await, Verification::Contested { again_at: None });
    assert_eq!(verify(&[9], day + 60).await, Verification::Contested { again_at: Some(day + 60 + 1_800) });
    assert_eq!(verify(&[9], day + 600).await, Verification::Contested { again_at: Some(day + 60 + 1_800) });
    let keys =
        store.dkim_get(&contoso, &domain).await.expect("held").expect("keys").slots.map(|slot| slot.key);
    assert_eq!(verify(&[9], day + 60 + 1_800).await, Verification::Moved);
    // The old holder signs no more: its keys are destroyed, and the new one has none of them.
    assert!(matches!(store.dkim_get(&contoso, &domain).await, Err(StoreError::NoDomain(_))));
    assert_eq!(store.dkim_get(&fabrikam, &domain).await.expect("held"), None);
    for key in keys {
        assert!(matches!(store.private_key(key).await, Err(StoreError::NoKey(_))));
    }
    // The label is the old holder's for ever; the new one has its own.
    let label = store.domain(&fabrikam, &domain).await.expect("held").label.expect("set").to_string();
    assert!(label.starts_with("a-example-"), "{label}");
    let rows = store.audit_rows(0, 100).await.expect("read");
    let told: Vec<_> =
        rows.iter().filter(|r| r.action == "domain.lost" || r.action == "domain.moved").collect();
    assert_eq!(told.iter().map(|r| r.organisation.as_str()).collect::<Vec<_>>(), ["contoso", "fabrikam"]);
    // What is moved can come back, and finds its own label again.
    store.add_domain(&contoso, &domain, token(3), at(day + 2 * DAY)).await.expect("claimed");
    let trusted = store.trust_domain(&contoso, &domain, token(3), at(day + 2 * DAY)).await;
    assert!(matches!(trusted, Err(StoreError::HeldByAnother(_))), "{trusted:?}");
    store.remove_domain(&fabrikam, &domain, at(day + 2 * DAY)).await.expect("removed");
    let back = store.trust_domain(&contoso, &domain, token(3), at(day + 2 * DAY)).await.expect("held");
    assert_eq!(back.label.map(|l| l.to_string()).as_deref(), Some("a-example"));
}

#[tokio::test]
async fn look_alike_domains_and_selectors_never_meet() {
    let world = World::with("contoso", "a.b.example").await;
    let store = &world.store;
    store.add_organisation(&organisation("fabrikam"), at(T0)).await.expect("added");
    world.hold("fabrikam", "a-b.example", T0).await;
    let contoso = organisation("contoso");
    let label = store.domain(&organisation("fabrikam"), &name("a-b.example")).await.expect("held").label;
    assert_eq!(label.map(|l| l.to_string()).as_deref(), Some("a-b-example-119c49fe"));
    // Selector "s-a" of b.example and selector "s" of a.b.example would both make "s-a-b-example".
    let make = |domain: &'static str, pair| async move {
        let keys = [ed25519(), ed25519()];
        let changes = Changes { selectors: Some(pair), ..Changes::default() };
        store.dkim_new(&organisation("contoso"), &name(domain), [&keys[0], &keys[1]], &changes, at(T0)).await
    };
    make("a.b.example", selectors("s", "t")).await.expect("made");
    world.hold("contoso", "b.example", T0).await;
    let taken = make("b.example", selectors("s-a", "t-a")).await;
    assert!(matches!(taken, Err(StoreError::HostedNameTaken(ref n)) if n == "s-a-b-example"), "{taken:?}");
    assert_eq!(store.dkim_get(&contoso, &name("b.example")).await.expect("held"), None, "nothing was made");
}

#[tokio::test]
async fn the_walk_new_refused_then_set_then_rotated() {
    let world = World::with("contoso", "contoso.example").await;
    let store = &world.store;
    let (contoso, domain) = (organisation("contoso"), name("contoso.example"));
    let keys = [HostedKey::generate(2_048).expect("made"), ed25519()];
    let records = keys.each_ref().map(|key| key.record().to_owned());
    let (made, refused) =
        store.dkim_new(&contoso, &domain, [&keys[0], &keys[1]], &enable(true), at(T0)).await.expect("made");
    assert!(matches!(refused, Some(Refusal::NotSeen { found: None, .. })), "{refused:?}");
    assert!(!made.enabled);
    assert_eq!(store.dkim_get(&contoso, &domain).await.expect("held").as_ref(), Some(&made));
    let again = store.dkim_new(&contoso, &domain, [&keys[0], &keys[1]], &enable(true), at(T0)).await;
    assert!(matches!(again, Err(StoreError::AlreadyConfigured(_))), "{again:?}");
    let published = store.published_keys("", 10, T0).await.expect("read");
    let answers: Vec<_> = published.iter().map(|p| (p.hosted_selector.as_str(), p.record.as_str())).collect();
    assert_eq!(
        answers,
        [
            ("selector1-contoso-example", records[0].as_str()),
            ("selector2-contoso-example", records[1].as_str())
        ]
    );
    // The private key that is read back signs for the record that is published.
    let pkcs8 = store.private_key(made.slots[0].key).await.expect("opens");
    let key = SigningKey::from_pkcs8(&PrivatePkcs8KeyDer::from(pkcs8.as_slice())).expect("a key");
    assert_eq!(key.record(), records[0]);

    let early = store.dkim_set(&contoso, &domain, &enable(true), &WAITS, at(T0)).await;
    assert!(matches!(early, Err(StoreError::Refused(Refusal::NotSeen { .. }))), "{early:?}");
    let revision = store.revision().await.expect("read");
    world.see("contoso", "contoso.example", T0).await;
    store.dkim_set(&contoso, &domain, &enable(true), &WAITS, at(T0)).await.expect("enabled");
    let feed = store.changes_since(revision).await.expect("read");
    assert_eq!(feed.domains, Some(vec![domain.clone()]));

    let serial = store.zone_serial().await.expect("read");
    let done = store.dkim_rotate(&contoso, &domain, None, None, &WAITS, at(T0)).await.expect("rotates");
    assert_eq!(done.events, [Event::RotationBegan]);
    assert!(store.zone_serial().await.expect("read") > serial);
    let second = store.dkim_rotate(&contoso, &domain, None, None, &WAITS, at(T0 + 1)).await;
    assert!(matches!(second, Err(StoreError::Refused(Refusal::RotationRunning { .. }))), "{second:?}");
    // Nothing due: nothing is written, and a key that was brought leaves nothing behind.
    let revision = store.revision().await.expect("read");
    store.dkim_advance(&contoso, &domain, Some(&ed25519()), &WAITS, at(T0 + DAY)).await.expect("nothing due");
    assert_eq!(store.revision().await.expect("read"), revision);
    for (day, event) in [(4, Event::Switched { to: Slot::Second }), (18, Event::Revoked(Slot::First))] {
        world.see("contoso", "contoso.example", T0 + day * DAY).await;
        let done =
            store.dkim_advance(&contoso, &domain, None, &WAITS, at(T0 + day * DAY)).await.expect("due");
        assert_eq!(done.events, [event]);
    }
    let revoked = store.published_keys("", 1, T0 + 18 * DAY).await.expect("read");
    assert_eq!(revoked[0].record, "v=DKIM1; k=rsa; p=");
    assert!(
        matches!(store.private_key(made.slots[0].key).await, Err(StoreError::NoKey(_))),
        "revoked is destroyed"
    );
    let fresh = ed25519();
    let done =
        store.dkim_advance(&contoso, &domain, Some(&fresh), &WAITS, at(T0 + 20 * DAY)).await.expect("due");
    assert!(done.key_used);
    let now = store.dkim_get(&contoso, &domain).await.expect("held").expect("keys");
    assert_eq!(now.slots[0].life, Life::Standby);
    store.private_key(now.slots[0].key).await.expect("opens");

    let done =
        store.dkim_set(&contoso, &domain, &enable(false), &WAITS, at(T0 + 20 * DAY)).await.expect("off");
    assert!(!done.enabled);
    store.dkim_remove(&contoso, &domain, at(T0 + 21 * DAY)).await.expect("removed");
    assert_eq!(store.dkim_get(&contoso, &domain).await.expect("held"), None);
    let during = store.published_keys("", 10, T0 + 50 * DAY).await.expect("read");
    assert!(during.len() == 2 && during.iter().all(|p| p.record.ends_with("p=")), "{during:?}");
    assert_eq!(store.published_keys("", 10, T0 + 52 * DAY).await.expect("read"), []);
}

#[tokio::test]
async fn renamed_selectors_keep_the_old_names_answering_for_a_while() {
    let world = World::enabled("contoso", "a.example").await;
    let store = &world.store;
    let (contoso, domain) = (organisation("contoso"), name("a.example"));
    let before = store.dkim_get(&contoso, &domain).await.expect("held").expect("keys");
    let rename = Changes { selectors: Some(selectors("ps1", "ps2")), ..Changes::default() };
    let refused = store.dkim_set(&contoso, &domain, &rename, &WAITS, at(T0)).await;
    assert!(matches!(refused, Err(StoreError::Refused(Refusal::SelectorsInUse))), "{refused:?}");
    store.dkim_set(&contoso, &domain, &enable(false), &WAITS, at(T0)).await.expect("off");
    store.dkim_set(&contoso, &domain, &rename, &WAITS, at(T0)).await.expect("renamed");
    let check = |day: u64, expected: &'static [&'static str]| async move {
        let found = store.published_keys("", 10, T0 + day * DAY).await.expect("read");
        let found: Vec<String> = found
            .iter()
            .map(|p| {
                format!("{}{}", p.hosted_selector, if p.record.ends_with("p=") { " revoked" } else { "" })
            })
            .collect();
        assert_eq!(found, expected, "day {day}");
    };
    check(0, &["ps1-a-example", "ps2-a-example", "selector1-a-example", "selector2-a-example"]).await;
    check(
        14,
        &["ps1-a-example", "ps2-a-example", "selector1-a-example revoked", "selector2-a-example revoked"],
    )
    .await;
    check(16, &["ps1-a-example", "ps2-a-example"]).await;
    // Sealed again for the new name: the same key still opens.
    store.private_key(before.slots[0].key).await.expect("opens");
    // Back to the old names, which are still this domain's.
    let back = Changes { selectors: Some(selectors("selector1", "selector2")), ..Changes::default() };
    store.dkim_set(&contoso, &domain, &back, &WAITS, at(T0 + DAY)).await.expect("renamed");
    check(1, &["ps1-a-example", "ps2-a-example", "selector1-a-example", "selector2-a-example"]).await;
    let long = Changes { selectors: Some(selectors(&"s".repeat(60), "t")), ..Changes::default() };
    assert!(matches!(
        store.dkim_set(&contoso, &domain, &long, &WAITS, at(T0)).await,
        Err(StoreError::Label(_))
    ));
}

#[tokio::test]
async fn what_each_server_showed_is_kept_and_a_loss_is_told() {
    let world = World::enabled("contoso", "a.example").await;
    let store = &world.store;
    let (contoso, domain) = (organisation("contoso"), name("a.example"));
    let sighting = |server: &str, finding: &str, until| Sighting {
        server: name(server),
        address: "192.0.2.1".parse().expect("an address"),
        finding: finding.to_owned(),
        detail: String::new(),
        others_may_hold_until: until,
    };
    let seen =
        [sighting("ns1.example", "nxdomain", Some(T0 + 300)), sighting("ns2.example", "no_answer", None)];
    let mut events = Vec::new();
    let configuration = store.dkim_get(&contoso, &domain).await.expect("held").expect("keys");
    let looked_at = (Slot::First, configuration.slot(Slot::First));
    for now in [T0 + 100, T0 + 1_899, T0 + 1_900] {
        let outcome = (Conclusion::Missing, seen.as_slice());
        let event = store.record_sighting(&contoso, &domain, looked_at, outcome, at(now)).await;
        events.push(event.expect("kept"));
    }
    assert_eq!(events, [None, None, Some(Event::Lost(Slot::First))]);
    let kept = store.sightings(&contoso, &domain, Slot::First).await.expect("read");
    assert_eq!(kept, seen.map(|s| (s, T0 + 1_900)));
    assert_eq!(store.sightings(&contoso, &domain, Slot::Second).await.expect("read"), []);
    // What was looked for is not there any more: a look that took long says nothing of another key.
    for other in [
        SelectorSlot { key: KeyId(configuration.slots[0].key.0 + 100), ..configuration.slots[0].clone() },
        SelectorSlot { name: selectors("s", "t")[0].clone(), ..configuration.slots[0].clone() },
    ] {
        let seen = (Conclusion::Seen, [].as_slice());
        let late =
            store.record_sighting(&contoso, &domain, (Slot::First, &other), seen, at(T0 + 2_000)).await;
        assert_eq!(late.expect("read"), None, "{other:?}");
    }
    let after = store.dkim_get(&contoso, &domain).await.expect("held").expect("keys");
    assert!(!after.slot(Slot::First).is_visible());
}

#[tokio::test]
async fn trusted_sealers_are_set_added_and_removed() {
    let world = World::with("contoso", "a.example").await;
    let contoso = organisation("contoso");
    let list = |texts: &[&str]| texts.iter().map(|t| name(t)).collect::<Vec<_>>();
    let store = &world.store;
    store.set_trusted_sealers(&contoso, &list(&["b.example", "a.example"]), at(T0)).await.expect("set");
    store.add_trusted_sealers(&contoso, &list(&["c.example", "a.example"]), at(T0)).await.expect("added");
    store.remove_trusted_sealers(&contoso, &list(&["b.example"]), at(T0)).await.expect("removed");
    assert_eq!(store.trusted_sealers(&contoso).await.expect("read"), list(&["a.example", "c.example"]));
    store.set_trusted_sealers(&contoso, &list(&["d.example"]), at(T0)).await.expect("set");
    assert_eq!(store.trusted_sealers(&contoso).await.expect("read"), list(&["d.example"]));
    let many: Vec<_> = (0..1_001).map(|i| name(&format!("d{i}.example"))).collect();
    assert!(matches!(
        store.set_trusted_sealers(&contoso, &many, at(T0)).await,
        Err(StoreError::TooManySealers)
    ));
}

#[tokio::test]
async fn a_store_opens_again_and_only_with_its_key() {
    let world = World::enabled("contoso", "a.example").await;
    let path = world.path();
    world.store.close().await;
    let other = Store::open_sqlite(&path, &KeyEncryptionKey::from_octets([8; 32]), T0).await;
    assert!(matches!(other, Err(StoreError::WrongKey)), "{other:?}");
    let again = Store::open_sqlite(&path, &kek(), T0).await.expect("opened");
    let found =
        again.dkim_get(&organisation("contoso"), &name("a.example")).await.expect("held").expect("keys");
    assert!(found.enabled);
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&path).expect("there")) & 0o7777;
    assert_eq!(mode, 0o600);
    let _ = open(&path).await;
}

#[tokio::test]
async fn a_snapshot_is_read_in_pages_as_each_domain_is_read_alone() {
    let world = World::enabled("contoso", "b.example").await;
    let store = &world.store;
    store.add_organisation(&organisation("fabrikam"), at(T0)).await.expect("added");
    world.hold("fabrikam", "a.example", T0).await;
    world.hold("fabrikam", "c.example", T0).await;
    store
        .add_domain(&organisation("contoso"), &name("claimed.example"), token(4), at(T0))
        .await
        .expect("claimed");
    let keys = [ed25519(), ed25519()];
    let (fabrikam, domain) = (organisation("fabrikam"), name("c.example"));
    store
        .dkim_new(&fabrikam, &domain, [&keys[0], &keys[1]], &Changes::default(), at(T0))
        .await
        .expect("made");
    let mut found = Vec::new();
    let mut after = String::new();
    loop {
        let page = store.held_domains(&after, 2).await.expect("read");
        let Some(last) = page.last() else { break };
        after = last.name.to_string();
        found.extend(page);
    }
    let names: Vec<String> =
        found.iter().map(|d| format!("{} {} {}", d.name, d.organisation, d.label)).collect();
    assert_eq!(
        names,
        ["a.example fabrikam a-example", "b.example contoso b-example", "c.example fabrikam c-example"]
    );
    for domain in found {
        let alone = store.dkim_get(&domain.organisation, &domain.name).await.expect("held");
        assert_eq!(domain.configuration.as_ref().map(|(c, _)| c), alone.as_ref(), "{}", domain.name);
        assert_eq!(store.held_domain(&domain.name).await.expect("read").as_ref(), Some(&domain));
        if let Some((configuration, keys)) = domain.configuration {
            for (slot, key) in configuration.slots.iter().zip(keys) {
                assert_eq!(store.key_record(slot.key).await.expect("there"), key.record);
                assert!(key.record.starts_with("v=DKIM1; k=ed25519; p="), "{}", key.record);
                assert_eq!(key.hosted_selector, format!("{}-{}", slot.name, domain.label));
            }
        }
    }
    assert_eq!(store.held_domain(&name("claimed.example")).await.expect("read"), None);
    // Beside the open store, without its key.
    let asked = ["a.example", "claimed.example", "b.example"].map(name);
    let holders = Store::holders_in_file(&world.path(), asked.iter()).await.expect("read");
    let expected = [("a.example", "fabrikam"), ("b.example", "contoso")];
    assert_eq!(holders, expected.map(|(domain, holder)| (name(domain), organisation(holder))));
    assert!(Store::holders_in_file(&world.directory.path().join("none"), asked.iter()).await.is_err());
    assert!(!world.directory.path().join("none").exists());
}

/// What a node copies opens in its place only, and a name that was given up answers for a while.
#[tokio::test]
async fn a_node_copies_sealed_keys_and_former_names() {
    let world = World::enabled("contoso", "a.example").await;
    let store = &world.store;
    let (contoso, domain) = (organisation("contoso"), name("a.example"));
    let held = store.held_domain(&domain).await.expect("read").expect("held");
    let (configuration, keys) = held.configuration.expect("made");
    let ids = configuration.slots.each_ref().map(|slot| slot.key);
    let sealed = store.sealed_keys(&[ids[0], KeyId(99), ids[1]]).await.expect("read");
    assert_eq!(sealed.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
    let vault = KeyVault::new(&kek()).expect("made");
    let selector = configuration.slots[0].name.as_str();
    let here = Binding { organisation: "contoso", domain: "a.example", selector, key_id: ids[0].0 };
    let opened = vault.open_key(here, &sealed[0].1).expect("opens");
    assert_eq!(opened, store.private_key(ids[0]).await.expect("there"));
    assert!(vault.open_key(Binding { domain: "b.example", ..here }, &sealed[0].1).is_err());
    assert_eq!(format!("{:?}", sealed[0].1), "SealedKey");

    assert_eq!(store.former_names(None, "", 10, T0).await.expect("read"), []);
    store.dkim_remove(&contoso, &domain, at(T0 + 5)).await.expect("removed");
    assert_eq!(store.sealed_keys(&ids).await.expect("read"), []);
    let former = store.former_names(Some(&domain), "", 10, T0 + 5).await.expect("read");
    let names: Vec<&str> = former.iter().map(|former| former.hosted_selector.as_str()).collect();
    assert_eq!(names, ["selector1-a-example", "selector2-a-example"]);
    for (former, key) in former.iter().zip(&keys) {
        assert_eq!((&former.domain, &former.organisation, &former.record), (&domain, &contoso, &key.record));
        assert_eq!((former.published_until, former.revoked_until), (T0 + 5, T0 + 5 + 30 * DAY));
    }
    assert_eq!(
        store.former_names(None, &former[0].hosted_selector, 10, T0 + 5).await.expect("read").len(),
        1
    );
    assert_eq!(store.former_names(Some(&name("b.example")), "", 10, T0 + 5).await.expect("read"), []);
    assert_eq!(store.former_names(None, "", 10, former[0].revoked_until).await.expect("read"), []);
}

#[tokio::test]
async fn an_organisation_has_its_initial_domain_from_the_first_moment() {
    let world = World::new().await;
    let zone = HostingZone::new(name("keys.example")).expect("short");
    let (contoso, keys) = (organisation("contoso"), [ed25519(), ed25519()]);
    let pair = [&keys[0], &keys[1]];
    let store = &world.store;
    let made = store
        .add_organisation_with_initial_domain(&contoso, &zone, token(1), pair, at(T0))
        .await
        .expect("made");
    // An organisation alone is nothing that a node must read.
    let revision = store.revision().await.expect("read");
    store.add_organisation(&organisation("fabrikam"), at(T0)).await.expect("added");
    assert_eq!(store.changes_since(revision).await.expect("read").domains, Some(vec![]));
    let initial = name("contoso.keys.example");
    assert_eq!(store.dkim_get(&contoso, &initial).await.expect("held"), Some(made));
    world.see("contoso", "contoso.keys.example", T0).await;
    store.dkim_set(&contoso, &initial, &enable(true), &WAITS, at(T0)).await.expect("enabled");
    let again = store.add_organisation_with_initial_domain(&contoso, &zone, token(1), pair, at(T0)).await;
    assert!(matches!(again, Err(StoreError::OrganisationTaken(_))), "{again:?}");
}
