//! Zoom's events while a large webinar is being accounted for: 200 a second, beside a floor that gets as many, a component
//! that reads one variable and answers.
//!
//! `cargo bench -p bench --bench events` sends each of the two 200 events a second for 20 seconds, twice in turns.
//! `-- PARTICIPANTS SECONDS` sets how large the webinar is and how long each turn lasts.

use anyhow::{Context, ensure};
use bench::{Application, Crowd, Figures, Size};
use fakes::marketo::world::{NewProgram, WEBINAR_CHANNEL, WEBINAR_PROGRAM};
use fakes::zoom::{HeldSession, NewWebinar};
use fakes::{marketo, zoom};
use futures::future::try_join_all;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Participants unless told otherwise: accounting for them outlasts the measuring.
const PARTICIPANTS: usize = 60_000;

/// How long a turn lasts unless told otherwise, in seconds.
const SECONDS: usize = 20;

/// Events a second.
const RATE: usize = 200;

/// Turns of each.
const TURNS: usize = 2;

/// Within this, the answer is to be there.
const AIM_MS: f64 = 300.0;

/// The floor in the manifest.
const FLOOR: &str = r#"
[[trigger.http]]
route = "/floor"
component = "probe"

[component.probe]
source = "target/wasm32-wasip2/release/probe.wasm"
[component.probe.variables]
public_url = "{{ public_url }}"
"#;

/// Where events go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contender {
    Attendance,
    Floor,
}

impl Contender {
    const fn path(self) -> &'static str {
        match self {
            Self::Attendance => "/zoom/events",
            Self::Floor => "/floor?variable=public_url",
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Cargo adds `--bench`.
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .map(|arg| arg.parse())
        .collect::<Result<_, _>>()
        .context("PARTICIPANTS SECONDS")?;
    let participants = numbers.first().copied().unwrap_or(PARTICIPANTS);
    let seconds = numbers.get(1).copied().unwrap_or(SECONDS);

    let app = Application::start(&["probe"], FLOOR, zoom::Options::default(), marketo::Options::default()).await?;
    let service = app.admin.sign_in("Acme Webinars").await?;
    let small = small_webinar(&app, &service).await?;
    let crowd = Crowd::register(&app, &service, WEBINAR_PROGRAM, Size::of(participants)).await?;
    crowd.hold(&app).await?;
    println!("a webinar with {participants} participants is being accounted for");

    let mut turns = [Contender::Attendance, Contender::Floor];
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    // Compiled code, connections and caches: not what is measured.
    for who in turns {
        turn(&app, who, small, RATE).await?;
    }
    for _ in 0..TURNS {
        for who in turns {
            let took = turn(&app, who, small, RATE * seconds).await?;
            match who {
                Contender::Attendance => ours.extend(took),
                Contender::Floor => floor.extend(took),
            }
        }
        turns.reverse();
    }
    let phase = phase(&app, WEBINAR_PROGRAM).await?;
    ensure!(["reading", "writing"].contains(&&*phase), "the accounting was over too soon: {phase}");

    println!("{TURNS} turns of {seconds} s, {RATE} events a second; the accounting goes on ({phase})");
    println!("{:12} {:>8} {:>9} {:>9} {:>9}", "", "events", "p50 ms", "p99 ms", "max ms");
    let [ours, floor] = [("attendance", ours), ("floor", floor)].map(|(name, took)| {
        let (count, max) = (took.len(), took.iter().max().copied().unwrap_or_default());
        let figures = Figures::of(took, Duration::from_secs(1), Duration::ZERO, 0);
        println!("{name:12} {count:8} {:9.2} {:9.2} {:9.2}", figures.p50, figures.p99, max.as_secs_f64() * 1000.0);
        figures
    });
    println!("p50 is {:.2} of the floor's, p99 {:.2}", ours.p50 / floor.p50, ours.p99 / floor.p99);
    println!("aim: a p99 under {AIM_MS} ms");
    app.running.shutdown().await;
    Ok(())
}

/// Connects another program to a webinar with nobody in it that is over: whose end is told again and again.
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

/// Of ten events four tell that the small webinar ended, three that somebody registered for it, and three are of kinds
/// that nobody knows.
fn event(n: usize, webinar: u64) -> Value {
    let object = json!({"id": webinar, "uuid": "4444AAAiAAAAAiAiAiiAii==", "host_id": "x", "topic": "t", "type": 5});
    let (name, object) = match n % 10 {
        0..4 => ("webinar.ended", object),
        4..7 => {
            let mut object = object;
            let email = format!("somebody{n}@example.com");
            object["registrant"] = json!({"id": format!("r{n}"), "email": email, "status": "approved"});
            ("webinar.registration_created", object)
        }
        _ => ("webinar.chat_message_sent", object),
    };
    json!({"event": name, "event_ts": n, "payload": {"account_id": "acc_1", "object": object}})
}

/// Sends so many events at the usual rate, whether or not the earlier ones have been answered. Returns how long after
/// their time each was answered.
async fn turn(app: &Application, who: Contender, webinar: u64, count: usize) -> anyhow::Result<Vec<Duration>> {
    let client = reqwest::Client::new();
    let url = format!("{}{}", app.running.url(), who.path());
    let begin = Instant::now();
    let sendings = (0..count).map(|n| {
        let (client, url, zoom) = (&client, &url, &app.fakes.zoom);
        async move {
            let due = begin + Duration::from_secs(1) * u32::try_from(n)? / u32::try_from(RATE)?;
            sleep_until(due).await;
            let body = event(n, webinar).to_string();
            let (timestamp, signature) = zoom.sign(body.as_bytes());
            let request = client.post(url).header("content-type", "application/json");
            let request = request.header("x-zm-request-timestamp", timestamp).header("x-zm-signature", signature);
            let answer = request.body(body).send().await?;
            let status = answer.status();
            answer.bytes().await?;
            ensure!(status == 200, "{who:?} answered {status}");
            Ok(due.elapsed())
        }
    });
    try_join_all(sendings).await
}
