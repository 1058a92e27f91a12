//! A program whose channel has statuses in another language, from registration to attendance (R21).

use super::support::{hold_at, lose_events, move_to, sync, throughout};
use crate::harness::{App, Fixture, email};
use fakes::marketo::campaign::Campaign;
use fakes::marketo::subscription::{GERMAN_CHANNEL, NewProgram};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

#[tokio::test]
async fn r21_a_german_program_registers_and_accounts_for_its_people() {
    let fixture = Fixture::new(App::start().await).await;
    let marketo = &fixture.app.env.marketo;
    let now = marketo.clock().now();
    let program = NewProgram {
        id: None,
        name: "Produktwebinar".to_owned(),
        kind: "Event with Webinar".to_owned(),
        channel: GERMAN_CHANNEL.to_owned(),
    };
    let program = marketo.arrange(|world| world.add_program(program, now));
    let connected = fixture.admin.connect(program, &fixture.service, fixture.webinar).await.unwrap().ok().unwrap();
    assert_eq!(connected["statuses"]["registered"], "Registriert", "{connected}");
    assert_eq!((&connected["chosen_statuses"], &connected["status_warnings"]), (&json!([]), &json!([])));

    let leads = fixture.add_leads(2);
    let campaign = Campaign { program_id: program, status: Some("Registriert".to_owned()), ..fixture.campaign(&leads) };
    let run = marketo.run_campaign(campaign).await.unwrap();
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    let status = |lead: i64| marketo.member(program, lead).unwrap().status_name;
    assert!(leads.iter().all(|&lead| marketo.member(program, lead).unwrap().text("webinarUrl").contains("tk=")));

    lose_events(&fixture);
    let start = Timestamp::from_second(now.as_second()).unwrap() - SignedDuration::from_mins(120);
    move_to(&fixture, program, fixture.webinar, start).await;
    hold_at(&fixture, fixture.webinar, start, vec![throughout(&email(1))]).await;
    let settings = format!("/catalog/programs/{program}/settings");
    fixture.admin.put(&settings, &json!({"no_show_after_minutes": 0})).await.unwrap().ok().unwrap();
    let shown = sync(&fixture.admin, program).await;
    assert_eq!(
        leads.iter().map(|&lead| status(lead)).collect::<Vec<_>>(),
        ["Teilgenommen", "Nicht erschienen"],
        "{shown}"
    );
    assert_eq!(shown["step_backwards"], 0, "{shown}");
    fixture.app.assert_no_trap();
}
