//! Builds the files that browsers load from `assets/`: bundles the modules into one script, adds a hash to each name, and
//! compresses each file once instead of for every request.

#[path = "build/bundle.rs"]
mod bundle;

use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Number of hexadecimal digits of the SHA-256 in a file's name.
const HASH_DIGITS: usize = 16;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=assets");
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| io::Error::other("cargo did not set OUT_DIR"))?;
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
        let hashed_name = format!("{stem}.{}.{kind}", digest(&text));
        let placeholder = format!("{{{name}}}");
        if !page.contains(&placeholder) {
            return Err(io::Error::other(format!("index.html does not contain the placeholder {{{name}}}")));
        }
        page = page.replace(&placeholder, &hashed_name);
        write_asset(&out, &mut generated, constant, &hashed_name, content_type, &text)?;
    }
    // The page with a session, and the page without one.
    for (constant, name, signed_in, signed_out) in
        [("PAGE", "index.html", "", " hidden"), ("SIGN_IN_PAGE", "sign-in.html", " hidden", "")]
    {
        let page = page.replace("{in}", signed_in).replace("{out}", signed_out);
        write_asset(&out, &mut generated, constant, name, "text/html; charset=utf-8", &page)?;
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
    let mut digest = const_hex::encode(Sha256::digest(text.as_bytes()));
    digest.truncate(HASH_DIGITS);
    digest
}

/// Writes a file plain and compressed, and appends the constant that embeds both.
fn write_asset(
    out: &Path,
    generated: &mut String,
    constant: &str,
    name: &str,
    kind: &str,
    text: &str,
) -> io::Result<()> {
    fs::write(out.join(name), text)?;
    // Reproducible: the archive contains neither a time nor a name.
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    gzip.write_all(text.as_bytes())?;
    fs::write(out.join(format!("{name}.gz")), gzip.finish()?)?;
    let tag = digest(text);
    writeln!(
        generated,
        "pub(crate) const {constant}: Asset = Asset {{ name: {name:?}, content_type: {kind:?}, etag: \"W/\\\"{tag}\\\"\", \
         plain: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\")), \
         gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.gz\")) }};"
    )
    .map_err(io::Error::other)
}
