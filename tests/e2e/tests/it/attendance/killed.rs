//! The process may be killed between any two calls: the next worker does again at most one page or batch, and ends with
//! the same.

use super::crowd::{Crowd, clear_logs, fewest, made};
use super::past::{LEADS, REPORT, STATUS, accounted_for, assert_no_sheets, counts, hold, sync};
use crate::harness::{App, Scene, until};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::support::{Effect, Fault, Log};

/// Whose call the host is killed in.
#[derive(Clone, Copy)]
enum Of {
    Zoom,
    Marketo,
}

/// Kills the host while the n-th call of some kind is under way, and starts it again. What was under way is carried
/// out, though nobody hears of it.
async fn kill_in(of: Of, method: &str, path: &str, nth: u32) {
    let mut scene = Scene::set(App::start().await).await;
    let crowd = Crowd::register(&scene).await;
    clear_logs(&scene);
    let (log, faults): (Log, _) = match of {
        Of::Zoom => (scene.app.stage.zoom.log().clone(), scene.app.stage.zoom.faults()),
        Of::Marketo => (scene.app.stage.marketo.log().clone(), scene.app.stage.marketo.faults()),
    };
    faults.add(Fault::once(method, path, Effect::Delay { delay_ms: 1_500 }).after(nth - 1));
    hold(&scene, scene.webinar, crowd.attendance()).await;
    let calls = || log.matching(method, path);
    until("the call", || async { (calls().len() == nth as usize).then_some(()) }).await;
    scene.app.kill().await;
    assert!(calls().last().unwrap().status.is_none(), "the kill came too late");
    // It is executed all the same.
    until("its execution", || async { calls().last().unwrap().status }).await;

    scene.app.run().await;
    // The lease of the dead lapses first.
    until("the next worker", || async {
        let shown = sync(&scene.admin, WEBINAR_PROGRAM).await;
        (shown["phase"] == "settling").then_some(())
    })
    .await;
    let shown = accounted_for(&scene, WEBINAR_PROGRAM).await;
    let [attended, no_show, new_leads] = counts(&shown);
    assert_eq!([attended, no_show], [Crowd::COUNTS[0], Crowd::COUNTS[1]], "{shown}");
    println!("{new_leads} of {} new leads were counted", Crowd::COUNTS[2]);
    crowd.assert_accounted_for(&scene);
    let (made, fewest) = (made(&scene), fewest());
    let mut again = 0;
    for (kind, &count) in &made {
        let more = count - fewest[kind];
        println!("{kind}: {count}, {more} of them again");
        assert!(more <= 1, "{kind}: {count} calls, of at least {}", fewest[kind]);
        again += more;
    }
    assert!(again >= 1, "the call that was cut off was not repeated");
    assert_no_sheets(&scene);
    scene.app.assert_no_trap();
}

#[tokio::test]
async fn killed_between_pages() {
    kill_in(Of::Zoom, "GET", REPORT, 2).await;
}

#[tokio::test]
async fn killed_between_batches_of_new_leads() {
    kill_in(Of::Marketo, "POST", LEADS, 2).await;
}

#[tokio::test]
async fn killed_between_batches_of_statuses() {
    kill_in(Of::Marketo, "POST", STATUS, 4).await;
}
