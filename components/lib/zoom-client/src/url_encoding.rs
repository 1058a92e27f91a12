//! Percent-encoding of path segments and query values. Paths are built as text and never parsed again, because a URL
//! library would normalize them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All characters but the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes a path segment or a query value.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Encodes the UUID of a webinar instance as a path segment. One that begins with `/` or contains `//` has to be encoded
/// twice (docs/reference/zoom.md).
pub(crate) fn encode_uuid(uuid: &str) -> String {
    let once = encode(uuid);
    if uuid.starts_with('/') || uuid.contains("//") { encode(&once) } else { once }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_with_certain_slashes_are_encoded_twice() {
        assert_eq!(encode_uuid("abc+/d=="), "abc%2B%2Fd%3D%3D");
        assert_eq!(encode_uuid("/abc=="), "%252Fabc%253D%253D");
        assert_eq!(encode_uuid("a//b"), "a%252F%252Fb");
    }
}
