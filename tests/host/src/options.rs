//! The options of a running application.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::logs::Logs;

/// The prefix of environment variables that set application variables, as in Spin.
const VARIABLE_PREFIX: &str = "SPIN_VARIABLE_";

/// The default address of `spin up`.
const DEFAULT_ADDRESS: ([u8; 4], u16) = ([127, 0, 0, 1], 3000);

/// How to run an application: the options that `spin up` takes on its command line.
#[derive(Clone)]
pub struct Options {
    /// The path of `spin.toml`.
    pub manifest: PathBuf,
    /// The address to listen on. Port 0 selects any free port.
    pub listen: SocketAddr,
    /// The folder of the key-value file and the logs. The host creates it if it is missing.
    pub state_dir: PathBuf,
    /// Spin's runtime configuration: where key-value labels store their data. `None` leaves the default label alone, a
    /// file in `state_dir`.
    pub runtime_config_file: Option<PathBuf>,
    /// Values of application variables by name. Names that the application does not declare are ignored.
    pub variables: BTreeMap<String, String>,
    /// The destination of component output.
    pub logs: Logs,
    /// The cache of compiled components. `None` compiles at each start.
    pub cache_dir: Option<PathBuf>,
}

impl Options {
    /// Returns Spin's defaults for the application of `manifest`: `127.0.0.1:3000`, and state in `.spin` beside the
    /// manifest.
    pub fn new(manifest: impl Into<PathBuf>) -> Self {
        let manifest = manifest.into();
        let state_dir = manifest.parent().unwrap_or_else(|| Path::new("")).join(".spin");
        Self {
            manifest,
            listen: DEFAULT_ADDRESS.into(),
            state_dir,
            runtime_config_file: None,
            variables: BTreeMap::new(),
            logs: Logs::default(),
            cache_dir: None,
        }
    }

    /// Adds the values of `SPIN_VARIABLE_NAME` in the environment for variables that have no value yet.
    #[must_use]
    pub fn with_env(self) -> Self {
        // Values of `spin:variables` are Unicode strings, so other environment variables are skipped.
        let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        self.with_variables_of(std::env::vars_os().filter_map(unicode))
    }

    fn with_variables_of(mut self, environment: impl Iterator<Item = (String, String)>) -> Self {
        for (name, value) in environment {
            if let Some(name) = name.strip_prefix(VARIABLE_PREFIX) {
                self.variables.entry(name.to_ascii_lowercase()).or_insert(value);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_variables_take_precedence_over_the_environment() {
        let mut options = Options::new("app/spin.toml");
        options.variables.insert("admin_key".into(), "given".into());
        let environment = [("SPIN_VARIABLE_ADMIN_KEY", "x"), ("SPIN_VARIABLE_CRON_KEY", "c"), ("HOME", "/root")];
        let options = options.with_variables_of(environment.map(|(n, v)| (n.into(), v.into())).into_iter());
        assert_eq!(options.variables["admin_key"], "given");
        assert_eq!(options.variables["cron_key"], "c");
        assert_eq!(options.variables.len(), 2);
        assert_eq!(options.state_dir, Path::new("app/.spin"));
    }
}
