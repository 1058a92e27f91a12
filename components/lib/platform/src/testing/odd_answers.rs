//! Odd answers of other systems (R22): takes a good answer, changes one value of it at a time, and checks that the reader
//! loses no more than the thing that needs the value.
//!
//! A test reads each [`OddAnswer`] and returns an image of the outcome: a JSON value of the same shape as the answer, with
//! what was read of it. The image of the good answer is the baseline.

use serde_json::{Value, json};

/// A part of every text that is put into an answer. It must not show up in an error.
pub const MARKER: &str = "secret-marker";

/// Suffix of the name of a field that is written twice, until the text is complete.
const TWIN: &str = "\u{1}twin";

/// An answer with one changed value.
#[derive(Debug, Clone)]
pub struct OddAnswer {
    /// The path of the value, as a JSON pointer.
    pub path: String,
    /// What was done to the value.
    pub change: &'static str,
    /// The answer.
    pub text: Vec<u8>,
    /// Whether the changed value means the same as before, so that nothing may be lost.
    means_the_same: bool,
}

/// What the loss of a value costs besides the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// Nothing else. Excepts a path from a later pattern.
    Value,
    /// The row that it is in.
    Row,
    /// Other values of the row that it is in, but not the row's place in its list.
    RowValues,
    /// The value at another path.
    Other(&'static str),
    /// The whole answer, which is then an error of the upstream.
    Answer,
}

/// The paths whose loss costs more than the value; the first pattern that fits counts. `*` stands for any index, `?` for any
/// name.
pub type Costs = [(&'static str, Cost)];

/// What a reader returned: the image and, if it counts them, the number of rows that it could not read; or the text of its
/// error.
pub type Outcome = Result<(Value, Option<usize>), String>;

/// Returns every answer that differs from a good one in one value.
pub fn odd_answers(good: &Value) -> Vec<OddAnswer> {
    let mut paths = Vec::new();
    collect_paths(good, String::new(), &mut paths);
    paths.iter().flat_map(|path| odd_answers_at(good, path)).collect()
}

fn collect_paths(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| {
            let escaped = name.replace('~', "~0").replace('/', "~1");
            collect_paths(field, format!("{path}/{escaped}"), paths);
        }),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| collect_paths(item, format!("{path}/{index}"), paths));
        }
        _ => {}
    }
    if !path.is_empty() {
        paths.push(path);
    }
}

fn odd_answers_at(good: &Value, path: &str) -> Vec<OddAnswer> {
    let Some(value) = good.pointer(path) else { return Vec::new() };
    let mut answers = Vec::new();
    let mut add = |change, means_the_same, text: Vec<u8>| {
        answers.push(OddAnswer { path: path.to_owned(), change, text, means_the_same });
    };
    let with = |other: Value| with_value(good, path, other).to_string().into_bytes();
    for (change, other) in other_values(value) {
        if other != *value {
            add(change, false, with(other));
        }
    }
    for (change, same) in same_values(value) {
        add(change, true, with(same));
    }
    // Halves of surrogate pairs and other bytes that are not UTF-8, which texts have when a system cuts them.
    let broken = |bytes: &[u8]| replace(&with(json!(MARKER)), MARKER.as_bytes(), bytes);
    add("half a surrogate pair", false, broken(br"secret-marker\ud83d"));
    add("invalid UTF-8", false, broken(b"secret-marker\xf0\x9f"));
    add("a raw line break", false, broken(b"secret-marker\n"));
    add("removed", false, without_value(good, path).to_string().into_bytes());
    if let Some((parent, name)) = split_field(good, path) {
        let bad = json!({MARKER: [MARKER]});
        for (change, first, last) in
            [("twice, the last one odd", value, &bad), ("twice, the first one odd", &bad, value)]
        {
            let mut twins = with_value(good, path, first.clone());
            if let Some(Value::Object(fields)) = twins.pointer_mut(parent) {
                fields.insert(format!("{name}{TWIN}"), last.clone());
            }
            let text = replace(twins.to_string().as_bytes(), br"\u0001twin", b"");
            add(change, last == value, text);
        }
    }
    answers
}

/// Returns values that the receiver does not expect there.
fn other_values(value: &Value) -> Vec<(&'static str, Value)> {
    vec![
        ("null", Value::Null),
        ("a long text", json!(format!("{MARKER} {}", "ä\"\\\u{1f600} ".repeat(100)))),
        ("an empty text", json!("")),
        ("an unknown word", json!(MARKER)),
        ("true", json!(true)),
        ("false", json!(false)),
        ("zero", json!(0)),
        ("a negative number", json!(-1)),
        ("a huge number", json!(1e300)),
        ("a huge whole number", json!(u64::MAX)),
        ("a fraction", json!(0.5)),
        ("an empty list", json!([])),
        ("a list of it", json!([value])),
        ("a list of null", json!([null])),
        ("an empty object", json!({})),
        ("an object with it", json!({MARKER: value})),
    ]
}

/// Returns other spellings of a value.
fn same_values(value: &Value) -> Vec<(&'static str, Value)> {
    let mut same = Vec::new();
    match value {
        Value::Bool(flag) => {
            same.push(("a boolean as text", json!(flag.to_string())));
            same.push(("a boolean as number", json!(u8::from(*flag))));
        }
        Value::Number(number) => {
            same.push(("a number as text", json!(number.to_string())));
            if let Some(float) = number.as_f64().filter(|float| float.abs() < 9e15) {
                same.push(("a number as fraction", json!(float)));
            }
        }
        Value::String(text) => {
            if let Ok(number) = text.parse::<u64>() {
                same.push(("a text as number", json!(number)));
            }
            if let Some(local) = text.strip_suffix('Z').filter(|local| local.contains("T10:")) {
                same.push(("a time with a fraction", json!(format!("{local}.0000000000Z"))));
                same.push(("a time with an offset", json!(format!("{}+02:00", local.replace("T10:", "T12:")))));
            }
        }
        Value::Array(items) => {
            if let [item @ Value::Object(_)] = items.as_slice() {
                same.push(("a list as its only item", item.clone()));
            }
        }
        Value::Object(fields) => {
            let mut more = fields.clone();
            more.insert(MARKER.to_owned(), json!({"unexpected": [MARKER, null, 1e300]}));
            same.push(("a further field", Value::Object(more)));
        }
        Value::Null => {}
    }
    same
}

fn with_value(good: &Value, path: &str, other: Value) -> Value {
    let mut odd = good.clone();
    if let Some(place) = odd.pointer_mut(path) {
        *place = other;
    }
    odd
}

fn without_value(good: &Value, path: &str) -> Value {
    let mut odd = good.clone();
    let (parent, name) = path.rsplit_once('/').unwrap_or_default();
    match odd.pointer_mut(parent) {
        Some(Value::Object(fields)) => drop(fields.remove(name)),
        Some(Value::Array(items)) => drop(name.parse().map(|index: usize| items.remove(index))),
        _ => {}
    }
    odd
}

/// Returns the path of the object that holds a field, and the field's name.
fn split_field<'p>(good: &Value, path: &'p str) -> Option<(&'p str, &'p str)> {
    let (parent, name) = path.rsplit_once('/')?;
    matches!(good.pointer(parent), Some(Value::Object(_))).then_some((parent, name))
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = text.windows(from.len()).position(|window| window == from);
    at.map_or_else(|| text.to_vec(), |at| [&text[..at], to, &text[at + from.len()..]].concat())
}

/// Checks the outcome of reading an odd answer against the image of the good one. Returns what is wrong with it.
pub fn fault(odd: &OddAnswer, baseline: &Value, outcome: &Outcome, costs: &Costs) -> Option<String> {
    let rule = costs.iter().find(|(pattern, _)| is_at_or_below(&odd.path, pattern));
    let cost = rule.map(|(_, cost)| *cost);
    let (image, unreadable) = match outcome {
        Err(error) if error.contains(MARKER) => return Some("the error quotes the answer".to_owned()),
        Err(_) if cost == Some(Cost::Answer) && !odd.means_the_same => return None,
        Err(_) => return Some("the answer is lost".to_owned()),
        Ok(outcome) => outcome,
    };
    if odd.means_the_same {
        return (image != baseline).then(|| "a value is lost although it means the same".to_owned());
    }
    let scope = match rule {
        Some((pattern, Cost::RowValues)) => prefix(&odd.path, pattern),
        Some((_, Cost::Other(path))) => path,
        _ => &odd.path,
    };
    if erased(baseline, scope) == erased(image, scope) {
        return None;
    }
    let row = match rule {
        Some((pattern, Cost::Row)) => pattern.rfind('*').map(|end| prefix(&odd.path, &pattern[..=end])),
        _ => odd.path.ends_with(|last: char| last.is_ascii_digit()).then_some(&*odd.path),
    };
    match row {
        Some(row) if without_value(baseline, row) != *image => Some("more than the row is lost".to_owned()),
        Some(_) if *unreadable == Some(0) && odd.change != "removed" => Some("a lost row is not counted".to_owned()),
        Some(_) => None,
        None => Some("more than the value is lost".to_owned()),
    }
}

/// Replaces the value at a path by null, where there is one.
fn erased(image: &Value, path: &str) -> Value {
    with_value(image, path, Value::Null)
}

/// Returns the beginning of a path that has as many names as a pattern.
fn prefix<'p>(path: &'p str, pattern: &str) -> &'p str {
    let end = path.match_indices('/').nth(pattern.matches('/').count()).map_or(path.len(), |(end, _)| end);
    &path[..end]
}

fn is_at_or_below(path: &str, pattern: &str) -> bool {
    let mut names = path.split('/');
    pattern.split('/').all(|wanted| {
        names.next().is_some_and(|name| {
            name == wanted || wanted == "?" || (wanted == "*" && name.bytes().all(|b| b.is_ascii_digit()))
        })
    })
}

/// Collects the outcomes of all odd answers of a client.
#[derive(Debug, Default)]
pub struct Tally {
    cases: usize,
    faults: Vec<String>,
}

impl Tally {
    /// Adds one case.
    pub fn add(&mut self, call: &str, odd: &OddAnswer, fault: Option<String>) {
        self.cases += 1;
        self.faults.extend(fault.map(|fault| format!("{call}: {} {}: {fault}", odd.path, odd.change)));
    }

    /// Prints the number of cases, and asserts that there are enough and that none is at fault.
    ///
    /// # Panics
    /// A case is at fault, or there are fewer cases than `least`.
    pub fn finish(self, name: &str, least: usize) {
        println!("{name}: {} odd answers, {} at fault", self.cases, self.faults.len());
        let shown: Vec<_> = self.faults.iter().take(200).map(String::as_str).collect();
        assert!(shown.is_empty(), "{} of {} at fault:\n{}", self.faults.len(), self.cases, shown.join("\n"));
        assert!(self.cases >= least, "only {} odd answers", self.cases);
    }
}

/// Returns an image of a list.
pub fn list<T>(items: &[T], image: impl Fn(&T) -> Value) -> Value {
    Value::Array(items.iter().map(image).collect())
}
