use super::*;
use crate::hosting::{Advance, KeyId};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
const WAITS: Waits = Waits { before_signing: 4 * DAY, retiring: 14 * DAY, revoked: 2 * DAY };

fn key(id: i64) -> NewKey {
    NewKey { id: KeyId(id), bits: 2_048 }
}

fn made() -> SigningConfiguration {
    SigningConfiguration::new(SigningConfiguration::default_selectors(), [key(1), key(2)], 2_048, 0)
        .expect("made")
}

fn on() -> Changes {
    Changes { enabled: Some(true), ..Changes::default() }
}

fn off() -> Changes {
    Changes { enabled: Some(false), ..Changes::default() }
}

/// Both seen at 0 and enabled.
fn enabled() -> SigningConfiguration {
    let mut c = made();
    see(&mut c, 0);
    c.set(&on(), 0).expect("seen");
    c
}

fn see(c: &mut SigningConfiguration, now: u64) {
    for slot in Slot::BOTH {
        c.observe(slot, Conclusion::Seen, now);
    }
}

fn lose(c: &mut SigningConfiguration, slot: Slot, now: u64) {
    c.observe(slot, Conclusion::Missing, now);
    assert_eq!(c.observe(slot, Conclusion::Missing, now + 1_800), Some(Event::Lost(slot)));
}

fn status(c: &SigningConfiguration) -> (Status, bool, Flyout) {
    (
        SigningConfiguration::status(Some(c), PublishMode::Cname),
        c.enabled,
        SigningConfiguration::flyout(Some(c)),
    )
}

fn with(slot: Slot, alarm: bool) -> SignWith {
    SignWith::Key { slot, alarm }
}

#[test]
fn defaults_are_exchanges_but_for_the_key_size() {
    let c = made();
    assert_eq!(
        (c.header_canonicalization, c.body_canonicalization),
        (Canonicalization::Relaxed, Canonicalization::Relaxed)
    );
    assert_eq!((c.key_bits, c.unseen_key, c.enabled), (2_048, UnseenKey::Sign, false));
    // As in the capture of a freshly made object: before = selector2, after = selector1.
    assert_eq!(c.rotate_on(&WAITS, 5), (0, Slot::Second, Slot::First));
    assert_eq!(SigningConfiguration::status(None, PublishMode::Cname).as_str(), "NoDKIMKeys");
    assert_eq!(SigningConfiguration::flyout(None), Flyout::NoKeys);
    assert_eq!(SigningConfiguration::status(Some(&c), PublishMode::Txt), Status::TxtMissing);
    let alike = SigningConfiguration::default_selectors()[0].clone();
    let refused = SigningConfiguration::new([alike.clone(), alike], [key(1), key(2)], 2_048, 0);
    assert_eq!(refused, Err(Refusal::SelectorsAlike));
}

#[test]
fn enabling_needs_a_fresh_sight_of_the_key() {
    let refused =
        |found| Err(Refusal::NotSeen { selector: Selector::parse("selector1").expect("valid"), found });
    let check = |looks: &[(Slot, Conclusion, u64)], now: u64, expected: Result<Slot, Refusal>| {
        let mut c = made();
        for (slot, conclusion, at) in looks {
            c.observe(*slot, *conclusion, *at);
        }
        let before = c.clone();
        let got = c.set(&on(), now).map(|()| c.current());
        assert_eq!(got, expected, "{looks:?} {now}");
        if got.is_err() {
            assert_eq!(c, before, "a refusal changes nothing");
        }
    };
    use Conclusion::{Missing, NoAnswer, Partly, Seen};
    use Slot::{First, Second};
    check(&[], 0, refused(None));
    check(&[(First, Missing, 0)], 0, refused(Some(Missing)));
    check(&[(First, Partly, 0)], 0, refused(Some(Partly)));
    check(&[(First, NoAnswer, 0)], 0, refused(Some(NoAnswer)));
    check(&[(First, Seen, 0)], 0, Ok(First));
    check(&[(First, Seen, 0)], 600, Ok(First));
    check(&[(First, Seen, 0)], 601, refused(Some(Seen)));
    check(&[(First, Seen, 0), (First, Missing, 100)], 100, refused(Some(Missing)));
    // Only the second is there: it signs.
    check(&[(First, Missing, 0), (Second, Seen, 0)], 0, Ok(Second));
}

#[test]
fn states_are_those_of_the_table() {
    let mut c = made();
    assert_eq!(status(&c), (Status::CnameMissing, false, Flyout::NotSigning));
    assert_eq!(c.sign_with(), SignWith::Nothing);
    see(&mut c, 0);
    // CNAMEs right and turned off: Valid, not signing.
    assert_eq!(status(&c), (Status::Valid, false, Flyout::NotSigning));
    c.set(&on(), 0).expect("seen");
    assert_eq!(status(&c), (Status::Valid, true, Flyout::Signing));
    assert_eq!(c.sign_with(), with(Slot::First, false));
    c.rotate(None, None, &WAITS, 10).expect("standby");
    assert_eq!(status(&c), (Status::Valid, true, Flyout::Rotating));
    c.set(&off(), 20).expect("off");
    assert_eq!(status(&c), (Status::Valid, false, Flyout::NotSigning));
    let unseen = |token: UnseenKey| Changes { unseen_key: Some(token), ..Changes::default() };
    let mut c = enabled();
    lose(&mut c, Slot::First, 100);
    // The other key stands in.
    assert_eq!((c.sign_with(), status(&c).0), (with(Slot::Second, true), Status::Valid));
    lose(&mut c, Slot::Second, 100);
    assert_eq!(status(&c), (Status::CnameMissing, true, Flyout::Signing));
    assert_eq!(c.sign_with(), with(Slot::First, true));
    c.set(&unseen(UnseenKey::Defer), 2_000).expect("set");
    assert_eq!(c.sign_with(), SignWith::Defer);
    see(&mut c, 3_000);
    assert_eq!((c.sign_with(), status(&c).0), (with(Slot::First, false), Status::Valid));
}

#[test]
fn a_whole_rotation_has_its_waits() {
    let mut c = enabled();
    let day = |n: u64| n * DAY;
    // The standby is visible since 0; asked for on day 1 it waits for day 4.
    let done = c.rotate(None, None, &WAITS, day(1)).expect("standby");
    assert_eq!(done.events, [Event::RotationBegan]);
    assert_eq!(c.rotate_on(&WAITS, day(1)), (day(4), Slot::First, Slot::Second));
    assert_eq!(c.rotate(None, None, &WAITS, day(2)), Err(Refusal::RotationRunning { until: day(20) }));
    see(&mut c, day(4) - 1);
    assert_eq!(c.advance(None, &WAITS, day(4) - 1), Advance::default());
    assert_eq!(c.advance(None, &WAITS, day(4)).events, [Event::Switched { to: Slot::Second }]);
    assert_eq!(c.rotate_on(&WAITS, day(4)), (day(4), Slot::First, Slot::Second));
    assert_eq!(c.sign_with(), with(Slot::Second, false));
    assert_eq!(c.slot(Slot::First).life, Life::Retiring { until: day(18) });
    assert_eq!(c.rotate(None, None, &WAITS, day(5)), Err(Refusal::RotationRunning { until: day(20) }));
    assert!(c.slot(Slot::First).is_published());
    assert_eq!(c.advance(None, &WAITS, day(18)).events, [Event::Revoked(Slot::First)]);
    assert!(!c.slot(Slot::First).is_published());
    assert!(!c.key_due(day(20) - 1) && c.key_due(day(20)));
    assert_eq!(c.next_step(&WAITS, day(18)), Some(day(20)));
    // Without a key it waits for one.
    assert_eq!(c.advance(None, &WAITS, day(20)), Advance::default());
    let done = c.advance(Some(key(3)), &WAITS, day(20));
    assert_eq!((done.events, done.key_used), (vec![Event::KeyRenewed(Slot::First)], true));
    assert_eq!((c.slot(Slot::First).life, c.slot(Slot::First).key), (Life::Standby, KeyId(3)));
    // The new key must be seen and wait again: the shortest interval is 20 days and the wait.
    see(&mut c, day(20));
    c.rotate(None, None, &WAITS, day(20)).expect("standby");
    see(&mut c, day(24));
    assert_eq!(c.advance(None, &WAITS, day(24)).events, [Event::Switched { to: Slot::First }]);
}

#[test]
fn a_rotation_switches_at_once_where_the_standby_has_waited_and_never_unseen() {
    let mut c = enabled();
    see(&mut c, 5 * DAY);
    let done = c.rotate(None, None, &WAITS, 5 * DAY).expect("standby");
    assert_eq!(done.events, [Event::RotationBegan, Event::Switched { to: Slot::Second }]);
    // Unseen: asked for, not switched, and the date moves on with the time.
    let mut c = enabled();
    lose(&mut c, Slot::Second, 100);
    c.rotate(None, None, &WAITS, DAY).expect("enabled");
    for day in [5, 10, 100] {
        assert_eq!(c.advance(None, &WAITS, day * DAY), Advance::default());
        assert_eq!(c.rotate_on(&WAITS, day * DAY), ((day + 4) * DAY, Slot::First, Slot::Second));
    }
    see(&mut c, 100 * DAY);
    assert_eq!(c.advance(None, &WAITS, 103 * DAY), Advance::default());
    // Visible for 96 h, but the last look was too long ago to switch by it.
    assert_eq!(c.advance(None, &WAITS, 105 * DAY), Advance::default());
    see(&mut c, 105 * DAY);
    assert_eq!(c.advance(None, &WAITS, 105 * DAY).events, [Event::Switched { to: Slot::Second }]);
}

#[test]
fn a_key_size_reaches_the_selector_that_does_not_sign() {
    let mut c = enabled();
    see(&mut c, 10 * DAY);
    assert_eq!(c.rotate(Some(1_024), None, &WAITS, 10 * DAY), Err(Refusal::KeySize { bits: 1_024 }));
    assert!(
        c.rotation_needs_key(Some(4_096))
            && !c.rotation_needs_key(Some(2_048))
            && !c.rotation_needs_key(None)
    );
    let before = c.clone();
    assert_eq!(c.rotate(Some(4_096), None, &WAITS, 10 * DAY), Err(Refusal::KeyNeeded { bits: 4_096 }));
    assert_eq!(c, before);
    let longer = NewKey { id: KeyId(9), bits: 4_096 };
    let done = c.rotate(Some(4_096), Some(longer), &WAITS, 10 * DAY).expect("rotates");
    assert_eq!(done.events, [Event::KeyRenewed(Slot::Second), Event::RotationBegan]);
    assert_eq!((c.slot(Slot::First).bits, c.slot(Slot::Second).bits, c.key_bits), (2_048, 4_096, 4_096));
    // The new key waits again, though the CNAME was there all the time.
    see(&mut c, 10 * DAY + 60);
    assert_eq!(c.rotate_on(&WAITS, 11 * DAY).0, 14 * DAY + 60);
    assert_eq!(c.sign_with(), with(Slot::First, false));
}

#[test]
fn a_compromised_key_is_revoked_at_once() {
    let mut c = enabled();
    let done = c.revoke_current(&WAITS, 100).expect("the standby is seen");
    assert_eq!(done.events, [Event::Revoked(Slot::First), Event::Switched { to: Slot::Second }]);
    assert_eq!(c.slot(Slot::First).life, Life::Revoked { until: 100 + 2 * DAY });
    assert_eq!(c.sign_with(), with(Slot::Second, false));
    // The only other key is revoked: there is nothing to go to.
    assert_eq!(c.revoke_current(&WAITS, 200), Err(Refusal::RotationRunning { until: 100 + 2 * DAY }));
    // Back to a key that retires, and a rotation under way ends.
    let mut c = enabled();
    see(&mut c, 5 * DAY);
    c.rotate(None, None, &WAITS, 5 * DAY).expect("switches");
    c.revoke_current(&WAITS, 6 * DAY).expect("the old one is seen");
    assert_eq!((c.current(), c.rotation), (Slot::First, None));
    let mut c = enabled();
    lose(&mut c, Slot::Second, 100);
    let refused = c.revoke_current(&WAITS, 5_000);
    assert!(matches!(refused, Err(Refusal::NotSeen { selector, .. }) if selector.as_str() == "selector2"));
}

#[test]
fn a_retiring_key_that_stands_in_is_not_revoked() {
    let mut c = enabled();
    see(&mut c, 5 * DAY);
    c.rotate(None, None, &WAITS, 5 * DAY).expect("switches");
    lose(&mut c, Slot::Second, 6 * DAY);
    assert_eq!(c.sign_with(), with(Slot::First, true));
    c.advance(None, &WAITS, 20 * DAY);
    assert_eq!(c.slot(Slot::First).life, Life::Retiring { until: 34 * DAY });
}

#[test]
fn selectors_are_renamed_only_while_nothing_is_signed() {
    let pair = |a: &str, b: &str| [a, b].map(|name| Selector::parse(name).expect("valid"));
    let rename = |a: &str, b: &str| Changes { selectors: Some(pair(a, b)), ..Changes::default() };
    let mut c = made();
    see(&mut c, 0);
    c.set(&rename("ps1", "ps2"), 0).expect("off");
    assert_eq!([c.slots[0].name.as_str(), c.slots[1].name.as_str()], ["ps1", "ps2"]);
    // What was seen under the old names says nothing of the new ones.
    assert!(matches!(c.set(&on(), 0), Err(Refusal::NotSeen { found: None, .. })));
    assert_eq!(c.set(&rename("a", "a"), 0), Err(Refusal::SelectorsAlike));
    let mut c = enabled();
    assert_eq!(c.set(&rename("ps1", "ps2"), 0), Err(Refusal::SelectorsInUse));
    c.set(&rename("selector1", "selector2"), 0).expect("the same names");
    c.rotate(None, None, &WAITS, 10).expect("enabled");
    c.set(&off(), 10).expect("off");
    assert_eq!(c.set(&rename("ps1", "ps2"), 10), Err(Refusal::SelectorsInUse));
    let name = |text: &str| Changes { admin_display_name: Some(text.to_owned()), ..Changes::default() };
    c.set(&name("会社のメール"), 10).expect("a name");
    assert_eq!(c.set(&name("a\nb"), 10), Err(Refusal::DisplayName));
    assert_eq!(c.set(&name(&"x".repeat(257)), 10), Err(Refusal::DisplayName));
    assert_eq!(made().rotate(None, None, &WAITS, 0), Err(Refusal::NotEnabled));
}

/// Promise: in a year of rotations at the shortest interval, mail that is verified up
/// to five days after it was signed finds its key.
#[test]
fn a_year_of_rotations_breaks_no_mail_in_flight() {
    let mut c = enabled();
    let mut keys = 2;
    let mut signed: Vec<(u64, Slot, KeyId)> = Vec::new();
    let mut switches = 0;
    for hour in 0..24 * 365 {
        let now = hour * HOUR;
        if hour % 6 == 0 {
            see(&mut c, now);
        }
        let new = c.key_due(now).then(|| {
            keys += 1;
            key(keys)
        });
        c.advance(new, &WAITS, now);
        if c.rotate(None, None, &WAITS, now).is_ok() {
            switches += 1;
        }
        let SignWith::Key { slot, alarm: false } = c.sign_with() else {
            panic!("hour {hour}: {:?}", c.sign_with())
        };
        signed.push((now, slot, c.slot(slot).key));
        signed.retain(|(at, _, _)| now - at <= 5 * DAY);
        for (at, slot, key) in &signed {
            let found = c.slot(*slot);
            assert!(found.is_published() && found.key == *key, "signed at {at}, verified at {now}");
        }
    }
    assert!(switches >= 17, "{switches}");
}
