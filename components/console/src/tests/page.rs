//! `GET /` and `GET /console/{file}`.

use crate::routes::page::{Asset, ICON, PAGE, POLICY, SCRIPT, SIGN_IN_PAGE, STYLE};
use axum::body::Body;
use http::{Request, Response, header};
use platform::testing::in_memory::InMemoryPorts;
use tower::ServiceExt;

/// Maximum compressed size of the page and everything that it loads, in bytes.
const MAX_SIZE: usize = 100_000;

const KEY: &str = "right-right-right-right";

fn memory() -> InMemoryPorts {
    let memory = InMemoryPorts::default();
    memory.set("admin_key", KEY);
    memory.set("public_url", "http://app.test");
    memory
}

async fn get(path: &str, headers: &[(header::HeaderName, &str)]) -> Response<Body> {
    get_from(&memory(), path, headers).await
}

async fn get_from(memory: &InMemoryPorts, path: &str, headers: &[(header::HeaderName, &str)]) -> Response<Body> {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    crate::router(memory.ports()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn body(response: Response<Body>) -> Vec<u8> {
    axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()
}

fn text(file: &Asset) -> &str {
    std::str::from_utf8(file.plain).unwrap()
}

/// Every asset with its path.
fn all_assets() -> [(String, &'static Asset); 4] {
    let named = |file: &'static Asset| (format!("/console/{}", file.name), file);
    [("/".to_owned(), &SIGN_IN_PAGE), named(&STYLE), named(&SCRIPT), named(&ICON)]
}

#[tokio::test]
async fn only_the_page_and_its_assets_are_served() {
    for (path, file) in all_assets() {
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
async fn hashed_assets_are_immutable_and_the_page_is_revalidated() {
    for (path, file) in all_assets() {
        let cache_control = get(&path, &[]).await.headers()[header::CACHE_CONTROL].to_str().unwrap().to_owned();
        if path == "/" {
            assert_eq!(cache_control, "no-cache");
        } else {
            assert_eq!(cache_control, "public, max-age=31536000, immutable");
            let hash = domain::digest::sha256_hex(file.plain);
            assert!(file.name.contains(&hash[..16]), "{} has the hash of its content", file.name);
            assert_eq!(text(&PAGE).matches(file.name).count(), if path.ends_with("svg") { 2 } else { 1 });
        }
    }
}

#[tokio::test]
async fn a_current_etag_is_answered_with_304() {
    for (path, _) in all_assets() {
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
async fn gzip_is_negotiated_and_the_page_stays_under_the_size_limit() {
    let mut size = 0;
    for (path, file) in all_assets() {
        let response = get(&path, &[(header::ACCEPT_ENCODING, "gzip, deflate, br")]).await;
        assert_eq!(response.headers()[header::CONTENT_ENCODING], "gzip");
        assert!(response.headers()[header::VARY].to_str().unwrap().contains("accept-encoding"));
        let compressed = body(response).await;
        size += compressed.len();
        let mut plain = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&compressed[..]), &mut plain).unwrap();
        assert_eq!(plain, file.plain, "{path}");
        println!("{path}: {} bytes, {} over the wire", file.plain.len(), compressed.len());
    }
    println!("all: {size} of {MAX_SIZE} bytes over the wire");
    assert!(size <= MAX_SIZE, "{size}");
}

#[tokio::test]
async fn the_session_decides_between_the_page_and_the_sign_in_form() {
    let memory = memory();
    for (key, expected) in [(KEY, &PAGE), ("wrong", &SIGN_IN_PAGE), ("", &SIGN_IN_PAGE)] {
        let cookie = memory.sign_in(key).await;
        let response = get_from(&memory, "/", &[(header::COOKIE, cookie.split(';').next().unwrap())]).await;
        assert_eq!(response.headers()[header::VARY], "accept-encoding, cookie");
        assert_eq!(body(response).await, expected.plain);
    }
    let hidden = |page: &Asset, id: &str| {
        let tag = text(page).split('<').find(|tag| tag.contains(&format!("id=\"{id}\""))).unwrap();
        tag.split('>').next().unwrap().ends_with(" hidden")
    };
    for (id, in_page, in_form) in [
        ("sign-in", true, false),
        ("view", false, true),
        ("views", false, true),
        ("sign-out", false, true),
        ("sign-out-everywhere", false, true),
    ] {
        assert_eq!((hidden(&PAGE, id), hidden(&SIGN_IN_PAGE, id)), (in_page, in_form), "{id}");
    }
    // Without a configured key there is no valid session.
    let request = Request::builder().uri("/").body(Body::empty()).unwrap();
    let response = crate::router(InMemoryPorts::default().ports()).oneshot(request).await.unwrap();
    assert_eq!(body(response).await, SIGN_IN_PAGE.plain);
}

#[tokio::test]
async fn the_page_has_a_strict_content_security_policy() {
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
fn the_script_creates_no_markup_and_calls_no_other_host() {
    let script = text(&SCRIPT);
    for sink in ["HTML", "document.write", "eval(", "Function(", "DOMParser", "srcdoc", "setTimeout(\"", "import("] {
        assert!(!script.contains(sink), "{sink}");
    }
    // The only address is an XML namespace, which is not fetched.
    let addresses: Vec<_> = script.match_indices("http").map(|(at, _)| &script[at..at + 26]).collect();
    assert_eq!(addresses, ["http://www.w3.org/2000/svg"]);
    assert!(!text(&STYLE).contains("url(") && !text(&STYLE).contains("@import"));
}
