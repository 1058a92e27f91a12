//! Makes what browsers get out of `assets/`: one script of all modules, names that change with the content, and each file
//! compressed once here rather than for every request.

#[path = "build/bundle.rs"]
mod bundle;

use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// So many hexadecimal digits of a file's SHA-256 are in its name.
const NAME_DIGITS: usize = 16;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=assets");
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| io::Error::other("cargo tells no OUT_DIR"))?;
    let assets = Path::new("assets");
    let mut page = fs::read_to_string(assets.join("index.html"))?;
    let mut generated = String::new();
    let files = [
        ("STYLE", "style.css", "text/css; charset=utf-8", fs::read_to_string(assets.join("style.css"))?),
        ("SCRIPT", "app.js", "text/javascript; charset=utf-8", script(assets)?),
        ("ICON", "icon.svg", "image/svg+xml", fs::read_to_string(assets.join("icon.svg"))?),
    ];
    for (constant, name, content_type, text) in files {
        let (stem, kind) = name.split_once('.').unwrap_or((name, ""));
        let named = format!("{stem}.{}.{kind}", digest(&text));
        let place = format!("{{{name}}}");
        if !page.contains(&place) {
            return Err(io::Error::other(format!("the page does not use {name}")));
        }
        page = page.replace(&place, &named);
        asset(&out, &mut generated, constant, &named, content_type, &text)?;
    }
    // What is shown at first, to whom has a session and to whom has none.
    for (constant, name, signed_in, signed_out) in
        [("PAGE", "index.html", "", " hidden"), ("SIGN_IN_PAGE", "sign-in.html", " hidden", "")]
    {
        let page = page.replace("{in}", signed_in).replace("{out}", signed_out);
        asset(&out, &mut generated, constant, name, "text/html; charset=utf-8", &page)?;
    }
    fs::write(out.join("files.rs"), generated)
}

fn script(assets: &Path) -> io::Result<String> {
    let mut modules = BTreeMap::new();
    for entry in fs::read_dir(assets.join("scripts"))? {
        let path = entry?.path();
        if let Some(name) = path.file_stem().and_then(|name| name.to_str()) {
            modules.insert(name.to_owned(), fs::read_to_string(&path)?);
        }
    }
    bundle::bundle(&modules).map_err(io::Error::other)
}

fn digest(text: &str) -> String {
    let digest: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    digest[..NAME_DIGITS].to_owned()
}

/// Writes a file as it is and compressed, and a constant that has both.
fn asset(out: &Path, generated: &mut String, constant: &str, name: &str, kind: &str, text: &str) -> io::Result<()> {
    fs::write(out.join(name), text)?;
    // No time and no name inside: the same assets make the same component.
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    gzip.write_all(text.as_bytes())?;
    fs::write(out.join(format!("{name}.gz")), gzip.finish()?)?;
    let tag = digest(text);
    writeln!(
        generated,
        "pub(crate) const {constant}: File = File {{ name: {name:?}, content_type: {kind:?}, tag: \"W/\\\"{tag}\\\"\", \
         plain: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\")), \
         gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.gz\")) }};"
    )
    .map_err(io::Error::other)
}
