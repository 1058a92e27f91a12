//! The rules of the service definition.

use std::collections::HashSet;

use serde_json::Value;

use crate::marketo::campaign::installed_service::DataType;
use crate::marketo::install::report::Findings;

/// Attributes that every flow step activity has; a service must not define them.
const RESERVED: [&str; 3] = ["success", "reason", "errorCode"];
/// The keys that an invocation definition may have.
const INVOCATION_KEYS: [&str; 11] = [
    "globalAttributes",
    "flowAttributes",
    "fields",
    "headers",
    "userDrivenMapping",
    "programContext",
    "campaignContext",
    "triggerContext",
    "programMemberContext",
    "subscriptionContext",
    "myTokenContext",
];

/// Checks the definition.
pub(super) fn check(definition: &Value, findings: &mut Findings) {
    for pointer in
        ["/apiName", "/i18n/en_US/name", "/i18n/en_US/filterName", "/i18n/en_US/triggerName", "/i18n/en_US/description"]
    {
        findings.require_text(definition, pointer);
    }
    let invocation = &definition["invocationPayloadDef"];
    let callback = &definition["callbackPayloadDef"];
    findings.require(invocation.is_object(), "invocationPayloadDef is missing");
    findings.require(callback.is_object(), "callbackPayloadDef is missing");
    for key in invocation.as_object().into_iter().flat_map(|map| map.keys()) {
        findings.require(INVOCATION_KEYS.contains(&key.as_str()), format!("invocationPayloadDef.{key} is unknown"));
    }
    let flow = attributes(invocation, "flowAttributes", findings);
    let global = attributes(invocation, "globalAttributes", findings);
    let activity = attributes(callback, "attributes", findings);
    fields(invocation, true, findings);
    fields(callback, false, findings);

    let primary = definition["primaryAttribute"].as_str().unwrap_or_default();
    findings.require(flow.iter().any(|name| name == primary), "primaryAttribute must be one of the flow attributes");
    let mut names = HashSet::new();
    for name in flow.iter().chain(&global).chain(&activity) {
        findings.require(names.insert(name), format!("the attribute '{name}' is defined twice"));
        findings.require(!RESERVED.contains(&name.as_str()), format!("the name '{name}' is reserved"));
    }
}

/// Checks a list of attributes. Returns their names.
fn attributes(definition: &Value, list: &str, findings: &mut Findings) -> Vec<String> {
    let mut names = Vec::new();
    for attribute in definition[list].as_array().into_iter().flatten() {
        let name = attribute["apiName"].as_str().unwrap_or_default();
        findings.require(!name.is_empty(), format!("an attribute of {list} has no apiName"));
        findings.require_text(attribute, "/i18n/en_US/name");
        findings.require_text(attribute, "/i18n/en_US/description");
        check_type(attribute, name, findings);
        names.push(name.to_owned());
    }
    names
}

fn fields(definition: &Value, may_be_required: bool, findings: &mut Findings) {
    for field in definition["fields"].as_array().into_iter().flatten() {
        let name = field["serviceAttribute"].as_str().unwrap_or_default();
        findings.require(!name.is_empty() && name != "id", "a field needs a serviceAttribute other than 'id'");
        findings.require_text(field, "/description/en_US");
        check_type(field, name, findings);
        let no_slip = may_be_required || field["required"].is_null();
        findings.require(no_slip, format!("the callback's field '{name}' cannot be required"));
    }
}

fn check_type(item: &Value, name: &str, findings: &mut Findings) {
    let known = serde_json::from_value::<DataType>(item["dataType"].clone()).is_ok();
    findings.require(known, format!("'{name}' has no dataType of the interface"));
}
