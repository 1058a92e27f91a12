//! Programs that were never connected, such as a clone or another vendor's event (R15).

use super::support::{add_program, refusal, webhook_payload};
use crate::harness::{App, Fixture};
use fakes::env::MARKETO_API_KEY;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use serde_json::json;

#[tokio::test]
async fn r15_every_endpoint_reports_an_unconnected_program_and_guesses_nothing() {
    let fixture = Fixture::new(App::start().await).await;
    let marketo = &fixture.app.env.marketo;
    // A clone has the same channel and the My Tokens of the original.
    let clone = add_program(&fixture.app, "A clone");
    marketo.arrange(|world| {
        let tokens = world.programs[&WEBINAR_PROGRAM].my_tokens.clone();
        world.programs.get_mut(&clone).unwrap().my_tokens = tokens;
    });
    let lead = fixture.add_leads(1)[0];

    let (catalog, attendance) = (format!("/catalog/programs/{clone}"), format!("/attendance/programs/{clone}"));
    for answer in [
        fixture.admin.get(&catalog).await,
        fixture.admin.post(&format!("{catalog}/refresh"), &json!({})).await,
        fixture.admin.delete(&catalog).await,
        fixture.admin.get(&attendance).await,
        fixture.admin.post(&format!("{attendance}/sync"), &json!({})).await,
    ] {
        assert_eq!(refusal(&answer.unwrap()), (404, "PROGRAM_NOT_CONNECTED"));
    }
    let retry = fixture.admin.post("/registration/failures/retry", &json!({"program_id": clone})).await.unwrap();
    assert_eq!(retry.code(), "PROGRAM_NOT_CONNECTED", "{}", retry.body);

    let url = format!("{}/registration/webhook", fixture.app.url());
    let called = marketo.call_webhook(&url, MARKETO_API_KEY, &webhook_payload(&fixture, clone, lead)).await;
    assert_eq!(called.body["code"], "PROGRAM_NOT_CONNECTED", "{called:?}");
    let mut campaign = fixture.campaign(&[lead]);
    campaign.program_id = clone;
    let run = marketo.run_campaign(campaign).await.unwrap();
    let outcomes = run.outcomes();
    let outcome = outcomes[&lead];
    assert_eq!((outcome.success, outcome.error_code.as_str()), (false, "PROGRAM_NOT_CONNECTED"), "{outcome:#?}");
    assert!(outcome.reason.contains("connect it in the console"), "{outcome:#?}");

    assert_eq!(fixture.app.env.zoom.webinar(fixture.webinar).unwrap().registrants.len(), 0);
    assert_eq!(fixture.app.env.zoom.log().count("POST", &fixture.registrants_path()), 0);
    fixture.app.assert_no_trap();
}
