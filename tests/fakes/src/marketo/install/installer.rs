//! The calls of an installation, with and without the API key.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::marketo::campaign::definition::FlowStep;
use crate::marketo::campaign::installed_service::InstalledService;
use crate::marketo::install::report::{Findings, InstallReport};
use crate::marketo::install::{definition, openapi, picklist};
use crate::marketo::service_call;
use crate::marketo::state::MarketoState;
use crate::support::sync::lock;

/// A key that no service accepts.
const WRONG_KEY: &str = "not-the-key";

/// How long Marketo waits for each response. Its number is not public.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Installs the service at `base_url` as far as possible, and reports its violations.
pub(crate) async fn install(state: &MarketoState, base_url: &str, api_key: &str) -> InstallReport {
    let mut findings = Findings::default();
    let client = ServiceClient { state, api_key };
    // The description is fetched before an administrator enters a key.
    let description = format!("{base_url}/openapi.json");
    let openapi = client.json(Method::GET, &description, None, &Value::Null, &mut findings).await;
    openapi::check(&openapi, &mut findings);
    let base = base_of(&openapi, base_url);
    let base = base.as_str();

    let definition = client.get(base, "/getServiceDefinition", &mut findings).await;
    definition::check(&definition, &mut findings);
    let status = client.get(base, "/status", &mut findings).await;
    picklist::check_status(&status, &mut findings);
    client.refuses_wrong_key(Method::GET, &format!("{base}/status"), &mut findings).await;

    let mut service = lock(&state.campaigns).service.clone();
    service.apply_definition(&definition);
    let mapping = mapping(&service);
    let mut report = InstallReport { openapi, definition, status, ..InstallReport::default() };
    for (kind, list) in [("flow", "flowAttributes"), ("global", "globalAttributes")] {
        for attribute in report.definition["invocationPayloadDef"][list].as_array().into_iter().flatten() {
            let (true, Some(name)) = (attribute["hasPicklist"] == true, attribute["apiName"].as_str()) else {
                continue;
            };
            let question = json!({"name": name, "type": kind, "fieldMappingContext": mapping});
            let url = format!("{base}/getPicklist");
            let choices = client.json(Method::POST, &url, Some(api_key), &question, &mut findings).await;
            picklist::check(name, &choices, &mut findings);
            report.picklists.insert(name.to_owned(), choices);
        }
    }
    if !report.picklists.is_empty() {
        client.refuses_wrong_key(Method::POST, &format!("{base}/getPicklist"), &mut findings).await;
    }
    client.refuses_wrong_key(Method::POST, &format!("{base}/submitAsyncAction"), &mut findings).await;
    for (path, kind) in [("/brandIcon", "image/"), ("/serviceIcon", "image/"), ("/providerInstructions", "text/html")] {
        if report.openapi["paths"][path].is_object() {
            client.has_type(&format!("{base}{path}"), kind, &mut findings).await;
        }
    }

    report.violations = findings.0;
    let now = state.now();
    if report.violations.is_empty() {
        let mut campaigns = lock(&state.campaigns);
        campaigns.service = service;
        campaigns.installed = Some(FlowStep::new(base, api_key));
    }
    let mut subscription = lock(&state.subscription);
    for violation in &report.violations {
        subscription.violation(now, "install", violation);
    }
    drop(subscription);
    report
}

/// Returns the base URL of the service: its first server, or else the URL of the description without the file name.
fn base_of(openapi: &Value, base_url: &str) -> String {
    let server = openapi["servers"][0]["url"].as_str().unwrap_or_default();
    let resolved = url::Url::parse(&format!("{base_url}/openapi.json")).and_then(|here| here.join(server));
    match resolved {
        Ok(url) if !server.is_empty() => url.as_str().trim_end_matches('/').to_owned(),
        _ => base_url.to_owned(),
    }
}

/// Returns the mappings of a service, as Marketo sends them. The names of a user-driven mapping are not sent.
fn mapping(service: &InstalledService) -> Value {
    let row = |field: &String, name: &String, is_named: bool| match is_named {
        true => json!({"marketoAttribute": field, "serviceAttribute": name}),
        false => json!({"marketoAttribute": field}),
    };
    let sent = service.sent_fields.iter().map(|(field, name)| row(field, name, !service.user_driven_mapping));
    let returned = service.mapping.iter().filter(|(name, _)| service.fields.contains_key(*name));
    let returned = returned.map(|(name, field)| row(field, name, true));
    json!({"invocation": sent.collect::<Vec<_>>(), "callback": returned.collect::<Vec<_>>()})
}

struct ServiceClient<'a> {
    state: &'a MarketoState,
    api_key: &'a str,
}

impl ServiceClient<'_> {
    async fn get(&self, base: &str, path: &str, findings: &mut Findings) -> Value {
        self.json(Method::GET, &format!("{base}{path}"), Some(self.api_key), &Value::Null, findings).await
    }

    async fn json(&self, method: Method, url: &str, key: Option<&str>, body: &Value, findings: &mut Findings) -> Value {
        let what = format!("{method} {url}");
        match self.send(method, url, key, body).await {
            Err(error) => findings.require(false, format!("{what}: {error}")),
            Ok(answer) if answer.status() != StatusCode::OK => {
                findings.require(false, format!("{what} answered {}", answer.status()));
            }
            Ok(answer) => match serde_json::from_slice(answer.body()) {
                Ok(json) => return json,
                Err(_) => findings.require(false, format!("{what} answered no JSON")),
            },
        }
        Value::Null
    }

    async fn refuses_wrong_key(&self, method: Method, url: &str, findings: &mut Findings) {
        let what = format!("{method} {url}");
        let answer = self.send(method, url, Some(WRONG_KEY), &json!({})).await;
        let status = answer.ok().map(|answer| answer.status());
        let refused = matches!(status, Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN));
        findings.require(refused, format!("{what} must refuse a wrong key, but answered {status:?}"));
    }

    async fn has_type(&self, url: &str, kind: &str, findings: &mut Findings) {
        let answer = self.send(Method::GET, url, Some(self.api_key), &Value::Null).await;
        let fits = answer.is_ok_and(|answer| {
            let content_type = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            answer.status() == StatusCode::OK && content_type.is_some_and(|content_type| content_type.starts_with(kind))
        });
        findings.require(fits, format!("GET {url} must answer {kind}"));
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Result<Response<Bytes>, String> {
        service_call::call(self.state, method, url, key, body, TIMEOUT).await
    }
}
