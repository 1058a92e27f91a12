//! Figures of rounds.

use std::time::Duration;

/// What one round came to.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// Registrations a second.
    pub throughput: f64,
    /// Half of the requests took no longer, in milliseconds.
    pub p50: f64,
    /// 99 of 100 requests took no longer, in milliseconds.
    pub p99: f64,
    /// Calls of Zoom and Marketo for each registration.
    pub calls: f64,
    /// What a registration took of this process's processors, stand-ins and all, in milliseconds. Others who are busy on
    /// the machine change it least. 0 where it cannot be told.
    pub cpu: f64,
}

/// How long this process has been at work so far. Linux counts it in hundredths of a second.
pub(crate) fn worked() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field, in brackets, is a name. User and system time are the 14th and 15th.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

impl Figures {
    /// Of requests that took so long each, and all together `elapsed`, `worked` and so many calls.
    pub fn of(mut took: Vec<Duration>, elapsed: Duration, worked: Duration, calls: usize) -> Self {
        took.sort_unstable();
        let count = took.len();
        let at = |percent: usize| {
            let place = (count * percent).div_ceil(100).clamp(1, count.max(1)) - 1;
            took.get(place).map_or(0.0, |took| took.as_secs_f64() * 1000.0)
        };
        let throughput = count as f64 / elapsed.as_secs_f64();
        let cpu = worked.as_secs_f64() * 1000.0 / count as f64;
        Self { throughput, p50: at(50), p99: at(99), calls: calls as f64 / count as f64, cpu }
    }
}

/// The middle of some numbers; 0 of none.
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
    fn percentiles_are_of_those_who_waited() {
        let took: Vec<_> = (1..=200).rev().map(Duration::from_millis).collect();
        let figures = Figures::of(took, Duration::from_secs(4), Duration::from_secs(1), 600);
        assert_eq!((figures.throughput, figures.p50, figures.p99), (50.0, 100.0, 198.0));
        assert_eq!((figures.calls, figures.cpu), (3.0, 5.0));
    }

    #[test]
    fn the_median_of_few() {
        assert_eq!(median([]), 0.0);
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0]), 2.5);
    }
}
