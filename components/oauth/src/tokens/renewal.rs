//! Renewing a service's tokens. Zoom's refresh tokens rotate and a renewal cannot be repeated, so: one renewal at a
//! time, the new tokens are written before they are used, and a refusal is believed only when nobody else has renewed
//! in between.

use super::{Tokens, lease, vault};
use crate::app::App;
use crate::grant::{self, Grant, GrantError};
use crate::services;
use domain::records::{Service, ServiceState, hex_digest};
use domain::time::SignedDuration;
use domain::{Code, Error, Problem, ServiceId};
use platform::peers::ZoomToken;

/// Tokens are renewed this long before they expire. The others use theirs until one minute before, so a renewal that
/// fails can be tried again before anybody notices. No longer, since it costs renewals: this is 24 a day.
const RENEW_AHEAD: SignedDuration = SignedDuration::from_mins(2);

/// The least remaining life of a token that is handed out because its renewal failed: what a long run takes.
const LEAST_LIFE: SignedDuration = SignedDuration::from_mins(1);

/// A grant that nobody used for this long is renewed. Zoom forgets it after 90 days.
const KEEP_ALIVE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A grant without all rights is renewed this often, to see whether the admin got them back (R2).
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(5);

/// A refusal is believed when the store has shown no other tokens for this long: another instance that spent the same
/// refresh token first may not have written what it got.
const DISBELIEF: SignedDuration = SignedDuration::from_secs(2);

/// An access token that is good for some minutes at least. `refused` is the SHA-256 of one that Zoom did not take.
pub(crate) async fn obtain(app: &App, id: &ServiceId, refused: Option<&str>) -> Result<ZoomToken, Error> {
    let error = match renew_unless(app, id, |service, tokens| is_good(app, service, tokens, refused)).await {
        Ok((service, tokens)) => return hand(&service, &tokens),
        Err(error) => error,
    };
    if refused.is_none() && !matches!(error, Error::Ours(_)) {
        // Not renewed in time, but good for a while yet.
        let (service, tokens) = read(app, id).await?;
        if lives(app, &tokens, LEAST_LIFE) {
            return hand(&service, &tokens);
        }
    }
    Err(error)
}

/// Renews a grant that was idle for long. `true` when it did.
pub(crate) async fn keep_alive(app: &App, id: &ServiceId) -> Result<bool, Error> {
    let (_, before) = read(app, id).await?;
    let (_, after) = renew_unless(app, id, |_, tokens| app.now() < tokens.renewed_at + KEEP_ALIVE).await?;
    Ok(after != before)
}

/// Renews a grant that lacks a right, not too often: Zoom then tells its scopes.
pub(crate) async fn look_again(app: &App, id: &ServiceId) -> Result<(), Error> {
    renew_unless(app, id, |_, tokens| app.now() < tokens.renewed_at + LOOK_AGAIN).await.map(drop)
}

/// Whether an access token, known by its SHA-256, is the service's present one.
pub(crate) async fn is_current(app: &App, id: &ServiceId, hash: &str) -> Result<bool, Error> {
    Ok(vault::load(app, id).await?.is_some_and(|tokens| is_token(&tokens, hash)))
}

fn is_token(tokens: &Tokens, hash: &str) -> bool {
    hex_digest(tokens.access_token.expose().as_bytes()) == hash
}

/// A service and its tokens, renewed unless they will do. One request of one instance renews; the others wait for what
/// it brings.
async fn renew_unless(
    app: &App,
    id: &ServiceId,
    will_do: impl Fn(&Service, &Tokens) -> bool + Send,
) -> Result<(Service, Tokens), Error> {
    let (service, tokens) = read(app, id).await?;
    if will_do(&service, &tokens) {
        return Ok((service, tokens));
    }
    let _held = app.hold(id).await;
    loop {
        let has_lease = lease::take(app, id).await?;
        // Whoever had the turn before may have renewed.
        let outcome = match read(app, id).await {
            Ok((service, tokens)) if will_do(&service, &tokens) => Ok((service, tokens)),
            Ok((service, tokens)) if has_lease => renew(app, service, tokens).await,
            Ok(_) => {
                app.ports.clock.sleep(lease::LOOK_AGAIN).await;
                continue;
            }
            Err(error) => Err(error),
        };
        if has_lease {
            lease::give_back(app, id).await;
        }
        return outcome;
    }
}

async fn read(app: &App, id: &ServiceId) -> Result<(Service, Tokens), Error> {
    let service = services::usable(app, id).await?;
    let tokens = vault::load(app, id).await?.ok_or(Code::ServiceNeedsSignIn)?;
    Ok((service, tokens))
}

fn is_good(app: &App, service: &Service, tokens: &Tokens, refused: Option<&str>) -> bool {
    let is_refused = refused.is_some_and(|hash| is_token(tokens, hash));
    let may_have_changed = !grant::missing(&service.scopes).is_empty() && tokens.renewed_at + LOOK_AGAIN <= app.now();
    !is_refused && !may_have_changed && lives(app, tokens, RENEW_AHEAD)
}

fn lives(app: &App, tokens: &Tokens, at_least: SignedDuration) -> bool {
    app.now() + at_least < tokens.expires_at
}

fn hand(service: &Service, tokens: &Tokens) -> Result<ZoomToken, Error> {
    if let Some(problem) = lacks(&service.scopes) {
        return Err(problem.into());
    }
    Ok(ZoomToken {
        access_token: tokens.access_token.clone(),
        api_base: service.api_base.clone(),
        expires_at: tokens.expires_at,
    })
}

/// What to say of a grant that lacks scopes (R2).
fn lacks(scopes: &[String]) -> Option<Problem> {
    let names: Vec<_> = grant::missing(scopes).iter().map(|scope| scope.name).collect();
    (!names.is_empty())
        .then(|| Problem::because(Code::ServiceLacksPermission, format_args!("Zoom granted no {}.", names.join(", "))))
}

/// Renews with Zoom and writes the outcome down. The caller holds the service.
async fn renew(app: &App, service: Service, tokens: Tokens) -> Result<(Service, Tokens), Error> {
    match grant::refresh(&app.ports, &tokens.refresh_token).await {
        Ok(granted) => keep(app, &service.id, &tokens, &granted).await,
        Err(GrantError::Refused) => {
            let give_up = app.now() + DISBELIEF;
            while app.now() < give_up {
                let (service, stored) = read(app, &service.id).await?;
                if stored.refresh_token != tokens.refresh_token {
                    // Another instance renewed, or the admin signed in again.
                    return Ok((service, stored));
                }
                app.ports.clock.sleep(lease::LOOK_AGAIN).await;
            }
            services::needs_sign_in(app, &service.id).await?;
            Err(Code::ServiceNeedsSignIn.into())
        }
        Err(GrantError::App(fault)) => {
            services::cannot_renew(app, &service.id, fault.into()).await?;
            Err(GrantError::App(fault).into())
        }
        Err(error) => {
            // The old tokens stay: if Zoom did not rotate, the next renewal succeeds; if it did, it is refused.
            platform::log!("tokens.not_renewed", service = service.id, error = error);
            Err(error.into())
        }
    }
}

/// Writes renewed tokens before anybody uses them, unless the service went or was signed in to anew meanwhile.
async fn keep(app: &App, id: &ServiceId, old: &Tokens, granted: &Grant) -> Result<(Service, Tokens), Error> {
    let mut service = services::renewable(app, id).await?;
    let stored = vault::load(app, id).await?.ok_or(Code::ServiceNeedsSignIn)?;
    if stored.signed_in_at != old.signed_in_at {
        return Ok((service, stored));
    }
    let tokens = Tokens::new(granted, old.signed_in_at, app.now());
    vault::save(app, id, &tokens).await?;
    platform::log!("tokens.renewed", service = id);
    if take_over(&mut service, granted) {
        services::save(app, &service).await?;
    }
    Ok((service, tokens))
}

/// Takes into the service what the renewal says of it. `true` when something changed.
fn take_over(service: &mut Service, granted: &Grant) -> bool {
    let before = (service.api_base.clone(), service.scopes.clone(), service.problem.clone(), service.state);
    if service.state == ServiceState::NeedsSignIn {
        // Another instance believed a refusal that this renewal disproves.
        service.state = ServiceState::Active;
        service.problem = None;
    }
    if let Some(api_base) = &granted.api_base {
        service.api_base.clone_from(api_base);
    }
    if service.problem.as_ref().is_some_and(|problem| problem.code == Code::ServiceLacksPermission) {
        // Zoom let us in. Who meets a missing right again says so again.
        service.problem = None;
    }
    if let Some(scopes) = &granted.scopes {
        service.scopes.clone_from(scopes);
    }
    if let Some(problem) = lacks(&service.scopes) {
        service.problem = Some(problem);
    }
    before != (service.api_base.clone(), service.scopes.clone(), service.problem.clone(), service.state)
}
