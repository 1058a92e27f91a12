//! Outages of upstreams and crashes of the worker: no lead is registered twice, and none is lost.

use super::fixture::{Fixture, email, lead};
use super::peers::{CALLBACKS, MEMBERS, REGISTRANTS, marketo_error};
use domain::time::SignedDuration;
use fakes::support::{DropWhen, Effect, Fault};
use fakes::zoom::{ADMIN, REPORT_SCOPES, SCOPES, UserChange};
use serde_json::{Value, json};

#[tokio::test]
async fn r12_a_lead_whose_answer_was_lost_is_looked_up_and_not_added_again() {
    let fixture = Fixture::new().await;
    fixture.zoom.faults().add(Fault::once("POST", REGISTRANTS, Effect::Drop { drop: DropWhen::After }));
    fixture.submit("t", &[lead(1), lead(2)]).await;
    for id in [1, 2] {
        assert_eq!(fixture.outcome(id).0["registration"], "registered", "lead {id}");
        assert_eq!(fixture.adds(&email(id)), 1, "lead {id}");
    }
}

#[tokio::test]
async fn r12_a_broken_call_that_was_not_executed_is_repeated_once() {
    let fixture = Fixture::new().await;
    fixture.zoom.faults().add(Fault::once("POST", REGISTRANTS, Effect::Drop { drop: DropWhen::Before }));
    fixture.submit("t", &[lead(1)]).await;
    assert_eq!(fixture.outcome(1).0["registration"], "registered");
    assert_eq!(fixture.adds(&email(1)), 2);
    assert!(fixture.zoom.log().count("GET", REGISTRANTS) > 0, "the address is looked up in between");
}

#[tokio::test]
async fn r12_no_fourth_add_call_under_any_fault() {
    let fixture = Fixture::new().await;
    fixture.zoom.faults().add(Fault::once("POST", REGISTRANTS, Effect::Drop { drop: DropWhen::Before }).times(20));
    fixture.accept("t", &[lead(1)]).await;
    fixture.memory.run_background().await;
    for _ in 0..5 {
        fixture.memory.advance(SignedDuration::from_mins(1));
        fixture.tick().await;
    }
    assert_eq!(fixture.adds(&email(1)), 3);
    assert_eq!(fixture.outcome(1).0["errorCode"], "DAILY_LIMIT");
}

#[tokio::test]
async fn retries_after_a_per_second_rate_limit() {
    let fixture = Fixture::new().await;
    fixture.refuse_adds(3, 429, 429, "You have reached the maximum per-second rate limit for this API.");
    fixture.submit("t", &[lead(1)]).await;
    assert_eq!(fixture.outcome(1).0["registration"], "registered");
}

#[tokio::test]
async fn r12_no_add_call_is_spent_while_the_service_lacks_a_permission() {
    let scopes: Vec<_> = SCOPES.iter().chain(&REPORT_SCOPES).map(ToString::to_string).collect();
    let admin = |is_admin| UserChange { admin: Some(is_admin), ..UserChange::default() };
    for lacks_role in [true, false] {
        let fixture = Fixture::new().await;
        // Zoom answers with code 200 to a user without the role, with 4711 to a token without the scope.
        if lacks_role {
            fixture.zoom.change_user(ADMIN, admin(false)).unwrap();
        } else {
            fixture.zoom.access_token(ADMIN).unwrap();
            let fewer: Vec<_> = scopes.iter().filter(|scope| !scope.contains("questions")).cloned().collect();
            fixture.zoom.change_scopes(ADMIN, &fewer).unwrap();
        }
        fixture.submit("t", &[lead(1)]).await;
        assert_eq!(fixture.adds(&email(1)), 0, "lacks the role: {lacks_role}");
        assert!(fixture.called_back().is_empty());
        let refused: Vec<_> = fixture.zoom.log().refused().into_iter().filter_map(|entry| entry.refusal).collect();
        let code = if lacks_role { "\"code\":200," } else { "\"code\":4711," };
        assert!(!refused.is_empty() && refused.iter().all(|refusal| refusal.contains(code)), "{refused:?}");
        fixture.zoom.change_user(ADMIN, admin(true)).unwrap();
        fixture.zoom.change_scopes(ADMIN, &scopes).unwrap();
        assert_eq!(fixture.tick().await, 1);
        assert_eq!(fixture.outcome(1).0["registration"], "registered");
    }
}

#[tokio::test]
async fn r2_a_chunk_waits_for_the_next_sign_in() {
    let fixture = Fixture::new().await;
    fixture.service("needs-sign-in").await;
    fixture.submit("t", &[lead(1)]).await;
    assert!(fixture.called_back().is_empty());
    fixture.service("active").await;
    assert_eq!(fixture.tick().await, 1);
    assert_eq!(fixture.outcome(1).0["registration"], "registered");
}

#[tokio::test]
async fn a_chunk_that_waits_too_long_is_called_back_as_failed() {
    let fixture = Fixture::new().await;
    fixture.service("needs-sign-in").await;
    fixture.submit("t", &[lead(1)]).await;
    fixture.memory.advance(SignedDuration::from_mins(31));
    fixture.tick().await;
    let (activity, _) = fixture.outcome(1);
    assert_eq!(
        (&activity["errorCode"], &activity["registration"]),
        (&json!("SERVICE_NEEDS_SIGN_IN"), &json!("failed"))
    );
    assert_eq!(fixture.status(1), "Registration Error");
}

/// As one of 54,000 leads, for which Zoom takes half an hour.
#[tokio::test]
async fn a_chunk_that_waited_long_for_its_first_run_is_not_given_up_by_it() {
    let fixture = Fixture::new().await;
    fixture.service("needs-sign-in").await;
    fixture.accept("t", &[lead(1)]).await;
    fixture.memory.kill_background();
    fixture.memory.advance(SignedDuration::from_mins(40));
    fixture.tick().await;
    fixture.memory.advance(SignedDuration::from_mins(20));
    fixture.tick().await;
    assert!(fixture.called_back().is_empty(), "20 minutes without progress");
    fixture.memory.advance(SignedDuration::from_mins(11));
    fixture.tick().await;
    assert_eq!(fixture.outcome(1).0["errorCode"], "SERVICE_NEEDS_SIGN_IN");
}

#[tokio::test]
async fn the_tick_resumes_the_chunk_of_a_killed_worker() {
    let fixture = Fixture::new().await;
    // Zoom added lead 1, and the worker was killed before it wrote the ledger.
    fixture.register_on_zoom(&email(1)).await;
    fixture.accept("t", &[lead(1), lead(2)]).await;
    fixture.memory.kill_background();
    assert_eq!(fixture.tick().await, 1);
    assert_eq!((fixture.adds(&email(1)), fixture.adds(&email(2))), (0, 1));
    assert_eq!(fixture.called_back().len(), 1);
    assert_eq!(fixture.marketo.log().count("POST", CALLBACKS), 1);
    assert_eq!(fixture.tick().await, 0);
}

#[tokio::test]
async fn records_that_cannot_be_read_do_not_stop_the_tick_or_the_lists() {
    let fixture = Fixture::new().await;
    fixture.accept("t", &[lead(1)]).await;
    fixture.memory.kill_background();
    let key_value = fixture.memory.ports().key_value;
    // Of a newer build: a head, a head whose further part is unreadable, a failure and a ledger entry.
    let newer = br#"{"v":2}"#.to_vec();
    let head =
        String::from_utf8(fixture.memory.dump().into_iter().find(|(key, _)| key.starts_with("outbox:")).unwrap().1);
    let divided = head.unwrap().replace(r#""more_parts":0"#, r#""more_parts":1"#);
    key_value.set(&format!("outbox:{:032}:1", 1), newer.clone()).await.unwrap();
    key_value.set(&format!("outbox:{:032}", 1), divided.into_bytes()).await.unwrap();
    for key in [format!("outbox:{:032}", 0), "failure:1001:9".to_owned(), format!("registration:9001:~{:064}", 0)] {
        key_value.set(&key, newer.clone()).await.unwrap();
    }
    assert_eq!(fixture.tick().await, 1);
    assert_eq!(fixture.outcome(1).0["registration"], "registered");
    for path in ["/registration/failures", "/registration/programs/1001"] {
        assert_eq!(fixture.send("GET", path, &Value::Null).await.0, 200, "{path}");
    }
    let (_, health) = fixture.send("GET", "/registration/health", &Value::Null).await;
    assert_eq!((&health["unreadable"], &health["outbox"]), (&json!(3), &json!(1)), "{health}");
}

/// The parts that another instance wrote may show later than the head.
#[tokio::test]
async fn a_chunk_whose_part_is_not_visible_yet_is_kept_and_finished_once_it_shows() {
    let fixture = Fixture::new().await;
    fixture.add_leads(60);
    let with_notes = |id| {
        let mut lead = lead(id);
        lead["objectContext"]["notes"] = json!("x".repeat(2000));
        lead
    };
    fixture.accept("t", &(1..=60).map(with_notes).collect::<Vec<_>>()).await;
    fixture.memory.kill_background();
    let chunk = fixture.memory.dump().into_iter().filter(|(key, _)| key.starts_with("outbox:")).collect::<Vec<_>>();
    let (part, value) = chunk.iter().max_by_key(|(key, _)| key.len()).cloned().unwrap();
    assert!(part.ends_with(":2"), "{part}");
    let key_value = fixture.memory.ports().key_value;
    key_value.delete(&part).await.unwrap();
    for _ in 0..90 {
        assert_eq!(fixture.send("GET", "/registration/health", &Value::Null).await.1["outbox"], 1);
        assert_eq!(fixture.tick().await, 0);
        fixture.memory.advance(SignedDuration::from_mins(1));
    }
    assert_eq!(fixture.memory.dump().keys().filter(|key| key.starts_with("outbox:")).count(), chunk.len() - 1);
    key_value.set(&part, value).await.unwrap();
    assert_eq!(fixture.tick().await, 1);
    assert_eq!(fixture.outcome(60).0["registration"], "registered");
    assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("outbox:")));
}

#[tokio::test]
async fn a_chunk_whose_part_never_shows_is_given_up_listed_and_deleted_after_30_days() {
    let fixture = Fixture::new().await;
    fixture.accept("t", &[lead(1)]).await;
    fixture.memory.kill_background();
    let (key, head) = fixture.memory.dump().into_iter().find(|(key, _)| key.starts_with("outbox:")).unwrap();
    let head = String::from_utf8(head).unwrap().replace(r#""more_parts":0"#, r#""more_parts":1"#);
    fixture.memory.ports().key_value.set(&key, head.into_bytes()).await.unwrap();
    fixture.memory.advance(SignedDuration::from_hours(25));
    assert_eq!(fixture.tick().await, 0);
    let (_, listed) = fixture.send("GET", "/registration/failures", &Value::Null).await;
    assert_eq!(listed["failures"][0]["code"], "INTERNAL", "{listed}");
    fixture.memory.advance(SignedDuration::from_hours(30 * 24));
    fixture.tick().await;
    assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("outbox:")));
}

#[tokio::test]
async fn what_an_interrupted_deletion_leaves_of_a_chunk_is_swept_an_hour_later() {
    let fixture = Fixture::new().await;
    let key_value = fixture.memory.ports().key_value;
    let at = fixture.memory.ports().clock.now();
    let part = json!({"v": 1, "at": at, "leads": []}).to_string();
    key_value.set(&format!("outbox:{:032}:1", 1), part.into_bytes()).await.unwrap();
    let marker = br#"{"v":1,"current_lead":null,"crashed_on":[]}"#.to_vec();
    key_value.set(&format!("outbox:{:032}:crash-marker", 1), marker).await.unwrap();
    fixture.tick().await;
    assert_eq!(fixture.memory.dump().keys().filter(|key| key.starts_with("outbox:")).count(), 1, "it may be new");
    fixture.memory.advance(SignedDuration::from_hours(2));
    fixture.tick().await;
    assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("outbox:")));
}

#[tokio::test]
async fn retries_marketos_transient_errors_and_defers_on_lasting_ones() {
    let fixture = Fixture::new().await;
    for code in ["606", "602", "713"] {
        fixture.marketo.faults().add(Fault::once("POST", MEMBERS, marketo_error(code)));
    }
    fixture.submit("t", &[lead(1)]).await;
    assert_eq!(fixture.member(1).text("webinarUrl"), fixture.link(&email(1)));

    fixture.marketo.faults().add(Fault::once("POST", MEMBERS, marketo_error("607")));
    fixture.submit("u", &[lead(2)]).await;
    assert_eq!(fixture.called_back().len(), 1, "MARKETO_QUOTA defers the chunk");
    assert_eq!(fixture.tick().await, 1);
    assert_eq!(fixture.outcome(2).0["registration"], "registered");
    assert_eq!(fixture.adds(&email(2)), 1);
}

#[tokio::test]
async fn a_refused_callback_is_given_up_after_six_attempts_and_listed() {
    let fixture = Fixture::new().await;
    fixture.marketo.faults().add(Fault::always("POST", CALLBACKS, Effect::status(403)));
    fixture.submit("t", &[lead(1)]).await;
    let mut ticks = 0;
    loop {
        fixture.memory.advance(SignedDuration::from_mins(2));
        if fixture.tick().await == 0 {
            break;
        }
        ticks += 1;
    }
    assert!(ticks >= 5, "{ticks}");
    let (status, body) = fixture.send("GET", "/registration/failures", &Value::Null).await;
    assert_eq!(status, 200);
    assert_eq!(body["failures"][0]["code"], "MARKETO_UNAVAILABLE", "{body}");
    assert_eq!(fixture.adds(&email(1)), 1);
}

#[tokio::test]
async fn a_chunk_larger_than_one_value_is_stored_in_parts() {
    let fixture = Fixture::new().await;
    let large_lead = |id: u64| {
        let mut lead = lead(id);
        lead["objectContext"]["notes"] = json!("x".repeat(2000));
        lead
    };
    fixture.add_leads(100);
    let leads: Vec<_> = (1..=100).map(large_lead).collect();
    fixture.accept("t", &leads).await;
    let parts = fixture.memory.dump().into_iter().filter(|(key, _)| key.starts_with("outbox:"));
    let sizes: Vec<_> = parts.map(|(_, value)| value.len()).collect();
    assert!(sizes.len() > 3 && sizes.iter().all(|size| *size <= 64_000), "{sizes:?}");
    fixture.memory.kill_background();
    fixture.tick().await;
    assert_eq!(fixture.outcome(100).0["registration"], "registered");
    assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("outbox:")));
}

#[tokio::test]
async fn a_lead_that_was_given_up_and_registered_later_is_registered_in_marketo() {
    for is_blank in [false, true] {
        let fixture = Fixture::new().await;
        fixture.set_members([1], "Registered");
        fixture.service("needs-sign-in").await;
        let mut lead = lead(1);
        if is_blank {
            lead["programMemberContext"] = Value::Null;
        }
        fixture.submit("t", &[lead]).await;
        // Given up, and Marketo refuses the callback.
        fixture.memory.advance(SignedDuration::from_mins(31));
        fixture.marketo.faults().add(Fault::once("POST", CALLBACKS, Effect::status(403)));
        fixture.tick().await;
        assert_eq!(fixture.status(1), "Registration Error");
        fixture.service("active").await;
        for _ in 0..5 {
            fixture.memory.advance(SignedDuration::from_mins(1));
            fixture.tick().await;
        }
        assert_eq!(fixture.status(1), "Registered", "blank: {is_blank}");
        assert_eq!(fixture.outcome(1).0["registration"], "registered");
        assert_eq!(fixture.adds(&email(1)), 1);
        assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("outbox:") && !key.starts_with("failure:")));
    }
}
