//! Folds the JSON documents of `assets/` into one line each: readable there, small in the component.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const DOCUMENTS: [&str; 2] = ["definition.json", "openapi.json"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=assets");
    let folder = env::var_os("OUT_DIR").map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("cargo tells no OUT_DIR"))?;
    for name in DOCUMENTS {
        let document = fs::read_to_string(Path::new("assets").join(name))?;
        // No text in JSON goes on after the end of a line, so what surrounds the end is only layout.
        let folded: String = document.lines().map(str::trim).collect();
        fs::write(folder.join(name), folded)?;
    }
    Ok(())
}
