use std::fmt::Write as _;

use postseal_core::dns::DomainName;

use super::plan::{Action, Plan, Planned};
use super::zone_file::remarks;
use crate::words::Lang;

/// Resources of Terraform's `hashicorp/dns` provider, which speaks RFC 2136 to any server. A set of TXT records is
/// managed whole, so the texts that stand beside are in it.
pub(super) fn write(plan: &Plan, domain: &DomainName, lang: Lang) -> String {
    let mut text = String::new();
    let mut said = "";
    for planned in &plan.records {
        if !text.is_empty() {
            text.push('\n');
        }
        if planned.reason != said {
            let _ = writeln!(text, "# {}", planned.reason);
            said = &planned.reason;
        }
        for line in remarks(planned, lang) {
            let _ = writeln!(text, "# {line}");
        }
        // Where the rest of the set is not known, managing it would remove what is there.
        let is_remark = matches!(planned.action, Action::Keep | Action::Check);
        for line in resource(planned, domain).lines() {
            let _ = writeln!(text, "{}{line}", if is_remark { "# " } else { "" });
        }
    }
    text
}

fn resource(planned: &Planned, domain: &DomainName) -> String {
    let record = &planned.record;
    let label: String =
        record.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let (kind, what) = match record.r#type.as_str() {
        "CNAME" => ("dns_cname_record", format!("cname = {}", quoted(&format!("{}.", record.value)))),
        _ => {
            let texts = planned.beside.iter().chain([&record.value]).map(|text| quoted(text));
            ("dns_txt_record_set", format!("txt   = [{}]", texts.collect::<Vec<_>>().join(", ")))
        }
    };
    let below = record.name.strip_suffix(domain.as_str()).and_then(|front| front.strip_suffix('.'));
    let name = below.map(|name| format!("  name  = {}\n", quoted(name))).unwrap_or_default();
    let zone = quoted(&format!("{domain}."));
    format!(
        "resource \"{kind}\" \"{}_{label}\" {{\n  zone  = {zone}\n{name}  {what}\n  ttl   = {}\n}}\n",
        record.purpose, record.ttl
    )
}

/// A string of HCL. `${` and `%{` would begin a template; SPF macros look like the second.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace("${", "$${").replace("%{", "%%{")
}
