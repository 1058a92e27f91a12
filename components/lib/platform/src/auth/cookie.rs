//! Cookies of the application. All are made and read here, so that all are `HttpOnly`.

use cookie::Cookie;
use cookie::time::Duration;
use domain::time::SignedDuration;
use http::{HeaderMap, header};

pub use cookie::SameSite;

/// What all cookies of one name have in common.
#[derive(Debug, Clone, Copy)]
pub struct CookieTemplate {
    /// The name.
    pub name: &'static str,
    /// The path below which browsers send it.
    pub path: &'static str,
    /// Whether browsers send it with requests that another site caused.
    pub same_site: SameSite,
    /// How long browsers keep it.
    pub lifetime: SignedDuration,
}

impl CookieTemplate {
    /// Returns the `Set-Cookie` value that sets the cookie. `is_secure` marks it for https only.
    pub fn set(&self, value: &str, is_secure: bool) -> String {
        self.build(value, self.lifetime, is_secure)
    }

    /// Returns the `Set-Cookie` value that removes the cookie.
    pub fn remove(&self, is_secure: bool) -> String {
        self.build("", SignedDuration::ZERO, is_secure)
    }

    /// Returns every value of the cookie in a request.
    pub fn values<'h>(&self, headers: &'h HeaderMap) -> impl Iterator<Item = &'h str> + use<'h> {
        let name = self.name;
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(Cookie::split_parse)
            .filter_map(move |cookie| cookie.ok().filter(|cookie| cookie.name() == name)?.value_raw())
    }

    fn build(&self, value: &str, max_age: SignedDuration, is_secure: bool) -> String {
        Cookie::build((self.name, value))
            .path(self.path)
            .max_age(Duration::seconds(max_age.as_secs()))
            .http_only(true)
            .same_site(self.same_site)
            .secure(is_secure)
            .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const TEMPLATE: CookieTemplate = CookieTemplate {
        name: "zfm_test",
        path: "/oauth/",
        same_site: SameSite::Lax,
        lifetime: SignedDuration::from_mins(10),
    };

    #[test]
    fn a_cookie_has_these_attributes_and_no_others() {
        let same_site = |same_site| CookieTemplate { same_site, ..TEMPLATE };
        for (cookie, expected) in [
            (TEMPLATE.set("v.1", true), "zfm_test=v.1; HttpOnly; Max-Age=600; Path=/oauth/; SameSite=Lax; Secure"),
            (TEMPLATE.set("v", false), "zfm_test=v; HttpOnly; Max-Age=600; Path=/oauth/; SameSite=Lax"),
            (TEMPLATE.remove(true), "zfm_test=; HttpOnly; Max-Age=0; Path=/oauth/; SameSite=Lax; Secure"),
            (TEMPLATE.remove(false), "zfm_test=; HttpOnly; Max-Age=0; Path=/oauth/; SameSite=Lax"),
            (
                same_site(SameSite::Strict).set("v", false),
                "zfm_test=v; HttpOnly; Max-Age=600; Path=/oauth/; SameSite=Strict",
            ),
        ] {
            let parts = |text: &str| text.split("; ").map(str::to_owned).collect::<BTreeSet<_>>();
            assert_eq!(parts(&cookie), parts(expected));
            assert!(cookie.starts_with("zfm_test="), "{cookie}");
        }
    }

    #[test]
    fn every_value_of_the_name_is_read() {
        let headers = HeaderMap::from_iter(
            ["a=1; zfm_test=first; zfm_test2=x", "zfm_test=a=b;zfm_test=", "zfm_test", "x; =y", "\u{e9}=1"]
                .map(|text| (header::COOKIE, text.try_into().unwrap())),
        );
        assert_eq!(TEMPLATE.values(&headers).collect::<Vec<_>>(), ["first", "a=b", ""]);
        assert_eq!(TEMPLATE.values(&HeaderMap::new()).count(), 0);
    }
}
