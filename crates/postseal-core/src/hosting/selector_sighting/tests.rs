use super::*;

const SOA: Negative = Negative { soa_ttl: 3_600, soa_minimum: 300 };

fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a name")
}

fn cname(text: &str) -> Said {
    Said::Cname(name(text))
}

fn txt(texts: &[&str]) -> Said {
    Said::Txt(texts.iter().map(|text| TxtRecord::from_strings(&[text])).collect())
}

#[test]
fn what_one_server_shows_where_a_cname_must_be() {
    let zone = HostingZone::new(name("keys.example")).expect("short");
    let target = name("selector1-contoso-example._domainkey.contoso.keys.example");
    let expected = Expected::Cname { target, zone };
    let check = |said: Said, finding: Finding| {
        assert_eq!(classify(&expected, &said, None, 1_000), finding, "{said:?}");
    };
    let wrong = |target: &str, whose| Finding::WrongTarget { target: name(target), whose };
    let ours = "selector1-contoso-example._domainkey.contoso.keys.example";
    check(cname(&ours.to_uppercase()), Finding::Right);
    let swapped = ours.replace("selector1", "selector2");
    check(cname(&swapped), wrong(&swapped, Some(Whose::HostingZone)));
    let microsoft = "selector1-contoso-example._domainkey.Contoso.onmicrosoft.com";
    check(cname(microsoft), wrong(microsoft, Some(Whose::Service("Microsoft 365"))));
    let newer = "selector1-contoso-example._domainkey.contoso.n-v1.dkim.mail.microsoft";
    check(cname(newer), wrong(newer, Some(Whose::Service("Microsoft 365"))));
    check(cname("x.dkim.amazonses.com"), wrong("x.dkim.amazonses.com", Some(Whose::Service("Amazon SES"))));
    check(cname("evilonmicrosoft.com"), wrong("evilonmicrosoft.com", None));
    check(cname("k1.provider.example"), wrong("k1.provider.example", None));
    check(txt(&["v=DKIM1; k=rsa; p=AAAA"]), Finding::TxtInstead);
    check(Said::Addresses(vec![IpAddr::from([192, 0, 2, 1])]), Finding::Proxied);
    let absent = |nxdomain, until| Finding::Absent { nxdomain, others_may_hold_until: until };
    check(Said::NxDomain(SOA), absent(true, 1_300));
    check(Said::NxDomain(Negative { soa_ttl: 60, soa_minimum: 86_400 }), absent(true, 1_060));
    check(Said::NoData(SOA), absent(false, 1_300));
    check(Said::Silent(Failure::Timeout), Finding::NoAnswer(Failure::Timeout));
}

#[test]
fn a_doubled_suffix_is_found_where_the_right_name_has_nothing() {
    let zone = HostingZone::new(name("keys.example")).expect("short");
    let target = name("selector1-a-example._domainkey.a.keys.example");
    let expected = Expected::Cname { target: target.clone(), zone };
    let at = name("selector1._domainkey.a.example.a.example");
    let check = |said: Said, there: Said, expected_token: &str| {
        let got = classify(&expected, &said, Some((&at, &there)), 0);
        assert_eq!(got.token(), expected_token, "{said:?} {there:?}");
    };
    check(Said::NxDomain(SOA), Said::Cname(target.clone()), "doubled_suffix");
    check(Said::NoData(SOA), txt(&["v=DKIM1; p=AAAA"]), "doubled_suffix");
    check(Said::NxDomain(SOA), Said::NxDomain(SOA), "nxdomain");
    check(Said::NxDomain(SOA), Said::Silent(Failure::Timeout), "nxdomain");
    check(Said::Cname(target.clone()), Said::Cname(target.clone()), "right");
    check(Said::Silent(Failure::Timeout), Said::Cname(target), "no_answer");
}

#[test]
fn what_one_server_shows_in_txt_mode() {
    let expected = Expected::Txt {
        record: "v=DKIM1; k=ed25519; p=O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=".to_owned(),
    };
    let check =
        |said: Said, token: &str| assert_eq!(classify(&expected, &said, None, 0).token(), token, "{said:?}");
    check(txt(&["v=DKIM1; k=ed25519; p=O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik="]), "right");
    check(txt(&["v=DKIM1;k=ed25519; n=ours; p=O2onvM62pC1io6jQ Km8Nc2UyFXcd4kOmOsBIoYtZ2ik=;"]), "right");
    check(txt(&["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]), "wrong_txt");
    check(txt(&["v=DKIM1; k=ed25519; p="]), "wrong_txt");
    let twice = "v=DKIM1; k=ed25519; p=O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=";
    check(txt(&[twice, twice]), "wrong_txt");
    check(cname("selector1-a-example._domainkey.a.onmicrosoft.com"), "wrong_target");
    check(Said::NxDomain(SOA), "nxdomain");
}

#[test]
fn what_all_servers_together_mean() {
    use Conclusion as C;
    use HostedReading::{Different, NoAnswer, Same};
    use OutsideSignature as O;
    let right = || Finding::Right;
    let absent = || Finding::Absent { nxdomain: true, others_may_hold_until: 0 };
    let silent = || Finding::NoAnswer(Failure::Timeout);
    let check = |findings: &[Finding], hosted: &[HostedReading], outside: O, expected: C| {
        assert_eq!(conclude(findings, hosted, outside), expected, "{findings:?} {hosted:?} {outside:?}");
    };
    check(&[right(), right()], &[Same, Same], O::Verified, C::Seen);
    check(&[right(), silent()], &[Same, NoAnswer], O::Verified, C::Seen);
    // TXT mode: the owner's servers are all there is.
    check(&[right()], &[], O::Verified, C::Seen);
    check(&[silent(), silent()], &[Same], O::Verified, C::NoAnswer);
    check(&[], &[Same], O::Verified, C::NoAnswer);
    check(&[right(), absent()], &[Same], O::Verified, C::Partly);
    check(&[absent(), silent()], &[Same], O::Verified, C::Missing);
    check(&[absent(), Finding::Proxied], &[Same], O::Verified, C::Missing);
    check(&[right()], &[Same, Different], O::Verified, C::HostedDiffers);
    check(&[right()], &[NoAnswer], O::Verified, C::NoAnswer);
    check(&[right()], &[Same], O::Failed, C::SignatureFails);
    check(&[right()], &[Same], O::NoAnswer, C::NoAnswer);
    for conclusion in Conclusion::ALL {
        assert_eq!(Conclusion::from_token(conclusion.token()), Some(conclusion));
    }
}

#[test]
fn other_selectors_are_proposed_where_somebody_elses_record_is() {
    let microsoft = name("selector1-a-example._domainkey.a.onmicrosoft.com");
    let theirs = Finding::WrongTarget { target: microsoft.clone(), whose: Whose::of(&microsoft, None) };
    let ours = Finding::WrongTarget { target: microsoft, whose: Some(Whose::HostingZone) };
    let check = |findings: &[Finding], expected: Option<[&str; 2]>| {
        let got = propose_selectors(findings);
        let got = got.as_ref().map(|pair| [pair[0].as_str(), pair[1].as_str()]);
        assert_eq!(got, expected, "{findings:?}");
    };
    check(&[Finding::Right, theirs], Some(["ps1", "ps2"]));
    check(&[Finding::TxtInstead], Some(["ps1", "ps2"]));
    check(&[ours, Finding::Right], None);
    check(&[Finding::Absent { nxdomain: true, others_may_hold_until: 0 }], None);
}
