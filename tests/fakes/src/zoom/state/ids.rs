//! Generates ids that look like Zoom's and differ between runs.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// One in this many instance UUIDs contains slashes that must be encoded twice in a path.
const SLASHED_UUID_INTERVAL: u64 = 3;

/// A source of ids.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: i128,
    drawn: u64,
    uuids: u64,
}

impl Ids {
    pub(crate) fn new(seed: i128) -> Self {
        Self { seed, drawn: 0, uuids: 0 }
    }

    fn draw(&mut self) -> [u8; 32] {
        self.drawn += 1;
        Sha256::digest(format!("{}:{}", self.seed, self.drawn)).into()
    }

    /// Eleven digits, like Zoom's webinar ids.
    pub(crate) fn webinar(&mut self) -> u64 {
        let drawn = self.draw();
        let number = drawn[..8].iter().fold(0u64, |sum, byte| sum.wrapping_mul(256) + u64::from(*byte));
        80_000_000_000 + number % 19_999_999_999
    }

    /// 22 URL-safe characters, like Zoom's user and registrant ids.
    pub(crate) fn short(&mut self) -> String {
        URL_SAFE_NO_PAD.encode(&self.draw()[..16])
    }

    /// The UUID of an instance: base64 of 16 bytes. Every third starts with a slash or contains two in a row; the
    /// others do neither.
    pub(crate) fn uuid(&mut self) -> String {
        let mut uuid = self.plain_uuid();
        self.uuids += 1;
        if self.uuids.is_multiple_of(2 * SLASHED_UUID_INTERVAL) {
            uuid.replace_range(4..6, "//");
        } else if self.uuids.is_multiple_of(SLASHED_UUID_INTERVAL) {
            uuid.replace_range(0..1, "/");
        }
        uuid
    }

    fn plain_uuid(&mut self) -> String {
        loop {
            let uuid = STANDARD.encode(&self.draw()[..16]);
            if !uuid.starts_with('/') && !uuid.contains("//") {
                return uuid;
            }
        }
    }

    /// The `user_id` of one stay in a webinar.
    pub(crate) fn presence(&mut self) -> String {
        self.drawn += 1;
        (16_778_240 + self.drawn * 1_024).to_string()
    }

    /// A secret that cannot be guessed.
    pub(crate) fn secret(&mut self) -> String {
        URL_SAFE_NO_PAD.encode(self.draw())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_third_uuid_must_be_encoded_twice() {
        let mut ids = Ids::new(1);
        let uuids: Vec<String> = (0..6).map(|_| ids.uuid()).collect();
        assert!(uuids[2].starts_with('/'), "{uuids:?}");
        assert!(uuids[5].contains("//"), "{uuids:?}");
        assert!(uuids.iter().all(|uuid| uuid.len() == 24 && uuid.ends_with("==")), "{uuids:?}");
    }

    #[test]
    fn ids_have_the_length_of_zooms_ids() {
        let mut ids = Ids::new(1);
        assert_eq!(ids.webinar().to_string().len(), 11);
        assert_eq!(ids.short().len(), 22);
    }
}
