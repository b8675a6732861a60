//! What is done by pressing a button. Each leads to a page that says what came of it.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Sandbox;
use crate::sandbox::living::{Came, Living, LivingError};
use crate::sandbox::receiver_policy::ReceiverPolicy;
use crate::sandbox::registrar::Entry;
use crate::sandbox::world::Sender;

/// Does something, keeps what came of it for the next page, and goes there.
async fn done(
    sandbox: &Sandbox,
    place: &str,
    deed: impl AsyncFnOnce(&mut Living) -> Result<Came, LivingError>,
) -> Response {
    let mut living = sandbox.living.lock().await;
    let Some(living) = living.as_mut() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let came = deed(living).await;
    match came {
        Ok(Came::Look(number)) => return Redirect::to(&format!("/message/{number}")).into_response(),
        Ok(Came::LookAtBounce(number)) => {
            return Redirect::to(&format!("/message/{number}/explain")).into_response();
        }
        came => sandbox.say(came),
    }
    Redirect::to(place).into_response()
}

type Shared = State<Arc<Sandbox>>;

pub(super) async fn start_chapter(State(sandbox): Shared, Path(number): Path<usize>) -> Response {
    done(&sandbox, "/", async |living| living.begin(number).await).await
}

pub(super) async fn portal_link(State(sandbox): Shared) -> Response {
    done(&sandbox, "/", async |living| living.portal_link().await).await
}

pub(super) async fn do_step(State(sandbox): Shared) -> Response {
    done(&sandbox, "/", async |living| living.do_next().await).await
}

#[derive(Deserialize)]
pub(super) struct SendForm {
    what: String,
}

pub(super) async fn send(State(sandbox): Shared, Form(form): Form<SendForm>) -> Response {
    let (by, forwarded) = match form.what.as_str() {
        "direct" => (Sender::User, false),
        "forwarded" => (Sender::User, true),
        "forged" => (Sender::Impostor, false),
        _ => return StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    };
    done(&sandbox, "/", async |living| living.send(by, forwarded).await).await
}

#[derive(Deserialize)]
pub(super) struct SigningForm {
    what: String,
}

pub(super) async fn signing(State(sandbox): Shared, Form(form): Form<SigningForm>) -> Response {
    done(&sandbox, "/", async |living| match form.what.as_str() {
        "show" => Ok(living.show_cnames()),
        "enable" => living.enable().await,
        "disable" => living.disable().await,
        "rotate" => living.rotate().await,
        "time" => living.move_time().await,
        _ => Err(LivingError::Name),
    })
    .await
}

#[derive(Deserialize)]
pub(super) struct RecordForm {
    kind: String,
    host: String,
    value: String,
    ttl: String,
}

pub(super) async fn add_record(State(sandbox): Shared, Form(form): Form<RecordForm>) -> Response {
    let RecordForm { kind, host, value, ttl } = form;
    let entry = Entry { kind, host, value, ttl };
    done(&sandbox, "/dns", async |living| Ok(living.add_record(&entry))).await
}

#[derive(Deserialize)]
pub(super) struct RemoveForm {
    number: u64,
}

pub(super) async fn remove_record(State(sandbox): Shared, Form(form): Form<RemoveForm>) -> Response {
    done(&sandbox, "/dns", async |living| living.remove_record(form.number)).await
}

pub(super) async fn undo_record(State(sandbox): Shared) -> Response {
    done(&sandbox, "/dns", async |living| living.undo_record()).await
}

#[derive(Deserialize)]
pub(super) struct PolicyForm {
    policy: String,
}

pub(super) async fn set_policy(State(sandbox): Shared, Form(form): Form<PolicyForm>) -> Response {
    let Some(policy) = ReceiverPolicy::of(&form.policy) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    done(&sandbox, "/policy", async |living| living.set_policy(policy).await).await
}
