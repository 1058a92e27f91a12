//! Targets of requests: what all operations of the API have in common in their paths and queries.

use domain::ids::InstanceUuid;
use platform::RequestTarget;
use platform::request_target::percent_encode;

/// Version of the API, the first segment of every path.
const VERSION: &str = "v2";

/// Number of items per page: the maximum that Zoom allows.
const PAGE_SIZE: &str = "300";

/// Returns the target of an operation. `path`: the segments after the version.
pub(crate) fn target(path: &[&str]) -> RequestTarget {
    let segments: Vec<_> = [VERSION].iter().chain(path).copied().collect();
    RequestTarget::path(&segments)
}

/// Adds the query parameters of a page. `cursor` is `None` for the first page.
pub(crate) fn page(target: RequestTarget, cursor: Option<&str>) -> RequestTarget {
    let target = target.query("page_size", PAGE_SIZE);
    match cursor {
        Some(cursor) => target.query("next_page_token", cursor),
        None => target,
    }
}

/// Returns the path segment of a webinar instance. A UUID that begins with `/` or contains `//` has to be encoded twice
/// (docs/reference/zoom.md): once here, and once with all segments.
pub(crate) fn uuid_segment(uuid: &InstanceUuid) -> String {
    let uuid = uuid.as_str();
    if uuid.starts_with('/') || uuid.contains("//") { percent_encode(uuid) } else { uuid.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::url_origin::UrlOrigin;

    fn url(target: &RequestTarget) -> String {
        UrlOrigin::parse("https://api.zoom.us").unwrap().url(target).into()
    }

    #[test]
    fn uuids_with_certain_slashes_are_encoded_twice() {
        for (uuid, encoded) in [
            ("abcDEF123==", "abcDEF123=="),
            ("abc+/d==", "abc%2B%2Fd=="),
            ("abc/", "abc%2F"),
            ("/abc==", "%252Fabc%253D%253D"),
            ("/a+b/c==", "%252Fa%252Bb%252Fc%253D%253D"),
            ("a//b", "a%252F%252Fb"),
            ("//", "%252F%252F"),
            ("/a b%ü", "%252Fa%2520b%2525%25C3%25BC"),
            ("a b%ü", "a%20b%25%C3%BC"),
            ("", ""),
        ] {
            let uuid = uuid_segment(&uuid.into());
            let target = target(&["past_webinars", &uuid, "absentees"]);
            assert_eq!(url(&target), format!("https://api.zoom.us/v2/past_webinars/{encoded}/absentees"));
        }
    }

    #[test]
    fn pages_are_named_by_their_cursor() {
        for (cursor, query) in [
            (None, "page_size=300"),
            (Some(""), "page_size=300&next_page_token="),
            (Some("a b+c/=&"), "page_size=300&next_page_token=a+b%2Bc%2F%3D%26"),
        ] {
            let target = page(target(&["users", "ä+b@x.test", "webinars"]), cursor);
            assert_eq!(url(&target), format!("https://api.zoom.us/v2/users/%C3%A4%2Bb@x.test/webinars?{query}"));
        }
    }
}
