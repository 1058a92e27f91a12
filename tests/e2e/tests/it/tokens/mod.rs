//! Tokens that never get lost: two hosts, lost answers, many askers, other keys, other regions, and no secret anywhere
//! that it does not belong.

mod keys;
mod lost_answer;
mod region;
mod secrets;
mod ten_thousand;
mod two_hosts;

use crate::harness::Scene;
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::stage::{Admin, Answer};
use fakes::support::Entry;
use fakes::zoom::Zoom;
use serde_json::{Value, json};

/// Zoom's token endpoint.
const TOKEN_PATH: &str = "/oauth/token";

/// The renewals that Zoom was asked for, oldest first, however it answered.
fn renewals(zoom: &Zoom) -> Vec<Entry> {
    let asked = zoom.log().matching("POST", TOKEN_PATH);
    asked.into_iter().filter(|entry| entry.body["grant_type"] == "refresh_token").collect()
}

/// How many renewals Zoom granted and the caller learned of.
fn granted(zoom: &Zoom) -> usize {
    renewals(zoom).iter().filter(|entry| entry.status == Some(200)).count()
}

/// A call that asks Zoom each time: the program's webinar is read anew. What lasts until somebody does something is
/// told by the answer's `problem`.
async fn read_from_zoom(admin: &Admin, program: i64) -> Answer {
    admin.post(&format!("/catalog/programs/{program}/refresh"), &json!({})).await.unwrap()
}

/// Fails unless Zoom was read.
fn assert_read(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 200, "{what}: {answer:?}");
    assert!(answer.body.get("problem").is_some_and(Value::is_null), "{what}: {answer:?}");
}

/// Fails unless the scene's program can be read from Zoom.
async fn assert_zoom_can_be_read(scene: &Scene) {
    assert_read(&read_from_zoom(&scene.admin, WEBINAR_PROGRAM).await, "the scene's program");
}

/// Fails unless a service cannot be used before somebody signs in, and says so wherever it is used. Returns the
/// sentence that its webinars' list shows.
async fn assert_needs_sign_in(admin: &Admin, program: i64, service: &str) -> String {
    let answer = read_from_zoom(admin, program).await;
    assert_eq!(answer.body["problem"]["code"], "SERVICE_NEEDS_SIGN_IN", "{answer:?}");
    let answer = admin.get(&format!("/catalog/webinars?service={service}")).await.unwrap();
    assert_eq!((answer.status, answer.code()), (409, "SERVICE_NEEDS_SIGN_IN"), "{answer:?}");
    answer.body["detail"].as_str().unwrap().to_owned()
}

/// How the console shows a service.
async fn service(admin: &Admin, id: &str) -> Value {
    let services = admin.get("/oauth/services").await.unwrap().ok().unwrap();
    let listed = services["services"].as_array().unwrap();
    listed.iter().find(|service| service["id"] == id).unwrap_or_else(|| panic!("no {id} in {services}")).clone()
}

/// Fails unless a service can be used and nothing is wrong with it.
async fn assert_active(admin: &Admin, id: &str) {
    let service = service(admin, id).await;
    assert_eq!((&service["state"], &service["problem"]), (&json!("active"), &Value::Null));
}
