//! The contention of Spin's `SQLite` store: a listing of keys keeps a lock while it streams, and every other call
//! blocks the event loop of its instance. Requests that share an instance must not deadlock the application.
//!
//! Each test has its own time limit, because a failure would otherwise never end.

use crate::harness::{App, Fixture};
use fakes::env::Admin;
use fakes::marketo::campaign::Run;
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use futures::future::{join, join_all, try_join_all};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Maximum duration of a test's body. Each takes a few seconds on two cores.
const TIME_LIMIT: Duration = Duration::from_secs(90);

/// The concurrent requests of the console's program page, and those of its health page.
const CONSOLE_READS: [&str; 5] = [
    "/registration/programs/1001",
    "/attendance/programs/1001",
    "/registration/failures",
    "/registration/health",
    "/attendance/health",
];

/// Number of rounds. Concurrent requests meet in the store nearly every time, but not always.
const ROUNDS: usize = 5;

/// Longer than a host keeps an idle instance: one second by default, in Spin and in the embedded host. A real Spin has no
/// event for the end of an instance.
const IDLE: Duration = Duration::from_millis(1_500);

/// Leaves `registration` a single instance, which then gets all concurrent requests. Instances of an earlier burst would
/// share them.
async fn leave_one_instance(fixture: &Fixture) {
    sleep(IDLE).await;
    assert_eq!(fixture.admin.get("/registration/unknown").await.unwrap().status, 404);
}

/// Fails when the work exceeds the time limit, which means that the application hangs.
async fn within_the_limit<T>(what: &str, work: impl Future<Output = T>) -> T {
    timeout(TIME_LIMIT, work).await.unwrap_or_else(|_| panic!("{what}: no answer within {TIME_LIMIT:?}"))
}

async fn read_all(admin: &Admin, paths: &[&str]) {
    let answers = try_join_all(paths.iter().map(|path| admin.get(path))).await.unwrap();
    for (path, answer) in paths.iter().zip(answers) {
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
}

/// Returns a fixture with `registrations` leads registered through a campaign.
async fn fixture_with(registrations: usize) -> Fixture {
    assert_eq!(CONSOLE_READS[0], format!("/registration/programs/{WEBINAR_PROGRAM}"));
    let fixture = Fixture::new(App::start().await).await;
    let leads = fixture.add_leads(registrations);
    let run = within_the_limit("the first campaign", fixture.run_campaign(&leads)).await;
    assert_all_registered(&run, registrations);
    fixture
}

fn assert_all_registered(run: &Run, leads: usize) {
    let outcomes = run.outcomes();
    assert_eq!(outcomes.len(), leads);
    assert!(outcomes.values().all(|outcome| outcome.success), "{outcomes:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn program_page_answers_its_three_concurrent_requests() {
    let fixture = fixture_with(50).await;
    within_the_limit("the program's page", async {
        for _ in 0..ROUNDS {
            leave_one_instance(&fixture).await;
            read_all(&fixture.admin, &CONSOLE_READS[..3]).await;
        }
    })
    .await;
    fixture.app.assert_no_trap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_concurrent_failure_lists_are_answered() {
    let fixture = fixture_with(50).await;
    within_the_limit("two lists of failures", async {
        for _ in 0..ROUNDS {
            leave_one_instance(&fixture).await;
            read_all(&fixture.admin, &["/registration/failures"; 2]).await;
        }
    })
    .await;
    fixture.app.assert_no_trap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn campaign_of_200_leads_completes_during_five_continuous_console_reads() {
    let fixture = fixture_with(120).await;
    let marketo = &fixture.app.env.marketo;
    let person = |n: usize| marketo.add_person("Second", &format!("Wave{n}"), &format!("second{n}@example.com"));
    let leads: Vec<i64> = (1..=200).map(person).collect();
    let campaign = within_the_limit("a campaign beside the console", async {
        let readers = join_all(CONSOLE_READS.map(|path| {
            let admin = &fixture.admin;
            async move {
                loop {
                    read_all(admin, &[path]).await;
                }
            }
        }));
        tokio::select! {
            run = fixture.run_campaign(&leads) => run,
            _ = readers => unreachable!("readers do not end by themselves"),
        }
    });
    assert_all_registered(&campaign.await, leads.len());
    within_the_limit("an empty outbox", fixture.wait_for_empty_outbox()).await;
    fixture.app.assert_no_trap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tick_and_ten_webhooks_run_concurrently() {
    let fixture = fixture_with(50).await;
    let marketo = &fixture.app.env.marketo;
    let person = |n: usize| marketo.add_person("Web", &format!("Hook{n}"), &format!("hook{n}@example.com"));
    let leads: Vec<i64> = (1..=10).map(person).collect();
    for &lead in &leads {
        assert!(marketo.set_member(WEBINAR_PROGRAM, lead, "Registered"));
    }
    within_the_limit("a tick beside ten webhooks", async {
        let webhooks = join_all(leads.iter().map(|&lead| fixture.call_webhook(WEBINAR_PROGRAM, lead)));
        let ticks = async {
            for _ in 0..3 {
                fixture.admin.tick().await.unwrap().ok().unwrap();
            }
        };
        let (called, ()) = join(webhooks, ticks).await;
        for call in called {
            assert_eq!(call.body["outcome"], "registered", "{call:?}");
        }
    })
    .await;
    fixture.app.assert_no_trap();
}
