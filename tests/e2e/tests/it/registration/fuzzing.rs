//! Fuzzing of chunks: every body gets a response, and no component traps.

use crate::harness::{App, Fixture};
use fakes::env::MARKETO_API_KEY;
use serde_json::{Value, json};

/// A seeded random number generator. The failure message contains the seed.
struct SeededRng(u64);

impl SeededRng {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// Returns a chunk as Marketo sends it, with a callback that is rejected.
fn chunk(callback: &str) -> Value {
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

fn unusual_value(rng: &mut SeededRng) -> Value {
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

/// Applies one to three mutations to a chunk.
fn mutated(mut chunk: Value, rng: &mut SeededRng) -> Value {
    for _ in 0..=rng.below(3) {
        let mut places = Vec::new();
        pointers(&chunk, "", &mut places);
        let place = places[rng.below(places.len())].clone();
        let (parent, name) = place.rsplit_once('/').unwrap_or_default();
        match (rng.below(3), chunk.pointer_mut(parent)) {
            (0, Some(Value::Object(members))) => drop(members.remove(name)),
            (1, Some(Value::Array(items))) if !items.is_empty() => {
                let copy = items[rng.below(items.len())].clone();
                items.push(copy);
            }
            _ => *chunk.pointer_mut(&place).unwrap() = unusual_value(rng),
        }
    }
    chunk
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_body_makes_the_component_trap() {
    let fixture = Fixture::new(App::start().await).await;
    let (client, marketo) = (reqwest::Client::new(), &fixture.app.env.marketo);
    let send = async |body: Vec<u8>| {
        let request = client.post(format!("{}/submitAsyncAction", fixture.app.env.flow_step_url()));
        request.header("x-api-key", MARKETO_API_KEY).body(body).send().await.unwrap()
    };
    let mut statuses = std::collections::BTreeMap::new();
    for seed in 0..400 {
        let mut rng = SeededRng(seed);
        let mut body = chunk(&marketo.url());
        body["token"] = json!(format!("token {seed}"));
        let mut bytes = serde_json::to_vec(&mutated(body, &mut rng)).unwrap();
        match rng.below(8) {
            0 => bytes.truncate(rng.below(bytes.len().max(1))),
            1 => {
                let place = rng.below(bytes.len());
                bytes[place] = u8::try_from(rng.below(256)).unwrap();
            }
            _ => {}
        }
        let answer = send(bytes).await;
        let (status, kind) = (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap().to_owned());
        let text = answer.text().await.unwrap();
        let expected = if status == 201 { "application/json" } else { "application/problem+json" };
        assert!([201, 400, 413].contains(&status) && kind == expected, "seed {seed}: {status} {kind} {text}");
        *statuses.entry(status).or_insert(0) += 1;
    }
    println!("bodies by response status: {statuses:?}");
    assert!(statuses[&201] > 50 && statuses[&400] > 50, "{statuses:?}");

    let many: Vec<_> = (1..=10_000).map(|id| json!({"objectType": "lead", "objectContext": {"id": id}})).collect();
    let mut body = chunk(&marketo.url());
    body["objectData"] = json!(many);
    assert_eq!(send(serde_json::to_vec(&body).unwrap()).await.status(), 201, "10,000 leads");

    let leads = fixture.add_leads(3);
    let run = fixture.run_campaign(&leads).await;
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    fixture.app.assert_no_trap();
}
