//! The fields that an admin of Marketo chooses for the flow step or writes into a webhook, and the same ones in a retry.

use super::fixture::{Fixture, KEY, MARKETO_PROGRAM, PROGRAM, WEBINAR, email, lead_id};
use super::peers::{REGISTRANTS, marketo_error};
use crate::mapping::{FieldPairs, MappedRegistrant, Mapping, RegistrationForm};
use domain::Sensitive;
use domain::time::SignedDuration;
use fakes::marketo::campaign::{Campaign, FlowStep};
use fakes::marketo::subscription::{Field, FieldType};
use fakes::mounted::APP_URL;
use fakes::support::{Effect, Fault};
use fakes::zoom::{CustomQuestion, NewWebinar};
use serde_json::{Value, json};

/// Zoom's fields of a registrant besides name and address.
const ZOOM_FIELDS: [(&str, &str); 13] = [
    ("address", "1 Main St"),
    ("city", "Springfield"),
    ("country", "US"),
    ("zip", "62701"),
    ("state", "IL"),
    ("phone", "555"),
    ("industry", "Energy"),
    ("org", "Plant"),
    ("job_title", "Inspector"),
    ("purchasing_time_frame", "1-3 months"),
    ("role_in_purchase_process", "Influencer"),
    ("no_of_employees", "21-50"),
    ("comments", "none"),
];

/// Maps each field that has the name of one of Zoom's fields or of a question. Fails on a name that is sent twice.
struct ByName;

impl Mapping for ByName {
    fn to_registrant(&self, lead: &FieldPairs, form: &RegistrationForm) -> Result<MappedRegistrant, String> {
        let find = |name: &str| {
            let mut found = lead.expose().iter().filter(|(field, _)| field == name).map(|(_, value)| value.clone());
            let first = found.next();
            assert!(found.next().is_none(), "{name} is sent twice");
            first
        };
        let pairs = |names: &mut dyn Iterator<Item = &str>| {
            Sensitive::new(names.filter_map(|name| Some((name.to_owned(), find(name)?))).collect())
        };
        Ok(MappedRegistrant {
            email: find("email").unwrap_or_default().into(),
            first_name: find("firstName").unwrap_or_default().into(),
            last_name: find("lastName").unwrap_or_default().into(),
            more: pairs(&mut ZOOM_FIELDS.iter().map(|(name, _)| *name)),
            answers: pairs(&mut form.questions.custom_questions.iter().map(|question| question.title.as_str())),
        })
    }
}

/// Creates a fixture whose webinar asks a question, and a lead with a value for each field of Zoom.
async fn fixture() -> Fixture {
    let question = CustomQuestion { title: "Diet?".into(), kind: "short".into(), required: true, answers: Vec::new() };
    let webinar = NewWebinar { custom_questions: vec![question], ..NewWebinar::default() };
    let mut fixture = Fixture::with_webinar(webinar).await;
    fixture.use_mapping(ByName);
    fixture.marketo.arrange(|subscription| {
        let fields = &mut subscription.leads.fields;
        let missing = ZOOM_FIELDS.iter().filter(|(name, _)| !fields.iter().any(|field| field.name == *name));
        let added: Vec<_> = missing.map(|(name, _)| Field::new(name, FieldType::String)).collect();
        fields.extend(added);
        fields.push(Field::new("dietC", FieldType::String).named("Diet"));
        fields.push(Field::new("shoeSize", FieldType::String));
    });
    set(&fixture, ZOOM_FIELDS.iter().copied().chain([("dietC", "Vegan"), ("shoeSize", "42")]));
    fixture.set_members([1], "Registered");
    fixture
}

/// Sets fields of lead 1 in Marketo.
fn set<'v>(fixture: &Fixture, values: impl IntoIterator<Item = (&'v str, &'v str)>) {
    fixture.marketo.arrange(|subscription| {
        let lead = subscription.leads.by_id.get_mut(&lead_id(1).try_into().unwrap()).unwrap();
        lead.fields.extend(values.into_iter().map(|(name, value)| (name.to_owned(), json!(value))));
    });
}

/// Chooses the fields that the flow step sends, under their own names unless another one is given.
fn choose(fixture: &Fixture, further: &[(&'static str, &'static str)]) {
    let person = ["email", "firstName", "lastName"].map(|name| (name, name));
    fixture.marketo.choose_sent_fields(&[&person[..], further].concat()).unwrap();
}

/// Sends lead 1 through the flow step, with the fields that Marketo sends.
async fn flow_step(fixture: &Fixture) {
    let step = FlowStep::new(format!("{APP_URL}/flow-step"), KEY);
    let lead = i64::try_from(lead_id(1)).unwrap();
    let run = fixture.marketo.prepare_campaign(Campaign::new(MARKETO_PROGRAM, [lead], step)).unwrap();
    let chunk = &run.chunks[0].invocation;
    assert_eq!(fixture.send("POST", "/flow-step/submitAsyncAction", chunk).await.0, 201);
    fixture.memory.run_background().await;
}

/// Returns the registrant that the last add call sent, without name and address.
fn sent(fixture: &Fixture) -> Value {
    let mut body = fixture.add_calls().pop().unwrap().body;
    assert_eq!(body["email"], email(1));
    let fields = body.as_object_mut().unwrap();
    for name in ["email", "first_name", "last_name"] {
        assert!(fields.remove(name).is_some(), "{name}");
    }
    body
}

fn answer() -> Value {
    json!([{"title": "Diet?", "value": "Vegan"}])
}

#[tokio::test]
async fn r8_all_chosen_fields_reach_zoom_and_no_other() {
    let fixture = fixture().await;
    let all = ZOOM_FIELDS.map(|(name, _)| (name, name));
    choose(&fixture, &[&all[..], &[("dietC", "Diet?")]].concat());
    flow_step(&fixture).await;
    let mut expected: Value = ZOOM_FIELDS.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    expected["custom_questions"] = answer();
    assert_eq!(sent(&fixture), expected);
    assert!(fixture.zoom.webinar(WEBINAR).unwrap().registrant(&email(1)).is_some());
}

#[tokio::test]
async fn r8_an_admin_chooses_fields_and_their_names() {
    let fixture = fixture().await;
    choose(&fixture, &[("title", "job_title"), ("dietC", "Diet?"), ("city", "Town")]);
    set(&fixture, [("title", "Analyst")]);
    flow_step(&fixture).await;
    assert_eq!(sent(&fixture), json!({"job_title": "Analyst", "custom_questions": answer()}));
}

#[tokio::test]
async fn r8_a_retry_by_the_tick_has_the_chosen_fields_and_no_other() {
    let fixture = fixture().await;
    choose(&fixture, &[("title", "title"), ("industry", "industry"), ("dietC", "dietC"), ("shoeSize", "shoeSize")]);
    fixture.service("needs-sign-in").await;
    flow_step(&fixture).await;
    fixture.memory.advance(SignedDuration::from_mins(31));
    fixture.tick().await;
    assert_eq!(fixture.add_calls().len(), 0);
    // Meanwhile a webhook names fields in another way.
    let webhook = json!({"program_id": PROGRAM, "lead_id": lead_id(2), "status": "Invited", "fields": {"Diet?": "x"}});
    assert_eq!(fixture.send("POST", "/registration/webhook", &webhook).await.1["outcome"], "skipped");
    fixture.service("active").await;
    fixture.memory.advance(SignedDuration::from_mins(5));
    fixture.tick().await;
    // Marketo has each field of Zoom. Only what was chosen is read and sent, besides company and phone.
    assert_eq!(sent(&fixture), json!({"industry": "Energy", "phone": "555", "custom_questions": answer()}));
    assert_eq!(fixture.member(1).text("webinarUrl"), fixture.link(&email(1)));
}

#[tokio::test]
async fn r8_a_retry_of_a_webhook_and_of_the_console_has_its_fields() {
    let fixture = fixture().await;
    let person = json!({"email": email(1), "first_name": "F1", "last_name": "L1", "phone": "555", "company": "C"});
    let mut webhook = json!({
        "program_id": PROGRAM, "lead_id": lead_id(1), "status": "Registered",
        "fields": {"Diet?": "Vegan", "city": "Springfield"},
    });
    webhook.as_object_mut().unwrap().extend(person.as_object().unwrap().clone());
    fixture.zoom.faults().add(Fault::always("POST", REGISTRANTS, Effect::status(500)));
    assert_eq!(fixture.send("POST", "/registration/webhook", &webhook).await.0, 503);
    fixture.zoom.faults().clear();
    let retry = json!({"program_id": PROGRAM});
    let (_, answered) = fixture.send("POST", "/registration/failures/retry", &retry).await;
    assert_eq!(answered["leads"][0]["outcome"], "registered", "{answered}");
    let expected = json!({"city": "Springfield", "phone": "555", "custom_questions": answer()});
    assert_eq!(sent(&fixture), expected);
}

#[tokio::test]
async fn a_field_that_marketo_no_longer_has_fails_no_retry() {
    let fixture = fixture().await;
    choose(&fixture, &[("dietC", "Diet?"), ("shoeSize", "Shoe size"), ("city", "city")]);
    fixture.service("needs-sign-in").await;
    flow_step(&fixture).await;
    fixture.memory.advance(SignedDuration::from_mins(31));
    fixture.tick().await;
    fixture.service("active").await;
    fixture.marketo.arrange(|subscription| subscription.leads.fields.retain(|field| field.name != "shoeSize"));
    // A failure of the description is one of Marketo, and is retried.
    fixture.marketo.faults().add(Fault::once("GET", "/rest/v1/leads/describe2.json", marketo_error("607")));
    for _ in 0..10 {
        fixture.memory.advance(SignedDuration::from_mins(5));
        fixture.tick().await;
    }
    assert!(fixture.marketo.faults().pending().is_empty(), "the description was asked for");
    assert_eq!(sent(&fixture), json!({"city": "Springfield", "phone": "555", "custom_questions": answer()}));
    assert_eq!(fixture.marketo.log().count("GET", "/rest/v1/leads/describe2.json"), 2);
}

#[tokio::test]
async fn names_of_fields_are_written_once() {
    let fixture = fixture().await;
    choose(&fixture, &[("dietC", "Diet?"), ("city", "city")]);
    for _ in 0..3 {
        flow_step(&fixture).await;
    }
    let record = &fixture.memory.dump()["last:sent-fields"];
    let record: Value = serde_json::from_slice(record).unwrap();
    let names: Vec<_> = record["fields"].as_array().unwrap().iter().map(|field| field["name"].clone()).collect();
    assert_eq!(names, [json!("Diet?"), json!("city")]);
}
