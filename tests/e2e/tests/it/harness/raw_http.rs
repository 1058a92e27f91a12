//! Raw HTTP requests, whose path is sent exactly as written.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The result of a raw request.
#[derive(Debug)]
pub enum RawAnswer {
    /// The connection was closed without a response.
    Closed,
    /// The status and the whole response.
    Answered(u16, String),
}

/// Sends `METHOD TARGET HTTP/1.1` with some headers and the body `{}`.
pub async fn send_raw(address: &str, method: &str, target: &str, headers: &[(&str, &str)]) -> RawAnswer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut request = format!("{method} {target} HTTP/1.1\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request.push_str(&format!("host: {address}\r\n"));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("content-length: 2\r\n\r\n{}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset also means that there is no response.
    let _ = stream.read_to_end(&mut answer).await;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.map_or(RawAnswer::Closed, |status| RawAnswer::Answered(status, text))
}
