use std::fmt::Write as _;

use postseal_core::dns::DomainName;

use super::plan::{Action, Plan};
use super::zone_file::remarks;
use crate::words::Lang;

/// A `D_EXTEND` for DNSControl, which adds to a domain that its configuration has. DNSControl splits long texts itself.
pub(super) fn write(plan: &Plan, domain: &DomainName, lang: Lang) -> String {
    let mut text = format!("D_EXTEND({},\n", quoted(domain.as_str()));
    let mut said = "";
    for planned in &plan.records {
        if planned.reason != said {
            let _ = writeln!(text, "  // {}", planned.reason);
            said = &planned.reason;
        }
        for line in remarks(planned, lang) {
            let _ = writeln!(text, "  // {line}");
        }
        let record = &planned.record;
        let label = quoted(label(&record.name, domain));
        let value = match record.r#type.as_str() {
            "CNAME" => quoted(&format!("{}.", record.value)),
            _ => quoted(&record.value),
        };
        let mark = if planned.action == Action::Keep { "// " } else { "" };
        let _ = writeln!(text, "  {mark}{}({label}, {value}, TTL({})),", record.r#type, record.ttl);
    }
    text.push_str("END);\n");
    text
}

/// The name below the domain; `@` for the domain itself.
fn label<'n>(name: &'n str, domain: &DomainName) -> &'n str {
    let below = name.strip_suffix(domain.as_str()).and_then(|front| front.strip_suffix('.'));
    below.unwrap_or(if name == domain.as_str() { "@" } else { name })
}

/// A JavaScript string: JSON's escapes are JavaScript's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
