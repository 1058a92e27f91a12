//! Comments use plain words, and nothing refers to documents outside of the repository.

use regex::Regex;
use repository::comments::comment_lines;
use repository::tree::{Finding, Tree, format_findings};

/// Words that make a comment's subject or verb vague.
const VAGUE: &str = r"(?i)\b(tells|whom|whoever|somebody|anew|so many|so long)\b";

/// Maximum share of product comment lines with a vague word, in percent.
const MAX_SHARE: f64 = 0.5;

/// Vague comment lines, and the number of all comment lines, of the files that `include` accepts.
fn vague_lines(tree: &Tree, include: impl Fn(&str) -> bool) -> anyhow::Result<(Vec<Finding>, usize)> {
    let vague = Regex::new(VAGUE)?;
    let (mut found, mut total) = (Vec::new(), 0);
    for file in tree.files().filter(|file| include(file)) {
        let Some(text) = tree.text(file) else { continue };
        let comments = comment_lines(file, &text).unwrap_or_default();
        total += comments.len();
        for comment in comments.iter().filter(|comment| vague.is_match(comment.text)) {
            found.push(Finding { file: file.to_owned(), line: comment.line, problem: comment.text.to_owned() });
        }
    }
    Ok((found, total))
}

fn share(found: &[Finding], total: usize) -> f64 {
    100.0 * found.len() as f64 / total.max(1) as f64
}

#[test]
fn comments_use_plain_words() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let is_product = |file: &str| file.starts_with("components/") || file.starts_with("wit/") || file == "spin.toml";
    // This file names the words.
    let (tested, test_lines) = vague_lines(&tree, |file| file.starts_with("tests/") && !file.ends_with("/words.rs"))?;
    let (found, lines) = vague_lines(&tree, is_product)?;
    let percent = share(&found, lines);
    println!("words: product: {} of {lines} comment lines are vague, {percent:.2} %", found.len());
    println!(
        "words: tests: {} of {test_lines} comment lines are vague, {:.2} %",
        tested.len(),
        share(&tested, test_lines)
    );
    // A check that reads nothing would pass.
    assert!(lines >= 1000, "only {lines} comment lines were found");
    assert!(
        percent < MAX_SHARE,
        "{percent:.2} % of {lines} comment lines are vague ({VAGUE}):{}",
        format_findings(&found)
    );
    Ok(())
}

#[test]
fn no_reference_to_outside_documents() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let outside = Regex::new(r"\bDESIGN\b|\bzoom\.md section|\bmarketo\.md (section|3)|\.\./shared\b")?;
    let bare = Regex::new(r"(docs/)?reference/spin\.md")?;
    let mut found = Vec::new();
    for file in tree.files().filter(|file| *file != "tests/repository/tests/words.rs" && *file != "Cargo.lock") {
        let Some(text) = tree.text(file) else { continue };
        // Within docs/ a link is relative.
        let is_bare =
            |line: &str| !file.starts_with("docs/") && bare.captures_iter(line).any(|found| found.get(1).is_none());
        for (index, line) in text.lines().enumerate().filter(|(_, line)| outside.is_match(line) || is_bare(line)) {
            found.push(Finding { file: file.to_owned(), line: index + 1, problem: line.trim().to_owned() });
        }
    }
    assert!(
        found.is_empty(),
        "{} lines refer to documents outside of the repository:{}",
        found.len(),
        format_findings(&found)
    );
    Ok(())
}
