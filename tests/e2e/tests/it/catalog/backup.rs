//! A backup restores an empty store: services, connections and settings come from the file, the rest from Zoom and Marketo.

use crate::harness::{App, Fixture};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use serde_json::json;

#[tokio::test]
async fn an_import_into_an_empty_store_and_the_next_ticks_restore_everything() {
    let mut fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(3);
    assert_eq!(fixture.run_campaign(&leads[..2]).await.outcomes().len(), 2);
    fixture.wait_for_empty_outbox().await;
    let path = format!("/catalog/programs/{WEBINAR_PROGRAM}/settings");
    fixture.admin.put(&path, &json!({"no_show_after_minutes": 45})).await.unwrap().ok().unwrap();
    let backup = fixture.admin.get("/console/export").await.unwrap().ok().unwrap();
    let text = backup.to_string();
    for secret in fixture.app.secrets() {
        assert!(!text.contains(&secret), "the backup contains {secret}");
    }
    let before = fixture.program().await;

    fixture.app.kill().await;
    for key in fixture.app.stored().into_keys() {
        assert!(fixture.app.store().delete(&key));
    }
    fixture.app.run().await;
    assert_eq!(fixture.admin.get("/catalog/programs").await.unwrap().ok().unwrap()["programs"], json!([]));
    let report = fixture.admin.post("/console/import", &backup).await.unwrap().ok().unwrap();
    let one = json!({"imported": 1, "kept": 0, "unreadable": 0, "ended": 0});
    assert_eq!(report, json!({"services": one, "programs": one, "left": 0}));
    let services = fixture.admin.get("/oauth/services").await.unwrap().ok().unwrap();
    assert_eq!(services["services"][0]["state"], "needs-sign-in");
    assert_eq!(fixture.admin.sign_in("Acme Webinars").await.unwrap(), fixture.service);
    fixture.admin.tick().await.unwrap().ok().unwrap();
    let after = fixture.program().await;
    assert_eq!(after["no_show_after_minutes"], 45);
    assert_eq!((&after["webinar"], &after["statuses"]), (&before["webinar"], &before["statuses"]));

    // The ledger is empty, and still nobody is registered twice: Marketo and Zoom know who is.
    let run = fixture.run_campaign(&leads).await;
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    assert_eq!(fixture.app.env.zoom.webinar(fixture.webinar).unwrap().registrants.len(), 3);
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}
