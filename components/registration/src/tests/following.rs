//! Follows Zoom's registrants: events, marks and comparisons with Zoom (R18).

use super::fixture::{Fixture, MARKETO_PROGRAM, PROGRAM, WEBINAR, email, lead, lead_id};
use super::peers::{MEMBERS, marketo_error};
use crate::store::ledger;
use domain::Email;
use domain::records::{ConnectedPrograms, ProgramKey, ProgramsKey};
use domain::time::SignedDuration;
use fakes::marketo::subscription::{NewProgram, ProgressionStatus};
use fakes::support::{Effect, Fault};
use fakes::zoom::{EventSettings, RegistrantStatus};
use serde_json::{Value, json};

/// Another program that is connected to the same webinar.
pub(super) const OTHER_PROGRAM: u64 = 1003;

/// The statuses of a channel with a status for people who cancelled.
pub(super) const WITH_CANCELLED: [(&str, u32); 5] =
    [("Pending Approval", 40), ("Registered", 40), ("Registration Error", 40), ("Cancelled", 45), ("No Show", 50)];

impl Fixture {
    /// Lists the program and its webinar in the index, which the tick reads.
    pub(super) async fn index(&self, programs: &[u64]) {
        let ids: Vec<_> = programs.iter().map(|&id| id.into()).collect();
        // The list may have programs that do not copy.
        let (copying, webinars) = (ids.clone(), vec![WEBINAR.into()]);
        let programs = ConnectedPrograms { ids, webinars, copying, ..ConnectedPrograms::default() };
        self.memory.ports().store().put(&ProgramsKey {}, &programs).await.unwrap();
    }

    /// Gives the program's channel other statuses, here and in Marketo.
    pub(super) async fn set_channel(&self, program: u64, statuses: &[(&str, u32)]) {
        self.marketo.arrange(|subscription| {
            let name = subscription.programs[&i64::try_from(program).unwrap()].channel.clone();
            let channel = subscription.channels.values_mut().find(|channel| channel.name == name).unwrap();
            channel.progression_statuses.retain(|status| status.step == 0);
            let added = statuses.iter().map(|&(name, step)| ProgressionStatus::new(name, step));
            channel.progression_statuses.extend(added);
        });
        let store = self.memory.ports();
        let mut connection = store.connections().find(program.into()).await.unwrap().unwrap();
        connection.channel.statuses = statuses
            .iter()
            .map(|&(name, step)| domain::status::ProgressionStatus { name: name.to_owned(), step: step.into() })
            .collect();
        store.store().put(&ProgramKey { id: program.into() }, &connection).await.unwrap();
    }

    /// Connects another program to the webinar.
    pub(super) async fn connect_other_program(&self) {
        self.marketo.arrange(|subscription| {
            let (id, kind) = (Some(OTHER_PROGRAM.try_into().unwrap()), "Event with Webinar".to_owned());
            let new = NewProgram { id, name: "P2".to_owned(), kind, channel: "Webinar".to_owned() };
            subscription.add_program(new, domain::time::Timestamp::UNIX_EPOCH);
        });
        let ports = self.memory.ports();
        let mut connection = ports.connections().find(PROGRAM.into()).await.unwrap().unwrap();
        connection.program = OTHER_PROGRAM.into();
        ports.store().put(&ProgramKey { id: OTHER_PROGRAM.into() }, &connection).await.unwrap();
    }

    /// Lets Zoom's events get lost from now on.
    pub(super) fn lose_events(&self) {
        self.zoom.set_events(EventSettings { events: Some(Vec::new()), ..EventSettings::default() });
    }

    pub(super) fn is_marked(&self) -> bool {
        self.memory.dump().contains_key(&format!("registrants-changed:{WEBINAR}"))
    }

    /// Changes a registration in Zoom. The event, if it is not lost, is followed.
    pub(super) async fn change(&self, number: u64, action: &str) {
        self.zoom.set_registration(WEBINAR, &email(number), action).await.unwrap();
        self.memory.run_background().await;
    }

    /// Returns what an agreeing membership has: link, registrant id and status.
    pub(super) fn membership(&self, number: u64) -> (String, String, String) {
        let member = self.member(number);
        (member.text("webinarUrl").to_owned(), member.text("registrationCode").to_owned(), member.status_name)
    }
}

/// Returns a fixture in whose webinar some leads are registered; the channel has a status for people who cancelled.
pub(super) async fn registered(numbers: &[u64], is_manual: bool) -> Fixture {
    let fixture = Fixture::new().await;
    fixture.index(&[PROGRAM]).await;
    fixture.set_channel(PROGRAM, &WITH_CANCELLED).await;
    fixture.require_approval(is_manual).await;
    let leads: Vec<_> = numbers.iter().map(|&number| lead(number)).collect();
    if !leads.is_empty() {
        fixture.submit("registered", &leads).await;
    }
    fixture
}

#[tokio::test]
async fn r18_an_approval_without_a_link_ends_with_the_link() {
    let fixture = registered(&[1], true).await;
    assert_eq!(fixture.status(1), "Pending Approval");
    fixture.zoom.set_events(EventSettings { approvals_lack_link: Some(true), ..EventSettings::default() });
    fixture.change(1, "approve").await;
    let registrant = fixture.registrant(&email(1));
    assert_eq!(fixture.membership(1), (registrant.join_url, registrant.id, "Registered".to_owned()));
    assert!(!fixture.is_marked());
}

#[tokio::test]
async fn r18_who_is_cancelled_denied_or_deleted_in_zoom_is_cancelled_in_marketo_at_once() {
    for action in ["cancel", "deny", "withdraw"] {
        let fixture = registered(&[1, 2], false).await;
        fixture.change(1, action).await;
        assert_eq!(
            (fixture.status(1), fixture.status(2)),
            ("Cancelled".to_owned(), "Registered".to_owned()),
            "{action}"
        );
        assert!(!fixture.is_marked(), "{action}");
        // Zoom sends no event of a deletion.
        fixture.change(2, "delete").await;
        fixture.tick().await;
        assert_eq!(fixture.status(2), "Cancelled", "{action}");
    }
}

#[tokio::test]
async fn r18_an_unreadable_ledger_entry_stops_no_comparison() {
    let fixture = registered(&[1, 2], false).await;
    fixture.lose_events();
    let key = fixture.memory.stored_key(&ledger::key(WEBINAR.into(), &Email::parse(&email(1)).unwrap()));
    fixture.memory.ports().key_value.set(&key, b"{\"v\":99}".to_vec()).await.unwrap();
    for number in [1, 2] {
        fixture.change(number, "withdraw").await;
    }
    fixture.memory.advance(SignedDuration::from_mins(31));
    fixture.tick().await;
    // Nothing is done about a person, because a newer version may know more.
    assert_eq!((fixture.status(1), fixture.status(2)), ("Registered".to_owned(), "Cancelled".to_owned()));
    assert_eq!(fixture.memory.dump()[&key], b"{\"v\":99}");
}

#[tokio::test]
async fn r18_without_a_status_for_it_a_cancellation_is_counted() {
    let fixture = Fixture::new().await;
    fixture.index(&[PROGRAM]).await;
    fixture.submit("t", &[lead(1), lead(2)]).await;
    fixture.change(1, "withdraw").await;
    assert_eq!(fixture.status(1), "Registered");
    let (_, counts) = fixture.send("GET", "/registration/programs/1001", &Value::Null).await;
    assert_eq!((&counts["registered"], &counts["cancelled"]), (&json!(1), &json!(1)), "{counts}");
}

#[tokio::test]
async fn r18_events_in_any_order_and_number_end_in_zooms_truth() {
    let fixture = registered(&[1], true).await;
    fixture.lose_events();
    let events = |name: &str, fields: Value| (format!("webinar.registration_{name}"), fields);
    for action in ["approve", "deny", "approve"] {
        fixture.zoom.set_registration(WEBINAR, &email(1), action).await.unwrap();
    }
    let registrant = fixture.registrant(&email(1));
    let full = json!({"id": registrant.id, "email": email(1), "join_url": "https://zoom.test/w/9001?tk=old"});
    for (name, registrant) in [
        events("denied", full.clone()),
        events("approved", full.clone()),
        events("approved", full.clone()),
        events("cancelled", full.clone()),
        events("denied", json!({"id": "unknown", "email": email(1)})),
        events("created", json!({"id": "unknown", "email": email(1)})),
        events("cancelled", json!({"email": email(1)})),
    ] {
        let payload = json!({"object": {"id": WEBINAR, "registrant": registrant}});
        assert_eq!(fixture.zoom.send_event(&name, payload).await.unwrap().status, Some(200));
        fixture.memory.run_background().await;
        let registrant = fixture.registrant(&email(1));
        assert_eq!(fixture.membership(1), (registrant.join_url, registrant.id, "Registered".to_owned()), "{name}");
    }
    // Without an address the whole webinar is compared, by the tick.
    fixture.zoom.set_registration(WEBINAR, &email(1), "deny").await.unwrap();
    let payload = json!({"object": {"id": WEBINAR, "registrant": {"id": [], "email": null}}});
    fixture.zoom.send_event("webinar.registration_denied", payload).await.unwrap();
    fixture.memory.run_background().await;
    assert!(fixture.is_marked());
    fixture.tick().await;
    assert_eq!((fixture.status(1), fixture.is_marked()), ("Cancelled".to_owned(), false));
}

#[tokio::test]
async fn r18_what_an_event_does_not_finish_is_finished_by_the_tick() {
    for is_killed in [false, true] {
        let fixture = registered(&[1], true).await;
        fixture.marketo.faults().add(Fault::always("GET", MEMBERS, marketo_error("607")));
        fixture.marketo.faults().add(Fault::always("POST", MEMBERS, marketo_error("607")));
        fixture.zoom.set_registration(WEBINAR, &email(1), "approve").await.unwrap();
        if is_killed {
            fixture.memory.kill_background();
        }
        fixture.memory.run_background().await;
        fixture.tick().await;
        assert_eq!((fixture.status(1), fixture.is_marked()), ("Pending Approval".to_owned(), true));
        fixture.marketo.faults().clear();
        // A comparison that failed is repeated after a pause.
        fixture.minutes(2).await;
        let registrant = fixture.registrant(&email(1));
        assert_eq!(fixture.membership(1), (registrant.join_url, registrant.id, "Registered".to_owned()));
        assert!(!fixture.is_marked());
        let answer = fixture.submit("again", &[lead(1)]).await;
        assert_eq!((answer, fixture.adds(&email(1))), ((), 1));
    }
}

#[tokio::test]
async fn r18_lost_events_are_found_by_comparing_twice_an_hour() {
    let fixture = registered(&[1, 2, 3, 4, 5], true).await;
    fixture.tick().await;
    fixture.lose_events();
    for (number, action) in [(1, "approve"), (2, "deny"), (3, "withdraw"), (4, "delete")] {
        fixture.change(number, action).await;
    }
    fixture.memory.advance(SignedDuration::from_mins(29));
    fixture.tick().await;
    assert_eq!(fixture.status(1), "Pending Approval", "not yet");
    fixture.memory.advance(SignedDuration::from_mins(2));
    fixture.tick().await;
    let registrant = fixture.registrant(&email(1));
    assert_eq!(fixture.membership(1), (registrant.join_url, registrant.id, "Registered".to_owned()));
    let statuses: Vec<_> = (2..=5).map(|number| fixture.status(number)).collect();
    assert_eq!(statuses, ["Cancelled", "Cancelled", "Cancelled", "Pending Approval"]);
    let (_, counts) = fixture.send("GET", "/registration/programs/1001", &Value::Null).await;
    let found = &counts["reconciliation"];
    assert_eq!(
        (&found["approved"], &found["pending"], &found["denied"]),
        (&json!(1), &json!(1), &json!(1)),
        "{counts}"
    );
    assert_eq!((&found["memberships_repaired"], &found["ledger_corrected"]), (&json!(4), &json!(4)), "{counts}");
    assert_eq!((&found["withdrawn"], &found["problem"]), (&json!(3), &Value::Null), "{counts}");
}

#[tokio::test]
async fn r18_a_comparison_on_demand_answers_with_its_counts() {
    let fixture = registered(&[1, 2], false).await;
    fixture.lose_events();
    fixture.change(1, "withdraw").await;
    let (status, found) = fixture.send("POST", "/registration/programs/1001/reconcile", &Value::Null).await;
    assert_eq!(status, 200, "{found}");
    assert_eq!((&found["approved"], &found["memberships_repaired"]), (&json!(1), &json!(1)), "{found}");
    assert_eq!(fixture.status(1), "Cancelled");
    let (_, again) = fixture.send("POST", "/registration/programs/1001/reconcile", &Value::Null).await;
    assert_eq!((&again["memberships_repaired"], &again["withdrawn"]), (&json!(0), &json!(1)), "{again}");
    let (status, problem) = fixture.send("POST", "/registration/programs/7/reconcile", &Value::Null).await;
    assert_eq!((status, &problem["code"]), (404, &json!("PROGRAM_NOT_CONNECTED")));
    assert_eq!(fixture.send_as("wrong", "POST", "/registration/programs/1001/reconcile", &Value::Null).await.0, 401);
}

#[tokio::test]
async fn r18_a_newer_mark_survives_an_older_comparison() {
    let fixture = registered(&[1], false).await;
    let state = fixture.state();
    let older = crate::store::marks::write(&state, WEBINAR.into()).await.unwrap();
    let newer = crate::store::marks::write(&state, WEBINAR.into()).await.unwrap();
    crate::store::marks::clear(&state, &older).await.unwrap();
    assert!(fixture.is_marked());
    // The change of the older one may not be worked off.
    crate::store::marks::clear(&state, &newer).await.unwrap();
    assert!(fixture.is_marked());
    fixture.zoom.interruptions().during_next("GET", "/v2/webinars/*/registrants", {
        let state = fixture.state();
        async move {
            crate::store::marks::write(&state, WEBINAR.into()).await.unwrap();
        }
    });
    fixture.tick().await;
    assert!(fixture.is_marked());
    fixture.tick().await;
    assert!(!fixture.is_marked());
}

#[tokio::test]
async fn r18_every_program_and_lead_that_shares_a_registrant_gets_status_and_link() {
    let fixture = registered(&[], true).await;
    let other = i64::try_from(OTHER_PROGRAM).unwrap();
    fixture.connect_other_program().await;
    fixture.index(&[PROGRAM, OTHER_PROGRAM]).await;
    // A duplicate of lead 1 in Marketo.
    fixture.marketo.arrange(|subscription| {
        subscription.leads.set_email(lead_id(2).try_into().unwrap(), &email(1), domain::time::Timestamp::UNIX_EPOCH);
    });
    let mut duplicate = lead(2);
    duplicate["objectContext"]["email"] = json!(email(1));
    fixture.submit("t", &[lead(1), duplicate]).await;
    assert!(fixture.marketo.set_member(other, lead_id(1).try_into().unwrap(), "Registered"));
    let webhook = json!({
        "program_id": OTHER_PROGRAM, "lead_id": lead_id(1), "email": email(1), "first_name": "F", "last_name": "L",
        "status": "Registered",
    });
    let (_, answer) = fixture.send("POST", "/registration/webhook", &webhook).await;
    assert_eq!(answer["outcome"], "pending", "{answer}");
    assert_eq!(fixture.adds(&email(1)), 1);
    let members = || {
        [(MARKETO_PROGRAM, 1), (MARKETO_PROGRAM, 2), (other, 1)].map(|(program, number)| {
            let member = fixture.marketo.member(program, lead_id(number).try_into().unwrap()).unwrap();
            (member.text("webinarUrl").to_owned(), member.status_name)
        })
    };
    fixture.change(1, "approve").await;
    let link = fixture.link(&email(1));
    assert_eq!(members(), [0; 3].map(|_| (link.clone(), "Registered".to_owned())));
    fixture.change(1, "withdraw").await;
    assert_eq!(members().map(|(_, status)| status), ["Cancelled"; 3]);
}

#[tokio::test]
async fn r18_a_person_who_registers_anew_on_zooms_page_gets_the_new_link() {
    for is_event_lost in [false, true] {
        let fixture = registered(&[1], false).await;
        fixture.set_channel(PROGRAM, &[("Registered", 40), ("Cancelled", 40)]).await;
        let first = fixture.link(&email(1));
        fixture.change(1, "withdraw").await;
        assert_eq!(fixture.status(1), "Cancelled");
        if is_event_lost {
            fixture.lose_events();
        }
        fixture.register_on_zoom(&email(1)).await;
        fixture.memory.run_background().await;
        fixture.memory.advance(SignedDuration::from_mins(31));
        fixture.tick().await;
        let registrant = fixture.registrant(&email(1));
        assert_ne!(registrant.join_url, first);
        assert_eq!(fixture.membership(1), (registrant.join_url, registrant.id, "Registered".to_owned()));
    }
}

#[tokio::test]
async fn r10_a_registration_on_zooms_page_is_neither_marked_nor_copied() {
    let fixture = registered(&[1], false).await;
    fixture.set_members([2], "Registered");
    fixture.register_on_zoom(&email(2)).await;
    fixture.memory.run_background().await;
    assert!(!fixture.is_marked());
    // Nor is anybody marked who is in no program.
    fixture.register_on_zoom("stranger@example.com").await;
    let event = fixture.zoom.set_registration(WEBINAR, "stranger@example.com", "cancel").await.unwrap();
    assert_eq!(event.unwrap().status, Some(200));
    fixture.memory.run_background().await;
    assert!(!fixture.is_marked());
    fixture.change(2, "cancel").await;
    fixture.tick().await;
    assert_eq!(fixture.membership(2), (String::new(), String::new(), "Registered".to_owned()));
}

/// The host may approve somebody before the ledger has the answer to the add call.
#[tokio::test]
async fn r18_an_event_about_a_member_whom_the_ledger_does_not_have_marks_the_webinar() {
    let fixture = registered(&[1], true).await;
    let key = fixture
        .memory
        .stored_key(&crate::store::ledger::key(WEBINAR.into(), &domain::Email::parse(&email(1)).unwrap()));
    let entry = fixture.memory.dump()[&key].clone();
    let store = fixture.memory.ports().key_value;
    store.delete(&key).await.unwrap();
    let event = fixture.zoom.set_registration(WEBINAR, &email(1), "approve").await.unwrap();
    assert_eq!(event.unwrap().status, Some(200));
    assert!(!fixture.is_marked(), "Marketo is asked after the answer");
    fixture.memory.run_background().await;
    assert!(fixture.is_marked());
    store.set(&key, entry).await.unwrap();
    fixture.tick().await;
    assert!(!fixture.is_marked());
    assert_eq!(fixture.membership(1).0, fixture.link(&email(1)));
}

/// No program is connected to the webinar, so nothing but the ledger's entries names it.
#[tokio::test]
async fn r18_a_webinar_that_the_flow_step_chose_is_compared_twice_an_hour_too() {
    let fixture = registered(&[], true).await;
    let mut snapshot = fixture.memory.ports().connections().find(PROGRAM.into()).await.unwrap().unwrap().snapshot;
    snapshot.registration = domain::webinar::RegistrationMode::Manual;
    let catalog = axum::Router::new().route(
        "/internal/webinar/{id}",
        axum::routing::post(async move || axum::Json(json!({"service": "svc", "snapshot": snapshot}))),
    );
    fixture.memory.serve("catalog.spin.internal", catalog);
    fixture.connect_to(9002).await;
    fixture.set_channel(PROGRAM, &WITH_CANCELLED).await;
    let ids = vec![PROGRAM.into()];
    let index = ConnectedPrograms { ids, webinars: vec![9002.into()], ..ConnectedPrograms::default() };
    fixture.memory.ports().store().put(&ProgramsKey {}, &index).await.unwrap();
    let mut choosing = lead(1);
    choosing["flowStepContext"]["webinar"] = json!(WEBINAR.to_string());
    fixture.submit("t", &[choosing, lead(2)]).await;
    assert_eq!(fixture.membership(1).0, "");
    fixture.lose_events();
    fixture.change(1, "approve").await;
    fixture.tick().await;
    let link = fixture.link(&email(1));
    assert_eq!(fixture.membership(1).0, link);
    fixture.change(1, "cancel").await;
    fixture.memory.advance(SignedDuration::from_mins(31));
    fixture.tick().await;
    assert_eq!(fixture.status(1), "Cancelled");
    // The lead of the program's own webinar is left alone.
    assert_eq!(fixture.status(2), "Registered");
    // Once it is over, nobody asks about it any more.
    fixture.memory.advance(SignedDuration::from_hours(9 * 24));
    let asked = || fixture.zoom.log().count("GET", &format!("/v2/webinars/{WEBINAR}/registrants"));
    let before = asked();
    fixture.tick().await;
    assert_eq!(asked(), before);
}

#[tokio::test]
async fn r18_the_echo_of_an_add_call_writes_no_mark() {
    let fixture = Fixture::new().await;
    fixture.submit("t", &[lead(1), lead(2)]).await;
    fixture.deliver_events().await;
    let delivered: Vec<_> = fixture.zoom.deliveries().iter().map(|one| (one.event.clone(), one.status)).collect();
    assert_eq!(delivered, [0; 2].map(|_| ("webinar.registration_created".to_owned(), Some(200))));
    assert!(fixture.memory.dump().keys().all(|key| !key.starts_with("registrants-changed:")));
}

#[tokio::test]
async fn r19_a_registration_that_ends_after_the_webinar_changes_no_status() {
    let fixture = registered(&[1], false).await;
    fixture.memory.advance(SignedDuration::from_hours(8 * 24 + 3));
    fixture.change(1, "cancel").await;
    assert_eq!(fixture.status(1), "Registered");
}

#[tokio::test]
async fn r18_nobody_is_cancelled_because_zoom_lost_the_webinar_or_fails() {
    for fault in [None, Some(500), Some(404), Some(401)] {
        let fixture = registered(&[1], false).await;
        let registrant = fixture.registrant(&email(1));
        match fault {
            Some(status) => fixture.zoom.faults().add(Fault::always("GET", "/v2/**", Effect::status(status))),
            None => drop(fixture.zoom.delete_webinar(WEBINAR).await.unwrap()),
        }
        let payload = json!({"object": {"id": WEBINAR, "registrant": {"id": registrant.id, "email": email(1)}}});
        fixture.zoom.send_event("webinar.registration_cancelled", payload).await.unwrap();
        fixture.memory.run_background().await;
        fixture.tick().await;
        assert_eq!(fixture.status(1), "Registered", "{fault:?}");
        assert_eq!(registrant.status, RegistrantStatus::Approved);
        let (_, counts) = fixture.send("GET", "/registration/programs/1001", &Value::Null).await;
        assert_ne!(counts["reconciliation"]["problem"], Value::Null, "{fault:?}");
    }
}

#[tokio::test]
async fn r18_a_comparison_that_is_too_long_for_a_tick_is_finished_after_it() {
    let fixture = registered(&[1, 2], false).await;
    fixture.lose_events();
    fixture.change(1, "deny").await;
    let slow = Effect::Delay { delay_ms: 12_000 };
    fixture.zoom.faults().add(Fault::always("GET", "/v2/webinars/*/registrants", slow));
    fixture.tick().await;
    assert_eq!(fixture.status(1), "Registered");
    // Another tick leaves it alone while it runs.
    let asked = || fixture.zoom.log().count("GET", "/v2/webinars/*/registrants");
    let (state, before) = (fixture.state(), asked());
    let until = fixture.memory.ports().clock.now() + SignedDuration::from_mins(1);
    assert!(crate::store::reconciled::claim(&state, WEBINAR.into(), until).await.unwrap());
    fixture.tick().await;
    assert_eq!(asked(), before);
    fixture.memory.advance(SignedDuration::from_mins(2));
    fixture.tick().await;
    fixture.memory.run_background().await;
    assert_eq!(fixture.status(1), "Cancelled");
    assert!(!fixture.is_marked());
}

#[tokio::test]
async fn r18_an_event_is_answered_before_zoom_or_marketo_is_asked() {
    let fixture = registered(&[1], true).await;
    let asked = || (fixture.zoom.log().entries().len(), fixture.marketo.log().entries().len());
    let before = asked();
    let event = fixture.zoom.set_registration(WEBINAR, &email(1), "approve").await.unwrap();
    assert_eq!(event.unwrap().status, Some(200));
    assert_eq!(asked(), before);
    assert!(fixture.is_marked());
    fixture.memory.run_background().await;
    assert_ne!(asked(), before);
}

#[tokio::test]
async fn r18_a_membership_that_a_marketer_cancelled_is_not_set_back() {
    let fixture = registered(&[1], false).await;
    fixture.set_channel(PROGRAM, &[("Registered", 40), ("Cancelled", 40)]).await;
    fixture.set_members([1], "Cancelled");
    let registrant = fixture.registrant(&email(1));
    let payload = json!({"object": {"id": WEBINAR, "registrant": {"id": registrant.id, "email": email(1)}}});
    fixture.zoom.send_event("webinar.registration_approved", payload).await.unwrap();
    fixture.memory.run_background().await;
    fixture.tick().await;
    assert_eq!(fixture.status(1), "Cancelled");
    // What happens in Zoom afterwards counts.
    fixture.change(1, "deny").await;
    fixture.change(1, "approve").await;
    assert_eq!(fixture.status(1), "Registered");
}

#[tokio::test]
async fn r18_a_cancelled_membership_that_was_never_registered_gets_no_link_of_a_duplicate() {
    let fixture = registered(&[], false).await;
    fixture.marketo.arrange(|subscription| {
        let duplicate = lead_id(2).try_into().unwrap();
        subscription.leads.set_email(duplicate, &email(1), domain::time::Timestamp::UNIX_EPOCH);
    });
    fixture.set_members([2], "Cancelled");
    fixture.submit("t", &[lead(1)]).await;
    fixture.change(1, "deny").await;
    fixture.change(1, "approve").await;
    fixture.tick().await;
    assert_eq!(fixture.membership(2), (String::new(), String::new(), "Cancelled".to_owned()));
    assert_eq!(fixture.member(1).text("webinarUrl"), fixture.link(&email(1)));
}
