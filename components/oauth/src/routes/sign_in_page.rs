//! The page of a failed sign-in. It runs no script, sends no request and leaks no URL.

use crate::sign_in::error::SignInError;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use http::header;
use sha2::{Digest, Sha256};
use std::fmt::Write;

const STYLE: &str = "\
:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}\
body{max-width:34rem;margin:4rem auto;padding:0 1.5rem}\
h1{font-size:1.4rem}\
li{margin:.4rem 0}\
code{font-size:.9em}";

/// Renders the page. `console`: the URL of the console.
pub(super) fn render(error: &SignInError, console: &str) -> Response {
    let style_hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style_hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (error.status(), headers, html(error, console)).into_response()
}

fn html(error: &SignInError, console: &str) -> String {
    let title = escaped(error.title());
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1><p>{}</p>",
        escaped(error.advice())
    );
    if let SignInError::MissingScopes(scopes) = error {
        page.push_str("<ul>");
        for scope in scopes {
            // Writing to a string cannot fail.
            let _ = write!(page, "<li><code>{}</code> {}</li>", escaped(scope.name), escaped(scope.reason));
        }
        page.push_str("</ul>");
    }
    let _ = write!(page, "<p><a href=\"{}\">Go to the console</a></p></main></body></html>", escaped(console));
    page
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_page_escapes_every_text(text in any::<String>()) {
            let page = html(&SignInError::Declined, &text);
            prop_assert_eq!(page.matches('<').count(), html(&SignInError::Declined, "").matches('<').count());
            prop_assert_eq!(page.matches('"').count(), html(&SignInError::Declined, "").matches('"').count());
        }
    }
}
