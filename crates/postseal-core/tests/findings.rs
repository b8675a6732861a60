//! Every finding: cases that raise it, with the place marked, and near misses.
//!
//! The cases stand in `findings/*.txt`, a blank line between them. A case begins
//! with `+ ID` (raised) or `- ID` (not raised); the cases of `good.txt` have no
//! such line, and nothing grave may be found. Then come records of
//! `contoso.example`: name, perhaps seconds, type, data. `@` is the domain, names
//! with a final dot are whole. In texts `|` stands where one string ends and the
//! next begins, `⟦` and `⟧` stand around the place that must be marked, and
//! `{rsa2048}`, `{x200}` for a key or for as many letters. `NAME FAIL TYPE` is
//! SERVFAIL. `NS SAYS NAME TYPE DATA` is a record at one of the zone's own servers (without DATA: there is none),
//! `NS SILENT FAILURE NAME TYPE` and `NS LAME FAILURE NAME TYPE` that it gives no answer, or none as an authority; `NS REFERS NAME
//! TYPE` is a referral. `BOGUS NAME TYPE` fails by DNSSEC alone; `NAME TLSA DATA` is proven by it, `NAME UNPROVEN DATA` is not.
//! `POLICY LINE|LINE` is the MTA-STS Policy that was fetched, `UNAVAILABLE WHY` and `UNREACHED WHY` what came instead. `fix` is the value that must be proposed (`nothing`: none),
//! `severity` another than the usual one. `--selector`, `--from-ip`, `--domain` and
//! `--dkim-domain` are those of the request. `#` begins a remark.

#![expect(clippy::print_stdout, reason = "it says how many cases were judged")]

mod cpu_time;
mod fix_published;

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cpu_time::CpuTime;
use fix_published::FixPublished;
use postseal_core::advice::{
    AtSource, CertificateFault, CheckReport, CheckRequest, ExchangeTlsa, Finding, FindingId,
    MAX_CHECK_QUERIES, PolicyFetch, PolicyNotReached, PolicyUnavailable, ServerSays, Severity, SourceAnswers,
    SourceServer, check,
};
use postseal_core::dkim::Selector;
use postseal_core::dns::{
    Answers, DomainName, Failure, Mx, Outcome, Question, RecordData, RecordType, Records, TxtRecord, Zone,
};

const RSA512: &str = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAOR7x12yr9Mzs4xW5zJ8C3IvqvfrdMQdBzPwWrvR/EpZDJARCM/cb8iee/gSVzFkeqmDdZFpSmb1Ri4Zq7ks/JMCAwEAAQ==";
const RSA1024: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDFrOATaXXz5rzWQSWguvvIfHL6dBjxVSkuZ7gcklgGPbAF9wJkzRb3xAcy+3pQzVhb87657734FxoVPhRNFzICEjr9esIB4gB5TXfKEx9KXe8vbwiqysQDwIQguAaGs7RgF2CGsGD7PTnafGzioMJuXRE8FXVbW4DhXz4VA09z7wIDAQAB";
const RSA1536: &str = "MIHfMA0GCSqGSIb3DQEBAQUAA4HNADCByQKBwQCjej8Sm8bliBHgMPk6bBX9U4YITl1/GPTd2o7Xqvz6VR7mDaqKUEJ8gMA/01XArKy7SX5M5VJub1v4hJoNSz+TBO5JNiCxZrjXnk/babhUMMcPI1JEuFCp5b1a+rBxp35OLCIZBrTcibwAKSijGKoavpiz0qVGCHK38v+mf3rhgZa22MUifRdye8VwjrXxeeWdV3oclcrHUCx+c6qeAJRLBsvZVZAMPV/UG5LdQB3DC+J0FNZF1k1bzBduHSnbJ6sCAwEAAQ==";
const RSA2048: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAw8RQNDNkv4U5PYWweUC1HenLqdGOPUKtoagn3SMCDn3X6sJzxSO03mrXrJQbW9TO35QDm5fHFzKsrJofsJ/QiB1vJ+02LoD8/D1ON0ZV+8Y01HGy61tuKaObDP2jfEDSgHk1JK08TJiDoPQx5LBHiQLDAnzVJCGSHiRdsU760nSUsSLowvcvW3ZPvhj+4YSTygdgl5OgXGmGQkjikZ9GJbhSmnij1wdRt/TAiNsmM7U3+FXCNOOfonBVRENQ96/GYCwO1Sj46H3pIym8W2R7pEqA4O9O6KaYUcawzwHFB7IDFcjRsGdXOsu+ySQgg8vhZMEJgxbAYFiaoA6ymepxlwIDAQAB";
const ED25519: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

/// One case, read.
struct Case {
    place: String,
    expected: Option<(bool, FindingId)>,
    zone: Zone,
    request: CheckRequest,
    source: AtSource,
    /// The text that holds the marked place, and the place.
    marked: Option<(Vec<u8>, Range<usize>)>,
    fix: Option<String>,
    severity: Option<String>,
}

fn name(text: &str) -> DomainName {
    let whole = match text.strip_suffix('.') {
        Some(whole) => whole.to_owned(),
        None if text == "@" => "contoso.example".to_owned(),
        None => format!("{text}.contoso.example"),
    };
    DomainName::from_expansion(&whole).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/findings")
}

fn cases(file: &str) -> Vec<Case> {
    let text = fs::read_to_string(folder().join(file)).expect("the file of cases");
    let mut cases = Vec::new();
    for (number, lines) in paragraphs(&text) {
        cases.push(case(&format!("{file}:{number}"), &lines));
    }
    cases
}

/// The paragraphs that hold more than remarks, with the number of the first line.
fn paragraphs(text: &str) -> Vec<(usize, Vec<&str>)> {
    let mut found: Vec<(usize, Vec<&str>)> = Vec::new();
    let mut is_open = false;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        match found.last_mut() {
            _ if line.is_empty() => is_open = false,
            Some((_, lines)) if is_open => lines.push(line),
            _ => {
                found.push((number + 1, vec![line]));
                is_open = true;
            }
        }
    }
    found
}

fn case(place: &str, lines: &[&str]) -> Case {
    let mut case = Case {
        place: place.to_owned(),
        expected: None,
        zone: Zone::new(),
        request: CheckRequest::new(name("@")),
        source: AtSource::default(),
        marked: None,
        fix: None,
        severity: None,
    };
    for line in lines {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "+" | "-" => case.expected = Some((word == "+", rest.parse().expect("an id"))),
            "fix" => case.fix = Some(filled(rest)),
            "severity" => case.severity = Some(rest.to_owned()),
            "--selector" => case.request.selectors.push(Selector::parse(rest).expect("a selector")),
            "--from-ip" => case.request.from_ips.push(rest.parse::<IpAddr>().expect("an address")),
            "--dkim-domain" => case.request.dkim_domain = Some(DomainName::parse(rest).expect("a domain")),
            "--domain" => case.request.domain = DomainName::parse(rest).expect("a domain"),
            "BOGUS" => case.source.bogus.push(question(rest)),
            "POLICY" => case.policy(rest),
            "UNAVAILABLE" => case.source.policy = PolicyFetch::Unavailable(unavailable(rest)),
            "UNREACHED" => case.source.policy = PolicyFetch::NotReached(unreached(rest)),
            owner => case.line(owner, rest),
        }
    }
    case
}

fn question(text: &str) -> Question {
    let (owner, record_type) = text.split_once(' ').expect("a name and a type");
    Question::new(name(owner), record_type.parse().expect("a type"))
}

fn failure(text: &str) -> Failure {
    *Failure::ALL.iter().find(|failure| failure.as_str().replace(' ', "-") == text).expect("a failure")
}

fn unavailable(why: &str) -> PolicyUnavailable {
    let (word, rest) = why.split_once(' ').unwrap_or((why, ""));
    let number = || rest.parse().expect("a number");
    match word {
        "no-address" => PolicyUnavailable::NoAddress,
        "refused" => PolicyUnavailable::Refused(IpAddr::from([192, 0, 2, 1])),
        "expired" => PolicyUnavailable::Certificate(CertificateFault::Expired),
        "other-name" => PolicyUnavailable::Certificate(CertificateFault::OtherName),
        "unknown-issuer" => PolicyUnavailable::Certificate(CertificateFault::UnknownIssuer),
        "too-slow" => PolicyUnavailable::TooSlow(10),
        "redirect" => PolicyUnavailable::Redirect(number()),
        "status" => PolicyUnavailable::Status(number()),
        "media-type" => PolicyUnavailable::MediaType(rest.to_owned()),
        "too-long" => PolicyUnavailable::TooLong,
        "not-http" => PolicyUnavailable::NotHttp,
        other => panic!("{other}"),
    }
}

fn unreached(why: &str) -> PolicyNotReached {
    match why {
        "no-authorities" => PolicyNotReached::NoAuthorities,
        "no-connection" => PolicyNotReached::NoConnection(IpAddr::from([192, 0, 2, 1])),
        "not-public" => PolicyNotReached::NotPublic(IpAddr::from([10, 0, 0, 1])),
        other => PolicyNotReached::Dns(failure(other)),
    }
}

impl Case {
    /// A policy file; what is marked is marked in its line.
    fn policy(&mut self, text: &str) {
        let lines: Vec<Vec<u8>> = text.split('|').map(|line| self.text(line).octets).collect();
        self.source.policy = PolicyFetch::Fetched(lines.join(&b"\r\n"[..]));
    }

    fn line(&mut self, owner: &str, rest: &str) {
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        match word {
            "SAYS" => {
                let mut words = after.splitn(3, ' ');
                let asked = format!("{} {}", words.next().expect("a name"), words.next().expect("a type"));
                let records = words.next().map(|data| self.data(&question(&asked), data));
                self.say(owner, &question(&asked), records.map_or(ServerSays::Nothing, ServerSays::Records));
            }
            "ALIAS" => self.say(owner, &question(after), ServerSays::Alias(name("alias"))),
            "REFERS" => self.say(owner, &question(after), ServerSays::Elsewhere),
            "SILENT" | "LAME" => {
                let (why, asked) = after.split_once(' ').expect("a failure and a question");
                let says = if word == "LAME" { ServerSays::Lame } else { ServerSays::Silent };
                self.say(owner, &question(asked), says(failure(why)));
            }
            "TLSA" | "UNPROVEN" => self.tlsa(&name(owner), after, word == "TLSA"),
            _ => self.record(&name(owner), rest),
        }
    }

    fn data(&mut self, question: &Question, data: &str) -> Records {
        match question.record_type {
            RecordType::Txt => Records::Txt(vec![self.text(&filled(data))]),
            RecordType::Mx => {
                let (preference, exchange) = data.split_once(' ').expect("a preference and a name");
                let preference = preference.parse().expect("a number");
                Records::Mx(vec![Mx { preference, exchange: Some(name(exchange)) }])
            }
            other => panic!("{}: {other}", self.place),
        }
    }

    /// What a server says; a second line adds a record.
    fn say(&mut self, host: &str, question: &Question, says: ServerSays) {
        let number = host.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().expect("a number");
        let server = SourceServer { host: Some(name(host)), address: IpAddr::from([192, 0, 2, number]) };
        let answers = &mut self.source.answers;
        let at = answers.iter().position(|answers| answers.question == *question).unwrap_or_else(|| {
            answers.push(SourceAnswers { question: question.clone(), servers: Vec::new() });
            answers.len() - 1
        });
        let said = &mut answers[at].servers;
        match (said.iter_mut().find(|(known, _)| *known == server), says) {
            (Some((_, ServerSays::Records(Records::Txt(all)))), ServerSays::Records(Records::Txt(more))) => {
                all.extend(more);
            }
            (_, says) => said.push((server, says)),
        }
    }

    fn tlsa(&mut self, owner: &DomainName, data: &str, authentic: bool) {
        let octets = self.text(&filled(data)).octets;
        let text = String::from_utf8(octets).expect("UTF-8");
        let mut fields = text.split(' ');
        let mut number = || fields.next().and_then(|field| field.parse().ok()).expect("a number");
        let (usage, selector, matching) = (number(), number(), number());
        let hex = fields.next().unwrap_or_default().as_bytes();
        let octet = |pair: &[u8]| u8::from_str_radix(&String::from_utf8_lossy(pair), 16).expect("hex");
        let record = (usage, selector, matching, hex.chunks(2).map(octet).collect());
        match self.source.tlsa.iter_mut().find(|known| known.name == *owner) {
            Some(known) => known.records.push(record),
            None => {
                self.source.tlsa.push(ExchangeTlsa { name: owner.clone(), records: vec![record], authentic });
            }
        }
    }

    fn record(&mut self, owner: &DomainName, rest: &str) {
        let (first, after) = rest.split_once(' ').expect("a type and data");
        if first == "FAIL" {
            let record_type: RecordType = after.parse().expect("a type");
            return self.zone.fail(owner, Some(record_type), Outcome::Failure(Failure::ServFail));
        }
        let (ttl, record_type, data) = match first.parse() {
            Ok(ttl) => {
                let (record_type, data) = after.split_once(' ').expect("a type and data");
                (ttl, record_type, data)
            }
            Err(_) => (3600, first, after),
        };
        let data = match record_type {
            "TXT" => RecordData::Txt(self.text(&filled(data))),
            "SPF" => RecordData::Spf(self.text(data)),
            "A" => RecordData::A(data.parse().expect("an address")),
            "AAAA" => RecordData::Aaaa(data.parse().expect("an address")),
            "CNAME" => RecordData::Cname(name(data)),
            "PTR" => RecordData::Ptr(name(data)),
            "MX" => {
                let (preference, exchange) = data.split_once(' ').expect("a preference and a name");
                let exchange = (exchange != ".").then(|| name(exchange));
                RecordData::Mx(Mx { preference: preference.parse().expect("a number"), exchange })
            }
            other => panic!("{}: {other}", self.place),
        };
        self.zone.add(owner, ttl, data);
    }

    /// A text without the marks, which are remembered.
    fn text(&mut self, text: &str) -> TxtRecord {
        let strings: Vec<String> = text.split('|').map(|s| s.replace(['⟦', '⟧'], "")).collect();
        let joined = text.replace('|', "");
        if let (Some(start), Some(end)) = (joined.find('⟦'), joined.find('⟧')) {
            let octets = strings.concat().into_bytes();
            self.marked = Some((octets, start..end - '⟦'.len_utf8()));
        }
        TxtRecord::from_strings(&strings)
    }

    fn report(&self) -> CheckReport {
        let mut answers = Answers::new(&self.zone).with_limit(MAX_CHECK_QUERIES);
        let mut report = check(&self.request, &mut answers).expect("a zone answers everything");
        assert!(!answers.limit_reached(), "{}", self.place);
        report.add_source(&self.source);
        report
    }
}

/// The text with the placeholders filled.
fn filled(text: &str) -> String {
    let mut text = text.to_owned();
    for (placeholder, value) in [
        ("{rsa512}", RSA512),
        ("{rsa1024}", RSA1024),
        ("{rsa1536}", RSA1536),
        ("{rsa2048}", RSA2048),
        ("{ed25519}", ED25519),
    ] {
        text = text.replace(placeholder, value);
    }
    if let Some(count) = text.strip_prefix("{x").and_then(|rest| rest.strip_suffix('}')) {
        text = "x".repeat(count.parse().expect("a number"));
    }
    text
}

/// What is wrong with the findings of one case.
fn judge(case: &Case) -> Result<(), String> {
    let (raised, id) = case.expected.ok_or("no + or - line")?;
    let report = case.report();
    let found: Vec<&Finding> = report.findings.iter().filter(|finding| finding.id() == id).collect();
    let ids: Vec<_> = report.findings.iter().map(|finding| finding.id().as_str()).collect();
    if found.is_empty() == raised {
        return Err(format!("{} among {ids:?}", id.as_str()));
    }
    if raised { marks(case, &found).and_then(|()| fixes(case, &found)) } else { Ok(()) }
}

fn marks(case: &Case, found: &[&Finding]) -> Result<(), String> {
    if let Some((octets, span)) = &case.marked {
        let is_it = |f: &&Finding| f.record.as_ref() == Some(octets) && f.span.as_ref() == Some(span);
        if !found.iter().any(is_it) {
            let shown: Vec<_> =
                found.iter().map(|f| (f.record.as_deref().map(String::from_utf8_lossy), &f.span)).collect();
            return Err(format!("{span:?} of {:?} not in {shown:?}", String::from_utf8_lossy(octets)));
        }
    }
    let usual = found.first().map_or("", |finding| finding.id().severity().as_str());
    let severity = case.severity.as_deref().unwrap_or(usual);
    if found.iter().any(|f| f.severity().as_str() == severity) { Ok(()) } else { Err("severity".to_owned()) }
}

fn fixes(case: &Case, found: &[&Finding]) -> Result<(), String> {
    let fixes: Vec<_> = found.iter().filter_map(|f| f.fix.as_ref().map(|fix| fix.value.as_str())).collect();
    match case.fix.as_deref() {
        None => Ok(()),
        Some("nothing") if fixes.is_empty() => Ok(()),
        Some(value) if fixes.contains(&value) => Ok(()),
        Some(value) => Err(format!("{value:?} is not among the fixes {fixes:?}")),
    }
}

#[test]
fn every_finding_is_raised_and_marked() {
    let all: Vec<Case> =
        ["spf.txt", "dkim.txt", "dmarc.txt", "dns.txt", "transport.txt", "bimi.txt", "source.txt"]
            .into_iter()
            .flat_map(cases)
            .collect();
    let mut counts: BTreeMap<FindingId, (u32, u32)> = BTreeMap::new();
    let mut faults = Vec::new();
    for case in &all {
        faults.extend(judge(case).err().map(|fault| format!("{}: {fault}", case.place)));
        if let Some((raised, id)) = case.expected {
            let (up, down) = counts.entry(id).or_default();
            *(if raised { up } else { down }) += 1;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    for id in FindingId::ALL {
        let (raised, quiet) = counts.get(id).copied().unwrap_or_default();
        assert!(raised >= 2, "{} has {raised} cases that raise it", id.as_str());
        assert!(quiet >= 1, "{} has no near miss", id.as_str());
    }
    println!("findings: {} cases for {} ids", all.len(), counts.len());
}

/// Whoever publishes what is proposed is rid of the finding and gets no new fault for it.
#[test]
fn what_is_proposed_is_no_fault_itself() {
    let mut faults = Vec::new();
    let mut count = 0;
    for case in ["spf.txt", "dkim.txt", "dmarc.txt", "dns.txt", "transport.txt", "bimi.txt"]
        .into_iter()
        .flat_map(cases)
    {
        let before = case.report();
        for finding in &before.findings {
            let Some(fix) = &finding.fix else { continue };
            count += 1;
            let published = FixPublished { zone: &case.zone, fix };
            let mut answers = Answers::new(&published).with_limit(MAX_CHECK_QUERIES);
            let mut after = check(&case.request, &mut answers).expect("a zone answers everything");
            after.add_source(&case.source);
            // A record that must go as well keeps its finding, and so does what is only remarked.
            let is_left = |f: &&Finding| {
                (f.id(), &f.name, &f.fix) == (finding.id(), &finding.name, &finding.fix)
                    && f.name.as_ref() == Some(&fix.name)
            };
            // Whether a provider has the target of an alias is not the owner's to mend.
            let is_new = |f: &&Finding| {
                f.severity() == Severity::Error
                    && f.id() != FindingId::DkimCnameDangling
                    && !before.findings.iter().any(|known| known.id() == f.id())
            };
            for wrong in after.findings.iter().filter(|f| is_left(f) || is_new(f)) {
                faults.push(format!(
                    "{}: {} proposes {:?}, and then {}",
                    case.place,
                    finding.id().as_str(),
                    fix.value,
                    wrong.id().as_str()
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    println!("findings: {count} proposed records");
}

#[test]
fn nothing_grave_about_domains_in_order() {
    let good = cases("good.txt");
    for case in &good {
        let report = case.report();
        let grave: Vec<_> = report.findings.iter().filter(|f| f.severity() == Severity::Error).collect();
        assert!(grave.is_empty(), "{}: {grave:?}", case.place);
    }
    println!("findings: {} domains in order", good.len());
}

#[test]
fn every_finding_has_a_page() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/findings");
    for id in FindingId::ALL {
        let page = pages.join(format!("{}.md", id.as_str()));
        let text = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        for needed in [
            format!("# {}\n", id.as_str()),
            format!("Severity: {}", id.severity()),
            "## What\n".to_owned(),
            "## Why it matters\n".to_owned(),
            "## Fix\n".to_owned(),
            format!("## Source\n\n{}", id.source()),
        ] {
            assert!(text.contains(&needed), "{}: {needed:?} is missing", page.display());
        }
    }
    for entry in fs::read_dir(&pages).expect("the folder of pages") {
        let file = entry.expect("a page").file_name().into_string().expect("a name");
        let id = file.strip_suffix(".md").unwrap_or(&file);
        assert!(id.parse::<FindingId>().is_ok() || id == "README", "{file} is the page of no finding");
    }
}

#[test]
fn odd_octets_shift_nothing() {
    let mut zone = Zone::new();
    let text = TxtRecord::from_strings(&[b"v=spf1 \xff\xfe ip4:198.18.0 -all"]);
    zone.add(&name("@"), 3600, RecordData::Txt(text));
    let mut answers = Answers::new(&zone).with_limit(MAX_CHECK_QUERIES);
    let report = check(&CheckRequest::new(name("@")), &mut answers).expect("a zone answers everything");
    let spans: Vec<_> = report
        .findings
        .iter()
        .filter(|f| f.id() == FindingId::SpfSyntax)
        .filter_map(|f| f.span.clone())
        .collect();
    assert_eq!(spans, [7..9, 10..22]);
}

/// The same findings, whether the answers are at hand or come a round at a time.
#[test]
fn rounds_change_nothing() {
    for case in ["good.txt", "spf.txt", "dkim.txt", "dmarc.txt", "transport.txt", "bimi.txt"]
        .into_iter()
        .flat_map(cases)
    {
        let mut answers = Answers::new(&()).with_limit(MAX_CHECK_QUERIES);
        let mut rounds = 0;
        let mut report = loop {
            match check(&case.request, &mut answers) {
                Ok(report) => break report,
                Err(_) => {
                    let questions = answers.take_missing();
                    assert!(!questions.is_empty(), "{}: waits for nothing", case.place);
                    for question in questions {
                        answers.give(case.zone.answer(&question.name, question.record_type).into());
                    }
                    rounds += 1;
                }
            }
        };
        report.add_source(&case.source);
        assert_eq!(report.findings, case.report().findings, "{}", case.place);
        assert!(rounds <= 6, "{}: {rounds} rounds", case.place);
    }
}

const LARGE_AT: [&str; 7] =
    ["@", "_dmarc", "s1._domainkey", "*._domainkey", "_smtp._tls", "_mta-sts", "default._bimi"];

/// Records as large as the DNS allows cost little and say little.
#[test]
fn large_records_are_bounded() {
    let unit = |unit: &str| {
        let mut text = "v=spf1".to_owned();
        while text.len() < 65_000 {
            text.push_str(unit);
        }
        text
    };
    for text in [
        unit(" mx"),
        unit(" ip4:10.0.0.1"),
        unit(" \""),
        unit(" a:\""),
        unit(" x=y"),
        unit(" +all"),
        unit(" ip4:0.0.0.0/0"),
        unit(" exists:%{i}.example"),
        unit(" %"),
        unit("; p=\"A"),
        unit("; p"),
        unit(";rua=a@b,"),
        "v=DMARC1; p=none; rua=".to_owned() + &unit("mailto:d@a.example,"),
        "p=\"".repeat(16_000),
        "v=TLSRPTv1; rua=".to_owned() + &unit("mailto:d,"),
        "v=TLSRPTv1".to_owned() + &unit(";rua=x"),
        "v=STSv1".to_owned() + &unit(";id="),
        "v=BIMI1".to_owned() + &unit(";l=x"),
    ] {
        let octets = text.into_bytes();
        let record = TxtRecord::from_strings(&octets.chunks(255).collect::<Vec<_>>());
        let mut zone = Zone::new();
        for owner in LARGE_AT {
            zone.add(&name(owner), 3600, RecordData::Txt(record.clone()));
        }
        let mut answers = Answers::new(&zone).with_limit(MAX_CHECK_QUERIES);
        let started = CpuTime::start();
        let report = check(&CheckRequest::new(name("@")), &mut answers).expect("a zone answers everything");
        let front = String::from_utf8_lossy(&record.octets[..24]);
        assert!(started.elapsed() < Duration::from_secs(2), "{front}: {:?}", started.elapsed());
        assert!(report.findings.len() < 200, "{}", report.findings.len());
    }
}
