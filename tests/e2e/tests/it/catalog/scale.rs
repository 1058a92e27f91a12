//! 21 users with 300 webinars each: number of calls, concurrency, memory.

use super::support::{add_users, enable, ids, in_hours, listing, picklist, webinar_of};
use crate::harness::{App, wait_for};
use fakes::support::{Effect, Entry, Fault};
use fakes::zoom::{ADMIN, NewWebinar};
use jiff::SignedDuration;
use std::collections::BTreeSet;

const USERS: usize = 21;
const WEBINARS_EACH: usize = 300;

/// Maximum memory of a `catalog` instance, in bytes (64 MiB).
const MEMORY_LIMIT: u64 = 64 << 20;

/// Slow enough to observe concurrent calls.
const SLOW: Effect = Effect::Delay { delay_ms: 1_500 };

const LISTS: &str = "/v2/users/*/webinars";

/// Starts the application with 6,300 webinars. Returns it with the service that offers them.
async fn app_with_6300_webinars() -> (App, String) {
    let app = App::start().await;
    let emails: Vec<String> = (1..USERS).map(|n| format!("user{n:02}@example.com")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    add_users(&app, &emails);
    let (start, description) = (in_hours(1), "All about it. ".repeat(100));
    for (user, host) in emails.iter().copied().chain([ADMIN]).enumerate() {
        for n in 0..WEBINARS_EACH {
            // The users' webinars interleave, so that no list has the final order.
            let minutes = i64::try_from(n * USERS + user).unwrap();
            let webinar = NewWebinar {
                topic: format!("Webinar {n} of {host}: what is new this season, and what comes next"),
                agenda: description.clone(),
                start_time: Some(start + SignedDuration::from_mins(minutes)),
                ..webinar_of(host)
            };
            app.env.zoom.add_webinar(webinar).unwrap();
        }
    }
    let admin = app.admin();
    let service = admin.sign_in("Acme Webinars").await.unwrap();
    enable(&admin, &service, &emails).await;
    (app, service)
}

/// Waits until the instances that served `requests` requests have ended, and checks the peak memory of each.
async fn assert_memory_below_limit(app: &App, requests: u64) {
    let Some(ended) =
        app.wait_for_instances("catalog", |ended| ended.iter().map(|one| one.requests).sum::<u64>() >= requests).await
    else {
        return;
    };
    let peak = ended.iter().map(|ended| ended.peak_memory).max().unwrap();
    println!("peak memory of catalog: {peak} of {MEMORY_LIMIT} bytes");
    // A tiny value means that memory was not measured.
    assert!((100_000..MEMORY_LIMIT).contains(&peak), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_listing_6300_webinars_makes_21_calls_20_of_them_concurrently() {
    let (app, service) = app_with_6300_webinars().await;
    let zoom = &app.env.zoom;
    zoom.log().clear();
    zoom.faults().add(Fault::once("GET", LISTS, SLOW).times(u32::MAX));
    let admin = app.admin();
    let listing = tokio::spawn({
        let (admin, service) = (admin.clone(), service.clone());
        async move { listing(&admin, &service).await }
    });

    // The admin's list is read first. Then all others are in flight together, which sequential calls never are, however
    // slow the machine is.
    let lists = || zoom.log().matching("GET", LISTS);
    let under_way = |entry: &&Entry| entry.status.is_none();
    let first = wait_for("the admin's list", || async { Some(lists()).filter(|lists| !lists.is_empty()) }).await;
    assert_eq!((first.len(), first[0].status), (1, None));
    let all = wait_for("20 concurrent lists", || async {
        Some(lists()).filter(|lists| lists.iter().filter(under_way).count() == USERS - 1)
    })
    .await;
    assert_eq!((all.len(), all[0].status), (USERS, Some(200)));

    let listed = listing.await.unwrap();
    let found = ids(&listed);
    assert_eq!((found.len(), found.iter().collect::<BTreeSet<_>>().len()), (6_300, 6_300));
    let starts: Vec<_> = listed["webinars"].as_array().unwrap().iter().map(|w| w["start_time"].as_str()).collect();
    assert!(starts.is_sorted());
    let calls = lists();
    assert_eq!(calls.len(), USERS);
    assert!(calls.iter().all(|call| call.status == Some(200)), "{calls:#?}");
    let hosts: BTreeSet<_> = calls.iter().map(|call| &call.path).collect();
    assert_eq!(hosts.len(), USERS, "a list was read twice");
    println!("a listing of {} webinars: {} list calls, {} concurrent", found.len(), calls.len(), USERS - 1);
    // No other request reaches Zoom: thousands of details would exhaust the account's daily limit.
    assert_eq!(zoom.log().entries().len(), USERS);
    assert_memory_below_limit(&app, 1).await;
    app.assert_no_trap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn picklist_of_6300_webinars_contains_the_next_999_and_is_cached() {
    let (app, _) = app_with_6300_webinars().await;
    let zoom = &app.env.zoom;
    zoom.log().clear();
    let choices = picklist(&app).await;
    assert_eq!(zoom.log().count("GET", LISTS), USERS);
    let again = picklist(&app).await;
    assert_eq!(zoom.log().entries().len(), USERS, "the second picklist called Zoom again");
    assert_eq!(again, choices);

    let choices = choices["choices"].as_array().unwrap();
    assert_eq!((choices.len(), &choices[0]["submittedValue"]), (1_000, &"program".into()));
    // The webinars that start first, of any host.
    for (place, choice) in choices.iter().enumerate().skip(1) {
        let id = choice["submittedValue"].as_str().unwrap().parse().unwrap();
        let webinar = zoom.webinar(id).unwrap();
        let start = choices[1]["submittedValue"].as_str().unwrap().parse().unwrap();
        let start = zoom.webinar(start).unwrap().start_time.unwrap();
        let expected = start + SignedDuration::from_mins(i64::try_from(place - 1).unwrap());
        assert_eq!(webinar.start_time, Some(expected));
        let text = choice["displayValue"]["en_US"].as_str().unwrap();
        assert!(text.ends_with(&format!(" America/New_York: {}", webinar.topic)), "{text}");
    }
    println!("a picklist of 6300 webinars: {} choices, {USERS} list calls, then a cached one", choices.len());
    assert_memory_below_limit(&app, 2).await;
    app.assert_no_trap();
}
