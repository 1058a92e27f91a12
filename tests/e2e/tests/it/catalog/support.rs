//! Shared by the catalog tests: users in Zoom, programs in Marketo, and views of both.

use crate::harness::{App, Fixture};
use fakes::env::{Admin, Answer, MARKETO_API_KEY};
use fakes::marketo::subscription::{NewProgram, WEBINAR_CHANNEL};
use fakes::zoom::{NewUser, NewWebinar};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A user of Alice's account.
pub const BOB: &str = "bob@example.com";
/// Another user of Alice's account.
pub const EVE: &str = "eve@example.com";

/// Returns the time in `hours` hours, in whole seconds, the precision of Zoom's times.
pub fn in_hours(hours: i64) -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap() + SignedDuration::from_hours(hours)
}

/// Returns a webinar of a host.
pub fn webinar_of(host: &str) -> NewWebinar {
    NewWebinar { host: host.to_owned(), ..NewWebinar::default() }
}

/// Adds licensed users to Alice's account.
pub fn add_users(app: &App, emails: &[&str]) {
    for email in emails {
        app.env.zoom.add_user(NewUser::named(email)).unwrap();
    }
}

/// Sets the enabled users of a service.
pub async fn enable(admin: &Admin, service: &str, emails: &[&str]) {
    let path = format!("/oauth/services/{service}/users");
    admin.put(&path, &json!({"users": emails})).await.unwrap().ok().unwrap();
}

/// Returns a service's webinars as the console lists them.
pub async fn listing(admin: &Admin, service: &str) -> Value {
    admin.get(&format!("/catalog/webinars?service={service}")).await.unwrap().ok().unwrap()
}

/// Returns the ids of the listed webinars, in order.
pub fn ids(listing: &Value) -> Vec<u64> {
    let webinars = listing["webinars"].as_array().unwrap().iter();
    webinars.map(|webinar| webinar["id"].as_str().unwrap().parse().unwrap()).collect()
}

/// Adds an unconnected program in the webinar channel.
pub fn add_program(app: &App, name: &str) -> i64 {
    let program = NewProgram {
        id: None,
        name: name.to_owned(),
        kind: "Event with Webinar".to_owned(),
        channel: WEBINAR_CHANNEL.to_owned(),
    };
    app.env.marketo.arrange(|world| world.add_program(program, Timestamp::now()))
}

/// Returns a program's connection as the console shows it.
pub async fn connection(admin: &Admin, program: i64) -> Value {
    admin.get(&format!("/catalog/programs/{program}")).await.unwrap().ok().unwrap()
}

/// Refreshes a program from Zoom.
pub async fn refresh(admin: &Admin, program: i64) -> Value {
    admin.post(&format!("/catalog/programs/{program}/refresh"), &json!({})).await.unwrap().ok().unwrap()
}

/// Returns a program's My Tokens in Marketo.
pub fn my_tokens(app: &App, program: i64) -> BTreeMap<String, String> {
    let tokens = app.env.marketo.program(program).unwrap().my_tokens;
    tokens.into_iter().map(|(name, token)| (name, token.value)).collect()
}

/// Returns the number of My Token writes, over all programs.
pub fn tokens_written(app: &App) -> usize {
    app.env.marketo.log().count("POST", "/rest/asset/v1/folder/*/tokens.json")
}

/// Calls the flow step as Marketo does. A null body sends none.
pub async fn flow_step(app: &App, method: Method, path: &str, body: &Value) -> Value {
    let request = Client::new().request(method, format!("{}{path}", app.env.flow_step_url()));
    let request = request.header("x-api-key", MARKETO_API_KEY);
    let request = if body.is_null() { request } else { request.json(body) };
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

/// Returns the choices for the flow step's webinar.
pub async fn picklist(app: &App) -> Value {
    flow_step(app, Method::POST, "/getPicklist", &json!({"name": "webinar", "type": "flow"})).await
}

/// Returns the webhook's payload for a lead with the status Registered.
pub fn webhook_payload(fixture: &Fixture, program: i64, lead: i64) -> Value {
    let lead_there = fixture.app.env.marketo.lead(lead).unwrap();
    json!({
        "program_id": program, "lead_id": lead, "email": lead_there.text("email"),
        "first_name": lead_there.text("firstName"), "last_name": lead_there.text("lastName"), "status": "Registered",
    })
}

/// Returns the status and code of a problem document.
pub fn refusal(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.code())
}
