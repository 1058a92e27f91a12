//! The maximum number of chunks that an instance runs at once. The others wait, with their claims renewed.

use domain::time::{SignedDuration, Timestamp};
use platform::Ports;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Maximum number of chunks that run at once in an instance. More would only wait for the rate limits of Zoom and Marketo.
const MAX_RUNS: usize = 10;

/// How often a chunk looks whether it may run. On Spin, a request cannot wait for another request of its instance.
const POLL_INTERVAL: SignedDuration = SignedDuration::from_millis(50);

/// The number of runs under way.
#[derive(Debug, Default, Clone)]
pub struct RunLimit(Arc<AtomicUsize>);

/// Permission to run a chunk, until it is dropped.
#[derive(Debug)]
pub struct RunPermit(RunLimit);

impl RunLimit {
    /// Waits until fewer than the maximum number of chunks run. Returns `None` if they still do at the time `until`.
    pub async fn wait(&self, ports: &Ports, until: Option<Timestamp>) -> Option<RunPermit> {
        while self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |runs| (runs < MAX_RUNS).then_some(runs + 1))
            .is_err()
        {
            if until.is_some_and(|until| ports.clock.now() >= until) {
                return None;
            }
            ports.clock.sleep(POLL_INTERVAL).await;
        }
        Some(RunPermit(self.clone()))
    }
}

impl Drop for RunPermit {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;
    use platform::testing::in_memory::InMemoryPorts;

    #[tokio::test]
    async fn chunks_run_up_to_the_limit_and_the_others_wait() {
        let (limit, ports) = (RunLimit::default(), InMemoryPorts::default().ports());
        let (running, peak) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let run = async || {
            let _permit = limit.wait(&ports, None).await;
            peak.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            ports.clock.sleep(SignedDuration::from_secs(1)).await;
            running.fetch_sub(1, Ordering::SeqCst);
        };
        join_all((0..3 * MAX_RUNS).map(|_| run())).await;
        assert_eq!((running.into_inner(), peak.into_inner()), (0, MAX_RUNS));
    }

    #[tokio::test]
    async fn a_run_of_the_tick_waits_as_long_as_it_has_time() {
        let (limit, ports) = (RunLimit::default(), InMemoryPorts::default().ports());
        let permits = join_all((0..MAX_RUNS).map(|_| limit.wait(&ports, None))).await;
        let until = Some(ports.clock.now() + SignedDuration::from_secs(5));
        assert!(limit.wait(&ports, until).await.is_none());
        assert_eq!(Some(ports.clock.now()), until);
        drop(permits);
        assert!(limit.wait(&ports, until).await.is_some());
    }
}
