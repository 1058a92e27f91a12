//! Programs whose channel has statuses of its own (R21).

use super::fixture::{Fixture, MARKETO_PROGRAM, PROGRAM, email, lead, lead_id};
use domain::records::{ProgramConnection, ProgramKey};
use fakes::marketo::subscription::{ProgressionStatus, WEBINAR_CHANNEL};
use serde_json::{Value, json};

/// Statuses of a customer's channel.
const GERMAN: [(&str, u32); 7] = [
    ("Kein Mitglied", 0),
    ("Eingeladen", 10),
    ("Wartet auf Freigabe", 15),
    ("Registriert", 20),
    ("Registrierungsfehler", 20),
    ("Nicht erschienen", 30),
    ("Teilgenommen", 40),
];

/// Connects the program with the statuses of a channel, in Marketo and in the record.
async fn fixture_with(statuses: &[(&str, u32)]) -> Fixture {
    let fixture = Fixture::new().await;
    fixture.marketo.arrange(|subscription| {
        let channel = subscription.channels.get_mut(WEBINAR_CHANNEL).unwrap();
        channel.progression_statuses =
            statuses.iter().map(|&(name, step)| ProgressionStatus::new(name, step)).collect();
    });
    let ports = fixture.memory.ports();
    let key = ProgramKey { id: PROGRAM.into() };
    let connection = ports.store().get(&key).await.unwrap().unwrap();
    let mut record = serde_json::to_value(&connection).unwrap();
    // A record of an earlier version, which has no mapping.
    record.as_object_mut().unwrap().remove("statuses");
    let statuses = statuses.iter().map(|(name, step)| json!({"name": name, "step": step}));
    record["channel"]["statuses"] = statuses.collect();
    let connection: ProgramConnection = serde_json::from_value(record).unwrap();
    ports.store().put(&key, &connection).await.unwrap();
    fixture
}

/// Returns a lead of a chunk with a status.
fn lead_as(number: u64, status: &str) -> Value {
    let mut lead = lead(number);
    lead["programMemberContext"]["status"] = json!(status);
    lead
}

#[tokio::test]
async fn r21_the_customers_status_pushes_and_others_are_told_its_name() {
    let fixture = fixture_with(&GERMAN).await;
    fixture.set_members([3], "Registriert");
    fixture.submit("c", &[lead_as(1, "Registriert"), lead_as(2, "Eingeladen"), lead_as(3, "REGISTRIERT ")]).await;
    for number in [1, 3] {
        let (activity, link) = fixture.outcome(number);
        assert_eq!(activity["registration"], "registered", "{activity}");
        assert_eq!(link, fixture.link(&email(number)));
        assert_eq!(fixture.member(number).status_name, "Registriert");
    }
    let (activity, _) = fixture.outcome(2);
    assert_eq!((&activity["registration"], fixture.adds(&email(2))), (&json!("skipped"), 0));
    let chunks = fixture.called_back();
    let told = chunks[0].callback.as_ref().unwrap().body.to_string();
    assert!(told.contains("Registriert") && !told.contains("status is Registered"), "{told}");
}

#[tokio::test]
async fn r21_pending_and_failed_leads_get_the_customers_statuses() {
    let fixture = fixture_with(&GERMAN).await;
    fixture.refuse_adds(1, 400, 3027, "Host can not register");
    fixture.submit("c", &[lead_as(1, "Registriert")]).await;
    assert_eq!(fixture.outcome(1).0["registration"], "failed");
    assert_eq!(fixture.member(1).status_name, "Registrierungsfehler");
    // Marketo lets the lead be set to the status again.
    assert!(fixture.marketo.set_member(MARKETO_PROGRAM, i64::try_from(lead_id(1)).unwrap(), "Registriert"));
    fixture.submit("d", &[lead_as(1, "Registriert")]).await;
    assert_eq!(fixture.outcome(1).0["registration"], "registered");
}

#[tokio::test]
async fn r21_a_status_that_is_not_registered_in_another_language_pushes_no_one() {
    let fixture = fixture_with(&[("Not Registered", 10), ("2 Registered", 20), ("Registered - Waitlist", 30)]).await;
    let leads = [lead_as(1, "Not Registered"), lead_as(2, "2 Registered"), lead_as(3, "Registered - Waitlist")];
    fixture.submit("c", &leads).await;
    let outcomes = [1, 2, 3].map(|number| fixture.outcome(number).0["registration"].clone());
    assert_eq!(outcomes, ["skipped", "registered", "skipped"]);
}

#[tokio::test]
async fn r16_a_failed_lead_that_keeps_its_status_because_of_the_steps_is_told() {
    let fixture = fixture_with(&[("Registration Error", 10), ("Registered", 20), ("Attended", 30)]).await;
    fixture.refuse_adds(1, 400, 3027, "Host can not register");
    fixture.submit("c", &[lead_as(1, "Registered")]).await;
    assert_eq!(fixture.outcome(1).0["registration"], "failed");
    assert_eq!(fixture.member(1).status_name, "Registered");
    let chunks = fixture.called_back();
    let told = chunks[0].callback.as_ref().unwrap().body.to_string();
    assert!(told.contains("keeps the status"), "{told}");
}
