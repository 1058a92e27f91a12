//! The target of an outbound request: path and query, percent-encoded when the URL is built.

use url::Url;

/// Path and query of a request (RFC 9112, 3.2). Its segments, names and values are plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestTarget {
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
}

impl RequestTarget {
    /// Creates a target of path segments. URLs can contain neither a segment of one or two dots nor tabs and line breaks,
    /// so these are left out.
    pub fn path(segments: &[&str]) -> Self {
        Self { segments: segments.iter().map(|&segment| segment.to_owned()).collect(), query: Vec::new() }
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: &str) -> Self {
        self.query.push((name, value.to_owned()));
        self
    }

    /// Returns the segments of the path.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    /// Replaces path and query of a URL.
    pub(crate) fn write_to(&self, url: &mut Url) {
        // Only URLs without a host have no path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(&self.segments);
        }
        // A plus is legal in a path, but some servers read it as a space.
        if url.path().contains('+') {
            let path = url.path().replace('+', "%2B");
            url.set_path(&path);
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
    }
}

/// Percent-encodes a text, except for its letters, digits and `*-._`.
pub fn percent_encode(text: &str) -> String {
    // Forms differ in one character.
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// Encodes pairs as the body of a form (`application/x-www-form-urlencoded`).
pub fn form(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url_origin::UrlOrigin;
    use proptest::prelude::*;

    fn url(target: &RequestTarget) -> String {
        UrlOrigin::parse("https://api.test").unwrap().url(target).into()
    }

    #[test]
    fn segments_are_encoded() {
        for (segment, encoded) in [
            ("945", "945"),
            ("a/b", "a%2Fb"),
            ("/a", "%2Fa"),
            ("a//b", "a%2F%2Fb"),
            ("a+b=", "a%2Bb="),
            ("a%2Fb", "a%252Fb"),
            ("a b", "a%20b"),
            ("a?b#c", "a%3Fb%23c"),
            ("a\\b", "a%5Cb"),
            ("a;b", "a;b"),
            ("ü@x.test", "%C3%BC@x.test"),
            ("%2e%2e", "%252e%252e"),
            ("...", "..."),
            ("", ""),
        ] {
            let expected = format!("https://api.test/v2/{encoded}/x");
            assert_eq!(url(&RequestTarget::path(&["v2", segment, "x"])), expected, "{segment}");
        }
        assert_eq!(url(&RequestTarget::path(&[])), "https://api.test/");
    }

    #[test]
    fn segments_of_dots_lead_to_no_other_path() {
        assert_eq!(url(&RequestTarget::path(&["v2", "..", "x"])), "https://api.test/v2/x");
        assert_eq!(url(&RequestTarget::path(&["v2", ".", "x"])), "https://api.test/v2/x");
    }

    #[test]
    fn queries_are_encoded() {
        for (value, encoded) in [
            ("", ""),
            ("a b", "a+b"),
            ("a+b/c==", "a%2Bb%2Fc%3D%3D"),
            ("1&x=2#y", "1%26x%3D2%23y"),
            ("ü", "%C3%BC"),
            ("100%", "100%25"),
        ] {
            let target = RequestTarget::path(&["x"]).query("token", value).query("size", "300");
            assert_eq!(url(&target), format!("https://api.test/x?token={encoded}&size=300"), "{value}");
            assert_eq!(form(&[("token", value)]), format!("token={encoded}"), "{value}");
        }
        assert_eq!(form(&[]), "");
        assert_eq!(percent_encode("a b+c/d=%ü"), "a%20b%2Bc%2Fd%3D%25%C3%BC");
    }

    proptest! {
        /// The called server reads back the segments and values that were put in.
        #[test]
        fn targets_are_read_back(segments in prop::collection::vec("[^\\t\\r\\n.]*", 1..4), value in any::<String>()) {
            let segments: Vec<_> = ["v2"].into_iter().chain(segments.iter().map(String::as_str)).collect();
            let url = url(&RequestTarget::path(&segments).query("q", &value));
            let uri: http::Uri = url.parse().unwrap();
            let path = uri.path().strip_prefix('/').unwrap();
            let decoded: Vec<String> = path.split('/').map(decode).collect();
            prop_assert_eq!(decoded, segments);
            let read: Vec<_> = url::form_urlencoded::parse(uri.query().unwrap().as_bytes()).collect();
            prop_assert_eq!(read, [("q".into(), value.into())]);
        }
    }

    /// Decodes a segment. As a form, so that a plus that is not encoded is read as a space.
    fn decode(segment: &str) -> String {
        let form = format!("x={}", segment.replace('&', "%26"));
        let (_, value) = url::form_urlencoded::parse(form.as_bytes()).next().unwrap();
        value.into_owned()
    }
}
