//! Application variables and what each component sees of them.
//!
//! Values come from `--variable` or `SPIN_VARIABLE_*` first, then from the manifest's defaults. A component sees only
//! the names in its own `variables` table. No value is ever shown in an error or in `Debug`: it may be a secret.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use super::template::{Template, UnmatchedBraces};
use crate::manifest::Variable;

/// Why the variables of an application can't be resolved.
#[derive(Debug, Error)]
pub(crate) enum VariablesError {
    /// Required variables without a value; Spin refuses to start too.
    #[error("no value was given for the required variable(s) {}", .0.join(", "))]
    Missing(Vec<String>),
    /// A name that Spin would refuse.
    #[error("the variable name {name:?} {problem}")]
    InvalidName {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A template names a variable that the application does not have.
    #[error("a template names the variable {0:?}, which the application does not declare")]
    Unknown(String),
    /// A template is not well formed.
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
    /// Gives each declared variable its value; what is given but not declared is ignored, as Spin does.
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

    /// Replaces the variables in a template.
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

/// What one component sees.
pub(crate) struct ComponentVariables {
    values: BTreeMap<String, String>,
}

/// Why a component does not get a variable; the cases are those of `spin:variables`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LookupError {
    /// Not a name that a variable could have.
    InvalidName(String),
    /// Not in the component's `variables` table.
    Undefined(String),
}

impl ComponentVariables {
    /// The value of the component's variable `name`.
    pub(super) fn get(&self, name: &str) -> Result<&str, LookupError> {
        check_name(name).map_err(|error| LookupError::InvalidName(error.to_string()))?;
        self.values
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| LookupError::Undefined(format!("the component has no variable {name:?}")))
    }
}

/// Spin's rule for names: they must survive as an environment variable.
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
    fn given_values_go_before_defaults() {
        let variables =
            Variables::new(&declared(), &map(&[("host", "localhost"), ("key", "k"), ("stray", "x")])).unwrap();
        assert_eq!(variables.fill("https://{{ host }}").unwrap(), "https://localhost");
        assert!(matches!(variables.fill("{{ stray }}"), Err(VariablesError::Unknown(name)) if name == "stray"));
    }

    #[test]
    fn a_missing_required_variable_is_named() {
        let error = Variables::new(&declared(), &BTreeMap::new()).unwrap_err();
        assert!(matches!(&error, VariablesError::Missing(names) if names == &["key"]), "{error}");
    }

    #[test]
    fn a_component_sees_its_own_table_only() {
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
        let variables = Variables::new(&declared(), &map(&[("key", "hush")])).unwrap();
        assert!(!format!("{variables:?}").contains("hush"));
    }
}
