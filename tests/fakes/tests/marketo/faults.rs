//! Control calls over HTTP: faults, seeding, state.

use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::marketo::{Marketo, Options};
use serde_json::{Value, json};

use crate::caller::{Caller, outcomes};

#[tokio::test]
async fn request_with_a_lost_response_is_executed() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let caller = Caller::of(&marketo).await?;
    let fault = json!({"method": "POST", "path": "/rest/v1/leads.json", "effect": {"drop": "after"}});
    let added = caller.http.post(format!("{}/_control/faults", marketo.url())).json(&fault).send().await?;
    assert!(added.status().is_success());
    assert!(caller.sync("ada@example.com").await.is_err());
    assert_eq!(outcomes(&caller.sync("ada@example.com").await?), ["updated"]);
    Ok(())
}

#[tokio::test]
async fn seeds_and_reads_state_over_http() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let http = reqwest::Client::new();
    let control = |path: &str| format!("{}/_control/{path}", marketo.url());
    let leads = json!([{"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.com"}]);
    let added: Value = http.post(control("leads")).json(&leads).send().await?.json().await?;
    let program = json!({"name": "Copy", "type": "Event with Webinar", "channel": "Webinar"});
    let program: Value = http.post(control("programs")).json(&program).send().await?.json().await?;
    let member = json!({
        "program_id": program["id"], "lead_id": added["ids"][0], "status": "Registered",
        "data": {"webinarUrl": "https://example.com"},
    });
    let set = http.post(control("members")).json(&member).send().await?;
    assert_eq!(set.status(), 204);
    let backwards = json!({"program_id": program["id"], "lead_id": added["ids"][0], "status": "Invited"});
    assert_eq!(http.post(control("members")).json(&backwards).send().await?.status(), 422);

    let state: Value = http.get(control("state")).send().await?.json().await?;
    assert_eq!(state["leads"][0]["fields"]["email"], "ada@example.com");
    assert_eq!(state["members"][0]["statusName"], "Registered");
    assert_eq!(state["programs"][0]["id"], WEBINAR_PROGRAM);
    assert_eq!(marketo.log().entries().len(), 0, "control calls are not recorded");
    Ok(())
}
