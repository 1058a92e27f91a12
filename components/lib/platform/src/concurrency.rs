//! Bounded concurrency.

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use std::sync::{Mutex, PoisonError};

/// Runs futures, at most `limit` at a time; returns their outputs in the order in which they complete.
///
/// The futures are boxed because Rust cannot yet prove that unboxed futures that borrow are `Send` (rust-lang/rust#102211).
pub async fn run_bounded<T: Send>(limit: usize, futures: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    let outputs = Mutex::new(Vec::with_capacity(futures.len()));
    let collect = async |future: BoxFuture<'_, T>| {
        let output = future.await;
        outputs.lock().unwrap_or_else(PoisonError::into_inner).push(output);
    };
    drive(limit, futures.into_iter().map(|future| collect(future).boxed()).collect()).await;
    outputs.into_inner().unwrap_or_else(PoisonError::into_inner)
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
