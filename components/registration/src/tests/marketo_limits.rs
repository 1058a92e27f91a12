//! Marketo's limits: 100 calls in 20 seconds and 10 at once for the subscription, of which the application takes half.

use super::fixture::{Fixture, PROGRAM, email, lead, lead_id};
use domain::time::SignedDuration;
use fakes::zoom::NewWebinar;
use futures::FutureExt;
use futures::future::join_all;
use platform::testing::fault_injection::{FaultyPorts, NoFaults, Simulation};
use platform::testing::in_memory::InMemoryPorts;
use serde_json::json;
use std::sync::Arc;

/// Returns a fixture in simulated time, in which calls overlap.
fn overlapping(leads: u64) -> (Fixture, Arc<Simulation>) {
    let mut shared = None;
    let ports = |memory: &InMemoryPorts| {
        let simulation = Arc::new(Simulation::new(memory, Arc::new(NoFaults)));
        let ports = FaultyPorts::of(&simulation);
        shared = Some(simulation);
        ports
    };
    let fixture = Fixture::over(ports, NewWebinar::default());
    let fixture = fixture.now_or_never().expect("creating the fixture does not wait");
    fixture.add_leads(leads);
    fixture.set_members(1..=leads, "Registered");
    (fixture, shared.unwrap())
}

/// Returns the number of calls of Marketo's REST API, and of those that Marketo refused.
fn calls(fixture: &Fixture) -> (usize, usize) {
    let log = fixture.marketo.log();
    let is_rest = |path: &str| path.starts_with("/rest/");
    let refused = log.refused().into_iter().filter(|entry| is_rest(&entry.path)).count();
    (log.entries().into_iter().filter(|entry| is_rest(&entry.path)).count(), refused)
}

#[test]
fn chunks_of_one_lead_share_their_calls_of_marketo() {
    const CHUNKS: u64 = 200;
    let (fixture, simulation) = overlapping(CHUNKS);
    let names: Vec<_> = (1..=CHUNKS).map(|id| (id, format!("t{id}"))).collect();
    let accepted = join_all(names.iter().map(|(id, name)| async {
        let leads = [lead(*id)];
        fixture.accept(name, &leads).await;
    }));
    simulation.run(fixture.memory.run_with_background(accepted)).expect("nothing kills the process");
    assert_eq!(fixture.called_back().len() as u64, CHUNKS);
    for id in 1..=CHUNKS {
        assert_eq!(fixture.member(id).text("webinarUrl"), fixture.link(&email(id)), "lead {id}");
    }
    let (calls, refused) = calls(&fixture);
    println!("{CHUNKS} chunks of one lead: {calls} calls of Marketo, {refused} refused");
    assert_eq!(refused, 0);
    assert!(calls * 10 <= CHUNKS as usize * 3, "{calls} calls for {CHUNKS} leads");
}

#[test]
fn a_chunk_alone_does_not_wait_for_others() {
    let (fixture, simulation) = overlapping(1);
    let began = simulation.now();
    let accepted = simulation.run(fixture.memory.run_with_background(fixture.accept("t", &[lead(1)])));
    accepted.expect("nothing kills the process");
    assert_eq!(fixture.called_back().len(), 1);
    let took = simulation.now().duration_since(began);
    assert!(took < SignedDuration::from_secs(2), "{} ms", took.as_millis());
}

#[test]
fn requests_of_the_webhook_in_a_burst_are_never_refused_by_marketo() {
    const REQUESTS: u64 = 40;
    let (fixture, simulation) = overlapping(REQUESTS);
    let send = async |id: u64| {
        let body = json!({
            "program_id": PROGRAM, "lead_id": lead_id(id), "email": email(id), "first_name": "F", "last_name": "L",
            "status": "",
        });
        fixture.send("POST", "/registration/webhook", &body).await.0
    };
    let all = join_all((1..=REQUESTS).map(send));
    let statuses = simulation.run(fixture.memory.run_with_background(all)).expect("nothing kills the process");
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    let (calls, refused) = calls(&fixture);
    assert_eq!((calls, refused), (2 * REQUESTS as usize, 0));
}
