//! The page, its style and its script. They are small and part of the component, and load nothing from elsewhere.

use axum::response::{IntoResponse, Response};
use domain::records::hex_digest;
use http::{HeaderMap, HeaderName, StatusCode, header};

/// What the page may do: run our script, use our style, talk to us. A sign-in to Zoom is a navigation, not a form that
/// is sent, since a form would be held to `form-action` on its way to Zoom too.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
    form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Browsers ask every time whether they have the newest, which costs no more than a 304.
const CACHING: &str = "no-cache";

pub(crate) async fn page(headers: HeaderMap) -> Response {
    serve(&headers, "text/html; charset=utf-8", include_str!("../assets/index.html"))
}

pub(crate) async fn script(headers: HeaderMap) -> Response {
    serve(&headers, "text/javascript; charset=utf-8", include_str!("../assets/app.js"))
}

pub(crate) async fn style(headers: HeaderMap) -> Response {
    serve(&headers, "text/css; charset=utf-8", include_str!("../assets/style.css"))
}

fn serve(asked: &HeaderMap, content_type: &'static str, text: &'static str) -> Response {
    let tag = format!("\"{}\"", &hex_digest(text.as_bytes())[..16]);
    let known = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|value| value.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag);
    let headers: [(HeaderName, String); 6] = [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::ETAG, tag),
        (header::CACHE_CONTROL, CACHING.to_owned()),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if is_known { (StatusCode::NOT_MODIFIED, headers).into_response() } else { (headers, text).into_response() }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn body(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_browser_that_has_the_newest_gets_nothing_anew() {
        let first = page(HeaderMap::new()).await;
        assert_eq!(first.status(), 200);
        let tag = first.headers()[header::ETAG].clone();
        for known in [tag.to_str().unwrap().to_owned(), format!("\"old\", W/{}", tag.to_str().unwrap())] {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, known.parse().unwrap())]);
            let again = page(headers).await;
            assert_eq!(again.status(), 304);
            assert!(body(again).await.is_empty());
        }
        let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, "\"old\"".parse().unwrap())]);
        assert_eq!(page(headers).await.status(), 200);
    }

    #[tokio::test]
    async fn the_page_keeps_to_its_own_policy() {
        let response = page(HeaderMap::new()).await;
        assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], POLICY);
        let html = body(response).await;
        for inline in ["<style", "style=", " onclick", " onload", "javascript:", "http://", "https://"] {
            assert!(!html.contains(inline), "{inline}");
        }
        assert!(html.matches("<script").all(|_| html.contains("<script type=\"module\" src=\"/console/app.js\">")));
        let script = body(script(HeaderMap::new()).await).await;
        for sink in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "https://"] {
            assert!(!script.contains(sink), "{sink}");
        }
    }
}
