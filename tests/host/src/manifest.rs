//! The part of `spin.toml`, manifest version 2, that this host supports.
//!
//! Every table denies unknown fields, so a setting that the host does not support is an error that names it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};
use serde::Deserialize;

/// The supported manifest version.
const MANIFEST_VERSION: u32 = 2;

/// The key-value label that `spin up` offers without a runtime configuration file.
pub(crate) const DEFAULT_LABEL: &str = "default";

/// A complete `spin.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    spin_manifest_version: u32,
    /// The application's name and description.
    pub application: Application,
    /// The application's variables, by name.
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    /// The triggers that start components.
    pub trigger: Triggers,
    /// The components, by id.
    #[serde(default)]
    pub component: BTreeMap<String, Component>,
}

/// The `[application]` table. The host does not use its values.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// The application's name.
    pub name: String,
    /// The application's version.
    pub version: Option<String>,
    /// The application's description.
    pub description: Option<String>,
    /// The application's authors.
    #[serde(default)]
    pub authors: Vec<String>,
}

/// A `[variables.NAME]` table: an application variable.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// The value if none is given.
    pub default: Option<String>,
    /// Whether a value must be given. A required variable has no default.
    #[serde(default)]
    pub required: bool,
    /// Whether the value is a secret. The host never shows a variable's value, secret or not.
    #[serde(default)]
    pub secret: bool,
}

/// The `trigger` tables. Only HTTP triggers are supported.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triggers {
    /// Every `[[trigger.http]]`.
    pub http: Vec<HttpTrigger>,
}

/// A `[[trigger.http]]`: a route and its component.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTrigger {
    /// The component's route.
    pub route: Route,
    /// The component's id.
    pub component: String,
}

/// The `route` of an HTTP trigger.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Route {
    /// A public route: `/exact`, `/prefix/...` or `/with/:parameter`.
    Public(String),
    /// `{ private = true }`: reachable by service chaining only.
    Private(PrivateRoute),
}

/// `{ private = true }`; `false` is an error, as in Spin.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateRoute {
    /// Always true in a valid manifest.
    pub private: bool,
}

/// A `[component.ID]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The component's file, relative to the manifest.
    pub source: String,
    /// The component's description.
    pub description: Option<String>,
    /// The allowed destinations of its requests: `scheme://host[:port]`, with wildcards and templates.
    #[serde(default)]
    pub allowed_outbound_hosts: Vec<String>,
    /// The key-value labels that the component may open.
    #[serde(default)]
    pub key_value_stores: Vec<String>,
    /// The component's variables: its own names with templates over the application's variables.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// The component's environment variables.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The component's build commands.
    pub build: Option<Build>,
    /// The components that satisfy imports, by the import's full name.
    #[serde(default)]
    pub dependencies: BTreeMap<String, Dependency>,
}

/// A `[component.ID.build]` table. Starting an application ignores it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// One or more commands.
    pub command: Commands,
    /// The working directory of the commands, relative to the manifest.
    pub workdir: Option<String>,
    /// Patterns of the component's source files.
    #[serde(default)]
    pub watch: Vec<String>,
}

/// The build command or commands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Commands {
    /// A single command.
    One(String),
    /// Commands that run in order.
    Several(Vec<String>),
}

/// A dependency given as `{ path = "..." }`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// The dependency's file, relative to the manifest.
    pub path: String,
    /// The dependency's export that satisfies the import, if its name differs from the import's.
    pub export: Option<String>,
}

impl Manifest {
    /// Reads and checks the manifest at `path`.
    ///
    /// # Errors
    /// The file can't be read, is not TOML, or has a setting that this host does not support.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("this host can't run {}", path.display()))
    }

    /// Parses and checks a manifest.
    ///
    /// # Errors
    /// As [`Manifest::read`].
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let manifest: Self = toml::from_str(text)?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.spin_manifest_version == MANIFEST_VERSION,
            "spin_manifest_version {} is not supported, only {MANIFEST_VERSION}",
            self.spin_manifest_version
        );
        for (name, variable) in &self.variables {
            ensure!(
                variable.required != variable.default.is_some(),
                "variable {name:?} must either be required or have a default"
            );
        }
        for trigger in &self.trigger.http {
            let id = &trigger.component;
            ensure!(
                self.component.contains_key(id),
                "an HTTP trigger names the component {id:?}, which does not exist"
            );
            ensure!(
                trigger.route != Route::Private(PrivateRoute { private: false }),
                "the route of {id:?} must be a string or {{ private = true }}"
            );
        }
        for (id, component) in &self.component {
            component.check(id).with_context(|| format!("component {id:?}"))?;
            ensure!(
                self.trigger.http.iter().any(|trigger| trigger.component == *id),
                "component {id:?} has no HTTP trigger: give it one with a route or with {{ private = true }}"
            );
        }
        Ok(())
    }
}

impl Component {
    fn check(&self, id: &str) -> anyhow::Result<()> {
        // The id is used in a host name (service chaining) and in a file name (logs).
        ensure!(
            !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "an id consists of lower-case letters, digits and hyphens"
        );
        // A composed dependency shares the environment of its parent, but must not inherit anything.
        ensure!(
            self.dependencies.is_empty() || self.environment.is_empty(),
            "`environment` together with `dependencies` is not supported"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "app"
        [variables]
        zoom_api_url = { default = "https://api.zoom.us" }
        zoom_client_secret = { required = true, secret = true }
        [[trigger.http]]
        route = "/zoom/..."
        component = "registration"
        [[trigger.http]]
        route = { private = true }
        component = "oauth"
        [component.registration]
        source = "target/registration.wasm"
        allowed_outbound_hosts = ["{{ zoom_api_url }}", "http://oauth.spin.internal"]
        key_value_stores = ["default"]
        variables = { api = "{{ zoom_api_url }}" }
        [component.registration.build]
        command = "cargo build"
        watch = ["src/**/*.rs"]
        [component.registration.dependencies]
        "zoom-for-marketo:extension/registrant-mapping@0.1.0" = { path = "target/mapping.wasm" }
        [component.oauth]
        source = "target/oauth.wasm"
    "#;

    fn parse_error(from: &str, to: &str) -> String {
        assert!(SMALL.contains(from), "the example has no {from:?}");
        format!("{:#}", Manifest::parse(&SMALL.replacen(from, to, 1)).unwrap_err())
    }

    #[test]
    fn reads_every_setting_of_the_application() {
        let manifest = Manifest::parse(SMALL).unwrap();
        assert_eq!(manifest.trigger.http[0].route, Route::Public("/zoom/...".into()));
        assert_eq!(manifest.trigger.http[1].route, Route::Private(PrivateRoute { private: true }));
        let registration = &manifest.component["registration"];
        assert_eq!(registration.build.as_ref().unwrap().command, Commands::One("cargo build".into()));
        assert_eq!(
            registration.dependencies["zoom-for-marketo:extension/registrant-mapping@0.1.0"].path,
            "target/mapping.wasm"
        );
        assert!(manifest.variables["zoom_client_secret"].secret);
    }

    #[test]
    fn rejects_unsupported_settings_by_name() {
        let source = "source = \"target/oauth.wasm\"";
        for (extra, named) in [
            ("files = [\"a\"]", "files"),
            ("sqlite_databases = [\"default\"]", "sqlite_databases"),
            ("ai_models = [\"llama\"]", "ai_models"),
            ("dependencies_inherit_configuration = true", "dependencies_inherit_configuration"),
        ] {
            let error = parse_error(source, &format!("{source}\n{extra}"));
            assert!(error.contains(named), "{extra}: {error}");
        }
        let redis = parse_error(
            "[[trigger.http]]",
            "[[trigger.redis]]\nchannel = \"c\"\ncomponent = \"oauth\"\n[[trigger.http]]",
        );
        assert!(redis.contains("redis"), "{redis}");
        assert!(parse_error("= 2", "= 1").contains("spin_manifest_version"));
        assert!(parse_error("\"target/oauth.wasm\"", "{ url = \"x\", digest = \"y\" }").contains("expected a string"));
    }

    #[test]
    fn rejects_contradictions() {
        assert!(parse_error("component = \"oauth\"", "component = \"oath\"").contains("oath"));
        assert!(parse_error("private = true", "private = false").contains("private"));
        assert!(parse_error("required = true, ", "").contains("zoom_client_secret"));
        assert!(
            parse_error(
                "[component.oauth]",
                "[component.oauth]\nenvironment = { A = \"1\" }\ndependencies = { \"a:b/c@1.0.0\" = { path = \"x\" } }"
            )
            .contains("environment")
        );
    }
}
