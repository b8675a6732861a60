use postseal_core::advice::{
    Cause, CheckReport, Finding, Fix, Severity, SpfState, flatten_spf, lossy, merge_spf,
};
use postseal_core::dns::{DomainName, RecordData, TxtRecord};
use postseal_core::spf;
use postseal_dns::master_file::write_data;
use serde::Serialize;

use crate::api::resource::Record;
use crate::words::{Lang, say};

/// What is wanted for a domain.
pub(crate) struct Wanted<'w> {
    pub(crate) domain: &'w DomainName,
    /// What the node wants published; `None` without a node.
    pub(crate) ours: Option<&'w [Record]>,
    /// Mechanisms that must be in the SPF record.
    pub(crate) terms: &'w [String],
    pub(crate) flatten: bool,
}

/// What to do about one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    /// Nothing of its kind is there.
    Add,
    /// It takes the place of what is there.
    Replace,
    /// It is there already.
    Keep,
    /// What is there is not known.
    Check,
}

/// One record, and why.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Planned {
    #[serde(flatten)]
    pub(crate) record: Record,
    pub(crate) action: Action,
    /// The texts whose place it takes.
    pub(crate) replaces: Vec<String>,
    /// Other texts at the same name, which stay.
    pub(crate) beside: Vec<String>,
    pub(crate) reason: String,
}

/// All records, in the order in which they are to be registered.
pub(crate) struct Plan {
    pub(crate) records: Vec<Planned>,
    /// What somebody must look at before.
    pub(crate) remarks: Vec<String>,
}

impl Plan {
    /// Nothing is to be registered.
    pub(crate) fn nothing() -> Plan {
        Plan { records: Vec::new(), remarks: Vec::new() }
    }

    /// `published` is what the DNS has, where that is known.
    pub(crate) fn new(wanted: &Wanted<'_>, published: Option<&CheckReport>, lang: Lang) -> Plan {
        let mut plan = Plan::nothing();
        plan.ours(wanted, "ownership", lang);
        plan.spf(wanted, published, lang);
        plan.ours(wanted, "dkim", lang);
        plan.dmarc(wanted, published, lang);
        plan
    }

    /// Records at names of our own: nobody else has anything there.
    fn ours(&mut self, wanted: &Wanted<'_>, purpose: &str, lang: Lang) {
        let records = wanted.ours.unwrap_or_default().iter().filter(|record| record.purpose == purpose);
        self.records.extend(records.map(|record| Planned {
            record: record.clone(),
            action: Action::Add,
            replaces: Vec::new(),
            beside: Vec::new(),
            reason: reason(purpose, lang).to_owned(),
        }));
    }

    fn spf(&mut self, wanted: &Wanted<'_>, published: Option<&CheckReport>, lang: Lang) {
        let ours = wanted.ours.unwrap_or_default().iter().find(|record| record.purpose == "spf");
        let mut needed = ours.map(|record| mechanisms(&record.value)).unwrap_or_default();
        needed.extend(wanted.terms.iter().map(String::as_str));
        let known = published.filter(|report| !matches!(report.spf.state, SpfState::Failed(_)));
        let Some(report) = known else {
            self.remarks.push(by_hand(wanted.domain, lang));
            if let Ok(merged) = merge_spf(&[], &needed) {
                let record = txt("spf", wanted.domain, &merged.text);
                let reason = reason("spf", lang).to_owned();
                self.records.push(Planned {
                    record,
                    action: Action::Check,
                    replaces: vec![],
                    beside: vec![],
                    reason,
                });
            }
            return;
        };
        let texts = report.spf.answer.as_ref().map_or(&[][..], |answer| answer.txt());
        self.merged_spf(wanted, report, texts, &needed, lang);
    }

    fn merged_spf(
        &mut self,
        wanted: &Wanted<'_>,
        report: &CheckReport,
        texts: &[TxtRecord],
        needed: &[&str],
        lang: Lang,
    ) {
        let domain = wanted.domain;
        let is_spf = |text: &&TxtRecord| spf::Record::has_version(&text.octets);
        let old: Vec<String> = texts.iter().filter(is_spf).map(|text| lossy(&text.octets)).collect();
        let first = fix_at(report, domain, |cause| matches!(cause, Cause::SpfMissing { .. }));
        // The first record that check would propose knows the MX and the providers.
        let first = first.filter(|_| old.is_empty()).map(|fix| TxtRecord::from_strings(&[fix.value]));
        let flat = (wanted.flatten && old.len() == 1).then(|| flatten_spf(&report.spf)).flatten();
        let flat = flat.map(|text| TxtRecord::from_strings(&[text]));
        let base: Vec<TxtRecord> = match (first, flat) {
            (Some(one), _) | (None, Some(one)) => vec![one],
            (None, None) => texts.to_vec(),
        };
        let Ok(merged) = merge_spf(&base, needed) else {
            self.remarks.push(say!(
                lang,
                "{domain}: the SPF record that is published has a syntax error, so nothing is added to it; see postseal check {domain}",
                "{domain}: 登録されている SPF レコードに書式の誤りがあるため、何も追加しませんでした。postseal check {domain} で確認してください"
            ));
            return;
        };
        let action = match &old[..] {
            [] => Action::Add,
            [one] if *one == merged.text => Action::Keep,
            _ => Action::Replace,
        };
        let beside = texts.iter().filter(|text| !is_spf(text)).map(|text| lossy(&text.octets)).collect();
        let reason = spf_reason(&merged.added, old.len(), wanted.flatten, lang);
        let record = txt("spf", domain, &merged.text);
        self.records.push(Planned { record, action, replaces: old, beside, reason });
    }

    fn dmarc(&mut self, wanted: &Wanted<'_>, published: Option<&CheckReport>, lang: Lang) {
        let Ok(name) = wanted.domain.with_prefix("_dmarc") else { return };
        let ours = wanted.ours.unwrap_or_default().iter().find(|record| record.purpose == "dmarc").cloned();
        let mut planned = |record: Record, action: Action, replaces: Vec<String>| {
            let reason = dmarc_reason(action, &replaces, lang);
            self.records.push(Planned { record, action, replaces, beside: Vec::new(), reason });
        };
        let is_about = |finding: &&Finding| finding.name.as_ref() == Some(&name);
        let Some(report) = published else {
            return ours.into_iter().for_each(|record| planned(record, Action::Check, Vec::new()));
        };
        let about = || report.findings.iter().filter(is_about);
        if about().any(|finding| matches!(finding.cause, Cause::DnsError { .. })) {
            return ours.into_iter().for_each(|record| planned(record, Action::Check, Vec::new()));
        }
        let is_own = report.dmarc.policy_domain.as_ref() == Some(wanted.domain);
        let recorded = about().find_map(|finding| finding.record.as_deref().map(lossy));
        let there = recorded.or_else(|| report.dmarc.record.clone().filter(|_| is_own));
        let fixed = fix_at(report, &name, |cause| !matches!(cause, Cause::DmarcRuaMissing));
        match (there, fixed) {
            (Some(old), Some(fix)) => planned(txt("dmarc", &name, &fix.value), Action::Replace, vec![old]),
            (Some(_), None) if about().any(|finding| finding.severity() == Severity::Error) => {
                self.remarks.push(say!(
                    lang,
                    "{name}: the record that is published cannot be put right without knowing what was meant; see postseal check {}",
                    "{name}: 登録されているレコードは、意図がわからないため自動では修正できません。postseal check {} で確認してください",
                    wanted.domain
                ));
            }
            (Some(old), None) => planned(txt("dmarc", &name, &old), Action::Keep, Vec::new()),
            (None, fix) => {
                let record = ours.or_else(|| fix.map(|fix| txt("dmarc", &name, &fix.value)));
                record.into_iter().for_each(|record| planned(record, Action::Add, Vec::new()));
            }
        }
    }
}

/// Of a record that cannot be made: what to do instead.
fn by_hand(domain: &DomainName, lang: Lang) -> String {
    say!(
        lang,
        "{domain}: what the DNS has is not known, so the SPF record below may have to be merged by hand with the one that is there; never publish two",
        "{domain}: 現在の DNS の内容を確認できないため、すでに SPF レコードがある場合は下の SPF レコードと手作業で統合してください。2 つ登録してはいけません"
    )
}

/// The first proposal for a text at this name, of a finding that counts.
fn fix_at(report: &CheckReport, name: &DomainName, counts: impl Fn(&Cause) -> bool) -> Option<Fix> {
    let findings = report.findings.iter().filter(|finding| counts(&finding.cause));
    let fixes = findings.filter_map(|finding| finding.fix.as_ref());
    let mut fixes = fixes.filter(|fix| fix.name == *name && fix.record_type.as_str() == "TXT");
    fixes.next().cloned()
}

/// The terms of a record without its `all`.
pub(crate) fn mechanisms(record: &str) -> Vec<&str> {
    let is_all = |term: &&str| !term.trim_start_matches(['+', '-', '~', '?']).eq_ignore_ascii_case("all");
    record.split(' ').skip(1).filter(|term| !term.is_empty()).filter(is_all).collect()
}

/// A TXT record, as the API has it.
fn txt(purpose: &str, name: &DomainName, value: &str) -> Record {
    let strings: Vec<&[u8]> = value.as_bytes().chunks(255).collect();
    let data = RecordData::Txt(TxtRecord::from_strings(&strings));
    let ttl = Fix::TTL;
    Record {
        purpose: purpose.to_owned(),
        name: name.to_string(),
        ttl,
        r#type: "TXT".to_owned(),
        value: value.to_owned(),
        zone_line: format!("{name}. {ttl} IN TXT {}", write_data(&data)),
    }
}

fn reason(purpose: &str, lang: Lang) -> &'static str {
    match purpose {
        "ownership" => lang.pick(
            "Whose the domain is. It stays.",
            "ドメインの所有を示します。登録したままにしてください。",
        ),
        "dkim" => lang.pick(
            "DKIM: receiving servers find the two keys here. Register both before signing is enabled.",
            "DKIM: 受信サーバーはここから 2 つの鍵を取得します。署名を有効にする前に両方を登録してください。",
        ),
        _ => lang.pick(
            "SPF: who may send in the domain's name. A domain has one SPF record.",
            "SPF: このドメインを名乗って送信できるサーバーを示します。SPF レコードは 1 つのドメインに 1 個だけです。",
        ),
    }
}

fn spf_reason(added: &[String], records: usize, flatten: bool, lang: Lang) -> String {
    let mut sentences = vec![reason("spf", lang).to_owned()];
    if records > 1 {
        sentences.push(say!(
            lang,
            "The {records} records that are there become one.",
            "登録されている {records} 個のレコードを 1 個にまとめます。"
        ));
    }
    if !added.is_empty() && records > 0 {
        let added = added.join(" ");
        sentences.push(say!(
            lang,
            "Added: {added}. Everything that was there stays.",
            "追加: {added}。登録済みの内容はそのまま残ります。"
        ));
    }
    if flatten {
        sentences.push(
            lang.pick(
                "The addresses are those of today: when a provider changes its own, this record must follow.",
                "アドレスは現時点のものです。事業者がアドレスを変更したら、このレコードも更新する必要があります。",
            )
            .to_owned(),
        );
    }
    sentences.join(lang.pick(" ", ""))
}

fn dmarc_reason(action: Action, replaces: &[String], lang: Lang) -> String {
    let first = match action {
        Action::Add | Action::Check => lang.pick(
            "DMARC: to begin with, a policy that refuses nothing. Register it last, when SPF and DKIM are there.",
            "DMARC: はじめは何も拒否しないポリシーにします。SPF と DKIM を登録した後、最後に登録してください。",
        ),
        Action::Replace => lang.pick(
            "DMARC: the record that is there, in the form of RFC 9989.",
            "DMARC: 登録されているレコードを RFC 9989 の形式に直したものです。",
        ),
        Action::Keep => lang.pick("DMARC: the record is in order.", "DMARC: レコードに問題はありません。"),
    };
    // The article's own form: whoever was told to write pct=100 looks for it here.
    let told_pct = action != Action::Keep || replaces.iter().any(|old| old.contains("pct"));
    if !told_pct {
        return first.to_owned();
    }
    let pct = lang.pick(
        "pct=100, which older instructions ask for, was removed by RFC 9989 and never said anything: without it a policy applies to all mail.",
        "以前の手順にある pct=100 は RFC 9989 で廃止されました。もともと書いても意味は変わらず、書かなくてもポリシーはすべてのメールに適用されます。",
    );
    format!("{first}{}{pct}", lang.pick(" ", ""))
}
