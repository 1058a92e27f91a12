//! A large webinar is accounted for, with real page sizes and the rate limits of Zoom's Business plan and of Marketo:
//! how many calls that takes beside as few as there can be, how long, and how much memory.
//!
//! `cargo bench -p bench --bench attendance` accounts for 100,000 participants, of whom 30,000 registered through Marketo;
//! 10,000 more who did and 20,000 who registered on Zoom's page stay away. That takes six to seven minutes, since no more
//! than 50 calls in 20 seconds are made of Marketo. `-- PARTICIPANTS` takes another number.

use anyhow::{Context, bail};
use bench::{Application, Crowd, Size};
use fakes::marketo::world::WEBINAR_PROGRAM;
use fakes::{marketo, zoom};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Participants unless told otherwise.
const PARTICIPANTS: usize = 100_000;

/// What an instance of a component may use: 64 MiB.
const MEMORY_LIMIT: u64 = 64 << 20;

/// How often somebody looks how far it is: runs are told apart by this much.
const LOOK: Duration = Duration::from_millis(20);

/// It takes no longer than this, or something is wrong.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Cargo adds `--bench`.
    let mut numbers = std::env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let participants = numbers.next().map_or(Ok(PARTICIPANTS), |text| text.parse()).context("PARTICIPANTS")?;
    let size = Size::of(participants);
    let app = Application::start(&[], "", zoom::Options::default(), marketo::Options::default()).await?;
    let service = app.admin.sign_in("Acme Webinars").await?;
    let crowd = Crowd::register(&app, &service, WEBINAR_PROGRAM, size).await?;
    println!("{participants} participants, {} registered: {size:?}", size.registered());
    app.fakes.zoom.log().clear();
    app.fakes.marketo.log().clear();

    crowd.hold(&app).await?;
    let began = Instant::now();
    let (shown, runs) = finished(&app, began).await?;
    let took = began.elapsed().as_secs_f64();
    println!("{shown}");

    let (made, fewest) = (Crowd::calls(&app), size.fewest_calls());
    println!("{:26} {:>7} {:>7} {:>6}", "calls", "made", "fewest", "ratio");
    for (kind, made) in &made {
        let fewest = fewest.get(kind).copied().unwrap_or_default();
        let ratio = if fewest == 0 { String::new() } else { format!("{:.3}", *made as f64 / fewest as f64) };
        println!("{kind:26} {made:7} {fewest:7} {ratio:>6}");
    }
    let of_marketo = |calls: &std::collections::BTreeMap<&str, usize>| -> usize {
        calls.iter().filter(|(kind, _)| kind.starts_with("marketo")).map(|(_, count)| count).sum()
    };
    let (all_made, all_fewest) = (made.values().sum::<usize>(), fewest.values().sum::<usize>());
    println!("all calls: {all_made} of {all_fewest}: {:.3}; aim: at most 1.05", all_made as f64 / all_fewest as f64);
    // The first 50 go out at once.
    let least = of_marketo(&fewest).saturating_sub(50) as f64 / 50.0 * 20.0;
    println!(
        "it took {took:.0} s; Marketo at 50 calls in 20 s allows {least:.0} s: {:.3}; aim: at most 1.2",
        took / least
    );
    let longest = runs.iter().max().copied().unwrap_or_default();
    println!("{} runs, the longest of {:.1} s; aim: at most 25 s", runs.len(), longest.as_secs_f64());
    let refused = app.fakes.zoom.log().refused().len() + app.fakes.marketo.log().refused().len();
    println!("{refused} calls were refused by the stand-ins");
    let peak = app.running.peak_memory("attendance").context("no such component")?;
    println!("peak memory of an instance of attendance: {} of {MEMORY_LIMIT} bytes ({:.1} MiB)", peak, mib(peak));
    app.running.shutdown().await;
    Ok(())
}

/// Waits until everybody is accounted for. Returns what the console shows then, and how long each run lasted.
async fn finished(app: &Application, began: Instant) -> anyhow::Result<(Value, Vec<Duration>)> {
    let (mut runs, mut last_end, mut looks) = (Vec::new(), began, 0u32);
    loop {
        tokio::time::sleep(LOOK).await;
        // A run that ends says so, and the next begins at once.
        let ended = app.log("attendance_stderr.txt").lines().filter(|line| line.starts_with("attendance.ran")).count();
        if ended > runs.len() {
            runs.push(last_end.elapsed());
            last_end = Instant::now();
            println!("{:4.0} s: run {ended}, {:.1} MiB", began.elapsed().as_secs_f64(), mib(peak(app)));
        }
        looks += 1;
        // Not so often that asking takes from what is measured.
        if looks.is_multiple_of(50) {
            let shown = app.admin.get(&format!("/attendance/programs/{WEBINAR_PROGRAM}")).await?.ok()?;
            if matches!(shown["phase"].as_str(), Some("settling" | "done")) {
                return Ok((shown, runs));
            }
            if !shown["problem"].is_null() {
                println!("{shown}");
            }
        }
        if began.elapsed() > PATIENCE {
            bail!("not done after {PATIENCE:?}");
        }
    }
}

fn peak(app: &Application) -> u64 {
    app.running.peak_memory("attendance").unwrap_or_default()
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
