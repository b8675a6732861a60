//! What lies on the disk: no key in clear, an audit log that shows any change, a
//! backup that can be restored, many writers.

mod world;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use postseal_core::hosting::{Changes, KeyId, OrganisationName, Slot};
use postseal_store::{
    AuditVerdict, DomainQuestion, HostedKey, KeyEncryptionKey, KeySource, Store, StoreError,
};
use world::{DAY, T0, WAITS, World, at, ed25519, enable, kek, name, open, organisation, token};

#[tokio::test]
async fn no_key_octets_in_clear_on_the_disk_or_in_debug() {
    let world = World::with("contoso", "a.example").await;
    let keys = [HostedKey::generate(2_048).expect("made"), ed25519()];
    let (contoso, domain) = (organisation("contoso"), name("a.example"));
    let (made, _) = world
        .store
        .dkim_new(&contoso, &domain, [&keys[0], &keys[1]], &Changes::default(), at(T0))
        .await
        .expect("made");
    let mut secrets = Vec::new();
    for slot in Slot::BOTH {
        let key: KeyId = made.slot(slot).key;
        secrets.push(world.store.private_key(key).await.expect("opens"));
    }
    world.see("contoso", "a.example", T0).await;
    world.store.dkim_set(&contoso, &domain, &enable(true), &WAITS, at(T0)).await.expect("enabled");
    world.store.dkim_revoke_current(&contoso, &domain, &WAITS, at(T0 + 1)).await.expect("revoked");
    let backup = world.directory.path().join("backup.db");
    let source = KeySource::File("kek".into());
    world.store.backup(&backup, &source, at(T0)).await.expect("written");
    let in_clear = [b"page".as_slice(), &secrets[0][..900], b"page"].concat();
    assert!(holds(&in_clear, &secrets[0]), "the search finds what is there");
    let mut looked_at = Vec::new();
    for entry in std::fs::read_dir(world.directory.path()).expect("listed") {
        let path = entry.expect("an entry").path();
        let octets = std::fs::read(&path).expect("read");
        looked_at.push(path.file_name().expect("a name").to_string_lossy().into_owned());
        assert!(!secrets.iter().any(|secret| holds(&octets, secret)), "key octets in {}", path.display());
        let mode = std::fs::metadata(&path).expect("there").permissions().mode() & 0o7777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
    looked_at.sort();
    let expected = ["backup.db", "backup.db.txt", "postseal.db", "postseal.db-shm", "postseal.db-wal"];
    assert_eq!(looked_at, expected);
    let shown = format!("{:?} {:?} {:?}", keys, world.store, kek());
    assert!(shown.contains("HostedKey(v=DKIM1; k=rsa; p=") && !shown.contains("pkcs8"), "{shown}");
}

/// True where any 16 octets of the key's second half are in it: an RSA key has its
/// primes there, an Ed25519 key the end of its seed.
fn holds(octets: &[u8], secret: &[u8]) -> bool {
    secret[secret.len() / 2..].chunks_exact(16).any(|part| octets.windows(16).any(|window| window == part))
}

#[tokio::test]
async fn one_flipped_octet_of_the_audit_log_is_named() {
    let world = World::with("contoso", "a.example").await;
    for i in 0..10 {
        world.hold("contoso", &format!("needle{i}.example"), T0).await;
    }
    let rows = world.store.audit_rows(0, 100).await.expect("read");
    let verdict = world.store.audit_verify(None).await.expect("read");
    let AuditVerdict::Intact { rows: count, head } = verdict else { panic!("{verdict:?}") };
    assert_eq!(count, i64::try_from(rows.len()).expect("few"));
    world.store.close().await;
    let sound = std::fs::read(world.path()).expect("read");
    // The octets of the row that verified needle6, in its subject: "needle6" becomes "needlf6".
    let row =
        rows.iter().find(|r| r.subject == "needle6.example" && r.action == "domain.verify").expect("there");
    let mark = b"domain.verifyneedle6.example";
    let place = sound.windows(mark.len()).position(|w| w == mark).expect("in the file") + 18;
    let mut bent = sound.clone();
    bent[place] ^= 1;
    std::fs::write(world.path(), &bent).expect("written");
    let store = open(&world.path()).await;
    assert_eq!(store.audit_verify(None).await.expect("read"), AuditVerdict::Broken { first_bad: row.seq });
    store.close().await;
    std::fs::write(world.path(), &sound).expect("written");
    let store = open(&world.path()).await;
    let intact = AuditVerdict::Intact { rows: count, head: head.clone() };
    assert_eq!(store.audit_verify(None).await.expect("read"), intact);
    assert_eq!(store.audit_verify(Some((count, &head))).await.expect("read"), intact);
    // A head from a time when there were more rows: the log was cut.
    let cut = store.audit_verify(Some((count + 2, &head))).await.expect("read");
    assert_eq!(cut, AuditVerdict::Broken { first_bad: count + 1 });
    let other = store.audit_verify(Some((count, &[0; 32]))).await.expect("read");
    assert_eq!(other, AuditVerdict::Broken { first_bad: count });
}

#[tokio::test]
async fn a_backup_of_a_running_store_is_restored_there_and_elsewhere() {
    let world = World::enabled("contoso", "a.example").await;
    let store = &world.store;
    let contoso = organisation("contoso");
    let backup = world.directory.path().join("backup.db");
    let source = KeySource::Credential("postseal-kek".to_owned());
    store.backup(&backup, &source, at(T0)).await.expect("written");
    let note = std::fs::read_to_string(world.directory.path().join("backup.db.txt")).expect("read");
    assert!(note.contains("is not in it: it is kept in the systemd credential postseal-kek"), "{note}");
    let again = store.backup(&backup, &source, at(T0)).await;
    assert!(matches!(again, Err(StoreError::File { .. })), "a backup is never overwritten: {again:?}");

    let kept = store.dkim_get(&contoso, &name("a.example")).await.expect("held").expect("keys");
    store.remove_domain(&contoso, &name("a.example"), at(T0 + 60)).await.expect("removed");
    world.hold("contoso", "later.example", T0 + 60).await;
    let label = store.domain(&contoso, &name("later.example")).await.expect("held").label;
    let (serial, revision) =
        (store.zone_serial().await.expect("read"), store.revision().await.expect("read"));
    let audit = store.audit_rows(0, 1_000).await.expect("read").len();
    store.restore(&backup, at(T0 + 120)).await.expect("restored");
    assert_eq!(store.dkim_get(&contoso, &name("a.example")).await.expect("held"), Some(kept.clone()));
    store.private_key(kept.slots[0].key).await.expect("opens");
    assert!(matches!(store.domain(&contoso, &name("later.example")).await, Err(StoreError::NoDomain(_))));
    assert!(store.zone_serial().await.expect("read") > serial);
    assert_eq!(store.changes_since(revision).await.expect("read").domains, None, "everything is read anew");
    assert_eq!(store.audit_rows(0, 1_000).await.expect("read").len(), audit + 1);
    assert!(matches!(store.audit_verify(None).await.expect("read"), AuditVerdict::Intact { .. }));
    // A name that was made after the backup is still its domain's own.
    store.add_organisation(&organisation("fabrikam"), at(T0 + 180)).await.expect("added");
    world.hold("fabrikam", "later.example", T0 + 180).await;
    let other = store.domain(&organisation("fabrikam"), &name("later.example")).await.expect("held").label;
    assert_ne!(other, label);

    let elsewhere = tempfile::tempdir().expect("a directory");
    let new = open(&elsewhere.path().join("postseal.db")).await;
    new.restore(&backup, at(T0 + DAY)).await.expect("restored");
    assert_eq!(new.dkim_get(&contoso, &name("a.example")).await.expect("held"), Some(kept));
    assert!(new.zone_serial().await.expect("read") > serial, "above what the lost machine ever said");
    assert!(matches!(new.audit_verify(None).await.expect("read"), AuditVerdict::Intact { .. }));
}

/// Whoever asked for it goes away at any moment: the store is as usable as before, and no half of a backup is left.
#[tokio::test]
async fn a_backup_or_a_restore_that_nobody_waits_for_is_done_whole() {
    let world = World::enabled("contoso", "a.example").await;
    let (store, source) = (&world.store, KeySource::Credential("postseal-kek".to_owned()));
    let file = |name: String| world.directory.path().join(name);
    let backup = file("backup.db".to_owned());
    store.backup(&backup, &source, at(T0)).await.expect("written");
    let wait = |round: u64| std::time::Duration::from_micros(round * 997 % 20_000);
    for round in 0..20 {
        let cut = file(format!("cut{round}.db"));
        let _ = tokio::time::timeout(wait(round), store.backup(&cut, &source, at(T0))).await;
        let _ = tokio::time::timeout(wait(round), store.restore(&backup, at(T0 + round))).await;
        store.restore(&backup, at(T0 + round)).await.expect("nothing is left attached");
        let sealers = [name("f.example")];
        let set = store.set_trusted_sealers(&organisation("contoso"), &sealers, at(T0 + round)).await;
        set.expect("it can be written");
    }
    let last = file("last.db".to_owned());
    store.backup(&last, &source, at(T0 + 100)).await.expect("written");
    for round in 0..20 {
        let cut = file(format!("cut{round}.db"));
        if cut.exists() {
            store.restore(&cut, at(T0 + 200)).await.expect("a whole backup");
        }
    }
}

#[tokio::test]
async fn a_backup_that_does_not_fit_changes_nothing() {
    let world = World::enabled("contoso", "a.example").await;
    let check = |path: &Path, expected: &'static str| {
        let (store, path) = (world.store.clone(), path.to_owned());
        async move {
            let error = store.restore(&path, at(T0)).await.expect_err("refused").to_string();
            assert!(error.contains(expected), "{error}");
            assert!(
                store.dkim_get(&organisation("contoso"), &name("a.example")).await.expect("held").is_some()
            );
        }
    };
    let other = World::enabled("fabrikam", "b.example").await;
    let foreign = other.directory.path().join("backup.db");
    let source = KeySource::Environment("KEK".to_owned());
    other.store.backup(&foreign, &source, at(T0)).await.expect("written");
    check(&foreign, "another store's").await;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("k.db");
    let stranger =
        Store::open_sqlite(&path, &KeyEncryptionKey::from_octets([9; 32]), T0).await.expect("made");
    let locked = directory.path().join("backup.db");
    stranger.backup(&locked, &source, at(T0)).await.expect("written");
    check(&locked, "not the key-encryption key").await;
    let damaged = directory.path().join("damaged.db");
    std::fs::write(&damaged, b"SQLite format 3\0 and nothing that follows").expect("written");
    check(&damaged, "the database").await;
    check(&directory.path().join("none.db"), "No such file").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_in_two_processes_worth_of_pools_lose_nothing() {
    let world = World::new().await;
    world.store.add_organisation(&organisation("contoso"), at(T0)).await.expect("added");
    let second = open(&world.path()).await;
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let store = if task % 2 == 0 { world.store.clone() } else { second.clone() };
            tokio::spawn(async move {
                let contoso: OrganisationName = organisation("contoso");
                for i in 0..25 {
                    let domain = name(&format!("d{task}-{i}.example"));
                    store.trust_domain(&contoso, &domain, token(1), at(T0)).await.expect("held");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    let contoso = organisation("contoso");
    let all = world.store.domains(&contoso, &DomainQuestion::default(), 1_000).await.expect("read");
    assert_eq!(all.domains.len(), 200);
    assert_eq!(world.store.revision().await.expect("read"), 201);
    let verdict = second.audit_verify(None).await.expect("read");
    assert!(matches!(verdict, AuditVerdict::Intact { rows: 201, .. }), "{verdict:?}");
}
