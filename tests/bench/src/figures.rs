//! Measurements of a round, and statistics over rounds.

use std::path::Path;
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
    /// CPU time of the server per registration, in milliseconds, without the fakes and the client. It depends less on
    /// other load than the latencies do. 0 where the system does not report it.
    pub cpu: f64,
}

/// The threads of a server, whose CPU time is measured.
#[derive(Debug, Clone)]
pub(crate) enum ServerThreads {
    /// Threads of this process with a name.
    Named(&'static str),
    /// All threads of another process.
    Process(u32),
}

impl ServerThreads {
    /// Returns the CPU time of the threads so far, user and system. Linux only.
    pub(crate) fn cpu_time(&self) -> Duration {
        let (process, name) = match self {
            Self::Named(name) => ("self".to_owned(), Some(*name)),
            Self::Process(id) => (id.to_string(), None),
        };
        let Ok(threads) = std::fs::read_dir(format!("/proc/{process}/task")) else { return Duration::ZERO };
        let read = |thread: &Path, file: &str| std::fs::read_to_string(thread.join(file)).unwrap_or_default();
        let nanoseconds = threads.flatten().map(|thread| thread.path()).filter_map(|thread| {
            let is_wanted = name.is_none_or(|name| read(&thread, "comm").trim_end() == name);
            // The first field is the time on a CPU, in nanoseconds.
            let spent = read(&thread, "schedstat").split(' ').next()?.parse::<u64>().ok()?;
            is_wanted.then_some(spent)
        });
        Duration::from_nanos(nanoseconds.sum())
    }
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

    /// Returns the number of registrations per second of CPU time of the server.
    pub fn per_cpu_second(&self) -> f64 {
        1000.0 / self.cpu
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
        assert_eq!((figures.calls, figures.cpu, figures.per_cpu_second()), (3.0, 5.0, 200.0));
    }

    #[test]
    fn cpu_time_is_counted_per_thread_and_per_process() {
        let work = || {
            let began = std::time::Instant::now();
            while began.elapsed() < Duration::from_millis(50) {}
            ServerThreads::Named("busy").cpu_time()
        };
        let named = std::thread::Builder::new().name("busy".to_owned()).spawn(work).unwrap().join().unwrap();
        if cfg!(target_os = "linux") {
            assert!(named > Duration::ZERO);
            assert!(ServerThreads::Process(std::process::id()).cpu_time() > Duration::ZERO);
        }
        assert_eq!(ServerThreads::Named("none").cpu_time(), Duration::ZERO);
    }

    #[test]
    fn median_of_zero_odd_and_even_counts() {
        assert_eq!(median([]), 0.0);
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0]), 2.5);
    }
}
