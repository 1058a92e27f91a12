//! Registration by the change of the status alone (R23).

use crate::harness::{App, Fixture, email, wait_for};
use fakes::marketo::subscription::WEBINAR_PROGRAM;

#[tokio::test]
async fn r23_the_status_registered_is_enough_and_registers_once_beside_the_flow_step() {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(3);
    let tick = async || fixture.admin.tick().await.unwrap().ok().unwrap();
    tick().await;
    let (marketo, zoom) = (&fixture.app.env.marketo, &fixture.app.env.zoom);
    for &lead in &leads {
        assert!(marketo.set_member(WEBINAR_PROGRAM, lead, "Registered"));
    }
    tick().await;
    // The flow step comes for one of them before its turn.
    let run = fixture.run_campaign(&leads[..1]).await;
    assert!(run.outcomes()[&leads[0]].success, "{:#?}", run.outcomes());
    let link = |lead| marketo.member(WEBINAR_PROGRAM, lead).unwrap().text("webinarUrl").to_owned();
    wait_for("the links", || async {
        tick().await;
        leads.iter().all(|&lead| !link(lead).is_empty()).then_some(())
    })
    .await;
    let webinar = zoom.webinar(fixture.webinar).unwrap();
    for (n, &lead) in (1..).zip(&leads) {
        assert_eq!(link(lead), webinar.registrant(&email(n)).unwrap().join_url);
        assert_eq!(fixture.add_calls(&email(n)), 1);
    }
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}
