//! The runtime of fakes that are mounted in a component's in-memory ports: simulated time, no sockets.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use platform::Ports;
use platform::testing::in_memory::InMemoryPorts;

use crate::support::runtime::{Runtime, yield_now};
use crate::support::sync::lock;

/// The clock and the outbound HTTP of a component's ports, and a queue of tasks. Clones share them.
#[derive(Clone)]
pub struct InMemoryRuntime {
    ports: Ports,
    tasks: Arc<Mutex<Vec<BoxFuture<'static, ()>>>>,
}

impl InMemoryRuntime {
    /// Creates a runtime over the ports in memory. Requests of the fakes reach the routers that these serve.
    #[must_use]
    pub fn new(memory: &InMemoryPorts) -> Self {
        Self::over(memory.ports())
    }

    /// Creates a runtime over other ports, such as those with the clock of a simulation.
    #[must_use]
    pub fn over(ports: Ports) -> Self {
        Self { ports, tasks: Arc::default() }
    }

    /// Runs the tasks that the fakes have started, such as the delivery of events, and those that these start.
    pub async fn run_tasks(&self) {
        let mut running = Vec::new();
        poll_fn(|context| self.poll_tasks(&mut running, context)).await;
    }

    /// Drops the tasks that have not run.
    pub fn drop_tasks(&self) {
        lock(&self.tasks).clear();
    }

    /// Runs a future to completion. Meanwhile the tasks of the fakes and the background work of the component run, for
    /// calls that wait for them, such as [`Marketo::run_campaign`](crate::marketo::Marketo::run_campaign).
    pub async fn drive<T>(&self, memory: &InMemoryPorts, future: impl Future<Output = T>) -> T {
        let mut background = pin!(async {
            loop {
                memory.run_background().await;
                yield_now().await;
            }
        });
        let (mut future, mut running) = (pin!(future), Vec::new());
        poll_fn(|context| {
            let output = future.as_mut().poll(context);
            if output.is_pending() {
                let _: Poll<()> = background.as_mut().poll(context);
                let _ = self.poll_tasks(&mut running, context);
            }
            output
        })
        .await
    }

    /// Polls the running tasks and those that were started meanwhile. Ready when all are done.
    fn poll_tasks(&self, running: &mut Vec<BoxFuture<'static, ()>>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            running.append(&mut lock(&self.tasks));
            running.retain_mut(|task| task.as_mut().poll(context).is_pending());
            if lock(&self.tasks).is_empty() {
                return if running.is_empty() { Poll::Ready(()) } else { Poll::Pending };
            }
        }
    }
}

impl fmt::Debug for InMemoryRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemoryRuntime").finish_non_exhaustive()
    }
}

impl Runtime for InMemoryRuntime {
    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration.is_zero() {
            return yield_now().boxed();
        }
        let (clock, duration) = (self.ports.clock.clone(), signed(duration));
        async move { clock.sleep(duration).await }.boxed()
    }

    fn send(&self, request: Request<Bytes>, timeout: Duration) -> BoxFuture<'static, Result<Response<Bytes>, String>> {
        let ports = self.ports.clone();
        async move { ports.send_within(signed(timeout), request).await.map_err(|error| error.reason) }.boxed()
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        lock(&self.tasks).push(task);
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
