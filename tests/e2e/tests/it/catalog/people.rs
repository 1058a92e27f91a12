//! What the tests of this folder share: more users in Zoom, more programs in Marketo, and what each sees.

use crate::harness::{App, Scene};
use fakes::marketo::world::{NewProgram, WEBINAR_CHANNEL};
use fakes::stage::{Admin, Answer, MARKETO_API_KEY};
use fakes::zoom::{NewUser, NewWebinar};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A colleague of Alice's.
pub const BOB: &str = "bob@example.com";
/// Another.
pub const EVE: &str = "eve@example.com";

/// So many hours from now, in whole seconds, as Zoom keeps time.
pub fn in_hours(hours: i64) -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap() + SignedDuration::from_hours(hours)
}

/// A webinar of somebody's.
pub fn webinar_of(host: &str) -> NewWebinar {
    NewWebinar { host: host.to_owned(), ..NewWebinar::default() }
}

/// Adds users with a webinar licence to Alice's account.
pub fn add_users(app: &App, emails: &[&str]) {
    for email in emails {
        app.stage.zoom.add_user(NewUser::named(email)).unwrap();
    }
}

/// Enables users of a service, and no others.
pub async fn enable(admin: &Admin, service: &str, emails: &[&str]) {
    let path = format!("/oauth/services/{service}/users");
    admin.put(&path, &json!({"users": emails})).await.unwrap().ok().unwrap();
}

/// A service's webinars on offer, as the console gets them.
pub async fn listing(admin: &Admin, service: &str) -> Value {
    admin.get(&format!("/catalog/webinars?service={service}")).await.unwrap().ok().unwrap()
}

/// The ids of a listing's webinars, in order.
pub fn ids(listing: &Value) -> Vec<u64> {
    let webinars = listing["webinars"].as_array().unwrap().iter();
    webinars.map(|webinar| webinar["id"].as_str().unwrap().parse().unwrap()).collect()
}

/// Adds a program in the channel for webinars, connected to nothing.
pub fn add_program(app: &App, name: &str) -> i64 {
    let program = NewProgram {
        id: None,
        name: name.to_owned(),
        kind: "Event with Webinar".to_owned(),
        channel: WEBINAR_CHANNEL.to_owned(),
    };
    app.stage.marketo.arrange(|world| world.add_program(program, Timestamp::now()))
}

/// A program's connection, as the console gets it.
pub async fn connection(admin: &Admin, program: i64) -> Value {
    admin.get(&format!("/catalog/programs/{program}")).await.unwrap().ok().unwrap()
}

/// Has a program's webinar read again.
pub async fn refresh(admin: &Admin, program: i64) -> Value {
    admin.post(&format!("/catalog/programs/{program}/refresh"), &json!({})).await.unwrap().ok().unwrap()
}

/// A program's My Tokens in Marketo.
pub fn my_tokens(app: &App, program: i64) -> BTreeMap<String, String> {
    let tokens = app.stage.marketo.program(program).unwrap().my_tokens;
    tokens.into_iter().map(|(name, token)| (name, token.value)).collect()
}

/// How many My Tokens were written to Marketo, in all programs.
pub fn tokens_written(app: &App) -> usize {
    app.stage.marketo.log().count("POST", "/rest/asset/v1/folder/*/tokens.json")
}

/// Calls the flow step as Marketo does; a body of null is none.
pub async fn flow_step(app: &App, method: Method, path: &str, body: &Value) -> Value {
    let request = Client::new().request(method, format!("{}{path}", app.stage.flow_step_url()));
    let request = request.header("x-api-key", MARKETO_API_KEY);
    let request = if body.is_null() { request } else { request.json(body) };
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

/// The choices that Marketo offers for the flow step's webinar.
pub async fn picklist(app: &App) -> Value {
    flow_step(app, Method::POST, "/getPicklist", &json!({"name": "webinar", "type": "flow"})).await
}

/// The webhook's payload for a lead that is Registered in a program.
pub fn webhook_payload(scene: &Scene, program: i64, lead: i64) -> Value {
    let lead_there = scene.app.stage.marketo.lead(lead).unwrap();
    json!({
        "program_id": program, "lead_id": lead, "email": lead_there.text("email"),
        "first_name": lead_there.text("firstName"), "last_name": lead_there.text("lastName"), "status": "Registered",
    })
}

/// Status and code of a refusal.
pub fn refusal(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.code())
}
