use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use postseal_core::dns::DomainName;
use postseal_core::hosting::OrganisationName;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::exchange::{JSON, Request, percent_encoded};
use super::remote::{Remote, Stream};
use super::resource::{
    AllowedPairResource, ArcConfig, AuditEntry, AuditVerification, Backup, BackupOrder, DkimOutcome,
    DkimSigningConfiguration, DomainCountsResource, DomainResource, MessageRetention, NewAllowedPair,
    NewDkimSigningConfiguration, NewDomain, NewOrganisation, NewToken, Organisation, Page,
    PolicyEffectResource, ReceiverPolicyResource, Record, ReloadOrder, RestoreOrder,
    RotateDkimSigningConfiguration, SearchResult, SetArcConfig, SetDkimSigningConfiguration,
    SetMessageRetention, SetReceiverPolicy, SetupLink, Token, TokenMade, VerdictDayResource, VerdictResource,
    VerificationOutcome,
};
use super::server::{ANSWER_TIME, Whole, collect};
use super::{Api, Caller, Problem};
use crate::serve::Reloaded;

/// Asks a node: one method for each route, typed on both sides.
#[derive(Clone)]
pub(crate) struct Client(Transport);

#[derive(Clone)]
enum Transport {
    Socket(PathBuf),
    Remote(Box<Remote>),
    #[cfg_attr(not(test), allow(dead_code, reason = "for whoever runs a node as a part of another process"))]
    InProcess(Arc<Api>, Caller),
}

/// Why there is no answer to be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// Nobody answers there.
    #[error("{0}")]
    Unreachable(io::Error),
    /// The node says why not.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// What came is no answer of this API: another program, or another version.
    #[error("an answer that cannot be read: {0}")]
    Unreadable(String),
}

/// Of one domain's configuration.
const DKIM: &str = "/dkim-signing-configuration";

impl Client {
    /// A node by its control socket.
    pub(crate) fn over_socket(path: PathBuf) -> Client {
        Client(Transport::Socket(path))
    }

    /// A node by the URL of its portal.
    pub(crate) fn over_network(remote: Remote) -> Client {
        Client(Transport::Remote(Box::new(remote)))
    }

    /// A node in this process.
    #[cfg_attr(not(test), allow(dead_code, reason = "for whoever runs a node as a part of another process"))]
    pub(crate) fn in_process(api: Arc<Api>, caller: Caller) -> Client {
        Client(Transport::InProcess(api, caller))
    }

    /// The same node in this process, asked by somebody else.
    #[cfg(test)]
    pub(crate) fn as_another(&self, caller: Caller) -> Client {
        let Transport::InProcess(api, _) = &self.0 else { unreachable!("in this process") };
        Client::in_process(Arc::clone(api), caller)
    }

    /// A page of organisations, from the first or from a page's `next`.
    pub(crate) async fn organisations(&self, next: Option<&str>) -> Result<Page<Organisation>, ClientError> {
        self.get(next.unwrap_or("/v1/organisations")).await
    }

    pub(crate) async fn add_organisation(&self, new: &NewOrganisation) -> Result<Organisation, ClientError> {
        self.send("POST", "/v1/organisations", new).await
    }

    /// A page of domains, from the first or from a page's `next`; a `next` may be made of what is wanted.
    pub(crate) async fn domains(
        &self,
        organisation: &OrganisationName,
        next: Option<&str>,
    ) -> Result<Page<DomainResource>, ClientError> {
        let first = format!("{}/domains", at(organisation));
        self.get(next.unwrap_or(&first)).await
    }

    /// How many domains stand how.
    pub(crate) async fn domain_counts(
        &self,
        organisation: &OrganisationName,
    ) -> Result<DomainCountsResource, ClientError> {
        self.get(&format!("{}/domain-counts", at(organisation))).await
    }

    /// What has these letters, or this id.
    pub(crate) async fn search(&self, sought: &str, limit: u32) -> Result<SearchResult, ClientError> {
        self.get(&format!("/v1/search?q={}&limit={limit}", percent_encoded(sought))).await
    }

    pub(crate) async fn add_domain(
        &self,
        organisation: &OrganisationName,
        new: &NewDomain,
    ) -> Result<DomainResource, ClientError> {
        self.send("POST", &format!("{}/domains", at(organisation)), new).await
    }

    pub(crate) async fn domain(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
    ) -> Result<DomainResource, ClientError> {
        self.get(&of(organisation, domain, "")).await
    }

    pub(crate) async fn remove_domain(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
    ) -> Result<(), ClientError> {
        self.send("DELETE", &of(organisation, domain, ""), &NOTHING).await
    }

    pub(crate) async fn verify_domain(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
    ) -> Result<VerificationOutcome, ClientError> {
        self.send("POST", &of(organisation, domain, "/verify"), &NOTHING).await
    }

    pub(crate) async fn records(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
    ) -> Result<Vec<Record>, ClientError> {
        let page: Page<Record> = self.get(&of(organisation, domain, "/records")).await?;
        Ok(page.items)
    }

    pub(crate) async fn dkim(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
    ) -> Result<DkimSigningConfiguration, ClientError> {
        self.get(&of(organisation, domain, DKIM)).await
    }

    /// The same, and the node looks at the domain often while this is asked again.
    pub(crate) async fn watch_dkim(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
    ) -> Result<DkimSigningConfiguration, ClientError> {
        self.get(&format!("{}?watch=true", of(organisation, domain, DKIM))).await
    }

    pub(crate) async fn new_dkim(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
        new: &NewDkimSigningConfiguration,
    ) -> Result<DkimOutcome, ClientError> {
        self.send("POST", &of(organisation, domain, DKIM), new).await
    }

    pub(crate) async fn set_dkim(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
        set: &SetDkimSigningConfiguration,
    ) -> Result<DkimOutcome, ClientError> {
        self.send("PATCH", &of(organisation, domain, DKIM), set).await
    }

    pub(crate) async fn remove_dkim(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
        dry_run: bool,
    ) -> Result<DkimOutcome, ClientError> {
        let path = format!("{}?dry_run={dry_run}", of(organisation, domain, DKIM));
        self.send("DELETE", &path, &NOTHING).await
    }

    pub(crate) async fn rotate_dkim(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
        rotate: &RotateDkimSigningConfiguration,
    ) -> Result<DkimOutcome, ClientError> {
        self.send("POST", &of(organisation, domain, &format!("{DKIM}/rotate")), rotate).await
    }

    /// Has the node look for the keys of a domain now.
    pub(crate) async fn check_dkim(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
    ) -> Result<DkimOutcome, ClientError> {
        self.send("POST", &of(organisation, domain, &format!("{DKIM}/check")), &NOTHING).await
    }

    pub(crate) async fn arc_config(&self, organisation: &OrganisationName) -> Result<ArcConfig, ClientError> {
        self.get(&format!("{}/arc-config", at(organisation))).await
    }

    pub(crate) async fn set_arc_config(
        &self,
        organisation: &OrganisationName,
        set: &SetArcConfig,
    ) -> Result<ArcConfig, ClientError> {
        self.send("PUT", &format!("{}/arc-config", at(organisation)), set).await
    }

    pub(crate) async fn add_arc_sealers(
        &self,
        organisation: &OrganisationName,
        add: &SetArcConfig,
    ) -> Result<ArcConfig, ClientError> {
        self.send("POST", &format!("{}/arc-config/add", at(organisation)), add).await
    }

    pub(crate) async fn remove_arc_sealers(
        &self,
        organisation: &OrganisationName,
        remove: &SetArcConfig,
    ) -> Result<ArcConfig, ClientError> {
        self.send("POST", &format!("{}/arc-config/remove", at(organisation)), remove).await
    }

    /// A page of judged messages: `query` is what they fulfil, or a page's `next`.
    pub(crate) async fn verdicts(
        &self,
        query: &str,
        next: Option<&str>,
    ) -> Result<Page<VerdictResource>, ClientError> {
        let first = format!("/v1/verdicts?{query}");
        self.get(next.unwrap_or(&first)).await
    }

    pub(crate) async fn verdict(&self, id: i64) -> Result<VerdictResource, ClientError> {
        self.get(&format!("/v1/verdicts/{id}")).await
    }

    /// What was counted on the last days, of an Author Domain or of all.
    pub(crate) async fn verdict_days(
        &self,
        author_domain: Option<&DomainName>,
        days: u32,
    ) -> Result<Vec<VerdictDayResource>, ClientError> {
        let of = author_domain.map(|name| format!("&author_domain={name}")).unwrap_or_default();
        let page: Page<VerdictDayResource> = self.get(&format!("/v1/verdict-days?days={days}{of}")).await?;
        Ok(page.items)
    }

    /// What each policy would have done, with this many sources.
    pub(crate) async fn policy_effect(
        &self,
        organisation: &OrganisationName,
        domain: &DomainName,
        sources: u32,
    ) -> Result<PolicyEffectResource, ClientError> {
        self.get(&of(organisation, domain, &format!("/policy-effect?limit={sources}"))).await
    }

    pub(crate) async fn message_retention(&self) -> Result<MessageRetention, ClientError> {
        self.get("/v1/message-retention").await
    }

    pub(crate) async fn set_message_retention(
        &self,
        set: &SetMessageRetention,
    ) -> Result<MessageRetention, ClientError> {
        self.send("PATCH", "/v1/message-retention", set).await
    }

    pub(crate) async fn receiver_policy(&self) -> Result<ReceiverPolicyResource, ClientError> {
        self.get("/v1/receiver-policy").await
    }

    pub(crate) async fn set_receiver_policy(
        &self,
        set: &SetReceiverPolicy,
    ) -> Result<ReceiverPolicyResource, ClientError> {
        self.send("PATCH", "/v1/receiver-policy", set).await
    }

    pub(crate) async fn allowed_pairs(&self) -> Result<Vec<AllowedPairResource>, ClientError> {
        let page: Page<AllowedPairResource> = self.get("/v1/allowed-pairs").await?;
        Ok(page.items)
    }

    pub(crate) async fn add_allowed_pair(
        &self,
        new: &NewAllowedPair,
    ) -> Result<AllowedPairResource, ClientError> {
        self.send("POST", "/v1/allowed-pairs", new).await
    }

    pub(crate) async fn remove_allowed_pair(&self, id: i64) -> Result<(), ClientError> {
        self.send("DELETE", &format!("/v1/allowed-pairs/{id}"), &NOTHING).await
    }

    /// A page of the audit log, behind a row or from a page's `next`.
    pub(crate) async fn audit(
        &self,
        after: i64,
        next: Option<&str>,
    ) -> Result<Page<AuditEntry>, ClientError> {
        let first = format!("/v1/audit?after={after}");
        self.get(next.unwrap_or(&first)).await
    }

    /// `head`: a row's number and link, hex digits, that were written down elsewhere.
    pub(crate) async fn verify_audit(
        &self,
        head: Option<(i64, &str)>,
    ) -> Result<AuditVerification, ClientError> {
        match head {
            None => self.get("/v1/audit/verify").await,
            Some((row, link)) => self.get(&format!("/v1/audit/verify?row={row}&link={link}")).await,
        }
    }

    pub(crate) async fn backup(&self, order: &BackupOrder) -> Result<Backup, ClientError> {
        self.send("POST", "/v1/backup", order).await
    }

    pub(crate) async fn restore(&self, order: &RestoreOrder) -> Result<(), ClientError> {
        self.send("POST", "/v1/restore", order).await
    }

    pub(crate) async fn reload(&self, order: &ReloadOrder) -> Result<Reloaded, ClientError> {
        self.send("POST", "/v1/reload", order).await
    }

    pub(crate) async fn add_setup_link(&self) -> Result<SetupLink, ClientError> {
        self.send("POST", "/v1/setup-link", &NOTHING).await
    }

    /// A page of tokens, from the first or from a page's `next`.
    pub(crate) async fn tokens(&self, next: Option<&str>) -> Result<Page<Token>, ClientError> {
        self.get(next.unwrap_or("/v1/tokens")).await
    }

    pub(crate) async fn add_token(&self, new: &NewToken) -> Result<TokenMade, ClientError> {
        self.send("POST", "/v1/tokens", new).await
    }

    pub(crate) async fn remove_token(&self, name: &str) -> Result<(), ClientError> {
        self.send("DELETE", &format!("/v1/tokens/{}", percent_encoded(name)), &NOTHING).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.send("GET", path, &NOTHING).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let unreadable = |error: serde_json::Error| ClientError::Unreadable(error.to_string());
        let body = if method == "GET" { Vec::new() } else { serde_json::to_vec(body).map_err(unreadable)? };
        let (status, octets) = match &self.0 {
            Transport::InProcess(api, caller) => {
                let (path, query) = path.split_once('?').unwrap_or((path, ""));
                let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
                let answer = api.answer(caller, &Request { method, path, query, body }).await;
                (answer.status, answer.body)
            }
            Transport::Socket(socket) => {
                let connecting =
                    async { Ok::<Box<dyn Stream>, io::Error>(Box::new(UnixStream::connect(socket).await?)) };
                in_time(ask(connecting, ("localhost", None), (method, path, body))).await?
            }
            Transport::Remote(remote) => {
                let who = (remote.authority.as_str(), Some(remote.authorization.as_str()));
                in_time(ask(remote.connect(), who, (method, path, body))).await?
            }
        };
        if (200..300).contains(&status) {
            // Of nothing, `()` is made.
            let octets: &[u8] = if octets.is_empty() { b"null" } else { &octets };
            return serde_json::from_slice(octets).map_err(unreadable);
        }
        match serde_json::from_slice(&octets) {
            Ok(problem) => Err(ClientError::Problem(Box::new(problem))),
            Err(error) => Err(ClientError::Unreadable(format!("status {status}, {error}"))),
        }
    }
}

type Asked = Result<(u16, Vec<u8>), ClientError>;

async fn in_time(asking: impl Future<Output = Asked>) -> Asked {
    let asked = timeout(ANSWER_TIME + Duration::from_secs(10), asking).await;
    asked.unwrap_or_else(|_| Err(ClientError::Unreachable(io::ErrorKind::TimedOut.into())))
}

async fn ask(
    connecting: impl Future<Output = io::Result<Box<dyn Stream>>>,
    (host, authorization): (&str, Option<&str>),
    (method, path, body): (&str, &str, Vec<u8>),
) -> Asked {
    let gone = |error: hyper::Error| ClientError::Unreachable(io::Error::other(error));
    let stream = connecting.await.map_err(ClientError::Unreachable)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(gone)?;
    // It ends with the connection, which ends with the sender.
    let driven = tokio::spawn(connection);
    let request = hyper::Request::builder().method(method).uri(path);
    let request = request.header(HOST, host).header(CONTENT_TYPE, JSON);
    let request = match authorization {
        Some(shown) => request.header(AUTHORIZATION, shown),
        None => request,
    };
    let request = request.body(Whole(Some(body.into())));
    let request = request.map_err(|error| ClientError::Unreadable(error.to_string()))?;
    let response = sender.send_request(request).await.map_err(gone)?;
    let status = response.status().as_u16();
    let octets = collect(response.into_body(), MAX_ANSWER).await;
    drop(sender);
    driven.abort();
    octets.map(|octets| (status, octets)).map_err(|problem| ClientError::Unreadable(problem.detail))
}

fn at(organisation: &OrganisationName) -> String {
    format!("/v1/organisations/{organisation}")
}

fn of(organisation: &OrganisationName, domain: &DomainName, rest: &str) -> String {
    format!("{}/domains/{domain}{rest}", at(organisation))
}

/// An empty object.
#[derive(Serialize)]
struct Nothing {}

const NOTHING: Nothing = Nothing {};

/// Octets: a page of a thousand domains, or the faults of a long configuration file.
const MAX_ANSWER: usize = 16_000_000;
