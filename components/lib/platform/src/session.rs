//! The console's session: a signed cookie that says until when it is good. Nothing is stored; changing the admin key
//! ends every session.

use crate::door::{hex, hmac_sha256, same};
use domain::time::{SignedDuration, Timestamp};
use domain::{Error, Sensitive};
use http::{HeaderMap, header};

/// The cookie's name.
pub const COOKIE: &str = "zfm_session";

/// How long a session lasts: a working day.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(12);

/// A new session as the value of `Set-Cookie`. `secure` when the application is reached by https.
pub fn cookie(admin_key: &Sensitive, now: Timestamp, secure: bool) -> Result<String, Error> {
    let until = now.as_second() + LIFETIME.as_secs();
    let signature = sign(admin_key, until)?;
    Ok(attributes(&format!("{until}.{signature}"), LIFETIME.as_secs(), secure))
}

/// The `Set-Cookie` that signs out.
pub fn removal(secure: bool) -> String {
    attributes("", 0, secure)
}

/// Whether a request carries a session that we made and that is not over.
pub fn is_valid(headers: &HeaderMap, admin_key: &Sensitive, now: Timestamp) -> bool {
    cookies(headers, COOKIE).any(|value| {
        let Some((until, signature)) = value.split_once('.') else { return false };
        let Ok(until) = until.parse::<i64>() else { return false };
        until > now.as_second() && sign(admin_key, until).is_ok_and(|expected| same(signature, &expected))
    })
}

/// Every value of a cookie that a request carries.
pub fn cookies<'h>(headers: &'h HeaderMap, name: &'h str) -> impl Iterator<Item = &'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(move |pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

fn attributes(value: &str, max_age: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Strict{secure}")
}

fn sign(admin_key: &Sensitive, until: i64) -> Result<String, Error> {
    Ok(hex(&hmac_sha256(admin_key, &[b"zoom-for-marketo console session:", until.to_string().as_bytes()])?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key() -> Sensitive {
        Sensitive::from("admin")
    }

    fn carrying(cookie: &str) -> HeaderMap {
        let value = cookie.split(';').next().unwrap().to_owned();
        HeaderMap::from_iter([(header::COOKIE, format!("other=1; {value}").parse().unwrap())])
    }

    #[test]
    fn a_session_is_good_until_it_is_over_or_the_key_changes() {
        let now = Timestamp::from_second(1_000_000);
        let headers = carrying(&cookie(&key(), now, true).unwrap());
        assert!(is_valid(&headers, &key(), now));
        assert!(!is_valid(&headers, &key(), now + LIFETIME));
        assert!(!is_valid(&headers, &Sensitive::from("other"), now));
        assert!(!is_valid(&carrying(&removal(false)), &key(), now));
    }

    proptest! {
        #[test]
        fn no_other_cookie_is_good(value in "[!-:<-~]{0,90}") {
            let now = Timestamp::from_second(1_000_000);
            let made = cookie(&key(), now, false).unwrap();
            prop_assume!(!made.contains(&format!("={value};")));
            let headers = HeaderMap::from_iter([(header::COOKIE, format!("{COOKIE}={value}").parse().unwrap())]);
            prop_assert!(!is_valid(&headers, &key(), now));
        }
    }
}
