//! Writes the JSON documents of `assets/` without line breaks and indentation: readable there, small in the component.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const DOCUMENTS: [&str; 2] = ["definition.json", "openapi.json"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=assets");
    let folder = env::var_os("OUT_DIR").map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("cargo did not set OUT_DIR"))?;
    for name in DOCUMENTS {
        let document = fs::read_to_string(Path::new("assets").join(name))?;
        // A JSON string never spans lines, so whitespace around a line break is layout.
        let minified: String = document.lines().map(str::trim).collect();
        fs::write(folder.join(name), minified)?;
    }
    Ok(())
}
