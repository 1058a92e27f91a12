//! Registrations through the webhook compared with the baseline, which makes the same key-value and outbound calls and
//! nothing else.
//!
//! The two alternate, so that other load on the machine affects both. The benchmark prints medians over the rounds.
//!
//! `cargo bench -p bench` measures with 8 concurrent requests and then one at a time. `-- ROUNDS LEADS` sets the number
//! of rounds and the leads of each.

use anyhow::Context;
use bench::{Contender, Figures, WebhookBench, median};

/// Numbers of concurrent requests: what `registration` uses for one chunk, and one.
const AT_ONCE: [usize; 2] = [8, 1];

/// Default number of rounds per contender, enough for a reproducible median.
const ROUNDS: usize = 15;

/// Default number of leads per round. The p99 is then the fourth slowest request.
const LEADS: usize = 400;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Cargo passes `--bench`.
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"))
        .map(|arg| arg.parse())
        .collect::<Result<_, _>>()
        .context("ROUNDS LEADS")?;
    let [rounds, leads] = [(0, ROUNDS), (1, LEADS)].map(|(place, usual)| numbers.get(place).copied().unwrap_or(usual));
    let mut env = WebhookBench::start().await?;
    for at_once in AT_ONCE {
        measure(&mut env, rounds, leads, at_once).await?;
    }
    Ok(())
}

async fn measure(env: &mut WebhookBench, rounds: usize, leads: usize, at_once: usize) -> anyhow::Result<()> {
    let (mut ours, mut baseline) = (Vec::new(), Vec::new());
    // Round 0 warms up.
    for round in 0..=rounds {
        // The starting contender alternates.
        let mut turns = [Contender::Registration, Contender::Baseline];
        turns.rotate_left(round % 2);
        for contender in turns {
            let figures = env.round(contender, leads, at_once).await?;
            if round > 0 {
                match contender {
                    Contender::Registration => ours.push(figures),
                    Contender::Baseline => baseline.push(figures),
                }
            }
        }
    }
    println!("{rounds} rounds of {leads} leads, {at_once} at once; medians");
    println!("{:14} {:>9} {:>9} {:>9} {:>7} {:>7}", "", "per s", "p50 ms", "p99 ms", "CPU ms", "calls");
    let row = |name: &str, rounds: &[Figures]| {
        let of = |figure: fn(&Figures) -> f64| median(rounds.iter().map(figure));
        let (throughput, p50) = (of(|one| one.throughput), of(|one| one.p50));
        let (p99, calls) = (of(|one| one.p99), of(|one| one.calls));
        let cpu = of(|one| one.cpu);
        println!("{name:14} {throughput:9.1} {p50:9.2} {p99:9.2} {cpu:7.2} {calls:7.2}");
    };
    row("registration", &ours);
    row("baseline", &baseline);
    // Ratios of neighbouring rounds, which ran under the same machine load.
    let ratio = |figure: fn(&Figures) -> f64| {
        let mut ratios: Vec<_> =
            ours.iter().zip(&baseline).map(|(ours, baseline)| figure(ours) / figure(baseline)).collect();
        ratios.sort_by(f64::total_cmp);
        let quarter = ratios.len() / 4;
        let (low, high) = (ratios.get(quarter), ratios.get(ratios.len() - 1 - quarter));
        let [low, high] = [low, high].map(|ratio| ratio.copied().unwrap_or_default());
        format!("{:.3} ({low:.3} to {high:.3})", median(ratios))
    };
    println!("of the baseline's throughput: {}; aim: at least 0.9", ratio(|one| one.throughput));
    println!("of the baseline's p50:        {}", ratio(|one| one.p50));
    println!("of the baseline's p99:        {}; aim: at most 1.25", ratio(|one| one.p99));
    println!("of the baseline's CPU time:   {}", ratio(|one| one.cpu));
    println!("(median of the rounds' ratios, and the middle half of them)\n");
    Ok(())
}
