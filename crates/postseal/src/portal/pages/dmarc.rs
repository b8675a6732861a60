use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use postseal_core::advice::{CheckRequest, Finding};
use serde::Deserialize;

use super::tabs::{Tab, TabName, tabs};
use crate::api::resource::{OutcomeOfPolicy, PolicyEffectResource};
use crate::portal::asked::Asked;
use crate::portal::failure::Failure;
use crate::portal::moments::{day, ttl};
use crate::portal::numbers::grouped;
use crate::portal::page::{Page, Place, render};
use crate::portal::parts::{RecordBlock, finding_blocks};
use crate::portal::words::{DMARC, DmarcWords, PARTS};
use crate::service::PlannedRecord;
use crate::words::Lang;

#[derive(Template)]
#[template(path = "pages/dmarc.html")]
struct DmarcPage {
    page: Page,
    words: &'static DmarcWords,
    path: String,
    domain: String,
    tabs: Vec<Tab>,
    record: Option<String>,
    policy_domain: String,
    rows: Vec<TagRow>,
    findings: Vec<String>,
    form: DmarcForm,
    plan: Option<String>,
    effect: PolicyEffectResource,
    /// What each policy would have done.
    would: [(&'static str, OutcomeOfPolicy); 3],
}

/// What a planned record is and would do.
#[derive(Template)]
#[template(path = "pages/dmarc_plan.html")]
struct DmarcPlan {
    words: &'static DmarcWords,
    block: String,
    findings: Vec<String>,
    first: Vec<String>,
}

/// A tag of the record, explained.
struct TagRow {
    tag: String,
    meaning: &'static str,
}

/// What the editor asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::portal) struct DmarcForm {
    p: String,
    sp: String,
    np: String,
    rua: String,
    adkim: String,
    aspf: String,
    t: String,
}

/// `GET …/dmarc`: the record explained, and an editor that writes RFC 9989's form.
pub(in crate::portal) async fn show(
    asked: Asked,
    Path(names): Path<(String, String)>,
    Query(form): Query<DmarcForm>,
) -> Result<Response, Failure> {
    let (at, words) = (asked.at(names)?, DMARC.of(asked.lang));
    let plan = match form.record() {
        Some(text) => Some(plan(&asked, &at.domain, text).await?),
        None => None,
    };
    if let (true, Some(plan)) = (asked.fragment, &plan) {
        return Ok(render(plan));
    }
    let request = CheckRequest::new(at.domain.clone());
    let report = asked.service()?.check(request, None).await.map_err(|error| asked.faulty(error))?;
    let effect = asked.client().policy_effect(&at.organisation, &at.domain, SOURCES).await;
    let effect = effect.map_err(|error| asked.failed(error))?;
    let dmarc = report.findings.iter().filter(|finding| is_dmarc(finding));
    let rows = report.dmarc.record.as_deref().map(|record| explained(record, words)).unwrap_or_default();
    let page = asked.page(Some(at.organisation.as_str()), Place::Domains, at.domain.to_string()).await;
    Ok(render(&DmarcPage {
        page,
        words,
        path: at.path(),
        domain: at.domain.to_string(),
        tabs: tabs(&at, TabName::Dmarc, asked.lang),
        policy_domain: report.dmarc.policy_domain.as_ref().map(ToString::to_string).unwrap_or_default(),
        record: report.dmarc.record.clone(),
        rows,
        findings: finding_blocks(dmarc, asked.lang),
        form,
        plan: plan.and_then(|plan| plan.render().ok()),
        would: [("none", effect.none), ("quarantine", effect.quarantine), ("reject", effect.reject)],
        effect,
    }))
}

fn is_dmarc(finding: &Finding) -> bool {
    finding.id().as_str().starts_with("dmarc.")
}

async fn plan(
    asked: &Asked,
    domain: &postseal_core::dns::DomainName,
    text: String,
) -> Result<DmarcPlan, Failure> {
    let words = DMARC.of(asked.lang);
    let name = domain.with_prefix("_dmarc").map_err(|error| {
        Failure::bad_request(asked.locale, crate::words::domain_name_error(error, asked.lang))
    })?;
    let planned = PlannedRecord { name: name.clone(), text: text.clone() };
    let request = CheckRequest::new(domain.clone());
    let report = asked.service()?.check(request, Some(planned)).await;
    let report = report.map_err(|error| asked.faulty(error))?;
    let block = RecordBlock {
        words: PARTS.of(asked.lang),
        title: String::new(),
        kind: "TXT".to_owned(),
        host: name.to_string(),
        line: format!("{name}. 3600 IN TXT \"{text}\""),
        value: text,
        ttl: ttl(3_600, asked.lang),
        servers: Vec::new(),
    };
    let comes_first = |finding: &&Finding| {
        matches!(
            finding.id().as_str(),
            "dmarc.enforced-unprepared" | "spf.missing" | "dkim.none-found" | "dkim.key-missing"
        )
    };
    let first = report.findings.iter().filter(comes_first);
    let others = report.findings.iter().filter(|finding| is_dmarc(finding) && !comes_first(finding));
    Ok(DmarcPlan {
        words,
        block: block.render().unwrap_or_default(),
        findings: finding_blocks(others, asked.lang),
        first: finding_blocks(first, asked.lang),
    })
}

impl DmarcForm {
    /// RFC 9989's form: no tag that says what is the default, `p` second.
    fn record(&self) -> Option<String> {
        let policy = |text: &str| matches!(text, "none" | "quarantine" | "reject");
        if !policy(&self.p) {
            return None;
        }
        let mut record = format!("v=DMARC1; p={}", self.p);
        for (tag, value) in [("sp", &self.sp), ("np", &self.np)] {
            if policy(value) && *value != self.p {
                record.push_str(&format!("; {tag}={value}"));
            }
        }
        for (tag, value) in [("adkim", &self.adkim), ("aspf", &self.aspf)] {
            if value == "s" {
                record.push_str(&format!("; {tag}=s"));
            }
        }
        if self.t == "y" {
            record.push_str("; t=y");
        }
        let addresses = self.rua.split([',', ' ', '\n', '\r']).filter(|address| address.contains('@'));
        let uri = |address: &str| {
            let address = address.trim_start_matches("mailto:");
            // What separates URIs, sizes and tags is written as RFC 3986 has it.
            let address = address.replace('%', "%25").replace('!', "%21").replace(';', "%3B");
            format!("mailto:{address}")
        };
        let addresses: Vec<String> = addresses.map(uri).collect();
        if !addresses.is_empty() {
            record.push_str(&format!("; rua={}", addresses.join(",")));
        }
        Some(record)
    }
}

/// Each tag of a record with what it means.
fn explained(record: &str, words: &'static DmarcWords) -> Vec<TagRow> {
    let tags = record.split(';').map(str::trim).filter(|tag| !tag.is_empty());
    let row = |tag: &str| {
        let (name, value) = tag.split_once('=').unwrap_or((tag, ""));
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_ascii_lowercase());
        TagRow { tag: tag.to_owned(), meaning: words.meaning(&name, &value) }
    };
    tags.map(row).collect()
}

impl DmarcWords {
    fn meaning(&self, name: &str, value: &str) -> &'static str {
        match (name, value) {
            ("v", _) => self.v,
            ("p", "none") => self.p_none,
            ("p", "quarantine") => self.p_quarantine,
            ("p", "reject") => self.p_reject,
            ("sp", _) => self.sp,
            ("np", _) => self.np,
            ("rua", _) => self.rua_means,
            ("ruf", _) => self.ruf,
            ("adkim" | "aspf", "s") => self.strict,
            ("adkim" | "aspf", _) => self.relaxed,
            ("t", "y") => self.testing,
            ("pct", "100") => self.pct_all,
            ("pct", _) => self.pct,
            ("psd", _) => self.psd,
            ("fo" | "t", _) => self.options,
            ("rf" | "ri", _) => self.removed,
            _ => self.unknown,
        }
    }
}

/// Senders that are shown with what a policy would have done to them.
const SOURCES: u32 = 10;

/// Choices of the editor for a policy.
pub(super) fn policies(lang: Lang) -> [(&'static str, &'static str); 3] {
    [
        ("none", lang.pick("none: only report", "none: なし(レポートのみ)")),
        ("quarantine", lang.pick("quarantine: set aside", "quarantine: 検疫")),
        ("reject", lang.pick("reject: refuse", "reject: 拒否")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_editor_writes_the_form_of_rfc_9989() {
        let check = |p: &str, sp: &str, rua: &str, strict: &str, t: &str, expected: Option<&str>| {
            let form = DmarcForm {
                p: p.to_owned(),
                sp: sp.to_owned(),
                rua: rua.to_owned(),
                adkim: strict.to_owned(),
                t: t.to_owned(),
                ..DmarcForm::default()
            };
            assert_eq!(form.record().as_deref(), expected, "{form:?}");
        };
        check("none", "", "", "", "", Some("v=DMARC1; p=none"));
        check("reject", "reject", "a@b.example", "", "", Some("v=DMARC1; p=reject; rua=mailto:a@b.example"));
        check(
            "quarantine",
            "none",
            "mailto:a!1@b.example, c@d.example",
            "s",
            "y",
            Some(
                "v=DMARC1; p=quarantine; sp=none; adkim=s; t=y; rua=mailto:a%211@b.example,mailto:c@d.example",
            ),
        );
        check("", "", "a@b", "", "", None);
        check("none; p=reject", "", "", "", "", None);
        check("none", "x; np=none", "a;p=none@b", "", "", Some("v=DMARC1; p=none; rua=mailto:a%3Bp=none@b"));
    }
}
