//! The signature of an event.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Returns `v0=` followed by the MAC of the timestamp and the raw body.
pub(crate) fn sign(secret: &str, timestamp: &str, raw_body: &[u8]) -> String {
    format!("v0={}", mac(secret, &[format!("v0:{timestamp}:").as_bytes(), raw_body].concat()))
}

/// HMAC-SHA256, in hex.
pub(super) fn mac(secret: &str, message: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(message);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_covers_timestamp_and_body() {
        // Computed independently with openssl.
        assert_eq!(sign("secret", "1700000000", b"{\"a\":1}"), SIGNATURE_BY_OPENSSL,);
    }

    const SIGNATURE_BY_OPENSSL: &str = "v0=7d06e4dcbb54167f0033658ac8c45abe35b1fa257ff38a448e290762b595f902";
}
