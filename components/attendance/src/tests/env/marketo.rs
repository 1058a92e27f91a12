//! Leads, members and outages at the fake Marketo.

use super::{PROGRAM, TestEnv, address};
use domain::time::Timestamp;
use fakes::marketo::Marketo;
use fakes::marketo::subscription::{ActivityType, Field, FieldType, NewProgram, ProgressionStatus, WEBINAR_CHANNEL};
use fakes::support::{Effect, Fault};
use serde_json::{Map, Value, json};

/// The statuses of the channel, with their steps.
pub(super) const STATUSES: [(&str, i64); 4] = [("Invited", 10), ("Registered", 20), ("No Show", 30), ("Attended", 40)];

/// Another program in the webinar channel.
const OTHER_PROGRAM: i64 = 1002;

/// Sets up a channel with four statuses, two programs in it, and two custom fields of members.
pub(super) fn set_up(marketo: &Marketo, now: Timestamp) {
    marketo.arrange(|subscription| {
        let channel = subscription.channels.get_mut(WEBINAR_CHANNEL).unwrap();
        let status = |(name, step): &(&str, i64)| ProgressionStatus::new(name, u32::try_from(*step).unwrap());
        channel.progression_statuses = STATUSES.iter().map(status).collect();
        let other = NewProgram {
            id: Some(OTHER_PROGRAM),
            name: "Partner".to_owned(),
            kind: "Event with Webinar".to_owned(),
            channel: WEBINAR_CHANNEL.to_owned(),
        };
        subscription.add_program(other, now);
    });
    marketo.add_member_field(Field::new("zoomMinutes", FieldType::Integer));
    marketo.add_member_field(Field::new("zoomJoined", FieldType::Datetime));
}

fn signed(id: u64) -> i64 {
    i64::try_from(id).unwrap()
}

fn unsigned(id: i64) -> u64 {
    u64::try_from(id).unwrap()
}

impl TestEnv {
    /// Adds a lead with an address.
    pub(crate) fn lead(&self, email: &str) -> u64 {
        unsigned(self.marketo.add_lead(&json!({"email": email})))
    }

    /// Adds a lead that is a member of the program. `registrant` is the name of a person whose Zoom registration the
    /// member has, an id that Zoom does not know, or empty.
    pub(crate) fn member(&self, name: &str, status: &str, registrant: &str) -> u64 {
        let lead = self.lead(&address(name));
        let code = self.registrant_id(registrant).unwrap_or_else(|| registrant.to_owned());
        self.add_member(PROGRAM, lead, status, &code);
        lead
    }

    /// Adds a lead to a program, with a registration code.
    pub(crate) fn add_member(&self, program: u64, lead: u64, status: &str, code: &str) {
        assert!(self.marketo.set_member(signed(program), signed(lead), status), "{status}");
        self.set_member_data(program, lead, json!({"registrationCode": code}));
    }

    /// Writes data of a member, as `registration` does.
    pub(crate) fn set_member_data(&self, program: u64, lead: u64, data: Value) {
        let now = self.now();
        let data: Map<_, _> = data.as_object().unwrap().clone();
        let written = self.marketo.arrange(|all| all.write_member(signed(program), signed(lead), data, now));
        written.unwrap();
    }

    /// Returns the custom fields of a member that were written, with the lead's id; null if there are none.
    pub(crate) fn member_fields(&self, lead: u64) -> Value {
        let member = self.marketo.member(signed(PROGRAM), signed(lead));
        let data = member.map(|member| member.data).unwrap_or_default();
        let mut fields: Map<_, _> = data.into_iter().filter(|(name, _)| name.starts_with("zoom")).collect();
        if fields.is_empty() {
            return Value::Null;
        }
        fields.insert("leadId".to_owned(), lead.into());
        fields.into()
    }

    /// Returns how many members of the program have custom fields.
    pub(crate) fn members_with_fields(&self) -> usize {
        let members = self.marketo.members(signed(PROGRAM));
        members.iter().filter(|member| member.data.keys().any(|name| name.starts_with("zoom"))).count()
    }

    /// Replaces the statuses of the channel in Marketo.
    pub(crate) fn set_statuses(&self, statuses: &[(&str, u32)]) {
        self.marketo.arrange(|subscription| {
            let channel = subscription.channels.get_mut(WEBINAR_CHANNEL).unwrap();
            channel.progression_statuses =
                statuses.iter().map(|&(name, step)| ProgressionStatus::new(name, step)).collect();
        });
    }

    /// Adds a status to the channel in Marketo, or moves it to another step.
    pub(crate) fn set_step(&self, name: &str, step: u32) {
        self.marketo.arrange(|subscription| {
            let statuses = &mut subscription.channels.get_mut(WEBINAR_CHANNEL).unwrap().progression_statuses;
            statuses.retain(|status| status.name != name);
            statuses.push(ProgressionStatus::new(name, step));
        });
    }

    /// Returns the status of `{name}@x.test` in the program; empty if it is not a member.
    pub(crate) fn status(&self, name: &str) -> String {
        self.status_in(PROGRAM, name)
    }

    pub(crate) fn status_in(&self, program: u64, name: &str) -> String {
        let leads = self.leads(&address(name));
        leads.into_iter().find_map(|lead| self.status_of(program, lead)).unwrap_or_default()
    }

    /// Returns a lead's status in a program; none if it is not a member.
    pub(crate) fn status_of(&self, program: u64, lead: u64) -> Option<String> {
        self.marketo.member(signed(program), signed(lead)).map(|member| member.status_name)
    }

    /// Returns the leads with an address.
    pub(crate) fn leads(&self, email: &str) -> Vec<u64> {
        self.marketo.leads_by_email(email).iter().map(|lead| unsigned(lead.id)).collect()
    }

    /// Returns the fields of a lead.
    pub(crate) fn lead_fields(&self, lead: u64) -> Value {
        json!(self.marketo.lead(signed(lead)).unwrap().fields)
    }

    /// Sets a field of a lead, as a marketer does.
    pub(crate) fn set_lead_field(&self, lead: u64, name: &str, value: &str) {
        self.marketo.arrange(|subscription| {
            let lead = subscription.leads.by_id.get_mut(&signed(lead)).unwrap();
            lead.fields.insert(name.to_owned(), value.into());
        });
    }

    /// Lets the API write no more to a field of leads.
    pub(crate) fn make_read_only(&self, name: &str) {
        self.marketo.arrange(|subscription| {
            let field = subscription.leads.fields.iter_mut().find(|field| field.name == name).unwrap();
            field.updateable = false;
        });
    }

    /// Returns the status changes by the API in order: lead and status.
    pub(crate) fn status_changes(&self) -> Vec<(u64, String)> {
        self.changes(|_| true)
    }

    /// Returns the status changes by the API in a program.
    pub(crate) fn status_changes_in(&self, program: u64) -> Vec<(u64, String)> {
        self.changes(|of| of == Some(signed(program)))
    }

    fn changes(&self, is_wanted: impl Fn(Option<i64>) -> bool) -> Vec<(u64, String)> {
        let activities = self.marketo.activities().into_iter();
        let by_api = activities.filter(|activity| {
            activity.kind == ActivityType::ChangeProgramStatus
                && activity.text("by") == "api"
                && is_wanted(activity.program_id)
        });
        by_api.map(|activity| (unsigned(activity.lead_id), activity.text("new").to_owned())).collect()
    }

    /// Returns how many fields and leads the API wrote: each new lead, and each changed field of one.
    pub(crate) fn lead_writes(&self) -> usize {
        let is_write = |kind| matches!(kind, ActivityType::NewLead | ActivityType::ChangeDataValue);
        let activities = self.marketo.activities();
        let writes = activities.iter().filter(|activity| is_write(activity.kind));
        writes.filter(|activity| activity.text("source") == "Web service API").count()
    }

    /// Lets Marketo answer every call with an error code, until [`TestEnv::restore_marketo`].
    pub(crate) fn fail_marketo(&self, code: &str) {
        self.marketo.faults().clear();
        self.marketo.faults().add(Fault::always("*", "/rest/**", refusal(code)));
    }

    /// Lets Marketo answer every call about a program with an error code, until [`TestEnv::restore_marketo`].
    pub(crate) fn fail_program(&self, program: u64, code: &str) {
        self.marketo.faults().add(Fault::always("*", &format!("/rest/v1/programs/{program}/**"), refusal(code)));
    }

    /// Lets the next calls that set a status fail with an error code.
    pub(crate) fn fail_next_status_calls(&self, code: &str, count: u32) {
        let path = "/rest/v1/programs/*/members/status.json";
        self.marketo.faults().add(Fault::once("POST", path, refusal(code)).times(count));
    }

    /// Lets the next calls about a program fail with an error code.
    pub(crate) fn fail_next_calls_of(&self, program: u64, code: &str, count: u32) {
        let path = format!("/rest/v1/programs/{program}/**");
        self.marketo.faults().add(Fault::once("*", &path, refusal(code)).times(count));
    }

    /// Lets writes of members' data fail with an error code.
    pub(crate) fn refuse_member_data(&self, code: &str) {
        self.marketo.faults().add(Fault::always("POST", "/rest/v1/programs/*/members.json", refusal(code)));
    }

    /// Lets all writes fail after the next ones.
    pub(crate) fn fail_writes_after(&self, count: u32) {
        self.marketo.faults().add(Fault::always("POST", "/rest/v1/**", refusal("611")).after(count));
    }

    /// Ends the outages of Marketo.
    pub(crate) fn restore_marketo(&self) {
        self.marketo.faults().clear();
    }
}

fn refusal(code: &str) -> Effect {
    let body = json!({"requestId": "1", "success": false, "errors": [{"code": code, "message": "no"}]});
    Effect::Status { status: 200, body, headers: Default::default() }
}
