//! LaunchPoint services: signing in, one per account, enabled users, lost rights, removal, and who may do all that.

mod access;
mod deauthorization;
mod enabled_users;
mod one_per_account;
mod rights;
mod sign_in;

use fakes::stage::{Admin, Stage};
use fakes::zoom::{Account, NewUser, NewWebinar, Plan, SignIn};
use serde_json::Value;
use std::collections::BTreeSet;

/// A second Zoom account.
const OTHER_ACCOUNT: &str = "acc_2";

/// Its admin.
const OTHER_ADMIN: &str = "bob@elsewhere.example";

/// Adds the second account with its admin and a webinar of his, and returns the webinar's id.
fn add_other_account(stage: &Stage) -> u64 {
    stage.zoom.put_account(Account { id: OTHER_ACCOUNT.to_owned(), plan: Plan::default() });
    let account = OTHER_ACCOUNT.to_owned();
    stage.zoom.add_user(NewUser { account, admin: true, ..NewUser::named(OTHER_ADMIN) }).unwrap();
    add_webinar(stage, OTHER_ADMIN, "Elsewhere")
}

/// Adds a webinar of somebody's.
fn add_webinar(stage: &Stage, host: &str, topic: &str) -> u64 {
    let (host, topic) = (host.to_owned(), topic.to_owned());
    stage.zoom.add_webinar(NewWebinar { host, topic, ..NewWebinar::default() }).unwrap().id
}

/// Who sits at the browser when Zoom asks.
fn at_the_browser(stage: &Stage, user: &str) {
    let sign_in = SignIn { user: user.to_owned(), decision: Default::default(), scopes: None };
    stage.zoom.set_sign_in(sign_in).unwrap();
}

/// Every service, as the console lists them.
async fn services(admin: &Admin) -> Vec<Value> {
    let listed = admin.get("/oauth/services").await.unwrap().ok().unwrap();
    listed["services"].as_array().unwrap().clone()
}

/// One service, as the console lists it.
async fn service(admin: &Admin, id: &str) -> Value {
    let services = services(admin).await;
    services.iter().find(|service| service["id"] == id).unwrap_or_else(|| panic!("{id} of {services:?}")).clone()
}

/// The webinars that a service offers.
async fn offered(admin: &Admin, service: &str) -> BTreeSet<u64> {
    let listed = admin.get(&format!("/catalog/webinars?service={service}")).await.unwrap().ok().unwrap();
    let id = |webinar: &Value| webinar["id"].as_str().unwrap().parse().unwrap();
    listed["webinars"].as_array().unwrap().iter().map(id).collect()
}
