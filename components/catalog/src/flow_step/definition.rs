//! `GET /flow-step/getServiceDefinition`: what the flow step asks of a marketer and an admin, what it is sent, and what
//! it writes back (Adobe's `serviceDefinition`, in `assets/definition.json`). Once installed, attributes can hardly be
//! changed: Marketo admins would have to install the flow step anew. Why it is as it is:
//!
//! - The program says which webinar, the membership whether the person is Registered, the subscription whom to call back:
//!   hence these contexts.
//! - `joinUrl` is a `text`: a `string` ends at 255 bytes, and join links can be longer.
//! - `picklistUrl` stands beside `hasPicklist`: Adobe's schema has only the latter, its guide asks for the former, and its
//!   own example sends both.

use super::filled;
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use platform::ApiError;

/// Everything but what depends on where the application runs.
pub(super) const DEFINITION: &str = include_str!(concat!(env!("OUT_DIR"), "/definition.json"));

/// Answers with the definition.
pub(super) async fn handle(State(app): State<App>) -> Result<Response, ApiError> {
    filled(&app, DEFINITION).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn at_example() -> Value {
        serde_json::from_str(&super::super::fill(DEFINITION, "https://z.example").unwrap()).unwrap()
    }

    /// What some members of a list are called.
    fn names<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
        list.as_array().unwrap().iter().map(|member| member[key].as_str().unwrap()).collect()
    }

    #[test]
    fn names_are_those_of_the_contract() {
        let definition = at_example();
        let (sent, returned) = (&definition["invocationPayloadDef"], &definition["callbackPayloadDef"]);
        assert_eq!(definition["apiName"], "registerForZoomWebinar");
        assert_eq!(names(&sent["flowAttributes"], "apiName"), ["webinar"]);
        assert_eq!(names(&sent["fields"], "serviceAttribute"), ["email", "firstName", "lastName", "company", "phone"]);
        assert_eq!(names(&returned["fields"], "serviceAttribute"), ["joinUrl"]);
        assert_eq!(returned["fields"][0]["dataType"], "text");
        assert_eq!(
            names(&returned["attributes"], "apiName"),
            ["webinarId", "webinarTopic", "registrantId", "registration"]
        );
    }

    #[test]
    fn r8_name_and_address_are_required_of_a_lead() {
        let definition = at_example();
        let fields = definition["invocationPayloadDef"]["fields"].as_array().unwrap();
        let required: Vec<_> = fields.iter().map(|field| field["required"].as_bool().unwrap()).collect();
        assert_eq!(required, [true, true, true, false, false]);
    }

    #[test]
    fn the_primary_attribute_is_a_flow_attribute_and_no_name_is_used_twice_or_reserved() {
        let definition = at_example();
        let flow = names(&definition["invocationPayloadDef"]["flowAttributes"], "apiName");
        let activity = names(&definition["callbackPayloadDef"]["attributes"], "apiName");
        assert!(flow.contains(&definition["primaryAttribute"].as_str().unwrap()));
        for name in activity {
            assert!(!flow.contains(&name) && !["success", "reason", "errorCode", "id"].contains(&name), "{name}");
        }
    }

    #[test]
    fn the_webinar_is_chosen_from_a_picklist() {
        let webinar = &at_example()["invocationPayloadDef"]["flowAttributes"][0];
        assert_eq!((&webinar["hasPicklist"], &webinar["enforcePicklistSelect"]), (&json!(true), &json!(true)));
        assert_eq!(webinar["picklistUrl"], "https://z.example/flow-step/getPicklist");
    }

    #[test]
    fn it_asks_for_the_contexts_that_registering_needs() {
        let sent = &at_example()["invocationPayloadDef"];
        for context in ["programContext", "programMemberContext", "subscriptionContext"] {
            assert_eq!(sent[context], true, "{context}");
        }
    }
}
