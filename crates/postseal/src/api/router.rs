use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::timeout;

use super::caller::Caller;
use super::exchange::{Answer, Request, percent_decoded};
use super::operations::{
    arc_config, audit, dkim, domains, let_in, messages, node, organisations, receiver_policy, retention,
    search,
};
use super::routes::{Names, Operation, ROUTES, Route};
use super::{Problem, ProblemKind, openapi};
use crate::serve::ReloadReply;
use crate::service::Service;
use crate::words::Lang;

/// All of the API, without its sockets.
pub(crate) struct Api {
    /// `None`: the node has no store.
    open: Option<OnceLock<Open>>,
    reload: Reload,
    /// Where the portal is reached; unset where there is none.
    portal: OnceLock<String>,
}

/// What there is once the store is open.
struct Open {
    service: Arc<Service>,
    in_force: InForce,
}

/// Waits until this node works by a revision of the store.
pub(crate) type InForce = Box<dyn Fn(i64) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What takes the configuration file again.
pub(crate) type Reload = Box<dyn Fn(Lang) -> Pin<Box<dyn Future<Output = ReloadReply> + Send>> + Send + Sync>;

/// What an operation works with.
pub(super) struct Call<'a> {
    pub(super) service: &'a Service,
    pub(super) caller: &'a Caller,
    pub(super) names: &'a Names,
    /// Where the portal is reached.
    pub(super) portal: Option<&'a str>,
    pub(super) request: &'a Request,
}

impl Api {
    /// `with_store`: the node has a store, which is opened by and by.
    pub(crate) fn new(with_store: bool, reload: Reload) -> Api {
        Api { open: with_store.then(OnceLock::new), reload, portal: OnceLock::new() }
    }

    /// The portal is reached at this URL, which has no slash at its end.
    pub(crate) fn portal_is_at(&self, url: String) {
        // It listens once.
        let _ = self.portal.set(url);
    }

    /// Where the portal is reached, if anywhere.
    pub(crate) fn portal(&self) -> Option<&str> {
        self.portal.get().map(String::as_str)
    }

    /// The store is open.
    pub(crate) fn open(&self, service: Arc<Service>, in_force: InForce) {
        if let Some(place) = &self.open {
            // It opens once.
            let _ = place.set(Open { service, in_force });
        }
    }

    /// Answers one request.
    pub(super) async fn answer(&self, caller: &Caller, request: &Request) -> Answer {
        let (route, names) = match find(request) {
            Ok(found) => found,
            Err(answer) => return answer,
        };
        match self.perform(route, &names, caller, request).await {
            Ok(answer) => answer,
            Err(mut problem) => {
                if problem.subject.is_none() && !names.domain.is_empty() {
                    problem.subject = Some(names.domain);
                }
                Answer::problem(&problem)
            }
        }
    }

    async fn perform(
        &self,
        route: &Route,
        names: &Names,
        caller: &Caller,
        request: &Request,
    ) -> Result<Answer, Problem> {
        use Operation as O;
        if !caller.may(route.right) {
            let detail = format!("{} needs the right {}", route.path, route.right.as_str());
            return Err(Problem::new(ProblemKind::Forbidden, detail));
        }
        match route.operation {
            O::DescribeApi => return Ok(Answer::json(200, &openapi::document())),
            O::Reload => return self.reload(caller, request).await,
            _ => {}
        }
        let open = self.open_store()?;
        let call = Call { service: &open.service, caller, names, portal: self.portal(), request };
        let answer = Api::operate(route.operation, &call).await?;
        if route.method != "GET" {
            open.until_in_force().await;
        }
        Ok(answer)
    }

    async fn operate(operation: Operation, call: &Call<'_>) -> Result<Answer, Problem> {
        use Operation as O;
        match operation {
            O::DescribeApi | O::Reload => Err(Problem::new(ProblemKind::Fault, "it is answered above")),
            O::ListOrganisations => organisations::list(call).await,
            O::AddOrganisation => organisations::add(call).await,
            O::GetOrganisation => organisations::get(call).await,
            O::ListDomains => domains::list(call).await,
            O::CountDomains => domains::counts(call).await,
            O::Search => search::search(call).await,
            O::AddDomain => domains::add(call).await,
            O::GetDomain => domains::get(call).await,
            O::RemoveDomain => domains::remove(call).await,
            O::VerifyDomain => domains::verify(call).await,
            O::ListRecords => domains::records(call).await,
            O::GetDkim => dkim::get(call).await,
            O::NewDkim => dkim::new(call).await,
            O::SetDkim => dkim::set(call).await,
            O::RemoveDkim => dkim::remove(call).await,
            O::RotateDkim => dkim::rotate(call).await,
            O::CheckDkim => dkim::check(call).await,
            O::GetArcConfig => arc_config::get(call).await,
            O::SetArcConfig => arc_config::set(call).await,
            O::AddArcSealers => arc_config::add(call).await,
            O::RemoveArcSealers => arc_config::remove(call).await,
            O::ListVerdicts => messages::list(call).await,
            O::GetVerdict => messages::get(call).await,
            O::ListVerdictDays => messages::days(call).await,
            O::GetPolicyEffect => messages::effect(call).await,
            O::GetMessageRetention => retention::get(call).await,
            O::SetMessageRetention => retention::set(call).await,
            O::GetReceiverPolicy => receiver_policy::get(call).await,
            O::SetReceiverPolicy => receiver_policy::set(call).await,
            O::ListAllowedPairs => receiver_policy::list_pairs(call).await,
            O::AddAllowedPair => receiver_policy::add_pair(call).await,
            O::RemoveAllowedPair => receiver_policy::remove_pair(call).await,
            O::ListAudit => audit::list(call).await,
            O::VerifyAudit => audit::verify(call).await,
            O::Backup => node::backup(call).await,
            O::Restore => node::restore(call).await,
            O::GetAccount => let_in::account(call).await,
            O::SetPassword => let_in::set_password(call).await,
            O::AddSetupLink => let_in::add_setup_link(call).await,
            O::ListTokens => let_in::list_tokens(call).await,
            O::AddToken => let_in::add_token(call).await,
            O::RemoveToken => let_in::remove_token(call).await,
        }
    }

    /// Takes the configuration file again, and notes who had it so: in a store that is open.
    async fn reload(&self, caller: &Caller, request: &Request) -> Result<Answer, Problem> {
        let answer = node::reload(&self.reload, request).await;
        self.note_reload(answer.is_ok(), &caller.actor).await;
        answer
    }

    /// The note of a reload. What is in force is in force, whether or not the store takes it in time.
    pub(crate) async fn note_reload(&self, is_in_force: bool, actor: &str) {
        if let Ok(open) = self.open_store() {
            let outcome = if is_in_force { "ok" } else { "failed" };
            let _ = timeout(NOTED, open.service.note_reload(outcome, actor)).await;
        }
    }

    /// The service layer, for whoever shows more than the API tells.
    ///
    /// # Errors
    /// There is no store, or it is not open yet.
    pub(crate) fn service(&self) -> Result<Arc<Service>, Problem> {
        Ok(Arc::clone(&self.open_store()?.service))
    }

    fn open_store(&self) -> Result<&Open, Problem> {
        let Some(place) = &self.open else {
            let detail = "postseal.toml has no [store]: organisations, domains and hosted keys need one";
            return Err(Problem::new(ProblemKind::NotConfigured, detail));
        };
        place.get().ok_or_else(|| Problem::new(ProblemKind::StoreNotOpen, "the node's log says why"))
    }
}

impl Open {
    /// Whoever is told that a domain signs may send its next message at once. A node that cannot
    /// follow is not waited for: its log says why.
    async fn until_in_force(&self) {
        if let Ok(revision) = self.service.revision().await {
            let _ = timeout(FOLLOWS, (self.in_force)(revision)).await;
        }
    }
}

/// How long a reload waits for its note.
const NOTED: Duration = Duration::from_secs(5);

/// A change is in force within two seconds.
const FOLLOWS: Duration = Duration::from_secs(2);

fn find(request: &Request) -> Result<(&'static Route, Names), Answer> {
    let decode = |part| percent_decoded(part).map_err(|problem| Answer::problem(&problem));
    let parts = request.path.split('/').skip(1).map(decode).collect::<Result<Vec<String>, Answer>>()?;
    let here: Vec<(&Route, Names)> =
        ROUTES.iter().filter_map(|route| Some((route, route.matches(&parts)?))).collect();
    if here.is_empty() {
        let detail = format!("{} is no path of this API; /v1/openapi.json describes it", request.path);
        return Err(Answer::problem(&Problem::new(ProblemKind::NoSuchRoute, detail)));
    }
    let methods: Vec<&str> = here.iter().map(|(route, _)| route.method).collect();
    let methods = methods.join(", ");
    here.into_iter().find(|(route, _)| route.method == request.method).ok_or_else(|| {
        let detail = format!("{} takes {methods}", request.path);
        let mut answer = Answer::problem(&Problem::new(ProblemKind::MethodNotAllowed, detail));
        answer.allow = Some(methods.clone());
        answer
    })
}
