//! The calls that one instance makes at once.

use domain::time::{SignedDuration, Timestamp};
use domain::{Error, ErrorCode, Retry};
use platform::Ports;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Maximum number of calls at once: half of the subscription's limit, as Adobe advises for one integration
/// (docs/reference/marketo.md).
pub const MAX_CONCURRENT_CALLS: usize = 5;

/// Maximum number of low-priority calls at once. One place stays free, so that a call of normal priority does not queue
/// behind them.
const MAX_CONCURRENT_LOW_PRIORITY_CALLS: usize = MAX_CONCURRENT_CALLS - 1;

/// How often a call looks whether it may begin. On Spin, a request cannot wait for another request of its instance.
const POLL_INTERVAL: SignedDuration = SignedDuration::from_millis(20);

/// The number of calls under way.
#[derive(Debug, Default, Clone)]
pub(crate) struct CallsUnderWay(Arc<AtomicUsize>);

/// Permission for one call, until it is dropped.
#[derive(Debug)]
pub(crate) struct CallPermit(Arc<AtomicUsize>);

impl CallsUnderWay {
    /// Waits until fewer than the maximum number of calls are under way.
    ///
    /// # Errors
    /// `RATE_LIMITED` at the deadline.
    pub(crate) async fn begin(
        &self,
        ports: &Ports,
        deadline: Timestamp,
        is_low_priority: bool,
    ) -> Result<CallPermit, Error> {
        let max = if is_low_priority { MAX_CONCURRENT_LOW_PRIORITY_CALLS } else { MAX_CONCURRENT_CALLS };
        let increment = |calls| (calls < max).then_some(calls + 1);
        while self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, increment).is_err() {
            if ports.clock.now() + POLL_INTERVAL >= deadline {
                return Err(crate::error::upstream_error(ErrorCode::RateLimited, Retry::Soon));
            }
            ports.clock.sleep(POLL_INTERVAL).await;
        }
        Ok(CallPermit(self.0.clone()))
    }
}

impl Drop for CallPermit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::testing::in_memory::InMemoryPorts;

    #[tokio::test]
    async fn calls_wait_while_the_maximum_number_is_under_way_and_end_at_the_deadline() {
        let (calls, ports) = (CallsUnderWay::default(), InMemoryPorts::default().ports());
        let deadline = ports.clock.now() + SignedDuration::from_secs(1);
        let mut permits = Vec::new();
        for _ in 0..MAX_CONCURRENT_CALLS {
            permits.push(calls.begin(&ports, deadline, false).await.unwrap());
        }
        let refused = calls.begin(&ports, deadline, false).await.unwrap_err();
        assert_eq!(refused.problem().code, ErrorCode::RateLimited);
        assert!(ports.clock.now() < deadline);
        permits.pop();
        assert!(calls.begin(&ports, deadline, false).await.is_ok());
    }

    #[tokio::test]
    async fn low_priority_calls_leave_a_place_for_a_call_of_normal_priority() {
        let (calls, ports) = (CallsUnderWay::default(), InMemoryPorts::default().ports());
        let deadline = ports.clock.now() + SignedDuration::from_secs(1);
        let mut permits = Vec::new();
        for _ in 0..MAX_CONCURRENT_LOW_PRIORITY_CALLS {
            permits.push(calls.begin(&ports, deadline, true).await.unwrap());
        }
        let began = ports.clock.now();
        permits.push(calls.begin(&ports, deadline, false).await.unwrap());
        assert_eq!(ports.clock.now(), began);
        // Those of normal priority take no place from each other.
        permits.remove(0);
        assert!(calls.begin(&ports, deadline, true).await.is_err());
        assert!(calls.begin(&ports, deadline, false).await.is_ok());
    }
}
