//! Removing a service. A note is written first and deleted last, so that the tick finishes what was cut off.

use super::registry;
use crate::app::{App, ServicePath};
use crate::grant::{self, GrantError};
use crate::tokens::{self, Tokens};
use axum::extract::State;
use domain::records::{Key, ServiceKey, ServiceState, VERSION};
use domain::time::{SignedDuration, Timestamp};
use domain::{Code, Email, Error, Problem, ServiceId};
use http::StatusCode;
use platform::ApiError;
use platform::entrance::Admin;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How long we try to revoke a grant before the service is deleted all the same. The tokens lapse by themselves.
const REVOKE_PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// Stands for the address of an admin who was forgotten.
const NOBODY: &str = "deleted@zoom.invalid";

/// A removal under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Removal {
    v: u32,
    pub(crate) since: Timestamp,
    pub(crate) why: Why,
}

/// Who removed the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Why {
    /// Our admin. The grant is given back, and nothing stays.
    Deleted,
    /// Zoom's admin (R17). The account's data goes; the service's name stays, so that the console can say what happened.
    Deauthorized,
}

impl Removal {
    pub(crate) const fn new(since: Timestamp, why: Why) -> Self {
        Self { v: VERSION, since, why }
    }
}

struct RemovalKey {
    id: ServiceId,
}

impl Key for RemovalKey {
    type Record = Removal;
}

impl fmt::Display for RemovalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "removal:{}", self.id)
    }
}

/// The removal of a service that is under way.
pub(crate) async fn removal_of(app: &App, id: &ServiceId) -> Result<Option<Removal>, Error> {
    Ok(app.store().get(&RemovalKey { id: id.clone() }).await?)
}

/// Nothing is left to do of a removal.
pub(crate) async fn removal_done(app: &App, id: &ServiceId) -> Result<(), Error> {
    Ok(app.store().delete(&RemovalKey { id: id.clone() }).await?)
}

/// `DELETE /oauth/services/{id}`: 204 when all is done, 202 when Zoom could not be reached to take the grant back; then
/// the tick goes on with it.
pub(crate) async fn remove(
    _: Admin,
    State(app): State<App>,
    ServicePath(id): ServicePath,
) -> Result<StatusCode, ApiError> {
    registry::get(&app, &id).await?.ok_or(Code::ServiceNotFound)?;
    let removal = match removal_of(&app, &id).await? {
        // What Zoom's admin began is finished first: it deletes more.
        Some(removal) if removal.why == Why::Deauthorized => {
            crate::deauthorization::finish(&app, std::slice::from_ref(&id)).await?;
            Removal { why: Why::Deleted, ..removal }
        }
        Some(removal) => removal,
        None => Removal::new(app.now(), Why::Deleted),
    };
    mark_for_removal(&app, &id, &removal).await?;
    let done = finish_removal(&app, &id, &removal).await?;
    Ok(if done { StatusCode::NO_CONTENT } else { StatusCode::ACCEPTED })
}

/// Writes down that a service is to go, and ends it.
pub(crate) async fn mark_for_removal(app: &App, id: &ServiceId, removal: &Removal) -> Result<(), Error> {
    app.store().put(&RemovalKey { id: id.clone() }, removal).await?;
    end(app, id, removal.why).await
}

/// Ends a service: from now on it cannot be used, and holds nobody's address. Doing it twice does no harm.
pub(crate) async fn end(app: &App, id: &ServiceId, why: Why) -> Result<(), Error> {
    let _held = app.hold(id).await;
    let Some(mut service) = registry::get(app, id).await? else { return Ok(()) };
    let what = match why {
        Why::Deleted => "This service is being deleted.",
        Why::Deauthorized => {
            "The app was removed from the Zoom account, and everything of the account is deleted here."
        }
    };
    service.state = ServiceState::Deauthorized;
    service.problem = Some(Problem { code: Code::ServiceNeedsSignIn, detail: what.to_owned() });
    service.users.clear();
    service.scopes.clear();
    service.admin_user_id = "".into();
    if let Some(nobody) = Email::parse(NOBODY) {
        service.admin_email = nobody;
    }
    registry::save(app, &service).await?;
    registry::make_not_live(app, &service).await?;
    if why == Why::Deauthorized {
        // Zoom has taken the grant back already.
        tokens::forget(app, id).await?;
    }
    Ok(())
}

/// Gives the grant back and deletes the service. `false` when Zoom could not be reached and it is too early to give up.
pub(crate) async fn finish_removal(app: &App, id: &ServiceId, removal: &Removal) -> Result<bool, Error> {
    let _list = app.hold_list().await;
    // Ending it may have been cut off.
    end(app, id, removal.why).await?;
    let _held = app.hold(id).await;
    if !give_back(app, id).await? && app.now().duration_since(removal.since) < REVOKE_PATIENCE {
        return Ok(false);
    }
    tokens::forget(app, id).await?;
    app.store().delete(&ServiceKey { id: id.clone() }).await?;
    registry::drop_id(app, id).await?;
    removal_done(app, id).await?;
    platform::log!("service.deleted", service = id);
    Ok(true)
}

/// Revokes the grant at Zoom. `true` when there is none any more.
async fn give_back(app: &App, id: &ServiceId) -> Result<bool, Error> {
    let tokens = match tokens::load(app, id).await {
        Ok(Some(tokens)) => tokens,
        // Without the key that sealed them nobody can use them either.
        Ok(None) | Err(Error::Caller(_)) => return Ok(true),
        Err(error) => return Err(error),
    };
    match revoke(app, id, tokens).await {
        Ok(()) | Err(GrantError::Refused) => Ok(true),
        Err(GrantError::Ours(error)) => Err(error),
        Err(error) => {
            platform::log!("service.not_revoked", service = id, error = error);
            Ok(false)
        }
    }
}

/// Zoom revokes by access token, so one that has lapsed is renewed first.
async fn revoke(app: &App, id: &ServiceId, mut tokens: Tokens) -> Result<(), GrantError> {
    if tokens.expires_at <= app.now() {
        let granted = grant::refresh(&app.ports, &tokens.refresh_token).await?;
        tokens = Tokens::new(&granted, tokens.signed_in_at, app.now());
        tokens::save(app, id, &tokens).await?;
    }
    grant::revoke(&app.ports, &tokens.access_token).await
}
