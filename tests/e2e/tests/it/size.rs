//! What ships stays small: every deployment downloads it, every instance loads it.

use crate::harness::{built, workspace};

/// A component's release wasm is at most this large, in bytes.
const LIMIT: u64 = 700_000;

/// `catalog` carries a time-zone database.
const CATALOG_LIMIT: u64 = 1_200_000;

/// `registration` answers the console's questions too: counts, a person's trace, health (29 kB).
const REGISTRATION_LIMIT: u64 = 740_000;

/// `attendance` keeps five kinds of rows on sheets, each with code to read and write it, so that a run of any size goes
/// on where it was cut off (140 kB).
const ATTENDANCE_LIMIT: u64 = 850_000;

#[test]
fn each_component_keeps_within_its_size() {
    built();
    for component in ["oauth", "catalog", "registration", "attendance", "console", "registrant_mapping"] {
        let file = workspace().join(format!("target/wasm32-wasip2/release/{component}.wasm"));
        let size = std::fs::metadata(&file).unwrap().len();
        let limit = match component {
            "catalog" => CATALOG_LIMIT,
            "registration" => REGISTRATION_LIMIT,
            "attendance" => ATTENDANCE_LIMIT,
            _ => LIMIT,
        };
        println!("{component}: {size} of {limit} bytes");
        assert!(size > 10_000 && size <= limit, "{component}: {size} bytes");
    }
}
