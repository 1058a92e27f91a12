//! Programs, My Tokens and outages at the fake Marketo.

use super::TestEnv;
use fakes::marketo::Marketo;
use fakes::marketo::subscription::{
    Field, FieldType, MyToken, MyTokenType, NewProgram, Program, ProgressionStatus, WEBINAR_CHANNEL,
};
use fakes::support::{Effect, Fault};
use serde_json::{Value, json};

/// The program that the tests connect.
const PROGRAM: i64 = 1001;
/// The writes of My Tokens.
const TOKEN_WRITES: &str = "/rest/asset/v1/folder/*/tokens.json";

/// Sets up the programs `Autumn` and `Winter` in a webinar channel with four statuses, and two custom member fields.
pub(super) fn set_up(marketo: &Marketo, now: domain::time::Timestamp) {
    marketo.arrange(|subscription| {
        let statuses = [("Not in Program", 0), ("Invited", 10), ("Registered", 20), ("No Show", 30), ("Attended", 40)];
        let channel = subscription.channels.get_mut(WEBINAR_CHANNEL).unwrap();
        channel.progression_statuses = statuses.map(|(name, step)| ProgressionStatus::new(name, step)).into();
        subscription.programs.get_mut(&PROGRAM).unwrap().name = "Autumn".to_owned();
        let winter = NewProgram {
            id: Some(1003),
            name: "Winter".to_owned(),
            kind: "Event with Webinar".to_owned(),
            channel: WEBINAR_CHANNEL.to_owned(),
        };
        subscription.add_program(winter, now);
    });
    for name in ["zoomMinutes", "zoomJoined"] {
        marketo.add_member_field(Field::new(name, FieldType::String));
    }
}

impl TestEnv {
    /// Returns the value of a My Token in Marketo, empty when there is none.
    pub(crate) fn token(&self, name: &str) -> String {
        let program = self.marketo.program(PROGRAM).unwrap();
        program.my_tokens.get(name).map(|token| token.value.clone()).unwrap_or_default()
    }

    /// Writes a My Token by hand.
    pub(crate) fn set_token(&self, name: &str, kind: MyTokenType, value: &str) {
        let token = MyToken { kind, value: value.to_owned() };
        self.change_program(|program| drop(program.my_tokens.insert(name.to_owned(), token)));
    }

    /// Replaces the statuses of the programs' channel.
    pub(crate) fn set_statuses(&self, statuses: &[(&str, u32)]) {
        self.marketo.arrange(|subscription| {
            let channel = subscription.channels.get_mut(WEBINAR_CHANNEL).unwrap();
            channel.progression_statuses =
                statuses.iter().map(|&(name, step)| ProgressionStatus::new(name, step)).collect();
        });
    }

    /// Changes the program in Marketo.
    pub(crate) fn change_program(&self, change: impl FnOnce(&mut Program)) {
        self.marketo.arrange(|subscription| change(subscription.programs.get_mut(&PROGRAM).unwrap()));
    }

    /// Returns the names of the My Tokens written so far.
    pub(crate) fn written(&self) -> Vec<String> {
        let writes = self.marketo.log().matching("POST", TOKEN_WRITES).into_iter();
        let accepted = writes.filter(|write| write.refusal.is_none() && write.fault.is_none());
        accepted.map(|write| write.body["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Returns how many calls Marketo's API received so far.
    pub(crate) fn marketo_calls(&self) -> usize {
        self.marketo.log().entries().iter().filter(|entry| entry.path.starts_with("/rest/")).count()
    }

    /// Lets Marketo answer every API call with an error code from now on.
    pub(crate) fn fail_marketo(&self, code: &str) {
        let body = json!({"requestId": "1", "success": false, "errors": [{"code": code, "message": "no"}]});
        let effect = Effect::Status { status: 200, body, headers: Default::default() };
        self.marketo.faults().clear();
        self.marketo.faults().add(Fault::always("*", "/rest/**", effect));
    }

    /// Lets Marketo answer a program instead of the real one from now on.
    pub(crate) fn answer_program(&self, program: Value) {
        let body = json!({"requestId": "1", "success": true, "result": [program]});
        let effect = Effect::Status { status: 200, body, headers: Default::default() };
        self.marketo.faults().add(Fault::always("GET", "/rest/asset/v1/program/1001.json", effect));
    }

    /// Ends the outage of Marketo.
    pub(crate) fn restore_marketo(&self) {
        self.marketo.faults().clear();
    }
}
