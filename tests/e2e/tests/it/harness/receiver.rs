//! A server that takes whatever it is sent, as a chat service or a heartbeat monitor does.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A request that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// The method and the path.
    pub target: String,
    /// The body.
    pub body: String,
}

/// A running receiver.
pub struct Receiver {
    /// Its scheme, host and port.
    pub origin: String,
    received: Arc<Mutex<Vec<ReceivedRequest>>>,
}

impl Receiver {
    /// Starts a receiver.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let received: Arc<Mutex<Vec<ReceivedRequest>>> = Arc::default();
        let taken = received.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Some(request) = answer(stream).await {
                    taken.lock().unwrap().push(request);
                }
            }
        });
        Self { origin, received }
    }

    /// Takes the bodies of the requests to a target that were received since the last call.
    pub fn take(&self, target: &str) -> Vec<String> {
        let mut received = self.received.lock().unwrap();
        received.extract_if(.., |request| request.target == target).map(|request| request.body).collect()
    }
}

/// Reads a request and answers 202. Returns `None` if the connection broke.
async fn answer(stream: TcpStream) -> Option<ReceivedRequest> {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first).await.ok()?;
    let target = first.trim_end().strip_suffix(" HTTP/1.1")?.to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    stream.write_all(b"HTTP/1.1 202 Accepted\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await.ok()?;
    Some(ReceivedRequest { target, body: String::from_utf8(body).ok()? })
}
