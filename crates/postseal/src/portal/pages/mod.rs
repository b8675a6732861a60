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
        let name = name.trim().trim_end_matches('.');
        DomainName::parse(name).map_err(|error| {
            let words = crate::words::domain_name_error(error, self.lang);
            Failure::bad_request(self.locale, format!("{name}: {words}"))
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
