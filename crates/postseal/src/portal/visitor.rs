use crate::api::Caller;

/// Who looks at a page. The guard makes it from a session; a request without one gets to no page
/// that is behind it.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// What they may do, for the API.
    pub(crate) caller: Caller,
    /// The name of the account; empty where there is no account to log out of.
    pub(crate) account: String,
    /// The value of the hidden field `csrf` in each form that changes something.
    pub(crate) csrf: String,
}
