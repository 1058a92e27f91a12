//! Users of the account.

use crate::access::Zoom;
use crate::error::ZoomError;
use crate::path::encode;
use domain::{AccountId, Email, UserId};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A Zoom user.
#[derive(Debug, Clone, Deserialize)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The address.
    pub email: Email,
    /// The account; `/users/me` tells it.
    #[serde(default)]
    pub account_id: Option<AccountId>,
}

impl Zoom {
    /// The user who signed in.
    pub async fn me(&self) -> Result<User, ZoomError> {
        self.get("/users/me").await
    }

    /// Whether the sign-in reaches a user's webinars (R2). A user without a webinar licence is no matter of rights.
    pub async fn may_read_webinars(&self, user: &Email) -> Result<bool, ZoomError> {
        let path = format!("/users/{}/webinars?page_size=1", encode(user.expose()));
        match self.get::<IgnoredAny>(&path).await {
            Ok(_) => Ok(true),
            Err(ZoomError::Refused(refusal)) => Ok(refusal.service_problem().is_none()),
            Err(error) => Err(error),
        }
    }

    /// A user of the account by address; [`crate::Refusal::is_not_found`] where there is none.
    pub async fn user(&self, email: &Email) -> Result<User, ZoomError> {
        self.get(&format!("/users/{}", encode(email.expose()))).await
    }
}
