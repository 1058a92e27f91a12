//! The process may be killed anywhere: the tick resumes, nobody is registered twice, nobody lost.

use crate::harness::{App, Scene, email, until};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};

const LEADS: usize = 60;

/// Kills the host when so many add calls have arrived at Zoom, and starts it again.
async fn kill_after(adds: usize) {
    let mut scene = Scene::set(App::start().await).await;
    let path = scene.registrants_path();
    let leads = scene.add_leads(LEADS);
    // Slow enough that the kill falls into the middle of the chunk.
    scene.app.stage.zoom.faults().add(Fault::once("POST", &path, Effect::Delay { delay_ms: 40 }).times(u32::MAX));
    let campaign = scene.campaign(&leads);
    let run = scene.app.stage.marketo.start_campaign(campaign).unwrap();
    let log = scene.app.stage.zoom.log().clone();
    until("add calls", || async { (log.count("POST", &path) >= adds).then_some(()) }).await;
    scene.app.kill().await;
    let before = log.count("POST", &path);
    assert!(before < LEADS, "the kill came too late: {before} add calls");

    scene.app.run().await;
    let tick = scene.admin.tick().await.unwrap().ok().unwrap();
    assert_eq!(tick["outbox"], 1, "{tick}");

    let run = scene.app.stage.marketo.finished(&run).await.unwrap();
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    assert_eq!(run.outcomes().len(), LEADS);
    assert_eq!(scene.app.stage.zoom.webinar(scene.webinar).unwrap().registrants.len(), LEADS);
    for n in 1..=LEADS {
        // Zoom executes a call whose caller died; nothing is sent again for those.
        assert_eq!(scene.add_calls(&email(n)), 1, "lead {n}");
    }
    for &lead in &leads {
        let member = scene.app.stage.marketo.member(WEBINAR_PROGRAM, lead).unwrap();
        assert!(member.text("webinarUrl").contains("tk="), "{member:?}");
    }
    scene.app.assert_no_trap();
}

#[tokio::test]
async fn killed_early_in_a_chunk() {
    kill_after(2).await;
}

#[tokio::test]
async fn killed_in_the_middle_of_a_chunk() {
    kill_after(30).await;
}

#[tokio::test]
async fn a_lost_answer_costs_no_second_add_call() {
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(10);
    let path = scene.registrants_path();
    let lost = Effect::Drop { drop: fakes::support::DropWhen::After };
    scene.app.stage.zoom.faults().add(Fault::once("POST", &path, lost).times(3).after(2));
    let run = scene.app.stage.marketo.run_campaign(scene.campaign(&leads)).await.unwrap();
    assert!(run.outcomes().values().all(|outcome| outcome.success), "{:#?}", run.outcomes());
    for n in 1..=leads.len() {
        assert_eq!(scene.add_calls(&email(n)), 1, "lead {n}");
    }
}

#[tokio::test]
async fn a_chunk_delivered_twice_is_registered_once() {
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(10);
    let marketo = &scene.app.stage.marketo;
    let run = marketo.run_campaign(scene.campaign(&leads)).await.unwrap();
    let again = marketo.redeliver(&run.id, 0).await.unwrap();
    assert_eq!(again.status, Some(201));
    // Whether the first delivery was forgotten by then or not, nothing of the second stays behind.
    until("an empty outbox", || async {
        (scene.admin.tick().await.unwrap().ok().unwrap()["outbox"] == 0).then_some(())
    })
    .await;
    for n in 1..=leads.len() {
        assert_eq!(scene.add_calls(&email(n)), 1, "lead {n}");
    }
}
