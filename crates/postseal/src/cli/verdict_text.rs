use postseal_core::arc::{ArcResult, Chain};
use postseal_core::dkim::SignatureResult;
use postseal_core::dmarc;
use postseal_core::dmarc::PolicySource;
use postseal_core::dns::DomainName;
use postseal_core::spf;
use postseal_core::verdict::{Form, Verdict, fields_to_strip};

use super::terminal::Paint;
use super::trace::Trace;
use super::verify::Judged;
use crate::words::{Lang, say};
use crate::words::{
    arc_cause, arc_result, dkim_cause, dkim_result, dmarc_cause, dmarc_meaning, spf_cause, spf_result,
};

/// A verdict for people: the evidence, what of it is aligned, what the policy
/// makes of it, each with its cause.
pub(crate) fn verdict_text(judged: &Judged, trace: Option<&Trace>, paint: Paint, lang: Lang) -> String {
    let verdict = &judged.verdict;
    let mut page = Page { text: String::with_capacity(2048), paint, lang };
    page.headline(&verdict.dmarc);
    page.evidence(judged);
    page.alignment(verdict);
    page.policy(&verdict.dmarc);
    page.fields(judged);
    if let Some(trace) = trace {
        page.trace(trace);
    }
    page.notes(&judged.notes);
    page.text
}

struct Page {
    text: String,
    paint: Paint,
    lang: Lang,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn heading(&mut self, en: &'static str, ja: &'static str) {
        let heading = self.paint.strong(self.lang.pick(en, ja));
        self.text.push('\n');
        self.line(&heading);
    }

    fn headline(&mut self, dmarc: &dmarc::Evaluation) {
        let from = dmarc.author_domain.as_ref().map_or("-", |d| d.as_str());
        let result = self.paint.result(dmarc.result.as_str());
        let meaning = dmarc_meaning(dmarc.result, dmarc.disposition, self.lang);
        self.line(&format!("dmarc={result}  {from}"));
        self.line(&format!("  {meaning}"));
        if let Some(cause) = &dmarc.cause {
            let cause = dmarc_cause(cause, self.lang);
            self.line(&format!("  {cause}"));
        }
    }

    fn evidence(&mut self, judged: &Judged) {
        let verdict = &judged.verdict;
        self.heading("Evidence", "根拠");
        self.spf("MAIL FROM", &verdict.mail_from);
        self.spf("HELO", &verdict.helo);
        if verdict.dkim.is_empty() {
            let none = self.paint.result("none");
            let why = self.lang.pick("the message has no DKIM signature", "DKIM 署名がありません");
            self.line(&format!("  dkim={none}  {why}"));
        }
        for signature in &verdict.dkim {
            self.dkim(signature);
        }
        self.arc(&verdict.arc, &judged.trusted_sealers);
    }

    fn arc(&mut self, chain: &Chain, trusted_sealers: &[DomainName]) {
        let result = self.paint.result(chain.result.as_str());
        let sealers: Vec<&str> = chain.sealers.iter().map(|d| d.as_str()).collect();
        let line = format!("  arc={result}  {}", sealers.join(" → "));
        self.line(line.trim_end());
        let meaning = arc_result(chain.result, self.lang);
        let why = match &chain.cause {
            Some(cause) => format!("{meaning}: {}", arc_cause(cause, self.lang)),
            None => meaning.to_owned(),
        };
        self.line(&format!("      {why}"));
        if chain.result == ArcResult::Pass {
            let trust = match chain.is_trusted(trusted_sealers) {
                true => self.lang.pick("all its sealers are trusted", "すべての封印者が信頼されています"),
                false => self.lang.pick(
                    "that alone is no reason to trust it: --trusted-sealer names whom you trust",
                    "それだけでは信頼の理由になりません。--trusted-sealer で信頼する相手を指定します",
                ),
            };
            self.line(&format!("      {trust}"));
        }
    }

    fn spf(&mut self, identity: &str, spf: &spf::Evaluation) {
        let result = self.paint.result(spf.result.as_str());
        let domain = spf.domain.as_ref().map_or("-", |d| d.as_str());
        self.line(&format!("  spf={result}  {identity} {domain}"));
        let why = match (&spf.cause, spf.mechanism(), spf.matched_domain()) {
            (Some(cause), ..) => spf_cause(cause, self.lang),
            (None, Some(mechanism), Some(owner)) => {
                let meaning = spf_result(spf.result, self.lang);
                say!(self.lang, "{meaning}: {mechanism:?} of {owner}", "{meaning}: {owner} の {mechanism:?}")
            }
            (None, ..) => spf_result(spf.result, self.lang).to_owned(),
        };
        self.line(&format!("      {why}"));
        if let Some(explanation) = &spf.explanation {
            let said = say!(self.lang, "the domain says: {explanation}", "ドメインの説明: {explanation}");
            self.line(&format!("      {said}"));
        }
    }

    fn dkim(&mut self, signature: &SignatureResult) {
        let result = self.paint.result(signature.result.as_str());
        let domain = signature.sdid.as_ref().map_or("-", |d| d.as_str());
        let selector = signature.selector.as_ref().map_or("-", |s| s.as_str());
        let algorithm = signature.algorithm.map_or("-", |a| a.as_str());
        let bits = signature.key_bits.map(|bits| say!(self.lang, ", {bits} bits", "、{bits} ビット"));
        let bits = bits.unwrap_or_default();
        self.line(&format!("  dkim={result}  {domain}  ({selector}, {algorithm}{bits})"));
        let meaning = dkim_result(signature.result, self.lang);
        let why = match &signature.cause {
            Some(cause) => format!("{meaning}: {}", dkim_cause(cause, self.lang)),
            None => meaning.to_owned(),
        };
        self.line(&format!("      {why}"));
        if signature.testing {
            let testing = self.lang.pick("the key is marked as a test (t=y)", "鍵はテスト中(t=y)です");
            self.line(&format!("      {testing}"));
        }
    }

    fn alignment(&mut self, verdict: &Verdict) {
        let dmarc = &verdict.dmarc;
        let Some(from) = &dmarc.author_domain else { return };
        self.heading("Alignment", "アライメント");
        let (spf, dkim) = (dmarc.alignment.spf, dmarc.alignment.dkim);
        let say_one = |aligned: bool, mechanism: &str| match (aligned, self.lang) {
            (true, Lang::En) => format!("  {mechanism} passed for a domain that is aligned with {from}"),
            (true, Lang::Ja) => format!("  {mechanism} は {from} と一致するドメインで pass です"),
            (false, Lang::En) => format!("  {mechanism} passed for no domain that is aligned with {from}"),
            (false, Lang::Ja) => {
                format!("  {mechanism} は {from} と一致するドメインでは pass になりませんでした")
            }
        };
        let lines = [say_one(spf, "SPF"), say_one(dkim, "DKIM")];
        for line in lines {
            self.line(&line);
        }
    }

    fn policy(&mut self, dmarc: &dmarc::Evaluation) {
        let (Some(domain), Some(policy)) = (&dmarc.policy_domain, dmarc.policy) else { return };
        self.heading("Policy", "ポリシー");
        let tag = match dmarc.policy_source {
            Some(PolicySource::P) => "p",
            Some(PolicySource::Sp) => "sp",
            Some(PolicySource::Np) => "np",
            Some(PolicySource::Assumed) | None => "p",
        };
        self.line(&say!(self.lang, "  {tag}={policy} of {domain}", "  {domain} の {tag}={policy}"));
        if dmarc.policy_source == Some(PolicySource::Assumed) {
            let assumed = self.lang.pick(
                "the record has no valid policy and asks for reports, so it counts as p=none",
                "レコードに有効なポリシーがなく、レポートを求めているため、p=none として扱います",
            );
            self.line(&format!("  {assumed}"));
        }
        if dmarc.testing {
            let testing = self.lang.pick(
                "the policy is being tested: one step weaker applies (t=y, or pct=0)",
                "ポリシーはテスト中(t=y または pct=0)のため、1 段階弱いポリシーを適用します",
            );
            self.line(&format!("  {testing}"));
        }
        let disposition = dmarc.disposition;
        self.line(&say!(self.lang, "  disposition: {disposition}", "  処置: {disposition}"));
    }

    /// What to write into the message, and what to take out.
    fn fields(&mut self, judged: &Judged) {
        let results = judged.verdict.authentication_results(&judged.authserv_id, Form::Folded);
        let field = format!("Authentication-Results: {results}").replace("\r\n", "\n");
        self.text.push('\n');
        let field = self.paint.dim(&field);
        self.line(&field);
        let strip = fields_to_strip(&judged.verdict.section, &judged.authserv_id);
        if !strip.is_empty() {
            let places: Vec<String> = strip.iter().map(ToString::to_string).collect();
            let (places, id) = (places.join(", "), &judged.authserv_id);
            let remove = say!(
                self.lang,
                "Authentication-Results fields that claim to be from {id} and must go, counted from the top: {places}",
                "{id} を名乗るため取り除くべき Authentication-Results フィールド(上から数えて): {places}"
            );
            let remove = self.paint.warn(&remove);
            self.line(&remove);
        }
    }

    fn notes(&mut self, notes: &[String]) {
        for note in notes {
            let note = self.paint.warn(note);
            self.line(&format!("\n{note}"));
        }
    }

    fn trace(&mut self, trace: &Trace) {
        self.heading("DNS answers that were used", "使った DNS の回答");
        for question in &trace.questions {
            let answer =
                if question.data.is_empty() { question.answer.clone() } else { question.data.join(", ") };
            self.line(&format!("  {} {}: {answer}", question.r#type, question.name));
            if let Some(note) = &question.note {
                self.line(&format!("      {note}"));
            }
        }
    }
}
