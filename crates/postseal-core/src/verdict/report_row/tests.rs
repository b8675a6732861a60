use super::*;
use crate::arc::ArcResult;
use crate::dns::{Answers, RecordData, TxtRecord, Zone};
use crate::message::{Envelope, HeaderSection, HeloIdentity, MailFrom};
use crate::verdict::{Authentication, Options};

fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a name")
}

/// Judges a message from 192.0.2.1 with no signature that could pass.
fn judge(records: &[(&str, &str)], mail_from: &str, header: &str) -> Verdict {
    let mut zone = Zone::new();
    for (owner, text) in records {
        zone.add(&name(owner), 60, RecordData::Txt(TxtRecord::from_strings(&[text])));
    }
    let envelope = Envelope {
        client: "192.0.2.1".parse().expect("an address"),
        helo: HeloIdentity::new("mail.example.net"),
        mail_from: MailFrom::new(mail_from),
    };
    let options = Options::new("mx.example.net");
    let mut message = Authentication::new(envelope, &options, 0);
    message.header_section(HeaderSection::parse(header.as_bytes().to_vec()));
    message.body(b"Hello\r\n");
    let mut answers = Answers::new(&zone);
    message.evaluate(&mut answers).expect("a zone answers everything");
    message.into_verdict().expect("evaluated")
}

fn evaluated(record: &str, applied: Disposition) -> Option<PolicyEvaluated> {
    let verdict = judge(&[("_dmarc.example.org", record)], "", "From: jo@example.org\r\n");
    PolicyEvaluated::of(&verdict, applied, None)
}

#[test]
fn the_policy_is_told_as_published_with_defaults() {
    let check = |record: &str, expected: (&str, Option<Policy>, Option<Policy>, &str, &str, &str, bool)| {
        let found = evaluated(record, Disposition::Reject).expect("a policy").published;
        let fo = found.fo.to_string();
        let got = (
            found.p.as_str(),
            found.sp,
            found.np,
            fo.as_str(),
            found.adkim.as_str(),
            found.aspf.as_str(),
            found.testing,
        );
        assert_eq!(got, expected, "{record}");
        assert_eq!(found.domain, name("example.org"));
        assert_eq!(found.discovery_method.as_str(), "treewalk");
        assert_eq!(FailureOptions::from_tag(&fo), Some(found.fo));
    };
    check("v=DMARC1; p=reject", ("reject", None, None, "0", "r", "r", false));
    check(
        "v=DMARC1; p=reject; sp=none; np=quarantine; fo=s:1:d; adkim=s; aspf=s; t=y",
        ("reject", Some(Policy::None), Some(Policy::Quarantine), "1:d:s", "s", "s", true),
    );
    // RFC 9989 §4.10.1: without a valid p it counts as none where reports are asked for.
    check("v=DMARC1; p=x; rua=mailto:r@example.org", ("none", None, None, "0", "r", "r", false));
    assert_eq!(evaluated("v=spf1 -all", Disposition::None), None, "no policy, no report");
}

#[test]
fn what_differs_from_the_policy_has_its_reason() {
    let kinds = |evaluated: &PolicyEvaluated| -> Vec<&str> {
        evaluated.reasons.iter().map(|reason| reason.kind.as_str()).collect()
    };
    let check = |record: &str, applied: Disposition, expected: &[&str]| {
        let found = evaluated(record, applied).expect("a policy");
        assert_eq!((found.disposition, kinds(&found).as_slice()), (applied, expected), "{record}");
        assert_eq!(found.aligned, Alignment::default());
    };
    check("v=DMARC1; p=reject", Disposition::Reject, &[]);
    check("v=DMARC1; p=reject; t=y", Disposition::Quarantine, &["policy_test_mode"]);
    check("v=DMARC1; p=quarantine; t=y", Disposition::None, &["policy_test_mode"]);
    check("v=DMARC1; p=none; t=y", Disposition::None, &[]);
    let verdict = judge(
        &[("_dmarc.example.org", "v=DMARC1; p=reject; t=y"), ("example.org", "v=spf1 ip4:192.0.2.1 -all")],
        "jo@example.org",
        "From: jo@example.org\r\n",
    );
    let passed = PolicyEvaluated::of(&verdict, Disposition::Pass, None).expect("a policy");
    assert_eq!(kinds(&passed), [""; 0], "a pass needs no reason");
    assert!(passed.aligned.spf && !passed.aligned.dkim);
    let because = OverrideReason::new(OverrideKind::LocalPolicy, &"é".repeat(MAX_COMMENT));
    assert_eq!(because.comment.len(), MAX_COMMENT);
    assert_eq!(because.comment.chars().next_back(), Some('é'), "cut between characters");
    let kept = PolicyEvaluated::of(&verdict, Disposition::None, Some(because.clone())).expect("a policy");
    assert_eq!(kept.reasons, [because]);
}

#[test]
fn spf_is_told_for_the_identity_that_was_checked() {
    let check = |mail_from: &str, expected: Option<&str>, result: SpfResult| {
        let verdict =
            judge(&[("example.org", "v=spf1 ip4:192.0.2.1 -all")], mail_from, "From: jo@example.org\r\n");
        let spf = AuthResults::of(&verdict).spf;
        assert_eq!((spf.domain, spf.result), (expected.map(name), result), "{mail_from:?}");
    };
    check("jo@example.org", Some("example.org"), SpfResult::Pass);
    check("", Some("mail.example.net"), SpfResult::None);
    check("jo@[192.0.2.1]", None, SpfResult::None);
}

/// A signature that can be read, of `d=`/`s=` and no key.
fn signature(domain: &str, selector: &str) -> String {
    format!(
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector}; h=from;\r\n\
         \tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n"
    )
}

#[test]
fn signatures_are_told_once_in_one_order_and_not_without_end() {
    let told = |header: &str| {
        let verdict = judge(&[], "", header);
        assert_eq!(verdict.arc.result, ArcResult::None);
        AuthResults::of(&verdict).dkim
    };
    let (a, b) = (signature("a.example", "s1"), signature("b.example", "s2"));
    let from = "From: jo@example.org\r\n";
    let one = told(&format!("{a}{b}{a}{from}"));
    assert_eq!(one.len(), 2);
    assert_eq!(one, told(&format!("{b}{a}{from}")));
    assert_eq!((one[0].domain.as_str(), one[0].selector.as_str()), ("a.example", "s1"));
    assert_eq!(one[0].result, DkimResult::Permerror);
    let many: String = (0..60).map(|n| signature(&format!("d{n}.example"), "s")).collect();
    assert_eq!(told(&format!("{many}{from}")).len(), dkim::MAX_SIGNATURES, "those that were looked at");
    assert_eq!(told(&format!("DKIM-Signature: v=1\r\n{from}")), []);
}

#[test]
fn signatures_that_pass_come_first() {
    let result = |domain: &str, result| DkimAuthResult {
        domain: name(domain),
        selector: Selector::parse("s").expect("a selector"),
        result,
    };
    let (author, organization) = (name("mail.example.org"), name("example.org"));
    let rank = |signature: DkimAuthResult| signature.rank(Some(&author), Some(&organization));
    assert_eq!(rank(result("mail.example.org", DkimResult::Pass)), 0);
    assert_eq!(rank(result("example.org", DkimResult::Pass)), 1);
    assert_eq!(rank(result("example.net", DkimResult::Pass)), 2);
    assert_eq!(rank(result("mail.example.org", DkimResult::Fail)), 3);
}

#[test]
fn words_are_read_as_they_are_written() {
    for kind in OverrideKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    assert_eq!("sampled_out".parse::<OverrideKind>(), Err(UnknownToken));
    for result in DkimResult::ALL {
        assert_eq!(result.as_str().parse(), Ok(result));
    }
    for method in [DiscoveryMethod::TreeWalk, DiscoveryMethod::PublicSuffixList] {
        assert_eq!(DiscoveryMethod::from_word(method.as_str()), Some(method));
    }
}
