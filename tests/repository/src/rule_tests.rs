//! The lists of tests in docs/RULES.md: for each rule, between `<!-- tests:r12 -->` and `<!-- end -->`, the tests whose names
//! begin with the rule's number.

use crate::tree::Tree;
use regex::{Captures, Regex};
use std::collections::{BTreeMap, BTreeSet};

/// Folder of this package.
const THIS_PACKAGE: &str = "tests/repository/";

/// Tests by rule (`r12`) and package.
#[derive(Debug, Default)]
pub struct RuleTests(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

impl RuleTests {
    /// Finds the tests of all packages except this one, whose fixtures contain names of tests as text.
    ///
    /// # Errors
    /// Never: only this function's own pattern can be wrong.
    pub fn find(tree: &Tree) -> Result<Self, regex::Error> {
        let mut found = Self::default();
        for (file, text) in tree.texts(&["rs"]).filter(|(file, _)| !file.starts_with(THIS_PACKAGE)) {
            let around = tree.packages().into_iter().filter(|package| file.starts_with(&format!("{package}/")));
            if let Some(package) = around.max_by_key(|package| package.len()) {
                found.add(package, &text)?;
            }
        }
        Ok(found)
    }

    fn add(&mut self, package: &str, text: &str) -> Result<(), regex::Error> {
        // A test may prove several rules: r4_r13_...
        let function = Regex::new(r"\bfn ((?:r[0-9]+_)+[a-z0-9_]+)")?;
        let rule = Regex::new("^r[0-9]+$")?;
        for test in function.captures_iter(text).map(|test| test[1].to_owned()) {
            for rule in test.split('_').take_while(|part| rule.is_match(part)) {
                let packages = self.0.entry(rule.to_owned()).or_default();
                packages.entry(package.to_owned()).or_default().insert(test.clone());
            }
        }
        Ok(())
    }

    /// Number of the tests, each counted once for each of its rules.
    pub fn count(&self) -> usize {
        self.0.values().flat_map(BTreeMap::values).map(BTreeSet::len).sum()
    }

    /// Rules that have tests.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the document with every list of tests brought up to date.
    ///
    /// # Errors
    /// Never: only this function's own pattern can be wrong.
    pub fn update(&self, document: &str) -> Result<String, regex::Error> {
        let list = Regex::new(r"(?s)<!-- tests:(r[0-9]+) -->\n.*?<!-- end -->(?:\n<!-- end -->)*")?;
        let updated = list.replace_all(document, |found: &Captures<'_>| {
            let rule = &found[1];
            let lines = self.0.get(rule).into_iter().flatten().map(|(package, tests)| {
                let tests: Vec<_> = tests.iter().map(|test| format!("`{test}`")).collect();
                format!("- `{package}`: {}\n", tests.join(", "))
            });
            format!("<!-- tests:{rule} -->\n{}<!-- end -->", lines.collect::<String>())
        });
        Ok(updated.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::RuleTests;

    #[test]
    fn replaces_the_lists() {
        let mut tests = RuleTests::default();
        tests.add("b", "#[test]\nfn r1_y() {} async fn r1_x() {} fn other() {}").unwrap();
        tests.add("a", "fn r1_r2_z() {}").unwrap();
        let document =
            "# R1\n<!-- tests:r1 -->\n- `b`: `r1_old`\n<!-- end -->\n# R2\n<!-- tests:r2 -->\n<!-- end -->\n";
        let expected = "# R1\n<!-- tests:r1 -->\n- `a`: `r1_r2_z`\n- `b`: `r1_x`, `r1_y`\n<!-- end -->\n# R2\n<!-- tests:r2 -->\n- `a`: `r1_r2_z`\n<!-- end -->\n";
        assert_eq!(tests.update(document).unwrap(), expected);
        assert_eq!(tests.count(), 4);
    }
}
