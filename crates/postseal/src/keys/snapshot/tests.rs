//! Snapshots, how they change, and how they come back from the disk.

use std::fs;

use super::entry::tests::organisation;
pub(crate) use super::entry::tests::{entry, former, name};
use super::*;

const NOW: u64 = 1_800_000_000;

fn zone() -> HostingZone {
    HostingZone::new(name("keys.example")).expect("short")
}

fn change(entry: Entry) -> Change {
    Change { name: entry.name.clone(), entry: Some(entry) }
}

fn empty() -> HostedSnapshot {
    let shards = (0..SHARDS).map(|_| Some(Arc::default())).collect();
    HostedSnapshot::of_shards(shards, 0, 0, NOW, Some(Arc::new(zone())))
}

/// A snapshot of nothing but holes.
pub(crate) fn unknown() -> HostedSnapshot {
    HostedSnapshot::of_shards((0..SHARDS).map(|_| None).collect(), 0, 0, 0, None)
}

/// A complete snapshot with these domains; the hosting zone is keys.example.
pub(crate) fn with(entries: &[Entry]) -> HostedSnapshot {
    let changes: Vec<Change> = entries.iter().cloned().map(change).collect();
    empty().changed(&changes, 1, 1, NOW).0
}

/// The same as if it had been made at once.
fn check_like_new(snapshot: &HostedSnapshot) {
    let new = HostedSnapshot::of_shards(
        snapshot.shards.clone(),
        snapshot.revision,
        snapshot.serial,
        snapshot.as_of,
        snapshot.zone.clone(),
    );
    assert_eq!(snapshot.names, new.names);
    assert_eq!(snapshot.organisations, new.organisations);
    assert_eq!(snapshot.next_change, new.next_change);
    assert_eq!(snapshot.alarmed, new.alarmed);
}

#[test]
fn a_change_is_of_one_domain() {
    let domains: Vec<Entry> =
        (0..3_000).map(|number| entry(&format!("d{number}.example"), "contoso")).collect();
    let before = with(&domains);
    assert_eq!(before.len(), 3_000);
    check_like_new(&before);
    let changed = Entry { former: vec![former("contoso", "old-d7", NOW + 5)], ..domains[7].clone() };
    let gone = Change { name: name("d8.example"), entry: None };
    let (after, touched) = before.changed(&[change(changed.clone()), gone], 2, 9, NOW);
    assert_eq!(touched.len(), 2);
    check_like_new(&after);
    assert_eq!(before.find(&name("d7.example")), Known::Yes(domains[7].clone()));
    assert_eq!(after.find(&name("d7.example")), Known::Yes(changed.clone()));
    assert_eq!(after.find(&name("d8.example")), Known::No);
    assert_eq!(after.of_hosted_name("old-d7"), Some(changed));
    assert_eq!(after.of_hosted_name("selector1-d8-example"), None);
    assert_eq!(after.of_hosted_name("selector2-d9-example"), Some(domains[9].clone()));
    assert_eq!((after.revision(), after.serial(), after.len()), (2, 9, 2_999));
    let shared = (0..SHARDS).filter(|place| {
        before.shard(*place).zip(after.shard(*place)).is_some_and(|(one, other)| Arc::ptr_eq(one, other))
    });
    assert_eq!(shared.count(), SHARDS - 2);
    assert_eq!(after.presence_of(&organisation("contoso")), Presence { initial: false, names: 5_999 });
}

#[test]
fn an_organisation_is_there_while_it_has_something() {
    let initial = entry("contoso.keys.example", "contoso");
    let snapshot = with(&[initial.clone(), entry("fabrikam.keys.example", "contoso")]);
    assert_eq!(snapshot.presence_of(&organisation("contoso")), Presence { initial: true, names: 4 });
    assert_eq!(snapshot.presence_of(&organisation("fabrikam")), Presence::default());
    let (without, _) = snapshot.changed(&[Change { name: initial.name, entry: None }], 2, 2, NOW);
    assert_eq!(without.presence_of(&organisation("contoso")), Presence { initial: false, names: 2 });
    check_like_new(&without);
}

#[test]
fn names_that_were_given_up_are_due() {
    let gone = Entry {
        holder: None,
        former: vec![former("contoso", "a-b", NOW + 10), former("contoso", "c-d", NOW + 50)],
        ..entry("b.example", "contoso")
    };
    let snapshot = with(std::slice::from_ref(&gone));
    assert!(snapshot.due(NOW + 9).is_empty());
    let due = snapshot.due(NOW + 10);
    assert_eq!(due.len(), 1, "it answers as revoked from now on");
    let (later, _) = snapshot.changed(&due, 1, 2, NOW + 10);
    check_like_new(&later);
    assert!(later.due(NOW + 49).is_empty());
    let due = later.due(NOW + 110);
    let left: Vec<&str> = due[0].entry.iter().flat_map(|e| &e.former).map(|f| &*f.hosted_selector).collect();
    assert_eq!(left, ["c-d"]);
    let due = later.due(NOW + 150);
    assert_eq!(due.len(), 1);
    assert!(due[0].entry.is_none(), "nothing is left of it");
}

#[test]
fn what_is_not_known_is_said() {
    let unknown = unknown();
    assert!(!unknown.is_complete());
    assert_eq!(unknown.find(&name("a.example")), Known::Unknown);
    assert_eq!(unknown.holder_of(&name("a.example")), Known::Unknown);
    let (still, _) = unknown.changed(&[change(entry("a.example", "contoso"))], 1, 1, NOW);
    assert_eq!(still.find(&name("a.example")), Known::Unknown);
    assert_eq!(empty().find(&name("a.example")), Known::No);
}

fn origin(snapshot: &HostedSnapshot) -> Origin {
    Origin { store_id: "s".to_owned(), revision: snapshot.revision(), serial: snapshot.serial() }
}

fn write(copy: &NodeCopy, snapshot: &HostedSnapshot, places: &[usize]) {
    let right = copy.lock().expect("free");
    for place in places {
        let shard = snapshot.shard(*place).expect("known");
        let keys: Vec<_> = shard
            .entries()
            .flat_map(|entry| entry.key_ids())
            .map(|id| (id, postseal_store::SealedKey::new(id.0.to_be_bytes().to_vec())))
            .collect();
        copy.write_shard(&right, *place, snapshot.serial(), shard, &keys).expect("written");
    }
    copy.write_origin(&right, &origin(snapshot), snapshot).expect("written");
}

#[test]
fn a_copy_comes_back_from_the_disk() {
    let home = tempfile::tempdir().expect("a directory");
    let copy = NodeCopy::beside(&home.path().join("postseal.db"));
    let nothing = copy.load(Some(zone()), NOW);
    assert!(nothing.origin.is_none() && nothing.damaged.is_empty() && !nothing.snapshot.is_complete());

    let domains: Vec<Entry> = (0..50).map(|n| entry(&format!("d{n}.example"), "contoso")).collect();
    let snapshot = with(&domains);
    let filled: Vec<usize> =
        (0..SHARDS).filter(|place| snapshot.shard(*place).is_some_and(|shard| shard.len() > 0)).collect();
    write(&copy, &snapshot, &filled);
    let loaded = copy.load(Some(zone()), NOW);
    assert_eq!(loaded.origin, Some(origin(&snapshot)));
    assert!(loaded.damaged.is_empty() && loaded.snapshot.is_complete(), "{:?}", loaded.damaged);
    assert_eq!((loaded.snapshot.revision(), loaded.snapshot.serial()), (1, 1));
    for domain in &domains {
        assert_eq!(loaded.snapshot.find(&domain.name), Known::Yes(domain.clone()));
        let place = NodeCopy::place_of(domain.name.as_str());
        let keys = copy.keys(place, &domain.key_ids().collect::<Vec<_>>()).expect("read");
        assert_eq!(keys.len(), 2);
        assert!(copy.keys(place, &[postseal_core::hosting::KeyId(77)]).expect("read").is_empty());
    }
    check_like_new(&loaded.snapshot);

    // One file is cut off, another damaged, a third gone: their domains are not known, the others are.
    let bad: Vec<usize> = filled[..3].to_vec();
    let path = |place: usize| copy.directory().join(format!("{place:04}"));
    let octets = fs::read(path(bad[0])).expect("read");
    fs::write(path(bad[0]), &octets[..octets.len() / 2]).expect("written");
    let mut octets = fs::read(path(bad[1])).expect("read");
    octets[70] ^= 1;
    fs::write(path(bad[1]), octets).expect("written");
    fs::remove_file(path(bad[2])).expect("removed");
    let loaded = copy.load(Some(zone()), NOW);
    assert_eq!((loaded.damaged.len(), loaded.snapshot.revision()), (3, 0));
    for domain in &domains {
        let known = loaded.snapshot.find(&domain.name) != Known::Unknown;
        assert_eq!(known, !bad.contains(&NodeCopy::place_of(domain.name.as_str())), "{}", domain.name);
    }
    fs::write(copy.directory().join("origin"), "nonsense").expect("written");
    let loaded = copy.load(Some(zone()), NOW);
    assert!(loaded.origin.is_none());
    assert!(!loaded.snapshot.is_complete(), "a shard without a file may have had one");
}

#[test]
fn one_process_writes() {
    let home = tempfile::tempdir().expect("a directory");
    let copy = NodeCopy::beside(&home.path().join("postseal.db"));
    let right = copy.lock().expect("free");
    assert!(matches!(copy.lock(), Err(CopyError::InUse(_))));
    drop(right);
    copy.lock().expect("free again");
}
