//! Random requests from a seed: a random number generator, and mutations of JSON bodies.

use serde_json::{Value, json};

/// A seeded random number generator. A failure names the seed.
pub struct SeededRng(u64);

impl SeededRng {
    /// Creates a generator.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    /// Returns one of some values.
    pub fn choose<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }
}

/// Returns a chunk as Marketo sends it, with a callback that is rejected.
pub fn chunk(callback: &str) -> Value {
    json!({
        "token": "t", "apiCallBackKey": "k", "callbackUrl": format!("{callback}/nowhere"),
        "context": {"subscription": {"munchkinId": "123-ABC-456", "name": "n"}, "program": {"id": 1001, "name": "P"}},
        "objectData": [
            {
                "objectType": "lead",
                "objectContext": {"id": 1, "email": "one@example.com", "firstName": "One", "lastName": "Lead"},
                "flowStepContext": {"webinar": "program"}, "programMemberContext": {"status": "Invited"},
            },
            {
                "objectType": "lead",
                "objectContext": {"id": 2, "email": "two@example.com", "firstName": "Two", "lastName": "Lead"},
                "flowStepContext": {"webinar": "program"}, "programMemberContext": {"status": "Invited"},
            },
        ],
    })
}

/// Collects the pointers to all values within a value.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| pointers(member, &format!("{at}/{name}"), found))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| pointers(item, &format!("{at}/{n}"), found))
        }
        _ => {}
    }
}

/// Returns a value that is seldom expected.
pub fn unusual_value(rng: &mut SeededRng) -> Value {
    match rng.below(16) {
        0 => Value::Null,
        1 => json!(-1),
        2 => json!(1.5e300),
        3 => json!(u64::MAX),
        4 => json!(""),
        5 => json!("\u{0}\u{202e}\u{1f600}e\u{301}"),
        6 => json!("x".repeat(70_000)),
        7 => json!([]),
        8 => json!({}),
        9 => json!(true),
        10 => json!("9007199254740993"),
        11 => json!("a@b@c@"),
        12 => (0..60).fold(json!(1), |inner, _| json!([inner])),
        13 => json!({"id": {"id": {"id": []}}}),
        14 => json!("program\r\nx-api-key: y"),
        _ => json!("../../../internal/token/x"),
    }
}

/// Applies one to three mutations to a body.
pub fn mutated(mut body: Value, rng: &mut SeededRng) -> Value {
    for _ in 0..=rng.below(3) {
        let mut places = Vec::new();
        pointers(&body, "", &mut places);
        let place = places[rng.below(places.len())].clone();
        let (parent, name) = place.rsplit_once('/').unwrap_or_default();
        match (rng.below(3), body.pointer_mut(parent)) {
            (0, Some(Value::Object(members))) => drop(members.remove(name)),
            (1, Some(Value::Array(items))) if !items.is_empty() => {
                let copy = items[rng.below(items.len())].clone();
                items.push(copy);
            }
            _ => *body.pointer_mut(&place).unwrap() = unusual_value(rng),
        }
    }
    body
}

/// Cuts bytes off, or changes one, in a quarter of the cases.
pub fn damaged(mut bytes: Vec<u8>, rng: &mut SeededRng) -> Vec<u8> {
    match rng.below(8) {
        0 => bytes.truncate(rng.below(bytes.len().max(1))),
        1 if !bytes.is_empty() => {
            let place = rng.below(bytes.len());
            bytes[place] = u8::try_from(rng.below(256)).unwrap();
        }
        _ => {}
    }
    bytes
}
