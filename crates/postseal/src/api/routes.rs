use super::caller::Right;

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    DescribeApi,
    Search,
    ListOrganisations,
    AddOrganisation,
    GetOrganisation,
    ListDomains,
    CountDomains,
    AddDomain,
    GetDomain,
    RemoveDomain,
    VerifyDomain,
    ListRecords,
    GetDkim,
    NewDkim,
    SetDkim,
    RemoveDkim,
    RotateDkim,
    CheckDkim,
    GetArcConfig,
    SetArcConfig,
    AddArcSealers,
    RemoveArcSealers,
    ListVerdicts,
    GetVerdict,
    ListVerdictDays,
    GetPolicyEffect,
    GetMessageRetention,
    SetMessageRetention,
    GetReceiverPolicy,
    SetReceiverPolicy,
    ListAllowedPairs,
    AddAllowedPair,
    RemoveAllowedPair,
    ListAudit,
    VerifyAudit,
    Backup,
    Restore,
    Reload,
    GetAccount,
    SetPassword,
    AddSetupLink,
    ListTokens,
    AddToken,
    RemoveToken,
}

/// One method at one path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    pub(super) operation: Operation,
    pub(super) method: &'static str,
    /// Parts in braces stand for names.
    pub(super) path: &'static str,
    pub(super) right: Right,
    pub(super) summary: &'static str,
    /// The schema of the body; empty where there is none.
    pub(super) takes: &'static str,
    /// The status where it is done, and the schema of what is given then; empty where nothing is.
    pub(super) gives: (u16, &'static str),
    pub(super) query: &'static [&'static str],
}

/// Names that stand in a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) organisation: String,
    pub(super) domain: String,
    pub(super) token: String,
    /// A number.
    pub(super) id: String,
}

impl Route {
    /// The names in a path that this route is for; `path` in parts, decoded.
    pub(super) fn matches(&self, parts: &[String]) -> Option<Names> {
        let pattern: Vec<&str> = self.path.split('/').skip(1).collect();
        if pattern.len() != parts.len() {
            return None;
        }
        let mut names = Names::default();
        for (expected, part) in pattern.iter().zip(parts) {
            match *expected {
                "{organisation}" => names.organisation.clone_from(part),
                "{domain}" => names.domain.clone_from(part),
                "{token}" => names.token.clone_from(part),
                "{id}" => names.id.clone_from(part),
                fixed if fixed == part => {}
                _ => return None,
            }
        }
        Some(names)
    }
}

const fn route(
    operation: Operation,
    (method, path): (&'static str, &'static str),
    right: Right,
    summary: &'static str,
    takes: &'static str,
    gives: (u16, &'static str),
    query: &'static [&'static str],
) -> Route {
    Route { operation, method, path, right, summary, takes, gives, query }
}

const PAGE: &[&str] = &["after", "limit"];
const DOMAINS: &[&str] = &["contains", "state", "order", "after", "limit"];
const VERDICTS: &[&str] = &["author_domain", "client", "queue_id", "dmarc", "action", "before", "limit"];
const DRY_RUN: &[&str] = &["dry_run"];

macro_rules! organisation {
    ($rest:literal) => {
        concat!("/v1/organisations/{organisation}", $rest)
    };
}
macro_rules! domain {
    ($rest:literal) => {
        concat!("/v1/organisations/{organisation}/domains/{domain}", $rest)
    };
}

/// All routes.
#[rustfmt::skip]
pub(super) const ROUTES: &[Route] = &{
    use Operation as O;
    use Right as R;
    [
        route(O::DescribeApi, ("GET", "/v1/openapi.json"), R::Any, "This description", "", (200, "OpenApi"), &[]),
        route(O::Search, ("GET", "/v1/search"), R::Any, "Organisations and domains by letters of their names, messages by a whole queue id or number: of what the caller may see", "", (200, "SearchResult"), &["q", "limit"]),
        route(O::ListOrganisations, ("GET", "/v1/organisations"), R::Operate, "A page of organisations", "", (200, "OrganisationPage"), PAGE),
        route(O::AddOrganisation, ("POST", "/v1/organisations"), R::Operate, "Make an organisation with its initial domain", "NewOrganisation", (201, "Organisation"), &[]),
        route(O::GetOrganisation, ("GET", organisation!("")), R::ReadOrganisation, "An organisation", "", (200, "Organisation"), &[]),
        route(O::ListDomains, ("GET", organisation!("/domains")), R::ReadOrganisation, "A page of an organisation's domains; a page may be short where few are wanted", "", (200, "DomainPage"), DOMAINS),
        route(O::CountDomains, ("GET", organisation!("/domain-counts")), R::ReadOrganisation, "How many of its domains stand how", "", (200, "DomainCounts"), &[]),
        route(O::AddDomain, ("POST", organisation!("/domains")), R::ChangeOrganisation, "Claim a domain, or hold it by the operator's word", "NewDomain", (201, "Domain"), &[]),
        route(O::GetDomain, ("GET", domain!("")), R::ReadOrganisation, "A domain", "", (200, "Domain"), &[]),
        route(O::RemoveDomain, ("DELETE", domain!("")), R::ChangeOrganisation, "Remove a domain and destroy its keys", "", (204, ""), &[]),
        route(O::VerifyDomain, ("POST", domain!("/verify")), R::ChangeOrganisation, "Look for the token of a domain at its authoritative servers", "", (200, "VerificationOutcome"), &[]),
        route(O::ListRecords, ("GET", domain!("/records")), R::ReadOrganisation, "The records that its owner is to publish", "", (200, "RecordPage"), &[]),
        route(O::GetDkim, ("GET", domain!("/dkim-signing-configuration")), R::ReadOrganisation, "How a domain signs; watch=true has it looked at often", "", (200, "DkimSigningConfiguration"), &["watch"]),
        route(O::NewDkim, ("POST", domain!("/dkim-signing-configuration")), R::ChangeOrganisation, "Make keys, and enable them where they are visible", "NewDkimSigningConfiguration", (201, "DkimOutcome"), &[]),
        route(O::SetDkim, ("PATCH", domain!("/dkim-signing-configuration")), R::ChangeOrganisation, "Change how a domain signs", "SetDkimSigningConfiguration", (200, "DkimOutcome"), &[]),
        route(O::RemoveDkim, ("DELETE", domain!("/dkim-signing-configuration")), R::ChangeOrganisation, "Destroy the keys of a domain", "", (200, "DkimOutcome"), DRY_RUN),
        route(O::RotateDkim, ("POST", domain!("/dkim-signing-configuration/rotate")), R::ChangeOrganisation, "Let the other key sign", "RotateDkimSigningConfiguration", (200, "DkimOutcome"), &[]),
        route(O::CheckDkim, ("POST", domain!("/dkim-signing-configuration/check")), R::ChangeOrganisation, "Look for the keys now, at every authoritative server", "", (200, "DkimOutcome"), &[]),
        route(O::GetArcConfig, ("GET", organisation!("/arc-config")), R::ReadOrganisation, "The ARC sealers that are trusted", "", (200, "ArcConfig"), &[]),
        route(O::SetArcConfig, ("PUT", organisation!("/arc-config")), R::ChangeOrganisation, "Replace them", "SetArcConfig", (200, "ArcConfig"), &[]),
        route(O::AddArcSealers, ("POST", organisation!("/arc-config/add")), R::ChangeOrganisation, "Add to them", "SetArcConfig", (200, "ArcConfig"), &[]),
        route(O::RemoveArcSealers, ("POST", organisation!("/arc-config/remove")), R::ChangeOrganisation, "Take some away", "SetArcConfig", (200, "ArcConfig"), &[]),
        route(O::ListVerdicts, ("GET", "/v1/verdicts"), R::Operate, "A page of judged messages, the newest first, that fulfil all that is asked for; a page may be short where few do", "", (200, "VerdictPage"), VERDICTS),
        route(O::GetVerdict, ("GET", "/v1/verdicts/{id}"), R::Operate, "A judged message", "", (200, "Verdict"), &[]),
        route(O::ListVerdictDays, ("GET", "/v1/verdict-days"), R::Operate, "Judged messages of the last days (UTC), counted", "", (200, "VerdictDayPage"), &["author_domain", "days"]),
        route(O::GetPolicyEffect, ("GET", domain!("/policy-effect")), R::ReadOrganisation, "What each DMARC policy would have done to the messages of a domain that this node has judged", "", (200, "PolicyEffect"), &["limit"]),
        route(O::GetMessageRetention, ("GET", "/v1/message-retention"), R::Operate, "How long a row of each judged message is kept: in force, and in the configuration file", "", (200, "MessageRetention"), &[]),
        route(O::SetMessageRetention, ("PATCH", "/v1/message-retention"), R::Operate, "Change it, or with dry_run say what that would remove; what is older is removed within the hour", "SetMessageRetention", (200, "MessageRetention"), &[]),
        route(O::GetReceiverPolicy, ("GET", "/v1/receiver-policy"), R::Operate, "What decides about mail that fails DMARC: in force, and in the configuration file", "", (200, "ReceiverPolicy"), &[]),
        route(O::SetReceiverPolicy, ("PATCH", "/v1/receiver-policy"), R::Operate, "Change some of it; file: as the configuration file has it", "SetReceiverPolicy", (200, "ReceiverPolicy"), &[]),
        route(O::ListAllowedPairs, ("GET", "/v1/allowed-pairs"), R::Operate, "Who is accepted although DMARC fails", "", (200, "AllowedPairPage"), &[]),
        route(O::AddAllowedPair, ("POST", "/v1/allowed-pairs"), R::Operate, "Accept an Author Domain from somewhere although DMARC fails", "NewAllowedPair", (201, "AllowedPair"), &[]),
        route(O::RemoveAllowedPair, ("DELETE", "/v1/allowed-pairs/{id}"), R::Operate, "Accept it no longer", "", (204, ""), &[]),
        route(O::ListAudit, ("GET", "/v1/audit"), R::Operate, "A page of the audit log", "", (200, "AuditPage"), PAGE),
        route(O::VerifyAudit, ("GET", "/v1/audit/verify"), R::Operate, "Whether the audit log is as it was written; row and link are a head that was written down", "", (200, "AuditVerification"), &["row", "link"]),
        route(O::Backup, ("POST", "/v1/backup"), R::Operate, "Write the store to a new file", "BackupOrder", (201, "Backup"), &[]),
        route(O::Restore, ("POST", "/v1/restore"), R::Operate, "Take domains, keys and settings from a backup", "RestoreOrder", (204, ""), &[]),
        route(O::Reload, ("POST", "/v1/reload"), R::Operate, "Take the configuration file again", "ReloadOrder", (200, "Reloaded"), &[]),
        route(O::GetAccount, ("GET", "/v1/account"), R::LetIn, "The account of the portal", "", (200, "Account"), &[]),
        route(O::SetPassword, ("PUT", "/v1/account/password"), R::LetIn, "Change the password of the account that asks; its sessions end", "SetPassword", (204, ""), &[]),
        route(O::AddSetupLink, ("POST", "/v1/setup-link"), R::LetIn, "Make a link that sets up the account, or gives it another password: once, within an hour", "", (201, "SetupLink"), &[]),
        route(O::ListTokens, ("GET", "/v1/tokens"), R::LetIn, "A page of API tokens", "", (200, "TokenPage"), PAGE),
        route(O::AddToken, ("POST", "/v1/tokens"), R::LetIn, "Make an API token; its secret is in the answer and nowhere else", "NewToken", (201, "TokenMade"), &[]),
        route(O::RemoveToken, ("DELETE", "/v1/tokens/{token}"), R::LetIn, "Remove an API token", "", (204, ""), &[]),
    ]
};
