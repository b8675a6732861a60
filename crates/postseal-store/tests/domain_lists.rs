//! Lists of domains: sorted, filtered, paged, counted, and searched.
#![allow(clippy::unwrap_used, reason = "a test")]

mod world;

use postseal_core::hosting::{Changes, Conclusion, PublishMode, SigningConfiguration, Slot, Status};
use postseal_store::{
    DomainCounts, DomainOrder, DomainQuestion, DomainStanding, ListedDomain, Standing, StoreError,
};

use world::{DAY, T0, WAITS, World, at, ed25519, enable, name, organisation, token};

/// Makes a domain stand so.
async fn stand(world: &World, domain: &str, standing: DomainStanding, now: u64) {
    let (contoso, domain_name) = (organisation("contoso"), name(domain));
    let store = &world.store;
    if standing == DomainStanding::Claimed {
        store.add_domain(&contoso, &domain_name, token(1), at(now)).await.expect("claimed");
        return;
    }
    store.trust_domain(&contoso, &domain_name, token(1), at(now)).await.expect("held");
    if standing == DomainStanding::NoKeys {
        return;
    }
    let (keys, changes) = ([ed25519(), ed25519()], Changes::default());
    let made = store.dkim_new(&contoso, &domain_name, [&keys[0], &keys[1]], &changes, at(now));
    made.await.expect("made");
    if standing == DomainStanding::KeyUnseen {
        return;
    }
    world.see("contoso", domain, now).await;
    if standing == DomainStanding::NotEnabled {
        return;
    }
    store.dkim_set(&contoso, &domain_name, &enable(true), &WAITS, at(now)).await.expect("enabled");
    if standing == DomainStanding::Signing {
        return;
    }
    // Missing for more than a day, at both: lost.
    for hour in 1..60 {
        lose(world, domain, now + hour * 3_600).await;
    }
}

async fn lose(world: &World, domain: &str, now: u64) {
    let (contoso, domain) = (organisation("contoso"), name(domain));
    let configuration = world.store.dkim_get(&contoso, &domain).await.expect("held").expect("keys");
    for slot in Slot::BOTH {
        let seen = (Conclusion::Missing, [].as_slice());
        let looked_at = (slot, configuration.slot(slot));
        world.store.record_sighting(&contoso, &domain, looked_at, seen, at(now)).await.expect("recorded");
    }
}

/// How a domain stands by the rules of the core.
fn by_the_core(listed: &ListedDomain) -> DomainStanding {
    let configuration = listed.configuration.as_ref();
    let valid = SigningConfiguration::status(configuration, PublishMode::Cname) == Status::Valid;
    match (&listed.domain.standing, configuration) {
        (Standing::Claimed(_), _) => DomainStanding::Claimed,
        (_, None) => DomainStanding::NoKeys,
        (_, Some(c)) if c.enabled && valid => DomainStanding::Signing,
        (_, Some(c)) if c.enabled => DomainStanding::KeyLost,
        (_, Some(_)) if valid => DomainStanding::NotEnabled,
        (_, Some(_)) => DomainStanding::KeyUnseen,
    }
}

/// All that fulfil a question, by pages of two.
async fn all(world: &World, mut question: DomainQuestion) -> Vec<ListedDomain> {
    let mut found = Vec::new();
    loop {
        let page = world.store.domains(&organisation("contoso"), &question, 2).await.expect("read");
        assert!(page.domains.len() <= 2);
        found.extend(page.domains);
        question.after = page.next;
        if question.after.is_none() {
            return found;
        }
    }
}

fn names(found: &[ListedDomain]) -> Vec<&str> {
    found.iter().map(|listed| listed.domain.name.as_str().trim_end_matches(".example")).collect()
}

/// The counts that are kept are those of what is there.
async fn counted(world: &World) -> DomainCounts {
    let counts = world.store.domain_counts(&organisation("contoso")).await.expect("read");
    let everything = all(world, DomainQuestion::default()).await;
    for standing in DomainStanding::ALL {
        let there = everything.iter().filter(|listed| by_the_core(listed) == standing).count();
        assert_eq!(counts.of(standing), there as u64, "{standing:?}");
        let found =
            all(world, DomainQuestion { standings: vec![standing], ..DomainQuestion::default() }).await;
        assert!(
            found.len() == there && found.iter().all(|listed| by_the_core(listed) == standing),
            "{standing:?}"
        );
    }
    counts
}

async fn six() -> World {
    let world = World::new().await;
    world.store.add_organisation(&organisation("contoso"), at(T0)).await.expect("added");
    // Neither by name nor by standing in the order in which they come.
    for (n, (domain, standing)) in [
        ("d.example", DomainStanding::Signing),
        ("b.example", DomainStanding::KeyLost),
        ("f.example", DomainStanding::Claimed),
        ("a.example", DomainStanding::NoKeys),
        ("e.example", DomainStanding::NotEnabled),
        ("c.example", DomainStanding::KeyUnseen),
    ]
    .into_iter()
    .enumerate()
    {
        stand(&world, domain, standing, T0 + n as u64).await;
    }
    world
}

#[tokio::test]
async fn lists_are_sorted_filtered_and_paged() {
    let world = six().await;
    let sorted = async |order, descending| {
        names(&all(&world, DomainQuestion { order, descending, ..DomainQuestion::default() }).await).join("")
    };
    assert_eq!(sorted(DomainOrder::Name, false).await, "abcdef");
    assert_eq!(sorted(DomainOrder::Name, true).await, "fedcba");
    assert_eq!(sorted(DomainOrder::Standing, false).await, "bfcead");
    assert_eq!(sorted(DomainOrder::Standing, true).await, "daecfb");
    assert_eq!(sorted(DomainOrder::Age, false).await, "dbfaec");
    assert_eq!(sorted(DomainOrder::Age, true).await, "ceafbd");
    assert_eq!(counted(&world).await.all(), 6);
    let standings = vec![DomainStanding::Signing, DomainStanding::Claimed];
    let some = DomainQuestion { standings, order: DomainOrder::Standing, ..DomainQuestion::default() };
    assert_eq!(names(&all(&world, some).await), ["f", "d"]);
    let named = DomainQuestion { letters: "c.ex".to_owned(), ..DomainQuestion::default() };
    assert_eq!(names(&all(&world, named).await), ["c"]);
    for letters in ["%", "_", "'", "C"] {
        let none = DomainQuestion { letters: letters.to_owned(), ..DomainQuestion::default() };
        assert!(all(&world, none).await.is_empty(), "{letters}");
    }
    let absent = world.store.domains(&organisation("fabrikam"), &DomainQuestion::default(), 2).await;
    assert!(matches!(absent, Err(StoreError::NoOrganisation(_))), "{absent:?}");
}

/// What a list says of a domain is what is said of it alone.
#[tokio::test]
async fn a_listed_domain_is_whole() {
    let world = six().await;
    for listed in all(&world, DomainQuestion::default()).await {
        let (contoso, domain) = (organisation("contoso"), listed.domain.name.clone());
        assert_eq!(world.store.domain(&contoso, &domain).await.expect("there"), listed.domain);
        if by_the_core(&listed) != DomainStanding::Claimed {
            assert_eq!(world.store.dkim_get(&contoso, &domain).await.expect("held"), listed.configuration);
        }
    }
}

/// How domains stand is kept through all that happens to them.
#[tokio::test]
async fn counts_follow_what_happens() {
    let world = six().await;
    let (store, contoso) = (&world.store, organisation("contoso"));
    let path = world.directory.path().join("backup.db");
    let key = postseal_store::KeySource::File("key".into());
    store.backup(&path, &key, at(T0)).await.expect("written");
    store.remove_domain(&contoso, &name("a.example"), at(T0 + DAY)).await.expect("removed");
    assert_eq!(counted(&world).await.all(), 5);
    store.dkim_remove(&contoso, &name("d.example"), at(T0 + DAY)).await.expect("removed");
    assert_eq!(counted(&world).await.of(DomainStanding::NoKeys), 1);
    world.see("contoso", "b.example", T0 + 4 * DAY).await;
    assert_eq!(counted(&world).await.of(DomainStanding::Signing), 1);
    store.dkim_revoke_current(&contoso, &name("b.example"), &WAITS, at(T0 + 5 * DAY)).await.expect("revoked");
    assert_eq!(counted(&world).await.of(DomainStanding::Signing), 1, "the other key signs");
    store.trust_domain(&contoso, &name("f.example"), token(2), at(T0 + 5 * DAY)).await.expect("held");
    assert_eq!(counted(&world).await.of(DomainStanding::Claimed), 0);
    store.add_domain(&contoso, &name("a.example"), token(3), at(T0 + 6 * DAY)).await.expect("claimed again");
    assert_eq!(counted(&world).await.all(), 6);
    store.restore(&path, at(T0 + 7 * DAY)).await.expect("restored");
    let counts = counted(&world).await;
    for standing in DomainStanding::ALL {
        assert_eq!(counts.of(standing), 1, "{standing:?}");
    }
}

#[tokio::test]
async fn names_are_found_by_their_letters() {
    let world = six().await;
    let store = &world.store;
    store.add_organisation(&organisation("fabrikam"), at(T0)).await.expect("added");
    for domain in ["example.net", "my-a.example", "exact.example"] {
        store.trust_domain(&organisation("fabrikam"), &name(domain), token(1), at(T0)).await.expect("held");
    }
    store.remove_domain(&organisation("fabrikam"), &name("exact.example"), at(T0)).await.expect("removed");
    let fabrikam = organisation("fabrikam");
    let found = async |only: bool, letters: &str, limit| {
        let only = only.then_some(&fabrikam);
        let found = store.find_domains(only, letters, limit).await.expect("read");
        found.iter().map(|(owner, name)| format!("{owner}/{name}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(found(false, "a.exa", 9).await, "contoso/a.example fabrikam/my-a.example");
    assert_eq!(found(true, "a.exa", 9).await, "fabrikam/my-a.example");
    // Who begins with the letters is first, and counts.
    assert_eq!(found(false, "ex", 2).await, "fabrikam/example.net contoso/a.example");
    assert_eq!(found(false, "ex", 1).await, "fabrikam/example.net");
    assert_eq!(found(false, "exact", 9).await, "");
    assert_eq!(found(false, "%", 9).await, "");
    let organisations = async |letters: &str| store.find_organisations(letters, 9).await.expect("read");
    assert_eq!(organisations("abri").await, [organisation("fabrikam")]);
    assert_eq!(organisations("o").await, [organisation("contoso")]);
}
