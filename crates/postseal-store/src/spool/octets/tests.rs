use postseal_core::arc::ArcResult;
use postseal_core::dkim::DkimResult;
use postseal_core::dmarc::{Disposition, DmarcResult};
use postseal_core::spf::SpfResult;
use postseal_core::verdict::OverrideKind;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::SegmentId;
use crate::spool::segment;

fn name() -> impl Strategy<Value = DomainName> {
    let label = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?";
    vec(label, 1..4).prop_filter_map("a name", |labels| DomainName::parse(&labels.join(".")).ok())
}

fn auth_results() -> impl Strategy<Value = AuthResults> {
    let selector = name().prop_map(|name| Selector::parse(name.as_str()).expect("a selector"));
    let signature = (name(), selector, select(&DkimResult::ALL[..]))
        .prop_map(|(domain, selector, result)| DkimAuthResult { domain, selector, result });
    let spf = (option::of(name()), select(&SpfResult::ALL[..]))
        .prop_map(|(domain, result)| SpfAuthResult { domain, result });
    (vec(signature, 0..MAX_REPORTED_SIGNATURES), spf).prop_map(|(dkim, spf)| AuthResults { dkim, spf })
}

fn policy() -> impl Strategy<Value = Policy> {
    select(vec![Policy::None, Policy::Quarantine, Policy::Reject])
}

fn evaluated() -> impl Strategy<Value = PolicyEvaluated> {
    let mode = || select(vec![AlignmentMode::Relaxed, AlignmentMode::Strict]);
    let fo = any::<[bool; 3]>().prop_map(|[any, dkim, spf]| FailureOptions { any, dkim, spf });
    let method = select(vec![DiscoveryMethod::TreeWalk, DiscoveryMethod::PublicSuffixList]);
    let published = (
        name(),
        method,
        (policy(), option::of(policy()), option::of(policy())),
        fo,
        (mode(), mode()),
        any::<bool>(),
    );
    let published =
        published.prop_map(|(domain, discovery_method, (p, sp, np), fo, (adkim, aspf), testing)| {
            PolicyPublished { domain, discovery_method, p, sp, np, fo, adkim, aspf, testing }
        });
    let disposition =
        select(vec![Disposition::None, Disposition::Pass, Disposition::Quarantine, Disposition::Reject]);
    let aligned = any::<[bool; 2]>().prop_map(|[spf, dkim]| Alignment { spf, dkim });
    let reason = (select(&OverrideKind::ALL[..]), "\\PC{0,300}")
        .prop_map(|(kind, comment)| OverrideReason::new(kind, &comment));
    (published, disposition, aligned, vec(reason, 0..MAX_REASONS)).prop_map(
        |(published, disposition, aligned, reasons)| PolicyEvaluated {
            published,
            disposition,
            aligned,
            reasons,
        },
    )
}

prop_compose! {
    fn record()(
        at in any::<u64>(),
        queue_id in "[A-Za-z0-9._-]{0,64}",
        client in option::of(any::<IpAddr>()),
        names in (option::of(name()), option::of(name())),
        auth_results in auth_results(),
        arc in select(vec![ArcResult::None, ArcResult::Pass, ArcResult::Fail]),
        dmarc in select(vec![DmarcResult::None, DmarcResult::Pass, DmarcResult::Fail, DmarcResult::Temperror]),
        policy in option::of(policy()),
        action in select(vec!["deliver", "tag", "quarantine", "defer", "reject"]),
        evaluated in option::of(evaluated()),
        aligned in option::of(any::<[bool; 2]>()),
    ) -> VerdictRecord {
        let (mail_from, author_domain) = names;
        let aligned = aligned.map(|[spf, dkim]| Alignment { spf, dkim });
        VerdictRecord {
            aligned, at, queue_id, client, mail_from, author_domain, auth_results, arc, dmarc, policy,
            action: Cow::Borrowed(action), evaluated,
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same(record in record()) {
        let mut octets = Vec::new();
        write(&record, &mut octets);
        prop_assert!(octets.len() <= MAX_RECORD);
        prop_assert_eq!(read(&octets), Ok(record));
        for cut in (0..octets.len()).step_by(1 + octets.len() / 50) {
            prop_assert_eq!(read(&octets[..cut]), Err(NotARecord));
        }
        octets.push(0);
        prop_assert_eq!(read(&octets), Err(NotARecord));
    }

    /// What a version before has left on disk is taken, without what it did not keep.
    #[test]
    fn records_of_version_1_are_read(record in record()) {
        let mut octets = Vec::new();
        write(&VerdictRecord { aligned: None, evaluated: None, ..record.clone() }, &mut octets);
        let Some((last, rest)) = octets.split_last() else { return Err(TestCaseError::fail("empty")) };
        prop_assert_eq!(*last, 0);
        let mut before = rest[..rest.len() - 1].to_vec();
        before.push(0);
        before[0] = VERSION_1;
        prop_assert_eq!(read(&before), Ok(VerdictRecord { aligned: None, evaluated: None, ..record }));
    }

    /// However it is cut, what can be read is the first records, whole.
    #[test]
    fn a_segment_that_is_cut_has_its_first_records(records in vec(record(), 0..5), part in 0.0..1.0_f64) {
        let id = SegmentId([7; 16]);
        let mut octets = Vec::new();
        for (place, record) in (0..).zip(&records) {
            segment::write(id, place, record, &mut octets);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss,
            reason = "a part of a length")]
        let cut = (octets.len() as f64 * part) as usize;
        let stretch = segment::read(id, 0, &octets[..cut], usize::MAX);
        prop_assert_eq!(stretch.records.len() as u64, stretch.until);
        prop_assert!(stretch.records.iter().map(|(_, record)| record).eq(&records[..stretch.records.len()]));
        prop_assert!(stretch.octets <= cut);
        let whole = segment::read(id, 0, &octets, usize::MAX);
        prop_assert_eq!((whole.records.len(), whole.octets), (records.len(), octets.len()));
        let other = segment::read(SegmentId([8; 16]), 0, &octets, usize::MAX);
        prop_assert_eq!(other.until, 0, "another segment's records are none");
    }
}

#[test]
fn the_longest_record_fits() {
    let long = DomainName::parse(&["a".repeat(63).as_str(); 4].join(".")[..253]).expect("a name");
    let mut record = crate::verdict_record::sample(1);
    record.queue_id = "q".repeat(64);
    (record.mail_from, record.author_domain) = (Some(long.clone()), Some(long.clone()));
    let signature = DkimAuthResult {
        domain: long.clone(),
        selector: Selector::parse(long.as_str()).expect("a selector"),
        result: DkimResult::Permerror,
    };
    record.auth_results.dkim = vec![signature; MAX_REPORTED_SIGNATURES];
    let evaluated = record.evaluated.as_mut().expect("a policy");
    evaluated.published.domain = long;
    evaluated.reasons = vec![OverrideReason::new(OverrideKind::Other, &"c".repeat(9_999)); MAX_REASONS];
    let mut octets = Vec::new();
    write(&record, &mut octets);
    assert!(octets.len() <= MAX_RECORD, "{}", octets.len());
    assert_eq!(read(&octets), Ok(record));
}
