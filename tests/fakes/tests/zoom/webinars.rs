//! Users and webinars.

use fakes::zoom::{ADMIN, Account, NewUser, NewWebinar, Options, Plan, UserChange};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::app::App;

fn ids(page: &serde_json::Value) -> Vec<u64> {
    page["webinars"].as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect()
}

fn hours_from_now(hours: i64) -> Option<Timestamp> {
    Some(Timestamp::now() + SignedDuration::from_hours(hours))
}

#[tokio::test]
async fn finds_users_of_the_account_by_id_and_email() {
    let app = App::start().await;
    app.zoom.put_account(Account { id: "acc_2".to_owned(), plan: Plan::Pro });
    let stranger = NewUser { account: "acc_2".to_owned(), ..NewUser::named("eve@elsewhere.com") };
    app.zoom.add_user(stranger).unwrap();
    let (_, me) = app.get("/users/me").await;
    for named in [me["id"].as_str().unwrap(), "ALICE@example.com", "alice%40example.com"] {
        let (status, user) = app.get(&format!("/users/{named}")).await;
        assert_eq!((status, &user["id"]), (200, &me["id"]), "{named}");
    }
    for unknown in ["unknown@example.com", "eve@elsewhere.com"] {
        let (status, body) = app.get(&format!("/users/{unknown}")).await;
        assert_eq!((status, &body["code"]), (404, &json!(1001)));
    }
    let (_, all) = app.get("/users?page_size=300").await;
    assert_eq!(all["total_records"], 1);
}

#[tokio::test]
async fn list_has_less_detail_and_is_paged() {
    let app = App::start().await;
    let agenda = "a".repeat(300);
    let new = |hours| NewWebinar { agenda: agenda.clone(), start_time: hours_from_now(hours), ..NewWebinar::default() };
    let (later, sooner) = (app.webinar(new(48)), app.webinar(new(2)));
    let (status, first) = app.get("/users/me/webinars?type=upcoming&page_size=1").await;
    assert_eq!(status, 200);
    assert_eq!((ids(&first), &first["total_records"]), (vec![sooner], &json!(2)));
    assert_eq!(first["webinars"][0]["agenda"].as_str().unwrap().len(), 250);
    assert_eq!(first["webinars"][0].get("host_email"), None);

    let token = first["next_page_token"].as_str().unwrap();
    let next = format!("/users/me/webinars?type=upcoming&page_size=1&next_page_token={token}");
    let (_, second) = app.get(&next).await;
    assert_eq!((ids(&second), &second["next_page_token"]), (vec![later], &json!("")));

    let other_size = next.replace("page_size=1", "page_size=2");
    assert_eq!(app.get(&other_size).await.0, 400, "a token works for the same request only");
    app.zoom.clock().advance(SignedDuration::from_mins(16));
    let (status, body) = app.get(&next).await;
    assert_eq!((status, &body["code"]), (400, &json!(300)));
}

#[tokio::test]
async fn scheduled_lists_valid_ids_and_upcoming_lists_future_webinars() {
    let app = App::start().await;
    let new = |hours| NewWebinar { start_time: hours_from_now(hours), ..NewWebinar::default() };
    let expired = app.webinar(new(-24 * 40));
    let (past, live, coming) = (app.webinar(new(-5)), app.webinar(new(0)), app.webinar(new(5)));
    let (_, scheduled) = app.get("/users/me/webinars").await;
    assert_eq!(ids(&scheduled), [past, live, coming]);
    let (_, upcoming) = app.get("/users/me/webinars?type=upcoming").await;
    assert_eq!(ids(&upcoming), [live, coming]);
    assert_eq!(app.get(&format!("/webinars/{expired}")).await.0, 404);
}

#[tokio::test]
async fn single_webinar_has_full_detail() {
    let app = App::start().await;
    let with = app.webinar(NewWebinar { agenda: "a".repeat(300), ..NewWebinar::default() });
    let without = app.webinar(NewWebinar { approval_type: 2, kind: 9, ..NewWebinar::default() });
    let (_, webinar) = app.get(&format!("/webinars/{with}")).await;
    assert_eq!(webinar["host_email"], ADMIN);
    assert_eq!(webinar["agenda"].as_str().unwrap().len(), 300);
    assert_eq!(webinar["settings"]["approval_type"], 0);
    assert!(webinar["registration_url"].is_string());
    let (_, webinar) = app.get(&format!("/webinars/{without}")).await;
    assert_eq!(webinar.get("registration_url"), None);
    assert_eq!(webinar["occurrences"].as_array().unwrap().len(), 1);
    let (status, body) = app.get("/webinars/80000000001").await;
    assert_eq!((status, &body["code"]), (404, &json!(3001)));
    assert_eq!(app.get("/webinars/abc").await.0, 400);
    assert_eq!(app.get("/nowhere").await.0, 404);
}

#[tokio::test]
async fn unlicensed_host_has_no_webinars() {
    let app = App::start().await;
    app.zoom.change_user(ADMIN, UserChange { admin: None, licensed: Some(false) }).unwrap();
    let (status, body) = app.get("/users/me/webinars").await;
    assert_eq!((status, &body["code"]), (400, &json!(200)));
    assert!(body["message"].as_str().unwrap().contains("plan is missing"));
}

#[tokio::test]
async fn removed_user_and_their_webinars_are_not_found() {
    let app = App::start().await;
    let bob = app.zoom.add_user(NewUser::named("bob@example.com")).unwrap();
    let webinar = NewWebinar { host: bob.email.clone(), ..NewWebinar::default() };
    let webinar = app.zoom.add_webinar(webinar).unwrap().id;
    assert_eq!(app.get(&format!("/webinars/{webinar}")).await.0, 200);
    app.zoom.remove_user("BOB@example.com").unwrap();
    let (status, body) = app.get("/users/bob@example.com/webinars").await;
    assert_eq!((status, &body["code"]), (404, &json!(1001)));
    let (status, body) = app.get(&format!("/webinars/{webinar}")).await;
    assert_eq!((status, &body["code"]), (404, &json!(3001)));
    assert!(app.zoom.remove_user("bob@example.com").is_err());
}

#[tokio::test]
async fn free_account_lists_twice_per_second() {
    let app = App::start_with(Options { plan: Plan::Free, ..Options::default() }).await;
    let list = || app.send(reqwest::Method::GET, "/users/me/webinars", None);
    let (first, second, third) = tokio::join!(list(), list(), list());
    let mut answers = [first, second, third];
    answers.sort_by_key(reqwest::Response::status);
    assert_eq!(answers.each_ref().map(|answer| answer.status().as_u16()), [200, 200, 429]);
    assert_eq!(answers[0].headers()["x-ratelimit-category"], "Medium");
    let refused = &answers[2];
    assert_eq!(refused.headers()["x-ratelimit-type"], "QPS");
    assert_eq!(refused.headers()["x-ratelimit-remaining"], "0");
    assert!(refused.headers().get("retry-after").is_none());
}
