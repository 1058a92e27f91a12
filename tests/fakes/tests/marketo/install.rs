//! Installing a flow step service.

use std::net::Ipv4Addr;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{get, post};
use axum::{Json, response::IntoResponse};
use fakes::marketo::{Marketo, Options};
use fakes::support::{self, Control, ServerHandle};
use serde_json::{Value, json};

use crate::service::KEY;

fn described() -> Value {
    let answers = |schema: &str| {
        let content = json!({"schema": {"$ref": format!("#/components/schemas/{schema}")}});
        json!({"responses": {"200": {"description": "", "content": {"application/json": content}}}})
    };
    let takes = |schema: &str| json!({"content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{schema}")}}}});
    let declared = json!({"description": ""});
    let callback = json!({"post": {
        "parameters": [{"name": "x-api-key", "in": "header"}, {"name": "x-callback-token", "in": "header"}],
        "requestBody": takes("flowCallBack"), "responses": {"404": declared, "405": declared},
    }});
    json!({
        "openapi": "3.0.1",
        "info": {
            "title": "Register", "version": "1.0.0", "x-providerName": "Us", "x-schemaVersion": "1.0.0",
            "x-supportContact": "help@example.com",
        },
        "security": [{"apiKey": []}],
        "paths": {
            "/submitAsyncAction": {"post": {
                "requestBody": takes("async"),
                "callbacks": {"selfServiceFlowComplete": {"{$request.body#/flowComplete}": callback}},
                "responses": {
                    "201": declared, "400": declared, "401": declared, "403": declared, "429": declared, "500": declared,
                },
            }},
            "/getServiceDefinition": {"get": answers("serviceDefinition")},
            "/status": {"get": answers("serviceStatus")},
            "/getPicklist": {"post": answers("picklistObject")},
            "/brandIcon": {"get": {"responses": {"200": {"content": {"image/*": {}}}}}},
        },
        "components": {
            "schemas": {"serviceDefinition": {}, "serviceStatus": {}, "picklistObject": {}},
            "securitySchemes": {"apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
        },
    })
}

fn defined() -> Value {
    let text = |text: &str| json!({"en_US": {"name": text, "description": text}});
    json!({
        "apiName": "registerForZoomWebinar",
        "i18n": {"en_US": {"name": "n", "filterName": "f", "triggerName": "t", "description": "d"}},
        "primaryAttribute": "webinar",
        "invocationPayloadDef": {
            "flowAttributes": [{"apiName": "webinar", "i18n": text("Webinar"), "dataType": "string", "hasPicklist": true}],
            "fields": [{"serviceAttribute": "email", "dataType": "email", "description": {"en_US": "E"}, "required": true}],
            "programContext": true,
        },
        "callbackPayloadDef": {
            "attributes": [{"apiName": "mood", "i18n": text("Mood"), "dataType": "string"}],
            "fields": [{"serviceAttribute": "joinUrl", "dataType": "text", "description": {"en_US": "Link"}}],
        },
    })
}

async fn keyed(headers: HeaderMap, answer: Value) -> Result<Json<Value>, StatusCode> {
    let known = headers.get("x-api-key").is_some_and(|key| key == KEY);
    if known { Ok(Json(answer)) } else { Err(StatusCode::UNAUTHORIZED) }
}

/// Serves a flow step service with a definition.
async fn serve(definition: Value) -> anyhow::Result<ServerHandle> {
    let choices = json!({"choices": [{"displayValue": {"en_US": "The program's"}, "submittedValue": "program"}]});
    let router = Router::new()
        .route("/flow-step/openapi.json", get(async || Json(described())))
        .route("/flow-step/getServiceDefinition", get(async move || Json(definition)))
        .route("/flow-step/status", get(async |headers| keyed(headers, json!({"info": ["fine"]})).await))
        .route("/flow-step/getPicklist", post(async move |headers| keyed(headers, choices).await))
        .route("/flow-step/submitAsyncAction", post(async |headers| keyed(headers, json!({})).await))
        .route("/flow-step/brandIcon", get(async || ([(header::CONTENT_TYPE, "image/png")], "").into_response()));
    support::serve(router, (Ipv4Addr::LOCALHOST, 0).into(), Control::default()).await
}

#[tokio::test]
async fn installs_a_valid_service() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let service = serve(defined()).await?;
    let report = marketo.install_check(&format!("{}/flow-step", service.url()), KEY).await;
    assert_eq!(report.violations, Vec::<String>::new());
    assert_eq!(report.picklists["webinar"]["choices"][0]["submittedValue"], "program");
    assert_eq!(marketo.state()["service"]["attributes"], json!({"mood": "string"}));
    Ok(())
}

#[tokio::test]
async fn reports_violations_of_a_service() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let mut definition = defined();
    definition["primaryAttribute"] = json!("mood");
    definition["callbackPayloadDef"]["attributes"][0]["apiName"] = json!("reason");
    definition["callbackPayloadDef"]["fields"][0]["required"] = json!(false);
    definition["invocationPayloadDef"]["fields"][0]["dataType"] = json!("phone");
    let service = serve(definition).await?;
    let report = marketo.install_check(&format!("{}/flow-step", service.url()), KEY).await;
    assert_eq!(
        report.violations,
        [
            "'email' has no dataType of the interface",
            "the callback's field 'joinUrl' cannot be required",
            "primaryAttribute must be one of the flow attributes",
            "the name 'reason' is reserved",
        ]
    );
    assert_eq!(marketo.violations().len(), 4);
    Ok(())
}

#[tokio::test]
async fn calls_a_webhook_with_its_key() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let service = serve(defined()).await?;
    let url = format!("{}/flow-step/getPicklist", service.url());
    let good = marketo.call_webhook(&url, KEY, &json!({"lead_id": 1})).await;
    assert_eq!((good.status, good.problem), (Some(200), None));
    assert!(good.body["choices"].is_array());
    let refused = marketo.call_webhook(&url, "wrong", &json!({})).await;
    assert_eq!(refused.status, Some(401));
    assert_eq!(refused.problem.as_deref(), Some("1001 empty response body"));
    Ok(())
}

#[tokio::test]
async fn reports_an_unreachable_service() -> anyhow::Result<()> {
    let marketo = Marketo::start(Options::default()).await?;
    let report = marketo.install_check("http://127.0.0.1:1/flow-step", KEY).await;
    assert!(report.violations[0].starts_with("GET http://127.0.0.1:1/flow-step/openapi.json"));
    Ok(())
}
