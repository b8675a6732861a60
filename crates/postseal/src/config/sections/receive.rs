//! `[receive]`: how incoming mail is judged, and what follows.

use std::time::{SystemTime, UNIX_EPOCH};

use super::values;
use crate::config::fault::FaultKind;
use crate::config::moment;
use crate::config::table::{At, Table};
use crate::config::{
    AllowedPair, Infrastructure, OnDnsTrouble, OnQuarantine, OnReject, QuarantineBy, ReceiveSettings,
};

pub(super) const KEYS: &[&str] = &[
    "observe",
    "honour_policy",
    "on_reject",
    "on_quarantine",
    "quarantine_by",
    "on_dns_trouble",
    "on_unreadable_from",
    "contact",
    "not_judged",
    "trusted_relays",
    "trusted_sealers",
    "allowed",
    "allow_unsigned_body",
    "max_signatures",
    "policy_discovery",
];

const ALLOWED_KEYS: &[&str] = &["author_domain", "subdomains", "client", "authenticated", "until"];

pub(super) fn receive(table: Option<&Table<'_, '_>>) -> ReceiveSettings {
    let mut settings = ReceiveSettings::default();
    let Some(table) = table else { return settings };
    let flag = |key: &str, place: &mut bool| *place = table.flag(key).unwrap_or(*place);
    flag("observe", &mut settings.observe);
    flag("honour_policy", &mut settings.honour_policy);
    decisions(table, &mut settings);
    settings.contact = table.parsed("contact", values::contact);
    settings.not_judged = plain(table.list("not_judged", values::network));
    settings.trusted_relays = plain(table.list("trusted_relays", values::network));
    settings.trusted_sealers = plain(table.list("trusted_sealers", values::domain));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let pairs = table.tables("allowed", "[[receive.allowed]]", ALLOWED_KEYS);
    settings.allowed = pairs.iter().filter_map(|pair| allowed(pair, now)).collect();
    settings
}

fn decisions(table: &Table<'_, '_>, settings: &mut ReceiveSettings) {
    let reject = [("reject", OnReject::Reject), ("quarantine", OnReject::Quarantine), ("tag", OnReject::Tag)];
    if let Some(choice) = table.choice("on_reject", &reject) {
        settings.on_reject = choice;
    }
    if let Some(choice) = table.choice("on_unreadable_from", &reject) {
        settings.on_unreadable_from = choice;
    }
    let quarantine = [("quarantine", OnQuarantine::Quarantine), ("tag", OnQuarantine::Tag)];
    if let Some(choice) = table.choice("on_quarantine", &quarantine) {
        settings.on_quarantine = choice;
    }
    let ways = [("hold", QuarantineBy::Hold), ("header", QuarantineBy::Header)];
    if let Some(choice) = table.choice("quarantine_by", &ways) {
        settings.quarantine_by = choice;
    }
    let trouble = [("defer", OnDnsTrouble::Defer), ("accept", OnDnsTrouble::Accept)];
    if let Some(choice) = table.choice("on_dns_trouble", &trouble) {
        settings.on_dns_trouble = choice;
    }
}

fn allowed(table: &Table<'_, '_>, now: u64) -> Option<AllowedPair> {
    let author_domain = table.required("author_domain", "partner.example", values::domain);
    let subdomains = table.flag("subdomains").unwrap_or(false);
    let client = table.parsed("client", values::network);
    let authenticated = table.parsed("authenticated", values::domain);
    let infrastructure = match (table.has("client"), table.has("authenticated")) {
        (true, true) => {
            table.add(table.place_of("authenticated"), FaultKind::AllowedWithBoth);
            None
        }
        (false, false) => {
            table.add(table.at.clone(), FaultKind::AllowedWithoutInfrastructure);
            None
        }
        _ => client.map(Infrastructure::Network).or(authenticated.map(Infrastructure::Authenticated)),
    };
    let until = match table.date("until") {
        None if table.has("until") => return None,
        None => None,
        Some(date) => {
            let Some(moment) = moment::end_of(&date.value) else {
                table.add(date.at, FaultKind::Date);
                return None;
            };
            if moment <= now {
                table.add(date.at, FaultKind::AllowedIsOver);
            }
            Some(moment)
        }
    };
    Some(AllowedPair {
        author_domain: author_domain?.value,
        subdomains,
        infrastructure: infrastructure?,
        until,
    })
}

fn plain<T>(list: Option<Vec<At<T>>>) -> Vec<T> {
    list.unwrap_or_default().into_iter().map(|item| item.value).collect()
}
