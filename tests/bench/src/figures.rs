//! Measurements of a round, and statistics over rounds.

use std::time::Duration;

/// Measurements of one round.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// Registrations per second.
    pub throughput: f64,
    /// Median latency in milliseconds.
    pub p50: f64,
    /// 99th percentile latency in milliseconds.
    pub p99: f64,
    /// Zoom and Marketo calls per registration.
    pub calls: f64,
    /// CPU time of this process per registration, including the fakes, in milliseconds. It depends less on other load
    /// than the latencies do. 0 where the system does not report it.
    pub cpu: f64,
}

/// Returns the CPU time of this process so far. Linux counts it in hundredths of a second.
pub(crate) fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is a name in parentheses. User and system time are fields 14 and 15.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

impl Figures {
    /// Computes the measurements from the request times, the elapsed time, the CPU time and the number of calls.
    pub fn of(mut took: Vec<Duration>, elapsed: Duration, cpu_time: Duration, calls: usize) -> Self {
        took.sort_unstable();
        let count = took.len();
        let at = |percent: usize| {
            let place = (count * percent).div_ceil(100).clamp(1, count.max(1)) - 1;
            took.get(place).map_or(0.0, |took| took.as_secs_f64() * 1000.0)
        };
        let throughput = count as f64 / elapsed.as_secs_f64();
        let cpu = cpu_time.as_secs_f64() * 1000.0 / count as f64;
        Self { throughput, p50: at(50), p99: at(99), calls: calls as f64 / count as f64, cpu }
    }
}

/// Returns the median; 0 for no numbers.
pub fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<_> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => numbers[middle],
        _ => f64::midpoint(numbers[middle - 1], numbers[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_computed_from_request_times() {
        let took: Vec<_> = (1..=200).rev().map(Duration::from_millis).collect();
        let figures = Figures::of(took, Duration::from_secs(4), Duration::from_secs(1), 600);
        assert_eq!((figures.throughput, figures.p50, figures.p99), (50.0, 100.0, 198.0));
        assert_eq!((figures.calls, figures.cpu), (3.0, 5.0));
    }

    #[test]
    fn median_of_zero_odd_and_even_counts() {
        assert_eq!(median([]), 0.0);
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0]), 2.5);
    }
}
