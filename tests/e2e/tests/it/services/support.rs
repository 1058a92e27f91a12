//! Shared by the service tests: a second Zoom account, and what the console lists.

use fakes::env::{Admin, TestEnv};
use fakes::zoom::{Account, NewUser, NewWebinar, Plan, SignIn};
use serde_json::Value;
use std::collections::BTreeSet;

/// A second Zoom account.
pub const OTHER_ACCOUNT: &str = "acc_2";

/// The second account's admin.
pub const OTHER_ADMIN: &str = "bob@elsewhere.example";

/// Adds the second account with its admin and a webinar, and returns the webinar's id.
pub fn add_other_account(env: &TestEnv) -> u64 {
    env.zoom.put_account(Account { id: OTHER_ACCOUNT.to_owned(), plan: Plan::default() });
    let account = OTHER_ACCOUNT.to_owned();
    env.zoom.add_user(NewUser { account, admin: true, ..NewUser::named(OTHER_ADMIN) }).unwrap();
    add_webinar(env, OTHER_ADMIN, "Elsewhere")
}

/// Adds a webinar of a host.
pub fn add_webinar(env: &TestEnv, host: &str, topic: &str) -> u64 {
    let (host, topic) = (host.to_owned(), topic.to_owned());
    env.zoom.add_webinar(NewWebinar { host, topic, ..NewWebinar::default() }).unwrap().id
}

/// Sets the user who signs in at Zoom.
pub fn set_sign_in_user(env: &TestEnv, user: &str) {
    let sign_in = SignIn { user: user.to_owned(), decision: Default::default(), scopes: None };
    env.zoom.set_sign_in(sign_in).unwrap();
}

/// Returns all services as the console lists them.
pub async fn services(admin: &Admin) -> Vec<Value> {
    let listed = admin.get("/oauth/services").await.unwrap().ok().unwrap();
    listed["services"].as_array().unwrap().clone()
}

/// Returns one service as the console lists it.
pub async fn service(admin: &Admin, id: &str) -> Value {
    let services = services(admin).await;
    services.iter().find(|service| service["id"] == id).unwrap_or_else(|| panic!("{id} of {services:?}")).clone()
}

/// Returns the webinars that a service offers.
pub async fn offered(admin: &Admin, service: &str) -> BTreeSet<u64> {
    let listed = admin.get(&format!("/catalog/webinars?service={service}")).await.unwrap().ok().unwrap();
    let id = |webinar: &Value| webinar["id"].as_str().unwrap().parse().unwrap();
    listed["webinars"].as_array().unwrap().iter().map(id).collect()
}
