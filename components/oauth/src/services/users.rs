//! `PUT /oauth/services/{id}/users`: the users whose webinars may be used besides those of the admin (R3).

use super::view::View;
use super::{problem, registry};
use crate::app::{App, ServicePath};
use crate::tokens;
use axum::extract::State;
use domain::records::hex_digest;
use domain::{Code, Email, Error, Problem, ServiceId};
use futures::stream::{self, StreamExt, TryStreamExt};
use platform::entrance::Admin;
use platform::respond::Json;
use platform::{ApiError, Body};
use serde::Deserialize;
use zoom_client::{Zoom, ZoomError};

/// How many users can be enabled (R3).
const MAX_USERS: usize = 20;

/// How many are looked up at once: Zoom's smallest plan allows 4 light calls a second.
const AT_ONCE: usize = 4;

#[derive(Deserialize)]
pub(crate) struct Request {
    users: Vec<String>,
}

pub(crate) async fn enable_users(
    _: Admin,
    State(app): State<App>,
    ServicePath(id): ServicePath,
    Body(request): Body<Request>,
) -> Result<Json<View>, ApiError> {
    registry::usable(&app, &id).await?;
    let users = normalised(&request.users)?;
    check_all(&app, &id, &users).await?;
    let _held = app.hold(&id).await;
    let mut service = registry::usable(&app, &id).await?;
    service.users = users;
    registry::save(&app, &service).await?;
    platform::log!("service.users_enabled", service = id, count = service.users.len());
    Ok(Json(service.into()))
}

/// The addresses in the form in which they are compared, each once, in the order given.
fn normalised(given: &[String]) -> Result<Vec<Email>, Error> {
    let mut users: Vec<Email> = Vec::new();
    for (index, text) in given.iter().enumerate() {
        let folded = Email::parse(text).and_then(|email| Email::parse(&email.folded()));
        let Some(email) = folded else {
            let what = format_args!("Entry {} is not an e-mail address.", index + 1);
            return Err(Problem::because(Code::UserNotFound, what).into());
        };
        if users.contains(&email) {
            continue;
        }
        if users.len() == MAX_USERS {
            return Err(Code::TooManyUsers.into());
        }
        users.push(email);
    }
    Ok(users)
}

async fn check_all(app: &App, id: &ServiceId, users: &[Email]) -> Result<(), Error> {
    stream::iter(users.to_vec())
        .map(async |user| check(app, id, &user).await)
        .buffered(AT_ONCE)
        .try_collect::<()>()
        .await
}

/// Whether a user is of the account. Only here is an address told: to the admin who sent it.
async fn check(app: &App, id: &ServiceId, user: &Email) -> Result<(), Error> {
    let token = tokens::obtain(app, id, None).await?;
    let mut hash = hex_digest(token.access_token.expose().as_bytes());
    let mut answer = Zoom::with_token(&app.ports, token).user(user).await;
    if matches!(&answer, Err(ZoomError::Refused(refusal)) if refusal.is_bad_token()) {
        let token = tokens::obtain(app, id, Some(&hash)).await?;
        hash = hex_digest(token.access_token.expose().as_bytes());
        answer = Zoom::with_token(&app.ports, token).user(user).await;
    }
    let refusal = match answer {
        Ok(_) => return Ok(()),
        Err(ZoomError::Refused(refusal)) => refusal,
        Err(error) => return Err(error.into()),
    };
    if refusal.is_not_found() {
        return Err(Problem::because(Code::UserNotFound, format_args!("{}:", user.expose())).into());
    }
    if let Some(problem) = refusal.service_problem() {
        problem::note(app, id, Some(problem), Some(&hash)).await?;
    }
    Err(ZoomError::Refused(refusal).into())
}
