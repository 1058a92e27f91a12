//! The runtime configuration of deployments: a host that is started with the file itself, on the server that it names.

use crate::harness::{App, Fixture};

/// The file of `SQLite`, which a host without a runtime configuration makes in its state directory.
const SQLITE_FILE: &str = "sqlite_key_value.db";

#[tokio::test(flavor = "multi_thread")]
async fn the_redis_configuration_of_deployments_runs_the_application() {
    let Some(app) = App::start_as_deployed().await else { return };
    let mut fixture = Fixture::new(app).await;
    let leads = fixture.add_leads(3);
    fixture.run_campaign(&leads).await;
    let registrants = fixture.app.env.zoom.webinar(fixture.webinar).unwrap().registrants;
    assert_eq!(registrants.len(), 3);
    // The records are in that Redis, and nowhere else.
    let stored = fixture.app.stored();
    assert!(stored.contains_key(&format!("service:{}", fixture.service)), "{:?}", stored.keys());
    assert!(!fixture.app.state().join(SQLITE_FILE).exists(), "the host made a file");
    // They are there for the next host with this file.
    fixture.app.kill().await;
    fixture.app.run().await;
    let services = fixture.admin.get("/oauth/services").await.unwrap().ok().unwrap();
    assert_eq!(services["services"][0]["id"], fixture.service.as_str(), "{services}");
}
