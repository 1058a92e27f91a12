//! Backups in the console: saved, and restored into an application that lost its store.

use super::chromium::Chromium;
use super::console::{Console, by_role};
use crate::harness::{App, Fixture};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use serde_json::json;

/// Puts a file into the field, as choosing it does.
const CHOOSE: &str = "function(text) { const files = new DataTransfer(); \
    files.items.add(new File([text], \"backup.json\", { type: \"application/json\" })); this.files = files.files; }";

#[tokio::test]
async fn a_backup_is_saved_and_restores_a_program_that_was_disconnected() {
    let Some(chromium) = Chromium::start().await else { return };
    let fixture = Fixture::new(App::start().await).await;
    let console = Console::open(chromium, &fixture.app).await;
    let tab = &console.tab;
    console.sign_in().await;
    console.open_view("#/health", "Health").await;
    // What loads above the button moves it.
    tab.wait_for_text("There are no problems.").await;
    tab.click(&by_role("button", "Save a backup")).await;
    tab.wait_for_text("The backup has 1 service and 1 connection.").await;

    let backup = fixture.admin.get("/console/export").await.unwrap().ok().unwrap();
    let program = format!("/catalog/programs/{WEBINAR_PROGRAM}");
    assert_eq!(fixture.admin.delete(&program).await.unwrap().status, 204);
    tab.click(&by_role("button", "Restore")).await;
    tab.wait_for_text("Choose a file that this page saved.").await;
    for (text, message) in [
        (json!({"v": 2}).to_string(), "A newer build exported this backup"),
        (backup.to_string(), "0 services and 1 connection restored."),
    ] {
        let script = format!("({CHOOSE}).call(document.getElementById('backup-file'), {})", json!(text));
        tab.evaluate(&script).await;
        tab.click(&by_role("button", "Restore")).await;
        tab.wait_for_text(message).await;
    }
    assert_eq!(fixture.admin.get(&program).await.unwrap().status, 200);
    console.assert_clean(&fixture.app, &["POST /console/import 400"]);
}
