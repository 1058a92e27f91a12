//! The two documents that Marketo reads when an admin installs the flow step.
//!
//! `openapi.json` is the address that the admin pastes: it lists the endpoints and the authentication. Its component
//! schemas are those of Adobe's template (`assets/openapi.LICENSE`), and its support contact is the console.
//!
//! `definition.json` is Adobe's `serviceDefinition`: the attributes, fields and contexts. Attributes can hardly change
//! once installed, because every Marketo admin would have to install the flow step again. Reasons for its content:
//!
//! - The program selects the webinar, the membership has the status, and the subscription has the callback: hence these
//!   contexts.
//! - `joinUrl` is a `text`: a `string` ends at 255 bytes, and join links can be longer.
//! - `picklistUrl` accompanies `hasPicklist`: Adobe's schema has only the latter, its guide requires the former, and its
//!   own example sends both.

use crate::state::AppState;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::Error;
use http::header;
use platform::ApiError;

/// The text of `openapi.json`, with placeholders for the public URL.
const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// The text of `definition.json`, with placeholders for the public URL.
const DEFINITION: &str = include_str!(concat!(env!("OUT_DIR"), "/definition.json"));

/// `GET /flow-step/openapi.json`.
pub(super) async fn openapi(State(state): State<AppState>) -> Result<Response, ApiError> {
    respond(&state, OPENAPI).await
}

/// `GET /flow-step/getServiceDefinition`.
pub(super) async fn definition(State(state): State<AppState>) -> Result<Response, ApiError> {
    respond(&state, DEFINITION).await
}

async fn respond(state: &AppState, document: &str) -> Result<Response, ApiError> {
    let public_url = state.ports.config().public_url().await?.to_string();
    let json = [(header::CONTENT_TYPE, "application/json")];
    Ok((json, render(document, &public_url)?).into_response())
}

/// Replaces every `{public_url}`, as text: parsing and serializing the document would add much code for two
/// placeholders.
fn render(document: &str, public_url: &str) -> Result<String, Error> {
    let quoted = serde_json::to_string(public_url).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(document.replace("{public_url}", quoted.trim_matches('"')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rendered(document: &str) -> Value {
        serde_json::from_str(&render(document, "https://z.example").unwrap()).unwrap()
    }

    fn keys(value: &Value) -> Vec<&str> {
        let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        keys
    }

    /// Returns every `$ref` inside a value.
    fn refs(value: &Value) -> Vec<&str> {
        match value {
            Value::Object(members) => {
                let own = members.get("$ref").and_then(Value::as_str);
                own.into_iter().chain(members.values().flat_map(refs)).collect()
            }
            Value::Array(items) => items.iter().flat_map(refs).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns one field of every item.
    fn names<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
        list.as_array().unwrap().iter().map(|member| member[key].as_str().unwrap()).collect()
    }

    #[test]
    fn the_openapi_document_names_the_provider_and_the_public_url() {
        let document = rendered(OPENAPI);
        assert_eq!(document["servers"], json!([{"url": "https://z.example/flow-step"}]));
        assert_eq!(document["openapi"], "3.0.1");
        assert_eq!(
            keys(&document["info"]),
            ["description", "title", "version", "x-providerName", "x-schemaVersion", "x-supportContact"]
        );
        assert_eq!(document["info"]["x-schemaVersion"], "1.0.0");
        assert_eq!(document["info"]["x-supportContact"], "https://z.example/");
    }

    #[test]
    fn the_first_security_scheme_is_the_x_api_key_header() {
        let document = rendered(OPENAPI);
        let first = keys(&document["security"][0])[0];
        let scheme = &document["components"]["securitySchemes"][first];
        assert_eq!(*scheme, json!({"type": "apiKey", "in": "header", "name": "x-api-key"}));
    }

    #[test]
    fn the_openapi_document_describes_every_endpoint() {
        let document = rendered(OPENAPI);
        assert_eq!(
            keys(&document["paths"]),
            [
                "/brandIcon",
                "/getPicklist",
                "/getServiceDefinition",
                "/providerInstructions",
                "/serviceIcon",
                "/status",
                "/submitAsyncAction"
            ]
        );
        for (path, method, schema) in [
            ("/getServiceDefinition", "get", "serviceDefinition"),
            ("/status", "get", "serviceStatus"),
            ("/getPicklist", "post", "picklistObject"),
        ] {
            let answer = &document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"];
            assert_eq!(answer["$ref"], format!("#/components/schemas/{schema}"), "{path}");
        }
        for (path, media) in
            [("/brandIcon", "image/*"), ("/serviceIcon", "image/*"), ("/providerInstructions", "text/html")]
        {
            assert_eq!(keys(&document["paths"][path]["get"]["responses"]["200"]["content"]), [media], "{path}");
        }
    }

    #[test]
    fn the_openapi_document_describes_the_callback() {
        let document = rendered(OPENAPI);
        let submit = &document["paths"]["/submitAsyncAction"]["post"];
        assert_eq!(refs(&submit["requestBody"]), ["#/components/schemas/async"]);
        assert_eq!(keys(&submit["responses"]), ["201", "400", "401", "403", "429", "500"]);
        assert_eq!(keys(&submit["callbacks"]), ["selfServiceFlowComplete"]);
        let callback = &submit["callbacks"]["selfServiceFlowComplete"]["{$request.body#/flowComplete}"]["post"];
        assert_eq!(refs(&callback["requestBody"]), ["#/components/schemas/flowCallBack"]);
        assert_eq!(keys(&callback["responses"]), ["404", "405"]);
        let headers: Vec<_> = callback["parameters"].as_array().unwrap().iter().map(|header| &header["name"]).collect();
        assert_eq!(headers, ["x-api-key", "x-callback-token"]);
    }

    #[test]
    fn every_schema_reference_resolves() {
        let document = rendered(OPENAPI);
        let refs = refs(&document);
        assert!(refs.len() > 30);
        for name in refs {
            let target = document.pointer(name.trim_start_matches('#'));
            assert!(target.is_some_and(Value::is_object), "{name}");
        }
    }

    #[test]
    fn the_definition_has_the_names_of_the_contract() {
        let definition = rendered(DEFINITION);
        let (sent, returned) = (&definition["invocationPayloadDef"], &definition["callbackPayloadDef"]);
        assert_eq!(definition["apiName"], "registerForZoomWebinar");
        assert_eq!(names(&sent["flowAttributes"], "apiName"), ["webinar"]);
        assert_eq!(names(&sent["fields"], "serviceAttribute"), ["email", "firstName", "lastName", "company", "phone"]);
        assert_eq!(names(&returned["fields"], "serviceAttribute"), ["joinUrl"]);
        // The admin of Marketo's service chooses which fields of a lead go in. The list above is what is needed of them.
        assert_eq!((&sent["userDrivenMapping"], &returned["userDrivenMapping"]), (&json!(true), &json!(false)));
        assert_eq!(returned["fields"][0]["dataType"], "text");
        assert_eq!(
            names(&returned["attributes"], "apiName"),
            ["webinarId", "webinarTopic", "registrantId", "registration"]
        );
    }

    #[test]
    fn r8_names_and_email_are_required_fields() {
        let definition = rendered(DEFINITION);
        let fields = definition["invocationPayloadDef"]["fields"].as_array().unwrap();
        let required: Vec<_> = fields.iter().map(|field| field["required"].as_bool().unwrap()).collect();
        assert_eq!(required, [true, true, true, false, false]);
    }

    #[test]
    fn the_primary_attribute_is_a_flow_attribute_and_names_are_unique() {
        let definition = rendered(DEFINITION);
        let flow = names(&definition["invocationPayloadDef"]["flowAttributes"], "apiName");
        let activity = names(&definition["callbackPayloadDef"]["attributes"], "apiName");
        assert!(flow.contains(&definition["primaryAttribute"].as_str().unwrap()));
        for name in activity {
            assert!(!flow.contains(&name) && !["success", "reason", "errorCode", "id"].contains(&name), "{name}");
        }
    }

    #[test]
    fn the_webinar_attribute_has_a_picklist() {
        let webinar = &rendered(DEFINITION)["invocationPayloadDef"]["flowAttributes"][0];
        assert_eq!((&webinar["hasPicklist"], &webinar["enforcePicklistSelect"]), (&json!(true), &json!(true)));
        assert_eq!(webinar["picklistUrl"], "https://z.example/flow-step/getPicklist");
    }

    #[test]
    fn the_definition_requests_the_contexts_that_registration_needs() {
        let sent = &rendered(DEFINITION)["invocationPayloadDef"];
        for context in ["programContext", "programMemberContext", "subscriptionContext"] {
            assert_eq!(sent[context], true, "{context}");
        }
    }
}
