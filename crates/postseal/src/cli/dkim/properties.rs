use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::cli::problem::Problem;
use crate::words::{Lang, say};

/// All properties, in the order in which they are shown: Exchange's names, and ours beside them.
pub(super) const PROPERTIES: &[&str] = &[
    "Name",
    "Domain",
    "AdminDisplayName",
    "Enabled",
    "Status",
    "Flyout",
    "IsDefault",
    "PublishMode",
    "Selector1",
    "Selector1CNAME",
    "Selector1KeySize",
    "Selector1PublicKey",
    "Selector1State",
    "Selector1VisibleSince",
    "Selector1Conclusion",
    "Selector2",
    "Selector2CNAME",
    "Selector2KeySize",
    "Selector2PublicKey",
    "Selector2State",
    "Selector2VisibleSince",
    "Selector2Conclusion",
    "HeaderCanonicalization",
    "BodyCanonicalization",
    "Algorithm",
    "NumberOfBytesToSign",
    "IncludeSignatureCreationTime",
    "IncludeKeyExpiration",
    "KeyCreationTime",
    "LastChecked",
    "RotateOnDate",
    "SelectorBeforeRotateOnDate",
    "SelectorAfterRotateOnDate",
    "UnseenKey",
    "ProposedSelectors",
    "Identity",
    "Id",
    "IsValid",
];

/// Lists of objects: in JSON, and in words below the list.
pub(super) const LISTS: &[&str] = &["Selector1Found", "Selector2Found", "Records"];

/// Names that `--select` gives, without case.
pub(super) fn check(select: &[String], lang: Lang) -> Result<(), Problem> {
    for name in select {
        if !PROPERTIES.iter().chain(LISTS).any(|known| known.eq_ignore_ascii_case(name.trim())) {
            return Err(Problem::with_next(
                say!(lang, "no property {name:?}", "{name:?} というプロパティはありません"),
                PROPERTIES.join(", "),
            ));
        }
    }
    Ok(())
}

/// Only what is asked for; everything where nothing is.
pub(super) fn selected(whole: Map<String, Value>, select: &[String]) -> Map<String, Value> {
    if select.is_empty() {
        return whole;
    }
    let wanted = |name: &str| select.iter().any(|asked| asked.trim().eq_ignore_ascii_case(name));
    whole.into_iter().filter(|(name, _)| wanted(name)).collect()
}

/// `Name : value`, a line each.
pub(super) fn list(whole: &Map<String, Value>, select: &[String]) -> String {
    let names: Vec<&str> = match select {
        [] => PROPERTIES.to_vec(),
        asked => asked.iter().filter_map(|asked| known(asked.trim())).collect(),
    };
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for name in names {
        let value = whole.get(name).map(shown).unwrap_or_default();
        let line = format!("{name:width$} : {value}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn known(asked: &str) -> Option<&'static str> {
    PROPERTIES.iter().chain(LISTS).find(|known| known.eq_ignore_ascii_case(asked)).copied()
}

/// As Exchange shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => {
            format!("{{{}}}", items.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        Value::Object(_) => value.to_string(),
    }
}
