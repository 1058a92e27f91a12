//! Limits attempts with wrong keys: after a few of one client, further ones are answered 429 with `Retry-After`.
//!
//! No answer is delayed, so an attack holds up no other request. A right key is always accepted: keys are too long to be found by
//! trying, and an attack must not lock anybody out.

use domain::time::{SignedDuration, Timestamp};
use http::HeaderMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Number of wrong keys that are answered 401: people mistype, and a client with an old key may call many routes.
const FREE_REFUSALS: u32 = 50;

/// Maximum of `Retry-After`, in seconds.
const MAX_RETRY_AFTER: u16 = 60;

/// How long after the last wrong key a client is remembered.
const MEMORY: SignedDuration = SignedDuration::from_mins(15);

/// Maximum number of clients that are counted apart, so that an attack from many addresses takes no memory. Further ones are
/// counted as one.
const MAX_CLIENTS: usize = 64;

/// Name of the clients beyond [`MAX_CLIENTS`], and of those whose address is not known.
const OTHERS: &str = "others";

/// The recent wrong keys that this instance received.
#[derive(Debug, Default)]
pub struct KeyThrottle(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// The key of the hashes of addresses; random, so that a log distinguishes addresses and shows none.
    salt: Option<[u8; 16]>,
    clients: Vec<(String, Refusals)>,
}

/// Recent wrong keys of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusals {
    /// Their number.
    pub count: u32,
    last: Timestamp,
}

impl Refusals {
    /// Returns the seconds that a caller is to wait before the next attempt; `None` for the first ones. Each further wrong key
    /// doubles them.
    pub fn retry_after(self) -> Option<u16> {
        let doublings = self.count.checked_sub(FREE_REFUSALS + 1)?.min(10);
        Some((1 << doublings).min(MAX_RETRY_AFTER))
    }
}

impl KeyThrottle {
    /// Counts a wrong key of a client. Returns the recent ones with it.
    pub fn record_failure(&self, client: &str, now: Timestamp) -> Refusals {
        let clients = &mut self.lock().clients;
        clients.retain(|(_, refusals)| now.duration_since(refusals.last) < MEMORY);
        let is_known = |name: &str| clients.iter().position(|(known, _)| known == name);
        let name = if clients.len() < MAX_CLIENTS { client } else { OTHERS };
        let found = is_known(client).or_else(|| is_known(name));
        let index = found.unwrap_or_else(|| {
            clients.push((name.to_owned(), Refusals { count: 0, last: now }));
            clients.len() - 1
        });
        let refusals = &mut clients[index].1;
        *refusals = Refusals { count: refusals.count.saturating_add(1), last: now };
        *refusals
    }

    /// Resets the count of a client after the right key.
    pub fn record_success(&self, client: &str) {
        self.lock().clients.retain(|(known, _)| known != client);
    }

    /// Returns the key of the hashes of addresses, which `new` makes at first.
    pub(super) fn salt(&self, new: impl FnOnce() -> [u8; 16]) -> [u8; 16] {
        *self.lock().salt.get_or_insert_with(new)
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the address of the client, without its port. A client may send the header too: Spin's own is the last one
/// (docs/reference/spin.md).
pub fn client_address(headers: &HeaderMap) -> String {
    let address = headers.get_all("spin-client-addr").iter().next_back().and_then(|value| value.to_str().ok());
    let address = address.and_then(|text| text.parse::<SocketAddr>().ok());
    address.map_or_else(|| OTHERS.to_owned(), |address| address.ip().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_wait_longer_with_each_wrong_key_until_it_is_forgotten() {
        let (throttle, now) = (KeyThrottle::default(), Timestamp::UNIX_EPOCH);
        let waits: Vec<_> = (0..59).map(|_| throttle.record_failure("a", now).retry_after()).collect();
        assert_eq!(waits[..50], [None; 50]);
        assert_eq!(waits[50..], [1, 2, 4, 8, 16, 32, 60, 60, 60].map(Some));
        assert_eq!(throttle.record_failure("a", now + MEMORY).count, 1);
        throttle.record_failure("a", now + MEMORY);
        throttle.record_success("a");
        assert_eq!(throttle.record_failure("a", now + MEMORY).count, 1);
    }

    #[test]
    fn clients_are_counted_apart_up_to_a_number_of_them() {
        let (throttle, now) = (KeyThrottle::default(), Timestamp::UNIX_EPOCH);
        for client in 0..MAX_CLIENTS {
            assert_eq!(throttle.record_failure(&client.to_string(), now).count, 1);
        }
        assert_eq!(throttle.record_failure("7", now).count, 2);
        for count in 1..9 {
            assert_eq!(throttle.record_failure(&format!("new {count}"), now).count, count);
        }
        assert_eq!(throttle.lock().clients.len(), MAX_CLIENTS + 1);
        throttle.record_success("7");
        assert_eq!(throttle.record_failure("8", now).count, 2);
        assert_eq!(throttle.record_failure("9", now + MEMORY).count, 1);
        assert_eq!(throttle.lock().clients.len(), 1, "the others are forgotten");
    }

    #[test]
    fn the_address_is_the_one_that_spin_added() {
        let headers = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("spin-client-addr", http::HeaderValue::from_static(value));
            }
            headers
        };
        for (values, expected) in [
            (&["1.2.3.4:5"] as &[_], "1.2.3.4"),
            (&["9.9.9.9:1", "1.2.3.4:5"], "1.2.3.4"),
            (&["[2001:db8::1]:443"], "2001:db8::1"),
            (&["nonsense"], OTHERS),
            (&[], OTHERS),
        ] {
            assert_eq!(client_address(&headers(values)), expected, "{values:?}");
        }
    }
}
