//! Fault injection: rules that make selected requests fail in a given way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::support::sync::lock;

/// A fault rule: the requests that it matches, how many it skips and hits, and the effect.
///
/// As JSON: `{"method":"POST","path":"/v2/webinars/*/registrants","skip":0,"times":1,"effect":{"status":500}}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// HTTP method; absent means any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Pattern for the raw path; `*` matches one segment, a trailing `**` the rest.
    pub path: String,
    /// Number of matching requests to let pass first.
    #[serde(default)]
    pub skip: u32,
    /// Number of matching requests to hit after that.
    #[serde(default = "once")]
    pub times: u32,
    /// The effect on a request that is hit.
    pub effect: Effect,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// Returns a rule that hits the next matching request.
    #[must_use]
    pub fn once(method: &str, path: &str, effect: Effect) -> Self {
        Self { method: Some(method.to_owned()), path: path.to_owned(), skip: 0, times: 1, effect }
    }

    /// Returns a rule that hits every matching request until the rules are removed.
    #[must_use]
    pub fn always(method: &str, path: &str, effect: Effect) -> Self {
        Self::once(method, path, effect).times(u32::MAX)
    }

    /// Sets the number of requests to hit.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Sets the number of matching requests to let pass first.
    #[must_use]
    pub fn after(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|m| m == "*" || m.eq_ignore_ascii_case(method))
            && path_matches(&self.path, path)
    }
}

/// The effect of a fault on a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Effect {
    /// Responds with this status, body and headers; does not execute the request.
    Status {
        /// HTTP status.
        status: u16,
        /// Body: a string is sent as is, any other value as JSON.
        #[serde(default)]
        body: Value,
        /// Extra headers.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// Executes the request after a delay.
    Delay {
        /// Milliseconds.
        delay_ms: u64,
    },
    /// Closes the connection without a response.
    Drop {
        /// Whether the request is executed before that.
        drop: DropWhen,
    },
    /// Executes the request and responds with a body that does not match its content type.
    Malformed {
        /// Always true; names the effect in JSON.
        malformed: bool,
    },
    /// Does not execute the request; closes the connection after a period of silence.
    Hang {
        /// Milliseconds of silence.
        hang_ms: u64,
    },
    /// Executes the request and responds with this status and an empty body, as a gateway that lost the response.
    ErrorAfter {
        /// HTTP status.
        error_after: u16,
    },
    /// Never responds; the connection stays open until the caller closes it.
    Silence {
        /// Whether the request is executed before that.
        silence: DropWhen,
    },
}

impl Effect {
    /// Returns the effect that responds with a status and an empty body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status { status, body: Value::Null, headers: BTreeMap::new() }
    }
}

/// When the connection is closed, or falls silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DropWhen {
    /// Before the request is executed.
    Before,
    /// After the request was executed: only the response is lost.
    After,
}

/// The pending fault rules. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Vec<Fault>>>);

impl Faults {
    /// Adds a rule. Rules apply in the order in which they were added.
    pub fn add(&self, fault: Fault) {
        lock(&self.0).push(fault);
    }

    /// Removes every rule.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// Returns the rules that have requests left to hit.
    #[must_use]
    pub fn pending(&self) -> Vec<Fault> {
        lock(&self.0).clone()
    }

    /// Counts a request against the rules. Returns the effect of the first rule that is due, if any.
    #[must_use]
    pub fn next_effect(&self, method: &str, path: &str) -> Option<Effect> {
        let mut rules = lock(&self.0);
        let mut effect = None;
        for rule in rules.iter_mut().filter(|rule| rule.matches(method, path)) {
            if rule.skip > 0 {
                rule.skip -= 1;
            } else if rule.times > 0 {
                rule.times -= 1;
                effect = Some(rule.effect.clone());
                break;
            }
        }
        rules.retain(|rule| rule.times > 0);
        effect
    }
}

/// Whether a raw path matches a pattern. `*` matches one segment, a trailing `**` the rest.
#[must_use]
pub fn path_matches(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    for expected in pattern.split('/') {
        if expected == "**" {
            return true;
        }
        match segments.next() {
            Some(segment) if expected == "*" || expected == segment => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_pattern_matches_by_segment() {
        assert!(path_matches("/v2/webinars/*/registrants", "/v2/webinars/1/registrants"));
        assert!(!path_matches("/v2/webinars/*/registrants", "/v2/webinars/1/registrants/status"));
        assert!(!path_matches("/v2/webinars/*/registrants", "/v2/webinars/1"));
        assert!(path_matches("/v2/**", "/v2/users/me"));
    }

    #[test]
    fn rule_skips_then_hits_then_expires() {
        let faults = Faults::default();
        faults.add(Fault::once("GET", "/a", Effect::status(500)).after(1).times(2));
        let effect: Vec<bool> = (0..4).map(|_| faults.next_effect("GET", "/a").is_some()).collect();
        assert_eq!(effect, [false, true, true, false]);
        assert!(faults.pending().is_empty());
        assert!(faults.next_effect("POST", "/a").is_none());
    }

    #[test]
    fn every_effect_parses_from_json() {
        for (json, expected) in [
            (r#"{"status":500}"#, "Status"),
            (r#"{"delay_ms":1}"#, "Delay"),
            (r#"{"drop":"after"}"#, "Drop"),
            (r#"{"malformed":true}"#, "Malformed"),
            (r#"{"hang_ms":1}"#, "Hang"),
            (r#"{"error_after":502}"#, "ErrorAfter"),
            (r#"{"silence":"after"}"#, "Silence"),
        ] {
            let effect: Effect = serde_json::from_str(json).unwrap();
            assert!(format!("{effect:?}").starts_with(expected), "{json} became {effect:?}");
        }
        assert!(serde_json::from_str::<Effect>(r#"{"explode":true}"#).is_err());
    }
}
