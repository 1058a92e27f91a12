//! Registrations of Zoom's own page, for connections with the setting `copy_zoom_registrations` (R10).

use super::fixture::{Fixture, MARKETO_PROGRAM, PROGRAM, WEBINAR, email, lead};
use super::following::{OTHER_PROGRAM, WITH_CANCELLED};
use super::peers::{REGISTRANTS, marketo_error};
use crate::store::ledger;
use domain::Email;
use domain::records::{
    ConnectedPrograms, LeadPartition, ProgramConnection, ProgramKey, ProgramsKey, Service, ServiceKey, ServiceState,
};
use domain::time::SignedDuration;
use fakes::support::{DropWhen, Effect, Fault};
use fakes::zoom::{ACCOUNT, NewRegistrant, Panelist};
use serde_json::{Value, json};

const LEADS: &str = "/rest/v1/leads.json";
const ADA: &str = "ada@example.com";

impl Fixture {
    /// Changes the record of a connection.
    pub(super) async fn change_connection(&self, program: u64, change: impl FnOnce(&mut ProgramConnection)) {
        let ports = self.memory.ports();
        let mut connection = ports.connections().find(program.into()).await.unwrap().unwrap();
        change(&mut connection);
        ports.store().put(&ProgramKey { id: program.into() }, &connection).await.unwrap();
    }

    /// Sets whether a program copies.
    pub(super) async fn set_copying(&self, program: u64, copies: bool) {
        self.change_connection(program, |connection| connection.copy_zoom_registrations = copies).await;
    }

    /// Registers a person on Zoom's page with all fields. The event, if it is not lost, is worked off.
    pub(super) async fn register_fully(&self, email: &str) {
        let details = [("org", "Analytical Engines"), ("phone", "+44 1"), ("city", "London")];
        let person = NewRegistrant {
            email: email.to_owned(),
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            details: details.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            ..NewRegistrant::default()
        };
        self.zoom.register_on_zoom(WEBINAR, person).await.unwrap();
        self.memory.run_background().await;
    }

    /// Returns link, registrant id and status of the only lead with an address in a program; `None` if it is no member.
    ///
    /// # Panics
    /// When several leads have the address.
    pub(super) fn copied(&self, program: i64, email: &str) -> Option<(String, String, String)> {
        let leads = self.marketo.leads_by_email(email);
        assert!(leads.len() <= 1, "{} leads", leads.len());
        let member = self.marketo.member(program, leads.first()?.id)?;
        Some((member.text("webinarUrl").to_owned(), member.text("registrationCode").to_owned(), member.status_name))
    }

    /// Returns what an agreeing membership of a registrant has.
    pub(super) fn expected(&self, email: &str) -> Option<(String, String, String)> {
        let registrant = self.registrant(email);
        Some((registrant.join_url, registrant.id, "Registered".to_owned()))
    }

    pub(super) fn assert_copied(&self, email: &str) {
        assert_eq!(self.copied(MARKETO_PROGRAM, email), self.expected(email), "{email}");
    }

    /// Returns the number of leads with an address, and whether one is a member.
    pub(super) fn is_untouched(&self, email: &str) -> bool {
        self.marketo.leads_by_email(email).is_empty()
    }

    async fn counts(&self, program: u64) -> (Value, Value, Value) {
        let (_, counts) = self.send("GET", &format!("/registration/programs/{program}"), &Value::Null).await;
        (counts["registered"].clone(), counts["pending"].clone(), counts["cancelled"].clone())
    }

    /// Runs a number of ticks, each a minute after the one before.
    pub(super) async fn minutes(&self, count: usize) {
        for _ in 0..count {
            self.memory.advance(SignedDuration::from_mins(1));
            self.tick().await;
            self.memory.run_background().await;
        }
    }
}

/// Returns a fixture whose program copies, and whose webinar was compared once.
pub(super) async fn copying() -> Fixture {
    let fixture = Fixture::new().await;
    fixture.index(&[PROGRAM]).await;
    fixture.set_channel(PROGRAM, &WITH_CANCELLED).await;
    fixture.set_copying(PROGRAM, true).await;
    fixture.tick().await;
    fixture
}

#[tokio::test]
async fn r10_nobody_is_copied_unless_an_admin_switched_it_on() {
    let fixture = copying().await;
    fixture.set_copying(PROGRAM, false).await;
    fixture.register_fully(ADA).await;
    fixture.minutes(35).await;
    assert!(fixture.is_untouched(ADA) && !fixture.is_marked());
}

#[tokio::test]
async fn r10_a_registration_on_zooms_page_becomes_a_lead_and_a_member_with_its_link() {
    let fixture = copying().await;
    fixture.register_fully(ADA).await;
    fixture.assert_copied(ADA);
    assert!(!fixture.is_marked());
    let lead = fixture.marketo.leads_by_email(ADA).remove(0);
    for (name, value) in
        [("firstName", "Ada"), ("lastName", "Lovelace"), ("company", "Analytical Engines"), ("phone", "+44 1")]
    {
        assert_eq!(lead.text(name), value, "{name}");
    }
    assert_eq!(fixture.counts(PROGRAM).await, (json!(1), json!(0), json!(0)));
    // The comparison finds nothing to do.
    fixture.minutes(35).await;
    assert_eq!(fixture.counts(PROGRAM).await, (json!(1), json!(0), json!(0)));
    assert_eq!(fixture.add_calls().len(), 0);
}

#[tokio::test]
async fn r10_a_lead_that_exists_is_found_and_keeps_its_data() {
    let fixture = copying().await;
    fixture.add_lead(&json!({"email": ADA.to_uppercase(), "firstName": "Augusta"}));
    fixture.set_members([21], "Pending Approval");
    fixture.register_fully(ADA).await;
    fixture.assert_copied(ADA);
    let lead = fixture.marketo.leads_by_email(ADA).remove(0);
    assert_eq!((lead.text("firstName"), lead.text("lastName")), ("Augusta", "Lovelace"));
    assert_eq!(fixture.marketo.log().count("POST", "/rest/v1/programs/*/members/status.json"), 1);
}

#[tokio::test]
async fn r10_the_member_among_several_leads_of_an_address_is_taken() {
    let fixture = copying().await;
    for _ in 0..2 {
        fixture.add_lead(&json!({"email": ADA, "firstName": "Ada"}));
    }
    fixture.set_members([22], "Pending Approval");
    fixture.register_fully(ADA).await;
    assert_eq!(fixture.membership(22).0, fixture.link(ADA));
    assert_eq!(fixture.marketo.leads_by_email(ADA).len(), 2);
    assert!(fixture.marketo.member(MARKETO_PROGRAM, 500_021).is_none());
}

#[tokio::test]
async fn r10_a_lead_is_created_in_the_partition_of_the_connection() {
    let fixture = copying().await;
    fixture.marketo.arrange(|subscription| {
        subscription.leads.partitions.insert(2, "Europe".into());
        subscription.leads.is_partition_required = true;
    });
    fixture.register_fully(ADA).await;
    assert!(fixture.is_untouched(ADA));
    let europe = LeadPartition { id: 2, name: "Europe".to_owned() };
    fixture.change_connection(PROGRAM, |connection| connection.lead_partition = Some(europe)).await;
    fixture.minutes(31).await;
    fixture.assert_copied(ADA);
    assert_eq!(fixture.marketo.leads_by_email(ADA)[0].partition, 2);
}

#[tokio::test]
async fn r10_whose_event_was_lost_is_copied_within_half_an_hour() {
    let fixture = copying().await;
    fixture.lose_events();
    fixture.register_fully(ADA).await;
    fixture.register_fully("bob@example.com").await;
    fixture.minutes(5).await;
    assert!(fixture.is_untouched(ADA));
    fixture.minutes(26).await;
    fixture.assert_copied(ADA);
    fixture.assert_copied("bob@example.com");
    assert_eq!(fixture.counts(PROGRAM).await, (json!(2), json!(0), json!(0)));
}

#[tokio::test]
async fn r10_events_that_come_twice_or_beside_a_comparison_make_one_lead() {
    let fixture = copying().await;
    fixture.lose_events();
    fixture.register_fully(ADA).await;
    let id = fixture.registrant(ADA).id;
    for address in [ADA, "mallory@example.com"] {
        let payload = json!({"object": {"id": WEBINAR, "registrant": {"id": id, "email": address}}});
        for name in ["webinar.registration_created", "webinar.registration_approved"] {
            fixture.zoom.send_event(name, payload.clone()).await.unwrap();
        }
    }
    let tick = async {
        fixture.memory.advance(SignedDuration::from_mins(31));
        fixture.tick().await
    };
    fixture.memory.run_with_background(tick).await;
    fixture.minutes(2).await;
    fixture.assert_copied(ADA);
    // An event is not believed.
    assert!(fixture.is_untouched("mallory@example.com"));
    assert_eq!(fixture.counts(PROGRAM).await, (json!(1), json!(0), json!(0)));
}

#[tokio::test]
async fn r10_two_replicas_at_once_make_one_lead() {
    let fixture = copying().await;
    fixture.lose_events();
    for person in [ADA, "bob@example.com"] {
        fixture.register_fully(person).await;
    }
    fixture.memory.advance(SignedDuration::from_mins(31));
    let instances = [0; 2].map(|_| fixture.instance(fixture.memory.ports()));
    let deadline = fixture.memory.ports().clock.now() + SignedDuration::from_secs(25);
    let ticks = instances.iter().map(|instance| {
        let request = http::Request::post("/internal/tick")
            .header("content-type", "application/json")
            .body(json!({ "deadline": deadline }).to_string().into());
        Fixture::request_to(instance, request.unwrap())
    });
    for (status, body) in futures::future::join_all(ticks).await {
        assert_eq!(status, 200, "{body}");
    }
    fixture.minutes(2).await;
    fixture.assert_copied(ADA);
    fixture.assert_copied("bob@example.com");
    assert_eq!(fixture.marketo.look(|subscription| subscription.leads.by_id.len()), 22);
    assert_eq!(fixture.counts(PROGRAM).await, (json!(2), json!(0), json!(0)));
}

#[tokio::test]
async fn r10_while_marketo_is_down_nobody_is_lost_or_made_twice() {
    for is_killed in [false, true] {
        let fixture = copying().await;
        fixture.marketo.faults().add(Fault::always("*", "/rest/**", marketo_error("607")));
        if is_killed {
            fixture.lose_events();
        }
        fixture.register_fully(ADA).await;
        assert_eq!(fixture.is_marked(), !is_killed);
        fixture.minutes(40).await;
        assert!(fixture.is_untouched(ADA));
        fixture.marketo.faults().clear();
        fixture.minutes(if is_killed { 31 } else { 2 }).await;
        fixture.assert_copied(ADA);
        assert!(!fixture.is_marked());
    }
}

#[tokio::test]
async fn r10_r23_what_came_from_zoom_is_not_pushed_back() {
    let fixture = copying().await;
    fixture.register_fully(ADA).await;
    let expected = fixture.expected(ADA);
    // The status change is an activity, and the flow step comes too.
    fixture.minutes(3).await;
    let id = fixture.marketo.leads_by_email(ADA)[0].id;
    let mut row = lead(1);
    row["objectContext"]["id"] = json!(id);
    row["objectContext"]["email"] = json!(ADA);
    fixture.submit("t", &[row]).await;
    fixture.minutes(35).await;
    assert_eq!(fixture.called_back().len(), 1);
    assert_eq!((fixture.add_calls().len(), fixture.copied(MARKETO_PROGRAM, ADA)), (0, expected));
    assert!(!fixture.memory.dump().keys().any(|key| key.starts_with("failure:")));
}

/// Zoom's page asks for less than an add call.
#[tokio::test]
async fn r10_who_gave_zoom_no_last_name_stays_registered_after_the_flow_step() {
    let fixture = copying().await;
    fixture.register_on_zoom(ADA).await;
    fixture.memory.run_background().await;
    fixture.assert_copied(ADA);
    let id = fixture.marketo.leads_by_email(ADA)[0].id;
    let row = json!({
        "objectType": "lead",
        "objectContext": {"id": id, "email": ADA, "firstName": "F"},
        "flowStepContext": {"webinar": "program"},
        "programMemberContext": {"status": "Registered"},
    });
    fixture.submit("t", &[row]).await;
    fixture.minutes(3).await;
    fixture.assert_copied(ADA);
    assert_eq!((fixture.outcome(21).0["registration"].clone(), fixture.add_calls().len()), (json!("registered"), 0));
    assert!(!fixture.memory.dump().keys().any(|key| key.starts_with("failure:")));
}

/// Zoom's event of a registration may come before the ledger has the answer to the add call.
#[tokio::test]
async fn r10_the_echo_of_an_add_call_copies_nobody() {
    let fixture = copying().await;
    fixture.add_lead(&json!({"email": email(1), "firstName": "A duplicate"}));
    let state = fixture.state();
    fixture.zoom.interruptions().during_next("POST", REGISTRANTS, async move {
        state.ports.clock.sleep(SignedDuration::from_secs(9)).await;
    });
    fixture.accept("t", &[lead(1)]).await;
    fixture.memory.run_with_background(fixture.deliver_events()).await;
    fixture.deliver_events().await;
    fixture.minutes(2).await;
    assert_eq!(fixture.membership(1).0, fixture.link(&email(1)));
    assert!(fixture.marketo.member(MARKETO_PROGRAM, 500_021).is_none());
    assert_eq!((fixture.adds(&email(1)), fixture.marketo.log().count("POST", LEADS)), (1, 0));
}

/// The chunk is open, its registrant is in Zoom, and the ledger does not have it.
#[tokio::test]
async fn r10_people_of_an_open_chunk_are_left_to_it() {
    let fixture = copying().await;
    fixture.lose_events();
    fixture.accept("t", &[lead(1)]).await;
    fixture.register_on_zoom(&email(1)).await;
    let registrant = fixture.registrant(&email(1));
    let state = fixture.state();
    let connections = state.ports.connections().of_webinar(WEBINAR.into()).await.unwrap();
    let until = state.ports.clock.now() + SignedDuration::from_secs(25);
    let id = Some(domain::RegistrantId::from(registrant.id));
    let copied = crate::copying::event::copy_registrant(&state, WEBINAR.into(), id.as_ref(), &connections, until).await;
    assert_eq!(copied.unwrap(), crate::copying::copier::Copied::AllBut(0));
    assert!(!fixture.memory.dump().keys().any(|key| key.starts_with("registration:")));
}

#[tokio::test]
async fn r10_r18_a_copied_registration_follows_zoom() {
    let fixture = copying().await;
    fixture.require_approval(true).await;
    fixture.register_fully(ADA).await;
    let registrant = fixture.registrant(ADA);
    let pending = (String::new(), registrant.id.clone(), "Pending Approval".to_owned());
    assert_eq!(fixture.copied(MARKETO_PROGRAM, ADA), Some(pending));
    assert_eq!(fixture.counts(PROGRAM).await, (json!(0), json!(1), json!(0)));
    fixture.decide(ADA, "approve").await;
    fixture.assert_copied(ADA);
    fixture.decide(ADA, "cancel").await;
    assert_eq!(fixture.copied(MARKETO_PROGRAM, ADA).unwrap().2, "Cancelled");
    assert_eq!(fixture.marketo.leads_by_email(ADA).len(), 1);
}

/// The host decides before the event of the registration is worked off.
#[tokio::test]
async fn r10_r18_who_is_approved_or_denied_at_once_ends_in_zooms_truth() {
    for (action, expected) in [("approve", true), ("deny", false)] {
        let fixture = copying().await;
        fixture.require_approval(true).await;
        fixture.register_on_zoom(ADA).await;
        let event = fixture.zoom.set_registration(WEBINAR, ADA, action).await.unwrap();
        assert_eq!(event.unwrap().status, Some(200));
        fixture.memory.run_background().await;
        fixture.minutes(2).await;
        assert_eq!(fixture.copied(MARKETO_PROGRAM, ADA), fixture.expected(ADA).filter(|_| expected), "{action}");
        assert!(!fixture.is_marked(), "{action}");
    }
}

#[tokio::test]
async fn r10_each_program_that_copies_gets_the_person_who_is_counted_once() {
    let fixture = copying().await;
    fixture.connect_other_program().await;
    fixture.index(&[PROGRAM, OTHER_PROGRAM]).await;
    let other = i64::try_from(OTHER_PROGRAM).unwrap();
    fixture.register_fully(ADA).await;
    fixture.assert_copied(ADA);
    assert_eq!(fixture.copied(other, ADA), fixture.expected(ADA));
    assert_eq!(fixture.counts(PROGRAM).await, (json!(1), json!(0), json!(0)));
    assert_eq!(fixture.counts(OTHER_PROGRAM).await, (json!(0), json!(0), json!(0)));
    // One of them alone.
    fixture.set_copying(PROGRAM, false).await;
    fixture.register_fully("bob@example.com").await;
    assert_eq!(fixture.copied(MARKETO_PROGRAM, "bob@example.com"), None);
    assert_eq!(fixture.copied(other, "bob@example.com"), fixture.expected("bob@example.com"));
    // Not of Zoom's page: a program registered the lead.
    fixture.set_copying(OTHER_PROGRAM, true).await;
    fixture.submit("t", &[lead(1)]).await;
    fixture.deliver_events().await;
    fixture.minutes(31).await;
    assert_eq!(fixture.copied(other, &email(1)), None);
}

#[tokio::test]
async fn r10_neither_the_own_side_nor_those_who_are_not_registered_are_copied() {
    let fixture = copying().await;
    fixture.lose_events();
    for person in ["panelist@example.com", "denied@example.com", "gone@example.com"] {
        fixture.register_on_zoom(person).await;
    }
    let panelist = Panelist { email: "panelist@example.com".to_owned(), name: "P".to_owned() };
    fixture.zoom.add_panelist(WEBINAR, panelist).unwrap();
    for (person, action) in [("denied@example.com", "deny"), ("gone@example.com", "withdraw")] {
        fixture.zoom.set_registration(WEBINAR, person, action).await.unwrap();
    }
    fixture.minutes(31).await;
    for person in ["panelist@example.com", "denied@example.com", "gone@example.com"] {
        assert!(fixture.is_untouched(person), "{person}");
    }
}

#[tokio::test]
async fn r10_a_program_that_is_connected_elsewhere_or_whose_webinar_is_over_gets_nobody() {
    let fixture = copying().await;
    fixture.connect_to(9002).await;
    fixture.set_copying(PROGRAM, true).await;
    fixture.register_fully(ADA).await;
    fixture.minutes(31).await;
    assert!(fixture.is_untouched(ADA));
    let fixture = copying().await;
    fixture.lose_events();
    fixture.register_fully(ADA).await;
    fixture.memory.advance(SignedDuration::from_hours(24 * 8 + 3));
    let compared = fixture.send("POST", "/registration/programs/1001/reconcile", &json!({})).await;
    assert_eq!(compared.0, 200, "{compared:?}");
    assert!(fixture.is_untouched(ADA));
}

#[tokio::test]
async fn r10_r22_odd_registrants_cost_only_themselves() {
    let fixture = copying().await;
    fixture.lose_events();
    fixture.register_fully(ADA).await;
    for person in ["odd@example.com", "nobody@example.com"] {
        fixture.register_on_zoom(person).await;
    }
    let mut odd = fixture.zoom.webinar(WEBINAR).unwrap().registrants;
    odd.retain(|registrant| registrant.email != ADA);
    let row = |email: Value, fields: Value| {
        json!({
            "id": odd[0].id, "email": email, "first_name": fields, "last_name": null, "org": 7, "status": "approved",
            "join_url": odd[0].join_url,
        })
    };
    let rows = [row(json!("odd@example.com"), json!(["x"])), row(Value::Null, json!("F"))];
    let ada = fixture.registrant(ADA);
    let good = json!({"id": ada.id, "email": ADA, "first_name": "Ada", "status": "approved", "join_url": ada.join_url});
    let page = json!({"registrants": [rows[0], rows[1], good], "next_page_token": ""});
    let effect = fakes::support::Effect::Status { status: 200, body: page, headers: Default::default() };
    fixture.zoom.faults().add(Fault::always("GET", REGISTRANTS, effect));
    fixture.minutes(31).await;
    fixture.assert_copied(ADA);
    assert_eq!(fixture.copied(MARKETO_PROGRAM, "odd@example.com").unwrap().2, "Registered");
    assert!(fixture.is_untouched("nobody@example.com"));
}

#[tokio::test]
async fn r10_an_unreadable_ledger_entry_stops_no_other_copy() {
    let fixture = copying().await;
    fixture.lose_events();
    let key = fixture.memory.stored_key(&ledger::key(WEBINAR.into(), &Email::parse(ADA).unwrap()));
    fixture.memory.ports().key_value.set(&key, b"{\"v\":99}".to_vec()).await.unwrap();
    fixture.register_fully(ADA).await;
    fixture.register_fully("bob@example.com").await;
    fixture.minutes(31).await;
    fixture.assert_copied("bob@example.com");
    assert!(fixture.is_untouched(ADA) && !fixture.is_marked());
}

#[tokio::test]
async fn r10_a_comparison_without_news_costs_nothing_more_and_new_people_come_in_batches() {
    let fixture = copying().await;
    fixture.lose_events();
    for number in 0..650 {
        fixture.register_on_zoom(&format!("guest{number}@example.com")).await;
    }
    fixture.marketo.log().clear();
    fixture.minutes(31).await;
    // Look-up and creation.
    assert_eq!(fixture.marketo.log().count("POST", LEADS), 6);
    assert_eq!(fixture.marketo.log().count("POST", "/rest/v1/programs/*/members/status.json"), 3);
    assert_eq!(fixture.counts(PROGRAM).await, (json!(650), json!(0), json!(0)));
    fixture.minutes(2).await;
    let calls = async |copies: bool| {
        fixture.set_copying(PROGRAM, copies).await;
        fixture.marketo.log().clear();
        fixture.zoom.log().clear();
        fixture.minutes(31).await;
        // Tokens expire at times of their own.
        let is_api = |entry: &fakes::support::Entry| !entry.path.starts_with("/identity/");
        let of_marketo = fixture.marketo.log().entries().iter().filter(|entry| is_api(entry)).count();
        (of_marketo, fixture.zoom.log().entries().len())
    };
    assert_eq!(calls(true).await, calls(false).await);
}

/// What a worker did not finish, the comparison does.
#[tokio::test]
async fn r10_a_copy_that_was_interrupted_is_completed() {
    for path in [LEADS, "/rest/v1/programs/*/members/status.json", "/rest/v1/programs/*/members.json"] {
        let fixture = copying().await;
        fixture.marketo.faults().add(Fault::once("POST", path, marketo_error("607")));
        fixture.register_fully(ADA).await;
        assert!(fixture.is_marked(), "{path}");
        fixture.minutes(3).await;
        fixture.assert_copied(ADA);
        assert!(!fixture.is_marked(), "{path}");
        let entries = fixture.memory.dump();
        let (_, entry) = entries.iter().find(|(key, _)| key.starts_with("registration:")).unwrap();
        assert!(!String::from_utf8_lossy(entry).contains("copy_pending"));
    }
}

/// Only a create call that may still run at Marketo keeps other workers waiting.
#[tokio::test]
async fn r10_a_refused_create_call_keeps_no_other_worker_waiting() {
    let refused = ["603", "607", "610"].map(|code| (marketo_error(code), false));
    for (effect, is_kept) in refused.into_iter().chain([(Effect::Drop { drop: DropWhen::After }, true)]) {
        let fixture = copying().await;
        fixture.marketo.faults().add(Fault::once("POST", LEADS, effect.clone()).after(1));
        fixture.register_fully(ADA).await;
        assert!(fixture.marketo.faults().pending().is_empty());
        fixture.register_fully("bob@example.com").await;
        assert_eq!(fixture.is_untouched("bob@example.com"), is_kept, "{effect:?}");
        fixture.minutes(4).await;
        fixture.assert_copied(ADA);
        fixture.assert_copied("bob@example.com");
    }
}

/// The removal comes while Marketo looks up the address: of nobody, and of a lead.
#[tokio::test]
async fn r17_an_account_that_is_forgotten_during_a_copy_keeps_no_registration() {
    for is_lead in [false, true] {
        let fixture = copying().await;
        if is_lead {
            fixture.add_lead(&json!({"email": ADA, "firstName": "Ada", "lastName": "L", "company": "C", "phone": "1"}));
        }
        let (ports, instance) = (fixture.memory.ports(), fixture.first_instance());
        fixture.marketo.interruptions().during_next("POST", LEADS, async move {
            let key = ServiceKey { id: "svc".into() };
            let service = ports.store().get(&key).await.unwrap().unwrap();
            let gone = Service { state: ServiceState::Deauthorized, ..service };
            ports.store().put(&key, &gone).await.unwrap();
            let deadline = ports.clock.now() + SignedDuration::from_secs(10);
            let body =
                json!({"account": ACCOUNT, "services": ["svc"], "kept_services": [], "deadline": deadline}).to_string();
            let request = http::Request::post("/internal/forget-account").body(body.into()).unwrap();
            let (status, body) = Fixture::request_to(&instance, request).await;
            assert_eq!((status, &body["complete"]), (200, &json!(true)), "{body}");
        });
        fixture.register_fully(ADA).await;
        fixture.minutes(2).await;
        let left: Vec<_> = fixture.memory.dump().into_keys().collect();
        let is_of_account = |key: &&String| ["registra", "reconciled:"].iter().any(|prefix| key.starts_with(prefix));
        assert_eq!(left.iter().find(is_of_account), None);
        assert_eq!(fixture.is_untouched(ADA), !is_lead);
    }
}

/// The API user may not access the lead's partition yet.
#[tokio::test]
async fn r10_who_is_skipped_by_marketo_is_copied_once_it_takes_them() {
    let fixture = copying().await;
    fixture.add_lead(&json!({"email": ADA, "firstName": "Ada"}));
    let row = json!({"leadId": 500_021, "status": "skipped", "reasons": [{"code": "1008", "message": "m"}]});
    let body = json!({"requestId": "1", "success": true, "result": [row]});
    let effect = Effect::Status { status: 200, body, headers: Default::default() };
    fixture.marketo.faults().add(Fault::always("POST", "/rest/v1/programs/*/members/status.json", effect));
    fixture.register_fully(ADA).await;
    fixture.minutes(3).await;
    assert!(!fixture.is_marked() && fixture.copied(MARKETO_PROGRAM, ADA).is_none());
    fixture.marketo.faults().clear();
    fixture.minutes(31).await;
    fixture.assert_copied(ADA);
}

#[tokio::test]
async fn r10_a_program_whose_service_cannot_be_used_stops_no_other() {
    let fixture = copying().await;
    fixture.connect_other_program().await;
    fixture.index(&[PROGRAM, OTHER_PROGRAM]).await;
    fixture.change_connection(PROGRAM, |connection| connection.service = "gone".into()).await;
    fixture.register_fully(ADA).await;
    assert_eq!(fixture.copied(OTHER_PROGRAM.try_into().unwrap(), ADA), fixture.expected(ADA));
    assert!(!fixture.is_marked());
}

/// The comparison itself leaves too little time to create leads.
#[tokio::test]
async fn r10_people_whom_a_tick_has_no_time_to_copy_are_copied_by_a_long_run() {
    let fixture = copying().await;
    fixture.lose_events();
    fixture.register_fully(ADA).await;
    fixture.zoom.faults().add(Fault::always("GET", REGISTRANTS, Effect::Delay { delay_ms: 6_000 }));
    fixture.minutes(32).await;
    fixture.assert_copied(ADA);
    assert!(!fixture.is_marked());
}

#[tokio::test]
async fn r10_r23_a_copy_that_marketo_refuses_is_shown_and_is_not_repeated_each_minute() {
    let fixture = copying().await;
    let status = "/rest/v1/programs/*/members/status.json";
    fixture.marketo.faults().add(Fault::always("POST", status, marketo_error("603")));
    fixture.register_fully(ADA).await;
    fixture.marketo.log().clear();
    fixture.minutes(59).await;
    let readings = fixture.marketo.log().count("GET", "/rest/v1/programs/*/members.json");
    assert!(readings <= 3, "{readings}");
    let (_, counts) = fixture.send("GET", "/registration/programs/1001", &Value::Null).await;
    assert_eq!(counts["reconciliation"]["problem"]["code"], "MARKETO_ACCESS_DENIED", "{counts}");
    fixture.marketo.faults().clear();
    fixture.minutes(31).await;
    fixture.assert_copied(ADA);
    let (_, counts) = fixture.send("GET", "/registration/programs/1001", &Value::Null).await;
    assert_eq!(counts["reconciliation"]["problem"], Value::Null, "{counts}");
}

/// A tick of another replica runs while the registrant of an event is copied.
#[tokio::test]
async fn r10_r23_registrations_that_come_steadily_make_no_tick_read_the_memberships() {
    let fixture = copying().await;
    fixture.marketo.log().clear();
    let (instance, clock) = (fixture.instance(fixture.memory.ports()), fixture.memory.ports().clock);
    fixture.marketo.interruptions().during_next("POST", LEADS, async move {
        let body = json!({"deadline": clock.now() + SignedDuration::from_secs(25)}).to_string();
        let request =
            http::Request::post("/internal/tick").header("content-type", "application/json").body(body.into());
        let (status, body) = Fixture::request_to(&instance, request.unwrap()).await;
        assert_eq!(status, 200, "{body}");
    });
    fixture.register_fully(ADA).await;
    fixture.assert_copied(ADA);
    assert_eq!(fixture.marketo.log().count("GET", "/rest/v1/programs/*/members.json"), 0);
    assert!(!fixture.is_marked());
}

/// Registrations of Zoom's page come also where nobody copies.
#[tokio::test]
async fn r10_a_registration_that_nobody_copies_reads_no_connection() {
    let fixture = copying().await;
    fixture.change_connection(PROGRAM, |connection| connection.copy_zoom_registrations = false).await;
    let programs = (1..=100).map(|id| id.into()).chain([PROGRAM.into()]).collect();
    let index = ConnectedPrograms { ids: programs, ..ConnectedPrograms::default() };
    fixture.memory.ports().store().put(&ProgramsKey {}, &index).await.unwrap();
    let accesses = fixture.memory.accesses();
    fixture.register_fully(ADA).await;
    assert!(fixture.memory.accesses() - accesses < 20);
}
