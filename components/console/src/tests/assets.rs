//! How browsers get the page and what it loads.

use crate::assets::{File, ICON, PAGE, POLICY, SCRIPT, STYLE};
use axum::body::Body;
use http::{Request, Response, header};
use platform::memory::Memory;
use tower::ServiceExt;

/// The page and all that it loads are at most this heavy over the wire, in bytes.
const WEIGHT: usize = 100_000;

async fn get(path: &str, headers: &[(header::HeaderName, &str)]) -> Response<Body> {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    crate::router(Memory::default().ports()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn body(response: Response<Body>) -> Vec<u8> {
    axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()
}

fn text(file: &File) -> &str {
    std::str::from_utf8(file.plain).unwrap()
}

/// Every file with its address.
fn all() -> [(String, &'static File); 4] {
    let named = |file: &'static File| (format!("/console/{}", file.name), file);
    [("/".to_owned(), &PAGE), named(&STYLE), named(&SCRIPT), named(&ICON)]
}

#[tokio::test]
async fn the_page_and_what_it_loads_are_served_and_nothing_else() {
    for (path, file) in all() {
        let response = get(&path, &[]).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert!(!response.headers().contains_key(header::CONTENT_ENCODING));
        assert_eq!(body(response).await, file.plain);
    }
    for (path, kind) in [(STYLE.name, "text/css"), (SCRIPT.name, "text/javascript"), (ICON.name, "image/svg+xml")] {
        let response = get(&format!("/console/{path}"), &[]).await;
        assert!(response.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with(kind));
    }
    for path in ["/console", "/console/", "/console/app.js", "/console/index.html", "/index.html", "/console/a/b"] {
        assert_eq!(get(path, &[]).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn what_has_its_hash_in_its_name_is_kept_and_the_page_is_asked_for() {
    for (path, file) in all() {
        let caching = get(&path, &[]).await.headers()[header::CACHE_CONTROL].to_str().unwrap().to_owned();
        if path == "/" {
            assert_eq!(caching, "no-cache");
        } else {
            assert_eq!(caching, "public, max-age=31536000, immutable");
            let hash = domain::records::hex_digest(file.plain);
            assert!(file.name.contains(&hash[..16]), "{} has the hash of its content", file.name);
            assert_eq!(text(&PAGE).matches(file.name).count(), if path.ends_with("svg") { 2 } else { 1 });
        }
    }
}

#[tokio::test]
async fn a_browser_that_has_the_newest_gets_nothing_anew() {
    for (path, _) in all() {
        let tag = get(&path, &[]).await.headers()[header::ETAG].to_str().unwrap().to_owned();
        for known in [tag.clone(), format!("\"old\", {tag}")] {
            let again = get(&path, &[(header::IF_NONE_MATCH, &known)]).await;
            assert_eq!(again.status(), 304);
            assert!(body(again).await.is_empty());
        }
        assert_eq!(get(&path, &[(header::IF_NONE_MATCH, "\"old\"")]).await.status(), 200);
    }
}

#[tokio::test]
async fn whoever_takes_gzip_gets_it_and_the_whole_page_is_light() {
    let mut weight = 0;
    for (path, file) in all() {
        let response = get(&path, &[(header::ACCEPT_ENCODING, "gzip, deflate, br")]).await;
        assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
        assert_eq!(response.headers()[header::VARY], "accept-encoding");
        let compressed = body(response).await;
        weight += compressed.len();
        let mut plain = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&compressed[..]), &mut plain).unwrap();
        assert_eq!(plain, file.plain, "{path}");
        println!("{path}: {} bytes, {} over the wire", file.plain.len(), compressed.len());
    }
    println!("all: {weight} of {WEIGHT} bytes over the wire");
    assert!(weight <= WEIGHT, "{weight}");
}

#[tokio::test]
async fn the_page_keeps_to_a_strict_policy() {
    let response = get("/", &[]).await;
    assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], POLICY);
    assert_eq!(response.headers()[header::REFERRER_POLICY], "no-referrer");
    for allowed in ["unsafe", "http", "data:", "*", "blob:"] {
        assert!(!POLICY.contains(allowed), "{allowed}");
    }
    let html = text(&PAGE);
    for inline in ["<style", "style=", " onclick", " onload", "javascript:", "http://", "https://"] {
        assert!(!html.contains(inline), "{inline}");
    }
    let script = format!("<script type=\"module\" src=\"/console/{}\"></script>", SCRIPT.name);
    assert_eq!((html.matches("<script").count(), html.matches(&script).count()), (1, 1));
}

#[test]
fn nothing_in_the_script_makes_markup_of_text_or_calls_elsewhere() {
    let script = text(&SCRIPT);
    for sink in ["HTML", "document.write", "eval(", "Function(", "DOMParser", "srcdoc", "setTimeout(\"", "import("] {
        assert!(!script.contains(sink), "{sink}");
    }
    // The one address is a name space, which nobody fetches.
    let addresses: Vec<_> = script.match_indices("http").map(|(at, _)| &script[at..at + 26]).collect();
    assert_eq!(addresses, ["http://www.w3.org/2000/svg"]);
    assert!(!text(&STYLE).contains("url(") && !text(&STYLE).contains("@import"));
}
