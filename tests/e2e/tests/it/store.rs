//! The key-value store as Spin's SQLite store behaves: a listing of keys holds its lock while it streams, and every other
//! call blocks the event loop of its instance. Requests that share an instance must not hang the application.
//!
//! Each test has a time limit of its own, since what it guards against is a host that never answers again.

use crate::harness::{App, Scene};
use fakes::marketo::campaign::Run;
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::stage::Admin;
use futures::future::{join, join_all, try_join_all};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long the body of a test may take. Each takes a few seconds on two cores.
const TIME_LIMIT: Duration = Duration::from_secs(90);

/// What the console's page of a program requests at once, and its page of health.
const CONSOLE_READS: [&str; 5] = [
    "/registration/programs/1001",
    "/attendance/programs/1001",
    "/registration/failures",
    "/registration/health",
    "/attendance/health",
];

/// How often a few requests are sent at once: they meet in the store nearly each time, but not always.
const ROUNDS: usize = 5;

/// Longer than hosts keep an idle instance, which is one second by default, in Spin and in the embedded host. A real Spin
/// has no event for the end of an instance.
const IDLE: Duration = Duration::from_millis(1_500);

/// Leaves `registration` one instance, which then gets all requests that arrive together: instances of a burst before
/// would share them.
async fn leave_one_instance(scene: &Scene) {
    sleep(IDLE).await;
    assert_eq!(scene.admin.get("/registration/unknown").await.unwrap().status, 404);
}

/// Fails when the work does not end within the limit: the application hangs.
async fn within_the_limit<T>(what: &str, work: impl Future<Output = T>) -> T {
    timeout(TIME_LIMIT, work).await.unwrap_or_else(|_| panic!("{what}: no answer within {TIME_LIMIT:?}"))
}

async fn read_all(admin: &Admin, paths: &[&str]) {
    let answers = try_join_all(paths.iter().map(|path| admin.get(path))).await.unwrap();
    for (path, answer) in paths.iter().zip(answers) {
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
}

/// A scene with so many people registered through a campaign.
async fn scene_with(registrations: usize) -> Scene {
    assert_eq!(CONSOLE_READS[0], format!("/registration/programs/{WEBINAR_PROGRAM}"));
    let scene = Scene::set(App::start().await).await;
    let leads = scene.add_leads(registrations);
    let run = within_the_limit("the first campaign", scene.run_campaign(&leads)).await;
    assert_all_registered(&run, registrations);
    scene
}

fn assert_all_registered(run: &Run, leads: usize) {
    let outcomes = run.outcomes();
    assert_eq!(outcomes.len(), leads);
    assert!(outcomes.values().all(|outcome| outcome.success), "{outcomes:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_page_with_its_three_requests_at_once() {
    let scene = scene_with(50).await;
    within_the_limit("the program's page", async {
        for _ in 0..ROUNDS {
            leave_one_instance(&scene).await;
            read_all(&scene.admin, &CONSOLE_READS[..3]).await;
        }
    })
    .await;
    scene.app.assert_no_trap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_failure_lists_at_once() {
    let scene = scene_with(50).await;
    within_the_limit("two lists of failures", async {
        for _ in 0..ROUNDS {
            leave_one_instance(&scene).await;
            read_all(&scene.admin, &["/registration/failures"; 2]).await;
        }
    })
    .await;
    scene.app.assert_no_trap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_of_200_while_five_console_reads_repeat_without_pause() {
    let scene = scene_with(120).await;
    let marketo = &scene.app.stage.marketo;
    let person = |n: usize| marketo.add_person("Second", &format!("Wave{n}"), &format!("second{n}@example.com"));
    let leads: Vec<i64> = (1..=200).map(person).collect();
    let campaign = within_the_limit("a campaign beside the console", async {
        let readers = join_all(CONSOLE_READS.map(|path| {
            let admin = &scene.admin;
            async move {
                loop {
                    read_all(admin, &[path]).await;
                }
            }
        }));
        tokio::select! {
            run = scene.run_campaign(&leads) => run,
            _ = readers => unreachable!("readers do not end by themselves"),
        }
    });
    assert_all_registered(&campaign.await, leads.len());
    within_the_limit("an empty outbox", scene.outbox_is_empty()).await;
    scene.app.assert_no_trap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tick_beside_ten_webhooks() {
    let scene = scene_with(50).await;
    let marketo = &scene.app.stage.marketo;
    let person = |n: usize| marketo.add_person("Web", &format!("Hook{n}"), &format!("hook{n}@example.com"));
    let leads: Vec<i64> = (1..=10).map(person).collect();
    for &lead in &leads {
        assert!(marketo.set_member(WEBINAR_PROGRAM, lead, "Registered"));
    }
    within_the_limit("a tick beside ten webhooks", async {
        let webhooks = join_all(leads.iter().map(|&lead| scene.call_webhook(WEBINAR_PROGRAM, lead)));
        let ticks = async {
            for _ in 0..3 {
                scene.admin.tick().await.unwrap().ok().unwrap();
            }
        };
        let (called, ()) = join(webhooks, ticks).await;
        for call in called {
            assert_eq!(call.body["outcome"], "registered", "{call:?}");
        }
    })
    .await;
    scene.app.assert_no_trap();
}
