//! `GET /flow-step/getServiceDefinition`: what the flow step asks of a marketer and an admin, what it is sent, and what
//! it writes back (Adobe's `serviceDefinition`). Once installed, attributes can hardly be changed: Marketo admins would
//! have to install the flow step anew.

use super::{base, public_url};
use crate::app::App;
use axum::Json;
use axum::extract::State;
use platform::ApiError;
use serde_json::{Value, json};
use std::sync::Arc;

/// Answers with the definition.
pub(super) async fn handle(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    Ok(Json(definition(&public_url(&app).await?)))
}

/// The definition of an application that runs at `public_url`.
pub(super) fn definition(public_url: &str) -> Value {
    json!({
        "apiName": "registerForZoomWebinar",
        "i18n": {"en_US": {
            "name": "Register for Zoom Webinar",
            "filterName": "Was Registered for Zoom Webinar",
            "triggerName": "Is Registered for Zoom Webinar",
            "description": "Registers people for a Zoom webinar and brings their personal join links back.",
        }},
        "primaryAttribute": "webinar",
        "invocationPayloadDef": {
            "globalAttributes": [],
            "flowAttributes": [webinar(public_url)],
            "fields": [
                lead_field("email", "email", true, "E-mail address; Zoom knows a registrant by it"),
                lead_field("firstName", "string", true, "First name"),
                lead_field("lastName", "string", true, "Last name"),
                lead_field("company", "string", false, "Company; sent to Zoom when present"),
                lead_field("phone", "string", false, "Phone number; sent to Zoom when present"),
            ],
            "headers": [],
            "userDrivenMapping": false,
            // The program says which webinar, the membership whether the person is Registered, the subscription whom
            // to call back.
            "programContext": true,
            "programMemberContext": true,
            "subscriptionContext": true,
            "campaignContext": true,
            "triggerContext": false,
            "myTokenContext": [],
        },
        "callbackPayloadDef": {
            "attributes": [
                attribute("webinarId", "Webinar ID", "Zoom's number of the webinar"),
                attribute("webinarTopic", "Webinar Topic", "The webinar's title in Zoom"),
                attribute("registrantId", "Registrant ID", "Zoom's id of the registrant"),
                attribute("registration", "Registration", "How it ended: registered, pending, failed or skipped"),
            ],
            "fields": [{
                "serviceAttribute": "joinUrl",
                // A `string` ends at 255 bytes, and join links can be longer.
                "dataType": "text",
                "description": {"en_US": "Personal join link. Optional: {{member.webinar url}} has it without this."},
            }],
            "userDrivenMapping": false,
        },
    })
}

/// The one thing that a marketer chooses in the flow step.
fn webinar(public_url: &str) -> Value {
    let mut webinar = attribute("webinar", "Webinar", "The program's connected webinar, or another upcoming one");
    webinar["hasPicklist"] = true.into();
    webinar["enforcePicklistSelect"] = true.into();
    // Adobe's schema has `hasPicklist` only, its guide asks for this, and its own example sends both.
    webinar["picklistUrl"] = format!("{}/getPicklist", base(public_url)).into();
    webinar
}

/// A `string` with a name for people.
fn attribute(api_name: &str, name: &str, description: &str) -> Value {
    json!({
        "apiName": api_name,
        "dataType": "string",
        "i18n": {"en_US": {"name": name, "description": description, "uiTooltip": description}},
    })
}

/// A field of the lead, under the name that it has in Marketo's REST API.
fn lead_field(name: &str, data_type: &str, required: bool, description: &str) -> Value {
    json!({
        "serviceAttribute": name,
        "suggestedMarketoAttribute": name,
        "dataType": data_type,
        "required": required,
        "description": {"en_US": description},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_example() -> Value {
        definition("https://z.example")
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
