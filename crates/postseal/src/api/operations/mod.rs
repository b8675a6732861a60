//! What each route does: names and bodies are read, the service is called, resources are made.

pub(super) mod arc_config;
pub(super) mod audit;
pub(super) mod dkim;
pub(super) mod domains;
pub(super) mod let_in;
pub(super) mod messages;
pub(super) mod node;
pub(super) mod organisations;
pub(super) mod receiver_policy;
pub(super) mod retention;
pub(super) mod search;

use postseal_core::dns::DomainName;

use super::caller::Tenant;
use super::router::Call;
use super::{Problem, ProblemKind};

impl Call<'_> {
    /// The organisation in the path, if the caller may work with it.
    fn tenant(&self) -> Result<Tenant, Problem> {
        self.caller.tenant(&self.names.organisation)
    }

    /// The domain in the path. What is no name at all is not there either.
    fn domain(&self) -> Result<DomainName, Problem> {
        let text = &self.names.domain;
        DomainName::parse(text).map_err(|error| {
            let mut problem =
                Problem::new(ProblemKind::NoDomain, format!("{text:?} is no domain name: {error}"));
            problem.subject = Some(text.clone());
            problem
        })
    }

    fn actor(&self) -> &str {
        &self.caller.actor
    }

    /// `limit`: how many items a page has.
    fn limit(&self) -> Result<u32, Problem> {
        let Some(text) = self.request.parameter("limit")? else { return Ok(DEFAULT_LIMIT) };
        let limit = text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
        limit.ok_or_else(|| {
            Problem::bad_request(format!("limit is a number from 1 to {MAX_LIMIT}, not {text:?}"))
        })
    }

    fn after(&self) -> Result<String, Problem> {
        Ok(self.request.parameter("after")?.unwrap_or_default())
    }

    /// Letters that are looked for in names: in lower case, and those of another script as names have them.
    fn letters(&self, parameter: &str) -> Result<String, Problem> {
        let text = self.request.parameter(parameter)?.unwrap_or_default();
        let text = text.trim();
        if text.len() > MAX_LETTERS {
            return Err(Problem::bad_request(format!("{parameter} has at most {MAX_LETTERS} octets")));
        }
        Ok(match DomainName::parse(text) {
            Ok(name) if !text.is_ascii() => name.to_string(),
            _ => text.to_lowercase(),
        })
    }

    /// The question that was asked, with another value of one parameter.
    fn same_question(&self, parameter: &str, value: &str) -> String {
        let asked = self.request.query.split('&').filter(|pair| {
            let key = pair.split('=').next().unwrap_or_default();
            !pair.is_empty() && key != parameter
        });
        let pairs: Vec<String> = asked.map(str::to_owned).chain([format!("{parameter}={value}")]).collect();
        format!("{}?{}", self.request.path, pairs.join("&"))
    }

    /// Where the next page is, behind the last item of this one.
    fn next(&self, last: &str, limit: u32) -> String {
        format!("{}?after={last}&limit={limit}", self.request.path)
    }
}

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1_000;
/// Octets of a name.
const MAX_LETTERS: usize = 253;
