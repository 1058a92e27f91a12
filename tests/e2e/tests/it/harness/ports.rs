//! Ports to listen on. A real Spin has to be told its port, and so do the stand-ins.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// The ports to choose from: below those that systems hand out by themselves, so that nobody is given the port of a host
/// that is down for a moment.
const FIRST: u32 = 12_000;
const COUNT: u32 = 20_000;

/// An address that was free a moment ago and that this process does not choose again soon.
pub fn free_address() -> String {
    static CHOSEN: AtomicU32 = AtomicU32::new(0);
    // Test programs that run at the same time begin far apart.
    let begin = std::process::id().wrapping_mul(7_919);
    let candidates = std::iter::repeat_with(|| begin.wrapping_add(CHOSEN.fetch_add(1, Ordering::Relaxed)) % COUNT);
    let mut addresses = candidates.take(1_000).map(|offset| format!("127.0.0.1:{}", FIRST + offset));
    addresses.find(|address| TcpListener::bind(address).is_ok()).unwrap()
}
