//! Verdicts in the store: counted once, grouped as reports need them, paged, expired.

mod world;

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use postseal_core::arc::ArcResult;
use postseal_core::dkim::{DkimResult, Selector};
use postseal_core::dmarc::{
    Alignment, AlignmentMode, DiscoveryMethod, Disposition, DmarcResult, FailureOptions, Policy,
};
use postseal_core::spf::SpfResult;
use postseal_core::verdict::{
    AuthResults, DkimAuthResult, OverrideKind, OverrideReason, PolicyEvaluated, PolicyPublished,
    SpfAuthResult,
};
use postseal_store::{
    SegmentId, StoredVerdict, VerdictBatch, VerdictExpiry, VerdictFilter, VerdictRecord, VerdictRows,
};
use world::{DAY, T0, World, name};

fn published() -> PolicyPublished {
    PolicyPublished {
        domain: name("contoso.example"),
        discovery_method: DiscoveryMethod::TreeWalk,
        p: Policy::Reject,
        sp: Some(Policy::Quarantine),
        np: None,
        fo: FailureOptions { any: true, dkim: false, spf: true },
        adkim: AlignmentMode::Strict,
        aspf: AlignmentMode::Relaxed,
        testing: false,
    }
}

/// A message that fails and is refused.
fn record(at: u64) -> VerdictRecord {
    VerdictRecord {
        at,
        queue_id: format!("4Xy{at}"),
        client: Some(IpAddr::from([192, 0, 2, 1])),
        mail_from: Some(name("bounce.contoso.example")),
        author_domain: Some(name("contoso.example")),
        auth_results: AuthResults {
            dkim: vec![DkimAuthResult {
                domain: name("contoso.example"),
                selector: Selector::parse("s1").expect("a selector"),
                result: DkimResult::Fail,
            }],
            spf: SpfAuthResult { domain: Some(name("bounce.contoso.example")), result: SpfResult::Fail },
        },
        arc: ArcResult::None,
        dmarc: DmarcResult::Fail,
        aligned: Some(Alignment { spf: false, dkim: false }),
        policy: Some(Policy::Reject),
        action: Cow::Borrowed("reject"),
        evaluated: Some(PolicyEvaluated {
            published: published(),
            disposition: Disposition::Reject,
            aligned: Alignment { spf: false, dkim: false },
            reasons: vec![OverrideReason::new(OverrideKind::LocalPolicy, "a comment, with blanks")],
        }),
    }
}

/// A message without a policy, an author or a client.
fn bare(at: u64) -> VerdictRecord {
    VerdictRecord {
        client: None,
        mail_from: None,
        author_domain: None,
        auth_results: AuthResults {
            dkim: Vec::new(),
            spf: SpfAuthResult { domain: None, result: SpfResult::None },
        },
        dmarc: DmarcResult::Permerror,
        aligned: None,
        policy: None,
        evaluated: None,
        ..record(at)
    }
}

fn batch(segment: u8, from: u64, records: Vec<VerdictRecord>) -> VerdictBatch {
    let until = from + records.len() as u64;
    VerdictBatch { segment: SegmentId([segment; 16]), records: (from..).zip(records).collect(), until }
}

async fn put(world: &World, batch: VerdictBatch) -> u64 {
    world.store.record_verdicts(&batch, VerdictRows::Kept, T0).await.expect("stored")
}

async fn all(world: &World) -> Vec<StoredVerdict> {
    world.store.verdicts(&VerdictFilter::default(), None, 10_000).await.expect("read").verdicts
}

async fn counted(world: &World) -> u64 {
    let days = 0..u64::from(u32::MAX);
    let rows = world.store.report_rows(&name("contoso.example"), days, None, 10_000).await.expect("read");
    rows.iter().map(|row| row.messages).sum()
}

#[tokio::test]
async fn what_is_stored_is_what_was_judged() {
    let world = World::new().await;
    put(&world, batch(1, 0, vec![record(T0), bare(T0 + 1)])).await;
    let stored = all(&world).await;
    let [second, first] = stored.as_slice() else { panic!("{stored:?}") };
    let (one, two) = (record(T0), bare(T0 + 1));
    let expected = |id, record: &VerdictRecord| {
        let evaluated = record.evaluated.clone();
        StoredVerdict {
            id,
            at: record.at,
            queue_id: record.queue_id.clone(),
            client: record.client,
            mail_from: record.mail_from.clone(),
            author_domain: record.author_domain.clone(),
            auth_results: record.auth_results.clone(),
            arc: record.arc,
            dmarc: record.dmarc,
            aligned: record.aligned,
            policy: record.policy,
            policy_domain: evaluated.as_ref().map(|evaluated| evaluated.published.domain.clone()),
            disposition: evaluated.as_ref().map(|evaluated| evaluated.disposition),
            reasons: evaluated.map(|evaluated| evaluated.reasons).unwrap_or_default(),
            action: record.action.to_string(),
        }
    };
    assert_eq!((first, second), (&expected(1, &one), &expected(2, &two)));
    let rows = world.store.report_rows(&name("contoso.example"), T0 / DAY..T0 / DAY + 1, None, 10).await;
    let rows = rows.expect("read");
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(row.messages, 1);
    assert_eq!(Some(&row.row.evaluated), one.evaluated.as_ref());
    assert_eq!((Some(row.row.source_ip), &row.row.envelope_from), (one.client, &one.mail_from));
    assert_eq!(
        (&row.row.auth_results, Some(&row.row.header_from)),
        (&one.auth_results, one.author_domain.as_ref())
    );
}

#[tokio::test]
async fn a_batch_that_comes_again_is_counted_once() {
    let world = World::new().await;
    let ten = |from: u64| (from..from + 10).map(|n| record(T0 + n)).collect::<Vec<_>>();
    assert_eq!(put(&world, batch(1, 0, ten(0))).await, 10);
    assert_eq!(put(&world, batch(1, 0, ten(0))).await, 0, "the same");
    assert_eq!(put(&world, batch(1, 5, ten(5))).await, 5, "one that begins before");
    assert_eq!(put(&world, batch(1, 0, ten(0))).await, 0, "an older one");
    assert_eq!(put(&world, batch(2, 0, ten(0))).await, 10, "another segment is other messages");
    assert_eq!((all(&world).await.len(), counted(&world).await), (25, 25));
}

#[tokio::test]
async fn counters_group_what_a_report_groups() {
    let world = World::new().await;
    let other = |change: &dyn Fn(&mut VerdictRecord)| {
        let mut record = record(T0);
        change(&mut record);
        record
    };
    let records = vec![
        record(T0),
        // Not of the row: the moment of the day, the queue id, ARC.
        other(&|r| r.at += 1),
        other(&|r| r.queue_id = "other".into()),
        other(&|r| r.arc = ArcResult::Pass),
        // Of the row.
        other(&|r| r.client = Some(IpAddr::from([192, 0, 2, 2]))),
        other(&|r| r.mail_from = None),
        other(&|r| r.author_domain = Some(name("news.contoso.example"))),
        other(&|r| r.auth_results.dkim.clear()),
        other(&|r| r.auth_results.spf.result = SpfResult::Softfail),
        other(&|r| r.evaluated.as_mut().expect("a policy").disposition = Disposition::None),
        other(&|r| r.evaluated.as_mut().expect("a policy").reasons.clear()),
        other(&|r| r.evaluated.as_mut().expect("a policy").published.testing = true),
        // The next day, and another Policy Domain.
        other(&|r| r.at += DAY),
        other(&|r| r.evaluated.as_mut().expect("a policy").published.domain = name("fabrikam.example")),
        // Deferred, or without a client: nobody is told.
        other(&|r| r.evaluated = None),
        other(&|r| r.client = None),
    ];
    put(&world, batch(1, 0, records)).await;
    let today = T0 / DAY..T0 / DAY + 1;
    let read = async |domain: &str, days: std::ops::Range<u64>, limit| {
        world.store.report_rows(&name(domain), days, None, limit).await.expect("read")
    };
    let rows = read("contoso.example", today.clone(), 100).await;
    let mut messages: Vec<u64> = rows.iter().map(|row| row.messages).collect();
    messages.sort_unstable();
    assert_eq!(messages, [1, 1, 1, 1, 1, 1, 1, 1, 4]);
    let both = read("contoso.example", T0 / DAY..T0 / DAY + 2, 100).await;
    assert_eq!((both.len(), both.iter().map(|row| row.messages).max()), (9, Some(5)));
    assert_eq!(read("fabrikam.example", today.clone(), 100).await.len(), 1);
    // Pages.
    let first = read("contoso.example", today.clone(), 4).await;
    let rest = world.store.report_rows(&name("contoso.example"), today, Some(first[3].key), 100).await;
    assert_eq!([first, rest.expect("read")].concat(), rows);
}

#[tokio::test]
async fn rows_can_be_off_and_counters_stay() {
    let world = World::new().await;
    let stored = world.store.record_verdicts(&batch(1, 0, vec![record(T0)]), VerdictRows::Off, T0).await;
    assert_eq!(stored.expect("stored"), 1);
    assert_eq!((all(&world).await.len(), counted(&world).await), (0, 1));
}

#[tokio::test]
async fn pages_are_the_newest_first_by_what_is_asked() {
    let world = World::new().await;
    let of = |n: u64, domain: &str, dmarc| VerdictRecord {
        author_domain: Some(name(domain)),
        client: Some(IpAddr::from([192, 0, 2, u8::try_from(n % 3).expect("small")])),
        dmarc,
        ..record(T0 + n)
    };
    let records = (0..30).map(|n| match n % 2 {
        0 => of(n, "contoso.example", DmarcResult::Pass),
        _ => of(n, "fabrikam.example", DmarcResult::Fail),
    });
    put(&world, batch(1, 0, records.collect())).await;
    let page = async |filter: VerdictFilter, before, limit| -> Vec<u64> {
        let page = world.store.verdicts(&filter, before, limit).await.expect("read");
        page.verdicts.iter().map(|row| row.at - T0).collect()
    };
    let filter = VerdictFilter::default;
    let failed = || VerdictFilter { dmarc: Some(DmarcResult::Fail), ..filter() };
    let of_author = |domain: &str| VerdictFilter { author_domain: Some(name(domain)), ..filter() };
    let of_client = |last| VerdictFilter { client: Some(IpAddr::from([192, 0, 2, last])), ..filter() };
    let queued = |id: &str| VerdictFilter { queue_id: Some(id.to_owned()), ..filter() };
    assert_eq!(page(filter(), None, 3).await, [29, 28, 27]);
    assert_eq!(page(filter(), Some(28), 2).await, [26, 25]);
    assert_eq!(page(of_author("contoso.example"), None, 2).await, [28, 26]);
    assert_eq!(page(failed(), Some(20), 2).await, [17, 15]);
    assert_eq!(page(of_client(1), None, 2).await, [28, 25]);
    assert_eq!(page(queued(&format!("4Xy{}", T0 + 7)), None, 9).await, [7]);
    assert_eq!(page(queued("' OR 1"), None, 9).await, [0; 0]);
    // Several at once.
    let both = VerdictFilter { dmarc: Some(DmarcResult::Fail), ..of_client(1) };
    assert_eq!(page(both, None, 2).await, [25, 19]);
    let both = VerdictFilter { dmarc: Some(DmarcResult::Fail), ..of_author("fabrikam.example") };
    assert_eq!(page(both, None, 2).await, [29, 27]);
    let both = VerdictFilter { dmarc: Some(DmarcResult::Fail), ..of_author("contoso.example") };
    assert_eq!(page(both, None, 2).await, [0; 0]);
    let rejected = |action: &str| VerdictFilter { action: Some(action.to_owned()), ..filter() };
    assert_eq!(page(rejected("reject"), None, 2).await, [29, 28]);
    assert_eq!(page(rejected("deliver"), None, 2).await, [0; 0]);
    // Page by page nothing is left out and nothing comes twice.
    for filter in [filter(), failed(), of_author("contoso.example"), of_client(2), rejected("reject")] {
        let (mut paged, mut before) = (Vec::new(), None);
        loop {
            let page = world.store.verdicts(&filter, before, 4).await.expect("read");
            paged.extend(page.verdicts);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(
            paged,
            world.store.verdicts(&filter, None, 100).await.expect("read").verdicts,
            "{filter:?}"
        );
    }
    let one = world.store.verdict(3).await.expect("read").expect("kept");
    assert_eq!((one.id, one.at), (3, T0 + 2));
    assert_eq!(world.store.verdict(31).await.expect("read"), None);
}

#[tokio::test]
async fn what_is_too_old_goes() {
    let world = World::new().await;
    let days: Vec<_> = (0..6_000).map(|n| record(T0 + n / 1_000 * DAY)).collect();
    let stored = world.store.record_verdicts(&batch(1, 0, days), VerdictRows::Kept, T0 + 3 * DAY).await;
    assert_eq!(stored.expect("stored"), 6_000);
    let expiry = VerdictExpiry { rows_before: T0 + 5 * DAY + 1, counters_before: T0 + 2 * DAY };
    let mut times = 1;
    let older = world.store.verdicts_before(expiry.rows_before).await.expect("counted");
    assert_eq!(older, 6_000, "five days, and the sixth began before");
    let counts = [0, T0, T0 + 1, T0 + DAY, T0 + DAY + 1, u64::MAX];
    for (before, expected) in counts.into_iter().zip([0, 0, 1_000, 1_000, 2_000, 6_000]) {
        assert_eq!(world.store.verdicts_before(before).await.expect("counted"), expected, "{before}");
    }
    while world.store.expire_verdicts(expiry).await.expect("removed") {
        times += 1;
    }
    assert_eq!(times, 4, "little at once");
    assert_eq!(all(&world).await.len(), 0, "rows of five days, and the sixth began before");
    assert_eq!(counted(&world).await, 4_000);
    assert_eq!(put(&world, batch(1, 0, vec![record(T0)])).await, 0, "its segment is remembered");
    let late = VerdictExpiry { rows_before: 0, counters_before: T0 + 3 * DAY + 1 };
    world.store.expire_verdicts(late).await.expect("removed");
    assert_eq!(put(&world, batch(1, 0, vec![record(T0)])).await, 1, "and forgotten with the counters");
}

/// Where few rows fulfil all of a filter, a page may be short or empty, and says where to go on.
#[tokio::test]
async fn a_look_for_what_is_rare_ends_and_goes_on() {
    let world = World::new().await;
    let records = (0..2_500).map(|n| VerdictRecord {
        dmarc: DmarcResult::Pass,
        auth_results: AuthResults { dkim: Vec::new(), ..record(0).auth_results },
        action: if n == 10 { Cow::Borrowed("tag") } else { Cow::Borrowed("deliver") },
        ..record(T0 + n)
    });
    put(&world, batch(1, 0, records.collect())).await;
    let filter = VerdictFilter {
        author_domain: Some(name("contoso.example")),
        action: Some("tag".to_owned()),
        ..VerdictFilter::default()
    };
    let (mut found, mut before, mut looks) = (Vec::new(), None, 0);
    loop {
        let page = world.store.verdicts(&filter, before, 50).await.expect("read");
        found.extend(page.verdicts.iter().map(|row| row.at - T0));
        looks += 1;
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!((found, looks), (vec![10], 3));
}

#[tokio::test]
async fn days_and_effects_are_counted_as_verdicts_come_and_go() {
    let world = World::new().await;
    let today = T0 / DAY;
    let of = |n: u64, last: u8, dmarc: DmarcResult, aligned: Option<Alignment>, action: &'static str| {
        let client = Some(IpAddr::from([192, 0, 2, last]));
        VerdictRecord { client, dmarc, aligned, action: Cow::Borrowed(action), ..record(T0 + n) }
    };
    let aligned = |spf, dkim| Some(Alignment { spf, dkim });
    use DmarcResult as D;
    let open = VerdictRecord {
        auth_results: AuthResults {
            dkim: Vec::new(),
            spf: SpfAuthResult { domain: None, result: SpfResult::Temperror },
        },
        ..of(6, 3, D::None, aligned(false, false), "deliver")
    };
    let records = vec![
        of(0, 1, D::Pass, aligned(true, true), "deliver"),
        of(1, 1, D::Fail, aligned(false, false), "reject"),
        of(2, 2, D::None, aligned(false, true), "deliver"),
        of(3, 2, D::None, aligned(false, false), "deliver"),
        of(4, 2, D::None, aligned(false, false), "tag"),
        of(5, 2, D::Temperror, aligned(false, false), "defer"),
        open,
        of(7, 3, D::None, None, "deliver"),
        of(DAY, 1, D::Fail, aligned(false, false), "quarantine"),
        bare(T0 + 8),
    ];
    put(&world, batch(1, 0, records)).await;
    let contoso = name("contoso.example");
    let days = world.store.verdict_days(Some(&contoso), today, 100).await.expect("read");
    let first = postseal_store::VerdictDay {
        day: today,
        passed: 1,
        failed: 1,
        without_policy: 5,
        undecided: 1,
        unreadable: 0,
        delivered: 5,
        tagged: 1,
        quarantined: 0,
        deferred: 1,
        rejected: 1,
    };
    let [one, two] = days.as_slice() else { panic!("{days:?}") };
    assert_eq!(*one, first);
    assert_eq!((two.day, two.failed, two.quarantined), (today + 1, 1, 1));
    let of_all = world.store.verdict_days(None, today, 100).await.expect("read");
    assert_eq!((of_all[0].unreadable, of_all[0].rejected), (1, 2));
    assert_eq!(world.store.verdict_days(None, today + 1, 100).await.expect("read").len(), 1);
    assert_eq!(world.store.verdict_days(Some(&name("nobody.example")), 0, 100).await.expect("read"), []);

    let effect = world.store.policy_effect(&contoso, 10).await.expect("read");
    assert_eq!((effect.authentic, effect.not_authentic, effect.unknown), (2, 4, 3));
    assert_eq!((effect.since_day, effect.more_sources), (Some(today), false));
    let sources: Vec<_> =
        effect.sources.iter().map(|s| (s.client, s.authentic, s.not_authentic, s.unknown)).collect();
    let client = |last| Some(IpAddr::from([192, 0, 2, last]));
    assert_eq!(sources, [(client(2), 1, 2, 1), (client(1), 1, 2, 0), (client(3), 0, 0, 2)]);
    assert_eq!((effect.sources[1].spf_aligned, effect.sources[1].newest), (1, T0 + DAY));
    let cut = world.store.policy_effect(&contoso, 1).await.expect("read");
    assert_eq!((cut.sources.len(), cut.more_sources), (1, true));

    // The first day goes; what is counted is what is held.
    let expiry = VerdictExpiry { rows_before: T0 + DAY, counters_before: 0 };
    world.store.expire_verdicts(expiry).await.expect("removed");
    let effect = world.store.policy_effect(&contoso, 10).await.expect("read");
    assert_eq!((effect.authentic, effect.not_authentic, effect.unknown), (0, 1, 0));
    assert_eq!((effect.since_day, effect.sources.len()), (Some(today + 1), 1));
    assert_eq!(world.store.verdict_days(None, 0, 100).await.expect("read").len(), 1);
}

/// `POSTSEAL_MANY_VERDICTS` says how many rows, else few.
#[expect(clippy::print_stdout, reason = "what it measured is what it is for")]
#[tokio::test]
async fn pages_are_fast_however_many_rows_there_are() {
    let many = std::env::var("POSTSEAL_MANY_VERDICTS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let world = World::new().await;
    let begun = Instant::now();
    for from in (0..many).step_by(1_000) {
        put(&world, batch(1, from, (from..from + 1_000).map(one_of_many).collect())).await;
    }
    let stored = begun.elapsed();
    let author =
        |domain: &str| VerdictFilter { author_domain: Some(name(domain)), ..VerdictFilter::default() };
    let failed = || VerdictFilter { dmarc: Some(DmarcResult::Fail), ..VerdictFilter::default() };
    let action = |word: &str| VerdictFilter { action: Some(word.to_owned()), ..VerdictFilter::default() };
    let queued = |id: &str| VerdictFilter { queue_id: Some(id.to_owned()), ..VerdictFilter::default() };
    let client =
        |last| VerdictFilter { client: Some(IpAddr::from([192, 0, 2, last])), ..VerdictFilter::default() };
    let (mut slowest, mut dearest) = (Duration::ZERO, Duration::ZERO);
    let mut took = |what: &str, (begun, before): (Instant, Duration)| {
        println!("{what}: {:?}", begun.elapsed());
        slowest = slowest.max(begun.elapsed());
        dearest = dearest.max(cpu_time() - before);
    };
    let now = || (Instant::now(), cpu_time());
    for filter in [
        VerdictFilter::default(),
        author("d77.example"),
        author("large.example"),
        author("absent.example"),
        client(9),
        failed(),
        VerdictFilter { dmarc: Some(DmarcResult::Permerror), ..VerdictFilter::default() },
        queued("absent"),
        action("reject"),
        action("deliver"),
        VerdictFilter { dmarc: Some(DmarcResult::Fail), ..author("large.example") },
        // As bad as can be: an index finds many, and none of them is wanted.
        VerdictFilter { action: Some("tag".to_owned()), ..author("large.example") },
        VerdictFilter { dmarc: Some(DmarcResult::Temperror), ..client(9) },
        VerdictFilter { dmarc: Some(DmarcResult::Pass), ..action("reject") },
    ] {
        for before in [None, Some(many.cast_signed() / 2)] {
            let begun = now();
            let page = world.store.verdicts(&filter, before, 50).await.expect("read");
            assert!(page.verdicts.len() <= 50);
            took(&format!("{filter:?} before {before:?}"), begun);
        }
    }
    for domain in ["large.example", "d77.example", "absent.example"] {
        let begun = now();
        world.store.policy_effect(&name(domain), 50).await.expect("read");
        took(&format!("the effect of policies on {domain}"), begun);
        let begun = now();
        world.store.verdict_days(Some(&name(domain)), 0, 400).await.expect("read");
        took(&format!("the days of {domain}"), begun);
    }
    let begun = now();
    world.store.verdict_days(None, 0, 400).await.expect("read");
    took("all days", begun);
    let begun = now();
    world
        .store
        .expire_verdicts(VerdictExpiry { rows_before: T0 + DAY, counters_before: 0 })
        .await
        .expect("removed");
    println!("removing 2 000 rows: {:?}", begun.0.elapsed());
    println!("{many} rows stored in {stored:?}, the slowest question took {slowest:?}");
    // Of work: a busy machine may take as long as it likes.
    assert!(dearest.as_millis() < 500, "{dearest:?}");
}

/// For how long this process has run, on all cores together.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("not before it began")
}

/// Of 10 000 domains and 30 days; half of all messages are of one domain, from many clients.
fn one_of_many(n: u64) -> VerdictRecord {
    let fails = n.is_multiple_of(100);
    let of =
        if n.is_multiple_of(2) { "large.example".to_owned() } else { format!("d{}.example", n % 20_000 / 2) };
    let octets = (n % 60_000).to_be_bytes();
    VerdictRecord {
        at: T0 + n % (30 * DAY),
        author_domain: Some(name(&of)),
        client: Some(IpAddr::from([10, 0, octets[6], octets[7]])),
        dmarc: if fails { DmarcResult::Fail } else { DmarcResult::Pass },
        aligned: Some(Alignment { spf: !fails, dkim: false }),
        action: Cow::Borrowed(if fails { "reject" } else { "deliver" }),
        ..record(T0)
    }
}

/// Another process holds the database: the batch fails whole, and is stored once when it comes again.
#[tokio::test]
async fn a_store_that_is_held_by_others_takes_the_batch_later() {
    use sqlx::Connection as _;
    let world = World::new().await;
    let ten: Vec<_> = (0..10).map(|n| record(T0 + n)).collect();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(world.path());
    let mut other = sqlx::SqliteConnection::connect_with(&options).await.expect("opened");
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("held");
    let refused = world.store.record_verdicts(&batch(1, 0, ten.clone()), VerdictRows::Kept, T0).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!((all(&world).await.len(), counted(&world).await), (0, 0), "readers read all the while");
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("let go");
    assert_eq!(put(&world, batch(1, 0, ten)).await, 10);
    assert_eq!((all(&world).await.len(), counted(&world).await), (10, 10));
}
