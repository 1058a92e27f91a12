//! Bounded concurrency.

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use std::sync::{Mutex, PoisonError};

/// Runs futures, at most `limit` at a time; returns their outputs in the same order.
///
/// The futures are boxed because Rust cannot yet prove that unboxed futures that borrow are `Send` (rust-lang/rust#102211).
pub async fn run_bounded<T: Send>(limit: usize, futures: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    let outputs = Mutex::new(futures.iter().map(|_| None).collect::<Vec<_>>());
    let collect = async |index: usize, future: BoxFuture<'_, T>| {
        let output = future.await;
        outputs.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(output);
    };
    let futures = futures.into_iter().enumerate().map(|(index, future)| collect(index, future).boxed());
    drive(limit, futures.collect()).await;
    outputs.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}

/// Not generic, so that it is compiled once.
async fn drive(limit: usize, futures: Vec<BoxFuture<'_, ()>>) {
    stream::iter(futures).buffer_unordered(limit).collect::<()>().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn the_outputs_are_in_the_order_of_the_futures() {
        let future = async |output: usize| {
            for _ in output..3 {
                tokio::task::yield_now().await;
            }
            output
        };
        assert_eq!(run_bounded(3, (0..3).map(|output| future(output).boxed()).collect()).await, [0, 1, 2]);
    }

    #[tokio::test]
    async fn futures_run_up_to_the_limit_and_all_outputs_are_returned() {
        let (running, peak) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let future = async |output: usize| {
            peak.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            running.fetch_sub(1, Ordering::SeqCst);
            output
        };
        let mut outputs = run_bounded(3, (0..10).map(|output| future(output).boxed()).collect()).await;
        outputs.sort_unstable();
        assert_eq!(outputs, (0..10).collect::<Vec<_>>());
        assert_eq!(peak.into_inner(), 3);
    }
}
