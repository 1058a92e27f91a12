//! Authorization codes, grants and tokens.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::zoom::api_error::ZoomApiError;
use crate::zoom::state::ids::Ids;

/// How long an authorization code is valid.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(5);
/// How long an unused refresh token is valid.
const REFRESH_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long a token of [`Authorizations::access_token`] is valid at least.
const MINIMUM_VALIDITY: SignedDuration = SignedDuration::from_mins(1);

/// Which user signs in next, and that user's decision.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// E-mail address of the user.
    pub user: String,
    /// The user's decision.
    #[serde(default)]
    pub decision: Decision,
    /// The scopes to grant; by default those of the options. With explicit scopes even a user without the admin role
    /// can sign in, as if the app had requested fewer scopes.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
}

/// The decision of a user about the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// Authorizes the app.
    #[default]
    Allow,
    /// Declines.
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

/// An error of the token endpoint: `reason` is for people, `error` is the OAuth code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TokenError {
    pub(crate) reason: &'static str,
    pub(crate) error: &'static str,
}

impl TokenError {
    const fn grant(reason: &'static str) -> Self {
        Self { reason, error: "invalid_grant" }
    }
}

/// An authorization code.
#[derive(Debug)]
pub(crate) struct AuthorizationCode {
    pub(crate) code: String,
    pub(crate) user_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) redirect_uri: String,
    /// S256 of the verifier.
    pub(crate) challenge: String,
    pub(crate) created: Timestamp,
}

/// The grant of one user to the app.
#[derive(Debug, Serialize)]
pub(crate) struct Grant {
    user_id: String,
    scopes: Vec<String>,
    created: Timestamp,
    /// Number of refreshes.
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

/// The tokens of a token response.
pub(crate) struct IssuedTokens {
    pub(crate) access: String,
    /// How long the access token works.
    pub(crate) access_token_lifetime: SignedDuration,
    pub(crate) refresh: String,
    pub(crate) scopes: Vec<String>,
}

/// Every authorization there is.
#[derive(Debug, Serialize)]
pub(crate) struct Authorizations {
    pub(crate) sign_in: SignIn,
    #[serde(skip)]
    codes: Vec<AuthorizationCode>,
    grants: Vec<Grant>,
    #[serde(skip)]
    access_token_lifetime: SignedDuration,
    /// Every authorization code and token issued so far, used or not.
    #[serde(skip)]
    issued: Vec<String>,
}

impl Authorizations {
    pub(crate) fn new(user: &str, access_token_lifetime: SignedDuration) -> Self {
        let sign_in = SignIn { user: user.to_owned(), decision: Decision::Allow, scopes: None };
        Self { sign_in, codes: Vec::new(), grants: Vec::new(), access_token_lifetime, issued: Vec::new() }
    }

    pub(crate) fn add_code(&mut self, code: AuthorizationCode) {
        self.issued.push(code.code.clone());
        self.codes.push(code);
    }

    /// Returns every authorization code, access token and refresh token issued so far.
    pub(crate) fn issued(&self) -> &[String] {
        &self.issued
    }

    /// Exchanges an authorization code for tokens. A new authorization revokes the user's earlier grant.
    pub(crate) fn exchange_code(
        &mut self,
        code: &str,
        redirect_uri: &str,
        challenge: &str,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Result<IssuedTokens, TokenError> {
        let place = self.codes.iter().position(|known| known.code == code);
        let code = place.map(|place| self.codes.remove(place));
        let code = code.ok_or(TokenError::grant("Invalid authorization code. (4,734)"))?;
        if now.duration_since(code.created) > CODE_LIFETIME {
            return Err(TokenError::grant("The authorization code has expired. (4,733)"));
        }
        if code.redirect_uri != redirect_uri {
            return Err(TokenError { reason: "Redirect URI mismatch. (4,709)", error: "invalid_request" });
        }
        if code.challenge != challenge {
            return Err(TokenError::grant("Invalid code_verifier."));
        }
        Ok(self.grant(code.user_id, code.scopes, ids, now))
    }

    /// Adds a grant, which revokes the user's earlier one.
    fn grant(&mut self, user_id: String, scopes: Vec<String>, ids: &mut Ids, now: Timestamp) -> IssuedTokens {
        self.grants.iter_mut().filter(|grant| grant.user_id == user_id).for_each(|grant| grant.revoked = true);
        let mut grant = Grant {
            user_id,
            scopes,
            created: now,
            refreshes: 0,
            revoked: false,
            access: Vec::new(),
            refresh: String::new(),
            refresh_expires: now,
        };
        let tokens = grant.issue(ids, self.access_token_lifetime, now);
        self.grants.push(grant);
        self.note(&tokens);
        tokens
    }

    /// Returns an access token of a user that is valid for a while, and when it expires. Adds a grant or refreshes it if
    /// necessary.
    pub(crate) fn access_token(
        &mut self,
        user_id: &str,
        scopes: &[String],
        ids: &mut Ids,
        now: Timestamp,
    ) -> (String, Timestamp) {
        let of_user = |grant: &&mut Grant| grant.user_id == user_id && !grant.revoked;
        if let Some(grant) = self.grants.iter_mut().find(of_user) {
            let is_valid = |access: &&AccessToken| access.expires.duration_since(now) >= MINIMUM_VALIDITY;
            if let Some(access) = grant.access.last().filter(is_valid) {
                return (access.token.clone(), access.expires);
            }
            let tokens = grant.issue(ids, self.access_token_lifetime, now);
            self.note(&tokens);
            return (tokens.access, expiry(self.access_token_lifetime, now));
        }
        let tokens = self.grant(user_id.to_owned(), scopes.to_vec(), ids, now);
        (tokens.access, expiry(self.access_token_lifetime, now))
    }

    /// Expires the access token with this SHA-256, in hex.
    pub(crate) fn expire_access_token(&mut self, hash: &str, now: Timestamp) {
        let tokens = self.grants.iter_mut().flat_map(|grant| &mut grant.access);
        for access in tokens.filter(|access| hex(&Sha256::digest(&access.token)) == hash) {
            access.expires = access.expires.min(now);
        }
    }

    /// Exchanges a refresh token for new tokens and invalidates it.
    pub(crate) fn refresh(&mut self, token: &str, ids: &mut Ids, now: Timestamp) -> Result<IssuedTokens, TokenError> {
        let grant = self
            .grants
            .iter_mut()
            .find(|grant| grant.refresh == token && !grant.revoked && now < grant.refresh_expires);
        let grant = grant.ok_or(TokenError::grant("Invalid Token!"))?;
        grant.refreshes += 1;
        let tokens = grant.issue(ids, self.access_token_lifetime, now);
        self.note(&tokens);
        Ok(tokens)
    }

    fn note(&mut self, tokens: &IssuedTokens) {
        self.issued.extend([tokens.access.clone(), tokens.refresh.clone()]);
    }

    /// Revokes the grant of an access token. Returns whether there was one.
    pub(crate) fn revoke(&mut self, token: &str) -> bool {
        let holds = |grant: &&mut Grant| grant.access.iter().any(|access| access.token == token);
        let grant = self.grants.iter_mut().find(holds);
        grant.map(|grant| grant.revoked = true).is_some()
    }

    /// Revokes the grants of these users.
    pub(crate) fn revoke_users(&mut self, users: &[String]) {
        let theirs = |grant: &&mut Grant| users.contains(&grant.user_id);
        self.grants.iter_mut().filter(theirs).for_each(|grant| grant.revoked = true);
    }

    /// Changes the scopes of a user's grants.
    pub(crate) fn change_scopes(&mut self, user_id: &str, scopes: &[String]) {
        let theirs = |grant: &&mut Grant| grant.user_id == user_id;
        self.grants.iter_mut().filter(theirs).for_each(|grant| grant.scopes = scopes.to_vec());
    }

    /// Expires every access token.
    pub(crate) fn expire_access(&mut self, now: Timestamp) {
        let tokens = self.grants.iter_mut().flat_map(|grant| &mut grant.access);
        tokens.for_each(|access| access.expires = access.expires.min(now));
    }

    /// Returns the user and the scopes of an access token.
    pub(crate) fn bearer(&self, token: &str, now: Timestamp) -> Result<(String, Vec<String>), ZoomApiError> {
        let held = self.grants.iter().filter(|grant| !grant.revoked).find_map(|grant| {
            let access = grant.access.iter().find(|access| access.token == token)?;
            Some((grant, access))
        });
        match held {
            None => Err(ZoomApiError::unauthorized("Invalid access token.")),
            Some((_, access)) if now >= access.expires => Err(ZoomApiError::unauthorized("Access token is expired.")),
            Some((grant, _)) => Ok((grant.user_id.clone(), grant.scopes.clone())),
        }
    }
}

impl Grant {
    fn issue(&mut self, ids: &mut Ids, access_token_lifetime: SignedDuration, now: Timestamp) -> IssuedTokens {
        let expires = expiry(access_token_lifetime, now);
        self.access.push(AccessToken { token: ids.secret(), expires });
        self.refresh = ids.secret();
        self.refresh_expires = now.saturating_add(REFRESH_TOKEN_LIFETIME).unwrap_or(Timestamp::MAX);
        IssuedTokens {
            access: self.access.last().map(|access| access.token.clone()).unwrap_or_default(),
            access_token_lifetime,
            refresh: self.refresh.clone(),
            scopes: self.scopes.clone(),
        }
    }
}

fn expiry(lifetime: SignedDuration, now: Timestamp) -> Timestamp {
    now.saturating_add(lifetime).unwrap_or(Timestamp::MAX)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
