//! Checks the variables before the application starts, so that everything that is missing is listed at once. The application
//! itself refuses to serve with short keys, as on a real Spin.

use std::collections::BTreeMap;

use platform::auth::key_list::{KEY_VARIABLES, fault_of};

use crate::manifest::{Manifest, Variable};
use crate::options::Options;

/// Checks that each required variable has a value, and that each key is long enough.
///
/// # Errors
/// The manifest cannot be read, or a variable is missing or short. The error lists all of them, without a value.
pub(super) fn check(options: &Options) -> anyhow::Result<()> {
    let faults = faults(&Manifest::read(&options.manifest)?.variables, &options.variables);
    anyhow::ensure!(
        faults.is_empty(),
        "the application does not start with these variables:\n  {}\nSet them with --variable NAME=VALUE or \
        SPIN_VARIABLE_NAME. README.md describes each; `openssl rand -base64 32` makes a key.",
        faults.join("\n  ")
    );
    Ok(())
}

fn faults(declared: &BTreeMap<String, Variable>, given: &BTreeMap<String, String>) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, variable) in declared {
        let fault = match given.get(name).or(variable.default.as_ref()) {
            None => Some("is not set"),
            Some(value) if KEY_VARIABLES.contains(&&**name) => fault_of(name, value),
            Some(_) => None,
        };
        faults.extend(fault.map(|fault| format!("{name} {fault}")));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn everything_missing_and_every_short_key_is_listed_at_once() {
        let mut options = Options::new(super::super::project::manifest());
        options.variables = map(&[
            ("admin_key", "summer26"),
            ("cron_key", "a-key-of-the-scheduler,short"),
            ("token_key", "c2hvcnQ="),
            ("zoom_client_id", "x"),
            ("marketo_url", "https://123-ABC-456.mktorest.com"),
        ]);
        let error = check(&options).unwrap_err().to_string();
        for line in [
            "  admin_key has a key of fewer than 20 characters\n",
            "  cron_key has a key of fewer than 20 characters\n",
            "  marketo_api_key is not set\n",
            "  marketo_client_id is not set\n",
            "  token_key is not base64 of 32 bytes\n",
            "  zoom_client_secret is not set\n",
            "  zoom_webhook_secret is not set\n",
        ] {
            assert!(error.contains(line), "{line}{error}");
        }
        for absent in ["summer26", "public_url", "zoom_client_id", "marketo_url", "c2hvcnQ"] {
            assert!(!error.contains(absent), "{absent}: {error}");
        }
    }

    #[test]
    fn the_variables_of_the_fakes_are_complete() {
        let mut options = Options::new(super::super::project::manifest());
        options.variables = map(&[
            ("zoom_client_id", "x"),
            ("zoom_client_secret", "x"),
            ("zoom_webhook_secret", fakes::zoom::WEBHOOK_SECRET),
            ("marketo_url", "x"),
            ("marketo_client_id", "x"),
            ("marketo_client_secret", "x"),
            ("marketo_api_key", fakes::env::MARKETO_API_KEY),
            ("admin_key", fakes::env::ADMIN_KEY),
            ("cron_key", fakes::env::CRON_KEY),
            ("token_key", fakes::env::TOKEN_KEY),
        ]);
        check(&options).unwrap();
    }
}
