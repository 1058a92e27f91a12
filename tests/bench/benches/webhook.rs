//! Registrations through the webhook compared with the baseline, which makes the same key-value and outbound calls and
//! nothing else, and with a Node service, which is what a team would write otherwise.
//!
//! They alternate, so that other load on the machine affects all of them. The benchmark prints medians over the rounds.
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
    let mut contenders: Vec<(Contender, Vec<Figures>)> =
        env.contenders().into_iter().map(|contender| (contender, Vec::new())).collect();
    // Round 0 warms up.
    for round in 0..=rounds {
        let count = contenders.len();
        for place in 0..count {
            // The starting contender alternates.
            let (contender, measured) = &mut contenders[(round + place) % count];
            let figures = env.round(*contender, leads, at_once).await?;
            if round > 0 {
                measured.push(figures);
            }
        }
    }
    println!("{rounds} rounds of {leads} leads, {at_once} at once; medians");
    println!(
        "{:14} {:>9} {:>9} {:>9} {:>7} {:>10} {:>7}",
        "", "per s", "p50 ms", "p99 ms", "CPU ms", "per CPU s", "calls"
    );
    for (contender, measured) in &contenders {
        let of = |figure: fn(&Figures) -> f64| median(measured.iter().map(figure));
        println!(
            "{:14} {:9.1} {:9.2} {:9.2} {:7.2} {:10.1} {:7.2}",
            contender.name(),
            of(|one| one.throughput),
            of(|one| one.p50),
            of(|one| one.p99),
            of(|one| one.cpu),
            of(Figures::per_cpu_second),
            of(|one| one.calls)
        );
    }
    if let [(_, ours), others @ ..] = &*contenders {
        for (contender, theirs) in others {
            compare(ours, *contender, theirs);
        }
    }
    println!("(median of the rounds' ratios, and the middle half of them)\n");
    Ok(())
}

/// Prints the ratios of neighbouring rounds, which ran under the same machine load.
fn compare(ours: &[Figures], contender: Contender, theirs: &[Figures]) {
    let ratio = |figure: fn(&Figures) -> f64| {
        let mut ratios: Vec<_> = ours.iter().zip(theirs).map(|(ours, theirs)| figure(ours) / figure(theirs)).collect();
        ratios.sort_by(f64::total_cmp);
        let quarter = ratios.len() / 4;
        let (low, high) = (ratios.get(quarter), ratios.get(ratios.len() - 1 - quarter));
        let [low, high] = [low, high].map(|ratio| ratio.copied().unwrap_or_default());
        format!("{:.3} ({low:.3} to {high:.3})", median(ratios))
    };
    let (name, is_baseline) = (contender.name(), contender == Contender::Baseline);
    let aim = |aim: &'static str, applies: bool| if applies { aim } else { "" };
    println!(
        "registration / {name}, throughput:        {}{}",
        ratio(|one| one.throughput),
        aim("; aim: at least 0.9", is_baseline)
    );
    println!("registration / {name}, p50:               {}", ratio(|one| one.p50));
    println!(
        "registration / {name}, p99:               {}{}",
        ratio(|one| one.p99),
        aim("; aim: at most 1.25", is_baseline)
    );
    println!(
        "registration / {name}, per CPU second:    {}{}",
        ratio(Figures::per_cpu_second),
        aim("; aim: at least 2", !is_baseline)
    );
}
