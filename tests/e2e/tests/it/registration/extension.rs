//! Extensions: an example of a custom one, and a faulty one.

use crate::harness::{App, BROKEN_MAPPING, Fixture, Manifest, WORK_MAPPING, wait_for};
use fakes::env::MARKETO_API_KEY;
use fakes::marketo::campaign::LeadOutcome;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{CustomQuestion, NewWebinar};
use serde_json::{Value, json};

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

/// Ends the claims of crashed workers, as a minute does, so that the next tick attempts their leads.
fn expire_claims(fixture: &Fixture) {
    let past = json!("2026-01-01T00:00:00Z");
    for key in fixture.app.stored().into_keys() {
        if key.starts_with("failure:") {
            fixture.app.change_stored(&key, |failure| {
                if let Some(claim) = failure["claim"].as_object_mut() {
                    claim.insert("until".to_owned(), past.clone());
                    failure["next_try"] = past.clone();
                }
            });
        } else if key.starts_with("failure-index:") {
            fixture.app.change_stored(&key, |index| {
                for entry in index["entries"].as_array_mut().unwrap().iter_mut().filter(|entry| !entry[2].is_null()) {
                    entry[2] = past.clone();
                }
            });
        }
    }
}

/// Runs ticks until a lead is rejected because the extension crashes on it.
async fn wait_for_quarantine(fixture: &Fixture, lead: i64) {
    let failure = wait_for("the quarantine", || async {
        expire_claims(fixture);
        // A tick that hits the trap fails; the next one continues.
        let _ = fixture.admin.tick().await;
        let failures = fixture.admin.get("/registration/failures").await.ok()?.ok().ok()?;
        let wanted = json!(lead.to_string());
        let of_lead = |failure: &&Value| failure["lead_id"] == wanted;
        let failure = failures["failures"].as_array()?.iter().find(of_lead)?.clone();
        (failure["code"] == "MAPPING_REJECTED").then_some(failure)
    });
    let failure = failure.await;
    assert!(failure["detail"].as_str().unwrap().contains("crashes on this person"), "{failure}");
}

/// Returns the status of a webhook call for a lead, and the body.
async fn call_webhook(fixture: &Fixture, lead: i64) -> (Option<u16>, Value) {
    let fields = fixture.app.env.marketo.lead(lead).unwrap();
    let payload = json!({
        "program_id": WEBINAR_PROGRAM, "lead_id": lead, "email": fields.text("email"),
        "first_name": fields.text("firstName"), "last_name": fields.text("lastName"), "status": "Registered",
    });
    let url = format!("{}/registration/webhook", fixture.app.url());
    let call = fixture.app.env.marketo.call_webhook(&url, MARKETO_API_KEY, &payload).await;
    (call.status, call.body)
}

#[tokio::test]
async fn lead_that_traps_the_extension_in_the_webhook_is_quarantined_alone() {
    let fixture = with_extension(BROKEN_MAPPING, NewWebinar::default()).await;
    let marketo = &fixture.app.env.marketo;
    let trap = lead(&fixture, "Trap", "trap@example.com");
    assert!(marketo.set_member(WEBINAR_PROGRAM, trap, "Registered"));
    let (status, body) = call_webhook(&fixture, trap).await;
    assert_ne!(status, Some(200), "{body}");
    let fine = lead(&fixture, "Fine", "fine@example.com");
    assert!(marketo.set_member(WEBINAR_PROGRAM, fine, "Registered"));
    let (status, body) = call_webhook(&fixture, fine).await;
    assert_eq!((status, &body["outcome"]), (Some(200), &json!("registered")), "{body}");

    wait_for_quarantine(&fixture, trap).await;
    assert_eq!((fixture.add_calls("fine@example.com"), fixture.add_calls("trap@example.com")), (1, 0));
}

#[tokio::test]
async fn lead_that_traps_the_extension_in_a_retry_is_quarantined_and_its_neighbours_are_registered_once() {
    let fixture = with_extension(BROKEN_MAPPING, NewWebinar::default()).await;
    let marketo = &fixture.app.env.marketo;
    let people = ["one", "trap", "two"].map(|name| format!("{name}@example.com"));
    // Zoom requires a name, which the campaign's leads lack.
    let leads = [0, 1, 2].map(|n| marketo.add_lead(&json!({"firstName": "Ada", "email": people[n]})));
    let run = fixture.run_campaign(&leads).await;
    assert!(run.outcomes().values().all(|outcome| outcome.error_code == "MISSING_FIELD"), "{:#?}", run.outcomes());
    marketo.arrange(|subscription| {
        for (lead, name) in leads.into_iter().zip(["One", "Trap", "Two"]) {
            let lead = subscription.leads.by_id.get_mut(&lead).unwrap();
            lead.fields.insert("lastName".to_owned(), json!(name));
        }
    });
    // The first retry crashes, whose answer is lost.
    let _ = fixture.admin.post("/registration/failures/retry", &json!({"program_id": WEBINAR_PROGRAM})).await;
    wait_for_quarantine(&fixture, leads[1]).await;
    for (lead, email) in [(leads[0], &people[0]), (leads[2], &people[2])] {
        assert_eq!(fixture.add_calls(email), 1, "{email}");
        assert!(marketo.member(WEBINAR_PROGRAM, lead).unwrap().text("webinarUrl").contains("tk="), "{email}");
    }
    assert_eq!(fixture.add_calls(&people[1]), 0);
}
