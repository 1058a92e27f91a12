//! Calls to the browser and its events: JSON messages, each followed by a zero byte.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

/// How long a call may take. Other tests may keep the machine busy.
const TIMEOUT: Duration = Duration::from_secs(60);

type Answer = Result<Value, String>;

/// The connection to a browser.
pub(super) struct Pipe {
    out: tokio::sync::Mutex<ChildStdin>,
    last_id: AtomicU64,
    inbox: Arc<Inbox>,
}

/// Pending calls and received events.
struct Inbox {
    waiting: Mutex<HashMap<u64, oneshot::Sender<Answer>>>,
    /// Every event with its session.
    events: Mutex<Vec<(String, Value)>>,
    count: watch::Sender<usize>,
}

impl Pipe {
    pub(super) fn over(out: ChildStdin, input: ChildStdout) -> Arc<Self> {
        let inbox =
            Arc::new(Inbox { waiting: Mutex::default(), events: Mutex::default(), count: watch::Sender::new(0) });
        tokio::spawn(read(input, Arc::clone(&inbox)));
        Arc::new(Self { out: out.into(), last_id: AtomicU64::new(0), inbox })
    }

    /// Calls a method in a tab's session, or of the browser if there is no session. Returns the browser's error, and
    /// fails if the browser is gone.
    pub(super) async fn call(&self, session: Option<&str>, method: &str, parameters: Value) -> Answer {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let mut message = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        let (sender, receiver) = oneshot::channel();
        self.inbox.waiting.lock().unwrap().insert(id, sender);
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.out.lock().await.write_all(&bytes).await.expect("the browser is gone");
        match timeout(TIMEOUT, receiver).await {
            Ok(answer) => answer.expect("the browser is gone").map_err(|error| format!("{method}: {error}")),
            Err(_) => Err(format!("{method}: no answer within {TIMEOUT:?}")),
        }
    }

    /// Returns the events of a session from a position on, and the total number of events.
    pub(super) fn events(&self, session: &str, from: usize) -> (Vec<Value>, usize) {
        let events = self.inbox.events.lock().unwrap();
        let of_session = events[from.min(events.len())..].iter().filter(|(of, _)| of == session);
        (of_session.map(|(_, event)| event.clone()).collect(), events.len())
    }

    /// Waits until there are more than `than` events.
    pub(super) async fn more_events(&self, than: usize) {
        let mut count = self.inbox.count.subscribe();
        let more = timeout(TIMEOUT, count.wait_for(|count| *count > than)).await;
        assert!(more.is_ok_and(|more| more.is_ok()), "no event from the browser");
    }
}

async fn read(input: ChildStdout, inbox: Arc<Inbox>) {
    let mut input = BufReader::new(input);
    let mut message = Vec::new();
    while let Ok(1..) = input.read_until(0, &mut message).await {
        message.pop();
        let mut message: Value = serde_json::from_slice(&std::mem::take(&mut message)).unwrap();
        if let Some(id) = message["id"].as_u64() {
            let answer = match message.get("error") {
                Some(error) => Err(error["message"].as_str().unwrap_or_default().to_owned()),
                None => Ok(message["result"].take()),
            };
            if let Some(sender) = inbox.waiting.lock().unwrap().remove(&id) {
                // The caller may have timed out.
                let _ = sender.send(answer);
            }
        } else {
            let session = message["sessionId"].as_str().unwrap_or_default().to_owned();
            let mut events = inbox.events.lock().unwrap();
            events.push((session, message));
            inbox.count.send_replace(events.len());
        }
    }
    // Fails all pending calls.
    inbox.waiting.lock().unwrap().clear();
}
