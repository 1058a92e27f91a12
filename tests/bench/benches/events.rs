//! Latency of Zoom's events while a large webinar is processed, compared with a component that reads one variable and
//! answers.
//!
//! `cargo bench -p bench --bench events` sends 200 events a second for 20 seconds to each of the two, twice and in
//! alternating order. `-- PARTICIPANTS SECONDS` sets the size of the webinar and the duration of a turn.

use anyhow::{Context, ensure};
use bench::{Application, Figures, LargeWebinar, PROBE_MANIFEST, PROBE_PATH, Size};
use fakes::marketo::subscription::{NewProgram, WEBINAR_CHANNEL, WEBINAR_PROGRAM};
use fakes::zoom::{HeldSession, NewWebinar};
use fakes::{marketo, zoom};
use futures::future::try_join_all;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Default number of participants. Processing them must outlast the measurement.
const PARTICIPANTS: usize = 60_000;

/// Default duration of a turn, in seconds.
const SECONDS: usize = 20;

/// Events per second.
const RATE: usize = 200;

/// Number of turns per target.
const TURNS: usize = 2;

/// Target p99 latency, in milliseconds.
const AIM_MS: f64 = 300.0;

/// Where a turn sends its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EventTarget {
    Attendance,
    Baseline,
}

impl EventTarget {
    const fn path(self) -> &'static str {
        match self {
            Self::Attendance => "/zoom/events",
            Self::Baseline => PROBE_PATH,
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Cargo passes `--bench`.
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .map(|arg| arg.parse())
        .collect::<Result<_, _>>()
        .context("PARTICIPANTS SECONDS")?;
    let participants = numbers.first().copied().unwrap_or(PARTICIPANTS);
    let seconds = numbers.get(1).copied().unwrap_or(SECONDS);

    let app =
        Application::start(&["probe"], PROBE_MANIFEST, zoom::Options::default(), marketo::Options::default()).await?;
    let service = app.admin.sign_in("Acme Webinars").await?;
    let small = small_webinar(&app, &service).await?;
    let large_webinar = LargeWebinar::register(&app, &service, WEBINAR_PROGRAM, Size::of(participants)).await?;
    large_webinar.hold(&app).await?;
    println!("a webinar with {participants} participants is being processed");

    let mut turns = [EventTarget::Attendance, EventTarget::Baseline];
    let (mut ours, mut baseline) = (Vec::new(), Vec::new());
    // Warms up compiled code, connections and caches.
    for target in turns {
        turn(&app, target, small, RATE).await?;
    }
    for _ in 0..TURNS {
        for target in turns {
            let took = turn(&app, target, small, RATE * seconds).await?;
            match target {
                EventTarget::Attendance => ours.extend(took),
                EventTarget::Baseline => baseline.extend(took),
            }
        }
        turns.reverse();
    }
    let phase = phase(&app, WEBINAR_PROGRAM).await?;
    ensure!(["reading", "writing"].contains(&&*phase), "processing ended before the measurement: {phase}");

    println!("{TURNS} turns of {seconds} s, {RATE} events a second; processing continues ({phase})");
    println!("{:12} {:>8} {:>9} {:>9} {:>9}", "", "events", "p50 ms", "p99 ms", "max ms");
    let [ours, baseline] = [("attendance", ours), ("baseline", baseline)].map(|(name, took)| {
        let (count, max) = (took.len(), took.iter().max().copied().unwrap_or_default());
        let figures = Figures::of(took, Duration::from_secs(1), Duration::ZERO, 0);
        println!("{name:12} {count:8} {:9.2} {:9.2} {:9.2}", figures.p50, figures.p99, max.as_secs_f64() * 1000.0);
        figures
    });
    println!("p50 is {:.2} of the baseline's, p99 {:.2}", ours.p50 / baseline.p50, ours.p99 / baseline.p99);
    println!("aim: a p99 under {AIM_MS} ms");
    app.running.shutdown().await;
    Ok(())
}

/// Connects another program to a webinar that has ended without participants. The benchmark repeats its end event.
async fn small_webinar(app: &Application, service: &str) -> anyhow::Result<u64> {
    let (kind, channel) = ("Event with Webinar".to_owned(), WEBINAR_CHANNEL.to_owned());
    let program = NewProgram { id: None, name: "Small".to_owned(), kind, channel };
    let now = app.fakes.marketo.clock().now();
    let program = app.fakes.marketo.arrange(|world| world.add_program(program, now));
    let webinar = app.fakes.zoom.add_webinar(NewWebinar::default())?.id;
    app.admin.connect(program, service, webinar).await?.ok()?;
    app.fakes.zoom.hold_webinar(webinar, HeldSession::default()).await?;
    Ok(webinar)
}

async fn phase(app: &Application, program: i64) -> anyhow::Result<String> {
    let shown = app.admin.get(&format!("/attendance/programs/{program}")).await?.ok()?;
    Ok(shown["phase"].as_str().context("no phase")?.to_owned())
}

/// Returns the n-th event. Of ten events, four end the small webinar, three register someone for it, and three are of
/// unknown types.
fn event(n: usize, webinar: u64) -> Value {
    let object = json!({"id": webinar, "uuid": "4444AAAiAAAAAiAiAiiAii==", "host_id": "x", "topic": "t", "type": 5});
    let (name, object) = match n % 10 {
        0..4 => ("webinar.ended", object),
        4..7 => {
            let mut object = object;
            let email = format!("person{n}@example.com");
            object["registrant"] = json!({"id": format!("r{n}"), "email": email, "status": "approved"});
            ("webinar.registration_created", object)
        }
        _ => ("webinar.chat_message_sent", object),
    };
    json!({"event": name, "event_ts": n, "payload": {"account_id": "acc_1", "object": object}})
}

/// Sends `count` events at `RATE`, without waiting for earlier responses. Returns the latency of each, measured from
/// its scheduled time.
async fn turn(app: &Application, target: EventTarget, webinar: u64, count: usize) -> anyhow::Result<Vec<Duration>> {
    let client = reqwest::Client::new();
    let url = format!("{}{}", app.running.url(), target.path());
    let start = Instant::now();
    let requests = (0..count).map(|n| {
        let (client, url, zoom) = (&client, &url, &app.fakes.zoom);
        async move {
            let due = start + Duration::from_secs(1) * u32::try_from(n)? / u32::try_from(RATE)?;
            sleep_until(due).await;
            let body = event(n, webinar).to_string();
            let (timestamp, signature) = zoom.sign(body.as_bytes());
            let request = client.post(url).header("content-type", "application/json");
            let request = request.header("x-zm-request-timestamp", timestamp).header("x-zm-signature", signature);
            let answer = request.body(body).send().await?;
            let status = answer.status();
            answer.bytes().await?;
            ensure!(status == 200, "{target:?} answered {status}");
            Ok(due.elapsed())
        }
    });
    try_join_all(requests).await
}
