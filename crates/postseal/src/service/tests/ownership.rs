use postseal_core::dns::RecordData;
use postseal_core::hosting::{OwnershipToken, Proof, Slot};
use postseal_store::{Domain, Standing, StoreError, Verification};

use super::super::test_world::{ACTOR, DAY, World, contoso, domain, name, organisation, text};
use super::super::{Purpose, ServiceError};

fn token(domain: &Domain) -> (postseal_core::dns::DomainName, RecordData) {
    let token = match &domain.standing {
        Standing::Claimed(claim) => &claim.token,
        Standing::Held(holding) => &holding.token,
        Standing::Removed => panic!("removed"),
    };
    (OwnershipToken::name(&domain.name).expect("short"), text(&token.record()))
}

#[tokio::test]
async fn a_domain_is_proven_by_its_own_servers() {
    let world = World::new().await;
    world.service.add_organisation(&contoso(), ACTOR).await.expect("added");
    let claimed = world.service.add_domain(&contoso(), &domain(), false, ACTOR).await.expect("claimed");
    let held = world.service.dkim_get(&contoso(), &domain()).await;
    assert!(matches!(held, Err(ServiceError::Store(StoreError::NotHeld(_)))), "{held:?}");
    let verify = async || world.service.verify_domain(&contoso(), &domain(), ACTOR).await.expect("asked");
    let missing = verify().await;
    assert_eq!(missing.verification, Verification::NotProven(Proof::Absent));
    assert_eq!(missing.seen.servers[0].texts.as_deref(), Some([].as_slice()));
    world.publish(&[token(&claimed)]);
    assert_eq!(verify().await.verification, Verification::Held);
    let records = world.service.records(&contoso(), &domain()).await.expect("read");
    let purposes: Vec<Purpose> = records.iter().map(|record| record.purpose).collect();
    assert_eq!(purposes, [Purpose::Ownership, Purpose::Dkim, Purpose::Dkim, Purpose::Spf, Purpose::Dmarc]);
}

#[tokio::test]
async fn a_domain_moves_to_whoever_proves_it_when_the_old_proof_is_gone() {
    let world = World::new().await;
    let fabrikam = organisation("fabrikam");
    for owner in [&contoso(), &fabrikam] {
        world.service.add_organisation(owner, ACTOR).await.expect("added");
    }
    let first = world.service.add_domain(&contoso(), &domain(), false, ACTOR).await.expect("claimed");
    world.publish(&[token(&first)]);
    world.service.verify_domain(&contoso(), &domain(), ACTOR).await.expect("proven");
    world.after(DAY);
    let second = world.service.add_domain(&fabrikam, &domain(), false, ACTOR).await.expect("claimed");
    let verify =
        async || world.service.verify_domain(&fabrikam, &domain(), ACTOR).await.expect("asked").verification;
    world.publish(&[token(&first), token(&second)]);
    assert_eq!(verify().await, Verification::Contested { again_at: None });
    world.publish(&[token(&second)]);
    assert_eq!(verify().await, Verification::Contested { again_at: Some(world.now() + 1_800) });
    world.after(1_800);
    assert_eq!(verify().await, Verification::Moved);
    // A stranger's domain is not found, whatever it was before.
    let gone = world.service.dkim_get(&contoso(), &domain()).await;
    assert!(matches!(gone, Err(ServiceError::Store(StoreError::NoDomain(_)))), "{gone:?}");
    // The new holder has hosted names of its own.
    let view = world.service.dkim_get(&fabrikam, &domain()).await.expect("held");
    let target = view.target(Slot::First).expect("hosted").to_string();
    assert!(
        target.starts_with("selector1-contoso-example-") && target.ends_with(".fabrikam.keys.example"),
        "{target}"
    );
}

#[tokio::test]
async fn what_cannot_be_added_is_refused() {
    let world = World::new().await;
    world.service.add_organisation(&contoso(), ACTOR).await.expect("added");
    let add = async |text: &str| world.service.add_domain(&contoso(), &name(text), true, ACTOR).await;
    assert!(matches!(add("file.example").await, Err(ServiceError::InFile(_))));
    assert!(matches!(add("other.keys.example").await, Err(ServiceError::InHostingZone(_))));
    assert!(matches!(add("keys.example").await, Err(ServiceError::InHostingZone(_))));
    add("contoso.example").await.expect("held");
    world.service.add_organisation(&organisation("fabrikam"), ACTOR).await.expect("added");
    let taken = world.service.add_domain(&organisation("fabrikam"), &domain(), true, ACTOR).await;
    assert!(matches!(taken, Err(ServiceError::Store(StoreError::HeldByAnother(_)))), "{taken:?}");
    let nobody = world.service.verify_domain(&contoso(), &name("nobody.example"), ACTOR).await;
    assert!(matches!(nobody, Err(ServiceError::Store(StoreError::NoDomain(_)))));
}
