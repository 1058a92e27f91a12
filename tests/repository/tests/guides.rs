//! The guides, and what the README says of setting up, name what the code has: scopes, events, permissions, statuses, fields,
//! variables, My Tokens.

use anyhow::Context;
use regex::Regex;
use repository::tree::Tree;
use serde_json::Value;
use std::collections::BTreeSet;
use toml::Table;

const ZOOM: &str = "docs/guides/zoom-app.md";
const MARKETO: &str = "docs/guides/marketo.md";
const FIRST_DAY: &str = "docs/guides/first-live-day.md";

fn text(tree: &Tree, file: &str) -> anyhow::Result<String> {
    tree.text(file).with_context(|| format!("{file} is missing"))
}

/// The first groups of all matches.
fn all(pattern: &str, text: &str) -> anyhow::Result<BTreeSet<String>> {
    Ok(Regex::new(pattern)?.captures_iter(text).map(|found| found[1].to_owned()).collect())
}

/// A text with single blanks: a line break may stand in a name.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The section of a document below a heading, up to the next heading.
fn section<'a>(document: &'a str, heading: &str) -> anyhow::Result<&'a str> {
    let (_, rest) = document.split_once(&format!("\n{heading}\n")).with_context(|| format!("no {heading}"))?;
    Ok(rest.split_once("\n#").map_or(rest, |(section, _)| section))
}

/// Sources that ship, without those of tests.
fn sources(tree: &Tree) -> String {
    let is_product = |file: &str| file.starts_with("components/") && !file.contains("/tests");
    let code = tree.texts(&["rs"]).filter(|(file, _)| is_product(file));
    code.map(|(_, text)| text.split("#[cfg(test)]").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_scopes_are_those_of_the_code() -> anyhow::Result<()> {
    const SCOPE: &str = r"`((?:user|webinar|report):[a-z_:]+:admin)`";
    let tree = Tree::open()?;
    let guide = text(&tree, ZOOM)?;
    let (required, optional) =
        section(&guide, "## Scopes")?.split_once("These three are optional").context("no optional scopes")?;
    let code = text(&tree, "components/oauth/src/zoom_oauth/scopes.rs")?;
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    assert_eq!(all(SCOPE, required)?, all(r#"name: "([a-z_:]+:admin)""#, code)?, "required scopes of {ZOOM}");
    assert_eq!(all(SCOPE, optional)?.len(), 3, "optional scopes of {ZOOM}");
    // The facts and the README list required and optional ones together.
    let named = all(SCOPE, &guide)?;
    assert_eq!(all(SCOPE, &text(&tree, "docs/reference/zoom.md")?)?, named, "docs/reference/zoom.md");
    assert_eq!(all(SCOPE, &text(&tree, "README.md")?)?, named, "README.md");
    // Each row of the guide has its reason.
    let row = Regex::new(r"(?m)^\| `[a-z_:]+:admin` \| [^|]{10,} \|")?;
    assert_eq!(row.find_iter(section(&guide, "## Scopes")?).count(), named.len(), "a scope has no reason");
    Ok(())
}

#[test]
fn the_events_are_those_that_the_code_reads() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let named = all(r"`(webinar\.[a-z_]+)`", &text(&tree, ZOOM)?)?;
    let code = sources(&tree);
    let (registrations, others): (Vec<_>, Vec<_>) =
        named.iter().partition(|name| name.starts_with("webinar.registration_"));
    assert_eq!(registrations.len(), 4, "{registrations:?}");
    assert!(code.contains("\"webinar.registration_\""), "the code reads no registration events");
    let missing: Vec<_> = others.iter().filter(|name| !code.contains(&format!("\"{name}\""))).collect();
    assert!(missing.is_empty(), "{ZOOM} names events that the code does not read: {missing:?}");
    // Those that the code reads; log events are named like them.
    let read = text(&tree, "components/attendance/src/routes/zoom_events.rs")?;
    let handled = read.split("#[cfg(test)]").next().unwrap_or_default();
    let arms = all(r#"(?m)^\s*"(webinar\.[a-z_]+[a-z])"(?: \||,| =>)"#, handled)?;
    let lists = all(r#"(?m)^\s*"(webinar\.[a-z_]+)",$"#, &text(&tree, "components/lib/domain/src/webinar.rs")?)?;
    assert!(arms.len() >= 3 && lists.len() >= 5, "{arms:?} {lists:?}");
    let unnamed: Vec<_> = arms.union(&lists).filter(|name| !named.contains(*name)).collect();
    assert!(unnamed.is_empty(), "{ZOOM} lacks events that the code reads: {unnamed:?}");
    Ok(())
}

#[test]
fn the_permissions_are_the_same_everywhere() -> anyhow::Result<()> {
    const PERMISSION: &str = r"\b(Read-(?:Write|Only) [A-Z][a-z]+)\b";
    let tree = Tree::open()?;
    let guide = text(&tree, MARKETO)?;
    let named = all(PERMISSION, section(&guide, "## The API user")?)?;
    for file in ["docs/reference/marketo.md", "README.md"] {
        assert_eq!(all(PERMISSION, &on_one_line(&text(&tree, file)?))?, named, "{file}");
    }
    Ok(())
}

#[test]
fn the_statuses_are_those_of_the_code() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let guide = text(&tree, MARKETO)?;
    let code = text(&tree, "components/lib/domain/src/status/meaning.rs")?;
    let pairs = |names: &str| all(&format!(r#"(?s)fn {names}.*?match self \{{(.*?)\}}"#), &code);
    let arms = |text: BTreeSet<String>| all(r#"Self::[A-Za-z]+ => ("[^"]+")"#, &text.into_iter().collect::<String>());
    let quoted = |pattern: &str| -> anyhow::Result<BTreeSet<String>> {
        let section = section(&guide, "## The channel and its statuses")?;
        Ok(all(pattern, section)?.into_iter().map(|name| format!("\"{name}\"")).collect())
    };
    assert_eq!(quoted(r"(?m)^\| `([a-z_]+)` \|")?, arms(pairs("as_str")?)?, "meanings");
    assert_eq!(quoted(r"(?m)^\| `[a-z_]+` \| \*([^*]+)\*")?, arms(pairs("default_name")?)?, "usual names");
    // Steps rise in the order in which people move.
    let steps: Vec<u32> = Regex::new(r"(?m)^\| `[a-z_]+` .*\| ([0-9]+) \|$")?
        .captures_iter(&guide)
        .filter_map(|found| found[1].parse().ok())
        .collect();
    assert!(steps.len() == 8 && steps.is_sorted(), "{steps:?}");
    Ok(())
}

#[test]
fn the_fields_are_those_of_the_code() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let guide = text(&tree, MARKETO)?;
    let definition: Value = serde_json::from_str(&text(&tree, "components/catalog/assets/definition.json")?)?;
    for (payload, headings) in [("invocationPayloadDef", "outgoing"), ("callbackPayloadDef", "incoming")] {
        for field in definition[payload]["fields"].as_array().context("no fields")? {
            let name = field["serviceAttribute"].as_str().context("a field has no name")?;
            assert!(guide.contains(&format!("`{name}`")), "{MARKETO} lacks the {headings} field {name}");
        }
    }
    let code = sources(&tree);
    for name in ["webinarUrl", "registrationCode", "minutes", "first_join", "last_leave"] {
        assert!(guide.contains(&format!("`{name}`")), "{MARKETO} lacks {name}");
        assert!(code.contains(name), "the code has no {name}");
    }
    // The flow step's names, where people read them.
    let flow_step = definition["i18n"]["en_US"]["name"].as_str().context("the flow step has no name")?;
    for file in [MARKETO, FIRST_DAY] {
        assert!(text(&tree, file)?.contains(&format!("*{flow_step}*")), "{file} does not name {flow_step}");
    }
    // My Tokens.
    let tokens = all(r#"\("(Webinar [A-Za-z ]+)","#, &text(&tree, "components/catalog/src/my_tokens/render.rs")?)?;
    let flat = on_one_line(&guide);
    assert_eq!(all(r"\*(Webinar [A-Z][A-Za-z ]+)\*", section_of_tokens(&flat)?)?, tokens, "My Tokens of {MARKETO}");
    assert!(text(&tree, FIRST_DAY)?.contains("nine tokens") && tokens.len() == 9, "{} tokens", tokens.len());
    Ok(())
}

fn section_of_tokens(guide: &str) -> anyhow::Result<&str> {
    Ok(guide.split_once("The program gets the My Tokens").context("the guide names no My Tokens")?.1)
}

#[test]
fn the_codes_of_guides_exist() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let known = all(r#""([A-Z]+(?:_[A-Z]+)*)""#, &text(&tree, "components/lib/domain/src/error_code.rs")?)?;
    assert!(known.len() > 30, "{} codes", known.len());
    for file in [ZOOM, MARKETO, FIRST_DAY] {
        let unknown: Vec<_> = all(r"`([A-Z]+(?:_[A-Z]+)+)`", &text(&tree, file)?)?
            .into_iter()
            .filter(|code| !known.contains(code))
            .collect();
        assert!(unknown.is_empty(), "{file} names codes that do not exist: {unknown:?}");
    }
    Ok(())
}

#[test]
fn the_readme_explains_each_variable() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let readme = text(&tree, "README.md")?;
    let explained =
        all(r"`([a-z_]+)`", &section(&readme, "## Variables")?.lines().map(first_cell).collect::<String>())?;
    let manifest: Table = toml::from_str(&text(&tree, "spin.toml")?)?;
    let declared = manifest["variables"].as_table().context("spin.toml has no variables")?.keys().cloned().collect();
    assert_eq!(explained, declared, "README.md and spin.toml");
    Ok(())
}

/// The first cell of a table's row; of another line, nothing.
fn first_cell(line: &str) -> String {
    line.strip_prefix('|').and_then(|row| row.split('|').next()).unwrap_or_default().to_owned()
}

/// The guides show the console, with pictures that a test makes.
#[test]
fn guides_have_pictures() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let mut shown = BTreeSet::new();
    for file in [ZOOM, MARKETO, FIRST_DAY] {
        let pictures = all(r"!\[[^\]]{10,}\]\(\.\./screenshots/([^)]+)\)", &text(&tree, file)?)?;
        assert!(!pictures.is_empty(), "{file} has no picture");
        shown.extend(pictures);
    }
    assert!(shown.iter().all(|name| tree.has(&format!("docs/screenshots/{name}"))), "{shown:?}");
    Ok(())
}
