//! Content negotiation for gzip (RFC 9110, section 12.5.3).
//!
//! Every browser accepts gzip over every connection. Brotli is accepted over https only, and would save a tenth of some
//! 30 kB.

use http::{HeaderMap, header};

/// Returns whether `accept-encoding` lists gzip, or `*`, with a weight other than 0.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut any_accepted = false;
    for coding in values.flat_map(|value| value.split(',')) {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_accepted = !is_zero(weight);
        match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => return is_accepted,
            "*" => any_accepted = is_accepted,
            _ => {}
        }
    }
    any_accepted
}

fn is_zero(weight: &str) -> bool {
    weight.trim().strip_prefix("q=").is_some_and(|weight| weight.trim().chars().all(|c| matches!(c, '0' | '.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_encoding_decides_about_gzip() {
        for (accepted, expected) in [
            ("gzip", true),
            ("gzip, deflate, br, zstd", true),
            ("br;q=1.0, GZIP;q=0.2", true),
            ("*", true),
            ("*;q=0.5, br", true),
            ("", false),
            ("br", false),
            ("identity", false),
            ("gzip;q=0", false),
            ("gzip; q=0.000, *", false),
            ("*;q=0", false),
            ("gzipped", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, accepted.parse().unwrap())]);
            assert_eq!(accepts_gzip(&headers), expected, "{accepted}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
