//! Codes and tokens given out.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::zoom::api::error::ApiError;
use crate::zoom::ids::Ids;

/// How long an authorization code works.
const CODE_LIVES: SignedDuration = SignedDuration::from_mins(5);
/// How long a refresh token works unless used.
const REFRESH_LIVES: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Who signs in next, and what they decide.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// E-mail address of the user.
    pub user: String,
    /// What they decide.
    #[serde(default)]
    pub decision: Decision,
    /// The scopes that are granted; those of the options if absent. With it even a user without admin role can sign
    /// in, as if the app had asked for less.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
}

/// What a user decides about the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Lets it in.
    #[default]
    Allow,
    /// Sends it away.
    Refuse,
}

/// Who disabled the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DisabledBy {
    /// Zoom itself (4717).
    Zoom,
    /// The admin of the account (4738).
    Admin,
}

/// What the token endpoint says no with: `reason` for people, `error` as in OAuth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TokenError {
    pub(super) reason: &'static str,
    pub(super) error: &'static str,
}

impl TokenError {
    const fn grant(reason: &'static str) -> Self {
        Self { reason, error: "invalid_grant" }
    }
}

/// An authorization code.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) code: String,
    pub(super) user_id: String,
    pub(super) scopes: Vec<String>,
    pub(super) redirect_uri: String,
    /// S256 of the verifier.
    pub(super) challenge: String,
    pub(super) created: Timestamp,
}

/// What one user has granted the app.
#[derive(Debug, Serialize)]
pub(super) struct Grant {
    user_id: String,
    scopes: Vec<String>,
    created: Timestamp,
    /// How often the tokens were refreshed.
    refreshes: u32,
    revoked: bool,
    #[serde(skip)]
    access: Vec<AccessToken>,
    #[serde(skip)]
    refresh: String,
    refresh_expires: Timestamp,
}

#[derive(Debug)]
struct AccessToken {
    token: String,
    expires: Timestamp,
}

/// Tokens handed out.
pub(super) struct Tokens {
    pub(super) access: String,
    /// How long the access token works.
    pub(super) access_lives: SignedDuration,
    pub(super) refresh: String,
    pub(super) scopes: Vec<String>,
}

/// Every authorization there is.
#[derive(Debug, Serialize)]
pub(crate) struct Authorizations {
    pub(crate) sign_in: SignIn,
    #[serde(skip)]
    codes: Vec<Code>,
    grants: Vec<Grant>,
    #[serde(skip)]
    access_lives: SignedDuration,
    /// Every code and token that ever left, spent or not.
    #[serde(skip)]
    issued: Vec<String>,
}

impl Authorizations {
    pub(crate) fn new(user: &str, access_lives: SignedDuration) -> Self {
        let sign_in = SignIn { user: user.to_owned(), decision: Decision::Allow, scopes: None };
        Self { sign_in, codes: Vec::new(), grants: Vec::new(), access_lives, issued: Vec::new() }
    }

    pub(super) fn remember(&mut self, code: Code) {
        self.issued.push(code.code.clone());
        self.codes.push(code);
    }

    /// Every authorization code, access token and refresh token that was ever issued.
    pub(crate) fn issued(&self) -> &[String] {
        &self.issued
    }

    /// Spends a code. A later authorization of the same user replaces the earlier one.
    pub(super) fn spend(
        &mut self,
        code: &str,
        redirect_uri: &str,
        challenge: &str,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Result<Tokens, TokenError> {
        let place = self.codes.iter().position(|known| known.code == code);
        let code = place.map(|place| self.codes.remove(place));
        let code = code.ok_or(TokenError::grant("Invalid authorization code. (4,734)"))?;
        if now.duration_since(code.created) > CODE_LIVES {
            return Err(TokenError::grant("The authorization code has expired. (4,733)"));
        }
        if code.redirect_uri != redirect_uri {
            return Err(TokenError { reason: "Redirect URI mismatch. (4,709)", error: "invalid_request" });
        }
        if code.challenge != challenge {
            return Err(TokenError::grant("Invalid code_verifier."));
        }
        self.grants.iter_mut().filter(|grant| grant.user_id == code.user_id).for_each(|grant| grant.revoked = true);
        let mut grant = Grant {
            user_id: code.user_id,
            scopes: code.scopes,
            created: now,
            refreshes: 0,
            revoked: false,
            access: Vec::new(),
            refresh: String::new(),
            refresh_expires: now,
        };
        let tokens = grant.issue(ids, self.access_lives, now);
        self.grants.push(grant);
        self.note(&tokens);
        Ok(tokens)
    }

    /// Trades a refresh token, which is then spent.
    pub(super) fn refresh(&mut self, token: &str, ids: &mut Ids, now: Timestamp) -> Result<Tokens, TokenError> {
        let grant = self
            .grants
            .iter_mut()
            .find(|grant| grant.refresh == token && !grant.revoked && now < grant.refresh_expires);
        let grant = grant.ok_or(TokenError::grant("Invalid Token!"))?;
        grant.refreshes += 1;
        let tokens = grant.issue(ids, self.access_lives, now);
        self.note(&tokens);
        Ok(tokens)
    }

    fn note(&mut self, tokens: &Tokens) {
        self.issued.extend([tokens.access.clone(), tokens.refresh.clone()]);
    }

    /// Revokes the grant that an access token belongs to; false if there is none.
    pub(super) fn revoke(&mut self, token: &str) -> bool {
        let holds = |grant: &&mut Grant| grant.access.iter().any(|access| access.token == token);
        let grant = self.grants.iter_mut().find(holds);
        grant.map(|grant| grant.revoked = true).is_some()
    }

    /// Revokes what these users have granted.
    pub(crate) fn revoke_users(&mut self, users: &[String]) {
        let theirs = |grant: &&mut Grant| users.contains(&grant.user_id);
        self.grants.iter_mut().filter(theirs).for_each(|grant| grant.revoked = true);
    }

    /// Changes the scopes of what a user has granted.
    pub(crate) fn change_scopes(&mut self, user_id: &str, scopes: &[String]) {
        let theirs = |grant: &&mut Grant| grant.user_id == user_id;
        self.grants.iter_mut().filter(theirs).for_each(|grant| grant.scopes = scopes.to_vec());
    }

    /// Lets every access token lapse.
    pub(crate) fn expire_access(&mut self, now: Timestamp) {
        let tokens = self.grants.iter_mut().flat_map(|grant| &mut grant.access);
        tokens.for_each(|access| access.expires = access.expires.min(now));
    }

    /// The user and the scopes of an access token.
    pub(crate) fn bearer(&self, token: &str, now: Timestamp) -> Result<(String, Vec<String>), ApiError> {
        let held = self.grants.iter().filter(|grant| !grant.revoked).find_map(|grant| {
            let access = grant.access.iter().find(|access| access.token == token)?;
            Some((grant, access))
        });
        match held {
            None => Err(ApiError::unauthorized("Invalid access token.")),
            Some((_, access)) if now >= access.expires => Err(ApiError::unauthorized("Access token is expired.")),
            Some((grant, _)) => Ok((grant.user_id.clone(), grant.scopes.clone())),
        }
    }
}

impl Grant {
    fn issue(&mut self, ids: &mut Ids, access_lives: SignedDuration, now: Timestamp) -> Tokens {
        let expires = now.saturating_add(access_lives).unwrap_or(Timestamp::MAX);
        self.access.push(AccessToken { token: ids.secret(), expires });
        self.refresh = ids.secret();
        self.refresh_expires = now.saturating_add(REFRESH_LIVES).unwrap_or(Timestamp::MAX);
        Tokens {
            access: self.access.last().map(|access| access.token.clone()).unwrap_or_default(),
            access_lives,
            refresh: self.refresh.clone(),
            scopes: self.scopes.clone(),
        }
    }
}
