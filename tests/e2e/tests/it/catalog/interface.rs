//! Adobe's Self-Service Flow Step interface 1.0.0: what the compiled components answer is of its form.

use super::people::{add_program, flow_step, picklist};
use crate::harness::{App, Scene, until, workspace};
use fakes::zoom::NewWebinar;
use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

/// One of the schemas in `schemas`.
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

    /// Fails if an answer is not of this form.
    fn assert_fits(&self, answer: &Value) {
        let faults: Vec<_> = self.validator.iter_errors(answer).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{}: {faults:#?}\n{answer:#}", self.name);
    }

    /// Fails if the schema would let an answer pass that is broken in one place. An answer that is whole comes first,
    /// or everything would be refused.
    fn assert_refuses(&self, whole: &Value, broken: &[Broken]) {
        self.assert_fits(whole);
        for Broken(pointer, change) in broken {
            let mut answer = whole.clone();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let there = answer.pointer_mut(parent).unwrap_or_else(|| panic!("{}: no {parent}", self.name));
            match (there, change) {
                (Value::Object(members), None) => assert!(members.remove(&unescaped(name)).is_some(), "no {pointer}"),
                (Value::Object(members), Some(value)) => drop(members.insert(unescaped(name), value.clone())),
                (Value::Array(items), Some(value)) => items[name.parse::<usize>().unwrap()] = value.clone(),
                (other, change) => panic!("{pointer}: {other} cannot be changed to {change:?}"),
            }
            assert!(!self.validator.is_valid(&answer), "{} lets {pointer} = {change:?} pass", self.name);
        }
    }
}

/// Where an answer is broken, as a JSON pointer, and what is there instead; nothing, if it is taken away.
struct Broken(&'static str, Option<Value>);

fn without(pointer: &'static str) -> Broken {
    Broken(pointer, None)
}

fn with(pointer: &'static str, value: Value) -> Broken {
    Broken(pointer, Some(value))
}

fn unescaped(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

async fn get(app: &App, path: &str) -> Value {
    flow_step(app, Method::GET, path, &Value::Null).await
}

#[tokio::test]
async fn the_document_and_the_definition_are_of_adobes_form() {
    let app = App::start().await;
    let (openapi, definition) = (Schema::named("openapi"), Schema::named("service-definition"));
    // Both are public: Marketo reads them before an admin has typed in a key.
    for (schema, path) in [(&openapi, "/openapi.json"), (&definition, "/getServiceDefinition")] {
        let answer = reqwest::get(format!("{}{path}", app.stage.flow_step_url())).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/json");
        schema.assert_fits(&serde_json::from_str(&answer.text().await.unwrap()).unwrap());
    }
    openapi.assert_refuses(
        &get(&app, "/openapi.json").await,
        &[
            without("/info"),
            without("/info/x-providerName"),
            with("/info/x-schemaVersion", json!("1.1.0")),
            with("/info/x-supportContact", json!("somebody")),
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
    definition.assert_refuses(
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

/// What the form alone cannot say of the definition.
#[tokio::test]
async fn the_definitions_names_fit_together_and_every_reference_of_the_document_leads_somewhere() {
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
async fn the_picklist_is_of_adobes_form_empty_and_with_webinars() {
    let app = App::start().await;
    let schema = Schema::named("picklist");
    let before = picklist(&app).await;
    schema.assert_fits(&before);
    assert_eq!(before["choices"].as_array().map(Vec::len), Some(1));

    for topic in ["Plain", "<b>R&D</b> \"Öl\" 🎉", ""] {
        app.stage.zoom.add_webinar(NewWebinar { topic: topic.to_owned(), ..NewWebinar::default() }).unwrap();
    }
    app.admin().sign_in("Acme Webinars").await.unwrap();
    let choices = picklist(&app).await;
    assert_eq!(choices["choices"].as_array().map(Vec::len), Some(4));
    let many = vec![choices["choices"][1].clone(); 1_001];
    schema.assert_refuses(
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
async fn the_status_is_of_adobes_form_in_health_and_in_trouble() {
    let app = App::start().await;
    let schema = Schema::named("status");
    let lines = |status: &Value, kind: &str| status[kind].as_array().unwrap().len();
    let counts = |status: &Value| ["info", "warnings", "errors"].map(|kind| lines(status, kind));

    let nobody = get(&app, "/status").await;
    schema.assert_fits(&nobody);
    assert_eq!(counts(&nobody), [0, 1, 0], "{nobody}");

    let scene = Scene::set(app).await;
    let healthy = get(&scene.app, "/status").await;
    schema.assert_fits(&healthy);
    assert_eq!(counts(&healthy), [1, 0, 0], "{healthy}");

    // Two programs whose webinar is gone, then a service that another one supersedes.
    let second = add_program(&scene.app, "Partners \"and\" friends");
    scene.admin.connect(second, &scene.service, scene.webinar).await.unwrap().ok().unwrap();
    scene.app.stage.zoom.delete_webinar(scene.webinar).await.unwrap();
    let deleted = until("the programs' problems", || async {
        let status = get(&scene.app, "/status").await;
        (counts(&status) == [1, 2, 0]).then_some(status)
    })
    .await;
    schema.assert_fits(&deleted);
    assert!(deleted["warnings"].to_string().contains("WEBINAR_NOT_FOUND"), "{deleted}");
    scene.admin.sign_in("Another name").await.unwrap();
    let superseded = get(&scene.app, "/status").await;
    schema.assert_fits(&superseded);
    assert_eq!(lines(&superseded, "errors"), 1, "{superseded}");
    assert!(superseded["errors"][0].as_str().unwrap().contains("SERVICE_SUPERSEDED"), "{superseded}");

    schema.assert_refuses(
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
