//! What the fake Zoom and the fake Marketo of a [`Fixture`] know, and what happens there.

use super::fixture::{Fixture, MARKETO_PROGRAM, WEBINAR, email, lead_id};
use bytes::Bytes;
use fakes::marketo::subscription::Member;
use fakes::support::{Effect, Entry, Fault};
use fakes::zoom::{ADMIN, NewRegistrant, REPORT_SCOPES, Registrant, RegistrantStatus, SCOPES, WebinarChange};
use http::Request;
use serde_json::{Value, json};

/// Zoom's path of add-registrant calls and of the list of registrants.
pub(super) const REGISTRANTS: &str = "/v2/webinars/*/registrants";
/// Marketo's path of queries and of data of members.
pub(super) const MEMBERS: &str = "/rest/v1/programs/*/members.json";
/// Marketo's path of callbacks.
pub(super) const CALLBACKS: &str = "/callback/**";

/// Zoom.
impl Fixture {
    /// Sets whether Zoom waits for the host's approval of new registrants.
    pub(super) async fn require_approval(&self, is_required: bool) {
        self.set_approval_type(u8::from(is_required)).await;
    }

    /// Sets how Zoom registers people: 0 automatically, 1 with the host's approval, 2 not at all.
    pub(super) async fn set_approval_type(&self, approval_type: u8) {
        let change = WebinarChange { approval_type: Some(approval_type), ..WebinarChange::default() };
        self.zoom.update_webinar(WEBINAR, change).await.unwrap();
    }

    /// Sets how many people may register at Zoom.
    pub(super) async fn limit_registrants(&self, limit: u32) {
        let change = WebinarChange { registrants_restrict_number: Some(limit), ..WebinarChange::default() };
        self.zoom.update_webinar(WEBINAR, change).await.unwrap();
    }

    /// Lets another person register who takes the last place.
    pub(super) async fn fill_webinar(&self) {
        self.register_on_zoom("guest@example.com").await;
        self.limit_registrants(1).await;
    }

    /// Registers a person on Zoom's own page.
    pub(super) async fn register_on_zoom(&self, email: &str) {
        let person = NewRegistrant { email: email.to_owned(), first_name: "F".to_owned(), ..NewRegistrant::default() };
        self.zoom.register_on_zoom(WEBINAR, person).await.unwrap();
    }

    /// Approves, denies or cancels a registration. The component gets the event, and follows it.
    pub(super) async fn decide(&self, email: &str, action: &str) {
        let event = self.zoom.set_registration(WEBINAR, email, action).await.unwrap();
        assert_eq!(event.expect("a subscribed event").status, Some(200));
        self.memory.run_background().await;
    }

    /// Takes a scope from the sign-in.
    pub(super) fn without_scope(&self, scope: &str) {
        self.zoom.access_token(ADMIN).unwrap();
        let scopes = SCOPES.iter().chain(&REPORT_SCOPES).filter(|one| **one != scope);
        self.zoom.change_scopes(ADMIN, &scopes.map(ToString::to_string).collect::<Vec<_>>()).unwrap();
    }

    /// Uses up today's add calls of an address, as another application of the account does. Zoom counts rejected calls.
    pub(super) async fn spend_add_calls(&self, email: &str) {
        let (token, _) = self.zoom.access_token(ADMIN).unwrap();
        for _ in 0..3 {
            let request = Request::post(format!("{}/v2/webinars/{WEBINAR}/registrants", self.zoom.url()))
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "application/json")
                .body(Bytes::from(json!({ "email": email }).to_string()));
            let response = self.memory.ports().http.send(request.unwrap()).await.unwrap();
            assert_eq!(response.status(), 400, "the first name is missing");
        }
    }

    /// Returns the add-registrant calls, oldest first.
    pub(super) fn add_calls(&self) -> Vec<Entry> {
        self.zoom.log().matching("POST", REGISTRANTS)
    }

    /// Returns the number of add-registrant calls with an address.
    pub(super) fn adds(&self, email: &str) -> usize {
        self.adds_with(email, |_| true)
    }

    /// Returns the number of add-registrant calls with an address that Zoom's rate limit did not refuse.
    pub(super) fn executed_adds(&self, email: &str) -> usize {
        self.adds_with(email, |call| call.status != Some(429))
    }

    fn adds_with(&self, email: &str, is_counted: impl Fn(&Entry) -> bool) -> usize {
        let calls = self.add_calls();
        let of_email = |call: &&Entry| call.body["email"].as_str().unwrap().eq_ignore_ascii_case(email);
        calls.iter().filter(of_email).filter(|call| is_counted(call)).count()
    }

    /// Refuses the next add-registrant calls with an error of Zoom. They are not executed.
    pub(super) fn refuse_adds(&self, times: u32, status: u16, code: u32, message: &str) {
        let effect =
            Effect::Status { status, body: json!({"code": code, "message": message}), headers: Default::default() };
        self.zoom.faults().add(Fault::once("POST", REGISTRANTS, effect).times(times));
    }

    /// Returns the registrants of the webinar: address, and whether approved.
    pub(super) fn registrants(&self) -> Vec<(String, bool)> {
        let registrants = self.zoom.webinar(WEBINAR).unwrap().registrants;
        let rows = registrants.into_iter().map(|one| (one.email, one.status == RegistrantStatus::Approved));
        rows.collect()
    }

    /// Returns the registrant with an address.
    pub(super) fn registrant(&self, email: &str) -> Registrant {
        self.zoom.webinar(WEBINAR).unwrap().registrant(email).cloned().expect("a registrant")
    }

    /// Returns the join link of an address.
    pub(super) fn link(&self, email: &str) -> String {
        self.registrant(email).join_url
    }
}

/// Marketo.
impl Fixture {
    /// Adds leads up to a number to Marketo.
    pub(super) fn add_leads(&self, last: u64) {
        let first = 1 + self.marketo.look(|subscription| subscription.leads.by_id.len()) as u64;
        for number in first..=last {
            self.add_lead(&json!({
                "email": email(number), "firstName": format!("F{number}"), "lastName": format!("L{number}"),
                "company": "C",
            }));
        }
    }

    /// Adds the next lead to Marketo.
    pub(super) fn add_lead(&self, fields: &Value) {
        let known = self.marketo.look(|subscription| subscription.leads.by_id.len()) as u64;
        assert_eq!(self.marketo.add_lead(fields), marketo_id(known + 1));
    }

    /// Makes leads members of the program, or changes their status.
    pub(super) fn set_members(&self, numbers: impl IntoIterator<Item = u64>, status: &str) {
        for number in numbers {
            assert!(self.marketo.set_member(MARKETO_PROGRAM, marketo_id(number), status), "lead {number}");
        }
    }

    /// Hides the activities so far from Marketo's API.
    pub(super) fn hide_activities(&self) {
        self.marketo.arrange(|subscription| {
            subscription.hidden_activities = subscription.activities.iter().map(|activity| activity.id).collect();
        });
    }

    /// Returns a member of the program.
    pub(super) fn member(&self, number: u64) -> Member {
        self.marketo.member(MARKETO_PROGRAM, marketo_id(number)).expect("a member")
    }

    /// Returns the status of a member.
    pub(super) fn status(&self, number: u64) -> String {
        self.member(number).status_name
    }

    /// Returns the statuses that a member had, oldest first.
    pub(super) fn status_history(&self, number: u64) -> Vec<String> {
        self.marketo.status_history(MARKETO_PROGRAM, marketo_id(number))
    }

    /// Deletes a lead.
    pub(super) fn delete_lead(&self, number: u64) {
        let id = marketo_id(number);
        self.marketo.arrange(|subscription| {
            subscription.leads.by_id.remove(&id);
            subscription.members.remove(&(MARKETO_PROGRAM, id));
        });
    }

    /// Changes the step of a status in the program's channel.
    pub(super) fn set_step(&self, status: &str, step: u32) {
        self.marketo.arrange(|subscription| {
            let statuses = subscription.channels.values_mut().flat_map(|channel| &mut channel.progression_statuses);
            statuses.filter(|known| known.name == status).for_each(|known| known.step = step);
        });
    }
}

fn marketo_id(number: u64) -> i64 {
    lead_id(number).try_into().unwrap()
}

/// Returns an error of Marketo's REST API.
pub(super) fn marketo_error(code: &str) -> Effect {
    let body = json!({"requestId": "1", "success": false, "errors": [{"code": code, "message": "m"}]});
    Effect::Status { status: 200, body, headers: Default::default() }
}
