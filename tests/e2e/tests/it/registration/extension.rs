//! Extensions: a second one as a customer might write it, and one that does wrong.

use crate::harness::{App, BROKEN_MAPPING, Manifest, Scene, WORK_MAPPING, until};
use fakes::marketo::campaign::LeadOutcome;
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::zoom::{CustomQuestion, NewWebinar};
use serde_json::json;

async fn with_extension(wasm: &str, webinar: NewWebinar) -> Scene {
    let (zoom, marketo) = (fakes::zoom::Options::default(), fakes::marketo::Options::default());
    Scene::set_with(App::start_manifest(Manifest::with_extension(wasm), zoom, marketo).await, webinar).await
}

/// Adds a lead who is called so.
fn lead(scene: &Scene, last_name: &str, email: &str) -> i64 {
    let fields = json!({"firstName": "Ada", "lastName": last_name, "email": email, "company": "Analytical Engines"});
    scene.app.stage.marketo.add_lead(&fields)
}

fn assert_rejected(outcome: &LeadOutcome, reason: &str) {
    assert_eq!((outcome.success, outcome.error_code.as_str()), (false, "MAPPING_REJECTED"), "{outcome:#?}");
    assert!(outcome.reason.contains(reason), "{outcome:#?}");
}

#[tokio::test]
async fn a_customers_extension_answers_a_question_and_rejects_with_its_reason() {
    let employer =
        CustomQuestion { title: "Employer".into(), kind: "short".into(), required: true, answers: Vec::new() };
    let webinar = NewWebinar { custom_questions: vec![employer], ..NewWebinar::default() };
    let scene = with_extension(WORK_MAPPING, webinar).await;
    let (at_work, private) = (lead(&scene, "Lovelace", "ada@engines.example"), lead(&scene, "Byron", "ada@Gmail.com"));
    let run = scene.run_campaign(&[at_work, private]).await;
    assert!(run.outcomes()[&at_work].success, "{:#?}", run.outcomes());
    assert_rejected(run.outcomes()[&private], "gmail.com is for private mail; ask for a work address.");
    let registrants = scene.app.stage.zoom.webinar(scene.webinar).unwrap().registrants;
    assert_eq!(registrants.len(), 1);
    let answers = serde_json::to_value(&registrants[0].custom_questions).unwrap();
    assert_eq!(answers, json!([{"title": "Employer", "value": "Analytical Engines"}]));
    assert_eq!(scene.add_calls("ada@Gmail.com"), 0, "no add call is spent on who is rejected");
    scene.app.assert_no_trap();
}

#[tokio::test]
async fn a_wrong_answer_is_its_leads_outcome_and_no_neighbours() {
    let scene = with_extension(BROKEN_MAPPING, NewWebinar::default()).await;
    let leads = [("Fine", "a@example.com"), ("Otherfield", "b@example.com"), ("Otheraddress", "c@example.com")];
    let leads = leads.map(|(name, email)| lead(&scene, name, email));
    let run = scene.run_campaign(&leads).await;
    assert!(run.outcomes()[&leads[0]].success, "{:#?}", run.outcomes());
    assert_rejected(run.outcomes()[&leads[1]], "a field that Zoom does not know");
    assert_rejected(run.outcomes()[&leads[2]], "changes the e-mail address");
    assert_eq!(scene.app.stage.zoom.webinar(scene.webinar).unwrap().registrants.len(), 1);
    scene.app.assert_no_trap();
}

/// A trap takes the instance down. The ticks take the chunk up again, each after the claim of the dead has lapsed, and
/// find out whose mapping it is.
#[tokio::test]
async fn a_lead_on_whom_the_extension_traps_is_rejected_and_its_neighbours_are_registered_once() {
    let scene = with_extension(BROKEN_MAPPING, NewWebinar::default()).await;
    let people = [("One", "one@example.com"), ("Trap", "trap@example.com"), ("Two", "two@example.com")];
    let leads = people.map(|(name, email)| lead(&scene, name, email));
    let run = scene.app.stage.marketo.start_campaign(scene.campaign(&leads)).unwrap();
    let run = until("the callback", || async {
        // A tick that meets the trap fails; the next goes on.
        let _ = scene.admin.tick().await;
        let run = scene.app.stage.marketo.run(&run).unwrap();
        (run.outcomes().len() == leads.len()).then_some(run)
    })
    .await;
    assert_rejected(run.outcomes()[&leads[1]], "breaks down on this person");
    for (lead, (_, email)) in [(leads[0], people[0]), (leads[2], people[2])] {
        assert!(run.outcomes()[&lead].success, "{:#?}", run.outcomes());
        assert_eq!(scene.add_calls(email), 1, "{email}");
        let member = scene.app.stage.marketo.member(WEBINAR_PROGRAM, lead).unwrap();
        assert!(member.text("webinarUrl").contains("tk="), "{member:?}");
    }
    assert_eq!(scene.add_calls("trap@example.com"), 0);
}
