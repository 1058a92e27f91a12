//! How to run an application.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::logs::Logs;

/// The environment variables that give application variables their values, as in Spin.
const VARIABLE_PREFIX: &str = "SPIN_VARIABLE_";

/// Where `spin up` listens.
const DEFAULT_ADDRESS: ([u8; 4], u16) = ([127, 0, 0, 1], 3000);

/// How to run an application; what `spin up` takes on its command line.
#[derive(Clone)]
pub struct Options {
    /// The path of `spin.toml`.
    pub manifest: PathBuf,
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The folder of the key-value file and the logs. It is created where it is missing.
    pub state_dir: PathBuf,
    /// Values of application variables, by name. Names that the application does not declare are ignored.
    pub variables: BTreeMap<String, String>,
    /// Where component output goes.
    pub logs: Logs,
    /// Where compiled components are kept between runs; `None` compiles each time.
    pub cache_dir: Option<PathBuf>,
}

impl Options {
    /// Spin's defaults for the application of `manifest`: `127.0.0.1:3000`, and state in `.spin` beside the manifest.
    pub fn new(manifest: impl Into<PathBuf>) -> Self {
        let manifest = manifest.into();
        let state_dir = manifest.parent().unwrap_or_else(|| Path::new("")).join(".spin");
        Self {
            manifest,
            listen: DEFAULT_ADDRESS.into(),
            state_dir,
            variables: BTreeMap::new(),
            logs: Logs::default(),
            cache_dir: None,
        }
    }

    /// Adds the values of `SPIN_VARIABLE_NAME` in the environment, for variables that have none yet.
    #[must_use]
    pub fn with_env(self) -> Self {
        // What is not Unicode can't be meant for a component.
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
    fn the_command_line_goes_before_the_environment() {
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
