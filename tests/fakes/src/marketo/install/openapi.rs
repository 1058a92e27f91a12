//! The rules of the service's `OpenAPI` document.

use serde_json::Value;

use crate::marketo::install::report::Findings;

/// The response statuses that `submitAsyncAction` must declare.
const DECLARED: [&str; 6] = ["201", "400", "401", "403", "429", "500"];

/// Checks the document.
pub(super) fn check(document: &Value, findings: &mut Findings) {
    let version = document["openapi"].as_str().unwrap_or_default();
    findings.require(version.starts_with("3.0"), "openapi must be 3.0.x");
    for pointer in ["/info/title", "/info/version", "/info/x-providerName", "/info/x-supportContact"] {
        findings.require_text(document, pointer);
    }
    findings.require(document["info"]["x-schemaVersion"] == "1.0.0", "info.x-schemaVersion must be \"1.0.0\"");
    check_security(document, findings);
    check_invocation(&document["paths"]["/submitAsyncAction"]["post"], findings);
    for (path, method, schema) in [
        ("/getServiceDefinition", "get", "serviceDefinition"),
        ("/status", "get", "serviceStatus"),
        ("/getPicklist", "post", "picklistObject"),
    ] {
        let item = &document["paths"][path];
        if path == "/getPicklist" && item.is_null() {
            continue;
        }
        let content = &item[method]["responses"]["200"]["content"]["application/json"];
        let reference = format!("#/components/schemas/{schema}");
        findings.require(
            content["schema"]["$ref"] == *reference,
            format!("{method} {path} must answer 200 with the schema {reference}"),
        );
        findings
            .require(document["components"]["schemas"][schema].is_object(), format!("the schema {schema} is missing"));
    }
    for (path, kind) in [("/brandIcon", "image/*"), ("/serviceIcon", "image/*"), ("/providerInstructions", "text/html")]
    {
        let item = &document["paths"][path];
        let content = &item["get"]["responses"]["200"]["content"];
        findings.require(item.is_null() || content[kind].is_object(), format!("get {path} must answer {kind}"));
    }
}

/// Marketo uses the first scheme of the root `security` only.
fn check_security(document: &Value, findings: &mut Findings) {
    let first = document["security"][0].as_object().and_then(|scheme| scheme.keys().next());
    let Some(name) = first else {
        findings.require(false, "security must name a scheme");
        return;
    };
    let scheme = &document["components"]["securitySchemes"][name];
    findings.require(scheme["type"] == "apiKey", "the first security scheme must be an apiKey");
    findings.require(scheme["in"] == "header", "the key must be in a header");
    findings.require(scheme["name"] == "x-api-key", "the key's header must be x-api-key");
}

fn check_invocation(post: &Value, findings: &mut Findings) {
    findings.require(
        post["requestBody"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/async",
        "post /submitAsyncAction must take the schema async",
    );
    let callback = &post["callbacks"]["selfServiceFlowComplete"]["{$request.body#/flowComplete}"]["post"];
    findings.require(callback.is_object(), "post /submitAsyncAction must declare the callback selfServiceFlowComplete");
    let nothing = Vec::new();
    let parameters = callback["parameters"].as_array().unwrap_or(&nothing);
    for name in ["x-api-key", "x-callback-token"] {
        let declared = parameters.iter().any(|parameter| parameter["name"] == name && parameter["in"] == "header");
        findings.require(declared, format!("the callback must declare the header {name}"));
    }
    findings.require(
        callback["requestBody"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/flowCallBack",
        "the callback must send the schema flowCallBack",
    );
    for status in ["404", "405"] {
        findings.require(callback["responses"][status].is_object(), format!("the callback must declare {status}"));
    }
    for status in DECLARED {
        let declared = post["responses"][status].is_object();
        findings.require(declared, format!("post /submitAsyncAction must declare {status}"));
    }
}
