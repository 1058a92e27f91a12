//! Programs that were never connected here: a clone, an event of another vendor (R15).

use super::people::{add_program, refusal, webhook_payload};
use crate::harness::{App, Scene};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::stage::MARKETO_API_KEY;
use serde_json::json;

#[tokio::test]
async fn r15_every_endpoint_that_names_the_program_says_so_and_guesses_nothing() {
    let scene = Scene::set(App::start().await).await;
    let marketo = &scene.app.stage.marketo;
    // As a clone has them: the same channel, and the My Tokens of the program that it was made from.
    let clone = add_program(&scene.app, "A clone");
    marketo.arrange(|world| {
        let tokens = world.programs[&WEBINAR_PROGRAM].my_tokens.clone();
        world.programs.get_mut(&clone).unwrap().my_tokens = tokens;
    });
    let lead = scene.add_leads(1)[0];

    let (catalog, attendance) = (format!("/catalog/programs/{clone}"), format!("/attendance/programs/{clone}"));
    for answer in [
        scene.admin.get(&catalog).await,
        scene.admin.post(&format!("{catalog}/refresh"), &json!({})).await,
        scene.admin.delete(&catalog).await,
        scene.admin.get(&attendance).await,
        scene.admin.post(&format!("{attendance}/sync"), &json!({})).await,
    ] {
        assert_eq!(refusal(&answer.unwrap()), (404, "PROGRAM_NOT_CONNECTED"));
    }
    let retry = scene.admin.post("/registration/failures/retry", &json!({"program_id": clone})).await.unwrap();
    assert_eq!(retry.code(), "PROGRAM_NOT_CONNECTED", "{}", retry.body);

    let url = format!("{}/registration/webhook", scene.app.url());
    let called = marketo.call_webhook(&url, MARKETO_API_KEY, &webhook_payload(&scene, clone, lead)).await;
    assert_eq!(called.body["code"], "PROGRAM_NOT_CONNECTED", "{called:?}");
    let mut campaign = scene.campaign(&[lead]);
    campaign.program_id = clone;
    let run = marketo.run_campaign(campaign).await.unwrap();
    let outcomes = run.outcomes();
    let outcome = outcomes[&lead];
    assert_eq!((outcome.success, outcome.error_code.as_str()), (false, "PROGRAM_NOT_CONNECTED"), "{outcome:#?}");
    assert!(outcome.reason.contains("connect it in the console"), "{outcome:#?}");

    assert_eq!(scene.app.stage.zoom.webinar(scene.webinar).unwrap().registrants.len(), 0);
    assert_eq!(scene.app.stage.zoom.log().count("POST", &scene.registrants_path()), 0);
    scene.app.assert_no_trap();
}
