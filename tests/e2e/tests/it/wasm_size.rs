//! The size of the shipped components: every deployment downloads them, and every instance loads them.

use crate::harness::{build_components, workspace};

/// Maximum size of a component's release build, in bytes.
const COMPONENT_LIMIT: u64 = 2_000_000;

/// Maximum size of all components together, in bytes. The tightest platform takes applications of up to 50 MiB.
const TOTAL_LIMIT: u64 = 8_000_000;

#[test]
fn each_component_stays_below_its_size_limit() {
    build_components();
    let mut total = 0;
    for component in ["oauth", "catalog", "registration", "attendance", "console", "registrant_mapping"] {
        let file = workspace().join(format!("target/wasm32-wasip2/release/{component}.wasm"));
        let size = std::fs::metadata(&file).unwrap().len();
        println!("{component}: {size} of {COMPONENT_LIMIT} bytes");
        assert!(size > 10_000 && size <= COMPONENT_LIMIT, "{component}: {size} bytes");
        total += size;
    }
    println!("together: {total} of {TOTAL_LIMIT} bytes");
    assert!(total <= TOTAL_LIMIT, "{total} bytes");
}
