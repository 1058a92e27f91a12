//! A sign-in that fails does not end the service that was live (R1), although Zoom has replaced its grant.

use super::fixture::{Fixture, admin_of};
use crate::zoom_oauth::scopes::REQUIRED_SCOPES;
use domain::time::SignedDuration;
use fakes::support::{Effect, Fault};
use fakes::zoom::{ADMIN, NewUser};
use serde_json::json;

/// Lets Zoom exchange codes without saying whose grant it is.
fn down(fixture: &Fixture) {
    fixture.zoom.faults().add(Fault::always("GET", "/v2/users/me", Effect::status(503)));
}

/// Returns the required scopes but the last one.
fn too_few() -> Vec<String> {
    REQUIRED_SCOPES.iter().rev().skip(1).map(|scope| scope.name.to_owned()).collect()
}

fn all_scopes() -> Vec<String> {
    REQUIRED_SCOPES.iter().map(|scope| scope.name.to_owned()).collect()
}

#[tokio::test]
async fn r1_a_sign_in_that_lacks_scopes_keeps_the_live_service() {
    for name in ["Acme", "Another"] {
        let fixture = Fixture::new();
        let id = fixture.sign_in("Acme").await;
        let before = fixture.access_token(&id).await;
        fixture.in_memory.advance(SignedDuration::from_mins(1));
        fixture.set_granted_scopes(too_few());
        assert_eq!(fixture.fail_sign_in(name, |_| {}).await.status, 403);
        // The service stays, with Zoom's new grant and the problem that this has.
        assert_eq!(fixture.services().await.len(), 1);
        let service = fixture.service(&id).await;
        assert_eq!((&service["state"], &service["name"]), (&json!("active"), &json!("Acme")));
        assert_eq!(service["problem"]["code"], "SERVICE_LACKS_PERMISSION");
        // It heals as soon as the scope is there, without a sign-in.
        fixture.zoom.change_scopes(ADMIN, &all_scopes()).unwrap();
        fixture.in_memory.advance(SignedDuration::from_mins(5));
        fixture.tick().await;
        assert_eq!(fixture.service(&id).await["problem"], json!(null));
        assert_ne!(fixture.access_token(&id).await, before);
        assert!(!fixture.keys().contains(&"token:unclaimed".to_owned()));
    }
}

#[tokio::test]
async fn r1_a_sign_in_whose_user_zoom_does_not_name_keeps_the_live_service() {
    fn role_lost(fixture: &Fixture) {
        fixture.set_admin_role(false);
    }
    for (status, fail) in [(502, down as fn(&Fixture)), (403, role_lost)] {
        for hours in [0, 2] {
            let fixture = Fixture::new();
            let id = fixture.sign_in("Acme").await;
            fixture.in_memory.advance(SignedDuration::from_mins(1));
            assert_eq!(fixture.fail_sign_in("Acme", fail).await.status, status);
            fixture.in_memory.advance(SignedDuration::from_hours(hours));
            fixture.tick().await;
            fixture.zoom.faults().clear();
            fixture.set_admin_role(true);
            fixture.tick().await;
            fixture.tick().await;
            let service = fixture.service(&id).await;
            assert_eq!((&service["state"], &service["problem"]), (&json!("active"), &json!(null)));
            fixture.in_memory.advance(SignedDuration::from_hours(1));
            fixture.access_token(&id).await;
            assert!(!fixture.keys().contains(&"token:unclaimed".to_owned()));
        }
    }
}

#[tokio::test]
async fn r1_an_activation_that_fails_keeps_the_live_service() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    fixture.in_memory.advance(SignedDuration::from_mins(1));
    // The index of services is written after the tokens of the new service.
    fixture.with_full_store("services").fail_sign_in("Another", |_| {}).await;
    assert_eq!(fixture.service(&id).await["state"], "active");
    fixture.in_memory.advance(SignedDuration::from_hours(1));
    fixture.access_token(&id).await;
}

#[tokio::test]
async fn r1_a_failed_sign_in_of_somebody_else_leaves_the_live_service_its_own_grant() {
    let fixture = Fixture::new();
    let id = fixture.sign_in("Acme").await;
    let before = fixture.access_token(&id).await;
    fixture.zoom.add_user(NewUser::named("dora@example.com")).unwrap();
    let sign_in = |user: &str| fakes::zoom::SignIn {
        user: user.to_owned(),
        decision: fakes::zoom::Decision::Allow,
        scopes: Some(too_few()),
    };
    fixture.zoom.set_sign_in(sign_in("dora@example.com")).unwrap();
    fixture.fail_sign_in("Acme", |_| {}).await;
    assert_eq!(fixture.access_token(&id).await, before);
    // Neither does the admin of another account, whom Zoom names later.
    fixture.switch_account("acc_2");
    fixture.zoom.set_sign_in(sign_in(&admin_of("acc_2"))).unwrap();
    fixture.fail_sign_in("Acme", down).await;
    fixture.zoom.faults().clear();
    fixture.tick().await;
    assert_eq!(fixture.access_token(&id).await, before);
    assert!(!fixture.keys().contains(&"token:unclaimed".to_owned()));
}

#[tokio::test]
async fn an_unclaimed_grant_ends_when_zoom_rejects_it_or_after_a_week() {
    for rejected in [true, false] {
        let fixture = Fixture::new();
        // There is no service that it may belong to.
        fixture.fail_sign_in("Acme", down).await;
        assert!(!fixture.keys().contains(&"token:unclaimed".to_owned()));
        fixture.zoom.faults().clear();
        fixture.sign_in("Acme").await;
        fixture.fail_sign_in("Acme", down).await;
        assert!(fixture.keys().contains(&"token:unclaimed".to_owned()));
        if rejected {
            fixture.zoom.faults().clear();
            fixture.zoom.revoke_authorizations(fakes::zoom::ACCOUNT);
        } else {
            fixture.in_memory.advance(SignedDuration::from_hours(7 * 24 + 1));
        }
        fixture.tick().await;
        assert!(!fixture.keys().contains(&"token:unclaimed".to_owned()));
    }
}
