//! A webinar that several programs are connected to through different services (R1, R18).

use super::fixture::{Fixture, PROGRAM};
use super::following::{OTHER_PROGRAM, registered};
use domain::records::{Service, ServiceKey, ServiceState};
use domain::time::SignedDuration;

/// Returns a fixture with two registered leads and a further program, whose service is another one that can be used.
/// That of the first program needs a sign-in.
async fn with_unusable_service() -> Fixture {
    let fixture = registered(&[1, 2], false).await;
    fixture.connect_other_program().await;
    fixture.index(&[PROGRAM, OTHER_PROGRAM]).await;
    let ports = fixture.memory.ports();
    let service = ports.store().get(&ServiceKey { id: "svc".into() }).await.unwrap().unwrap();
    let other = Service { id: "svc2".into(), ..service.clone() };
    ports.store().put(&ServiceKey { id: "svc2".into() }, &other).await.unwrap();
    let unusable = Service { state: ServiceState::NeedsSignIn, ..service };
    ports.store().put(&ServiceKey { id: "svc".into() }, &unusable).await.unwrap();
    fixture.change_connection(OTHER_PROGRAM, |connection| connection.service = "svc2".into()).await;
    fixture
}

#[tokio::test]
async fn r18_a_program_whose_service_needs_a_sign_in_keeps_no_one_from_following_an_event() {
    let fixture = with_unusable_service().await;
    fixture.change(1, "cancel").await;
    assert_eq!((fixture.status(1).as_str(), fixture.status(2).as_str()), ("Cancelled", "Registered"));
    assert!(!fixture.is_marked());
}

#[tokio::test]
async fn r18_a_program_whose_service_needs_a_sign_in_does_not_stop_a_comparison() {
    let fixture = with_unusable_service().await;
    fixture.lose_events();
    fixture.change(1, "cancel").await;
    fixture.memory.advance(SignedDuration::from_mins(31));
    fixture.tick().await;
    assert_eq!((fixture.status(1).as_str(), fixture.status(2).as_str()), ("Cancelled", "Registered"));
}

#[tokio::test]
async fn r1_a_webinar_is_not_compared_while_no_service_can_be_used() {
    let fixture = with_unusable_service().await;
    fixture.lose_events();
    fixture.change_connection(OTHER_PROGRAM, |connection| connection.service = "svc".into()).await;
    fixture.change(1, "cancel").await;
    fixture.memory.advance(SignedDuration::from_mins(31));
    let calls = fixture.zoom.log().entries().len();
    fixture.tick().await;
    assert_eq!((fixture.status(1).as_str(), fixture.zoom.log().entries().len()), ("Registered", calls));
}
