//! Doing several things at once, within a bound.

use futures::future::BoxFuture;
use futures::{StreamExt, stream};

/// Runs futures, at most `limit` of them at a time; answers in the order in which they end. They are boxed because
/// Rust cannot yet tell that unboxed ones that borrow are `Send` (rust-lang/rust#102211).
pub async fn at_most<T: Send>(limit: usize, futures: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    stream::iter(futures).buffer_unordered(limit).collect().await
}
