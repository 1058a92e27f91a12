//! As much of JSON Schema as Adobe's component schemas use.

use serde_json::{Map, Value};

/// How a value departs from a named schema of an OpenAPI document.
pub(super) fn faults(document: &Value, schema: &str, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let schema = &document["components"]["schemas"][schema];
    Check { document, faults: &mut faults }.value(schema, value, "");
    faults
}

struct Check<'a> {
    document: &'a Value,
    faults: &'a mut Vec<String>,
}

impl Check<'_> {
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
            self.faults.push(format!("{at}: {value}"));
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
                self.faults.push(format!("{at}: no {required}"));
            }
        }
        for (name, member) in members {
            let declared = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
            self.value(declared, member, &format!("{at}/{name}"));
        }
    }
}

#[test]
fn it_finds_what_is_wrong() {
    let document = serde_json::json!({"components": {"schemas": {
        "list": {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/named"}]}},
        "named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "enum": ["a"]}}},
    }}});
    let value = serde_json::json!([{"name": "a", "more": 1}, {"name": "b"}, {"name": 1}, {}, 5]);
    assert_eq!(faults(&document, "list", &value), ["/1/name: \"b\"", "/2/name: 1", "/3: no name", "/4: 5"]);
}
