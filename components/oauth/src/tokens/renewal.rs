//! Renewal of a service's tokens. Zoom rotates the refresh token with each renewal, so a renewal cannot be repeated.
//! Therefore one renewal runs at a time, the new tokens are written before they are used, and a rejected refresh token
//! counts only if no other instance has renewed it meanwhile.

use crate::state::AppState;
use crate::store::token_store::{self, ServiceTokens};
use crate::store::{renewal_lease, service_problems, services};
use crate::zoom_oauth::response::{Grant, GrantError};
use crate::zoom_oauth::{client, scopes};
use domain::records::{Service, ServiceState};
use domain::time::SignedDuration;
use domain::{Error, ErrorCode, ServiceId};

/// How long a grant may be unused before it is renewed. Zoom drops it after 90 days.
const KEEP_ALIVE_INTERVAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How often a grant that lacks permissions is renewed, to detect that the admin restored them (R2).
pub(super) const SCOPE_RECHECK_INTERVAL: SignedDuration = SignedDuration::from_mins(5);

/// How long the store must show no newer tokens before a rejected refresh token counts: another instance may have used
/// it and may not have written the new tokens yet.
const REFUSAL_GRACE: SignedDuration = SignedDuration::from_secs(2);

/// How often a request polls the store for the tokens that another instance renews.
const POLL_INTERVAL: SignedDuration = SignedDuration::from_millis(200);

/// Maximum time that a request waits for the lease of another instance: longer than a lease, in case its owner crashes.
const MAX_WAIT: SignedDuration = SignedDuration::from_secs(20);

/// Renews a grant that has long been unused. Returns `true` if it did.
pub(crate) async fn keep_alive(app: &AppState, id: &ServiceId) -> Result<bool, Error> {
    let (_, before) = load(app, id).await?;
    let (_, after) = renew_unless(app, id, |_, tokens| app.now() < tokens.renewed_at + KEEP_ALIVE_INTERVAL).await?;
    Ok(after != before)
}

/// Encrypts tokens with the first `token_key`, if an older one encrypted them, so that the older one can be removed. A renewal
/// that is under way does that itself.
pub(crate) async fn encrypt_again(app: &AppState, id: &ServiceId) -> Result<(), Error> {
    if !token_store::has_older_key(app, id).await? {
        return Ok(());
    }
    let _guard = app.lock_service(id).await;
    let Some(lease) = renewal_lease::acquire(app, id).await? else { return Ok(()) };
    let outcome = token_store::encrypt_again(app, id).await;
    renewal_lease::release(lease, id).await;
    outcome
}

/// Renews a grant that lacks permissions, at most once per interval: Zoom's response lists the current scopes.
pub(crate) async fn recheck_scopes(app: &AppState, id: &ServiceId) -> Result<(), Error> {
    renew_unless(app, id, |_, tokens| app.now() < tokens.renewed_at + SCOPE_RECHECK_INTERVAL).await.map(drop)
}

/// Renews the grant, also one that Zoom was found to reject. Returns `false` if Zoom rejects it, and the error if Zoom does
/// not say.
pub(crate) async fn is_accepted(app: &AppState, id: &ServiceId) -> Result<bool, Error> {
    token_store::require_readable(app, id).await?;
    match renew_as(app, id, Loading::Renewable, |_, _| false).await {
        Ok(_) => Ok(true),
        Err(Error::Rejected(problem)) if problem.code == ErrorCode::ServiceNeedsSignIn => Ok(false),
        Err(error) => Err(error),
    }
}

/// Returns a service and its tokens, and renews the tokens first unless they are good enough. One request of one
/// instance renews; the others wait for its result.
pub(super) async fn renew_unless(
    app: &AppState,
    id: &ServiceId,
    is_good: impl Fn(&Service, &ServiceTokens) -> bool + Send,
) -> Result<(Service, ServiceTokens), Error> {
    renew_as(app, id, Loading::Usable, is_good).await
}

/// Does as [`renew_unless`], also for a service that Zoom was found to reject.
pub(crate) async fn renew_rejected_unless(
    app: &AppState,
    id: &ServiceId,
    is_good: impl Fn(&Service, &ServiceTokens) -> bool + Send,
) -> Result<(Service, ServiceTokens), Error> {
    renew_as(app, id, Loading::Renewable, is_good).await
}

/// Which services are loaded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loading {
    /// Those that Zoom can be called for.
    Usable,
    /// Also those that Zoom was found to reject.
    Renewable,
}

async fn renew_as(
    app: &AppState,
    id: &ServiceId,
    loading: Loading,
    is_good: impl Fn(&Service, &ServiceTokens) -> bool + Send,
) -> Result<(Service, ServiceTokens), Error> {
    let load = || load_as(app, id, loading);
    let (service, tokens) = load().await?;
    if is_good(&service, &tokens) {
        return Ok((service, tokens));
    }
    let _guard = app.lock_service(id).await;
    let give_up_at = app.now() + MAX_WAIT;
    loop {
        let lease = renewal_lease::acquire(app, id).await?;
        // The previous holder of the lock or of the lease may have renewed.
        let outcome = match load().await {
            Ok((service, tokens)) if is_good(&service, &tokens) => Ok((service, tokens)),
            Ok((service, tokens)) if lease.is_some() => renew(app, service, tokens).await,
            Ok(_) if app.now() < give_up_at => {
                app.ports.clock.sleep(POLL_INTERVAL).await;
                continue;
            }
            Ok(_) => Err(ErrorCode::ZoomUnavailable.into()),
            Err(error) => Err(error),
        };
        if let Some(lease) = lease {
            renewal_lease::release(lease, id).await;
        }
        return outcome;
    }
}

/// Returns a usable service and its tokens.
pub(super) async fn load(app: &AppState, id: &ServiceId) -> Result<(Service, ServiceTokens), Error> {
    load_as(app, id, Loading::Usable).await
}

async fn load_as(app: &AppState, id: &ServiceId, loading: Loading) -> Result<(Service, ServiceTokens), Error> {
    let service = match loading {
        Loading::Usable => services::get_usable(app, id).await?,
        Loading::Renewable => services::get_renewable(app, id).await?,
    };
    let tokens = token_store::load(app, id).await?.ok_or(ErrorCode::ServiceNeedsSignIn)?;
    Ok((service, tokens))
}

/// Renews the tokens at Zoom and records the outcome. The caller holds the service's lock and the lease.
async fn renew(app: &AppState, service: Service, tokens: ServiceTokens) -> Result<(Service, ServiceTokens), Error> {
    match client::refresh(&app.ports, &tokens.refresh_token).await {
        Ok(grant) => save(app, &service.id, &tokens, &grant).await,
        Err(GrantError::Invalid) => {
            let give_up_at = app.now() + REFUSAL_GRACE;
            while app.now() < give_up_at {
                let (service, stored) = load_as(app, &service.id, Loading::Renewable).await?;
                if stored.refresh_token != tokens.refresh_token {
                    // Another instance renewed the tokens, or the admin signed in again.
                    return Ok((service, stored));
                }
                app.ports.clock.sleep(POLL_INTERVAL).await;
            }
            service_problems::require_sign_in(app, &service.id).await?;
            Err(ErrorCode::ServiceNeedsSignIn.into())
        }
        Err(GrantError::AppRejected(fault)) => {
            service_problems::record_renewal_problem(app, &service.id, fault.into()).await?;
            Err(GrantError::AppRejected(fault).into())
        }
        Err(error) => {
            // The old tokens stay. If Zoom did not rotate the refresh token, the next renewal succeeds; otherwise Zoom
            // rejects it.
            platform::log!(Warn, "tokens.renew_failed", service = service.id, error = error);
            Err(error.into())
        }
    }
}

/// Writes renewed tokens before they are used, unless the service was removed or the admin signed in again meanwhile.
async fn save(
    app: &AppState,
    id: &ServiceId,
    old: &ServiceTokens,
    grant: &Grant,
) -> Result<(Service, ServiceTokens), Error> {
    let mut service = services::get_renewable(app, id).await?;
    let stored = token_store::load(app, id).await?.ok_or(ErrorCode::ServiceNeedsSignIn)?;
    if stored.signed_in_at != old.signed_in_at {
        return Ok((service, stored));
    }
    let tokens = ServiceTokens::new(grant, old.signed_in_at, app.now());
    token_store::save(app, id, &tokens).await?;
    platform::log!(Info, "tokens.renewed", service = id);
    if apply_grant(&mut service, grant) {
        services::save(app, &service).await?;
    }
    Ok((service, tokens))
}

/// Applies a new grant to the service: its API base, its scopes, and what it proves about the service's problem.
/// Returns `true` if the service changed.
pub(crate) fn apply_grant(service: &mut Service, grant: &Grant) -> bool {
    let before =
        (service.api_base.clone(), service.scopes.clone(), service.problem.clone(), service.state, service.rejection);
    if service.state == ServiceState::NeedsSignIn || service.rejection.is_some() {
        // A rejection was recorded, by another instance or of an earlier grant, that this grant disproves. If calls with it
        // are rejected too, that is reported again.
        service.state = ServiceState::Active;
        service.problem = None;
        service.rejection = None;
    }
    if let Some(api_base) = &grant.api_base {
        service.api_base = api_base.to_string();
    }
    if service.problem.as_ref().is_some_and(|problem| problem.code == ErrorCode::ServiceLacksPermission) {
        // Zoom accepted the renewal. A component that still lacks a permission reports it again.
        service.problem = None;
    }
    if let Some(scopes) = &grant.scopes {
        service.scopes.clone_from(scopes);
    }
    if let Some(problem) = scopes::missing_scopes_problem(&service.scopes) {
        service.problem = Some(problem);
    }
    before
        != (service.api_base.clone(), service.scopes.clone(), service.problem.clone(), service.state, service.rejection)
}
