use std::net::IpAddr;

use postseal_store::{ActorName, StoreError, TokenScope};

use super::super::test_world::{ACTOR, DAY, HOUR, World, organisation};
use super::super::{PasswordFault, Secret, ServiceError, TokenOrder};

const PASSWORD: &str = "correct horse battery";
const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

fn actor(text: &str) -> ActorName {
    ActorName::parse(text).expect("a name")
}

/// A world with the account `admin`.
async fn with_account() -> World {
    let world = World::new().await;
    assert!(world.service.administrator().await.expect("read").is_none());
    let (link, until) = world.service.new_setup_link(ACTOR).await.expect("made");
    assert_eq!(until, world.now() + HOUR);
    assert!(world.service.setup_link_lives(&link).await.expect("read"));
    world.service.enter_by_setup_link(&link, &actor("admin"), PASSWORD, ADDRESS).await.expect("used");
    world
}

#[tokio::test]
async fn a_link_makes_the_account_and_later_gives_it_another_password() {
    let world = with_account().await;
    let service = &world.service;
    assert!(service.log_in("Admin", PASSWORD, ADDRESS).await.is_ok());
    let (link, _) = service.new_setup_link(ACTOR).await.expect("made");
    let short = service.enter_by_setup_link(&link, &actor("admin"), "short", ADDRESS).await;
    assert!(matches!(short, Err(ServiceError::Password(PasswordFault::TooShort))), "{short:?}");
    world.after(HOUR);
    let late = service.enter_by_setup_link(&link, &actor("admin"), "another horse battery", ADDRESS).await;
    assert!(matches!(late, Err(ServiceError::Store(StoreError::NoSetupLink))), "{late:?}");
    let (link, _) = service.new_setup_link(ACTOR).await.expect("made");
    service
        .enter_by_setup_link(&link, &actor("admin"), "another horse battery", ADDRESS)
        .await
        .expect("used");
    assert!(matches!(service.log_in("admin", PASSWORD, ADDRESS).await, Err(ServiceError::WrongPassword)));
    assert!(service.log_in("admin", "another horse battery", ADDRESS).await.is_ok());
}

#[tokio::test]
async fn a_link_lets_in_at_once_while_somebody_guesses() {
    let world = with_account().await;
    while !matches!(world.service.log_in("admin", "wrong", ADDRESS).await, Err(ServiceError::Wait { .. })) {}
    let (link, _) = world.service.new_setup_link(ACTOR).await.expect("made");
    let entered = world.service.enter_by_setup_link(&link, &actor("admin"), PASSWORD, ADDRESS).await;
    let session = world.service.session(&entered.expect("lets in")).await.expect("read");
    assert_eq!(session.map(|session| session.account), Some(actor("admin")));
}

#[tokio::test]
async fn the_answer_is_the_same_whether_there_is_such_an_account() {
    let world = with_account().await;
    for name in ["admin", "nobody", "no name at all", ""] {
        let refused = world.service.log_in(name, "wrong password 1", ADDRESS).await;
        assert!(matches!(refused, Err(ServiceError::WrongPassword)), "{name} {refused:?}");
    }
    for name in ["admin", "nobody"] {
        let _ = world.service.log_in(name, "wrong password 2", ADDRESS).await;
        let early = world.service.log_in(name, PASSWORD, ADDRESS).await;
        assert!(matches!(early, Ok(_) | Err(ServiceError::WrongPassword)), "{name} {early:?}");
    }
}

/// Guesses of which two hundred are made at once.
#[tokio::test]
async fn of_many_guesses_at_once_few_are_looked_at() {
    let world = with_account().await;
    let guesses = (0..200).map(|guess| {
        let service = std::sync::Arc::clone(&world.service);
        let from = IpAddr::from([198, 51, 100, guess]);
        tokio::spawn(async move { service.log_in("admin", &format!("wrong password {guess}"), from).await })
    });
    let mut looked_at = 0;
    for guess in guesses.collect::<Vec<_>>() {
        match guess.await.expect("no panic") {
            Err(ServiceError::WrongPassword) => looked_at += 1,
            Err(ServiceError::Wait { seconds }) => assert!((1..=15).contains(&seconds), "{seconds}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(looked_at, 3);
    world.after(15);
    assert!(world.service.log_in("admin", PASSWORD, ADDRESS).await.is_ok());
}

#[tokio::test]
async fn sessions_go_on_while_they_are_used_and_end_with_the_password() {
    let world = with_account().await;
    let service = &world.service;
    let secret = service.log_in("admin", PASSWORD, ADDRESS).await.expect("right");
    let lives = async |secret: &Secret| service.session(secret).await.expect("read").is_some();
    for _ in 0..10 {
        world.after(11 * HOUR);
        assert!(lives(&secret).await);
        // When it was seen is written down beside the answer.
        while service.session(&secret).await.expect("read").expect("lives").seen_at < world.now() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    world.after(12 * HOUR);
    assert!(!lives(&secret).await, "idle");
    let (one, other) = (
        service.log_in("admin", PASSWORD, ADDRESS).await.expect("right"),
        service.log_in("admin", PASSWORD, ADDRESS).await.expect("right"),
    );
    assert_ne!(one.text(), other.text());
    let session = service.session(&one).await.expect("read").expect("lives");
    service.log_out(&one, &session).await.expect("ended");
    assert_eq!((lives(&one).await, lives(&other).await), (false, true));
    let change = async |current: &str, new: &str| {
        service.change_password(&actor("admin"), (current, new), Some(ADDRESS)).await
    };
    assert!(matches!(change("wrong", "another horse battery").await, Err(ServiceError::WrongPassword)));
    assert!(matches!(change(PASSWORD, "admin").await, Err(ServiceError::Password(_))));
    assert!(lives(&other).await);
    change(PASSWORD, "another horse battery").await.expect("changed");
    assert!(!lives(&other).await && !lives(&Secret::new().expect("random")).await);
    let audit = service.audit_rows(0, 100).await.expect("read").rows;
    let by_account: Vec<&str> =
        audit.iter().filter(|row| row.actor == "account:admin").map(|row| row.action.as_str()).collect();
    let expected = [
        "session.begin",
        "session.begin",
        "session.begin",
        "session.begin",
        "session.end",
        "account.password",
    ];
    assert_eq!(by_account, expected);
    let shown = format!("{audit:?}");
    assert!(!shown.contains(PASSWORD) && !shown.contains(&other.text()), "no secret is in the log");
}

#[tokio::test]
async fn tokens_are_shown_once_and_end() {
    let world = World::held().await;
    let service = &world.service;
    let order = |name: &str, scope, with: Option<&str>| TokenOrder {
        name: actor(name),
        scope,
        organisation: with.map(organisation),
        lifetime: 30 * DAY,
    };
    let both = service.add_token(order("both", TokenScope::Operate, Some("contoso")), ACTOR).await;
    assert!(matches!(both, Err(ServiceError::OperateWithOrganisation)), "{both:?}");
    let (made, shown) = service
        .add_token(order("job", TokenScope::ReadOrganisation, Some("contoso")), ACTOR)
        .await
        .expect("made");
    assert!(shown.starts_with("postseal_") && shown.len() == 52, "{}", shown.len());
    assert_eq!(service.token(&shown).await.expect("read").map(|token| token.name), Some(made.name.clone()));
    for wrong in ["", "postseal_", &shown[1..], &shown[..51], &format!("{shown}x")] {
        assert_eq!(service.token(wrong).await.expect("read"), None, "{wrong}");
    }
    world.after(30 * DAY);
    assert_eq!(service.token(&shown).await.expect("read"), None, "expired");
    assert_eq!(service.tokens("", 10).await.expect("read").len(), 1, "and listed still");
    service.remove_token(&made.name, ACTOR).await.expect("removed");
    assert_eq!(service.tokens("", 10).await.expect("read"), []);
}
