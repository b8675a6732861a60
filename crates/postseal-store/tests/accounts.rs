//! Who is let in: accounts, sessions, set-up links, API tokens.

mod world;

use postseal_store::{
    Account, Act, ActorName, ApiToken, NewApiToken, PasswordHash, Role, SecretHash, SessionTimes, StoreError,
    TokenScope,
};
use world::{DAY, T0, World, at, organisation};

const HOUR: u64 = 3_600;
const TIMES: SessionTimes = SessionTimes { idle: 12 * HOUR, absolute: 7 * DAY };

fn actor(text: &str) -> ActorName {
    ActorName::parse(text).expect("a name")
}

fn hash(octet: u8) -> SecretHash {
    SecretHash::new([octet; 32])
}

fn password(text: &str) -> PasswordHash {
    PasswordHash::new(text.to_owned())
}

/// A store with the account `admin`, whose password is `first`.
async fn with_account() -> (World, Account) {
    let world = World::new().await;
    world.store.new_setup_link(hash(1), T0 + HOUR, at(T0)).await.expect("made");
    let made = world.store.use_setup_link(hash(1), &actor("admin"), &password("first"), at(T0)).await;
    assert_eq!(made.expect("made"), actor("admin"));
    let account = world.store.account(&actor("admin")).await.expect("read").expect("there");
    (world, account)
}

#[tokio::test]
async fn a_setup_link_is_used_once_within_its_hour_and_only_the_newest() {
    let world = World::new().await;
    let store = &world.store;
    store.new_setup_link(hash(1), T0 + HOUR, at(T0)).await.expect("made");
    store.new_setup_link(hash(2), T0 + HOUR, at(T0)).await.expect("made");
    let lives = async |octet: u8, now: u64| store.setup_link_lives(hash(octet), now).await.expect("read");
    assert_eq!((lives(1, T0).await, lives(2, T0).await, lives(2, T0 + HOUR).await), (false, true, false));
    let name = actor("admin");
    let use_link = async |octet: u8, text: &str, now: u64| {
        store.use_setup_link(hash(octet), &name, &password(text), at(now)).await
    };
    for (octet, now) in [(1, T0), (3, T0), (2, T0 + HOUR)] {
        let refused = use_link(octet, "x", now).await;
        assert!(matches!(refused, Err(StoreError::NoSetupLink)), "{octet} {now} {refused:?}");
    }
    assert!(store.accounts().await.expect("read").is_empty(), "nothing was made");
    use_link(2, "first", T0 + HOUR - 1).await.expect("in time");
    let again = use_link(2, "second", T0 + HOUR - 1).await;
    assert!(matches!(again, Err(StoreError::NoSetupLink)), "{again:?}");
    let [account] = store.accounts().await.expect("read").try_into().expect("one");
    assert_eq!(
        (account.name, account.role, account.password),
        (name, Role::Administrator, password("first"))
    );
}

#[tokio::test]
async fn a_link_for_an_account_that_is_there_keeps_its_name_and_ends_its_sessions() {
    let (world, account) = with_account().await;
    let store = &world.store;
    store.begin_session(&account, hash(9), TIMES, String::new(), at(T0)).await.expect("begun");
    store.new_setup_link(hash(2), T0 + HOUR, at(T0)).await.expect("made");
    let name = store.use_setup_link(hash(2), &actor("other"), &password("second"), at(T0)).await;
    assert_eq!(name.expect("used"), actor("admin"));
    assert_eq!(store.session(hash(9), TIMES, T0).await.expect("read"), None);
    let actions: Vec<String> =
        store.audit_rows(0, 10).await.expect("read").into_iter().map(|row| row.action).collect();
    let expected = ["setup-link.add", "account.add", "session.begin", "setup-link.add", "account.reset"];
    assert_eq!(actions, expected);
}

#[tokio::test]
async fn sessions_end_by_time_by_hand_and_by_a_password() {
    let (world, account) = with_account().await;
    let store = &world.store;
    let lives =
        async |octet: u8, now: u64| store.session(hash(octet), TIMES, now).await.expect("read").is_some();
    let begin = async |octet: u8, now: u64| {
        store.begin_session(&account, hash(octet), TIMES, String::new(), at(now)).await
    };
    begin(1, T0).await.expect("begun");
    assert_eq!((lives(1, T0).await, lives(2, T0).await), (true, false));
    assert_eq!((lives(1, T0 + 12 * HOUR - 1).await, lives(1, T0 + 12 * HOUR).await), (true, false));
    // Whoever is seen each ten hours stays for seven days, and no longer.
    for step in 1..=16 {
        store.session_seen(hash(1), T0 + step * 10 * HOUR).await.expect("written");
    }
    assert_eq!((lives(1, T0 + 7 * DAY - 1).await, lives(1, T0 + 7 * DAY).await), (true, false));
    begin(2, T0 + 8 * DAY).await.expect("begun");
    store.end_session(hash(2), at(T0 + 8 * DAY)).await.expect("ended");
    store.end_session(hash(2), at(T0 + 8 * DAY)).await.expect("ended already");
    assert!(!lives(2, T0 + 8 * DAY).await);
    begin(3, T0).await.expect("begun");
    let set = async |old: &str, new: &str| {
        store.set_password(&account.name, &password(old), &password(new), at(T0)).await
    };
    assert!(matches!(set("wrong", "x").await, Err(StoreError::NoAccount)));
    assert!(lives(3, T0).await, "nothing has changed");
    set("first", "second").await.expect("set");
    assert!(!lives(3, T0).await);
    // The password was right when it was looked at, and is not any more.
    assert!(matches!(begin(4, T0).await, Err(StoreError::NoAccount)));
}

#[tokio::test]
async fn a_hundred_sessions_are_kept() {
    let (world, account) = with_account().await;
    for octet in 0..=100 {
        let now = T0 + u64::from(octet);
        let begun = world.store.begin_session(&account, hash(octet), TIMES, String::new(), at(now)).await;
        begun.expect("begun");
    }
    let lives =
        async |octet: u8| world.store.session(hash(octet), TIMES, T0 + 200).await.expect("read").is_some();
    assert_eq!((lives(0).await, lives(1).await, lives(100).await), (false, true, true));
}

fn new_token(name: &str, octet: u8, scope: TokenScope, organisation_name: Option<&str>) -> NewApiToken {
    NewApiToken {
        name: actor(name),
        hash: hash(octet),
        scope,
        organisation: organisation_name.map(organisation),
        expires_at: T0 + DAY,
    }
}

#[tokio::test]
async fn tokens_are_found_by_their_secret_until_they_expire_or_are_removed() {
    let world = World::with("contoso", "a.example").await;
    let store = &world.store;
    let new = new_token("backup-job", 1, TokenScope::ReadOrganisation, Some("contoso"));
    let act = Act { actor: "account:admin", now: T0 };
    let made = store.add_token(&new, act).await.expect("made");
    let found = store.token(hash(1), T0).await.expect("read");
    assert_eq!(found, Some(made.clone()));
    assert_eq!((made.made_by.as_str(), made.organisation), ("account:admin", Some(organisation("contoso"))));
    let good = async |octet: u8, now: u64| store.token(hash(octet), now).await.expect("read").is_some();
    assert_eq!(
        (good(1, T0 + DAY - 1).await, good(1, T0 + DAY).await, good(2, T0).await),
        (true, false, false)
    );
    store.token_used(hash(1), T0 + 5).await.expect("written");
    let listed: Vec<ApiToken> = store.tokens("", 10).await.expect("read");
    assert_eq!(listed.iter().map(|token| token.used_at).collect::<Vec<_>>(), [Some(T0 + 5)]);
    let taken = store.add_token(&new_token("backup-job", 2, TokenScope::Operate, None), act).await;
    assert!(matches!(taken, Err(StoreError::TokenTaken(_))), "{taken:?}");
    let nobody = store.add_token(&new_token("other", 2, TokenScope::Operate, Some("nobody")), act).await;
    assert!(matches!(nobody, Err(StoreError::NoOrganisation(_))), "{nobody:?}");
    store.remove_token(&new.name, act).await.expect("removed");
    assert!(!good(1, T0).await && store.tokens("", 10).await.expect("read").is_empty());
    assert!(matches!(store.remove_token(&new.name, act).await, Err(StoreError::NoToken(_))));
    let again = store.add_token(&new_token("backup-job", 3, TokenScope::Operate, None), act).await;
    assert!(matches!(again, Err(StoreError::TokenTaken(_))), "names are for ever: {again:?}");
}

#[tokio::test]
async fn a_token_that_runs_the_node_has_no_organisation() {
    let world = World::with("contoso", "a.example").await;
    let both =
        world.store.add_token(&new_token("both", 1, TokenScope::Operate, Some("contoso")), at(T0)).await;
    assert!(matches!(both, Err(StoreError::Database(_))), "{both:?}");
}
