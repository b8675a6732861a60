//! DMARC (RFC 9989): policy discovery, alignment, and what DNS failures do.

use postseal_core::dmarc::{
    self, Authentication, Cause, DiscoveryMethod, Evaluation, Identifier, Options, Pct, PolicySource,
};
use postseal_core::dns::{
    Answers, DomainName, Failure, Missing, Outcome, QueryClass, RecordData, RecordType, TxtRecord, Zone,
};
use postseal_core::message::{AuthorDomainError, HeaderSection, author_domain};

fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a valid test name")
}

/// `_dmarc` records; a name may appear more than once. `SERVFAIL` is a failure,
/// `A` an address, and a name that begins with a dot is not prefixed.
fn zone(records: &[(&str, &str)]) -> Zone {
    let mut zone = Zone::new();
    for (owner, text) in records {
        let owner = match owner.strip_prefix('.') {
            Some(plain) => name(plain),
            None => name(&format!("_dmarc.{owner}")),
        };
        match *text {
            "SERVFAIL" => zone.fail(&owner, None, Outcome::Failure(Failure::ServFail)),
            "A" => zone.add(&owner, 60, RecordData::A([192, 0, 2, 1].into())),
            text => zone.add(&owner, 60, RecordData::Txt(TxtRecord::from_strings(&[text]))),
        }
    }
    zone
}

/// One question to DMARC: the domains that SPF and DKIM passed for.
#[derive(Clone, Copy, Default)]
struct Ask<'a> {
    author: &'a str,
    spf: Option<&'a str>,
    dkim: &'a [&'a str],
    undecided: &'a [&'a str],
    options: Options,
}

impl Ask<'_> {
    fn of(&self, zone: &Zone) -> (Evaluation, Vec<String>) {
        let spf = self.spf.map(name);
        let dkim: Vec<(DomainName, Authentication)> = self
            .dkim
            .iter()
            .map(|d| (name(d), Authentication::Passed))
            .chain(self.undecided.iter().map(|d| (name(d), Authentication::Undecided)))
            .collect();
        let mut answers = Answers::new(zone);
        let evaluation = dmarc::evaluate(
            &name(self.author),
            spf.as_ref().map(|domain| Identifier { domain, authentication: Authentication::Passed }),
            dkim.iter()
                .map(|(domain, authentication)| Identifier { domain, authentication: *authentication }),
            &self.options,
            &mut answers,
        );
        let asked = answers.trace().iter().map(|a| a.question.to_string()).collect();
        (evaluation.expect("a zone answers everything"), asked)
    }
}

/// Result, policy domain, policy and disposition in one line.
fn line(evaluation: &Evaluation) -> String {
    format!(
        "{} {} {} {}",
        evaluation.result,
        evaluation.policy_domain.as_ref().map_or("-", DomainName::as_str),
        evaluation.policy.map_or("-", dmarc::Policy::as_str),
        evaluation.disposition,
    )
}

fn check(records: &[(&str, &str)], ask: Ask<'_>, expected: &str) {
    let (evaluation, _) = ask.of(&zone(records));
    assert_eq!(line(&evaluation), expected, "{records:?} {}", ask.author);
}

fn author(author: &str) -> Ask<'_> {
    Ask { author, ..Ask::default() }
}

#[test]
fn the_record_that_applies() {
    let reject = "v=DMARC1; p=reject";
    check(&[("example.com", reject)], author("example.com"), "fail example.com reject reject");
    check(&[("example.com", reject)], author("a.b.example.com"), "fail example.com reject reject");
    check(&[], author("example.com"), "none - - none");
    // The fewest labels, not the nearest.
    check(
        &[("b.example.com", "v=DMARC1; p=none"), ("example.com", reject)],
        author("a.b.example.com"),
        "fail example.com reject reject",
    );
    // RFC 9989 §4.10.2, psd=n and psd=y
    check(
        &[("b.example.com", "v=DMARC1; p=none; psd=n"), ("example.com", reject)],
        author("a.b.example.com"),
        "fail b.example.com none none",
    );
    check(
        &[("com", "v=DMARC1; p=reject; psd=y"), ("example.com", "v=DMARC1; p=none")],
        author("a.example.com"),
        "fail example.com none none",
    );
    check(
        &[("com", "v=DMARC1; p=reject; sp=quarantine; psd=y"), (".example.com", "A")],
        author("example.com"),
        "fail com quarantine quarantine",
    );
    // Below a Public Suffix Domain, a record that is not the Organizational Domain's does not count.
    check(
        &[("com", "v=DMARC1; p=reject; psd=y"), ("b.example.com", "v=DMARC1; p=none")],
        author("a.b.example.com"),
        "fail com reject reject",
    );
    // Several records at one name are none.
    check(
        &[("example.com", reject), ("example.com", "v=DMARC1; p=none")],
        author("example.com"),
        "none - - none",
    );
    check(
        &[("a.example.com", reject), ("a.example.com", "v=DMARC1; p=none"), ("example.com", reject)],
        author("a.example.com"),
        "fail example.com reject reject",
    );
    check(
        &[("example.com", reject), ("example.com", "other")],
        author("example.com"),
        "fail example.com reject reject",
    );
}

#[test]
fn the_policy_that_applies() {
    let both = "v=DMARC1; p=reject; sp=quarantine; np=none";
    check(&[("example.com", both)], author("example.com"), "fail example.com reject reject");
    check(
        &[("example.com", both), (".a.example.com", "A")],
        author("a.example.com"),
        "fail example.com quarantine quarantine",
    );
    check(&[("example.com", both)], author("a.example.com"), "fail example.com none none");
    // A name below it makes it exist.
    check(
        &[("example.com", both), (".x.a.example.com", "A")],
        author("a.example.com"),
        "fail example.com quarantine quarantine",
    );
    check(
        &[("example.com", "v=DMARC1; p=none; np=reject")],
        author("a.example.com"),
        "fail example.com reject reject",
    );
    check(
        &[("example.com", "v=DMARC1; p=reject; sp=none")],
        author("a.example.com"),
        "fail example.com none none",
    );
    // Its own record: sp and np are for others.
    check(&[("a.example.com", both)], author("a.example.com"), "fail a.example.com reject reject");

    let (evaluation, asked) = author("a.example.com").of(&zone(&[("example.com", both)]));
    assert_eq!(evaluation.policy_source, Some(PolicySource::Np));
    assert_eq!(asked.last().map(String::as_str), Some("a.example.com TXT"), "the ninth question");
    let (_, asked) = author("a.example.com").of(&zone(&[("example.com", "v=DMARC1; p=reject; sp=none")]));
    assert!(!asked.iter().any(|q| q == "a.example.com TXT"), "without np nobody asks whether it exists");
}

#[test]
fn records_without_a_valid_policy() {
    for record in
        ["v=DMARC1", "v=DMARC1; p=", "v=DMARC1; p=x", "v=DMARC1; p=reject; sp=x", "v=DMARC1; p=reject; np=x"]
    {
        let with_rua = format!("{record}; rua=mailto:d@example.com");
        check(&[("example.com", &with_rua)], author("example.com"), "fail example.com none none");
        check(
            &[("example.com", &format!("{record}; rua=d@example.com"))],
            author("example.com"),
            "none - - none",
        );
        check(&[("example.com", record)], author("example.com"), "none - - none");
        let (evaluation, _) = author("example.com").of(&zone(&[("example.com", &with_rua)]));
        assert_eq!(evaluation.policy_source, Some(PolicySource::Assumed));
        let (evaluation, _) = author("example.com").of(&zone(&[("example.com", record)]));
        assert_eq!(evaluation.cause, Some(Cause::NoValidPolicy { domain: name("example.com") }));
    }
}

#[test]
fn test_mode_lowers_the_disposition() {
    let check = |tags: &str, options: Options, expected: &str| {
        let record = format!("v=DMARC1; {tags}");
        let (evaluation, _) = Ask { options, ..author("example.com") }.of(&zone(&[("example.com", &record)]));
        assert_eq!(line(&evaluation), format!("fail example.com {expected}"), "{tags}");
    };
    let default = Options::default();
    check("p=reject; t=y", default, "reject quarantine");
    check("p=quarantine; t=y", default, "quarantine none");
    check("p=none; t=y", default, "none none");
    check("p=reject; t=n", default, "reject reject");
    // pct, before p as the record of the article has it, and behind it
    check("pct=0; p=reject", default, "reject quarantine");
    check("p=reject; pct=0", default, "reject quarantine");
    check("p=reject; pct=0; t=n", default, "reject reject");
    check("p=reject; pct=100; t=y", default, "reject quarantine");
    check("pct=100; p=reject", default, "reject reject");
    check("pct=1; p=reject", default, "reject reject");
    check("pct=50; p=quarantine", default, "quarantine quarantine");
    check("pct=x; p=reject", default, "reject reject");
    let ignored = Options { pct: Pct::Ignored, ..default };
    check("pct=0; p=reject", ignored, "reject reject");
    let psl = Options { method: DiscoveryMethod::PublicSuffixList, ..default };
    check("pct=0; p=reject", psl, "reject quarantine");
    check("pct=100; p=reject", psl, "reject reject");
    check("p=reject; t=y", psl, "reject reject");
}

#[test]
fn alignment() {
    let records: &[(&str, &str)] = &[
        ("example.com", "v=DMARC1; p=reject"),
        ("own.example.com", "v=DMARC1; p=reject; psd=n"),
        ("strict.example", "v=DMARC1; p=reject; adkim=s; aspf=s"),
        ("bank.example", "v=DMARC1; p=reject; psd=y"),
        ("giant.bank.example", "v=DMARC1; p=reject"),
    ];
    let zone = zone(records);
    let check = |author: &str, identifier: &str, aligned: bool| {
        let (spf, _) = Ask { author, spf: Some(identifier), ..Ask::default() }.of(&zone);
        let (dkim, _) = Ask { author, dkim: &[identifier], ..Ask::default() }.of(&zone);
        assert_eq!((spf.alignment.spf, spf.alignment.dkim), (aligned, false), "{author} {identifier}");
        assert_eq!((dkim.alignment.spf, dkim.alignment.dkim), (false, aligned), "{author} {identifier}");
        assert_eq!(spf.result, if aligned { dmarc::DmarcResult::Pass } else { dmarc::DmarcResult::Fail });
    };
    check("example.com", "example.com", true);
    check("example.com", "a.example.com", true);
    check("a.example.com", "example.com", true);
    check("a.example.com", "b.c.example.com", true);
    check("example.com", "example.net", false);
    check("example.com", "com", false);
    check("example.com", "badexample.com", false);
    // Another organisation within
    check("example.com", "own.example.com", false);
    check("example.com", "a.own.example.com", false);
    check("a.own.example.com", "own.example.com", true);
    check("own.example.com", "example.com", false);
    check("strict.example", "strict.example", true);
    check("strict.example", "a.strict.example", false);
    // RFC 9989 B.4.3
    check("giant.bank.example", "mail.giant.bank.example", true);
    check("giant.bank.example", "mail.mega.bank.example", false);
    check("giant.bank.example", "bank.example", false);
    check("other.bank.example", "a.other.bank.example", true);
    // The domain of a Public Suffix Operator itself
    check("bank.example", "bank.example", true);
    check("bank.example", "giant.bank.example", false);
}

#[test]
fn alignment_without_a_policy() {
    let zone = zone(&[("useless.example", "v=DMARC1")]);
    for author in ["example.com", "useless.example"] {
        let below = format!("a.{author}");
        let (same, _) = Ask { author, spf: Some(author), dkim: &[&below], ..Ask::default() }.of(&zone);
        assert_eq!(
            (line(&same).as_str(), same.alignment.spf, same.alignment.dkim),
            ("none - - none", true, false)
        );
        let options = Options { method: DiscoveryMethod::PublicSuffixList, ..Options::default() };
        let (list, _) = Ask { author, dkim: &[&below], options, ..Ask::default() }.of(&zone);
        assert_eq!(
            (line(&list).as_str(), list.alignment.spf, list.alignment.dkim),
            ("none - - none", false, true)
        );
    }
}

#[test]
fn what_cannot_be_aligned_asks_nothing() {
    let records: &[(&str, &str)] = &[
        ("example.com", "v=DMARC1; p=reject"),
        ("attack.example", "SERVFAIL"),
        ("a.attack.example", "SERVFAIL"),
    ];
    let zone = zone(records);
    let ask = Ask {
        author: "example.com",
        spf: Some("attack.example"),
        dkim: &["a.attack.example", "other.net"],
        undecided: &["undecided.attack.example", "x.other.net"],
        ..Ask::default()
    };
    let (evaluation, asked) = ask.of(&zone);
    assert_eq!(line(&evaluation), "fail example.com reject reject");
    assert_eq!(evaluation.cause, Some(Cause::NotAligned));
    assert_eq!(asked, ["_dmarc.example.com TXT"]);
    // Below the same top-level domain the walk of the Author Domain has to end, but that is all.
    let (evaluation, asked) =
        Ask { author: "example.com", dkim: &["a.attack.com"], ..Ask::default() }.of(&zone);
    assert_eq!(line(&evaluation), "fail example.com reject reject");
    assert_eq!(asked, ["_dmarc.example.com TXT", "_dmarc.com TXT"]);
    assert_eq!(evaluation.organizational_domain, Some(name("example.com")));
    assert_eq!(evaluation.asked(), [name("example.com"), name("com")]);
    // The same domain needs no Organizational Domain.
    let (_, asked) = Ask { author: "example.com", spf: Some("example.com"), ..Ask::default() }.of(&zone);
    assert_eq!(asked, ["_dmarc.example.com TXT"]);
}

#[test]
fn dns_failures() {
    let reject = "v=DMARC1; p=reject";
    // The policy look-up failed.
    let (evaluation, _) = author("example.com").of(&zone(&[("example.com", "SERVFAIL")]));
    assert_eq!(line(&evaluation), "temperror - - none");
    assert!(matches!(evaluation.cause, Some(Cause::PolicyLookup { .. })));
    check(
        &[("example.com", "SERVFAIL"), ("a.example.com", reject)],
        author("b.example.com"),
        "temperror - - none",
    );
    // A name above the record says nothing: the policy is known, and so is who belongs to it.
    let above = &[("example.com", reject), ("com", "SERVFAIL")];
    check(above, author("example.com"), "fail example.com reject reject");
    check(above, Ask { spf: Some("example.com"), ..author("example.com") }, "pass example.com reject pass");
    check(above, Ask { dkim: &["a.example.com"], ..author("example.com") }, "pass example.com reject pass");
    check(above, Ask { dkim: &["example.net"], ..author("example.com") }, "fail example.com reject reject");
    // Only what com has says whether these two belong together.
    check(
        above,
        Ask { dkim: &["example2.com"], ..author("example.com") },
        "temperror example.com reject none",
    );
    // The walk of an identifier that could be aligned fails.
    let beside = &[("example.com", reject), ("a.example.com", "SERVFAIL")];
    check(
        beside,
        Ask { dkim: &["a.example.com"], ..author("example.com") },
        "temperror example.com reject none",
    );
    check(
        beside,
        Ask { dkim: &["a.example.com", "b.example.com"], ..author("example.com") },
        "pass example.com reject pass",
    );
    check(
        beside,
        Ask { spf: Some("a.example.com"), dkim: &["b.example.com"], ..author("example.com") },
        "pass example.com reject pass",
    );
    // SPF or DKIM is undecided about one that could be aligned, or cannot.
    let plain = &[("example.com", reject)];
    check(
        plain,
        Ask { undecided: &["a.example.com"], ..author("example.com") },
        "temperror example.com reject none",
    );
    check(
        plain,
        Ask { undecided: &["example.com"], ..author("example.com") },
        "temperror example.com reject none",
    );
    check(
        plain,
        Ask { undecided: &["a.example.com"], spf: Some("example.com"), ..author("example.com") },
        "pass example.com reject pass",
    );
    check(
        plain,
        Ask { undecided: &["example.net"], ..author("example.com") },
        "fail example.com reject reject",
    );
    let strict = &[("example.com", "v=DMARC1; p=reject; adkim=s")];
    check(
        strict,
        Ask { undecided: &["a.example.com"], ..author("example.com") },
        "fail example.com reject reject",
    );
    // Whether the Author Domain exists is not known, and matters.
    let np = &[("example.com", "v=DMARC1; p=none; np=reject"), (".a.example.com", "SERVFAIL")];
    check(np, author("a.example.com"), "temperror example.com none none");
    check(np, Ask { spf: Some("example.com"), ..author("a.example.com") }, "pass example.com none pass");
    let same = &[("example.com", "v=DMARC1; p=reject; np=reject"), (".a.example.com", "SERVFAIL")];
    check(same, author("a.example.com"), "fail example.com reject reject");
}

#[test]
fn the_mode_of_rfc_7489() {
    let options = Options { method: DiscoveryMethod::PublicSuffixList, ..Options::default() };
    let check = |records: &[(&str, &str)], ask: Ask<'_>, expected: &str, asked: &[&str]| {
        let (evaluation, questions) = Ask { options, ..ask }.of(&zone(records));
        assert_eq!(line(&evaluation), expected, "{records:?}");
        assert_eq!(questions, asked, "{records:?}");
    };
    let reject = "v=DMARC1; p=reject";
    check(
        &[("example.co.uk", reject)],
        author("a.b.example.co.uk"),
        "fail example.co.uk reject reject",
        &["_dmarc.a.b.example.co.uk TXT", "_dmarc.example.co.uk TXT"],
    );
    check(&[("co.uk", reject)], author("example.co.uk"), "none - - none", &["_dmarc.example.co.uk TXT"]);
    check(
        &[("b.example.com", reject)],
        author("a.b.example.com"),
        "none - - none",
        &["_dmarc.a.b.example.com TXT", "_dmarc.example.com TXT"],
    );
    // RFC 7489 §6.6.3: several records end discovery.
    check(
        &[("a.example.com", reject), ("a.example.com", "v=DMARC1; p=none"), ("example.com", reject)],
        author("a.example.com"),
        "none - - none",
        &["_dmarc.a.example.com TXT"],
    );
    // No record at the registered domain is needed for alignment.
    check(
        &[("my.mom.za.org", reject)],
        Ask { dkim: &["mom.za.org"], ..author("my.mom.za.org") },
        "pass my.mom.za.org reject pass",
        &["_dmarc.my.mom.za.org TXT"],
    );
    check(
        &[("a.co.uk", reject)],
        Ask { dkim: &["b.co.uk"], ..author("a.co.uk") },
        "fail a.co.uk reject reject",
        &["_dmarc.a.co.uk TXT"],
    );
    // np and psd are unknown.
    check(
        &[("example.com", "v=DMARC1; p=none; sp=quarantine; np=reject; psd=y")],
        author("ghost.example.com"),
        "fail example.com quarantine quarantine",
        &["_dmarc.ghost.example.com TXT", "_dmarc.example.com TXT"],
    );
}

#[test]
fn organizational_domains() {
    let records: &[(&str, &str)] = &[
        ("example.com", "v=DMARC1; p=none"),
        ("mail.example.com", "v=DMARC1; p=none"),
        ("own.example.com", "v=DMARC1; p=none; psd=n"),
        ("uk", "v=DMARC1; p=none; psd=y"),
        ("broken.example", "SERVFAIL"),
    ];
    let zone = zone(records);
    let check = |domain: &str, walked: Result<&str, Failure>, listed: &str| {
        let by = |method| {
            dmarc::organizational_domain(&name(domain), method, QueryClass::Other, &mut Answers::new(&zone))
                .expect("a zone answers everything")
        };
        assert_eq!(by(DiscoveryMethod::TreeWalk), walked.map(name), "{domain}");
        assert_eq!(by(DiscoveryMethod::PublicSuffixList), Ok(name(listed)), "{domain}");
    };
    // The examples of RFC 9989 §4.10.2
    check("a.mail.example.com", Ok("example.com"), "example.com");
    check("a.own.example.com", Ok("own.example.com"), "example.com");
    check("a.b.co.uk", Ok("co.uk"), "b.co.uk");
    check("a.example.net", Ok("a.example.net"), "example.net");
    check("a.broken.example", Err(Failure::ServFail), "broken.example");
    check("com", Ok("com"), "com");
}

#[test]
fn no_author_domain_is_permerror() {
    let section = HeaderSection::parse(b"From: a@b.example, c@d.example\r\n".to_vec());
    let error = author_domain(&section).expect_err("two domains");
    let evaluation = Evaluation::without_author_domain(error, &Options::default());
    assert_eq!(line(&evaluation), "permerror - - none");
    assert_eq!(evaluation.author_domain, None);
    assert!(matches!(
        evaluation.cause,
        Some(Cause::AuthorDomain(AuthorDomainError::DifferentDomains { .. }))
    ));
}

/// What one round asks, with nothing at hand.
#[test]
fn questions_leave_together() {
    let mut answers = Answers::new(&());
    let options = Options::default();
    dmarc::prefetch(&name("a.example.com"), &options, &mut answers);
    let asked: Vec<String> = answers.take_missing().iter().map(ToString::to_string).collect();
    assert_eq!(asked, ["_dmarc.a.example.com TXT", "_dmarc.example.com TXT", "_dmarc.com TXT"]);

    // Two identifiers below the Organizational Domain: both walks in one round.
    let zone = zone(&[("example.com", "v=DMARC1; p=none")]);
    for question in ["_dmarc.a.example.com", "_dmarc.example.com", "_dmarc.com"] {
        answers.give(std::sync::Arc::new(zone.answer(&name(question), RecordType::Txt)));
    }
    let (spf, dkim) = (name("x.spf.example.com"), name("dkim.example.com"));
    let identifier = |domain| Identifier { domain, authentication: Authentication::Passed };
    let outcome = dmarc::evaluate(
        &name("a.example.com"),
        Some(identifier(&spf)),
        [identifier(&dkim)].into_iter(),
        &options,
        &mut answers,
    );
    assert_eq!(outcome.err(), Some(Missing));
    let asked: Vec<String> = answers.take_missing().iter().map(ToString::to_string).collect();
    assert_eq!(
        asked,
        ["_dmarc.x.spf.example.com TXT", "_dmarc.spf.example.com TXT", "_dmarc.dkim.example.com TXT"]
    );
}

/// Foreign questions cannot use up what policy discovery needs.
#[test]
fn policy_discovery_has_its_own_queries() {
    let mut zone = zone(&[("example.com", "v=DMARC1; p=none; np=reject")]);
    for i in 0..200 {
        zone.add(&name(&format!("k{i}.example")), 60, RecordData::A([192, 0, 2, 1].into()));
    }
    let mut answers = Answers::new(&zone);
    for i in 0..200 {
        answers.prefetch(QueryClass::Other, &name(&format!("k{i}.example")), RecordType::A);
    }
    assert!(answers.limit_reached());
    let author = name("a.b.c.d.e.f.g.h.i.j.k.example.com");
    let evaluation = dmarc::evaluate(&author, None, std::iter::empty(), &Options::default(), &mut answers)
        .expect("answered");
    assert_eq!(line(&evaluation), "fail example.com reject reject");
}
