//! Users of the account.

use crate::call::Idempotency;
use crate::client::ZoomClient;
use crate::error::ZoomError;
use crate::target::target;
use domain::lenient::{FromObject, Object, Unreadable};
use domain::{AccountId, Email, UserId};
use http::Method;

/// A Zoom user.
#[derive(Debug, Clone)]
pub struct User {
    /// The id.
    pub id: Option<UserId>,
    /// The e-mail address.
    pub email: Option<Email>,
    /// The account, which `/users/me` returns.
    pub account_id: Option<AccountId>,
}

impl FromObject for User {
    fn from_object(user: Object<'_>) -> Result<Self, Unreadable> {
        let email = user.text("email").and_then(|email| Email::parse(&email));
        Ok(Self { id: user.text_id("id"), email, account_id: user.text_id("account_id") })
    }
}

impl ZoomClient {
    /// Returns the user who signed in.
    pub async fn me(&self) -> Result<User, ZoomError> {
        self.get(&target(&["users", "me"])).await
    }

    /// Returns whether the sign-in grants access to a user's webinars (R2). An error that is not about permissions, such
    /// as a missing webinar licence of the user, counts as access.
    pub async fn may_read_webinars(&self, user: &Email) -> Result<bool, ZoomError> {
        let target = target(&["users", user.expose(), "webinars"]).query("page_size", "1");
        match self.call_ignoring_answer::<()>(Method::GET, &target, None, Idempotency::Idempotent).await {
            Ok(()) => Ok(true),
            Err(ZoomError::Api(error)) => Ok(error.service_problem().is_none()),
            Err(error) => Err(error),
        }
    }

    /// Returns a user of the account by e-mail address. An unknown one is an error with
    /// [`crate::ZoomApiError::is_not_found`].
    pub async fn user(&self, email: &Email) -> Result<User, ZoomError> {
        self.get(&target(&["users", email.expose()])).await
    }
}
