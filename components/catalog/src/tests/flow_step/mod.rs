//! The routes that Marketo calls when an admin installs the flow step.

mod schema;

use super::env::TestEnv;
use bytes::Bytes;
use fakes::marketo::campaign::{Campaign, FlowStep};
use http::{Request, Response, header};
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};

const PUBLIC: [&str; 2] = ["openapi.json", "getServiceDefinition"];
const PROTECTED: [&str; 3] = ["brandIcon", "serviceIcon", "providerInstructions"];

async fn get(path: &str, key: Option<&str>) -> Response<Bytes> {
    let memory = InMemoryPorts::default();
    memory.set("public_url", "https://z.example/");
    memory.set("marketo_api_key", "marketo-key-of-the-tests");
    memory.serve("z.example", crate::router(memory.ports()));
    let mut request = Request::get(format!("https://z.example/flow-step/{path}"));
    if let Some(key) = key {
        request = request.header("x-api-key", key);
    }
    memory.ports().http.send(request.body(Bytes::new()).unwrap()).await.unwrap()
}

async fn document(path: &str) -> Value {
    let response = get(path, None).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json", "{path}");
    serde_json::from_slice(response.body()).unwrap()
}

#[tokio::test]
async fn the_documents_are_public() {
    for path in PUBLIC {
        assert_eq!(get(path, None).await.status(), 200, "{path}");
    }
    assert_eq!(document("openapi.json").await["servers"][0]["url"], "https://z.example/flow-step");
    assert_eq!(document("getServiceDefinition").await["primaryAttribute"], "webinar");
}

#[tokio::test]
async fn the_other_routes_require_the_api_key() {
    for path in PROTECTED {
        for key in [None, Some(""), Some("wrong")] {
            let response = get(path, key).await;
            assert_eq!(response.status(), 401, "{path} {key:?}");
            assert_eq!(serde_json::from_slice::<Value>(response.body()).unwrap()["code"], "UNAUTHENTICATED");
        }
        assert_eq!(get(path, Some("marketo-key-of-the-tests")).await.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn icons_are_small_pngs_of_32_by_32_pixels() {
    for path in ["brandIcon", "serviceIcon"] {
        let response = get(path, Some("marketo-key-of-the-tests")).await;
        assert_eq!(response.headers()[header::CONTENT_TYPE], "image/png");
        let png = response.body();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(&png[12..24], b"IHDR\0\0\0\x20\0\0\0\x20");
        assert!(png.len() < 1024, "{path}: {} bytes", png.len());
    }
}

#[tokio::test]
async fn the_instructions_name_every_field_and_contain_nothing_active() {
    let response = get("providerInstructions", Some("marketo-key-of-the-tests")).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    let page = String::from_utf8(response.body().to_vec()).unwrap();
    let definition = document("getServiceDefinition").await;
    for fields in ["/invocationPayloadDef/fields", "/callbackPayloadDef/fields"] {
        for field in definition.pointer(fields).unwrap().as_array().unwrap() {
            let name = field["serviceAttribute"].as_str().unwrap();
            assert!(page.contains(&format!(">{name}<")), "{name}");
        }
    }
    assert!(page.contains("{{member.webinar url}}"));
    for unwanted in ["<script", "<style", "src=", "href=", " onload="] {
        assert!(!page.contains(unwanted), "{unwanted}");
    }
}

#[tokio::test]
async fn the_definition_matches_the_schema_of_the_openapi_document() {
    let (document, definition) = (document("openapi.json").await, document("getServiceDefinition").await);
    assert_eq!(schema::violations(&document, "serviceDefinition", &definition), [""; 0]);
}

/// The fields of a lead are those that the admin of Marketo's service chose, under names of their own.
#[tokio::test]
async fn a_chunk_with_chosen_fields_matches_the_schema_of_the_openapi_document() {
    let env = TestEnv::new().await;
    let lead = env.marketo.add_lead(&json!({"email": "ada@example.com", "title": "Analyst", "numberOfEmployees": 42}));
    let chosen = [("email", "Email Address"), ("title", "jobTitle"), ("numberOfEmployees", "size")];
    env.marketo.choose_sent_fields(&chosen).unwrap();
    assert!(env.marketo.choose_sent_fields(&[("shoeSize", "shoeSize")]).is_err(), "there is no such field");
    let campaign =
        Campaign::new(1001, [lead], FlowStep::new("https://z.example/flow-step", "marketo-key-of-the-tests"));
    let chunk = &env.marketo.prepare_campaign(campaign).unwrap().chunks[0].invocation;
    let fields = &chunk["objectData"][0]["objectContext"];
    let expected = json!({"id": lead, "Email Address": "ada@example.com", "jobTitle": "Analyst", "size": 42});
    assert_eq!(*fields, expected);
    assert_eq!(schema::violations(&document("openapi.json").await, "async", chunk), [""; 0]);
}

#[tokio::test]
async fn the_openapi_document_has_each_of_these_routes() {
    let document = document("openapi.json").await;
    for path in PUBLIC.iter().skip(1).chain(&PROTECTED) {
        assert!(document["paths"][format!("/{path}")]["get"].is_object(), "{path}");
    }
}
