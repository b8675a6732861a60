use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;

use super::Guard;
use crate::api::{Caller, Problem, ProblemKind};
use crate::portal::Visitor;

/// `/v1/…`: the API that the control socket has, for whoever the guard has let in.
pub(super) async fn answer(
    State(guard): State<Arc<Guard>>,
    token: Option<Extension<Caller>>,
    visitor: Option<Extension<Visitor>>,
    request: Request,
) -> Response {
    let caller = token.map(|Extension(caller)| caller);
    let caller = caller.or_else(|| visitor.map(|Extension(visitor)| visitor.caller));
    match caller {
        Some(caller) => guard.api.respond(&caller, request).await.map(Body::new),
        None => Problem::new(ProblemKind::NotLoggedIn, "nobody was let in").response().map(Body::new),
    }
}
