//! The same work several times at once, at one instance and at two, on stores that are slow and whose reads lag: one add
//! call per lead, one callback.

use super::fixture::{Fixture, KEY, PROGRAM, email, lead, lead_id};
use super::peers::CALLBACKS;
use axum::Router;
use axum::body::Body;
use domain::time::SignedDuration;
use fakes::marketo::campaign::ChunkState;
use fakes::zoom::NewWebinar;
use futures::FutureExt;
use futures::future::join_all;
use http::Request;
use platform::Ports;
use platform::testing::fault_injection::{FaultyPorts, NoFaults, Simulation, run_cases};
use platform::testing::in_memory::InMemoryPorts;
use platform::testing::lagging_store::{LaggingStore, StoreLag};
use serde_json::{Value, json};
use std::sync::Arc;

/// Number of leads.
const LEADS: u64 = 30;

/// Instances of the component that share a store.
struct Replicas {
    fixture: Fixture,
    simulation: Arc<Simulation>,
    instances: [Router; 2],
}

/// A request to one of the instances.
struct Delivery {
    instance: usize,
    after: SignedDuration,
    path: &'static str,
    body: Value,
}

impl Replicas {
    fn new(lag: StoreLag, seed: u64) -> Self {
        let mut shared = None;
        let ports = |memory: &InMemoryPorts| {
            let simulation = Arc::new(Simulation::new(memory, Arc::new(NoFaults)));
            let store = LaggingStore::new(memory, lag, seed);
            let instance = || {
                let key_value = store.instance(simulation.clock());
                FaultyPorts::over(&simulation, Ports { key_value, ..memory.ports() })
            };
            let ports = instance();
            shared = Some((simulation.clone(), instance()));
            ports
        };
        let fixture = Fixture::over(ports, NewWebinar::default());
        let fixture = fixture.now_or_never().expect("creating the fixture does not wait");
        let (simulation, second) = shared.unwrap();
        fixture.add_leads(LEADS);
        let instances = [fixture.first_instance(), fixture.instance(second)];
        Self { fixture, simulation, instances }
    }

    /// Delivers requests, and runs the work after their responses. Returns the answers.
    fn deliver(&self, deliveries: &[Delivery]) -> Vec<(u16, Value)> {
        let send = async |delivery: &Delivery| {
            self.simulation.clock().sleep(delivery.after).await;
            let request = Request::post(delivery.path)
                .header("x-api-key", KEY)
                .header("authorization", "Bearer admin-key-of-the-tests")
                .body(Body::from(delivery.body.to_string()));
            Fixture::request_to(&self.instances[delivery.instance], request.unwrap()).await
        };
        let all = self.fixture.memory.run_with_background(join_all(deliveries.iter().map(send)));
        self.simulation.run(all).expect("nothing kills the process")
    }

    /// Returns the leads that were not added exactly once.
    fn add_errors(&self, leads: impl Iterator<Item = u64>) -> Vec<String> {
        let adds = leads.map(|number| (number, self.fixture.adds(&email(number))));
        adds.filter(|(_, adds)| *adds != 1).map(|(number, adds)| format!("lead {number} added {adds} times")).collect()
    }
}

/// When a chunk is delivered to which instance, in milliseconds.
type Times = &'static [(usize, i64)];

/// Delivers a chunk of all leads several times. Returns the errors.
fn deliver_chunk(lag: StoreLag, seed: u64, times: impl Iterator<Item = (usize, i64)>) -> Vec<String> {
    let replicas = Replicas::new(lag, seed);
    let body = replicas.fixture.chunk("t", &(1..=LEADS).map(lead).collect::<Vec<_>>());
    let deliveries: Vec<_> = times
        .map(|(instance, after)| Delivery {
            instance,
            after: SignedDuration::from_millis(after),
            path: "/flow-step/submitAsyncAction",
            body: body.clone(),
        })
        .collect();
    let mut errors = Vec::new();
    for (status, answer) in replicas.deliver(&deliveries) {
        if status != 201 {
            errors.push(format!("{status} {answer}"));
        }
    }
    errors.extend(replicas.add_errors(1..=LEADS));
    let callbacks = replicas.fixture.marketo.log().count("POST", CALLBACKS);
    // Marketo discards the callback of a delivery that another instance gets when the chunk is done and deleted.
    let is_late = deliveries.iter().any(|delivery| delivery.instance == 1 && delivery.after.as_millis() > 500);
    if callbacks > 1 + usize::from(is_late) || replicas.fixture.submitted("t").state != ChunkState::CalledBack {
        errors.push(format!("{callbacks} callbacks"));
    }
    let records = replicas.fixture.memory.dump();
    errors.extend(records.into_keys().filter(|key| key.starts_with("outbox:")).map(|key| format!("{key} is left")));
    errors
}

fn lag(visibility: i64, latency: i64) -> StoreLag {
    let [visibility, latency] = [visibility, latency].map(SignedDuration::from_millis);
    StoreLag { visibility, latency }
}

#[test]
fn a_chunk_that_is_delivered_several_times_at_once_is_run_once() {
    // Deliveries to one instance, and to both.
    const TIMES: [Times; 3] = [
        &[(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5)],
        &[(0, 0), (1, 1), (0, 2), (1, 3), (0, 4), (1, 5)],
        &[(0, 0), (0, 40), (0, 80), (0, 400), (0, 900)],
    ];
    let lags = [(0, 0), (0, 10), (0, 60), (50, 0), (100, 10), (100, 20)];
    let cases: Vec<_> = TIMES
        .into_iter()
        .flat_map(|times| lags.map(|(visibility, latency)| (times, lag(visibility, latency))))
        .flat_map(|(times, lag)| (0..3).map(move |seed| (times, lag, seed)))
        .collect();
    run_cases("one chunk several times", &cases, 54, |(times, lag, seed)| {
        deliver_chunk(lag, seed, times.iter().copied())
    });
}

#[test]
fn a_chunk_that_two_instances_get_is_run_once_however_far_apart() {
    let cases: Vec<_> = (0..=40)
        .flat_map(|step| {
            [(0, 10), (100, 0), (100, 20)].map(|(visibility, latency)| (step * 25, lag(visibility, latency)))
        })
        .collect();
    run_cases("one chunk at two instances", &cases, 123, |(after, lag)| {
        deliver_chunk(lag, 7, [(0, 0), (1, after)].into_iter())
    });
}

#[test]
fn a_lead_that_the_webhook_and_chunks_bring_at_once_is_added_once() {
    let cases: Vec<_> = [(0, 0), (0, 20), (0, 60)]
        .into_iter()
        .flat_map(|(visibility, latency)| (0..4).map(move |seed| (lag(visibility, latency), seed)))
        .collect();
    run_cases("one lead by several ways", &cases, 12, |(lag, seed)| {
        let replicas = Replicas::new(lag, seed);
        let webhook = |after: i64| Delivery {
            instance: 0,
            after: SignedDuration::from_millis(after),
            path: "/registration/webhook",
            body: json!({
                "program_id": PROGRAM, "lead_id": lead_id(1), "email": email(1),
                "first_name": "F1", "last_name": "L1", "status": "Registered",
            }),
        };
        let chunk = |name: &str, after: i64| Delivery {
            instance: 0,
            after: SignedDuration::from_millis(after),
            path: "/flow-step/submitAsyncAction",
            body: replicas.fixture.chunk(name, &[lead(1), lead(2)]),
        };
        let deliveries = [webhook(0), webhook(1), chunk("t", 0), chunk("u", 3), webhook(250), webhook(260)];
        let mut errors = Vec::new();
        for (status, answer) in replicas.deliver(&deliveries) {
            if status != 201 && answer["outcome"] != "registered" {
                errors.push(format!("{status} {answer}"));
            }
        }
        errors.extend(replicas.add_errors(1..=2));
        if replicas.fixture.marketo.log().count("POST", CALLBACKS) != 2 {
            errors.push("not one callback for each chunk".to_owned());
        }
        errors
    });
}
