//! The id of a request. It is in each log line of the request, in its problem document and in the answer's
//! `x-request-id`, and the requests that it causes at other components carry it on.
//!
//! One instance works on several requests in turn, so the id belongs to the future that does the work: the current id
//! is set while that future is polled, and set back after each poll.

use crate::ports::traits::Random;
use futures::future::BoxFuture;
use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The header that carries the id.
pub const HEADER: &str = "x-request-id";

/// Length of an id as text, in hexadecimal digits.
const LENGTH: usize = 16;

thread_local! {
    /// The id of the request whose future is being polled.
    static CURRENT: Cell<Option<RequestId>> = const { Cell::new(None) };
}

/// The id of a request: 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(u64);

impl RequestId {
    /// Creates the id of a request from outside.
    pub fn random(random: &dyn Random) -> Self {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        Self(u64::from_le_bytes(bytes))
    }

    /// Parses an id; `None` for a text that no component generated.
    pub fn parse(text: &str) -> Option<Self> {
        let is_valid = text.len() == LENGTH && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        is_valid.then(|| u64::from_str_radix(text, 16).ok().map(Self)).flatten()
    }

    /// Returns the id of the request that is being worked on; `None` outside of requests.
    pub fn current() -> Option<Self> {
        CURRENT.get()
    }

    /// Makes this the current id whenever a future is polled.
    pub const fn scope<T>(self, future: BoxFuture<'_, T>) -> Scoped<'_, T> {
        Scoped { id: Some(self), future }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Keeps the current id for work that goes on after the request's answer.
pub fn inherit(task: BoxFuture<'static, ()>) -> Scoped<'static, ()> {
    Scoped { id: RequestId::current(), future: task }
}

/// A future that is polled with its own id as the current one.
pub struct Scoped<'a, T> {
    id: Option<RequestId>,
    future: BoxFuture<'a, T>,
}

impl<T> Future for Scoped<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let _outer = Outer(CURRENT.replace(self.id));
        self.future.as_mut().poll(context)
    }
}

/// Sets the id back that was current before a poll, also after a panic.
struct Outer(Option<RequestId>);

impl Drop for Outer {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use futures::future::join;

    #[tokio::test]
    async fn concurrent_requests_keep_their_own_ids_and_so_does_their_background_work() {
        let work = |id: u64| {
            let request = async move {
                let mut seen = Vec::new();
                for _ in 0..3 {
                    seen.push(RequestId::current().unwrap().0);
                    tokio::task::yield_now().await;
                }
                let own = RequestId::current();
                RequestId(99).scope(async { assert_eq!(RequestId::current(), Some(RequestId(99))) }.boxed()).await;
                assert_eq!(RequestId::current(), own);
                (seen, inherit(async move { assert_eq!(RequestId::current(), own) }.boxed()))
            };
            RequestId(id).scope(request.boxed())
        };
        let ((one, of_one), (other, of_other)) = join(work(1), work(2)).await;
        assert_eq!((one, other), (vec![1; 3], vec![2; 3]));
        assert_eq!(RequestId::current(), None);
        join(of_other, of_one).await;
        inherit(async { assert_eq!(RequestId::current(), None) }.boxed()).await;
    }

    #[test]
    fn an_id_is_read_as_it_was_written_and_nothing_else_is_an_id() {
        for id in [0, 1, 0x3f2a, u64::MAX] {
            assert_eq!(RequestId::parse(&RequestId(id).to_string()), Some(RequestId(id)));
        }
        for text in ["", "3f2a", "+00000000000003f", "000000000000003G", "000000000000003F", "00000000000000001"] {
            assert_eq!(RequestId::parse(text), None, "{text}");
        }
    }
}
