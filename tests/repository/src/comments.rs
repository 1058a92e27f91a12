//! Extracts the comment lines of a source file.

/// A line that is a comment, or ends with one.
#[derive(Debug, PartialEq, Eq)]
pub struct CommentLine<'a> {
    /// Line, counted from 1.
    pub line: usize,
    /// The comment with its marker.
    pub text: &'a str,
}

/// Returns the comment lines of the file `path`; none for a kind of file whose comments are not read.
pub fn comment_lines<'a>(path: &str, text: &'a str) -> Option<Vec<CommentLine<'a>>> {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("rs" | "wit" | "js" | "mjs" | "css") => Some(slashes(text)),
        Some("toml" | "sh" | "yml") => Some(hashes(text)),
        _ => None,
    }
}

/// `//` and `/* */`, at the start of a line or, after code, between blanks: in a URL no blank surrounds the slashes.
fn slashes(text: &str) -> Vec<CommentLine<'_>> {
    let mut found = Vec::new();
    let mut in_block = false;
    for (index, whole) in text.lines().enumerate() {
        let trimmed = whole.trim();
        let starts_block = trimmed.starts_with("/*");
        if in_block || starts_block || trimmed.starts_with("//") {
            found.push(CommentLine { line: index + 1, text: trimmed });
        } else if let Some(start) = trimmed.find(" // ") {
            found.push(CommentLine { line: index + 1, text: &trimmed[start + 1..] });
        }
        in_block = (in_block || starts_block) && !trimmed.ends_with("*/");
    }
    found
}

/// `#` at the start of a line or, after a value, between blanks.
fn hashes(text: &str) -> Vec<CommentLine<'_>> {
    let comment = |trimmed: &str| if trimmed.starts_with('#') { Some(0) } else { trimmed.find(" # ") };
    let lines = text.lines().map(str::trim).enumerate();
    lines.filter_map(|(index, line)| Some(CommentLine { line: index + 1, text: &line[comment(line)?..] })).collect()
}

#[cfg(test)]
mod tests {
    use super::comment_lines;

    fn texts<'a>(path: &str, text: &'a str) -> Vec<&'a str> {
        comment_lines(path, text).unwrap().into_iter().map(|comment| comment.text).collect()
    }

    #[test]
    fn reads_slash_comments() {
        let text = "//! a\nlet url = \"https://x\"; // b\n    /// c\n/* d\n e */\nf();";
        assert_eq!(texts("a.rs", text), ["//! a", "// b", "/// c", "/* d", "e */"]);
    }

    #[test]
    fn reads_hash_comments() {
        assert_eq!(texts("a.toml", "# a\nb = \"#c\" # d\n[e]"), ["# a", " # d"]);
        assert_eq!(comment_lines("a.png", ""), None);
    }
}
