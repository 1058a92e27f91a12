//! The console's session: a signed cookie with its own expiry. Nothing is stored; changing the admin key ends every
//! session.

use super::cookie::{CookieTemplate, SameSite};
use super::mac::{constant_time_eq, hmac_sha256_hex};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, Sensitive};
use http::HeaderMap;

/// How long a session lasts: a working day.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(12);

const COOKIE: CookieTemplate =
    CookieTemplate { name: "zfm_session", path: "/", same_site: SameSite::Strict, lifetime: LIFETIME };

/// Returns the `Set-Cookie` value of a new session. `secure` marks the cookie for https only.
pub fn set_cookie(admin_key: &Sensitive, now: Timestamp, secure: bool) -> Result<String, Error> {
    let until = now.as_second() + LIFETIME.as_secs();
    let signature = sign(admin_key, until)?;
    Ok(COOKIE.set(&format!("{until}.{signature}"), secure))
}

/// Returns the `Set-Cookie` value that ends the session.
pub fn clear_cookie(secure: bool) -> String {
    COOKIE.remove(secure)
}

/// Returns whether a request carries a session cookie with a valid signature that has not expired.
pub fn is_valid(headers: &HeaderMap, admin_key: &Sensitive, now: Timestamp) -> bool {
    COOKIE.values(headers).any(|value| {
        let Some((until, signature)) = value.split_once('.') else { return false };
        let Ok(until) = until.parse::<i64>() else { return false };
        until > now.as_second() && sign(admin_key, until).is_ok_and(|expected| constant_time_eq(signature, &expected))
    })
}

fn sign(admin_key: &Sensitive, until: i64) -> Result<String, Error> {
    hmac_sha256_hex(admin_key, &[b"zoom-for-marketo console session:", until.to_string().as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header;
    use proptest::prelude::*;

    fn key() -> Sensitive {
        Sensitive::from("admin")
    }

    fn carrying(cookie: &str) -> HeaderMap {
        let value = cookie.split(';').next().unwrap().to_owned();
        HeaderMap::from_iter([(header::COOKIE, format!("other=1; {value}").parse().unwrap())])
    }

    #[test]
    fn a_session_is_valid_until_it_expires_or_the_key_changes() {
        let now = Timestamp::constant(1_000_000, 0);
        let headers = carrying(&set_cookie(&key(), now, true).unwrap());
        assert!(is_valid(&headers, &key(), now));
        assert!(!is_valid(&headers, &key(), now + LIFETIME));
        assert!(!is_valid(&headers, &Sensitive::from("other"), now));
        assert!(!is_valid(&carrying(&clear_cookie(false)), &key(), now));
    }

    proptest! {
        #[test]
        fn no_other_cookie_is_valid(value in "[!-:<-~]{0,90}") {
            let now = Timestamp::constant(1_000_000, 0);
            let made = set_cookie(&key(), now, false).unwrap();
            prop_assume!(!made.contains(&format!("={value};")));
            let headers = HeaderMap::from_iter([(header::COOKIE, format!("zfm_session={value}").parse().unwrap())]);
            prop_assert!(!is_valid(&headers, &key(), now));
        }
    }
}
