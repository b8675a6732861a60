//! `postseal records` without a node: an SPF record merged from what is published, in each form.

mod support;

use serde_json::{Value, json};
use support::{Files, Ran, run, words};

const ZONE: &str = r#"
$ORIGIN contoso.example.
$TTL 3600
@        MX  10 mail
mail     A   198.18.0.25
@        TXT "v=spf1 mx include:spf.provider.example exists:%{i}.list.example -all"
@        TXT "site-verification=\"1\""
_dmarc   TXT "v=DMARC1; pct=100; p=none; rua=mailto:d@contoso.example"
spf.provider.example. TXT "v=spf1 ip4:198.18.1.0/24 -all"
$ORIGIN fabrikam.example.
@        MX  10 mail
mail     A   198.18.0.26
$ORIGIN broken.example.
@        TXT "v=spf1 ipv4:198.18.0.25 -all"
$ORIGIN twice.example.
@        TXT "v=spf1 mx -all"
@        TXT "v=spf1 a ~all"
_dmarc   TXT "v=DMARC1; p=reject; rua=mailto:d@twice.example"
"#;

/// No node is asked: this machine may have one, so a file that is not there is not named either.
fn records(arguments: &str) -> Ran {
    let files = Files::new();
    let zone = files.write("a.zone", ZONE);
    run(&words(&format!("records {arguments} --zone ZONE"), &[("ZONE", &zone)]))
}

fn planned(arguments: &str, purpose: &str) -> Value {
    let ran = records(&format!("{arguments} --json"));
    assert_eq!(ran.status, 0, "{ran:?}");
    let all = ran.json();
    let found = all.as_array().expect("a list").iter().find(|record| record["purpose"] == purpose);
    found.unwrap_or_else(|| panic!("no {purpose}: {ran:?}")).clone()
}

#[test]
fn spf_is_merged_and_never_replaced() {
    let check = |arguments: &str, value: &str, action: &str| {
        let spf = planned(arguments, "spf");
        assert_eq!((&spf["value"], &spf["action"]), (&value.into(), &action.into()), "{arguments}: {spf}");
        spf
    };
    let old = "v=spf1 mx include:spf.provider.example exists:%{i}.list.example -all";
    check("contoso.example", old, "keep");
    check("contoso.example --spf include:SPF.provider.example", old, "keep");
    let spf = check(
        "contoso.example --spf ip4:198.18.7.7",
        "v=spf1 mx include:spf.provider.example exists:%{i}.list.example ip4:198.18.7.7 -all",
        "replace",
    );
    assert_eq!(spf["replaces"], json!([old]));
    assert_eq!(spf["beside"], json!(["site-verification=\"1\""]));
    assert!(spf["reason"].as_str().is_some_and(|reason| reason.contains("Added: ip4:198.18.7.7.")), "{spf}");
    check("fabrikam.example", "v=spf1 mx ~all", "add");
    check(
        "fabrikam.example --spf include:spf.provider.example",
        "v=spf1 mx include:spf.provider.example ~all",
        "add",
    );
    check("twice.example", "v=spf1 mx a ~all", "replace");
    check(
        "contoso.example --flatten",
        "v=spf1 ip4:198.18.0.25 ip4:198.18.1.0/24 exists:%{i}.list.example -all",
        "replace",
    );
}

#[test]
fn dmarc_has_the_form_of_rfc_9989() {
    let dmarc = planned("contoso.example", "dmarc");
    assert_eq!(dmarc["value"], "v=DMARC1; p=none; rua=mailto:d@contoso.example");
    assert_eq!(dmarc["action"], "replace");
    assert!(dmarc["reason"].as_str().is_some_and(|reason| reason.contains("pct=100")), "{dmarc}");
    let dmarc = planned("fabrikam.example", "dmarc");
    assert_eq!(dmarc["value"], "v=DMARC1; p=none; rua=mailto:dmarc-reports@fabrikam.example");
    assert_eq!(planned("twice.example", "dmarc")["action"], "keep");
}

#[test]
fn what_cannot_be_read_is_left_alone() {
    let ran = records("broken.example");
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.err.contains("syntax error") && !ran.text().contains("v=spf1"), "{ran:?}");
    for term in ["all", "-all", "redirect=a.example", "moo", "ip4:192.0.2.300"] {
        let ran = records(&format!("contoso.example --spf {term}"));
        assert_eq!((ran.status, ran.text().as_str()), (2, ""), "{term}: {ran:?}");
    }
}

#[test]
fn each_form() {
    let zone = records("contoso.example --spf ip4:198.18.7.7").text();
    let line = "contoso.example. 3600 IN TXT \"v=spf1 mx include:spf.provider.example exists:%{i}.list.example ip4:198.18.7.7 -all\"\n";
    assert!(zone.contains(line) && zone.contains("; takes the place of: v=spf1 mx "), "{zone}");
    let order = ["SPF: ", "DMARC: "].map(|word| zone.find(word).expect("there"));
    assert!(order[0] < order[1], "{zone}");

    let dnscontrol = records("contoso.example --spf ip4:198.18.7.7 --format dnscontrol").text();
    assert!(dnscontrol.starts_with("D_EXTEND(\"contoso.example\",\n"), "{dnscontrol}");
    assert!(dnscontrol.contains("  TXT(\"@\", \"v=spf1 mx "), "{dnscontrol}");
    assert!(dnscontrol.contains("  TXT(\"_dmarc\", \"v=DMARC1; p=none;"), "{dnscontrol}");
    assert!(dnscontrol.ends_with("END);\n"), "{dnscontrol}");

    let terraform = records("contoso.example --spf ip4:198.18.7.7 --format terraform").text();
    assert!(terraform.contains("resource \"dns_txt_record_set\" \"spf_contoso_example\" {\n"), "{terraform}");
    // The whole set, and nothing that would begin a template.
    let set = "  txt   = [\"site-verification=\\\"1\\\"\", \"v=spf1 mx include:spf.provider.example exists:%%{i}.list.example";
    assert!(terraform.contains(set), "{terraform}");
    assert!(terraform.contains("  zone  = \"contoso.example.\"\n  name  = \"_dmarc\"\n"), "{terraform}");

    let ja = records("contoso.example --lang ja").text();
    assert!(ja.contains("登録済みです:") && ja.contains("RFC 9989"), "{ja}");
}
