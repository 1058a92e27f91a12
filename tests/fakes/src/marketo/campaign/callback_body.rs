//! Validates the body of a callback against the interface and the installed service.
//!
//! Marketo silently drops or truncates invalid values. The fake does the same, and reports each as a violation.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::marketo::campaign::installed_service::{DataType, InstalledService};
use crate::marketo::campaign::report::LeadOutcome;

/// The keys that a callback's body may have. `token` and `time` are in Adobe's example, but not in its schema.
const BODY_KEYS: [&str; 7] =
    ["munchkinId", "defaultValues", "errorCode", "errorMessage", "objectData", "token", "time"];
/// Attributes that every flow step activity has.
const RESERVED: [&str; 3] = ["success", "reason", "errorCode"];

/// The result of validating a callback.
#[derive(Debug, Default)]
pub(super) struct ValidatedCallback {
    /// The chunk-level error.
    pub(super) error: Option<String>,
    /// The outcome of each lead.
    pub(super) outcomes: Vec<LeadOutcome>,
    /// The violations of the interface.
    pub(super) violations: Vec<String>,
}

/// Validates the body of a callback for a chunk of these leads, which was sent with this token.
pub(super) fn validate(
    body: &Map<String, Value>,
    leads: &[i64],
    token: &str,
    service: &InstalledService,
) -> ValidatedCallback {
    let mut verdict = ValidatedCallback::default();
    for key in body.keys().filter(|key| !BODY_KEYS.contains(&key.as_str())) {
        verdict.violations.push(format!("unknown key '{key}' in the callback"));
    }
    if body.get("token").is_some_and(|repeated| repeated != token) {
        verdict.violations.push("the token in the body is not the one that was sent".to_owned());
    }
    if let Some(code) = text(body, "errorCode") {
        let message = text(body, "errorMessage").unwrap_or_default();
        if message.is_empty() {
            verdict.violations.push("errorCode without errorMessage".to_owned());
        }
        verdict.error = Some(format!("{code}: {message}"));
        return verdict;
    }
    let nothing = Vec::new();
    let objects = body.get("objectData").and_then(Value::as_array).unwrap_or(&nothing);
    let defaults = body.get("defaultValues").unwrap_or(&Value::Null);
    let mut missing: BTreeSet<i64> = leads.iter().copied().collect();
    for object in objects {
        let Some(lead_id) = object["leadData"]["id"].as_i64() else {
            verdict.violations.push("a record without a numeric leadData.id".to_owned());
            continue;
        };
        if !leads.contains(&lead_id) {
            verdict.violations.push(format!("lead {lead_id} was not in the chunk"));
            continue;
        }
        if !missing.remove(&lead_id) {
            verdict.violations.push(format!("lead {lead_id} is reported twice"));
            continue;
        }
        let lead = merged(&defaults["leadDefaults"], &object["leadData"]);
        let activity = merged(&defaults["activityDefaults"], &object["activityData"]);
        let mut problems = Vec::new();
        let outcome = outcome(lead_id, &lead, &activity, service, &mut problems);
        let problems = problems.into_iter().map(|problem| format!("lead {lead_id}: {problem}"));
        verdict.violations.extend(problems);
        verdict.outcomes.push(outcome);
    }
    for lead_id in missing {
        verdict.violations.push(format!("lead {lead_id} is not reported"));
    }
    verdict
}

fn outcome(
    lead_id: i64,
    lead: &Map<String, Value>,
    activity: &Map<String, Value>,
    service: &InstalledService,
    problems: &mut Vec<String>,
) -> LeadOutcome {
    let success = activity.get("success").and_then(Value::as_bool).unwrap_or_else(|| {
        problems.push("activityData.success is not a boolean".to_owned());
        false
    });
    let error_code = text(activity, "errorCode").unwrap_or_default();
    let reason = text(activity, "reason").unwrap_or_default();
    if !success && (error_code.is_empty() || reason.is_empty()) {
        problems.push("a failure needs errorCode and reason".to_owned());
    }
    for (name, value) in [("errorCode", &error_code), ("reason", &reason)] {
        if let Err(why) = DataType::String.check(&Value::from(value.as_str())) {
            problems.push(format!("{name} {why}"));
        }
    }
    let attributes = activity.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str()));
    let fields = lead.iter().filter(|(name, _)| *name != "id");
    LeadOutcome {
        lead_id,
        success,
        error_code,
        reason,
        attributes: storable_values(attributes, &service.attributes, "attribute", problems),
        fields: storable_values(fields, &service.fields, "field", problems),
    }
}

/// Returns the values that Marketo stores, truncated to its limits.
fn storable_values<'v>(
    values: impl Iterator<Item = (&'v String, &'v Value)>,
    defined: &BTreeMap<String, DataType>,
    what: &str,
    problems: &mut Vec<String>,
) -> BTreeMap<String, Value> {
    let mut kept = BTreeMap::new();
    // A null neither sets nor clears a value.
    for (name, value) in values.filter(|(_, value)| !value.is_null()) {
        let Some(kind) = defined.get(name) else {
            problems.push(format!("{what} '{name}' is not in the service definition"));
            continue;
        };
        let verdict = kind.check(value);
        let value = match (&verdict, kind.max_bytes(), value.as_str()) {
            (Err(_), Some(max), Some(text)) => Value::from(truncate(text, max)),
            (Err(_), ..) => Value::Null,
            (Ok(()), ..) => value.clone(),
        };
        if let Err(why) = verdict {
            problems.push(format!("{what} '{name}' {why}"));
        }
        kept.insert(name.clone(), value);
    }
    kept
}

fn truncate(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

fn merged(defaults: &Value, values: &Value) -> Map<String, Value> {
    let mut merged = defaults.as_object().cloned().unwrap_or_default();
    merged.extend(values.as_object().cloned().unwrap_or_default());
    merged
}

/// Returns a text that is not empty.
fn text(map: &Map<String, Value>, name: &str) -> Option<String> {
    map.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(body: Value, leads: &[i64]) -> ValidatedCallback {
        validate(body.as_object().unwrap(), leads, "t", &InstalledService::default())
    }

    #[test]
    fn valid_callback_has_no_violations() {
        let verdict = verdict(
            json!({
                "munchkinId": "123-ABC-456", "token": "t",
                "defaultValues": {"activityDefaults": {"webinarId": "90000000001"}},
                "objectData": [
                    {"leadData": {"id": 1, "joinUrl": "https://example.com"}, "activityData": {"success": true, "registration": "registered"}},
                    {"leadData": {"id": 2}, "activityData": {"success": false, "errorCode": "MISSING_FIELD", "reason": "No last name."}},
                ],
            }),
            &[1, 2],
        );
        assert_eq!(verdict.violations, Vec::<String>::new());
        assert_eq!(verdict.outcomes[0].attributes["webinarId"], "90000000001");
        assert_eq!(verdict.outcomes[1].error_code, "MISSING_FIELD");
    }

    #[test]
    fn reports_every_violation_and_keeps_valid_values() {
        let verdict = verdict(
            json!({
                "extra": 1,
                "objectData": [
                    {"leadData": {"id": 1, "joinUrl": "x".repeat(2_001), "shoeSize": 4}, "activityData": {"success": true}},
                    {"leadData": {"id": "2"}, "activityData": {"success": true}},
                    {"leadData": {"id": 9}, "activityData": {"success": true}},
                    {"leadData": {"id": 3}, "activityData": {"success": false}},
                ],
            }),
            &[1, 2, 3],
        );
        assert_eq!(
            verdict.violations,
            [
                "unknown key 'extra' in the callback",
                "lead 1: field 'joinUrl' has 2001 bytes, which Marketo cuts to 2000",
                "lead 1: field 'shoeSize' is not in the service definition",
                "a record without a numeric leadData.id",
                "lead 9 was not in the chunk",
                "lead 3: a failure needs errorCode and reason",
                "lead 2 is not reported",
            ]
        );
        assert_eq!(verdict.outcomes[0].fields["joinUrl"].as_str().unwrap().len(), 2_000);
    }

    #[test]
    fn chunk_level_error_processes_no_lead() {
        let verdict = verdict(
            json!({"errorCode": "PROGRAM_NOT_CONNECTED", "errorMessage": "Connect it.", "objectData": [{"leadData": {"id": 1}}]}),
            &[1],
        );
        assert_eq!(verdict.error.as_deref(), Some("PROGRAM_NOT_CONNECTED: Connect it."));
        assert!(verdict.outcomes.is_empty() && verdict.violations.is_empty());
    }
}
