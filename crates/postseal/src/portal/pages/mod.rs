//! One page a file: what it takes, what it shows.

pub(super) mod check;
pub(super) mod dkim;
pub(super) mod dmarc;
mod domain_filter;
pub(super) mod domains;
pub(super) mod explain;
mod glances;
pub(super) mod message;
pub(super) mod messages;
pub(super) mod overview;
pub(super) mod records;
pub(super) mod search;
pub(super) mod settings;
pub(super) mod spf;
mod tabs;
mod verdict_drawing;

pub(super) use glances::Glances;

use axum::response::{IntoResponse, Redirect, Response};
use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;

use super::asked::Asked;
use super::failure::Failure;
use crate::words::named_domain;

/// The names that a path holds.
struct At {
    organisation: OrganisationName,
    domain: DomainName,
}

impl Asked {
    fn organisation_name(&self, name: &str) -> Result<OrganisationName, Failure> {
        OrganisationName::parse(name)
            .map_err(|error| Failure::bad_request(self.locale, format!("{name}: {error}")))
    }

    fn domain_name(&self, name: &str) -> Result<DomainName, Failure> {
        named_domain(name, self.lang).map_err(|words| {
            let next = words.next.map(|next| format!(". {next}")).unwrap_or_default();
            Failure::bad_request(self.locale, format!("{}{next}", words.what))
        })
    }

    fn at(&self, (organisation, domain): (String, String)) -> Result<At, Failure> {
        Ok(At { organisation: self.organisation_name(&organisation)?, domain: self.domain_name(&domain)? })
    }
}

/// After a change: the page that shows it (303).
fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}
