//! One API call: its caller, its parameters and its permissions.

use std::collections::HashMap;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::zoom::api_error::ZoomApiError;
use crate::zoom::events::event::Event;
use crate::zoom::state::accounts::User;
use crate::zoom::state::paging::Page;
use crate::zoom::state::rate_limits::{RateLimitLabel, RegistrantLimit};
use crate::zoom::state::webinar::Webinar;
use crate::zoom::state::zoom_state::ZoomState;

/// Status and body of a successful operation, or the API error.
pub(crate) type CallResult = Result<(u16, Value), ZoomApiError>;

/// An authenticated call.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut ZoomState,
    pub(crate) now: Timestamp,
    /// Base URL of the fake, for links.
    pub(crate) url: &'a str,
    /// The owner of the token.
    pub(crate) caller: User,
    /// Whether the token has the operation's scope in admin form, which covers the whole account.
    pub(crate) account_wide: bool,
    pub(crate) path: &'a str,
    /// Path after `/v2/`, split before decoding.
    pub(crate) segments: Vec<&'a str>,
    pub(crate) query: HashMap<String, String>,
    pub(crate) body: &'a [u8],
    /// Events to send after the call.
    pub(crate) events: Vec<Event>,
}

impl Call<'_> {
    /// Returns a path segment, decoded once.
    pub(crate) fn segment(&self, place: usize) -> String {
        let raw = self.segments.get(place).copied().unwrap_or_default();
        percent_decode_str(raw).decode_utf8_lossy().into_owned()
    }

    /// Returns the user in the path. A token without the admin scope can access its owner only.
    pub(crate) fn user(&self) -> Result<User, ZoomApiError> {
        let named = self.segment(1);
        if named == "me" {
            return Ok(self.caller.clone());
        }
        let user = self
            .state
            .user(&named)
            .filter(|user| user.account_id == self.caller.account_id)
            .ok_or_else(|| ZoomApiError::no_user(&named))?;
        self.require_access(&user.id)?;
        Ok(user.clone())
    }

    /// Returns the webinar whose numeric id is in the path, unless the id has expired.
    pub(crate) fn webinar(&self) -> Result<&Webinar, ZoomApiError> {
        let named = self.segment(1);
        let id: u64 = named.parse().map_err(|_| ZoomApiError::bad_request(300, "Invalid webinar ID."))?;
        let webinar = self
            .state
            .webinars
            .get(&id)
            .filter(|webinar| !webinar.deleted && !webinar.expired(self.now))
            .filter(|webinar| self.state.account_of(webinar) == self.caller.account_id)
            .ok_or_else(|| ZoomApiError::no_webinar(id))?;
        self.require_access(&webinar.host_id)?;
        self.require_license(webinar)?;
        Ok(webinar)
    }

    /// Returns the webinar in the path if it requires registration.
    pub(crate) fn webinar_with_registration(&self) -> Result<&Webinar, ZoomApiError> {
        let webinar = self.webinar()?;
        if webinar.approval_type == 2 { Err(ZoomApiError::registration_off(webinar.id)) } else { Ok(webinar) }
    }

    pub(crate) fn require_access(&self, user_id: &str) -> Result<(), ZoomApiError> {
        if self.account_wide || self.caller.id == user_id { Ok(()) } else { Err(ZoomApiError::no_permission()) }
    }

    fn require_license(&self, webinar: &Webinar) -> Result<(), ZoomApiError> {
        match self.state.user(&webinar.host_id) {
            Some(host) if host.licensed => Ok(()),
            _ => Err(ZoomApiError::no_webinar_plan()),
        }
    }

    /// Returns the body, which must be a JSON object.
    pub(crate) fn json(&self) -> Result<Value, ZoomApiError> {
        serde_json::from_slice(self.body)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| ZoomApiError::bad_request(300, "Request Body should be a valid JSON object."))
    }

    /// Counts a call about a registrant against the daily limit per registrant.
    pub(crate) fn count_registrant_call(
        &mut self,
        limit: RegistrantLimit,
        webinar: u64,
        email: &str,
    ) -> Result<(), ZoomApiError> {
        self.state.limits.count_registrant_call(limit, webinar, email, self.now)
    }

    /// Returns the requested page of a list of `total` items.
    pub(crate) fn page(&mut self, total: usize) -> Result<Page, ZoomApiError> {
        let mut parameters: Vec<String> = self
            .query
            .iter()
            .filter(|(name, _)| *name != "next_page_token")
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        parameters.sort();
        let request = format!("{}?{}", self.path, parameters.join("&"));
        self.state.pages.page(total, request, &self.query, &mut self.state.ids, self.now)
    }
}

/// An operation of the API.
pub(crate) struct Operation {
    /// Rate limit label.
    pub(crate) label: RateLimitLabel,
    /// Required granular scope, without `:admin`.
    pub(crate) scope: &'static str,
    /// Whether the scope exists in admin form only.
    pub(crate) admin_only: bool,
    /// Executes the operation.
    pub(crate) run: fn(&mut Call<'_>) -> CallResult,
}
