use postseal_core::advice::{
    DkimKey, DmarcPolicy, DnssecState, Finding, Fix, KeyState, MtaSts, MtaStsPolicyState, Severity, SpfNode,
};
use postseal_core::spf::{MAX_LOOKUPS, MAX_VOID_LOOKUPS};

use super::Checked;
use super::marked_record::{mark, shown};
use crate::cli::terminal::Paint;
use crate::predictions::{ReceiverText, outcome_word};
use crate::words::{Lang, say};
use crate::words::{finding_words, mta_sts_state, severity_word};

/// Columns of a record that is shown with a place marked.
const COLUMNS: usize = 96;

/// Patterns of an MTA-STS Policy that are shown.
const MAX_PATTERNS: usize = 20;

/// A domain for people: its findings, what was found, and the count.
pub(super) fn write(checked: &Checked, paint: Paint, lang: Lang) -> String {
    let mut page = Page { text: String::new(), paint, lang, fixes: Vec::new() };
    page.domain(checked);
    page.text
}

struct Page {
    text: String,
    paint: Paint,
    lang: Lang,
    /// The records shown so far, and where.
    fixes: Vec<(Fix, &'static str)>,
}

impl Page {
    fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn domain(&mut self, checked: &Checked) {
        let report = &checked.report;
        let heading = self.paint.strong(report.domain.as_str());
        self.line(0, &heading);
        for finding in &report.findings {
            self.line(0, "");
            self.finding(finding);
        }
        self.line(0, "");
        self.spf(&report.spf);
        self.dkim(&report.dkim);
        self.dmarc(&report.dmarc);
        self.mta_sts(&report.mta_sts);
        if report.dnssec == Some(DnssecState::Secure) {
            let proven = self.lang.pick(
                "the resolver says that the domain's records are proven (secure)",
                "リゾルバーがドメインのレコードを検証済みです(secure)",
            );
            self.line(0, &format!("DNSSEC {proven}"));
        }
        self.receivers(&checked.receivers);
        for note in &checked.notes {
            let note = self.paint.dim(&shown(note));
            self.line(0, &note);
        }
        self.line(0, "");
        let count = format!("{}: {}", report.domain, count(&report.findings, self.lang));
        self.line(0, &count);
    }

    fn finding(&mut self, finding: &Finding) {
        let words = finding_words(&finding.cause, self.lang);
        let severity = finding.severity();
        let label = format!("{}[{}]", severity_word(severity, self.lang), finding.id().as_str());
        let label = self.severity(severity, &label);
        self.line(0, &format!("{label}: {}", shown(&words.message)));
        if let Some(name) = &finding.name {
            let name = self.paint.dim(name.as_str());
            self.line(2, &name);
        }
        if let (Some(record), Some(span)) = (&finding.record, &finding.span) {
            let marked = mark(record, span, COLUMNS);
            self.line(4, &marked.line);
            let under = marked.mark.trim_start();
            let indent = 4 + marked.mark.len() - under.len();
            let under = self.severity(severity, under);
            self.line(indent, &under);
        }
        self.line(2, &shown(&words.effect));
        if let Some(fix) = &finding.fix {
            self.fix(fix, finding.id().as_str());
        }
        let source = self.paint.dim(finding.id().source());
        self.line(2, &source);
    }

    fn severity(&self, severity: Severity, text: &str) -> String {
        match severity {
            Severity::Error => self.paint.bad(text),
            Severity::Warning => self.paint.warn(text),
            Severity::Info => self.paint.dim(text),
        }
    }

    /// A record to publish, field by field as a DNS host's form asks for it.
    fn fix(&mut self, fix: &Fix, id: &'static str) {
        if let Some((_, id)) = self.fixes.iter().find(|(known, _)| known == fix) {
            let again = say!(
                self.lang,
                "The record to publish is the one shown at {id}.",
                "登録するレコードは {id} に示したものと同じです。"
            );
            return self.line(2, &again);
        }
        self.fixes.push((fix.clone(), id));
        let heading = self.lang.pick("The record to publish:", "登録するレコード:");
        self.line(2, heading);
        let labels = match self.lang {
            Lang::En => ["type     ", "host name", "value    ", "TTL      "],
            Lang::Ja => ["種類    ", "ホスト名", "値      ", "TTL     "],
        };
        let (name, value) = (fix.name.as_str(), shown(&fix.value));
        let ttl = say!(self.lang, "{} (one hour)", "{}(1 時間)", fix.ttl);
        for (label, value) in labels.into_iter().zip([fix.record_type.as_str(), name, &value, &ttl]) {
            let label = self.paint.dim(label);
            self.line(4, &format!("{label}  {value}"));
        }
    }

    fn spf(&mut self, tree: &SpfNode) {
        let Some(text) = tree.text() else {
            let none = self.lang.pick("no record", "レコードなし");
            return self.line(0, &format!("SPF    {none}"));
        };
        let (lookups, voids) = (tree.lookups(), tree.void_lookups());
        let counts = say!(
            self.lang,
            "{lookups} of {MAX_LOOKUPS} look-ups, {voids} of {MAX_VOID_LOOKUPS} void lookups",
            "DNS 参照 {lookups}/{MAX_LOOKUPS} 回、結果のない参照 {voids}/{MAX_VOID_LOOKUPS} 回"
        );
        self.line(0, &format!("SPF    {counts}"));
        let text = postseal_core::advice::lossy(&text.octets);
        self.line(7, &shown(&text));
        if lookups > 0 {
            self.terms(tree, 9);
        }
    }

    /// The terms that cost a look-up, with the count so far, as deep as they lead.
    fn terms(&mut self, node: &SpfNode, indent: usize) {
        let mut before = None;
        for term in &node.terms {
            let costs = term.target.is_some() || before.is_some_and(|count| count != term.lookups);
            before = Some(term.lookups);
            if !costs {
                continue;
            }
            let own = term.lookups - term.node.as_ref().map_or(0, below);
            let void = if term.is_void() { self.lang.pick("  nothing there", "  結果なし") } else { "" };
            let count = self.paint.dim(&format!("{own:>3}"));
            self.line(indent, &format!("{count}  {}{}", shown(&term.text), self.paint.warn(void)));
            if let Some(inner) = &term.node {
                self.terms(inner, indent + 2);
            }
        }
    }

    /// What receivers do, one a line; what is not accepted with its reason.
    fn receivers(&mut self, receivers: &[ReceiverText]) {
        self.line(0, "");
        let heading = self.lang.pick("What receivers do with such mail:", "受信側での扱い:");
        self.line(0, heading);
        let mut unknown: Vec<&str> = Vec::new();
        for receiver in receivers {
            if receiver.rule.is_none() && receiver.outcome == "unknown" {
                unknown.push(&receiver.receiver);
            } else {
                self.receiver(receiver);
            }
        }
        if !unknown.is_empty() {
            let names = shown(&unknown.join(", "));
            let words = self.lang.pick("nothing published", "公開情報なし");
            self.line(2, &format!("{names}: {words}"));
        }
    }

    fn receiver(&mut self, receiver: &ReceiverText) {
        let word = outcome_word(receiver.outcome, self.lang);
        let word = match receiver.outcome {
            "accept" => self.paint.good(word),
            "reject" => self.paint.bad(word),
            _ => self.paint.warn(word),
        };
        let code = receiver.code.as_deref().map(|code| format!("  {code}")).unwrap_or_default();
        self.line(2, &format!("{:<13} {word}{}", shown(&receiver.receiver), shown(&code)));
        if receiver.outcome != "accept" {
            self.line(4, &shown(&receiver.message));
        }
        if let Some(bulk) = &receiver.bulk {
            let label =
                say!(self.lang, "in bulk: {}", "大量送信の場合: {}", outcome_word(bulk.outcome, self.lang));
            let code = bulk.code.as_deref().unwrap_or_default();
            self.line(4, &shown(&format!("{label}  {code}  {}", bulk.message)));
        }
        if let (true, Some(verified)) = (receiver.stale, &receiver.last_verified) {
            let old = say!(
                self.lang,
                "last verified on {verified}, more than a year ago",
                "最終確認 {verified}(1 年以上前)"
            );
            let old = self.paint.dim(&old);
            self.line(4, &old);
        }
    }

    fn dkim(&mut self, keys: &[DkimKey]) {
        if keys.is_empty() {
            let none = self.lang.pick("no key found", "鍵が見つかりません");
            return self.line(0, &format!("DKIM   {none}"));
        }
        for (place, key) in keys.iter().enumerate() {
            let label = if place == 0 { "DKIM" } else { "" };
            let kind = match (key.algorithm, key.bits) {
                (Some(algorithm), Some(bits)) => format!("{} {bits}", algorithm.as_str()),
                (Some(algorithm), None) => algorithm.as_str().to_owned(),
                (None, _) => "-".to_owned(),
            };
            let state = match key.state {
                KeyState::Valid => self.paint.good(state_word(key.state, self.lang)),
                KeyState::Testing | KeyState::Revoked => self.paint.warn(state_word(key.state, self.lang)),
                _ => self.paint.bad(state_word(key.state, self.lang)),
            };
            let alias = key.cname.as_ref().map(|target| format!("  → {target}")).unwrap_or_default();
            self.line(0, &format!("{label:<7}{:<12} {kind:<12} {state}{alias}", key.selector.as_str()));
        }
    }

    /// What the policy says; that it is not known is a note.
    fn mta_sts(&mut self, mta_sts: &MtaSts) {
        let MtaStsPolicyState::Read(policy) = &mta_sts.policy else { return };
        if let Some(state) = mta_sts_state(mta_sts, self.lang) {
            self.line(0, &format!("STS    {state}"));
        }
        let named: Vec<String> = policy.mx.iter().take(MAX_PATTERNS).map(ToString::to_string).collect();
        if !named.is_empty() {
            self.line(7, &format!("mx: {}", shown(&named.join(", "))));
        }
    }

    fn dmarc(&mut self, dmarc: &DmarcPolicy) {
        let (Some(policy), Some(domain)) = (dmarc.policy, &dmarc.policy_domain) else {
            let none = self.lang.pick("no policy", "ポリシーなし");
            return self.line(0, &format!("DMARC  {none}"));
        };
        let from =
            say!(self.lang, "policy {policy}, from {domain}", "ポリシー {policy}({domain} のレコード)");
        self.line(0, &format!("DMARC  {from}"));
        if let Some(record) = &dmarc.record {
            self.line(7, &shown(record));
        }
    }
}

/// Look-ups of everything below a record.
fn below(node: &SpfNode) -> u32 {
    let costs = |term: &postseal_core::advice::SpfTerm| {
        u32::from(term.target.is_some()) + term.node.as_ref().map_or(0, below)
    };
    node.terms.iter().map(costs).sum()
}

fn state_word(state: KeyState, lang: Lang) -> &'static str {
    match state {
        KeyState::Valid => lang.pick("valid", "有効"),
        KeyState::Testing => lang.pick("testing (t=y)", "テスト中(t=y)"),
        KeyState::Revoked => lang.pick("revoked", "失効"),
        KeyState::Missing => lang.pick("no key", "鍵なし"),
        KeyState::Invalid => lang.pick("not usable", "使用不可"),
        KeyState::Unknown => lang.pick("no answer", "応答なし"),
    }
}

/// How many findings there are of each severity.
pub(super) fn count(findings: &[Finding], lang: Lang) -> String {
    let of = |severity: Severity| findings.iter().filter(|f| f.severity() == severity).count();
    let counts = [(of(Severity::Error), "error", "エラー"), (of(Severity::Warning), "warning", "警告")];
    let infos = of(Severity::Info);
    match lang {
        Lang::En => {
            let plural = |count: usize, word: &str| match count {
                0 => format!("no {word}s"),
                1 => format!("1 {word}"),
                _ => format!("{count} {word}s"),
            };
            let mut parts: Vec<String> = counts.iter().map(|(count, word, _)| plural(*count, word)).collect();
            if infos > 0 {
                parts.push(format!("{infos} for information"));
            }
            parts.join(", ")
        }
        Lang::Ja => {
            let mut parts: Vec<String> =
                counts.iter().map(|(count, _, word)| format!("{word} {count} 件")).collect();
            if infos > 0 {
                parts.push(format!("情報 {infos} 件"));
            }
            parts.join("、")
        }
    }
}
