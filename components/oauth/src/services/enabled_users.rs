//! The enabled users of a service, whose webinars may be used besides the admin's (R3).

use crate::state::AppState;
use crate::store::{service_problems, services};
use crate::tokens::access;
use domain::digest::sha256_hex;
use domain::records::Service;
use domain::{Email, Error, ErrorCode, Problem, ServiceId};
use futures::stream::{self, StreamExt, TryStreamExt};
use zoom_client::{ZoomClient, ZoomError};

/// Maximum number of enabled users (R3).
const MAX_USERS: usize = 20;

/// Maximum number of concurrent look-ups: Zoom's smallest plan allows 4 light calls a second.
const MAX_CONCURRENT_LOOKUPS: usize = 4;

/// Replaces the enabled users, after checking that each belongs to the account.
pub(crate) async fn replace(app: &AppState, id: &ServiceId, addresses: &[String]) -> Result<Service, Error> {
    services::get_usable(app, id).await?;
    let users = normalize(addresses)?;
    check_all(app, id, &users).await?;
    let _guard = app.lock_service(id).await;
    let mut service = services::get_usable(app, id).await?;
    service.users = users;
    services::save(app, &service).await?;
    platform::log!(Info, "service.users_enabled", service = id, count = service.users.len());
    Ok(service)
}

/// Returns the addresses in the form in which they are compared, without duplicates, in the given order.
fn normalize(addresses: &[String]) -> Result<Vec<Email>, Error> {
    let mut users: Vec<Email> = Vec::new();
    for (index, text) in addresses.iter().enumerate() {
        let folded = Email::parse(text).and_then(|email| Email::parse(&email.normalized()));
        let Some(email) = folded else {
            let what = format_args!("Entry {} is not an e-mail address.", index + 1);
            return Err(Problem::because(ErrorCode::UserNotFound, what).into());
        };
        if users.contains(&email) {
            continue;
        }
        if users.len() == MAX_USERS {
            return Err(ErrorCode::TooManyUsers.into());
        }
        users.push(email);
    }
    Ok(users)
}

async fn check_all(app: &AppState, id: &ServiceId, users: &[Email]) -> Result<(), Error> {
    stream::iter(users.to_vec())
        .map(async |user| check(app, id, &user).await)
        .buffered(MAX_CONCURRENT_LOOKUPS)
        .try_collect::<()>()
        .await
}

/// Checks that a user belongs to the account. The error contains the address, since it goes to the admin who sent it.
async fn check(app: &AppState, id: &ServiceId, user: &Email) -> Result<(), Error> {
    let token = access::obtain(app, id, None).await?;
    let mut token_hash = sha256_hex(token.access_token.expose().as_bytes());
    let mut answer = ZoomClient::with_token(&app.ports, token).user(user).await;
    if matches!(&answer, Err(ZoomError::Api(error)) if error.is_bad_token()) {
        let token = access::obtain(app, id, Some(&token_hash)).await?;
        token_hash = sha256_hex(token.access_token.expose().as_bytes());
        answer = ZoomClient::with_token(&app.ports, token).user(user).await;
    }
    let error = match answer {
        Ok(_) => return Ok(()),
        Err(ZoomError::Api(error)) => error,
        Err(error) => return Err(error.into()),
    };
    if error.is_not_found() {
        return Err(Problem::because(ErrorCode::UserNotFound, format_args!("{}:", user.expose())).into());
    }
    if let Some(problem) = error.service_problem() {
        service_problems::record(app, id, Some(problem), None, Some(&token_hash)).await?;
    }
    Err(ZoomError::Api(error).into())
}
