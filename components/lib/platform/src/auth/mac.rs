//! Message authentication codes and constant-time comparison.

use domain::{Error, Sensitive};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Compares two texts in time that does not depend on where they differ.
pub fn constant_time_eq(given: &str, expected: &str) -> bool {
    given.as_bytes().ct_eq(expected.as_bytes()).into()
}

/// Returns the HMAC-SHA256 of the concatenated parts, in lower-case hexadecimal.
///
/// # Errors
/// None: HMAC takes keys of any length.
pub fn hmac_sha256_hex(key: &Sensitive, parts: &[&[u8]]) -> Result<String, Error> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).map_err(|error| Error::Internal(error.to_string()))?;
    for part in parts {
        mac.update(part);
    }
    Ok(const_hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test case 2 of RFC 4231.
    #[test]
    fn the_mac_of_concatenated_parts_is_the_published_one() {
        let mac = hmac_sha256_hex(&Sensitive::from("Jefe"), &[b"what do ya want ", b"for nothing?"]).unwrap();
        assert_eq!(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(constant_time_eq(&mac, &mac.clone()));
        assert!(!constant_time_eq(&mac, &mac[1..]));
    }
}
