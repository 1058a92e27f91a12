//! Values that a caller cannot guess: access tokens, callback tokens, gateway keys.

use std::hash::{BuildHasher, RandomState};

/// Random hexadecimal digits in the shape of a UUID.
pub(super) fn uuid() -> String {
    // Every RandomState has keys of its own, so each half is fresh.
    let [high, low] = [(); 2].map(|()| RandomState::new().hash_one(0_u8));
    let digits = format!("{high:016x}{low:016x}");
    let (a, rest) = digits.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    format!("{a}-{b}-{c}-{d}-{e}")
}
