//! Attendance of a large webinar, with real page sizes and the rate limits of Zoom's Business plan and of Marketo.
//!
//! Prints the number of calls beside the minimum, the duration and the peak memory.
//!
//! `cargo bench -p bench --bench attendance` processes 100,000 participants; 30,000 of them registered through Marketo.
//! 10,000 more Marketo registrants and 20,000 registrants of Zoom's page stay away. A run takes six to seven minutes
//! because Marketo allows 50 calls in 20 seconds. `-- PARTICIPANTS` sets another number.

use anyhow::{Context, bail};
use bench::{Application, LargeWebinar, Size};
use fakes::marketo::subscription::WEBINAR_PROGRAM;
use fakes::{marketo, zoom};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Default number of participants.
const PARTICIPANTS: usize = 100_000;

/// Maximum memory of a component instance, in bytes (64 MiB).
const MEMORY_LIMIT: u64 = 64 << 20;

/// How often the benchmark polls the log. Run durations are accurate to this interval.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Maximum duration of the benchmark.
const TIMEOUT: Duration = Duration::from_secs(30 * 60);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Cargo passes `--bench`.
    let mut numbers = std::env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let participants = numbers.next().map_or(Ok(PARTICIPANTS), |text| text.parse()).context("PARTICIPANTS")?;
    let size = Size::of(participants);
    let app = Application::start(&[], "", zoom::Options::default(), marketo::Options::default()).await?;
    let service = app.admin.sign_in("Acme Webinars").await?;
    let large_webinar = LargeWebinar::register(&app, &service, WEBINAR_PROGRAM, size).await?;
    println!("{participants} participants, {} registered: {size:?}", size.registered());
    app.fakes.zoom.log().clear();
    app.fakes.marketo.log().clear();

    large_webinar.hold(&app).await?;
    let began = Instant::now();
    let (shown, runs) = wait_until_finished(&app, began).await?;
    let took = began.elapsed().as_secs_f64();
    println!("{shown}");

    let (made, fewest) = (LargeWebinar::calls(&app), size.fewest_calls());
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
    // The first 50 calls need no waiting.
    let minimum = of_marketo(&fewest).saturating_sub(50) as f64 / 50.0 * 20.0;
    println!(
        "it took {took:.0} s; Marketo at 50 calls in 20 s allows {minimum:.0} s: {:.3}; aim: at most 1.2",
        took / minimum
    );
    let longest = runs.iter().max().copied().unwrap_or_default();
    println!("{} runs, the longest of {:.1} s; aim: at most 25 s", runs.len(), longest.as_secs_f64());
    let refused = app.fakes.zoom.log().refused().len() + app.fakes.marketo.log().refused().len();
    println!("{refused} calls rejected by the fakes");
    let peak = app.running.peak_memory("attendance").context("no such component")?;
    println!("peak memory of an instance of attendance: {} of {MEMORY_LIMIT} bytes ({:.1} MiB)", peak, mib(peak));
    app.running.shutdown().await;
    Ok(())
}

/// Waits until the attendance of the program is complete. Returns the program's attendance and the duration of each
/// run.
async fn wait_until_finished(app: &Application, began: Instant) -> anyhow::Result<(Value, Vec<Duration>)> {
    let (mut runs, mut last_end, mut polls) = (Vec::new(), began, 0u32);
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        // A run logs its end, and the next run starts immediately.
        let ended =
            app.log("attendance_stderr.txt").lines().filter(|line| line.contains(" attendance.run_finished ")).count();
        if ended > runs.len() {
            runs.push(last_end.elapsed());
            last_end = Instant::now();
            println!("{:4.0} s: run {ended}, {:.1} MiB", began.elapsed().as_secs_f64(), mib(peak(app)));
        }
        polls += 1;
        // Polls the API rarely, so that polling does not distort the measurement.
        if polls.is_multiple_of(50) {
            let shown = app.admin.get(&format!("/attendance/programs/{WEBINAR_PROGRAM}")).await?.ok()?;
            if matches!(shown["phase"].as_str(), Some("settling" | "done")) {
                return Ok((shown, runs));
            }
            if !shown["problem"].is_null() {
                println!("{shown}");
            }
        }
        if began.elapsed() > TIMEOUT {
            bail!("not done after {TIMEOUT:?}");
        }
    }
}

fn peak(app: &Application) -> u64 {
    app.running.peak_memory("attendance").unwrap_or_default()
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
