//! Who signed in: the user and the account of a grant.

use crate::state::AppState;
use crate::zoom_oauth::response::Grant;
use domain::time::Timestamp;
use domain::{AccountId, Email, Sensitive, UserId};
use platform::internal_api::ZoomToken;
use platform::url_origin::UrlOrigin;
use zoom_client::{ZoomClient, ZoomError};

/// The user of a grant.
pub(crate) struct Identity {
    /// The account.
    pub(crate) account: AccountId,
    /// The user who signed in.
    pub(crate) user: UserId,
    /// E-mail address of that user.
    pub(crate) email: Email,
    /// The server of the account's API.
    pub(crate) api_base: UrlOrigin,
}

impl Identity {
    /// Asks Zoom which user of which account signed in. Returns `None` if the answer does not say that.
    pub(crate) async fn of(app: &AppState, grant: &Grant) -> Result<Option<Self>, ZoomError> {
        let api_base = match &grant.api_base {
            Some(api_base) => api_base.clone(),
            None => default_api(app).await?,
        };
        read(app, grant.access_token.clone(), grant.expires_at, api_base).await
    }

    /// Asks the default server of Zoom's API which user of which account an access token belongs to.
    pub(crate) async fn of_token(
        app: &AppState,
        token: &Sensitive,
        expires_at: Timestamp,
    ) -> Result<Option<Self>, ZoomError> {
        read(app, token.clone(), expires_at, default_api(app).await?).await
    }
}

async fn default_api(app: &AppState) -> Result<UrlOrigin, domain::Error> {
    Ok(app.config().zoom_api_url().await?.clone())
}

async fn read(
    app: &AppState,
    access_token: Sensitive,
    expires_at: Timestamp,
    api_base: UrlOrigin,
) -> Result<Option<Identity>, ZoomError> {
    let token = ZoomToken { access_token, api_base: api_base.clone(), expires_at };
    let me = ZoomClient::with_token(&app.ports, token).me().await?;
    let (Some(account), Some(user), Some(email)) = (me.account_id, me.id, me.email) else { return Ok(None) };
    Ok(Some(Identity { account, user, email, api_base }))
}
