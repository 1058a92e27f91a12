//! The fakes behind ports that fail by a plan. A simulation runs futures without tokio.

use std::sync::Arc;

use bytes::Bytes;
use fakes::mounted::MountedFakes;
use fakes::support::{DropWhen, Effect, Fault};
use fakes::zoom::{ADMIN, NewWebinar, Options};
use http::Request;
use jiff::SignedDuration;
use platform::Ports;
use platform::testing::fault_injection::{self, Access, FaultPlan, FaultyPorts, Simulation};
use platform::testing::in_memory::InMemoryPorts;
use serde_json::json;

/// Executes every request late.
struct LatePlan;

impl FaultPlan for LatePlan {
    fn of_request(&self, _: &Request<Bytes>) -> Option<fault_injection::Fault> {
        Some(fault_injection::Fault::Late)
    }

    fn of_store(&self, _: Access, _: &str) -> Option<fault_injection::Fault> {
        None
    }
}

/// Injects nothing.
struct NoFaults;

impl FaultPlan for NoFaults {
    fn of_request(&self, _: &Request<Bytes>) -> Option<fault_injection::Fault> {
        None
    }

    fn of_store(&self, _: Access, _: &str) -> Option<fault_injection::Fault> {
        None
    }
}

/// Returns a simulation with the fakes on its clock, and the ports of the component in it.
fn simulated(plan: Arc<dyn FaultPlan>) -> (Arc<Simulation>, Ports, MountedFakes) {
    let memory = InMemoryPorts::default();
    let simulation = Arc::new(Simulation::new(&memory, plan));
    let ports = FaultyPorts::of(&simulation);
    let of_fakes = Ports { clock: ports.clock.clone(), ..memory.ports() };
    let fakes = MountedFakes::mount_with(&memory, of_fakes, Options::default(), fakes::marketo::Options::in_memory());
    (simulation, ports, fakes)
}

/// Returns an add-registrant call, and the webinar that it is about.
fn add_registrant(fakes: &MountedFakes) -> (Request<Bytes>, u64) {
    let id = fakes.zoom.add_webinar(NewWebinar::default()).unwrap().id;
    let (token, _) = fakes.zoom.access_token(ADMIN).unwrap();
    let body = json!({"email": "bo@x.com", "first_name": "Bo", "last_name": "Li"}).to_string();
    let request = Request::post(format!("{}/v2/webinars/{id}/registrants", fakes.zoom.url()))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.into());
    (request.unwrap(), id)
}

#[test]
fn late_request_is_executed_after_its_caller_gave_up() {
    let (simulation, ports, fakes) = simulated(Arc::new(LatePlan));
    let (request, id) = add_registrant(&fakes);
    let registrants = || fakes.zoom.webinar(id).unwrap().registrants.len();
    let call = ports.send_within(SignedDuration::from_secs(10), request);
    assert_eq!(simulation.run(call).unwrap().unwrap_err().reason, "timed out");
    assert_eq!(registrants(), 0);
    simulation.move_to(simulation.now() + SignedDuration::from_secs(30));
    assert_eq!(registrants(), 1);
}

#[test]
fn delay_of_a_fake_takes_the_time_of_the_simulation() {
    let (simulation, ports, fakes) = simulated(Arc::new(NoFaults));
    let (request, _) = add_registrant(&fakes);
    fakes.zoom.faults().add(Fault::once("POST", "/v2/**", Effect::Delay { delay_ms: 3_000 }));
    let before = simulation.now();
    let call = ports.send_within(SignedDuration::from_secs(10), request);
    assert_eq!(simulation.run(call).unwrap().unwrap().status(), 201);
    assert!(simulation.now() >= before + SignedDuration::from_secs(3));
}

#[test]
fn silence_of_a_fake_ends_with_the_callers_timeout() {
    let (simulation, ports, fakes) = simulated(Arc::new(NoFaults));
    let (request, id) = add_registrant(&fakes);
    fakes.zoom.faults().add(Fault::once("POST", "/v2/**", Effect::Silence { silence: DropWhen::After }));
    let call = ports.send_within(SignedDuration::from_secs(10), request);
    assert_eq!(simulation.run(call).unwrap().unwrap_err().reason, "timed out");
    assert_eq!(fakes.zoom.webinar(id).unwrap().registrants.len(), 1);
}
