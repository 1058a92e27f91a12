//! Application variables, their templates, and the variables of each component.
//!
//! A value comes from `--variable`, then from `SPIN_VARIABLE_*`, then from the manifest's default. A component sees
//! only the names in its own `variables` table. Errors and `Debug` never show a value: it may be a secret.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use crate::manifest::Variable;

/// The variables of an application can't be resolved.
#[derive(Debug, Error)]
pub(crate) enum VariablesError {
    /// Required variables without a value. Spin refuses to start, too.
    #[error(
        "required variables without a value: {}; set them with --variable NAME=VALUE or SPIN_VARIABLE_NAME",
        .0.join(", ")
    )]
    Missing(Vec<String>),
    /// A name that Spin rejects.
    #[error("the variable name {name:?} {problem}")]
    InvalidName {
        /// The rejected name.
        name: String,
        /// The rule that the name breaks.
        problem: &'static str,
    },
    /// A template names a variable that the application does not declare.
    #[error("a template names the variable {0:?}, which the application does not declare")]
    Unknown(String),
    /// A template is malformed.
    #[error(transparent)]
    Template(#[from] UnmatchedBraces),
}

/// The application's variables with their values.
pub(crate) struct Variables {
    values: BTreeMap<String, String>,
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Variables {
    /// Resolves the value of each declared variable. Ignores given values that are not declared, as Spin does.
    pub(crate) fn new(
        declared: &BTreeMap<String, Variable>,
        given: &BTreeMap<String, String>,
    ) -> Result<Self, VariablesError> {
        let mut values = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, variable) in declared {
            check_name(name)?;
            match given.get(name).or(variable.default.as_ref()) {
                Some(value) => drop(values.insert(name.clone(), value.clone())),
                None => missing.push(name.clone()),
            }
        }
        if missing.is_empty() { Ok(Self { values }) } else { Err(VariablesError::Missing(missing)) }
    }

    /// Replaces the variables in `template`.
    pub(crate) fn fill(&self, template: &str) -> Result<String, VariablesError> {
        Template::parse(template)?.fill(|name| {
            self.values.get(name).map(String::as_str).ok_or_else(|| VariablesError::Unknown(name.to_owned()))
        })
    }

    /// Resolves a component's `variables` table.
    pub(crate) fn of_component(&self, table: &BTreeMap<String, String>) -> Result<ComponentVariables, VariablesError> {
        let mut values = BTreeMap::new();
        for (name, template) in table {
            check_name(name)?;
            values.insert(name.clone(), self.fill(template)?);
        }
        Ok(ComponentVariables { values })
    }
}

/// The variables that one component can read.
pub(crate) struct ComponentVariables {
    values: BTreeMap<String, String>,
}

/// A component's lookup of a variable failed. The cases are those of `spin:variables`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LookupError {
    /// The name breaks the rule for names.
    InvalidName(String),
    /// The component's `variables` table does not have the name.
    Undefined(String),
}

impl ComponentVariables {
    /// Returns the value of the component's variable `name`.
    pub(crate) fn get(&self, name: &str) -> Result<&str, LookupError> {
        check_name(name).map_err(|error| LookupError::InvalidName(error.to_string()))?;
        self.values
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| LookupError::Undefined(format!("the component has no variable {name:?}")))
    }
}

/// Checks Spin's rule for names, which must be usable in an environment variable.
fn check_name(name: &str) -> Result<(), VariablesError> {
    let problem = if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        "must start with a lower-case letter"
    } else if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        "may contain lower-case letters, digits and underscores only"
    } else if name.ends_with('_') || name.contains("__") {
        "must have single underscores between other characters only"
    } else {
        return Ok(());
    };
    Err(VariablesError::InvalidName { name: name.to_owned(), problem })
}

/// A text with `{{ name }}` placeholders for application variables, as in component variables and allowed hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Variable(String),
}

/// A malformed template.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the template {0:?} has a `{{{{` without `}}}}`")]
pub(crate) struct UnmatchedBraces(String);

impl Template {
    /// Parses a template. A text without braces is a template without placeholders.
    fn parse(text: &str) -> Result<Self, UnmatchedBraces> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, expression)) = rest.split_once("{{") {
            let (name, after) = expression.split_once("}}").ok_or_else(|| UnmatchedBraces(text.to_owned()))?;
            parts.push(Part::Literal(literal.to_owned()));
            parts.push(Part::Variable(name.trim().to_owned()));
            rest = after;
        }
        parts.push(Part::Literal(rest.to_owned()));
        Ok(Self { parts })
    }

    /// Returns the text with every placeholder replaced, or the first error of `value`.
    fn fill<'a, E>(&self, value: impl Fn(&str) -> Result<&'a str, E>) -> Result<String, E> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => Ok(text.clone()),
                Part::Variable(name) => value(name).map(str::to_owned),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        entries.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn declared() -> BTreeMap<String, Variable> {
        BTreeMap::from([
            ("host".to_owned(), Variable { default: Some("zoom.us".to_owned()), ..Variable::default() }),
            ("key".to_owned(), Variable { required: true, secret: true, ..Variable::default() }),
        ])
    }

    #[test]
    fn given_values_take_precedence_over_defaults() {
        let variables =
            Variables::new(&declared(), &map(&[("host", "localhost"), ("key", "k"), ("stray", "x")])).unwrap();
        assert_eq!(variables.fill("https://{{ host }}").unwrap(), "https://localhost");
        assert!(matches!(variables.fill("{{ stray }}"), Err(VariablesError::Unknown(name)) if name == "stray"));
    }

    #[test]
    fn names_a_missing_required_variable() {
        let error = Variables::new(&declared(), &BTreeMap::new()).unwrap_err();
        assert!(matches!(&error, VariablesError::Missing(names) if names == &["key"]), "{error}");
    }

    #[test]
    fn a_component_sees_only_its_own_table() {
        let variables = Variables::new(&declared(), &map(&[("key", "k")])).unwrap();
        let component = variables.of_component(&map(&[("url", "https://{{ host }}/{{ key }}")])).unwrap();
        assert_eq!(component.get("url"), Ok("https://zoom.us/k"));
        assert!(matches!(component.get("host"), Err(LookupError::Undefined(_))));
        assert!(matches!(component.get("Host"), Err(LookupError::InvalidName(_))));
    }

    #[test]
    fn names_follow_spins_rule() {
        for good in ["a", "a1", "zoom_api_url"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "_a", "a_", "a__b", "A", "a-b"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let variables = Variables::new(&declared(), &map(&[("key", "s3cret")])).unwrap();
        assert!(!format!("{variables:?}").contains("s3cret"));
    }

    fn fill_template(text: &str) -> String {
        Template::parse(text)
            .unwrap()
            .fill(|name| match name {
                "host" => Ok("zoom.us"),
                "port" => Ok("8443"),
                other => Err(other.to_owned()),
            })
            .unwrap_or_else(|unknown| format!("unknown {unknown}"))
    }

    #[test]
    fn fills_placeholders_between_text() {
        assert_eq!(fill_template("https://{{ host }}:{{port}}/"), "https://zoom.us:8443/");
        assert_eq!(fill_template("plain"), "plain");
        assert_eq!(fill_template(""), "");
        assert_eq!(fill_template("{{ other }}"), "unknown other");
    }

    #[test]
    fn rejects_unmatched_braces() {
        assert!(Template::parse("{{ host }} {{ port").is_err());
    }
}
