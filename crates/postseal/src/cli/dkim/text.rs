use std::fmt::Write as _;

use crate::api::resource::{DkimOutcome, DkimSigningConfiguration};
use crate::words;
use crate::words::{Lang, say};

/// Below the list of properties: the state in a sentence, what was found, what to publish.
pub(super) fn below(configuration: &DkimSigningConfiguration, lang: Lang) -> String {
    let mut text = format!("\n{}\n", words::flyout(&configuration.flyout, lang));
    text += &found(configuration, lang);
    if configuration.status != "Valid" {
        text += &records(configuration, lang);
        text += &proposal(configuration, lang);
    }
    text
}

/// What was done.
pub(super) fn done(done: &DkimOutcome, lang: Lang) -> String {
    let configuration = &done.configuration;
    let domain = &configuration.domain;
    if done.dry_run {
        return say!(
            lang,
            "{domain}: nothing is done; it would not be refused now\n",
            "{domain}: 何も変更していません。実行しても拒否されません\n"
        );
    }
    if done.warning.is_some() {
        return not_visible(configuration, true, lang);
    }
    let mut text = String::new();
    for event in &done.events {
        let _ = writeln!(text, "{domain}: {}", words::event(event, configuration, lang));
    }
    let _ = writeln!(text, "{domain}: {}", words::flyout(&configuration.flyout, lang));
    if configuration.status != "Valid" && configuration.flyout != "NoKeys" {
        text += &records(configuration, lang);
        let _ = writeln!(text, "{}", next(domain, lang));
    }
    text
}

/// Why signing is not enabled: what to publish, what was found instead, and what to do then.
pub(super) fn not_visible(configuration: &DkimSigningConfiguration, made: bool, lang: Lang) -> String {
    let domain = &configuration.domain;
    let why = why_not(configuration, lang);
    let mut text = match made {
        true => say!(
            lang,
            "WARNING: the keys of {domain} are made, but signing cannot be enabled: {why}.\n",
            "警告: {domain} の鍵は作りましたが、{why}、署名を有効にできません。\n"
        ),
        false => say!(
            lang,
            "{domain}: signing cannot be enabled: {why}.\n",
            "{domain}: {why}、署名を有効にできません。\n"
        ),
    };
    if !is_published(configuration) {
        text += &records(configuration, lang);
    }
    text += &found(configuration, lang);
    text += &proposal(configuration, lang);
    let _ = writeln!(text, "{}", next(domain, lang));
    text
}

/// True where the owner's records are right, and what is behind is the hosting zone or a resolver.
fn is_published(configuration: &DkimSigningConfiguration) -> bool {
    let current = match configuration.selector2_state.as_deref() {
        Some("signing") => &configuration.selector2_conclusion,
        _ => &configuration.selector1_conclusion,
    };
    matches!(current.as_deref(), Some("hosted_differs" | "signature_fails"))
}

fn why_not(configuration: &DkimSigningConfiguration, lang: Lang) -> String {
    let kind = &configuration.publish_mode;
    if is_published(configuration) {
        return say!(
            lang,
            "its {kind} records are right, but whoever verifies a signature does not get the key yet",
            "{kind} レコードは正しいものの、署名を検証する側にはまだこの鍵が届かないため"
        );
    }
    say!(lang, "its {kind} records are not visible", "{kind} レコードが公開されていないため")
}

fn next(domain: &str, lang: Lang) -> String {
    say!(
        lang,
        "Then: postseal dkim set {domain} --enabled true",
        "公開したら: postseal dkim set {domain} --enabled true"
    )
}

/// What the owner publishes: a zone line each, and in TXT mode the value in one piece as well.
fn records(configuration: &DkimSigningConfiguration, lang: Lang) -> String {
    if configuration.records.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", words::publish(configuration, lang));
    for record in &configuration.records {
        let _ = writeln!(text, "  {}", record.zone_line);
        if record.r#type == "TXT" {
            let _ = writeln!(text, "  {}: {}", lang.pick("in one piece", "一つの値として"), record.value);
        }
    }
    text
}

/// What each server showed at the last look.
pub(super) fn found(configuration: &DkimSigningConfiguration, lang: Lang) -> String {
    let mut text = String::new();
    let conclusions = [&configuration.selector1_conclusion, &configuration.selector2_conclusion];
    for (second, conclusion) in [(false, conclusions[0]), (true, conclusions[1])] {
        let (selector, servers) = configuration.found(second);
        let all = conclusion.as_deref().and_then(|word| words::conclusion(word, lang));
        if let Some(all) = all {
            let _ = writeln!(text, "  {selector}: {all}");
        }
        for server in servers {
            let said = words::finding(server, lang);
            let _ = match server.finding.as_str() {
                "no_servers" => writeln!(text, "  {selector}  {}: {said}", server.server),
                _ => writeln!(text, "  {selector}  {} ({}): {said}", server.server, server.address),
            };
        }
    }
    if text.is_empty() {
        return text;
    }
    format!("{}\n{text}", lang.pick("Found at the name servers:", "DNS サーバーで見つかったもの:"))
}

/// Somebody else's records are at these names: they stay, and we take others.
fn proposal(configuration: &DkimSigningConfiguration, lang: Lang) -> String {
    let Some([first, second]) = &configuration.proposed_selectors else { return String::new() };
    let domain = &configuration.domain;
    say!(
        lang,
        "These records belong to somebody else: leave them as they are, and use other selectors:\n  \
         postseal dkim set {domain} --selectors {first},{second}\n",
        "これらのレコードは別のサービスのものです。そのまま残し、別のセレクターを使ってください:\n  \
         postseal dkim set {domain} --selectors {first},{second}\n"
    )
}
