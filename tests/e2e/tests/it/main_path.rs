//! The whole job, from a Zoom sign-in to attendance in Marketo.

use crate::harness::{App, Fixture, email, wait_for};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::zoom::{Attendance, HeldSession, NewRegistrant, Person};
use serde_json::json;
use std::collections::HashSet;

#[tokio::test]
async fn runs_from_sign_in_to_attendance() {
    let fixture = Fixture::new(App::start().await).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);

    // Marketo shows the webinar as My Tokens (R4).
    let program = marketo.program(WEBINAR_PROGRAM).unwrap();
    let tokens = serde_json::to_string(&program).unwrap();
    assert!(tokens.contains("Webinar Topic") && tokens.contains("Launch day"), "{tokens}");

    let leads = fixture.add_leads(30);
    let (registered, invited) = leads.split_at(25);
    for &lead in invited {
        assert!(marketo.set_member(WEBINAR_PROGRAM, lead, "Invited"));
    }
    let mut campaign = fixture.campaign(registered);
    campaign.flow_step.as_mut().unwrap().chunk_size = 10;
    let run = marketo.run_campaign(campaign).await.unwrap();
    assert_eq!(run.violations(), Vec::<&str>::new());
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());

    // Each lead has its own link, and Zoom's id (R9).
    let webinar = zoom.webinar(fixture.webinar).unwrap();
    let mut links = HashSet::new();
    for &lead in registered {
        let member = marketo.member(WEBINAR_PROGRAM, lead).unwrap();
        let address = marketo.lead(lead).unwrap().text("email").to_owned();
        let registrant = webinar.registrants.iter().find(|r| r.email == address).unwrap();
        assert_eq!(member.text("webinarUrl"), registrant.join_url);
        assert_eq!(member.text("registrationCode"), registrant.id);
        assert!(links.insert(registrant.join_url.clone()));
    }
    assert_eq!(run.emails.len(), registered.len());

    // The flow step registers no lead with another status (R7).
    let mut campaign = fixture.campaign(invited);
    campaign.status = None;
    let run = marketo.run_campaign(campaign).await.unwrap();
    for outcome in run.outcomes().values() {
        assert_eq!(outcome.error_code, "STATUS_NOT_REGISTERED", "{outcome:?}");
    }
    assert_eq!(zoom.webinar(fixture.webinar).unwrap().registrants.len(), registered.len());

    // The first 20 leads attend, and a person who registered on Zoom's page (R10).
    let zoom_registrant = NewRegistrant {
        email: "zoom_registrant@example.net".into(),
        first_name: "Stran".into(),
        last_name: "Ger".into(),
        ..NewRegistrant::default()
    };
    zoom.register_on_zoom(fixture.webinar, zoom_registrant).await.unwrap();
    assert_eq!(marketo.leads_by_email("zoom_registrant@example.net").len(), 0);
    let mut attendance: Vec<_> = (1..=20).map(|n| Attendance::throughout(Person::Registrant(email(n)))).collect();
    attendance.push(Attendance::during(Person::Registrant("zoom_registrant@example.net".into()), 60, 600));
    attendance.push(Attendance::during(Person::Registrant(email(1)), 60, 600));
    attendance.push(Attendance::throughout(Person::DialIn("+15550100".into())));
    let held = zoom.hold_as_planned(fixture.webinar, HeldSession { attendance, minutes: 60, ..HeldSession::default() });
    assert_eq!(held.await.unwrap().delivery.unwrap().status.map(|status| status / 100), Some(2));

    // Each registrant has a final status (R11).
    let path = format!("/attendance/programs/{WEBINAR_PROGRAM}");
    let report = wait_for("the attendance", || async {
        let report = fixture.admin.get(&path).await.unwrap().ok().unwrap();
        matches!(report["phase"].as_str(), Some("settling" | "done")).then_some(report)
    })
    .await;
    assert_eq!((&report["attended"], &report["no_show"]), (&json!(21), &json!(5)), "{report}");
    assert_eq!(report["new_leads"], 1, "{report}");
    let status = |lead| marketo.member(WEBINAR_PROGRAM, lead).unwrap().status_name;
    for (index, &lead) in registered.iter().enumerate() {
        assert_eq!(status(lead), if index < 20 { "Attended" } else { "No Show" }, "lead {}", index + 1);
    }
    let zoom_registrant = marketo.leads_by_email("zoom_registrant@example.net");
    assert_eq!(zoom_registrant.len(), 1);
    assert_eq!(status(zoom_registrant[0].id), "Attended");
    for &lead in invited {
        assert_eq!(status(lead), "Invited");
    }
    assert!(marketo.violations().is_empty(), "{:?}", marketo.violations());
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
    let log_size: usize = fixture.app.logs().values().map(String::len).sum();
    assert!(log_size > 100, "the components write logs");
}
