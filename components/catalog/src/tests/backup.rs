//! `GET /console/export`, `POST /console/import`.

use super::env::{PROGRAM, TestEnv, problem};
use axum::routing::post;
use axum::{Router, body::Bytes};
use domain::records::ServiceState;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// Serves oauth's import. Returns what it was asked to import.
fn serve_import(env: &TestEnv) -> Arc<Mutex<Vec<Value>>> {
    let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
    let requests = asked.clone();
    let import = post(async move |body: Bytes| {
        requests.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
        r#"{"imported":1,"kept":0,"unreadable":0}"#
    });
    env.memory.serve("oauth.spin.internal", Router::new().route("/internal/import-services", import));
    asked
}

/// Returns an environment with a connection whose settings differ from the defaults.
async fn connected() -> TestEnv {
    let env = TestEnv::new().await;
    env.add_webinar(9, |_| {});
    assert_eq!(env.connect(9).await.0, 200);
    let settings = json!({"no_show_after_minutes": 45, "automatic": false, "live": true});
    assert_eq!(env.admin("PUT", "/catalog/programs/1001/settings", settings).await.0, 200);
    env
}

#[tokio::test]
async fn a_backup_has_services_and_settings_and_restores_what_is_missing() {
    let env = connected().await;
    env.add_service("gone", "zoe@x.test", &[]).await;
    env.change_service("gone", |service| service.state = ServiceState::Deauthorized).await;
    let (status, backup) = env.get("/console/export").await;
    assert_eq!((status, &backup["v"], &backup["exported_at"]), (200, &json!(1), &json!(env.now())));
    let services: Vec<_> = backup["services"].as_array().unwrap().iter().map(|service| &service["id"]).collect();
    assert_eq!(services, ["s1"]);
    let before = env.get(PROGRAM).await;

    let empty = TestEnv::new().await;
    let asked = serve_import(&empty);
    let (status, report) = empty.admin("POST", "/console/import", backup.clone()).await;
    let one = json!({"imported": 1, "kept": 0, "unreadable": 0, "ended": 0});
    assert_eq!((status, &report), (200, &json!({"services": one, "programs": one, "left": 0})));
    assert_eq!(asked.lock().unwrap()[0]["services"], backup["services"]);
    assert_eq!(empty.get(PROGRAM).await, before);
    assert_eq!(empty.get("/catalog/programs").await.1["programs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn r17_an_import_brings_nothing_back_of_an_account_that_removed_the_app() {
    let env = connected().await;
    let backup = env.get("/console/export").await.1;
    serve_import(&env);
    assert_eq!(env.admin("DELETE", PROGRAM, Value::Null).await.0, 204);
    env.change_service("s1", |service| service.state = ServiceState::Deauthorized).await;
    let (status, report) = env.admin("POST", "/console/import", backup).await;
    let ended = json!({"imported": 0, "kept": 0, "unreadable": 0, "ended": 1});
    assert_eq!((status, &report["programs"]), (200, &ended));
    assert_eq!(env.get(PROGRAM).await.0, 404);
    // Nor does a backup have connections through its services.
    let (_, backup) = env.get("/console/export").await;
    assert_eq!((&backup["services"], &backup["programs"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn an_import_overwrites_nothing_and_skips_what_it_cannot_read() {
    let env = connected().await;
    let mut backup = env.get("/console/export").await.1;
    backup["programs"][0]["no_show_after_minutes"] = json!(5);
    let unreadable = [json!({"v": 99}), json!("text"), json!({"v": 1, "program": {}})];
    backup["programs"].as_array_mut().unwrap().extend(unreadable);
    serve_import(&env);
    let (status, report) = env.admin("POST", "/console/import", backup).await;
    assert_eq!((status, &report["programs"]), (200, &json!({"imported": 0, "kept": 1, "unreadable": 3, "ended": 0})));
    assert_eq!(env.get(PROGRAM).await.1["no_show_after_minutes"], 45);
}

#[tokio::test]
async fn a_backup_of_a_newer_build_and_other_files_change_nothing() {
    let env = connected().await;
    let asked = serve_import(&env);
    let before = env.memory.dump();
    for (body, detail) in
        [(json!({"v": 2}), "newer build"), (json!({"services": []}), "v is missing"), (json!([]), "wrong type")]
    {
        let answer = env.admin("POST", "/console/import", body).await;
        assert_eq!(problem(&answer), (400, "INVALID_REQUEST"));
        assert!(answer.1["detail"].as_str().unwrap().contains(detail), "{answer:?}");
    }
    assert!(asked.lock().unwrap().is_empty());
    assert_eq!(env.memory.dump(), before);
    for (method, path) in [("GET", "/console/export"), ("POST", "/console/import")] {
        let refused = env.call(method, path, ("authorization", "Bearer other"), json!({"v": 1})).await;
        assert_eq!(problem(&refused), (401, "UNAUTHENTICATED"));
    }
}
