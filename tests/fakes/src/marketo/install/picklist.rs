//! The rules of picklists and of the service status.

use serde_json::Value;

use crate::marketo::install::report::Findings;

/// Maximum number of choices of one field.
const MAX_CHOICES: usize = 1_000;

/// Checks the choices of an attribute.
pub(super) fn check(name: &str, picklist: &Value, findings: &mut Findings) {
    let Some(choices) = picklist["choices"].as_array() else {
        findings.require(false, format!("the picklist of '{name}' has no choices"));
        return;
    };
    findings.require(choices.len() <= MAX_CHOICES, format!("'{name}' has more than {MAX_CHOICES} choices"));
    for choice in choices {
        let shown = choice["displayValue"]["en_US"].as_str().is_some_and(|text| !text.is_empty());
        findings.require(shown, format!("a choice of '{name}' has no displayValue.en_US"));
        let submitted = &choice["submittedValue"];
        let scalar = submitted.is_string() || submitted.is_number() || submitted.is_boolean();
        findings.require(scalar, format!("a choice of '{name}' has no plain submittedValue"));
    }
}

/// Checks the service's status.
pub(super) fn check_status(status: &Value, findings: &mut Findings) {
    findings.require(status.is_object(), "the status is no object");
    for list in ["info", "warnings", "errors"] {
        let lines = &status[list];
        let texts = lines.as_array().is_some_and(|lines| lines.iter().all(Value::is_string));
        findings.require(lines.is_null() || texts, format!("status.{list} must be a list of texts"));
    }
    for date in ["deprecationMessage", "deprecationDate"] {
        findings.require(status[date].is_null() || status[date].is_string(), format!("status.{date} must be a text"));
    }
}
