//! Path segments. Built as text and never parsed again: a URL library would normalise them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986's unreserved characters stay as they are; all others are encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes a path segment or a query value.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Encodes a webinar instance's UUID. One that begins with `/` or contains `//` must be encoded twice (zoom.md
/// section 2, from Zoom's OpenAPI document).
pub fn encode_uuid(uuid: &str) -> String {
    let once = encode(uuid);
    if uuid.starts_with('/') || uuid.contains("//") { encode(&once) } else { once }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_encoded_twice_only_when_they_must_be() {
        assert_eq!(encode_uuid("abc+/d=="), "abc%2B%2Fd%3D%3D");
        assert_eq!(encode_uuid("/abc=="), "%252Fabc%253D%253D");
        assert_eq!(encode_uuid("a//b"), "a%252F%252Fb");
    }
}
