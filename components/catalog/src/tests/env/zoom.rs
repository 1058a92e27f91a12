//! Webinars, users and outages at the fake Zoom.

use super::TestEnv;
use bytes::Bytes;
use domain::time::Timestamp;
use fakes::support::{Effect, Fault};
use fakes::zoom::{Account, NewUser, NewWebinar, WebinarChange};
use http::Request;
use serde_json::Value;

/// The lists of webinars.
const LISTS: &str = "/v2/users/*/webinars";
/// The webinars by id.
const DETAILS: &str = "/v2/webinars/*";

/// Returns an instant.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Returns the account of a person: the domain of the address.
pub(super) fn account_of(email: &str) -> &str {
    email.split_once('@').unwrap().1
}

impl TestEnv {
    /// Adds a user to Zoom, unless the address is taken.
    pub(crate) fn add_user(&self, email: &str, admin: bool) {
        if self.zoom.user(email).is_none() {
            let account = account_of(email).to_owned();
            self.zoom.put_account(Account { id: account.clone(), plan: Default::default() });
            self.zoom.add_user(NewUser { account, admin, ..NewUser::named(email) }).unwrap();
        }
    }

    /// Adds a webinar of Ada with registration, at 15:00 UTC on 2026-11-12, with some fields changed.
    pub(crate) fn add_webinar(&self, id: u64, change: impl FnOnce(&mut NewWebinar)) {
        let mut webinar = NewWebinar {
            id: Some(id),
            host: "ada@x.test".to_owned(),
            topic: format!("Webinar {id}"),
            agenda: "About it.".to_owned(),
            start_time: Some(at("2026-11-12T15:00:00Z")),
            ..NewWebinar::default()
        };
        change(&mut webinar);
        self.zoom.add_webinar(webinar).unwrap();
    }

    /// Returns the first page of a user's list.
    pub(crate) async fn first_page(&self, user: &str) -> Value {
        self.read(user, &format!("/v2/users/{user}/webinars?page_size=300&type=upcoming")).await
    }

    /// Calls Zoom's API as a user.
    async fn read(&self, user: &str, path: &str) -> Value {
        let (token, _) = self.zoom.access_token(user).unwrap();
        let request = Request::get(format!("{}{path}", self.zoom.url()))
            .header("authorization", format!("Bearer {token}"))
            .body(Bytes::new());
        let response = self.ports().http.send(request.unwrap()).await.unwrap();
        serde_json::from_slice(response.body()).unwrap()
    }

    /// Lets Zoom answer the details of a webinar with some fields replaced from now on.
    pub(crate) async fn answer_oddly(&self, id: u64, fields: Value) {
        let path = format!("/v2/webinars/{id}");
        self.zoom.faults().clear();
        let (mut body, Value::Object(fields)) = (self.read("ada@x.test", &path).await, fields) else {
            panic!("fields");
        };
        body.as_object_mut().unwrap().extend(fields);
        let effect = Effect::Status { status: 200, body, headers: Default::default() };
        self.zoom.faults().add(Fault::always("GET", &path, effect));
    }

    /// Changes webinar 9. Returns the body of Zoom's event.
    pub(crate) async fn update_webinar(&self, change: WebinarChange) -> Value {
        self.zoom.update_webinar(9, change).await.unwrap().unwrap().body
    }

    /// Deletes webinar 9. Returns the body of Zoom's event.
    pub(crate) async fn delete_webinar(&self) -> Value {
        self.zoom.delete_webinar(9).await.unwrap().unwrap().body
    }

    /// Lets Zoom answer every API call with a status and a body from now on.
    pub(crate) fn fail_zoom(&self, status: u16, body: Value) {
        let effect = Effect::Status { status, body, headers: Default::default() };
        self.zoom.faults().clear();
        self.zoom.faults().add(Fault::always("*", "/v2/**", effect));
    }

    /// Ends the outage of Zoom.
    pub(crate) fn restore_zoom(&self) {
        self.zoom.faults().clear();
    }

    /// Returns how many pages of lists were requested so far.
    pub(crate) fn lists(&self) -> usize {
        self.zoom.log().count("GET", LISTS)
    }

    /// Returns how many lists were requested at once at most.
    pub(crate) fn max_concurrent_lists(&self) -> usize {
        self.zoom.log().most_at_once("GET", LISTS)
    }

    /// Returns how many webinars were requested by id so far.
    pub(crate) fn details(&self) -> usize {
        self.zoom.log().count("GET", DETAILS)
    }
}
