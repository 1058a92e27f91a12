//! Adobe's Self-Service Flow Step interface 1.0.0: the components' responses match its schemas.

use super::support::{add_program, flow_step, picklist};
use crate::harness::{App, Fixture, wait_for, workspace};
use fakes::zoom::NewWebinar;
use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

/// A schema of the folder `schemas`.
struct Schema {
    name: &'static str,
    validator: Validator,
}

impl Schema {
    fn named(name: &'static str) -> Self {
        let file = workspace().join(format!("tests/e2e/schemas/{name}.schema.json"));
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        jsonschema::meta::validate(&schema).unwrap();
        Self { name, validator: jsonschema::validator_for(&schema).unwrap() }
    }

    /// Fails unless a response matches the schema.
    fn assert_fits(&self, answer: &Value) {
        let errors: Vec<_> = self.validator.iter_errors(answer).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}\n{answer:#}", self.name);
    }

    /// Fails if the schema accepts a response with one fault. The intact response must match, or the schema could
    /// reject everything.
    fn assert_rejects(&self, intact: &Value, mutations: &[Mutation]) {
        self.assert_fits(intact);
        for Mutation(pointer, change) in mutations {
            let mut answer = intact.clone();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let there = answer.pointer_mut(parent).unwrap_or_else(|| panic!("{}: no {parent}", self.name));
            match (there, change) {
                (Value::Object(members), None) => assert!(members.remove(&unescaped(name)).is_some(), "no {pointer}"),
                (Value::Object(members), Some(value)) => drop(members.insert(unescaped(name), value.clone())),
                (Value::Array(items), Some(value)) => items[name.parse::<usize>().unwrap()] = value.clone(),
                (other, change) => panic!("{pointer}: {other} cannot be changed to {change:?}"),
            }
            assert!(!self.validator.is_valid(&answer), "{} accepts {pointer} = {change:?}", self.name);
        }
    }
}

/// A change of a response: a JSON pointer and the value to put there, or `None` to remove it.
struct Mutation(&'static str, Option<Value>);

fn without(pointer: &'static str) -> Mutation {
    Mutation(pointer, None)
}

fn with(pointer: &'static str, value: Value) -> Mutation {
    Mutation(pointer, Some(value))
}

fn unescaped(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

async fn get(app: &App, path: &str) -> Value {
    flow_step(app, Method::GET, path, &Value::Null).await
}

#[tokio::test]
async fn openapi_document_and_service_definition_match_adobes_schema() {
    let app = App::start().await;
    let (openapi, definition) = (Schema::named("openapi"), Schema::named("service-definition"));
    // Both are public: Marketo reads them before an admin has entered a key.
    for (schema, path) in [(&openapi, "/openapi.json"), (&definition, "/getServiceDefinition")] {
        let answer = reqwest::get(format!("{}{path}", app.env.flow_step_url())).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/json");
        schema.assert_fits(&serde_json::from_str(&answer.text().await.unwrap()).unwrap());
    }
    openapi.assert_rejects(
        &get(&app, "/openapi.json").await,
        &[
            without("/info"),
            without("/info/x-providerName"),
            with("/info/x-schemaVersion", json!("1.1.0")),
            with("/info/x-supportContact", json!("support")),
            with("/openapi", json!("2.0")),
            with("/servers", json!([])),
            with("/security", json!([])),
            with("/security/0", json!({"oauth2": []})),
            without("/paths/~1submitAsyncAction"),
            without("/paths/~1status"),
            without("/paths/~1getServiceDefinition/get"),
            without("/paths/~1submitAsyncAction/post/requestBody"),
            without("/paths/~1submitAsyncAction/post/responses/201"),
            without("/paths/~1submitAsyncAction/post/responses/429"),
            without("/paths/~1submitAsyncAction/post/callbacks/selfServiceFlowComplete"),
            with(
                "/paths/~1submitAsyncAction/post/callbacks/selfServiceFlowComplete/{$request.body#~1flowComplete}/post/parameters",
                json!([{"in": "header", "name": "x-api-key", "required": true}]),
            ),
            without(
                "/paths/~1submitAsyncAction/post/callbacks/selfServiceFlowComplete/{$request.body#~1flowComplete}/post/responses/404",
            ),
            with(
                "/paths/~1status/get/responses/200/content/application~1json/schema/$ref",
                json!("#/components/schemas/serviceDefinition"),
            ),
            without("/paths/~1getPicklist/post/responses/200/content/application~1json"),
            without("/paths/~1brandIcon/get/responses/200/content/image~1*"),
            with("/paths/~1providerInstructions/get/responses/200/content", json!({"text/plain": {}})),
            without("/components/schemas/flowCallBack"),
            with("/components/schemas/async/required", json!(["campaignId"])),
            with("/components/schemas/picklistObject/required", json!([])),
            with("/components/securitySchemes/apiKey/in", json!("query")),
            with("/components/securitySchemes/apiKey/name", json!("x-key")),
        ],
    );
    definition.assert_rejects(
        &get(&app, "/getServiceDefinition").await,
        &[
            without("/apiName"),
            with("/apiName", json!("reason")),
            with("/apiName", json!(5)),
            without("/i18n/en_US"),
            without("/i18n/en_US/filterName"),
            without("/primaryAttribute"),
            without("/callbackPayloadDef"),
            with("/more", json!(true)),
            with("/invocationPayloadDef/flowAttributes", json!([])),
            with("/invocationPayloadDef/flowAttributes/0/dataType", json!("picklist")),
            with("/invocationPayloadDef/flowAttributes/0/hasPicklist", json!("yes")),
            with("/invocationPayloadDef/flowAttributes/0/picklistUrl", json!("/getPicklist")),
            without("/invocationPayloadDef/flowAttributes/0/i18n/en_US/name"),
            with("/invocationPayloadDef/flowAttributes/0/i18n/english", json!({"name": "a", "description": "b"})),
            with("/invocationPayloadDef/fields/0/serviceAttribute", json!("id")),
            with("/invocationPayloadDef/fields/0/description", json!("E-mail")),
            with("/invocationPayloadDef/fields/0/required", json!("true")),
            with("/invocationPayloadDef/programContext", json!(1)),
            with("/invocationPayloadDef/myTokenContext", json!(["{{my.Webinar Topic}}"])),
            with("/callbackPayloadDef/fields/0/required", json!(true)),
            with("/callbackPayloadDef/attributes/0/apiName", json!("errorCode")),
            with("/callbackPayloadDef/attributes/0/apiName", json!("webinar id")),
        ],
    );
}

/// Checks what a schema cannot express.
#[tokio::test]
async fn service_definition_names_are_consistent_and_every_openapi_reference_resolves() {
    let app = App::start().await;
    let definition = get(&app, "/getServiceDefinition").await;
    let names = |pointer: &str| -> Vec<String> {
        let list = definition.pointer(pointer).unwrap().as_array().unwrap();
        list.iter().map(|item| item["apiName"].as_str().unwrap().to_owned()).collect()
    };
    let (flow, activity) = (names("/invocationPayloadDef/flowAttributes"), names("/callbackPayloadDef/attributes"));
    let primary = definition["primaryAttribute"].as_str().unwrap().to_owned();
    assert!(flow.contains(&primary) && !activity.contains(&primary), "{definition:#}");

    let document = get(&app, "/openapi.json").await;
    let text = document.to_string();
    let refs: Vec<&str> = text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(refs.len() > 20, "{refs:?}");
    for reference in refs {
        assert!(document.pointer(reference).is_some_and(Value::is_object), "{reference}");
    }
}

#[tokio::test]
async fn picklist_matches_adobes_schema_with_and_without_webinars() {
    let app = App::start().await;
    let schema = Schema::named("picklist");
    let before = picklist(&app).await;
    schema.assert_fits(&before);
    assert_eq!(before["choices"].as_array().map(Vec::len), Some(1));

    for topic in ["Plain", "<b>R&D</b> \"Öl\" 🎉", ""] {
        app.env.zoom.add_webinar(NewWebinar { topic: topic.to_owned(), ..NewWebinar::default() }).unwrap();
    }
    app.admin().sign_in("Acme Webinars").await.unwrap();
    let choices = picklist(&app).await;
    assert_eq!(choices["choices"].as_array().map(Vec::len), Some(4));
    let many = vec![choices["choices"][1].clone(); 1_001];
    schema.assert_rejects(
        &choices,
        &[
            without("/choices"),
            with("/choices", json!({})),
            with("/choices", json!(many)),
            with("/choices/0", json!("program")),
            with("/choices/1/displayValue", json!("Plain")),
            with("/choices/1/displayValue", json!({"de_DE": "Plain"})),
            with("/choices/1/displayValue/english", json!("Plain")),
            with("/choices/1/displayValue/en_US", json!("")),
            without("/choices/1/submittedValue"),
            with("/choices/1/submittedValue", json!(null)),
            with("/choices/1/submittedValue", json!({"id": "1"})),
            with("/choices/1/more", json!(1)),
        ],
    );
}

#[tokio::test]
async fn status_matches_adobes_schema_with_and_without_problems() {
    let app = App::start().await;
    let schema = Schema::named("status");
    let lines = |status: &Value, kind: &str| status[kind].as_array().unwrap().len();
    let counts = |status: &Value| ["info", "warnings", "errors"].map(|kind| lines(status, kind));

    let signed_out = get(&app, "/status").await;
    schema.assert_fits(&signed_out);
    assert_eq!(counts(&signed_out), [0, 1, 0], "{signed_out}");

    let fixture = Fixture::new(app).await;
    let healthy = get(&fixture.app, "/status").await;
    schema.assert_fits(&healthy);
    // The usual channel has Rejected below Registered, which Marketo does not set afterwards (R16).
    assert_eq!(counts(&healthy), [1, 1, 0], "{healthy}");
    assert!(healthy["warnings"][0].as_str().unwrap().contains("has a lower step"), "{healthy}");

    // Two programs whose webinar is deleted, then a superseded service.
    let second = add_program(&fixture.app, "Partners \"and\" friends");
    fixture.admin.connect(second, &fixture.service, fixture.webinar).await.unwrap().ok().unwrap();
    fixture.app.env.zoom.delete_webinar(fixture.webinar).await.unwrap();
    let deleted = wait_for("the programs' problems", || async {
        let status = get(&fixture.app, "/status").await;
        let warnings = status["warnings"].as_array().unwrap();
        let not_found =
            warnings.iter().filter(|warning| warning.as_str().unwrap().contains("WEBINAR_NOT_FOUND")).count();
        ((lines(&status, "info"), not_found, lines(&status, "errors")) == (1, 2, 0)).then_some(status)
    })
    .await;
    schema.assert_fits(&deleted);
    fixture.admin.sign_in("Another name").await.unwrap();
    let superseded = get(&fixture.app, "/status").await;
    schema.assert_fits(&superseded);
    assert_eq!(lines(&superseded, "errors"), 1, "{superseded}");
    assert!(superseded["errors"][0].as_str().unwrap().contains("SERVICE_SUPERSEDED"), "{superseded}");

    schema.assert_rejects(
        &superseded,
        &[
            without("/errors"),
            with("/info", json!("works")),
            with("/warnings", json!([{"code": "WEBINAR_NOT_FOUND"}])),
            with("/errors/0", json!("")),
            with("/errors", json!(null)),
            with("/deprecationDate", json!("soon")),
            with("/deprecationMessage", json!(7)),
            with("/more", json!([])),
        ],
    );
}
