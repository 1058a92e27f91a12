//! Writes the My Tokens of a program to Marketo.

use super::render::my_tokens;
use domain::webinar::Snapshot;
use domain::{Error, ErrorCode, Problem, ProgramId};
use marketo_client::MarketoClient;
use marketo_client::programs::MyToken;

/// Writes the My Tokens whose value differs from Marketo's. Idempotent; when all values are current it costs one call.
///
/// # Errors
/// Marketo's error, or `INVALID_FIELD` when the program has a My Token of the same name and another type. That token
/// belongs to the customer and stays; the others are written.
pub(crate) async fn write_outdated(
    marketo: &MarketoClient,
    program: ProgramId,
    snapshot: &Snapshot,
) -> Result<(), Error> {
    let present = marketo.my_tokens(program).await?;
    let plan = plan(my_tokens(snapshot), &present);
    for token in &plan.outdated {
        marketo.set_my_token(program, token).await?;
    }
    if plan.conflicting.is_empty() {
        return Ok(());
    }
    let names = plan.conflicting.join(", ");
    let detail = format!(
        "The program has My Tokens of another type than text under these names: {names}; delete them in Marketo, and \
         then refresh the program."
    );
    Err(Problem { code: ErrorCode::InvalidField, detail }.into())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    /// Tokens to write.
    outdated: Vec<MyToken>,
    /// Names that the program uses for tokens of another type.
    conflicting: Vec<String>,
}

fn plan(wanted: Vec<MyToken>, present: &[MyToken]) -> Plan {
    let mut plan = Plan::default();
    for token in wanted {
        match present.iter().find(|existing| existing.name == token.name) {
            Some(existing) if existing.kind != token.kind => plan.conflicting.push(token.name),
            Some(existing) if existing.value == token.value => {}
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
    fn r4_only_outdated_tokens_are_written() {
        let wanted = vec![token("A", "text", "1"), token("B", "text", "2"), token("C", "text", "3")];
        let present = [token("A", "text", "1"), token("B", "text", "old"), token("Else", "text", "x")];
        let plan = plan(wanted, &present);
        assert_eq!(plan.outdated, [token("B", "text", "2"), token("C", "text", "3")]);
        assert!(plan.conflicting.is_empty());
    }

    #[test]
    fn a_token_of_another_type_is_kept() {
        let plan = plan(vec![token("A", "text", "1"), token("B", "text", "2")], &[token("A", "date", "2026-01-01")]);
        assert_eq!(plan, Plan { outdated: vec![token("B", "text", "2")], conflicting: vec!["A".into()] });
    }
}
