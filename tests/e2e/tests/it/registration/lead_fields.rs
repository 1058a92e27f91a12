//! The fields that an admin of Marketo chooses for the flow step, or writes into a webhook, through the default mapping.

use crate::harness::{App, Fixture, wait_for};
use fakes::env::MARKETO_API_KEY;
use fakes::marketo::subscription::{Field, FieldType, WEBINAR_PROGRAM};
use fakes::support::{Effect, Fault};
use fakes::zoom::{CustomQuestion, NewWebinar};
use serde_json::{Value, json};

const FIELDS: [(&str, &str); 14] = [
    ("company", "Analytical Engines"),
    ("phone", "+1-555-0100"),
    ("title", "Analyst"),
    ("industry", "Computing"),
    ("address", "1 St James's Sq"),
    ("city", "London"),
    ("state", "-"),
    ("postalCode", "SW1Y"),
    ("country", "United Kingdom"),
    ("numberOfEmployees", "42"),
    ("purchasingTimeFrame", "1-3 Months"),
    ("roleInPurchaseProcess", "influencer"),
    ("comments", "See you"),
    ("dietaryNeeds", "vegan"),
];

/// The same lead as Zoom should get it.
fn registrant() -> Value {
    json!({
        "org": "Analytical Engines", "phone": "+1-555-0100", "job_title": "Analyst", "industry": "Computing",
        "address": "1 St James's Sq", "city": "London", "state": "-", "zip": "SW1Y", "country": "GB",
        "no_of_employees": "21-50", "purchasing_time_frame": "1-3 months", "role_in_purchase_process": "Influencer",
        "comments": "See you", "custom_questions": [{"title": "Dietary needs?", "value": "Vegan"}],
    })
}

/// Returns the registrant of the last add call for an address, without name and address.
fn sent(fixture: &Fixture, email: &str) -> Value {
    let calls = fixture.app.env.zoom.log().matching("POST", &fixture.registrants_path());
    let mut body = calls.into_iter().rfind(|call| call.body["email"] == email).unwrap().body;
    body.as_object_mut().unwrap().retain(|name, _| !["email", "first_name", "last_name"].contains(&name.as_str()));
    body
}

fn add_lead(fixture: &Fixture, email: &str) -> i64 {
    let mut fields = json!({"email": email, "firstName": "Ada", "lastName": "Lovelace", "leadSource": "Fair"});
    fields.as_object_mut().unwrap().extend(FIELDS.map(|(name, value)| (name.to_owned(), json!(value))));
    fixture.app.env.marketo.add_lead(&fields)
}

#[tokio::test]
async fn r8_chosen_fields_and_answers_reach_zoom_from_flow_step_webhook_and_retry() {
    let answers = ["Vegan", "None"].map(str::to_owned).to_vec();
    let question =
        CustomQuestion { title: "Dietary needs?".into(), kind: "single_radio".into(), required: true, answers };
    let webinar = NewWebinar { custom_questions: vec![question], ..NewWebinar::default() };
    let fixture = Fixture::with_webinar(App::start().await, webinar).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    marketo.arrange(|subscription| {
        for name in ["purchasingTimeFrame", "roleInPurchaseProcess", "comments", "dietaryNeeds"] {
            subscription.leads.fields.push(Field::new(name, FieldType::String));
        }
    });
    let report = marketo.install_check(&fixture.app.env.flow_step_url(), MARKETO_API_KEY).await;
    assert_eq!(report.violations, [""; 0]);

    // Marketo ignores the definition's list of fields. Without the answer, Zoom would refuse the lead.
    let first = add_lead(&fixture, "first@example.com");
    let run = fixture.run_campaign(&[first]).await;
    assert_eq!(run.outcomes()[&first].error_code, "QUESTION_UNANSWERED");
    assert_eq!(fixture.add_calls("first@example.com"), 0);

    // The admin chooses them all, and the failed lead is tried again with them.
    let person = ["email", "firstName", "lastName"].map(|name| (name, name));
    let chosen: Vec<_> = person.into_iter().chain(FIELDS.map(|(name, _)| (name, name))).collect();
    marketo.choose_sent_fields(&chosen).unwrap();
    let second = add_lead(&fixture, "second@example.com");
    let run = fixture.run_campaign(&[second]).await;
    assert!(run.outcomes()[&second].success, "{:#?}", run.outcomes());
    assert_eq!(sent(&fixture, "second@example.com"), registrant());
    let retry = json!({"program_id": WEBINAR_PROGRAM});
    let retried = fixture.admin.post("/registration/failures/retry", &retry).await.unwrap().ok().unwrap();
    assert_eq!(retried["leads"][0]["outcome"], "registered", "{retried}");
    assert_eq!(sent(&fixture, "first@example.com"), registrant());

    // A webhook whose retry is left to the tick.
    let third = add_lead(&fixture, "third@example.com");
    assert!(marketo.set_member(WEBINAR_PROGRAM, third, "Registered"));
    zoom.faults().add(Fault::once("POST", &fixture.registrants_path(), Effect::status(502)).times(2));
    let payload = json!({
        "program_id": WEBINAR_PROGRAM, "lead_id": third, "email": "third@example.com", "first_name": "Ada",
        "last_name": "Lovelace", "company": "Analytical Engines", "phone": "+1-555-0100", "status": "Registered",
        "fields": FIELDS[2..].iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<Value>(),
    });
    let url = format!("{}/registration/webhook", fixture.app.url());
    assert_eq!(marketo.call_webhook(&url, MARKETO_API_KEY, &payload).await.status, Some(503));
    wait_for("the retry by the tick", || async {
        fixture.admin.tick().await.unwrap().ok().unwrap();
        let link = marketo.member(WEBINAR_PROGRAM, third).unwrap().text("webinarUrl").to_owned();
        link.contains("tk=").then_some(())
    })
    .await;
    assert_eq!(sent(&fixture, "third@example.com"), registrant());
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}
