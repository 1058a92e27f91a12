//! Commands in scripts, workflows and manifests.

/// A command line of a text.
#[derive(Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// First line, counted from 1.
    pub line: usize,
    /// The text, without comments, with continued lines joined.
    pub text: String,
}

/// Returns the lines of a text that are no comments; a line that ends with a backslash is joined to the next.
pub fn command_lines(text: &str) -> Vec<CommandLine> {
    let mut found: Vec<CommandLine> = Vec::new();
    let mut continues = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        let part = line.strip_suffix('\\').map_or(line, str::trim_end);
        match found.last_mut() {
            Some(last) if continues => {
                last.text.push(' ');
                last.text.push_str(part);
            }
            _ => found.push(CommandLine { line: index + 1, text: part.to_owned() }),
        }
        continues = line.ends_with('\\');
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{CommandLine, command_lines};

    #[test]
    fn joins_continued_lines_and_leaves_out_comments() {
        let line = |line, text: &str| CommandLine { line, text: text.to_owned() };
        assert_eq!(command_lines("# a\nb \\\n  c\nd"), [line(2, "b c"), line(4, "d")]);
    }
}
