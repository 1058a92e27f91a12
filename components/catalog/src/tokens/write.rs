//! Bringing the My Tokens of a program in line with its webinar.

use super::text::my_tokens;
use domain::webinar::Snapshot;
use domain::{Code, Error, Problem, ProgramId};
use marketo_client::Marketo;
use marketo_client::programs::MyToken;

/// Writes those My Tokens that differ from what Marketo has; when none does, that costs one call. Running it twice is
/// harmless.
///
/// # Errors
/// Marketo's; or `INVALID_FIELD` when the program has a My Token of ours under another type. That one is somebody's
/// and stays, and the others are written.
pub(crate) async fn bring_in_line(marketo: &Marketo, program: ProgramId, snapshot: &Snapshot) -> Result<(), Error> {
    let present = marketo.my_tokens(program).await?;
    let plan = plan(my_tokens(snapshot), &present);
    for token in &plan.outdated {
        marketo.set_my_token(program, token).await?;
    }
    if plan.taken.is_empty() {
        return Ok(());
    }
    let names = plan.taken.join(", ");
    let detail = format!("My Tokens of the type text are needed under these names, but others are there: {names}.");
    Err(Problem { code: Code::InvalidField, detail }.into())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    outdated: Vec<MyToken>,
    taken: Vec<String>,
}

fn plan(wanted: Vec<MyToken>, present: &[MyToken]) -> Plan {
    let mut plan = Plan::default();
    for token in wanted {
        match present.iter().find(|there| there.name == token.name) {
            Some(there) if there.kind != token.kind => plan.taken.push(token.name),
            Some(there) if there.value == token.value => {}
            _ => plan.outdated.push(token),
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(name: &str, kind: &str, value: &str) -> MyToken {
        MyToken { name: name.into(), kind: kind.into(), value: value.into() }
    }

    #[test]
    fn r4_only_what_differs_is_written() {
        let wanted = vec![token("A", "text", "1"), token("B", "text", "2"), token("C", "text", "3")];
        let present = [token("A", "text", "1"), token("B", "text", "old"), token("Else", "text", "x")];
        let plan = plan(wanted, &present);
        assert_eq!(plan.outdated, [token("B", "text", "2"), token("C", "text", "3")]);
        assert!(plan.taken.is_empty());
    }

    #[test]
    fn a_token_of_another_type_is_left_alone() {
        let plan = plan(vec![token("A", "text", "1"), token("B", "text", "2")], &[token("A", "date", "2026-01-01")]);
        assert_eq!(plan, Plan { outdated: vec![token("B", "text", "2")], taken: vec!["A".into()] });
    }
}
