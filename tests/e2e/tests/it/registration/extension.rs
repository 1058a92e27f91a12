//! Extensions: an example of a custom one, and a faulty one.

use crate::harness::{App, BROKEN_MAPPING, Fixture, Manifest, WORK_MAPPING, wait_for};
use fakes::marketo::campaign::LeadOutcome;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{CustomQuestion, NewWebinar};
use serde_json::json;

async fn with_extension(wasm: &str, webinar: NewWebinar) -> Fixture {
    let (zoom, marketo) = (fakes::zoom::Options::default(), fakes::marketo::Options::default());
    Fixture::with_webinar(App::start_manifest(Manifest::with_extension(wasm), zoom, marketo).await, webinar).await
}

/// Adds a lead to Marketo.
fn lead(fixture: &Fixture, last_name: &str, email: &str) -> i64 {
    let fields = json!({"firstName": "Ada", "lastName": last_name, "email": email, "company": "Analytical Engines"});
    fixture.app.env.marketo.add_lead(&fields)
}

fn assert_rejected(outcome: &LeadOutcome, reason: &str) {
    assert_eq!((outcome.success, outcome.error_code.as_str()), (false, "MAPPING_REJECTED"), "{outcome:#?}");
    assert!(outcome.reason.contains(reason), "{outcome:#?}");
}

#[tokio::test]
async fn custom_extension_answers_a_question_and_rejects_with_its_reason() {
    let employer =
        CustomQuestion { title: "Employer".into(), kind: "short".into(), required: true, answers: Vec::new() };
    let webinar = NewWebinar { custom_questions: vec![employer], ..NewWebinar::default() };
    let fixture = with_extension(WORK_MAPPING, webinar).await;
    let (at_work, private) =
        (lead(&fixture, "Lovelace", "ada@engines.example"), lead(&fixture, "Byron", "ada@Gmail.com"));
    let run = fixture.run_campaign(&[at_work, private]).await;
    assert!(run.outcomes()[&at_work].success, "{:#?}", run.outcomes());
    assert_rejected(run.outcomes()[&private], "gmail.com is for private mail; ask for a work address.");
    let registrants = fixture.app.env.zoom.webinar(fixture.webinar).unwrap().registrants;
    assert_eq!(registrants.len(), 1);
    let answers = serde_json::to_value(&registrants[0].custom_questions).unwrap();
    assert_eq!(answers, json!([{"title": "Employer", "value": "Analytical Engines"}]));
    assert_eq!(fixture.add_calls("ada@Gmail.com"), 0, "a rejected lead costs no add call");
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn invalid_extension_result_fails_only_its_own_lead() {
    let fixture = with_extension(BROKEN_MAPPING, NewWebinar::default()).await;
    let leads = [("Fine", "a@example.com"), ("Otherfield", "b@example.com"), ("Otheraddress", "c@example.com")];
    let leads = leads.map(|(name, email)| lead(&fixture, name, email));
    let run = fixture.run_campaign(&leads).await;
    assert!(run.outcomes()[&leads[0]].success, "{:#?}", run.outcomes());
    assert_rejected(run.outcomes()[&leads[1]], "a field that Zoom does not know");
    assert_rejected(run.outcomes()[&leads[2]], "changes the e-mail address");
    assert_eq!(fixture.app.env.zoom.webinar(fixture.webinar).unwrap().registrants.len(), 1);
    fixture.app.assert_no_trap();
}

/// A trap ends the instance. Ticks resume the chunk, each after the crashed worker's claim has expired, and isolate the
/// lead whose mapping traps.
#[tokio::test]
async fn lead_that_traps_the_extension_is_rejected_and_its_neighbours_are_registered_once() {
    let fixture = with_extension(BROKEN_MAPPING, NewWebinar::default()).await;
    let people = [("One", "one@example.com"), ("Trap", "trap@example.com"), ("Two", "two@example.com")];
    let leads = people.map(|(name, email)| lead(&fixture, name, email));
    let run = fixture.app.env.marketo.start_campaign(fixture.campaign(&leads)).unwrap();
    let run = wait_for("the callback", || async {
        // A tick that hits the trap fails; the next one continues.
        let _ = fixture.admin.tick().await;
        let run = fixture.app.env.marketo.run(&run).unwrap();
        (run.outcomes().len() == leads.len()).then_some(run)
    })
    .await;
    assert_rejected(run.outcomes()[&leads[1]], "crashes on this person");
    for (lead, (_, email)) in [(leads[0], people[0]), (leads[2], people[2])] {
        assert!(run.outcomes()[&lead].success, "{:#?}", run.outcomes());
        assert_eq!(fixture.add_calls(email), 1, "{email}");
        let member = fixture.app.env.marketo.member(WEBINAR_PROGRAM, lead).unwrap();
        assert!(member.text("webinarUrl").contains("tk="), "{member:?}");
    }
    assert_eq!(fixture.add_calls("trap@example.com"), 0);
}
