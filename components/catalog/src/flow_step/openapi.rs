//! `GET /flow-step/openapi.json`: the document that installs the flow step. Marketo checks it against Adobe's own
//! schema; the component schemas are those of Adobe's template (`assets/openapi.LICENSE`). Its support contact is the
//! console, which shows what is wrong and what to do.

use super::filled;
use crate::app::App;
use axum::extract::State;
use axum::response::Response;
use platform::ApiError;

/// Everything but what depends on where the application runs.
pub(super) const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// Answers with the document.
pub(super) async fn handle(State(app): State<App>) -> Result<Response, ApiError> {
    filled(&app, DOCUMENT).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn at_example() -> Value {
        serde_json::from_str(&super::super::fill(DOCUMENT, "https://z.example").unwrap()).unwrap()
    }

    fn keys(value: &Value) -> Vec<&str> {
        let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        keys
    }

    /// Every `$ref` below a value.
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

    #[test]
    fn it_names_the_provider_and_where_the_application_runs() {
        let document = at_example();
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
    fn marketo_uses_the_first_security_scheme_which_is_our_header() {
        let document = at_example();
        let first = keys(&document["security"][0])[0];
        let scheme = &document["components"]["securitySchemes"][first];
        assert_eq!(*scheme, json!({"type": "apiKey", "in": "header", "name": "x-api-key"}));
    }

    #[test]
    fn it_describes_every_endpoint_with_what_adobe_demands() {
        let document = at_example();
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
    fn a_chunk_is_answered_by_a_status_and_later_by_a_callback() {
        let document = at_example();
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
    fn every_reference_leads_somewhere() {
        let document = at_example();
        let refs = refs(&document);
        assert!(refs.len() > 30);
        for name in refs {
            let target = document.pointer(name.trim_start_matches('#'));
            assert!(target.is_some_and(Value::is_object), "{name}");
        }
    }
}
