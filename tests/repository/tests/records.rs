//! Each component writes and deletes only its own records, and only through their typed keys.

use anyhow::Context;
use regex::Regex;
use repository::tree::{Finding, Tree, format_findings};
use std::collections::BTreeMap;

const KEYS: &str = "components/lib/domain/src/records/keys/mod.rs";

/// Returns the source files of components that are shipped, with the component's name.
fn component_files(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.files().filter_map(|file| {
        let (component, path) = file.strip_prefix("components/")?.split_once('/')?;
        let is_shipped = path.starts_with("src/") && !path.starts_with("src/tests/") && path.ends_with(".rs");
        (component != "lib" && is_shipped).then_some((component, file))
    })
}

/// Returns the owner of each kind of key, as the table of keys declares it.
fn owners(text: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let kind = Regex::new(r#"(?s)(\w+Key)\([^)]*\) => \(?\w+\)?,\s*"[^"]+", (\w+),"#)?;
    Ok(kind.captures_iter(text).map(|kind| (kind[1].to_owned(), kind[2].to_lowercase())).collect())
}

/// Returns the line of a position in a text.
fn line_of(text: &str, position: usize) -> usize {
    text[..position].matches('\n').count() + 1
}

#[test]
fn components_use_typed_keys() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    // The port takes any text as a key.
    let raw = Regex::new(r"\bkey_value\b")?;
    let mut findings = Vec::new();
    for (_, file) in component_files(&tree) {
        let text = tree.text(file).with_context(|| file.to_owned())?;
        findings.extend(raw.find_iter(&text).map(|found| Finding {
            file: file.to_owned(),
            line: line_of(&text, found.start()),
            problem: "use `Store`, whose keys are typed".to_owned(),
        }));
    }
    assert!(findings.is_empty(), "keys are texts:{}", format_findings(&findings));
    Ok(())
}

#[test]
fn components_only_read_records_of_others() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let owners = owners(&tree.text(KEYS).with_context(|| KEYS.to_owned())?)?;
    assert!(owners.len() >= 20, "only {} kinds were found in {KEYS}", owners.len());
    let key = Regex::new(r"\b(\w+Key)(\s*\{|::of)")?;
    let is_read = Regex::new(r"\b(get|get_readable|inspect|exists)\(\s*&$")?;
    let (mut findings, mut reads) = (Vec::new(), 0);
    for (component, file) in component_files(&tree) {
        let text = tree.text(file).with_context(|| file.to_owned())?;
        for found in key.captures_iter(&text) {
            let Some(owner) = owners.get(&found[1]).filter(|owner| *owner != component) else { continue };
            let start = found.get(0).map_or(0, |found| found.start());
            if is_read.is_match(&text[..start]) {
                reads += 1;
                continue;
            }
            findings.push(Finding {
                file: file.to_owned(),
                line: line_of(&text, start),
                problem: format!("{} belongs to {owner}: {component} may only read it", &found[1]),
            });
        }
    }
    println!("records: {} kinds, {reads} reads of records of others", owners.len());
    assert!(reads > 0, "no read of a record of another component was found");
    assert!(findings.is_empty(), "components write records of others:{}", format_findings(&findings));
    Ok(())
}
