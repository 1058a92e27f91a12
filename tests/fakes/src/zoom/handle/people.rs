//! Accounts and users.

use anyhow::{Context, ensure};

use crate::support::lock;
use crate::zoom::limits::Label;
use crate::zoom::model::{Account, NewUser, User, UserChange};
use crate::zoom::options::Plan;
use crate::zoom::{SignIn, Zoom};

impl Zoom {
    /// Adds an account, or changes the plan of one.
    pub fn put_account(&self, account: Account) {
        lock(&self.state).accounts.insert(account.id.clone(), account);
    }

    /// Changes an account's plan, and with it its rate limits.
    pub fn set_plan(&self, account: &str, plan: Plan) {
        self.put_account(Account { id: account.to_owned(), plan });
    }

    /// Adds a user.
    ///
    /// # Errors
    /// If the account does not exist or the address is taken.
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

    /// Gives a user the admin role or the webinar licence, or takes it away.
    ///
    /// # Errors
    /// If there is no such user.
    pub fn change_user(&self, id_or_email: &str, change: UserChange) -> anyhow::Result<User> {
        let mut state = lock(&self.state);
        let id = state.user(id_or_email).map(|user| user.id.clone());
        let user = state.users.iter_mut().find(|user| Some(&user.id) == id.as_ref());
        let user = user.with_context(|| format!("no user {id_or_email}"))?;
        user.admin = change.admin.unwrap_or(user.admin);
        user.licensed = change.licensed.unwrap_or(user.licensed);
        Ok(user.clone())
    }

    /// Removes a user from the account, whose webinars then have no host.
    ///
    /// # Errors
    /// If there is no such user.
    pub fn remove_user(&self, id_or_email: &str) -> anyhow::Result<()> {
        let mut state = lock(&self.state);
        let id = state.user(id_or_email).map(|user| user.id.clone());
        let id = id.with_context(|| format!("no user {id_or_email}"))?;
        state.users.retain(|user| user.id != id);
        Ok(())
    }

    /// A user by id or e-mail address.
    #[must_use]
    pub fn user(&self, id_or_email: &str) -> Option<User> {
        lock(&self.state).user(id_or_email).cloned()
    }

    /// Who signs in from now on, and what they decide.
    ///
    /// # Errors
    /// If there is no such user.
    pub fn set_sign_in(&self, sign_in: SignIn) -> anyhow::Result<()> {
        let mut state = lock(&self.state);
        ensure!(state.user(&sign_in.user).is_some(), "no user {}", sign_in.user);
        state.authorizations.sign_in = sign_in;
        Ok(())
    }

    /// Changes the scopes of what a user has granted, as when their role loses or gains a permission: at once for calls,
    /// and in the next answer of the token endpoint.
    ///
    /// # Errors
    /// If there is no such user.
    pub fn change_scopes(&self, id_or_email: &str, scopes: &[String]) -> anyhow::Result<()> {
        let mut state = lock(&self.state);
        let id = state.user(id_or_email).map(|user| user.id.clone());
        let id = id.with_context(|| format!("no user {id_or_email}"))?;
        state.authorizations.change_scopes(&id, scopes);
        Ok(())
    }

    /// Lets every access token lapse, so that the next call gets 401.
    pub fn expire_access_tokens(&self) {
        let now = self.now();
        lock(&self.state).authorizations.expire_access(now);
    }

    /// Where token answers say from now on that the account's API is: the region that it moved to. Nothing of this
    /// stand-in is there.
    pub fn set_api_url(&self, url: &str) {
        lock(&self.state).api_url = Some(url.to_owned());
    }

    /// What token answers say of where the API is.
    #[must_use]
    pub fn api_url(&self) -> String {
        lock(&self.state).api_url.clone().unwrap_or_else(|| self.url())
    }

    /// Revokes everything that an account's users have granted, without a word to the app.
    pub fn revoke_authorizations(&self, account: &str) {
        let mut state = lock(&self.state);
        let users = state.users.iter().filter(|user| user.account_id == account);
        let users: Vec<String> = users.map(|user| user.id.clone()).collect();
        state.authorizations.revoke_users(&users);
    }

    /// Pretends that an account has used up its day's heavy calls: reports, absentees, batches.
    pub fn exhaust_heavy_calls(&self, account: &str) {
        let now = self.now();
        let mut state = lock(&self.state);
        let plan = state.accounts.get(account).map(|account| account.plan).unwrap_or_default();
        state.limits.exhaust_day(account, plan, Label::Heavy, now);
    }
}
