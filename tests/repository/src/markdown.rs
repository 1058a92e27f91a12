//! Extracts the links and the heading anchors of a Markdown document.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// A link or an image.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it leads to, as written.
    pub target: String,
    /// Its line, counted from 1.
    pub line: usize,
}

/// What a document links to, and what can be linked to in it.
#[derive(Debug, Default)]
pub struct Document {
    /// Its links and images.
    pub links: Vec<Link>,
    /// Anchors of its headings and of HTML ids.
    pub anchors: BTreeSet<String>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// Never for a text: only this function's own patterns can be wrong.
    pub fn read(text: &str) -> Result<Self, regex::Error> {
        let html_link = Regex::new(r#"\b(?:href|src|srcset)\s*=\s*"([^"]+)""#)?;
        let html_id = Regex::new(r#"\b(?:id|name)\s*=\s*"([^"]+)""#)?;
        let mut document = Self::default();
        let mut repeated = BTreeMap::<String, usize>::new();
        let mut heading: Option<String> = None;
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            let line = text[..range.start].matches('\n').count() + 1;
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    document.links.push(Link { target: dest_url.into_string(), line });
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let count = repeated.entry(anchor.clone()).or_default();
                    document.anchors.insert(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
                    *count += 1;
                }
                Event::Text(part) | Event::Code(part) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&part);
                    }
                }
                Event::Html(html) | Event::InlineHtml(html) => {
                    let captured = |pattern: &Regex| -> Vec<String> {
                        pattern.captures_iter(&html).map(|found| found[1].to_owned()).collect()
                    };
                    document.links.extend(captured(&html_link).into_iter().map(|target| Link { target, line }));
                    document.anchors.extend(captured(&html_id));
                }
                _ => {}
            }
        }
        Ok(document)
    }
}

/// Anchor that GitHub gives a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::{Document, Link};

    #[test]
    fn reads_links_and_anchors() {
        let text = "# The `tick`: a call\n\n[a](b.md#c)\n![d][e]\n<img src=\"f.png\">\n\n```\n[no](no.md)\n```\n## Same\n## Same\n\n[e]: g.png";
        let document = Document::read(text).unwrap();
        let link = |target: &str, line| Link { target: target.to_owned(), line };
        assert_eq!(document.links, [link("b.md#c", 3), link("g.png", 4), link("f.png", 5)]);
        assert_eq!(document.anchors.iter().collect::<Vec<_>>(), ["same", "same-1", "the-tick-a-call"]);
    }
}
