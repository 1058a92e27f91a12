//! A long outage of Zoom with many leads, in simulated time.

use super::fixture::{Fixture, email, lead};
use super::peers::MEMBERS;
use bytes::Bytes;
use domain::time::{SignedDuration, Timestamp};
use fakes::support::{Effect, Fault};
use fakes::zoom::NewWebinar;
use futures::FutureExt;
use http::Request;
use platform::testing::fault_injection::{self, Access, FaultPlan, FaultyPorts, Simulation};
use platform::testing::in_memory::InMemoryPorts;
use serde_json::{Value, json};
use std::sync::Arc;

const LEADS: u64 = 10_000;

/// Leads of a chunk.
const CHUNK: usize = 300;

/// How long Zoom is down.
const OUTAGE: SignedDuration = SignedDuration::from_mins(45);

/// Zoom's rate limit for add calls on the plan of the fake, Business.
const ADDS_PER_SECOND: i64 = 80;

/// Every request to Zoom fails until an instant.
struct ZoomIsDown {
    memory: InMemoryPorts,
    until: Timestamp,
}

impl FaultPlan for ZoomIsDown {
    fn of_request(&self, request: &Request<Bytes>) -> Option<fault_injection::Fault> {
        let is_zoom = request.uri().host() == Some("zoom.test");
        let is_down = self.memory.ports().clock.now() < self.until;
        (is_zoom && is_down).then_some(fault_injection::Fault::ErrorBefore(503))
    }

    fn of_store(&self, _: Access, _: &str) -> Option<fault_injection::Fault> {
        None
    }
}

struct Outage {
    fixture: Fixture,
    simulation: Arc<Simulation>,
    began: Timestamp,
}

impl Outage {
    fn new() -> Self {
        let mut shared = None;
        let ports = |memory: &InMemoryPorts| {
            let began = memory.ports().clock.now();
            let plan = Arc::new(ZoomIsDown { memory: memory.clone(), until: began + OUTAGE });
            let simulation = Arc::new(Simulation::new(memory, plan));
            let ports = FaultyPorts::of(&simulation);
            shared = Some((simulation, began));
            ports
        };
        let fixture = Fixture::over(ports, NewWebinar::default());
        let fixture = fixture.now_or_never().expect("creating the fixture does not wait");
        let (simulation, began) = shared.unwrap();
        fixture.add_leads(LEADS);
        fixture.set_members(1..=LEADS, "Registered");
        Self { fixture, simulation, began }
    }

    /// Submits all leads, and ticks each minute until `is_done` or for two hours. Returns the time since the end of the outage.
    fn run(&self, is_done: impl Fn(&Fixture) -> bool) -> SignedDuration {
        let all = async {
            for (number, ids) in (1..=LEADS).collect::<Vec<_>>().chunks(CHUNK).enumerate() {
                let leads: Vec<_> = ids.iter().map(|&id| lead(id)).collect();
                self.fixture.accept(&format!("chunk {number}"), &leads).await;
            }
            for minute in 1..=120 {
                let next = self.began + SignedDuration::from_mins(minute);
                self.simulation.clock().sleep(next.duration_since(self.simulation.now())).await;
                self.fixture.tick().await;
                if is_done(&self.fixture) {
                    break;
                }
            }
            self.simulation.now()
        };
        let ended =
            self.simulation.run(self.fixture.memory.run_with_background(all)).expect("nothing kills the process");
        ended.duration_since(self.began + OUTAGE)
    }
}

#[test]
fn r12_leads_that_failed_during_a_long_outage_are_registered_as_fast_as_zoom_allows() {
    let outage = Outage::new();
    let is_registered = |fixture: &Fixture, id| {
        let member = fixture.member(id);
        member.status_name == "Registered" && !member.text("webinarUrl").is_empty()
    };
    let took = outage.run(|fixture| (1..=LEADS).all(|id| is_registered(fixture, id)));
    let fixture = &outage.fixture;
    let missing = (1..=LEADS).filter(|&id| !is_registered(fixture, id)).count();
    let by_rate = LEADS as i64 / ADDS_PER_SECOND;
    println!(
        "{LEADS} leads are registered {} s after the outage; Zoom\u{2019}s rate takes {by_rate} s",
        took.as_secs()
    );
    assert_eq!(missing, 0, "after {} s", took.as_secs());
    assert!(fixture.called_back().len() >= LEADS as usize / CHUNK, "each chunk was called back");
    assert_eq!(fixture.add_calls().len() as u64, LEADS, "one add call each");
    // The tick finds the end of the outage within a minute, and a test looks once a minute.
    assert!(took.as_secs() <= by_rate * 5 / 4 + 120, "{} s", took.as_secs());
    let left: Vec<_> = fixture.memory.dump().into_keys().filter(|key| key.starts_with("failure:")).collect();
    assert!(left.is_empty(), "{} records are left", left.len());
}

#[tokio::test]
async fn a_batch_that_fails_at_marketo_uses_up_no_tries_and_the_leads_after_it_are_not_touched() {
    let fixture = Fixture::with_leads(40).await;
    fixture.set_members(1..=40, "Registered");
    fixture.service("needs-sign-in").await;
    fixture.submit("t", &(1..=40).map(lead).collect::<Vec<_>>()).await;
    fixture.memory.advance(SignedDuration::from_mins(31));
    fixture.tick().await;
    let failures = async || fixture.send("GET", "/registration/failures", &Value::Null).await.1["failures"].clone();
    let tries = async || {
        let failures = failures().await;
        failures.as_array().unwrap().iter().map(|failure| failure["tries"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(tries().await, [1; 40]);
    // Without the service, nothing is tried and nothing is written.
    fixture.memory.advance(SignedDuration::from_secs(10));
    let before = fixture.memory.dump();
    assert_eq!(fixture.tick().await, 0);
    let of_failures = |dump: std::collections::BTreeMap<String, Vec<u8>>| {
        dump.into_iter().filter(|(key, _)| key.starts_with("failure:")).collect::<Vec<_>>()
    };
    assert_eq!(of_failures(fixture.memory.dump()), of_failures(before));

    fixture.service("active").await;
    let body = json!({"requestId": "1", "success": false, "errors": [{"code": "607", "message": "m"}]});
    let quota = Effect::Status { status: 200, body, headers: Default::default() };
    fixture.marketo.faults().add(Fault::once("POST", MEMBERS, quota));
    assert_eq!(fixture.tick().await, 1);
    assert_eq!(tries().await, [1; 40]);
    let touched = failures().await.as_array().unwrap().iter().filter(|one| one["code"] == "MARKETO_QUOTA").count();
    assert_eq!(touched, 8, "only the first batch");
    fixture.memory.advance(SignedDuration::from_mins(2));
    assert_eq!(fixture.tick().await, 1);
    assert_eq!(failures().await, json!([]));
    for id in 1..=40 {
        assert_eq!((fixture.adds(&email(id)), fixture.status(id)), (1, "Registered".to_owned()), "lead {id}");
    }
}
