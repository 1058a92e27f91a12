//! The tick finds what is due without any event, does it once, and gives everybody a turn.

use super::past::{
    accounted_for, counts, emails, hold, hours_ago, lead_of, lose_events, move_to, register_on_zoom, registered, shown,
    status, status_in, throughout, tick, webinar,
};
use crate::harness::{App, Scene, email};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};
use futures::future::join;
use std::collections::BTreeSet;

/// A webinar that was two hours ago, of which no event told: two came of three, and two of four strangers.
async fn unheard_of() -> (Scene, Vec<i64>) {
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(3);
    scene.run_campaign(&leads).await;
    for n in 1..=4 {
        register_on_zoom(&scene, scene.webinar, "Stran Ger", &format!("stranger{n}@example.net")).await;
    }
    lose_events(&scene);
    let came = [email(1), email(2), "stranger1@example.net".to_owned(), "stranger2@example.net".to_owned()];
    hold(&scene, scene.webinar, came.iter().map(|email| throughout(email)).collect()).await;
    (scene, leads)
}

fn assert_accounted_for(scene: &Scene, leads: &[i64]) {
    let statuses: Vec<_> = leads.iter().map(|&lead| status(scene, lead).unwrap()).collect();
    assert_eq!(statuses, ["Attended", "Attended", "No Show"]);
    for n in 1..=4 {
        let lead = lead_of(scene, &format!("stranger{n}@example.net"));
        assert_eq!(status(scene, lead).unwrap(), if n <= 2 { "Attended" } else { "No Show" }, "stranger {n}");
    }
}

#[tokio::test]
async fn what_is_due_is_found_without_any_event() {
    let (scene, leads) = unheard_of().await;
    let log = scene.app.stage.zoom.log();
    // It is planned for tomorrow, so nobody asks Zoom of it yet.
    assert_eq!(tick(&scene.admin).await, 0);
    assert_eq!(log.count("GET", "/v2/past_webinars/**"), 0);
    assert_eq!(status(&scene, leads[0]).unwrap(), "Registered");
    move_to(&scene, WEBINAR_PROGRAM, scene.webinar, hours_ago(2)).await;
    assert_eq!(tick(&scene.admin).await, 1);
    assert_eq!(counts(&accounted_for(&scene, WEBINAR_PROGRAM).await), [3 + 1, 1 + 2, 4]);
    assert_accounted_for(&scene, &leads);
    // Once is enough.
    let calls = log.entries().len();
    assert_eq!(tick(&scene.admin).await, 0);
    assert_eq!(log.entries().len(), calls);
    scene.app.assert_no_trap();
    scene.app.assert_nothing_personal();
}

#[tokio::test]
async fn two_ticks_at_once_do_the_work_once() {
    let (scene, leads) = unheard_of().await;
    move_to(&scene, WEBINAR_PROGRAM, scene.webinar, hours_ago(2)).await;
    let (zoom, marketo) = (&scene.app.stage.zoom, &scene.app.stage.marketo);
    // Slow enough for the two to be at it at the same time.
    let slow = Effect::Delay { delay_ms: 400 };
    zoom.faults().add(Fault::once("GET", "/v2/past_webinars/**", slow).times(u32::MAX));
    marketo.log().clear();
    let (one, other) = join(tick(&scene.admin), tick(&scene.admin)).await;
    assert_eq!(one + other, 1, "both worked on it");
    accounted_for(&scene, WEBINAR_PROGRAM).await;
    assert_accounted_for(&scene, &leads);
    let written = marketo.log().matching("POST", super::past::LEADS);
    assert_eq!(written.iter().filter(|call| !call.query.contains_key("_method")).count(), 2, "{written:#?}");
    for &lead in &leads {
        assert_eq!(marketo.status_history(WEBINAR_PROGRAM, lead).len(), 2);
    }
    scene.app.assert_no_trap();
}

#[tokio::test]
async fn a_program_whose_report_is_slow_does_not_starve_the_others() {
    let scene = Scene::set(App::start().await).await;
    lose_events(&scene);
    let zoom = &scene.app.stage.zoom;
    let mut programs = vec![(WEBINAR_PROGRAM, scene.webinar)];
    for name in ["Second", "Third"] {
        let (program, webinar) = (scene.add_program(name), zoom.add_webinar(webinar(name)).unwrap().id);
        scene.admin.connect(program, &scene.service, webinar).await.unwrap().ok().unwrap();
        programs.push((program, webinar));
    }
    let mut leads = Vec::new();
    for (place, &(program, webinar)) in programs.iter().enumerate() {
        let emails = emails(&format!("of{program}-"), 2);
        leads.push(registered(&scene, program, webinar, &emails).await);
        hold(&scene, webinar, vec![throughout(&emails[0])]).await;
        // The slow one has been due for the longest.
        move_to(&scene, program, webinar, hours_ago(9 - i64::try_from(place).unwrap())).await;
    }
    let slow = format!("/v2/past_webinars/{}/instances", scene.webinar);
    zoom.faults().add(Fault::once("GET", &slow, Effect::Delay { delay_ms: 120_000 }).times(u32::MAX));

    tick(&scene.admin).await;
    let phases = async |programs: &[(i64, u64)]| {
        let mut phases = BTreeSet::new();
        for &(program, _) in programs {
            phases.insert(shown(&scene.admin, program).await["phase"].as_str().unwrap().to_owned());
        }
        phases
    };
    assert_eq!(phases(&programs[1..]).await, BTreeSet::from(["settling".to_owned()]));
    assert_ne!(phases(&programs[..1]).await, BTreeSet::from(["settling".to_owned()]));
    zoom.faults().clear();
    crate::harness::until("the slow one's turn", || async {
        tick(&scene.admin).await;
        (shown(&scene.admin, WEBINAR_PROGRAM).await["phase"] == "settling").then_some(())
    })
    .await;
    for (leads, &(program, _)) in leads.iter().zip(&programs) {
        let statuses: Vec<_> = leads.iter().map(|&lead| status_in(&scene, program, lead).unwrap()).collect();
        assert_eq!(statuses, ["Attended", "No Show"], "{program}");
    }
    scene.app.assert_no_trap();
}
