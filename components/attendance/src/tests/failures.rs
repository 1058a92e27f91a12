//! Failures of Zoom and Marketo, and interrupted runs.

use super::env::{OTHER_WEBINAR, REPORTS, TestEnv, WEBINAR, problem, summary};
use domain::ErrorCode;
use domain::records::ServiceState;
use fakes::zoom::ACCOUNT;
use serde_json::json;

async fn ready() -> TestEnv {
    let env = TestEnv::new().await;
    env.register(&["r1", "r2", "r3"]).await;
    env.member("r1", "Registered", "r1");
    env.member("r3", "Registered", "r3");
    env.end_webinar(&["r1", "r2"]).await;
    env
}

#[tokio::test]
async fn r2_an_unusable_service_is_reported_and_the_program_stays_due() {
    let env = ready().await;
    env.advance(5);
    for code in ["SERVICE_SUPERSEDED", "SERVICE_NEEDS_SIGN_IN", "SERVICE_LACKS_PERMISSION", "SERVICE_NOT_FOUND"] {
        env.components().token_error = Some(code);
        let view = env.sync().await;
        assert_eq!((view["phase"].as_str(), problem(&view)), (Some("due"), code));
    }
    env.components().token_error = None;
    env.advance(15);
    env.tick().await;
    let view = env.view().await;
    assert_eq!((summary(&view), problem(&view)), (("settling".into(), 2, 1, 1), "none"));
}

#[tokio::test]
async fn r1_a_superseded_service_is_not_used_with_a_cached_token() {
    let env = ready().await;
    assert_eq!(problem(&env.sync().await), "none");
    let calls = env.zoom_calls("");
    env.set_service(ServiceState::Superseded, None).await;
    assert_eq!(problem(&env.sync().await), "SERVICE_SUPERSEDED");
    assert_eq!(env.zoom_calls(""), calls);
    env.set_service(ServiceState::Active, None).await;
    assert_eq!(problem(&env.sync().await), "none");
}

#[tokio::test]
async fn past_participants_replace_a_forbidden_report() {
    let env = ready().await;
    for has_scope in [false, true] {
        if has_scope {
            env.remove_scopes(&[]);
            env.fail_zoom(REPORTS, 400, json!({"code": 200, "message": "No permission."}));
        } else {
            env.remove_scopes(&["report:read:list_webinar_participants:admin"]);
        }
        assert_eq!(summary(&env.sync().await), ("settling".into(), 2, 1, 1));
    }
    let uuid = env.zoom.webinar(WEBINAR).unwrap().sessions[0].uuid.clone();
    assert!(uuid.starts_with('/') && env.zoom_calls(&format!("past_webinars/{uuid}/participants")) > 0);
}

#[tokio::test]
async fn zooms_unavailability_and_daily_limit_are_awaited() {
    let env = ready().await;
    env.fail_zoom("/v2/**", 500, json!({}));
    let view = env.sync().await;
    assert_eq!((view["phase"].as_str(), problem(&view)), (Some("due"), "ZOOM_UNAVAILABLE"));

    env.restore_zoom();
    env.zoom.exhaust_heavy_calls(ACCOUNT);
    let view = env.sync().await;
    assert_eq!((problem(&view), view["next_at"].as_str()), ("DAILY_LIMIT", Some("2026-11-03T00:00:00Z")));
    assert!(env.status_changes().is_empty());
}

#[tokio::test]
async fn marketos_quota_is_awaited_and_its_errors_are_shown() {
    let env = ready().await;
    env.fail_marketo("607");
    let view = env.sync().await;
    assert_eq!((problem(&view), view["next_at"].as_str()), ("MARKETO_QUOTA", Some("2026-11-03T06:00:00Z")));

    env.fail_marketo("603");
    assert_eq!(problem(&env.sync().await), "MARKETO_ACCESS_DENIED");
    env.fail_marketo("611");
    assert_eq!(problem(&env.sync().await), "MARKETO_UNAVAILABLE");
    env.restore_marketo();
    assert_eq!(summary(&env.sync().await), ("settling".into(), 2, 1, 1));
}

#[tokio::test]
async fn a_run_interrupted_between_any_two_writes_is_resumed() {
    for writes in 0..5 {
        let env = ready().await;
        env.fail_writes_after(writes);
        let view = env.sync().await;
        let is_complete = view["phase"] == "settling";
        assert!(is_complete || problem(&view) == "MARKETO_UNAVAILABLE", "{view}");
        env.restore_marketo();
        env.advance(15);
        env.tick().await;
        assert_eq!(summary(&env.view().await), ("settling".into(), 2, 1, 1), "after {writes} writes");
        let changes = env.status_changes().len();
        assert_eq!((changes, env.leads("r2@x.test").len()), (3, 1), "after {writes} writes");
    }
}

#[tokio::test]
async fn a_killed_worker_is_replaced_when_its_lease_expires() {
    let env = ready().await;
    env.advance(5);
    env.set_lease(30).await;
    assert_eq!(env.tick().await["programs"], 0);
    env.advance(1);
    assert_eq!(env.tick().await["programs"], 1);
    assert_eq!(summary(&env.view().await), ("settling".into(), 2, 1, 1));
}

#[tokio::test]
async fn a_sync_waits_for_the_active_worker() {
    let env = ready().await;
    env.set_lease(10).await;
    assert_eq!(summary(&env.sync().await), ("settling".into(), 2, 1, 1));
}

#[tokio::test]
async fn r14_a_never_started_problem_is_cleared_when_a_report_comes() {
    for has_event in [true, false] {
        let env = ready().await;
        env.lose_list(REPORTS);
        env.advance(25 * 60);
        assert_eq!(problem(&env.sync().await), "WEBINAR_NEVER_STARTED");
        env.set_service(ServiceState::Active, Some(ErrorCode::WebinarNeverStarted)).await;
        env.restore_zoom();
        if has_event {
            env.send_ended_event().await;
            env.memory.run_background().await;
        } else {
            env.sync().await;
        }
        assert_eq!(summary(&env.view().await), ("settling".into(), 2, 1, 1));
        let reports = env.requests_to("oauth", "/internal/problem/s1");
        assert_eq!((reports.len(), &reports[1]["problem"]), (2, &json!(null)), "event: {has_event}");
    }
}

#[tokio::test]
async fn r14_the_problem_of_another_program_stays() {
    let env = ready().await;
    env.connect(1002, OTHER_WEBINAR).await;
    env.set_service(ServiceState::Active, Some(ErrorCode::WebinarNeverStarted)).await;
    env.admin("POST", "/attendance/programs/1002/sync").await;
    assert!(env.requests_to("oauth", "/internal/problem/s1").is_empty());
}

#[tokio::test]
async fn r14_a_never_started_problem_is_cleared_after_an_ended_event() {
    let env = TestEnv::new().await;
    env.register(&["r1"]).await;
    env.member("r1", "Registered", "r1");
    env.advance(26 * 60);
    assert_eq!(problem(&env.sync().await), "WEBINAR_NEVER_STARTED");
    env.set_service(ServiceState::Active, Some(ErrorCode::WebinarNeverStarted)).await;
    env.end_webinar(&["r1"]).await;
    env.send_ended_event().await;
    env.memory.run_background().await;
    assert_eq!(summary(&env.view().await), ("settling".into(), 1, 0, 0));
    let reports = env.requests_to("oauth", "/internal/problem/s1");
    assert_eq!(reports.last().unwrap()["problem"], json!(null));
}
