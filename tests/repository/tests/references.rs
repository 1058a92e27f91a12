//! Links, document paths, rule numbers and decision numbers lead to something that exists.

use anyhow::Context;
use regex::Regex;
use repository::markdown::Document;
use repository::rule_tests::RuleTests;
use repository::tree::{Finding, Tree, format_findings, join};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of files in which people write references.
const WRITTEN: [&str; 10] = ["rs", "toml", "wit", "js", "mjs", "md", "yml", "sh", "html", "css"];

/// This file: its patterns look like references.
const SELF: &str = "tests/repository/tests/references.rs";

fn rules(tree: &Tree) -> anyhow::Result<String> {
    tree.text("docs/RULES.md").context("docs/RULES.md is missing: it lists every rule that the code cites")
}

/// Finds each match of `pattern`, whose first group is the reference, that `exists` rejects.
fn broken(
    tree: &Tree,
    extensions: &[&str],
    pattern: &str,
    exists: impl Fn(&str) -> bool,
) -> anyhow::Result<(Vec<Finding>, usize)> {
    let pattern = Regex::new(pattern)?;
    let (mut found, mut total) = (Vec::new(), 0);
    for (file, text) in tree.texts(extensions).filter(|(file, _)| *file != SELF) {
        for (index, line) in text.lines().enumerate() {
            for reference in pattern.captures_iter(line) {
                total += 1;
                if !exists(&reference[1]) {
                    let problem = format!("{} does not exist", reference[0].trim());
                    found.push(Finding { file: file.to_owned(), line: index + 1, problem });
                }
            }
        }
    }
    Ok((found, total))
}

#[test]
fn links_resolve() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let mut documents = BTreeMap::new();
    for (file, text) in tree.texts(&["md"]) {
        documents.insert(file.to_owned(), Document::read(&text)?);
    }
    let external = Regex::new("^([a-z]+:|//)")?;
    let (mut found, mut total) = (Vec::new(), 0);
    for (file, document) in &documents {
        let directory = file.rsplit_once('/').map_or("", |(directory, _)| directory);
        for link in document.links.iter().filter(|link| !external.is_match(&link.target)) {
            total += 1;
            let (path, anchor) = link.target.split_once('#').unwrap_or((&link.target, ""));
            let path = match path {
                "" => Some(file.clone()),
                // GitHub takes a leading slash for the root of the repository.
                path if path.starts_with('/') => join("", path),
                path => join(directory, path),
            };
            let problem = match path.filter(|path| tree.has(path)) {
                None => format!("{} leads to no tracked file", link.target),
                Some(_) if anchor.is_empty() => continue,
                Some(path) => match documents.get(&path) {
                    Some(target) if !target.anchors.contains(anchor) => format!("{path} has no heading #{anchor}"),
                    _ => continue,
                },
            };
            found.push(Finding { file: file.clone(), line: link.line, problem });
        }
    }
    println!("references: {total} relative links in {} documents", documents.len());
    assert!(found.is_empty(), "{} links are broken:{}", found.len(), format_findings(&found));
    Ok(())
}

#[test]
fn paths_of_documents_exist() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let pattern = r"(?:^|[^A-Za-z0-9_./-])(docs/[A-Za-z0-9_./-]+\.md)\b";
    let (found, total) = broken(&tree, &WRITTEN, pattern, |path| tree.has(path))?;
    println!("references: {total} paths of documents");
    assert!(found.is_empty(), "{} documents do not exist:{}", found.len(), format_findings(&found));
    Ok(())
}

#[test]
fn cited_rules_exist() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let rules = rules(&tree)?;
    let listed_rule = Regex::new(r"(?m)^(?:#+ .*?|\| *\[?)\bR([0-9]+)\b")?;
    let known: BTreeSet<_> = listed_rule.captures_iter(&rules).map(|rule| rule[1].to_owned()).collect();
    assert!(!known.is_empty(), "docs/RULES.md lists no rule, neither in a heading nor in a table");
    // R12 in prose, r12_ or r4_r13_ at the start of a test's name.
    let (mut found, total) = broken(&tree, &WRITTEN, r"\bR([0-9]+)\b", |rule| known.contains(rule))?;
    let (first, tests) = broken(&tree, &["rs"], r"\bfn r([0-9]+)_", |rule| known.contains(rule))?;
    let (second, _) = broken(&tree, &["rs"], r"\bfn r[0-9]+_r([0-9]+)_", |rule| known.contains(rule))?;
    found.extend(first.into_iter().chain(second));
    println!("references: {} rules, cited {total} times and by {tests} tests", known.len());
    assert!(found.is_empty(), "{} cited rules are not in docs/RULES.md:{}", found.len(), format_findings(&found));
    Ok(())
}

/// Compares the lists of tests in docs/RULES.md with the tests. With `UPDATE_DOCS=1` in the environment it writes the lists.
#[test]
fn rules_list_their_tests() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let rules = rules(&tree)?;
    let tests = RuleTests::find(&tree)?;
    let updated = tests.update(&rules)?;
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(tree.root().join("docs/RULES.md"), &updated)?;
        return Ok(());
    }
    println!("references: {} tests are named after a rule", tests.count());
    for rule in tests.rules() {
        assert!(rules.contains(&format!("<!-- tests:{rule} -->")), "docs/RULES.md has no list of the tests of {rule}");
    }
    let names = |text: &str| -> anyhow::Result<BTreeSet<String>> {
        let name = Regex::new(r"`(r[0-9]+_[a-z0-9_]+)`")?;
        Ok(name.captures_iter(text).map(|found| found[1].to_owned()).collect())
    };
    let lines = |names: Vec<&String>| names.iter().map(|name| format!("\n  {name}")).collect::<String>();
    let (before, after) = (names(&rules)?, names(&updated)?);
    assert!(
        rules == updated,
        "the lists of tests in docs/RULES.md are out of date; write them with\n\
         UPDATE_DOCS=1 cargo test -p repository rules_list_their_tests\nno longer there:{}\nnot listed:{}",
        lines(before.difference(&after).collect()),
        lines(after.difference(&before).collect()),
    );
    Ok(())
}

/// Every test that the text of docs/RULES.md names exists: a name of at least four words is taken for a test.
#[test]
fn tests_named_by_rules_exist() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let rules = rules(&tree)?;
    let word = Regex::new(r"\b[a-z0-9]+(?:_[a-z0-9]+){3,}\b")?;
    let mut known = BTreeSet::new();
    for (_, text) in tree.texts(&["rs"]) {
        known.extend(word.find_iter(&text).map(|found| found.as_str().to_owned()));
    }
    let quoted = Regex::new(r"`([a-z0-9]+(?:_[a-z0-9]+){3,})`")?;
    let mut found = Vec::new();
    for (index, line) in rules.lines().enumerate() {
        for name in quoted.captures_iter(line).filter(|name| !known.contains(&name[1])) {
            let problem = format!("no test is named {}", &name[1]);
            found.push(Finding { file: "docs/RULES.md".to_owned(), line: index + 1, problem });
        }
    }
    assert!(found.is_empty(), "{} names do not exist:{}", found.len(), format_findings(&found));
    Ok(())
}

#[test]
fn cited_decisions_exist() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let number = |text: &str| text.trim_start_matches('0').to_owned();
    let decision = Regex::new(r"^docs/adr/([0-9]+)")?;
    let known: BTreeSet<_> = tree.files().filter_map(|file| Some(number(&decision.captures(file)?[1]))).collect();
    let (found, total) = broken(&tree, &WRITTEN, r"\bADR[ -]?([0-9]+)\b", |cited| known.contains(&number(cited)))?;
    println!("references: {} decisions, cited {total} times", known.len());
    assert!(found.is_empty(), "{} cited decisions are not in docs/adr/:{}", found.len(), format_findings(&found));
    Ok(())
}
