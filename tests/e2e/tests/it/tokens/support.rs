//! Shared by the token tests: Zoom's token endpoint, and checks of a service's usability.

use crate::harness::Fixture;
use fakes::env::{Admin, Answer};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::Entry;
use fakes::zoom::Zoom;
use serde_json::{Value, json};

/// Zoom's token endpoint.
pub const TOKEN_PATH: &str = "/oauth/token";

/// Returns the renewal requests that Zoom received, oldest first, with any response.
pub fn renewals(zoom: &Zoom) -> Vec<Entry> {
    let calls = zoom.log().matching("POST", TOKEN_PATH);
    calls.into_iter().filter(|entry| entry.body["grant_type"] == "refresh_token").collect()
}

/// Returns the number of renewals whose response reached the application.
pub fn granted_renewals(zoom: &Zoom) -> usize {
    renewals(zoom).iter().filter(|entry| entry.status == Some(200)).count()
}

/// Refreshes a program, which calls Zoom each time. A lasting problem is in the response's `problem`.
pub async fn read_from_zoom(admin: &Admin, program: i64) -> Answer {
    admin.post(&format!("/catalog/programs/{program}/refresh"), &json!({})).await.unwrap()
}

/// Fails unless Zoom was read.
pub fn assert_read(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 200, "{what}: {answer:?}");
    assert!(answer.body.get("problem").is_some_and(Value::is_null), "{what}: {answer:?}");
}

/// Fails unless the fixture's program can be read from Zoom.
pub async fn assert_zoom_is_readable(fixture: &Fixture) {
    assert_read(&read_from_zoom(&fixture.admin, WEBINAR_PROGRAM).await, "the fixture's program");
}

/// Fails unless a service needs a sign-in and reports it wherever it is used. Returns the detail that its webinar list
/// shows.
pub async fn assert_needs_sign_in(admin: &Admin, program: i64, service: &str) -> String {
    let answer = read_from_zoom(admin, program).await;
    assert_eq!(answer.body["problem"]["code"], "SERVICE_NEEDS_SIGN_IN", "{answer:?}");
    let answer = admin.get(&format!("/catalog/webinars?service={service}")).await.unwrap();
    assert_eq!((answer.status, answer.code()), (409, "SERVICE_NEEDS_SIGN_IN"), "{answer:?}");
    answer.body["detail"].as_str().unwrap().to_owned()
}

/// Returns a service as the console lists it.
pub async fn service(admin: &Admin, id: &str) -> Value {
    let services = admin.get("/oauth/services").await.unwrap().ok().unwrap();
    let listed = services["services"].as_array().unwrap();
    listed.iter().find(|service| service["id"] == id).unwrap_or_else(|| panic!("no {id} in {services}")).clone()
}

/// Fails unless a service is active without a problem.
pub async fn assert_active(admin: &Admin, id: &str) {
    let service = service(admin, id).await;
    assert_eq!((&service["state"], &service["problem"]), (&json!("active"), &Value::Null));
}
