//! Sealed tokens in the store.

use super::Tokens;
use super::seal::Sealer;
use crate::app::App;
use domain::records::{SealedTokens, TokenKey, VERSION};
use domain::time::SignedDuration;
use domain::{Code, Error, Problem, ServiceId};
use platform::patience::Patience;

/// How long a write of tokens is tried again. A renewed refresh token that is not written is lost, and with it the
/// sign-in.
const WRITE_PATIENCE: SignedDuration = SignedDuration::from_secs(3);

/// A service's tokens, if it has any. Tokens that cannot be opened are told apart from absent ones: setting the right
/// `token_key` again brings them back.
pub(crate) async fn load(app: &App, service: &ServiceId) -> Result<Option<Tokens>, Error> {
    let Some(record) = app.store().get(&TokenKey { id: service.clone() }).await? else { return Ok(None) };
    let sealer = Sealer::new(&app.settings().token_keys().await?)?;
    let plain = sealer.open(service, &record.sealed).map_err(|error| {
        platform::log!("tokens.unopenable", service = service, error = error);
        Problem::because(
            Code::ServiceNeedsSignIn,
            "The stored sign-in cannot be opened with the token key that is set.",
        )
    })?;
    let tokens = domain::json::read(&plain).map_err(|_| Error::Ours("opened tokens are of another form".into()))?;
    Ok(Some(tokens))
}

/// Seals and writes a service's tokens, patiently.
pub(crate) async fn save(app: &App, service: &ServiceId, tokens: &Tokens) -> Result<(), Error> {
    let sealer = Sealer::new(&app.settings().token_keys().await?)?;
    let plain = serde_json::to_vec(tokens).map_err(|error| Error::Ours(error.to_string()))?;
    let record = SealedTokens { v: VERSION, sealed: sealer.seal(&*app.ports.random, service, &plain)? };
    let key = TokenKey { id: service.clone() };
    let mut patience = Patience::until(app.now() + WRITE_PATIENCE);
    loop {
        match app.store().put(&key, &record).await {
            Ok(()) => return Ok(()),
            Err(_) if patience.wait(&app.ports, None).await => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Forgets a service's tokens.
pub(crate) async fn forget(app: &App, service: &ServiceId) -> Result<(), Error> {
    Ok(app.store().delete(&TokenKey { id: service.clone() }).await?)
}
