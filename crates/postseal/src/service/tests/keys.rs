use postseal_core::dns::RecordData;
use postseal_core::hosting::{Changes, Conclusion, Event, PublishMode, Refusal, SignWith, Slot, Status};
use std::sync::{Arc, Mutex};

use super::super::test_world::{ACTOR, DAY, HOUR, World, contoso, domain, hosting_zone, name, text};
use super::super::{RotationOrder, ServiceError, WorkerCounts, WorkerEvent, Workers};

#[tokio::test]
async fn new_is_refused_before_the_cnames_are_there_and_set_enables_after() {
    let world = World::held().await;
    let view = world.service.dkim_get(&contoso(), &domain()).await.expect("held");
    assert_eq!(view.status(), Status::NoDkimKeys);
    assert_eq!(
        view.target(Slot::First).map(ToString::to_string).as_deref(),
        Some("selector1-contoso-example._domainkey.contoso.keys.example")
    );
    let made = world.make(true).await.expect("made");
    assert!(
        matches!(made.refused, Some(Refusal::NotSeen { found: Some(Conclusion::Missing), .. })),
        "{made:?}"
    );
    assert_eq!(
        (made.view.status(), made.view.configuration().map(|c| c.enabled)),
        (Status::CnameMissing, Some(false))
    );
    let seen = &made.view.configured.as_ref().expect("made").sightings[0];
    let [(sighting, at)] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!((sighting.finding.as_str(), *at), ("nxdomain", world.now()));
    assert_eq!(sighting.others_may_hold_until, Some(world.now() + 300));
    let Err(ServiceError::NotVisible { view, .. }) = world.enable().await else { panic!("enabled") };
    assert_eq!(view.status(), Status::CnameMissing);
    world.publish(&world.cnames().await);
    let done = world.enable().await.expect("enabled");
    assert_eq!(done.view.status(), Status::Valid);
    assert_eq!(
        done.view.configuration().map(|c| c.sign_with()),
        Some(SignWith::Key { slot: Slot::First, alarm: false })
    );
    // Off with the CNAMEs right: Valid, and not signing.
    let off = Changes { enabled: Some(false), ..Changes::default() };
    let off = world.service.dkim_set(&contoso(), &domain(), &off, false, ACTOR).await.expect("off");
    assert_eq!(
        (off.view.status(), off.view.configuration().map(|c| c.enabled)),
        (Status::Valid, Some(false))
    );
}

#[tokio::test]
async fn the_cnames_may_be_there_before_the_keys() {
    let world = World::enabled().await;
    let view = world.service.dkim_get(&contoso(), &domain()).await.expect("held");
    assert_eq!((view.status(), view.mode), (Status::Valid, PublishMode::Cname));
    let again = world.make(true).await;
    assert!(matches!(again, Err(ServiceError::Store(postseal_store::StoreError::AlreadyConfigured(_)))));
}

#[tokio::test]
async fn what_was_found_instead_is_told() {
    let world = World::held().await;
    world.make(false).await.expect("made");
    let at = name("selector1._domainkey.contoso.example");
    let twice = name("selector1._domainkey.contoso.example.contoso.example");
    let microsoft = name("selector1-contoso-example._domainkey.contoso.onmicrosoft.com");
    let right = world.cnames().await.remove(0).1;
    let check = async |records: &[(postseal_core::dns::DomainName, RecordData)],
                       finding: &str,
                       detail: &str,
                       proposes: bool| {
        world.publish(records);
        world.service.dkim_check(&contoso(), &domain(), ACTOR).await.expect("looked");
        let view = world.service.dkim_get(&contoso(), &domain()).await.expect("held");
        let seen = &view.configured.as_ref().expect("made").sightings[0];
        let found: Vec<_> = seen.iter().map(|(s, _)| (s.finding.as_str(), s.detail.as_str())).collect();
        assert_eq!(found, [(finding, detail)]);
        let proposal = view.proposal.map(|pair| pair.map(|s| s.to_string()));
        assert_eq!(proposal, proposes.then(|| ["ps1".to_owned(), "ps2".to_owned()]), "{finding}");
    };
    check(&[], "nxdomain", "", false).await;
    check(&[(at.clone(), RecordData::Cname(microsoft.clone()))], "wrong_target", microsoft.as_str(), true)
        .await;
    let other = name("selector2-contoso-example._domainkey.contoso.keys.example");
    check(&[(at.clone(), RecordData::Cname(other.clone()))], "wrong_target", other.as_str(), false).await;
    check(&[(at.clone(), text("v=DKIM1; p=AAAA"))], "txt_instead", "", true).await;
    check(&[(twice.clone(), right.clone())], "doubled_suffix", twice.as_str(), false).await;
    check(&[(at.clone(), RecordData::A([192, 0, 2, 7].into()))], "proxied", "192.0.2.7", false).await;
    check(&[(name("x.selector1._domainkey.contoso.example"), text("x"))], "no_data", "", false).await;
    check(&[(at, right)], "right", "", false).await;
}

#[tokio::test]
async fn an_initial_domain_is_signed_from_the_first_minute() {
    let world = World::new().await;
    let signs = world.service.add_organisation(&contoso(), ACTOR).await.expect("added");
    let initial = hosting_zone().initial_domain(&contoso());
    assert!(signs);
    let shown = world.service.initial_domains(&[contoso()]).await.expect("read").pop().flatten();
    assert_eq!(shown, Some((initial.clone(), true)));
    let view = world.service.dkim_get(&contoso(), &initial).await.expect("held");
    assert_eq!((view.status(), view.initial, view.targets.is_none()), (Status::Valid, true, true));
    let removed = world.service.remove_domain(&contoso(), &initial, ACTOR).await;
    assert!(matches!(removed, Err(ServiceError::InitialDomain(_))), "{removed:?}");
    assert_eq!(world.service.records(&contoso(), &initial).await.expect("read"), []);
}

#[tokio::test]
async fn an_initial_domain_that_is_not_served_yet_is_enabled_when_it_is() {
    let world = World::new().await;
    let (workers, _) = workers(&world);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    world.pause_hosting(true);
    assert!(!world.service.add_organisation(&contoso(), ACTOR).await.expect("added"));
    let initial = hosting_zone().initial_domain(&contoso());
    workers.tend(&initial).await.expect("held");
    let signs = async || {
        let of_one = world.service.initial_domains(&[contoso()]).await.expect("read").pop();
        of_one.flatten().map(|(_, signs)| signs)
    };
    assert_eq!(signs().await, Some(false));
    world.pause_hosting(false);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    workers.tend(&initial).await.expect("held");
    assert_eq!(signs().await, Some(true));
    // Whoever turns it off has it off: it is not turned on again.
    let off = Changes { enabled: Some(false), ..Changes::default() };
    world.service.dkim_set(&contoso(), &initial, &off, false, ACTOR).await.expect("off");
    workers.tend(&initial).await.expect("held");
    assert_eq!(signs().await, Some(false));
}

#[tokio::test]
async fn the_hosted_key_must_be_the_same_everywhere() {
    let world = World::held().await;
    world.publish(&world.cnames().await);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    world.pause_hosting(true);
    let made = world.make(true).await.expect("made");
    assert!(
        matches!(made.refused, Some(Refusal::NotSeen { found: Some(Conclusion::HostedDiffers), .. })),
        "{made:?}"
    );
    let seen = &made.view.configured.as_ref().expect("made").sightings[0];
    assert_eq!(seen.first().map(|(sighting, _)| sighting.finding.as_str()), Some("right"), "{seen:?}");
    world.pause_hosting(false);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(world.enable().await.expect("enabled").view.status(), Status::Valid);
}

#[tokio::test]
async fn without_a_hosting_zone_the_owner_publishes_the_keys() {
    let world = World::in_txt_mode().await;
    world.hold().await;
    let made = world.make(true).await.expect("made");
    assert_eq!((made.view.status(), made.view.targets.is_none()), (Status::TxtMissing, true));
    let records: Vec<_> = {
        let configured = made.view.configured.as_ref().expect("made");
        Slot::BOTH
            .iter()
            .zip(&configured.records)
            .map(|(slot, record)| (made.view.key_name(*slot).expect("short"), text(record)))
            .collect()
    };
    world.publish(&records);
    assert_eq!(world.enable().await.expect("enabled").view.status(), Status::Valid);
    world.publish(&[(records[0].0.clone(), records[1].1.clone())]);
    world.service.dkim_check(&contoso(), &domain(), ACTOR).await.expect("looked");
    let view = world.service.dkim_get(&contoso(), &domain()).await.expect("held");
    let seen = &view.configured.as_ref().expect("made").sightings[0];
    assert_eq!(seen[0].0.finding, "wrong_txt");
}

/// The workers of a world, and what they say.
fn workers(world: &World) -> (Arc<Workers>, Arc<Mutex<Vec<String>>>) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&said);
    let say = move |event: &WorkerEvent| lines.lock().expect("no panic").push(event.to_string());
    (Workers::new(Arc::clone(&world.service), Arc::new(WorkerCounts::default()), say), said)
}

#[tokio::test]
async fn a_rotation_waits_switches_and_ends_with_a_new_standby() {
    let world = World::enabled().await;
    let (workers, said) = workers(&world);
    let rotate = async || {
        let order = RotationOrder::default();
        world.service.dkim_rotate(&contoso(), &domain(), order, false, ACTOR).await
    };
    // Both were seen just now: the other one has not had its 96 hours.
    let begun = rotate().await.expect("begins");
    assert_eq!(begun.events, [Event::RotationBegan]);
    let second = rotate().await;
    assert!(
        matches!(
            &second,
            Err(ServiceError::Store(postseal_store::StoreError::Refused(Refusal::RotationRunning { .. })))
        ),
        "{second:?}"
    );
    let step = async |seconds: u64, expected: &[&str]| {
        world.after(seconds);
        workers.tend(&domain()).await.expect("held still");
        let lines: Vec<String> = std::mem::take(&mut *said.lock().expect("no panic"));
        assert_eq!(lines, expected, "after {seconds}");
    };
    step(95 * HOUR, &[]).await;
    step(HOUR, &["contoso.example: selector2 signs now"]).await;
    step(13 * DAY, &[]).await;
    step(DAY, &["contoso.example: selector1 is revoked"]).await;
    step(2 * DAY, &["contoso.example: selector1 has a new key and stands by"]).await;
    step(60, &["contoso.example: the key of selector1 is visible"]).await;
    let view = world.service.dkim_get(&contoso(), &domain()).await.expect("held");
    assert_eq!(
        view.configuration().map(|c| c.sign_with()),
        Some(SignWith::Key { slot: Slot::Second, alarm: false })
    );
}

#[tokio::test]
async fn a_key_that_nobody_sees_any_more_is_an_alarm() {
    let world = World::enabled().await;
    let (workers, said) = workers(&world);
    let cnames = world.cnames().await;
    // Only the one that signs is gone.
    world.publish(&cnames[1..]);
    workers.tend(&domain()).await.expect("held still");
    assert!(said.lock().expect("no panic").is_empty(), "a first no is asked again");
    world.after(1_800);
    workers.tend(&domain()).await.expect("held still");
    let lines = std::mem::take(&mut *said.lock().expect("no panic"));
    assert!(lines[0].contains("the key of selector1 is not visible any more"), "{lines:?}");
    assert!(lines[1].contains("it signs with selector2"), "{lines:?}");
    assert_eq!((workers.counts.losses(), workers.counts.alarmed()), (1, 1));
    world.publish(&cnames);
    workers.tend(&domain()).await.expect("held still");
    let lines = std::mem::take(&mut *said.lock().expect("no panic"));
    assert!(lines.iter().any(|line| line.contains("its key is visible again")), "{lines:?}");
    assert_eq!(workers.counts.alarmed(), 0);
}

#[tokio::test]
async fn a_compromised_key_is_revoked_at_once_and_only_where_the_other_is_seen() {
    let world = World::enabled().await;
    let order = RotationOrder { key_size: None, compromised: true };
    let dry = world.service.dkim_rotate(&contoso(), &domain(), order, true, ACTOR).await.expect("would do");
    assert!(dry.events.is_empty());
    let done = world.service.dkim_rotate(&contoso(), &domain(), order, false, ACTOR).await.expect("revoked");
    assert_eq!(done.events, [Event::Revoked(Slot::First), Event::Switched { to: Slot::Second }]);
    let again = world.service.dkim_rotate(&contoso(), &domain(), order, false, ACTOR).await;
    assert!(again.is_err(), "the other key is revoked: {again:?}");
}

#[tokio::test]
async fn another_key_size_reaches_the_key_that_does_not_sign() {
    let world = World::enabled().await;
    let order = RotationOrder { key_size: Some(3_072), compromised: false };
    let done = world.service.dkim_rotate(&contoso(), &domain(), order, false, ACTOR).await.expect("begins");
    assert_eq!(done.events, [Event::KeyRenewed(Slot::Second), Event::RotationBegan]);
    let bits = done.view.configuration().expect("made").slots.each_ref().map(|slot| slot.bits);
    assert_eq!(bits, [2_048, 3_072]);
}
