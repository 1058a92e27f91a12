//! Reads YAML as JSON values, so that checks read all formats alike.

use anyhow::Context;
use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value};

/// Parses the documents of a YAML file.
///
/// # Errors
/// The text is not YAML, or has something that JSON has not, such as a tag.
pub fn documents(text: &str) -> anyhow::Result<Vec<Value>> {
    Yaml::load_from_str(text).context("it is not YAML")?.iter().map(value).collect()
}

fn value(yaml: &Yaml<'_>) -> anyhow::Result<Value> {
    Ok(match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(boolean)) => (*boolean).into(),
        Yaml::Value(Scalar::Integer(number)) => (*number).into(),
        Yaml::Value(Scalar::FloatingPoint(number)) => number.into_inner().into(),
        Yaml::Value(Scalar::String(text)) => text.as_ref().into(),
        Yaml::Sequence(items) => items.iter().map(value).collect::<anyhow::Result<Vec<_>>>()?.into(),
        Yaml::Mapping(entries) => {
            let mut object = Map::new();
            for (key, entry) in entries {
                let key = key.as_str().context("a key is no text")?;
                object.insert(key.to_owned(), value(entry)?);
            }
            object.into()
        }
        Yaml::Representation(..) | Yaml::Tagged(..) | Yaml::Alias(_) | Yaml::BadValue => {
            anyhow::bail!("JSON has nothing for {yaml:?}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::documents;
    use serde_json::json;

    #[test]
    fn reads_documents_with_anchors_and_blocks() {
        let text = "a: &x [1, 2.5, yes, \"no\"]\nb: *x\nc: |-\n  d\n  e\n---\nf: ~\n";
        let expected =
            [json!({"a": [1, 2.5, "yes", "no"], "b": [1, 2.5, "yes", "no"], "c": "d\ne"}), json!({"f": null})];
        assert_eq!(documents(text).unwrap(), expected);
        assert!(documents("a: [1").is_err());
        assert!(documents("1: a").is_err());
    }
}
