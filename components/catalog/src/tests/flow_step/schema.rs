//! Validates the part of JSON Schema that Adobe's component schemas use.

use serde_json::{Map, Value};

/// Returns how a value violates a named schema of `openapi.json`.
pub(super) fn violations(document: &Value, schema: &str, value: &Value) -> Vec<String> {
    let mut violations = Vec::new();
    let schema = &document["components"]["schemas"][schema];
    Validator { document, violations: &mut violations }.value(schema, value, "");
    violations
}

struct Validator<'a> {
    document: &'a Value,
    violations: &'a mut Vec<String>,
}

impl Validator<'_> {
    fn value(&mut self, schema: &Value, value: &Value, at: &str) {
        if let Some(name) = schema["$ref"].as_str() {
            let target = self.document.pointer(name.trim_start_matches('#')).unwrap();
            return self.value(target, value, at);
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.value(part, value, at);
        }
        let of_type = match schema["type"].as_str() {
            None => true,
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer" | "number") => value.is_number(),
            Some(other) => panic!("the schemas have no type {other}"),
        };
        let listed = schema["enum"].as_array().is_none_or(|values| values.contains(value));
        if !of_type || !listed {
            self.violations.push(format!("{at}: {value}"));
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            self.value(&schema["items"], item, &format!("{at}/{index}"));
        }
        if let Some(members) = value.as_object() {
            self.members(schema, members, at);
        }
    }

    fn members(&mut self, schema: &Value, members: &Map<String, Value>, at: &str) {
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(required) {
                self.violations.push(format!("{at}: no {required}"));
            }
        }
        for (name, member) in members {
            let declared = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
            self.value(declared, member, &format!("{at}/{name}"));
        }
    }
}

#[test]
fn finds_each_violation() {
    let document = serde_json::json!({"components": {"schemas": {
        "list": {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/named"}]}},
        "named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "enum": ["a"]}}},
    }}});
    let value = serde_json::json!([{"name": "a", "more": 1}, {"name": "b"}, {"name": 1}, {}, 5]);
    assert_eq!(violations(&document, "list", &value), ["/1/name: \"b\"", "/2/name: 1", "/3: no name", "/4: 5"]);
}
