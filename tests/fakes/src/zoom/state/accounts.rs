//! Accounts and users.

use serde::{Deserialize, Serialize};

use crate::zoom::options::{ACCOUNT, Plan};

/// A Zoom account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Account id.
    pub id: String,
    /// The plan, which sets the rate limits.
    #[serde(default)]
    pub plan: Plan,
}

/// A Zoom user.
#[derive(Clone, Debug, Serialize)]
pub struct User {
    /// Zoom's id of the user.
    pub id: String,
    /// The account the user belongs to.
    pub account_id: String,
    /// E-mail address; Zoom accepts it in place of the id.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Whether the user's role has the permissions that admin scopes need.
    pub admin: bool,
    /// Whether the user has a webinar licence.
    pub licensed: bool,
    /// IANA time zone.
    pub timezone: String,
}

impl User {
    /// First and last name.
    #[must_use]
    pub fn display_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// A user to add.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewUser {
    /// The account.
    pub account: String,
    /// E-mail address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Whether the user is an admin.
    pub admin: bool,
    /// Whether the user has a webinar licence.
    pub licensed: bool,
    /// IANA time zone.
    pub timezone: String,
}

impl Default for NewUser {
    fn default() -> Self {
        Self {
            account: ACCOUNT.to_owned(),
            email: String::new(),
            first_name: "Sam".to_owned(),
            last_name: "Sample".to_owned(),
            admin: false,
            licensed: true,
            timezone: "America/New_York".to_owned(),
        }
    }
}

impl NewUser {
    /// Returns a licensed user without the admin role in the default account.
    #[must_use]
    pub fn named(email: &str) -> Self {
        Self { email: email.to_owned(), ..Self::default() }
    }
}

/// A change of a user. Absent fields keep their value.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserChange {
    /// Whether the user has the admin role.
    pub admin: Option<bool>,
    /// Whether the user has a webinar licence.
    pub licensed: Option<bool>,
}
