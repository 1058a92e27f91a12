//! The tick finds due programs without any event, processes each once, and starves none of them.

use super::support::{
    LEADS, counts, emails, hold, hold_at, hours_ago, lead_of, lose_events, move_to, program_attendance,
    register_on_zoom, registered, status, status_in, throughout, tick, wait_for_attendance, webinar,
};
use crate::harness::{App, Fixture, email, wait_for};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use futures::future::join;
use std::collections::BTreeSet;

/// Holds a webinar two hours ago without an end event. Of three leads two attended, and two of four registrants of
/// Zoom's page.
async fn ended_without_event() -> (Fixture, Vec<i64>) {
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(3);
    fixture.run_campaign(&leads).await;
    for n in 1..=4 {
        register_on_zoom(&fixture, fixture.webinar, "Cara Stone", &format!("stranger{n}@example.net")).await;
    }
    lose_events(&fixture);
    let attended = [email(1), email(2), "stranger1@example.net".to_owned(), "stranger2@example.net".to_owned()];
    hold(&fixture, fixture.webinar, attended.iter().map(|email| throughout(email)).collect()).await;
    (fixture, leads)
}

fn assert_statuses(fixture: &Fixture, leads: &[i64]) {
    let statuses: Vec<_> = leads.iter().map(|&lead| status(fixture, lead).unwrap()).collect();
    assert_eq!(statuses, ["Attended", "Attended", "No Show"]);
    for n in 1..=4 {
        let lead = lead_of(fixture, &format!("stranger{n}@example.net"));
        assert_eq!(status(fixture, lead).unwrap(), if n <= 2 { "Attended" } else { "No Show" }, "registrant {n}");
    }
}

#[tokio::test]
async fn tick_finds_due_programs_without_any_event() {
    let (fixture, leads) = ended_without_event().await;
    let log = fixture.app.env.zoom.log();
    // The webinar is planned for tomorrow, so the tick sends no request to Zoom.
    assert_eq!(tick(&fixture.admin).await, 0);
    assert_eq!(log.count("GET", "/v2/past_webinars/**"), 0);
    assert_eq!(status(&fixture, leads[0]).unwrap(), "Registered");
    move_to(&fixture, WEBINAR_PROGRAM, fixture.webinar, hours_ago(2)).await;
    assert_eq!(tick(&fixture.admin).await, 1);
    assert_eq!(counts(&wait_for_attendance(&fixture, WEBINAR_PROGRAM).await), [3 + 1, 1 + 2, 4]);
    assert_statuses(&fixture, &leads);
    // The next tick makes no calls.
    let calls = log.entries().len();
    assert_eq!(tick(&fixture.admin).await, 0);
    assert_eq!(log.entries().len(), calls);
    fixture.app.assert_no_trap();
    fixture.app.assert_logs_are_clean();
}

#[tokio::test]
async fn two_concurrent_ticks_do_the_work_once() {
    let (fixture, leads) = ended_without_event().await;
    move_to(&fixture, WEBINAR_PROGRAM, fixture.webinar, hours_ago(2)).await;
    let (zoom, marketo) = (&fixture.app.env.zoom, &fixture.app.env.marketo);
    // Slow enough for the two ticks to overlap.
    let slow = Effect::Delay { delay_ms: 400 };
    zoom.faults().add(Fault::once("GET", "/v2/past_webinars/**", slow).times(u32::MAX));
    marketo.log().clear();
    let (one, other) = join(tick(&fixture.admin), tick(&fixture.admin)).await;
    assert_eq!(one + other, 1, "both ticks did the work");
    wait_for_attendance(&fixture, WEBINAR_PROGRAM).await;
    assert_statuses(&fixture, &leads);
    let written = marketo.log().matching("POST", LEADS);
    assert_eq!(written.iter().filter(|call| !call.query.contains_key("_method")).count(), 2, "{written:#?}");
    for &lead in &leads {
        assert_eq!(marketo.status_history(WEBINAR_PROGRAM, lead).len(), 2);
    }
    fixture.app.assert_no_trap();
}

#[tokio::test]
async fn program_with_a_slow_report_does_not_starve_the_others() {
    let fixture = Fixture::new(App::start().await).await;
    lose_events(&fixture);
    let zoom = &fixture.app.env.zoom;
    let mut programs = vec![(WEBINAR_PROGRAM, fixture.webinar)];
    for name in ["Second", "Third"] {
        let (program, webinar) = (fixture.add_program(name), zoom.add_webinar(webinar(name)).unwrap().id);
        fixture.admin.connect(program, &fixture.service, webinar).await.unwrap().ok().unwrap();
        programs.push((program, webinar));
    }
    let mut leads = Vec::new();
    for (place, &(program, webinar)) in programs.iter().enumerate() {
        let emails = emails(&format!("of{program}-"), 2);
        leads.push(registered(&fixture, program, webinar, &emails).await);
        // The slow program has been due for the longest time.
        let start = hours_ago(9 - i64::try_from(place).unwrap());
        move_to(&fixture, program, webinar, start).await;
        hold_at(&fixture, webinar, start, vec![throughout(&emails[0])]).await;
    }
    let slow = format!("/v2/past_webinars/{}/instances", fixture.webinar);
    zoom.faults().add(Fault::once("GET", &slow, Effect::Delay { delay_ms: 120_000 }).times(u32::MAX));

    tick(&fixture.admin).await;
    let phases = async |programs: &[(i64, u64)]| {
        let mut phases = BTreeSet::new();
        for &(program, _) in programs {
            phases.insert(program_attendance(&fixture.admin, program).await["phase"].as_str().unwrap().to_owned());
        }
        phases
    };
    assert_eq!(phases(&programs[1..]).await, BTreeSet::from(["settling".to_owned()]));
    assert_ne!(phases(&programs[..1]).await, BTreeSet::from(["settling".to_owned()]));
    zoom.faults().clear();
    wait_for("the slow program", || async {
        tick(&fixture.admin).await;
        (program_attendance(&fixture.admin, WEBINAR_PROGRAM).await["phase"] == "settling").then_some(())
    })
    .await;
    for (leads, &(program, _)) in leads.iter().zip(&programs) {
        let statuses: Vec<_> = leads.iter().map(|&lead| status_in(&fixture, program, lead).unwrap()).collect();
        assert_eq!(statuses, ["Attended", "No Show"], "{program}");
    }
    fixture.app.assert_no_trap();
}
