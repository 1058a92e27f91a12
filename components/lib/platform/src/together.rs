//! Doing several things at once, within a bound.

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use std::sync::{Mutex, PoisonError};

/// Runs futures, at most `limit` of them at a time; answers in the order in which they end. They are boxed because
/// Rust cannot yet tell that unboxed ones that borrow are `Send` (rust-lang/rust#102211).
pub async fn at_most<T: Send>(limit: usize, futures: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    let ended = Mutex::new(Vec::with_capacity(futures.len()));
    let keep = async |future: BoxFuture<'_, T>| {
        let end = future.await;
        ended.lock().unwrap_or_else(PoisonError::into_inner).push(end);
    };
    run(limit, futures.into_iter().map(|future| keep(future).boxed()).collect()).await;
    ended.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The running itself, which is the same code for every kind of answer.
async fn run(limit: usize, futures: Vec<BoxFuture<'_, ()>>) {
    stream::iter(futures).buffer_unordered(limit).collect::<()>().await;
}
