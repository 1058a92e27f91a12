//! One call of the API: who makes it, what it asks, and what it may do.

use std::collections::HashMap;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::error::ApiError;
use super::paging::Page;
use crate::zoom::events::Event;
use crate::zoom::limits::{Label, PerRegistrant};
use crate::zoom::model::{State, User, Webinar};

/// What an operation answers with.
pub(crate) type Answer = Result<(u16, Value), ApiError>;

/// One authenticated call.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) now: Timestamp,
    /// The stand-in's own URL, for links.
    pub(crate) url: &'a str,
    /// Whose token it is.
    pub(crate) caller: User,
    /// Whether the token has the operation's scope in admin form, which reaches the whole account.
    pub(crate) account_wide: bool,
    pub(crate) path: &'a str,
    /// Path after `/v2/`, split before decoding.
    pub(crate) segments: Vec<&'a str>,
    pub(crate) query: HashMap<String, String>,
    pub(crate) body: &'a [u8],
    /// What Zoom tells subscribers once the call is done.
    pub(crate) events: Vec<Event>,
}

impl Call<'_> {
    /// A path segment, decoded once.
    pub(crate) fn segment(&self, place: usize) -> String {
        let raw = self.segments.get(place).copied().unwrap_or_default();
        percent_decode_str(raw).decode_utf8_lossy().into_owned()
    }

    /// The user whom the path names. A token without admin scope reaches its owner only.
    pub(crate) fn user(&self) -> Result<User, ApiError> {
        let named = self.segment(1);
        if named == "me" {
            return Ok(self.caller.clone());
        }
        let user = self
            .state
            .user(&named)
            .filter(|user| user.account_id == self.caller.account_id)
            .ok_or_else(|| ApiError::no_user(&named))?;
        self.may_reach(&user.id)?;
        Ok(user.clone())
    }

    /// The webinar that the path names by its numeric id, if its id still works.
    pub(crate) fn webinar(&self) -> Result<&Webinar, ApiError> {
        let named = self.segment(1);
        let id: u64 = named.parse().map_err(|_| ApiError::bad_request(300, "Invalid webinar ID."))?;
        let webinar = self
            .state
            .webinars
            .get(&id)
            .filter(|webinar| !webinar.deleted && !webinar.expired(self.now))
            .filter(|webinar| self.state.account_of(webinar) == self.caller.account_id)
            .ok_or_else(|| ApiError::no_webinar(id))?;
        self.may_reach(&webinar.host_id)?;
        self.licensed(webinar)?;
        Ok(webinar)
    }

    /// The same, of a webinar that people register for.
    pub(crate) fn webinar_with_registration(&self) -> Result<&Webinar, ApiError> {
        let webinar = self.webinar()?;
        if webinar.approval_type == 2 { Err(ApiError::registration_off(webinar.id)) } else { Ok(webinar) }
    }

    pub(crate) fn may_reach(&self, user_id: &str) -> Result<(), ApiError> {
        if self.account_wide || self.caller.id == user_id { Ok(()) } else { Err(ApiError::no_permission()) }
    }

    fn licensed(&self, webinar: &Webinar) -> Result<(), ApiError> {
        match self.state.user(&webinar.host_id) {
            Some(host) if host.licensed => Ok(()),
            _ => Err(ApiError::no_webinar_plan()),
        }
    }

    /// The body, which must be a JSON object.
    pub(crate) fn json(&self) -> Result<Value, ApiError> {
        serde_json::from_slice(self.body)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| ApiError::bad_request(300, "Request Body should be a valid JSON object."))
    }

    /// Counts a call about a registrant against Zoom's limit per registrant and day.
    pub(crate) fn count_for(&mut self, limit: PerRegistrant, email: &str) -> Result<(), ApiError> {
        self.state.limits.about_registrant(limit, email, self.now)
    }

    /// The page that was asked for, of a list of so many items.
    pub(crate) fn page(&mut self, total: usize) -> Result<Page, ApiError> {
        let mut parameters: Vec<String> = self
            .query
            .iter()
            .filter(|(name, _)| *name != "next_page_token")
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        parameters.sort();
        let request = format!("{}?{}", self.path, parameters.join("&"));
        self.state.pages.cut(total, request, &self.query, &mut self.state.ids, self.now)
    }
}

/// An operation of the API.
pub(crate) struct Operation {
    /// How heavy Zoom finds it.
    pub(crate) label: Label,
    /// The granular scope it needs, without `:admin`.
    pub(crate) scope: &'static str,
    /// Whether the scope exists in admin form only.
    pub(crate) admin_only: bool,
    /// What it does.
    pub(crate) run: fn(&mut Call<'_>) -> Answer,
}
