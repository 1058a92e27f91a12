//! `{{ name }}` templates, in component variables and allowed hosts.

use thiserror::Error;

/// A text in which `{{ name }}` stands for an application variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Variable(String),
}

/// A template that is not well formed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the template {0:?} has a `{{{{` without `}}}}`")]
pub(crate) struct UnmatchedBraces(String);

impl Template {
    /// Parses a template; a text without braces is one too.
    pub(super) fn parse(text: &str) -> Result<Self, UnmatchedBraces> {
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

    /// The text with every variable replaced; the first error of `value` is returned.
    pub(super) fn fill<'a, E>(&self, value: impl Fn(&str) -> Result<&'a str, E>) -> Result<String, E> {
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

    fn fill(text: &str) -> String {
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
    fn fills_variables_between_text() {
        assert_eq!(fill("https://{{ host }}:{{port}}/"), "https://zoom.us:8443/");
        assert_eq!(fill("plain"), "plain");
        assert_eq!(fill(""), "");
        assert_eq!(fill("{{ other }}"), "unknown other");
    }

    #[test]
    fn refuses_unmatched_braces() {
        assert!(Template::parse("{{ host }} {{ port").is_err());
    }
}
