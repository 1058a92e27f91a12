//! Fuzzing of chunks: every body gets a response, and no component traps.

use crate::harness::random::{SeededRng, chunk, damaged, mutated};
use crate::harness::{App, Fixture};
use fakes::env::MARKETO_API_KEY;
use serde_json::json;

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
        let mut rng = SeededRng::new(seed);
        let mut body = chunk(&marketo.url());
        body["token"] = json!(format!("token {seed}"));
        let bytes = damaged(serde_json::to_vec(&mutated(body, &mut rng)).unwrap(), &mut rng);
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
