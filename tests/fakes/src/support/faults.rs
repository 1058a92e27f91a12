//! Faults on demand: rules that make chosen requests fail in chosen ways.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lock;

/// One rule: which requests, after how many, how often, and what happens to them.
///
/// As JSON: `{"method":"POST","path":"/v2/webinars/*/registrants","skip":0,"times":1,"effect":{"status":500}}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// HTTP method; absent means any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Raw path; `*` stands for one segment, a trailing `**` for the rest.
    pub path: String,
    /// How many matching requests pass untouched first.
    #[serde(default)]
    pub skip: u32,
    /// How many requests are then hit.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens to them.
    pub effect: Effect,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// A rule that hits the next matching request.
    #[must_use]
    pub fn once(method: &str, path: &str, effect: Effect) -> Self {
        Self { method: Some(method.to_owned()), path: path.to_owned(), skip: 0, times: 1, effect }
    }

    /// The same rule, for this many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// The same rule, after this many matching requests.
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

/// What a fault does to a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Effect {
    /// Answered like this; not executed.
    Status {
        /// HTTP status.
        status: u16,
        /// Body: a string is sent as it is, anything else as JSON.
        #[serde(default)]
        body: Value,
        /// Extra headers.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// Executed, after a delay.
    Delay {
        /// Milliseconds.
        delay_ms: u64,
    },
    /// The connection is closed without an answer.
    Drop {
        /// Whether the request was executed.
        drop: DropWhen,
    },
    /// Executed, and answered with a body that is not what its content type says.
    Malformed {
        /// Always true; it is there to name the effect in JSON.
        malformed: bool,
    },
    /// Not executed: silence, then the connection is closed.
    Hang {
        /// Milliseconds of silence.
        hang_ms: u64,
    },
}

impl Effect {
    /// A bare status with an empty body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status { status, body: Value::Null, headers: BTreeMap::new() }
    }
}

/// When the connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DropWhen {
    /// Before the request is executed.
    Before,
    /// After it was executed: the answer is lost.
    After,
}

/// The rules in force. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Vec<Fault>>>);

impl Faults {
    /// Adds a rule. Rules are tried in the order in which they were added.
    pub fn add(&self, fault: Fault) {
        lock(&self.0).push(fault);
    }

    /// Drops every rule.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// The rules that still have requests to hit.
    #[must_use]
    pub fn pending(&self) -> Vec<Fault> {
        lock(&self.0).clone()
    }

    /// Counts a request against the rules and says what, if anything, befalls it: the first rule that is due wins.
    #[must_use]
    pub fn strike(&self, method: &str, path: &str) -> Option<Effect> {
        let mut rules = lock(&self.0);
        let mut struck = None;
        for rule in rules.iter_mut().filter(|rule| rule.matches(method, path)) {
            if rule.skip > 0 {
                rule.skip -= 1;
            } else if rule.times > 0 {
                rule.times -= 1;
                struck = Some(rule.effect.clone());
                break;
            }
        }
        rules.retain(|rule| rule.times > 0);
        struck
    }
}

/// Whether a raw path fits a pattern, in which `*` stands for one segment and a trailing `**` for the rest.
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
    fn a_pattern_fits_segment_by_segment() {
        assert!(path_matches("/v2/webinars/*/registrants", "/v2/webinars/1/registrants"));
        assert!(!path_matches("/v2/webinars/*/registrants", "/v2/webinars/1/registrants/status"));
        assert!(!path_matches("/v2/webinars/*/registrants", "/v2/webinars/1"));
        assert!(path_matches("/v2/**", "/v2/users/me"));
    }

    #[test]
    fn a_rule_skips_then_strikes_then_ends() {
        let faults = Faults::default();
        faults.add(Fault::once("GET", "/a", Effect::status(500)).after(1).times(2));
        let struck: Vec<bool> = (0..4).map(|_| faults.strike("GET", "/a").is_some()).collect();
        assert_eq!(struck, [false, true, true, false]);
        assert!(faults.pending().is_empty());
        assert!(faults.strike("POST", "/a").is_none());
    }

    #[test]
    fn each_effect_is_read_from_json() {
        for (json, expected) in [
            (r#"{"status":500}"#, "Status"),
            (r#"{"delay_ms":1}"#, "Delay"),
            (r#"{"drop":"after"}"#, "Drop"),
            (r#"{"malformed":true}"#, "Malformed"),
            (r#"{"hang_ms":1}"#, "Hang"),
        ] {
            let effect: Effect = serde_json::from_str(json).unwrap();
            assert!(format!("{effect:?}").starts_with(expected), "{json} became {effect:?}");
        }
        assert!(serde_json::from_str::<Effect>(r#"{"explode":true}"#).is_err());
    }
}
