use std::net::IpAddr;

use postseal_core::dmarc::Policy;
use postseal_core::dns::{Answers, RecordData, TxtRecord, Zone};
use postseal_core::message::{Envelope, HeaderSection, HeloIdentity, MailFrom};
use postseal_core::spf::SpfResult;
use postseal_core::verdict::{Authentication, Options};

use super::*;
use crate::inbound::AskingLimits;

fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a name")
}

const CLIENT: [u8; 4] = [192, 0, 2, 1];

/// A message of contoso.example from its own host or another one, under a policy.
fn judged(record: Option<&str>, client: [u8; 4]) -> Judged {
    let mut zone = Zone::new();
    let mut add = |owner: &str, text: &str| {
        zone.add(&name(owner), 60, RecordData::Txt(TxtRecord::from_strings(&[text])));
    };
    add("contoso.example", "v=spf1 ip4:192.0.2.1 -all");
    record.into_iter().for_each(|record| add("_dmarc.contoso.example", record));
    let client = IpAddr::from(client);
    let envelope = Envelope {
        client,
        helo: HeloIdentity::new("mail.contoso.example"),
        mail_from: MailFrom::new("jo@contoso.example"),
    };
    let options = Options::new("mx.example.net");
    let mut message = Authentication::new(envelope, &options, 0);
    message.header_section(HeaderSection::parse(b"From: jo@contoso.example\r\n".to_vec()));
    message.evaluate(&mut Answers::new(&zone)).expect("a zone answers everything");
    Judged {
        verdict: message.into_verdict().expect("evaluated"),
        client: Some(client),
        is_behind_relay: false,
        hop_unknown: None,
        limits: AskingLimits::default(),
    }
}

fn recorded(judged: &Judged, action: Action, ground: Ground, unobserved: Action) -> VerdictRecord {
    record(Concluded {
        judged,
        decision: Decision { action, ground, unobserved },
        mail_from: Some(&name("contoso.example")),
        queue_id: "4Xy".to_owned(),
        at: 1_800_000_000,
    })
}

#[test]
fn what_was_done_is_told_and_why_it_is_not_what_the_policy_asks_for() {
    use Action::{Deliver, Quarantine, Reject, Tag};
    let spoof = [203, 0, 113, 9];
    let reject = Ground::Policy(Policy::Reject);
    let pair = Ground::Excepted(Exception::AllowedPair);
    let chain = Ground::Excepted(Exception::TrustedChain);
    for (record, client, (action, ground, unobserved), disposition, reasons) in [
        ("p=reject", CLIENT, (Deliver, Ground::Nothing, Deliver), "pass", ""),
        ("p=reject", spoof, (Reject, reject, Reject), "reject", ""),
        ("p=reject", spoof, (Quarantine, reject, Quarantine), "quarantine", "local_policy set aside"),
        ("p=reject", spoof, (Tag, reject, Tag), "none", "local_policy tagged"),
        ("p=reject", spoof, (Deliver, reject, Reject), "none", "local_policy policies are only observed"),
        (
            "p=reject",
            spoof,
            (Deliver, Ground::Nothing, Deliver),
            "none",
            "local_policy policies are not acted on",
        ),
        (
            "p=reject",
            spoof,
            (Deliver, pair, Deliver),
            "none",
            "local_policy this sender is allowed for the Author Domain",
        ),
        ("p=reject", spoof, (Deliver, chain, Deliver), "none", "local_policy arc=none"),
        ("p=reject; t=y", spoof, (Quarantine, reject, Quarantine), "quarantine", "policy_test_mode "),
        ("p=none", spoof, (Deliver, Ground::Nothing, Deliver), "none", ""),
    ] {
        let judged = judged(Some(&format!("v=DMARC1; {record}")), client);
        let told = recorded(&judged, action, ground, unobserved);
        let evaluated = told.evaluated.expect("a policy");
        assert_eq!(evaluated.disposition.as_str(), disposition, "{record} {action:?} {ground:?}");
        let said: Vec<String> =
            evaluated.reasons.iter().map(|reason| format!("{} {}", reason.kind, reason.comment)).collect();
        assert_eq!(said.join("; "), reasons, "{record} {action:?} {ground:?}");
        assert_eq!(told.action, action.as_str());
    }
}

#[test]
fn a_deferred_message_and_one_without_a_policy_are_not_counted() {
    let with = judged(Some("v=DMARC1; p=reject"), [203, 0, 113, 9]);
    let deferred = recorded(&with, Action::Defer, Ground::DnsTrouble(Policy::Reject), Action::Defer);
    assert_eq!((deferred.evaluated, deferred.policy), (None, Some(Policy::Reject)));
    let without = judged(None, CLIENT);
    let told = recorded(&without, Action::Deliver, Ground::Nothing, Action::Deliver);
    assert_eq!((told.evaluated, told.dmarc), (None, DmarcResult::None));
    assert_eq!(told.auth_results.spf.result, SpfResult::Pass);
    assert_eq!(
        (told.client, told.author_domain),
        (Some(IpAddr::from(CLIENT)), Some(name("contoso.example")))
    );
}

/// What a message pays for its verdict, while a thread writes what is put in; `POSTSEAL_TIMES` for the figure.
#[expect(clippy::print_stdout, reason = "what it measured is what it is for")]
#[test]
fn a_message_pays_little_for_its_verdict() {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use tokio::sync::Notify;

    use crate::verdicts::{Spooling, VerdictQueue};

    let times: u32 = std::env::var("POSTSEAL_TIMES").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000);
    let directory = tempfile::tempdir().expect("a directory");
    let queue = Arc::new(VerdictQueue::new());
    let (writer, _) = postseal_store::spool(directory.path());
    let spooling =
        Spooling::begin(Arc::clone(&queue), writer, 1 << 30, Arc::new(Notify::new()), |_| {}).expect("begun");
    let judged = judged(Some("v=DMARC1; p=reject"), CLIENT);
    let cpu_time = || {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(time).expect("not before it began")
    };
    let before = cpu_time();
    let mut spent = Duration::ZERO;
    let mut made = Duration::ZERO;
    for _ in 0..times {
        let begun = Instant::now();
        let record = recorded(&judged, Action::Deliver, Ground::Nothing, Action::Deliver);
        made += begun.elapsed();
        queue.put(record);
        spent += begun.elapsed();
        // As mail comes: not one on top of the other.
        std::hint::spin_loop();
    }
    let work = (cpu_time() - before) / times;
    drop(spooling);
    let count = |count: &std::sync::atomic::AtomicU64| count.load(std::sync::atomic::Ordering::Relaxed);
    let (spooled, dropped) = (count(&queue.counts.spooled), count(&queue.counts.dropped_in_queue));
    println!(
        "a verdict: {:?} to make and {:?} in all, {dropped} of {times} dropped",
        made / times,
        spent / times
    );
    assert_eq!(spooled + dropped, u64::from(times));
    // Of work: a busy machine may take as long as it likes.
    assert!(work < Duration::from_millis(1), "{work:?}");
}
