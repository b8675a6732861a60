use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use postseal_core::hosting::OrganisationName;

use super::failure::Failure;
use super::locale::{Locale, parameter};
use super::page::{Notice, Page, Place, SAID};
use super::words::CHROME;
use super::{Portal, Visitor};
use crate::api::resource::DomainResource;
use crate::api::{self, Client, ClientError, Problem};
use crate::service::{Clock, Service, ServiceError};
use crate::words::Lang;

/// A request as its page sees it: who asks, in which language.
pub(super) struct Asked {
    pub(super) portal: Arc<Portal>,
    pub(super) visitor: Visitor,
    pub(super) locale: Locale,
    pub(super) lang: Lang,
    /// htmx asks for a part of a page.
    pub(super) fragment: bool,
    /// Behind the question mark, as it was sent.
    query: String,
}

impl FromRequestParts<Arc<Portal>> for Asked {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, portal: &Arc<Portal>) -> Result<Asked, StatusCode> {
        // The guard has put it there; without one, nothing is shown.
        let visitor = parts.extensions.get::<Visitor>().cloned().ok_or(StatusCode::FORBIDDEN)?;
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let locale = Locale::of(&query, &parts.headers);
        let fragment = parts.headers.contains_key("hx-request");
        Ok(Asked { portal: Arc::clone(portal), visitor, locale, lang: locale.lang, fragment, query })
    }
}

impl Asked {
    /// The API with what this visitor may do.
    pub(super) fn client(&self) -> Client {
        Client::in_process(Arc::clone(&self.portal.api), self.visitor.caller.clone())
    }

    /// The service layer, for what only looks at the DNS and nobody's data.
    pub(super) fn service(&self) -> Result<Arc<Service>, Failure> {
        self.portal.api.service().map_err(|problem| self.failed(ClientError::Problem(Box::new(problem))))
    }

    /// The frame of a page.
    pub(super) async fn page(&self, organisation: Option<&str>, place: Place, title: String) -> Page {
        let names = self.client().organisations(None).await.map(|page| page.items).unwrap_or_default();
        let mut organisations: Vec<String> =
            names.into_iter().map(|organisation| organisation.name).collect();
        // Of many, the first are offered, and the one that is looked at.
        if let Some(here) = organisation.filter(|here| !organisations.iter().any(|name| name == here)) {
            organisations.insert(0, here.to_owned());
        }
        let organisation = organisation.map(str::to_owned).or_else(|| organisations.first().cloned());
        Page {
            locale: self.locale,
            theme: self.locale.theme,
            words: CHROME.of(self.lang),
            account: self.visitor.account.clone(),
            csrf: self.visitor.csrf.clone(),
            organisation,
            organisations,
            place,
            title,
            notice: parameter(&self.query, SAID).and_then(|name| self.portal.notices.take(name)),
            query: self.query.clone(),
        }
    }

    /// Leads to another page, which says this.
    pub(super) fn see_with(&self, path: &str, notice: Notice) -> Response {
        match self.portal.notices.keep(notice) {
            Some(name) => Redirect::to(&format!("{path}?{SAID}={name}")).into_response(),
            None => Redirect::to(path).into_response(),
        }
    }

    /// The same for a page that has a query.
    pub(super) fn see_with_query(&self, path: &str, query: &str, notice: Notice) -> Response {
        match self.portal.notices.keep(notice) {
            Some(name) => Redirect::to(&format!("{path}?{query}&{SAID}={name}")).into_response(),
            None => Redirect::to(&format!("{path}?{query}")).into_response(),
        }
    }

    /// UNIX seconds, by the clock that the node goes by.
    pub(super) fn now(&self) -> u64 {
        match self.portal.api.service() {
            Ok(service) => service.now(),
            Err(_) => Clock::System.now(),
        }
    }

    /// A page of domains that fulfil a query of the API.
    pub(super) async fn domain_page(
        &self,
        organisation: &OrganisationName,
        query: &str,
    ) -> Result<api::resource::Page<DomainResource>, Failure> {
        let path = format!("/v1/organisations/{organisation}/domains?{query}");
        let found = self.client().domains(organisation, Some(&path)).await;
        found.map_err(|error| self.failed(error))
    }

    /// A fault of the service layer.
    pub(super) fn faulty(&self, error: ServiceError) -> Failure {
        self.failed(ClientError::Problem(Box::new(Problem::from(error))))
    }

    /// Why it is not done.
    pub(super) fn failed(&self, error: ClientError) -> Failure {
        Failure { locale: self.locale, error }
    }
}
