use postseal_core::hosting::OrganisationName;

use super::{Problem, ProblemKind};

/// Who asks, as the place where they were let in knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// `uid:1000`, as the audit log has it.
    pub(super) actor: String,
    scope: Scope,
}

/// Whose data a caller may see.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    /// Everybody's, and the node's own.
    Operator,
}

/// What a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    /// Anybody who was let in.
    Any,
    /// To see an organisation's things.
    ReadOrganisation,
    /// To change them.
    ChangeOrganisation,
    /// To run the node: organisations, the audit log, backups, the configuration.
    Operate,
}

/// An organisation that the caller may work with. Made here and nowhere else, so that no
/// operation reaches another's data.
#[derive(Clone, Debug)]
pub(super) struct Tenant(OrganisationName);

impl Caller {
    /// A user of this machine who may use the control socket.
    pub(crate) fn of_uid(uid: u32) -> Caller {
        Caller { actor: format!("uid:{uid}"), scope: Scope::Operator }
    }

    /// Whether the caller has a right.
    pub(crate) fn may(&self, right: Right) -> bool {
        match (&self.scope, right) {
            (
                Scope::Operator,
                Right::Any | Right::ReadOrganisation | Right::ChangeOrganisation | Right::Operate,
            ) => true,
        }
    }

    /// The organisation of this name. One that the caller may not see is not there.
    pub(super) fn tenant(&self, name: &str) -> Result<Tenant, Problem> {
        let visible = |_: &OrganisationName| match &self.scope {
            Scope::Operator => true,
        };
        let found = OrganisationName::parse(name).ok().filter(visible);
        found.map(Tenant).ok_or_else(|| no_organisation(name))
    }
}

/// The same for one that never was and one that the caller may not see.
fn no_organisation(name: &str) -> Problem {
    let mut problem = Problem::new(ProblemKind::NoOrganisation, format!("no organisation {name}"));
    problem.subject = Some(name.to_owned());
    problem
}

impl Tenant {
    pub(super) fn name(&self) -> &OrganisationName {
        &self.0
    }
}

impl Right {
    /// Its word in the API's description.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Right::Any => "any",
            Right::ReadOrganisation => "read-organisation",
            Right::ChangeOrganisation => "change-organisation",
            Right::Operate => "operate",
        }
    }
}
