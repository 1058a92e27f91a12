//! One worker after the other: what takes longer than one request may last is finished without any tick.

use super::crowd::{Crowd, clear_logs, fewest, made};
use super::past::{STATUS, accounted_for, assert_no_sheets, counts, hold};
use crate::harness::{App, Scene};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault};

#[tokio::test]
async fn a_webinar_that_takes_several_workers_needs_no_tick_in_between() {
    let scene = Scene::set(App::start().await).await;
    let crowd = Crowd::register(&scene).await;
    clear_logs(&scene);
    // Seven of these take longer than the 25 seconds that a run may last.
    let slow = Effect::Delay { delay_ms: 4_500 };
    scene.app.stage.marketo.faults().add(Fault::once("POST", STATUS, slow).times(u32::MAX));
    hold(&scene, scene.webinar, crowd.attendance()).await;
    let shown = accounted_for(&scene, WEBINAR_PROGRAM).await;
    assert_eq!(counts(&shown), Crowd::COUNTS, "{shown}");
    crowd.assert_accounted_for(&scene);
    let health = scene.admin.get("/attendance/health").await.unwrap().ok().unwrap();
    assert!(health["last_tick"].is_null() && health["last_zoom_event"].is_string(), "{health}");
    let logs = scene.app.logs();
    let runs = logs.values().flat_map(|text| text.lines()).filter(|line| line.contains("attendance.ran"));
    let runs: Vec<_> = runs.collect();
    println!("{}", runs.join("\n"));
    assert!(runs.len() >= 2 && runs[0].contains("phase=Writing"), "{runs:?}");
    // Whose time is over in the middle of a call leaves that one to the next. Otherwise nothing is done twice.
    let (made, fewest) = (made(&scene), fewest());
    let again: usize = made.iter().map(|(kind, count)| count - fewest[kind]).sum();
    println!("{again} calls were made again: {made:?}");
    assert!(again < runs.len(), "{made:?}, of at least {fewest:?}");
    assert_no_sheets(&scene);
    scene.app.assert_no_trap();
    scene.app.assert_nothing_personal();
}
