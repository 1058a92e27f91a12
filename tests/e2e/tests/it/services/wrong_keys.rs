//! Many wrong keys at once: they are refused and counted in the log, and right keys are answered as fast as ever.

use crate::harness::{App, Fixture};
use fakes::env::{ADMIN_KEY, MARKETO_API_KEY};
use futures::StreamExt;
use reqwest::{Client, RequestBuilder};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Number of wrong keys.
const WRONG_KEYS: usize = 2_000;

/// Number of wrong keys that are under way at once.
const CONCURRENT: usize = 500;

/// The environment variable with which the longest wait is asserted. The test has to run alone then.
const MEASURE: &str = "MEASURE_WRONG_KEYS";

/// How long a right key may wait for its answer meanwhile.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// Number of callers with right keys, each of which sends one request after the other.
const RIGHT_CALLERS: usize = 4;

/// Returns a request with a wrong key: an admin's, the scheduler's, Marketo's, or one of the console's form.
fn wrong(client: &Client, url: &str, number: usize) -> RequestBuilder {
    let key = format!("wrong-key-number-{number:06}");
    match number % 4 {
        0 => client.get(format!("{url}/oauth/services")).bearer_auth(key),
        1 => client.post(format!("{url}/attendance/tick")).bearer_auth(key),
        2 => client.get(format!("{url}/flow-step/status")).header("x-api-key", key),
        _ => client.post(format!("{url}/console/session")).json(&json!({ "key": key })),
    }
}

/// Returns a request with a right key.
fn right(client: &Client, url: &str, number: usize) -> RequestBuilder {
    match number % 3 {
        0 => client.get(format!("{url}/oauth/services")).bearer_auth(ADMIN_KEY),
        1 => client.get(format!("{url}/flow-step/status")).header("x-api-key", MARKETO_API_KEY),
        _ => client.post(format!("{url}/console/session")).json(&json!({ "key": ADMIN_KEY })),
    }
}

/// Sends all wrong keys. Returns the number of each answer: its status, and whether it has `Retry-After`.
async fn attack(url: &str) -> BTreeMap<(u16, bool), usize> {
    let client = Client::new();
    let send = async |number| {
        let answer = wrong(&client, url, number).send().await.unwrap();
        (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
    };
    let mut answers = futures::stream::iter((0..WRONG_KEYS).map(send)).buffer_unordered(CONCURRENT);
    let mut counts = BTreeMap::new();
    while let Some(answer) = answers.next().await {
        *counts.entry(answer).or_insert(0) += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn right_keys_are_answered_beside_many_wrong_ones() {
    let fixture = Fixture::new(App::start().await).await;
    let (url, client) = (fixture.app.url(), Client::new());
    // The first request of each component compiles it into the process.
    for number in 0..3 {
        assert!(right(&client, url, number).send().await.unwrap().status().is_success());
    }
    let is_over = AtomicBool::new(false);
    let work = async |caller: usize| {
        let mut waits = Vec::new();
        while !is_over.load(Ordering::SeqCst) {
            let (began, number) = (Instant::now(), caller + waits.len());
            let answer = right(&client, url, number).send().await.unwrap();
            waits.push((began.elapsed(), number % 3));
            assert!(answer.status().is_success(), "request {number}: {}", answer.status());
        }
        waits
    };
    // The attacker has a thread of its own, so that its work does not add to what the others wait.
    let attacker = {
        let url = url.to_owned();
        let (done, is_done) = tokio::sync::oneshot::channel();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            done.send(runtime.block_on(attack(&url))).unwrap();
        };
        std::thread::spawn(run);
        async {
            let counts = is_done.await.unwrap();
            is_over.store(true, Ordering::SeqCst);
            counts
        }
    };
    let callers = futures::future::join_all((0..RIGHT_CALLERS).map(work));
    let (counts, waits) = futures::join!(attacker, callers);
    let mut waits = waits.concat();

    waits.sort();
    let (median, longest) = (waits[waits.len() / 2], waits[waits.len() - 1]);
    println!("{WRONG_KEYS} wrong keys, {CONCURRENT} at once: {counts:?} (status, has Retry-After)");
    assert!(waits.len() >= 2 * RIGHT_CALLERS, "{waits:?}");
    println!("{} right keys meanwhile: median {median:?}, longest {longest:?} (kind of request)", waits.len());
    assert!(counts.keys().all(|refusal| [(401, false), (429, true)].contains(refusal)), "{counts:?}");
    assert!(counts[&(429, true)] > 0, "{counts:?}");
    // Other tests run beside this one, so the time is asserted only where it is measured alone.
    if std::env::var_os(MEASURE).is_some() {
        assert!(longest.0 < MAX_WAIT, "{longest:?}");
    }

    let log: String = fixture.app.logs().into_values().collect();
    for caller in ["admin", "cron", "marketo", "console"] {
        let lines =
            log.lines().filter(|line| line.contains("auth.refused") && line.contains(&format!("caller={caller} ")));
        let client = lines.filter_map(|line| line.split_once("client=")).find(|(_, rest)| rest.contains(" count="));
        let (_, client) = client.unwrap_or_else(|| panic!("the log counts no wrong key of {caller}"));
        assert!(!client.starts_with("127.0.0.1"), "{client}");
    }
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}
