use postseal_core::hosting::OrganisationName;
use postseal_store::{ActorName, ApiToken, Role, TokenScope};

use super::{Problem, ProblemKind};
use crate::service::of_account;

/// Who asks, as the place where they were let in knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// `uid:1000`, `account:admin`, `token:backup-job`, as the audit log has it.
    pub(super) actor: String,
    scope: Scope,
}

/// Whose data a caller may see.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    /// Everybody's, and the node's own.
    Operator,
    /// What the role of this account allows.
    Account(ActorName, Role),
    /// Up to a right; `None`: in every organisation.
    Token(TokenScope, Option<OrganisationName>),
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
    /// To say who else is let in. Never a token's: it would outlive its expiry.
    LetIn,
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

    /// A person who has logged in.
    pub(crate) fn of_account(name: &ActorName, role: Role) -> Caller {
        Caller { actor: of_account(name), scope: Scope::Account(name.clone(), role) }
    }

    /// A program that has shown a token.
    pub(crate) fn of_token(token: &ApiToken) -> Caller {
        let scope = Scope::Token(token.scope, token.organisation.clone());
        Caller { actor: format!("token:{}", token.name), scope }
    }

    /// Whether the caller has a right.
    pub(crate) fn may(&self, right: Right) -> bool {
        match (&self.scope, right) {
            (
                Scope::Operator | Scope::Account(_, Role::Administrator),
                Right::Any
                | Right::ReadOrganisation
                | Right::ChangeOrganisation
                | Right::Operate
                | Right::LetIn,
            )
            | (Scope::Token(..), Right::Any | Right::ReadOrganisation) => true,
            (Scope::Token(scope, _), Right::ChangeOrganisation) => *scope >= TokenScope::ChangeOrganisation,
            (Scope::Token(scope, _), Right::Operate) => *scope == TokenScope::Operate,
            (Scope::Token(..), Right::LetIn) => false,
        }
    }

    /// The organisation of this name. One that the caller may not see is not there.
    pub(super) fn tenant(&self, name: &str) -> Result<Tenant, Problem> {
        let visible = |name: &OrganisationName| match &self.scope {
            Scope::Operator | Scope::Account(_, Role::Administrator) | Scope::Token(_, None) => true,
            Scope::Token(_, Some(only)) => name == only,
        };
        let found = OrganisationName::parse(name).ok().filter(visible);
        found.map(Tenant).ok_or_else(|| no_organisation(name))
    }

    /// The one organisation whose things the caller may see; `None`: everybody's.
    pub(super) fn only(&self) -> Option<&OrganisationName> {
        match &self.scope {
            Scope::Token(_, only) => only.as_ref(),
            Scope::Operator | Scope::Account(_, Role::Administrator) => None,
        }
    }

    /// The account that has logged in.
    pub(super) fn account(&self) -> Option<&ActorName> {
        match &self.scope {
            Scope::Account(name, _) => Some(name),
            Scope::Operator | Scope::Token(..) => None,
        }
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
            Right::LetIn => "let-in",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHTS: [Right; 5] =
        [Right::Any, Right::ReadOrganisation, Right::ChangeOrganisation, Right::Operate, Right::LetIn];

    fn token(scope: TokenScope, organisation: Option<&str>) -> Caller {
        Caller::of_token(&ApiToken {
            name: ActorName::parse("job").expect("a name"),
            scope,
            organisation: organisation.map(|name| OrganisationName::parse(name).expect("a name")),
            made_by: "uid:0".to_owned(),
            made_at: 0,
            expires_at: 1,
            used_at: None,
        })
    }

    #[test]
    fn each_caller_has_the_rights_it_was_given_and_no_others() {
        let check = |caller: Caller, expected: [bool; 5]| {
            assert_eq!(RIGHTS.map(|right| caller.may(right)), expected, "{caller:?}");
        };
        let admin = ActorName::parse("admin").expect("a name");
        check(Caller::of_uid(0), [true; 5]);
        check(Caller::of_account(&admin, Role::Administrator), [true; 5]);
        check(token(TokenScope::ReadOrganisation, None), [true, true, false, false, false]);
        check(token(TokenScope::ChangeOrganisation, None), [true, true, true, false, false]);
        check(token(TokenScope::Operate, None), [true, true, true, true, false]);
        check(token(TokenScope::ChangeOrganisation, Some("contoso")), [true, true, true, false, false]);
    }

    #[test]
    fn a_token_of_one_organisation_sees_no_other() {
        let check = |caller: &Caller, name: &str, expected: bool| {
            assert_eq!(caller.tenant(name).is_ok(), expected, "{caller:?} {name}");
        };
        let one = token(TokenScope::ChangeOrganisation, Some("contoso"));
        check(&one, "contoso", true);
        check(&one, "fabrikam", false);
        check(&one, "nobody/../contoso", false);
        check(&token(TokenScope::ReadOrganisation, None), "fabrikam", true);
    }
}
