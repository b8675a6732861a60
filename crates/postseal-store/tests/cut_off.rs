//! An operation that is cut off at any of its steps, as a time-out does, is not
//! done: each is one transaction. Every step is tried, one after the other.

mod world;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use postseal_core::hosting::{Changes, HostingZone, TokenReading};
use postseal_store::{Store, StoreError};
use world::{DAY, T0, WAITS, World, at, check_tables, ed25519, enable, name, organisation, selectors, token};

/// Runs at most so many steps of an operation; `None` where it was cut off.
async fn steps<F: Future>(operation: F, most: usize) -> Option<F::Output> {
    let mut operation = pin!(operation);
    let mut left = most;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        operation.as_mut().poll(context).map(Some)
    })
    .await
}

/// Cuts an operation off after one step, two, and so on until it is done, answered or
/// not: a cut while the commit is under way leaves it done. After each cut either
/// nothing has changed or all of it, and the store is usable. A step is a wait for the
/// database; how many there are differs from run to run. Returns how often it was cut.
async fn cut_everywhere<F: Future>(world: &World, operation: impl Fn(Store) -> F) -> usize
where
    F::Output: Succeeded,
{
    let before = state(&world.store).await;
    for most in 1..10_000 {
        let answer = steps(operation(world.store.clone()), most).await;
        // Waits for what is under way: it needs the write lock too, and changes nothing.
        let nobody = world.store.remove_domain(&organisation("nobody"), &name("a.example"), at(T0)).await;
        assert!(matches!(nobody, Err(StoreError::NoOrganisation(_))), "{nobody:?}");
        check_tables(&world.path()).await;
        let after = state(&world.store).await;
        let done = after.2 > before.2;
        assert!(done || after == before, "half: {before:?} {after:?}");
        if let Some(answer) = answer {
            assert!(answer.succeeded() && done);
        }
        if done {
            return most;
        }
    }
    panic!("it does not end");
}

trait Succeeded {
    fn succeeded(&self) -> bool;
}

impl<T> Succeeded for Result<T, StoreError> {
    fn succeeded(&self) -> bool {
        self.is_ok()
    }
}

async fn state(store: &Store) -> (u32, i64, usize) {
    let rows = store.audit_rows(0, 10_000).await.expect("read").len();
    (store.zone_serial().await.expect("read"), store.revision().await.expect("read"), rows)
}

#[tokio::test]
async fn every_operation_is_done_whole_or_not_at_all() {
    let mut cuts = 0;
    for _ in 0..LIVES {
        cuts += one_life().await;
    }
    assert!(cuts > 20 * LIVES, "{cuts} cuts: too few to show anything");
}

const LIVES: usize = 10;

/// A domain from its claim to its end; how often an operation was cut.
async fn one_life() -> usize {
    let world = World::new().await;
    let (contoso, domain) = (&organisation("contoso"), &name("a.example"));
    let keys = &[ed25519(), ed25519(), ed25519()];
    let cut = &world;
    let zone = &HostingZone::new(name("keys.example")).expect("short");
    let other = &[ed25519(), ed25519()];
    let pair = [&other[0], &other[1]];
    let mut cuts = cut_everywhere(cut, |s| async move {
        s.add_organisation_with_initial_domain(contoso, zone, token(2), pair, at(T0)).await
    })
    .await;
    cuts +=
        cut_everywhere(cut, |s| async move { s.add_domain(contoso, domain, token(1), at(T0)).await }).await;
    let readings = &[TokenReading::Answered(vec![token(1).record().into_bytes()])];
    cuts += cut_everywhere(cut, |s| async move { s.verify_domain(contoso, domain, readings, at(T0)).await })
        .await;
    let plain = &Changes::default();
    let pair = [&keys[0], &keys[1]];
    cuts +=
        cut_everywhere(cut, |s| async move { s.dkim_new(contoso, domain, pair, plain, at(T0)).await }).await;
    let rename = &Changes { selectors: Some(selectors("ps1", "ps2")), ..Changes::default() };
    cuts += cut_everywhere(cut, |s| async move { s.dkim_set(contoso, domain, rename, &WAITS, at(T0)).await })
        .await;
    world.see("contoso", "a.example", T0).await;
    let on = &enable(true);
    cuts +=
        cut_everywhere(cut, |s| async move { s.dkim_set(contoso, domain, on, &WAITS, at(T0)).await }).await;
    let longer = (Some(4_096), Some(&keys[2]));
    cuts += cut_everywhere(cut, |s| async move {
        s.dkim_rotate(contoso, domain, longer.0, longer.1, &WAITS, at(T0)).await
    })
    .await;
    world.see("contoso", "a.example", T0).await;
    for day in [4, 18] {
        let now = T0 + day * DAY;
        world.see("contoso", "a.example", now).await;
        cuts +=
            cut_everywhere(
                cut,
                |s| async move { s.dkim_advance(contoso, domain, None, &WAITS, at(now)).await },
            )
            .await;
    }
    let sealers = &[name("f.example"), name("g.example")];
    cuts +=
        cut_everywhere(cut, |s| async move { s.set_trusted_sealers(contoso, sealers, at(T0)).await }).await;
    let end = T0 + 20 * DAY;
    cuts + cut_everywhere(cut, |s| async move { s.remove_domain(contoso, domain, at(end)).await }).await
}
