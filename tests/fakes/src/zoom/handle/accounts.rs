//! Accounts, users and their authorizations.

use anyhow::{Context, ensure};
use jiff::Timestamp;

use crate::support::sync::lock;
use crate::zoom::fake::Zoom;
use crate::zoom::state::accounts::{Account, NewUser, User, UserChange};
use crate::zoom::state::authorizations::SignIn;
use crate::zoom::state::rate_limits::RateLimitLabel;

impl Zoom {
    /// Adds an account, or changes the plan of an existing one.
    pub fn put_account(&self, account: Account) {
        lock(&self.state).accounts.insert(account.id.clone(), account);
    }

    /// Adds a user.
    ///
    /// # Errors
    /// Returns an error if the account does not exist or the address is taken.
    pub fn add_user(&self, new: NewUser) -> anyhow::Result<User> {
        let mut state = lock(&self.state);
        ensure!(state.accounts.contains_key(&new.account), "no account {}", new.account);
        ensure!(new.email.contains('@'), "{:?} is not an e-mail address", new.email);
        ensure!(state.user(&new.email).is_none(), "{} is taken", new.email);
        let user = User {
            id: state.ids.short(),
            account_id: new.account,
            email: new.email,
            first_name: new.first_name,
            last_name: new.last_name,
            admin: new.admin,
            licensed: new.licensed,
            timezone: new.timezone,
        };
        state.users.push(user.clone());
        Ok(user)
    }

    /// Changes the admin role or the webinar licence of a user.
    ///
    /// # Errors
    /// Returns an error if there is no such user.
    pub fn change_user(&self, id_or_email: &str, change: UserChange) -> anyhow::Result<User> {
        let mut state = lock(&self.state);
        let id = state.user(id_or_email).map(|user| user.id.clone());
        let user = state.users.iter_mut().find(|user| Some(&user.id) == id.as_ref());
        let user = user.with_context(|| format!("no user {id_or_email}"))?;
        user.admin = change.admin.unwrap_or(user.admin);
        user.licensed = change.licensed.unwrap_or(user.licensed);
        Ok(user.clone())
    }

    /// Removes a user from the account. The user's webinars then have no host.
    ///
    /// # Errors
    /// Returns an error if there is no such user.
    pub fn remove_user(&self, id_or_email: &str) -> anyhow::Result<()> {
        let mut state = lock(&self.state);
        let id = state.user(id_or_email).map(|user| user.id.clone());
        let id = id.with_context(|| format!("no user {id_or_email}"))?;
        state.users.retain(|user| user.id != id);
        Ok(())
    }

    /// Returns a user by id or e-mail address.
    #[must_use]
    pub fn user(&self, id_or_email: &str) -> Option<User> {
        lock(&self.state).user(id_or_email).cloned()
    }

    /// Sets which user signs in next, and what that user decides.
    ///
    /// # Errors
    /// Returns an error if there is no such user.
    pub fn set_sign_in(&self, sign_in: SignIn) -> anyhow::Result<()> {
        let mut state = lock(&self.state);
        ensure!(state.user(&sign_in.user).is_some(), "no user {}", sign_in.user);
        state.authorizations.sign_in = sign_in;
        Ok(())
    }

    /// Changes the scopes that a user has granted, as when the user's role gains or loses a permission. API calls see
    /// the change at once, token responses from the next one on.
    ///
    /// # Errors
    /// Returns an error if there is no such user.
    pub fn change_scopes(&self, id_or_email: &str, scopes: &[String]) -> anyhow::Result<()> {
        let mut state = lock(&self.state);
        let id = state.user(id_or_email).map(|user| user.id.clone());
        let id = id.with_context(|| format!("no user {id_or_email}"))?;
        state.authorizations.change_scopes(&id, scopes);
        Ok(())
    }

    /// Expires every access token, so that the next call gets 401.
    pub fn expire_access_tokens(&self) {
        let now = self.now();
        lock(&self.state).authorizations.expire_access(now);
    }

    /// Returns an access token of a user that is valid for at least a minute, and when it expires. Authorizes the app
    /// first if the user has not, as a sign-in does, with all scopes of the options.
    ///
    /// # Errors
    /// Returns an error if there is no such user.
    pub fn access_token(&self, id_or_email: &str) -> anyhow::Result<(String, Timestamp)> {
        let now = self.now();
        let mut state = lock(&self.state);
        let state = &mut *state;
        let id = state.user(id_or_email).map(|user| user.id.clone());
        let id = id.with_context(|| format!("no user {id_or_email}"))?;
        Ok(state.authorizations.access_token(&id, &self.options.scopes, &mut state.ids, now))
    }

    /// Expires the access token with this SHA-256, in hex.
    pub fn expire_access_token(&self, hash: &str) {
        let now = self.now();
        lock(&self.state).authorizations.expire_access_token(hash, now);
    }

    /// Sets the API URL in token responses, as when the account moves to another region. The fake does not listen
    /// there.
    pub fn set_api_url(&self, url: &str) {
        lock(&self.state).api_url = Some(url.to_owned());
    }

    /// Returns the API URL in token responses.
    #[must_use]
    pub fn api_url(&self) -> String {
        lock(&self.state).api_url.clone().unwrap_or_else(|| self.url())
    }

    /// Revokes all grants of an account's users without notifying the app.
    pub fn revoke_authorizations(&self, account: &str) {
        let mut state = lock(&self.state);
        let users = state.users.iter().filter(|user| user.account_id == account);
        let users: Vec<String> = users.map(|user| user.id.clone()).collect();
        state.authorizations.revoke_users(&users);
    }

    /// Counts the additions of a registrant across webinars, as a report says that Zoom does.
    pub fn count_additions_across_webinars(&self) {
        lock(&self.state).limits.across_webinars = true;
    }

    /// Uses up an account's daily limit of heavy calls: reports, absentees, batches.
    pub fn exhaust_heavy_calls(&self, account: &str) {
        let now = self.now();
        let mut state = lock(&self.state);
        let plan = state.accounts.get(account).map(|account| account.plan).unwrap_or_default();
        state.limits.exhaust_day(account, plan, RateLimitLabel::Heavy, now);
    }
}
