//! What the components' logs must not say.

use std::path::Path;

use anyhow::Context;

use super::cast::WALK_INS;
use super::findings::Findings;

/// What begins the line that the host writes when an instance fails.
const TRAP: &str = "trap";
/// What only an e-mail address or a join link would bring into a log (DESIGN section 4).
const PERSONAL: [&str; 3] = ["@customer.example", "tk=", WALK_INS[0].email];

/// Checks the logs below `state_dir`.
///
/// # Errors
/// When they can't be read.
pub(super) fn check(state_dir: &Path, findings: &mut Findings) -> anyhow::Result<()> {
    let folder = state_dir.join("logs");
    let context = || format!("can't read {}", folder.display());
    for file in std::fs::read_dir(&folder).with_context(context)? {
        let path = file.with_context(context)?.path();
        let bytes = std::fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
        let (name, text) = (path.file_name().unwrap_or_default().to_string_lossy(), String::from_utf8_lossy(&bytes));
        let trap = text.lines().find(|line| line.starts_with(TRAP));
        findings.require(trap.is_none(), || format!("{name}: {}", trap.unwrap_or_default()));
        let personal = text.lines().position(|line| PERSONAL.iter().any(|secret| line.contains(secret)));
        findings.require(personal.is_none(), || {
            format!("{name}: line {} tells something personal", personal.unwrap_or_default() + 1)
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traps_and_addresses_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        std::fs::create_dir(&logs).unwrap();
        std::fs::write(logs.join("a_stderr.txt"), "fine\ntrap: unreachable\n").unwrap();
        std::fs::write(logs.join("b_stdout.txt"), "fine\nlead9@customer.example\n").unwrap();
        let mut findings = Findings::default();
        check(folder.path(), &mut findings).unwrap();
        let mut off = findings.all().to_vec();
        off.sort();
        assert_eq!(off, ["a_stderr.txt: trap: unreachable", "b_stdout.txt: line 2 tells something personal"]);
    }
}
