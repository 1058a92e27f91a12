//! `spin.toml`, manifest version 2, as far as this host supports it.
//!
//! Every table denies unknown fields, so what the application asks for and the host lacks is an error that names it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

/// The one manifest version this host reads.
const MANIFEST_VERSION: u32 = 2;

/// The one key-value label that `spin up` knows without a runtime configuration file.
pub const DEFAULT_LABEL: &str = "default";

/// A whole `spin.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    spin_manifest_version: u32,
    /// Who the application is.
    pub application: Application,
    /// The application's variables, by name.
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    /// What starts a component.
    pub trigger: Triggers,
    /// The components, by id.
    #[serde(default)]
    pub component: BTreeMap<String, Component>,
}

/// The `[application]` table; only the name matters to the host.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// The application's name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Who wrote it.
    #[serde(default)]
    pub authors: Vec<String>,
}

/// A `[variables.NAME]` table: an application variable, whose value may come from outside.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// The value where none is given.
    pub default: Option<String>,
    /// Whether a value must be given; then there is no default.
    #[serde(default)]
    pub required: bool,
    /// Whether the value must not be shown. The host shows no variable's value, secret or not.
    #[serde(default)]
    pub secret: bool,
}

/// The `trigger` tables: HTTP and nothing else.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triggers {
    /// Every `[[trigger.http]]`.
    pub http: Vec<HttpTrigger>,
}

/// A `[[trigger.http]]`: a route and the component that answers there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTrigger {
    /// Where the component answers.
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
    /// Always true in a manifest that was read without an error.
    pub private: bool,
}

/// A `[component.ID]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The component's file, relative to the manifest.
    pub source: String,
    /// What it is.
    pub description: Option<String>,
    /// Where it may send requests: `scheme://host[:port]`, with wildcards and templates.
    #[serde(default)]
    pub allowed_outbound_hosts: Vec<String>,
    /// The key-value labels that it may open.
    #[serde(default)]
    pub key_value_stores: Vec<String>,
    /// What it sees of the application's variables: its own names, to templates.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Its environment variables.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// How it is built.
    pub build: Option<Build>,
    /// The components that satisfy its imports, by the import's full name.
    #[serde(default)]
    pub dependencies: BTreeMap<String, Dependency>,
}

/// A `[component.ID.build]` table; running an application ignores it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// The command, or several.
    pub command: Commands,
    /// Where to run it, relative to the manifest.
    pub workdir: Option<String>,
    /// The files that the component is made of.
    #[serde(default)]
    pub watch: Vec<String>,
}

/// One build command or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Commands {
    /// One command.
    One(String),
    /// Commands that run one after the other.
    Several(Vec<String>),
}

/// A dependency given as `{ path = "..." }`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// The dependency's file, relative to the manifest.
    pub path: String,
    /// The dependency's export that satisfies the import, where it is named differently.
    pub export: Option<String>,
}

impl Manifest {
    /// Reads and checks the manifest at `path`.
    ///
    /// # Errors
    /// The file can't be read, is no TOML, or asks for something this host does not have.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} can't be run by this host", path.display()))
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
        // The id becomes a label of a host name (service chaining) and part of a file name (logs).
        ensure!(
            !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "an id consists of lower-case letters, digits and hyphens"
        );
        for label in &self.key_value_stores {
            if label != DEFAULT_LABEL {
                bail!("the key-value store {label:?} is not supported, only {DEFAULT_LABEL:?}");
            }
        }
        // A composed dependency shares its parent's environment, and must inherit nothing.
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

    fn refusal(from: &str, to: &str) -> String {
        assert!(SMALL.contains(from), "the example has no {from:?}");
        format!("{:#}", Manifest::parse(&SMALL.replacen(from, to, 1)).unwrap_err())
    }

    #[test]
    fn reads_what_the_application_uses() {
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
    fn refuses_what_the_host_lacks_and_names_it() {
        let source = "source = \"target/oauth.wasm\"";
        for (extra, named) in [
            ("files = [\"a\"]", "files"),
            ("sqlite_databases = [\"default\"]", "sqlite_databases"),
            ("ai_models = [\"llama\"]", "ai_models"),
            ("dependencies_inherit_configuration = true", "dependencies_inherit_configuration"),
            ("key_value_stores = [\"cache\"]", "cache"),
        ] {
            let refused = refusal(source, &format!("{source}\n{extra}"));
            assert!(refused.contains(named), "{extra}: {refused}");
        }
        let redis =
            refusal("[[trigger.http]]", "[[trigger.redis]]\nchannel = \"c\"\ncomponent = \"oauth\"\n[[trigger.http]]");
        assert!(redis.contains("redis"), "{redis}");
        assert!(refusal("= 2", "= 1").contains("spin_manifest_version"));
        assert!(refusal("\"target/oauth.wasm\"", "{ url = \"x\", digest = \"y\" }").contains("expected a string"));
    }

    #[test]
    fn refuses_contradictions() {
        assert!(refusal("component = \"oauth\"", "component = \"oath\"").contains("oath"));
        assert!(refusal("private = true", "private = false").contains("private"));
        assert!(refusal("required = true, ", "").contains("zoom_client_secret"));
        assert!(
            refusal(
                "[component.oauth]",
                "[component.oauth]\nenvironment = { A = \"1\" }\ndependencies = { \"a:b/c@1.0.0\" = { path = \"x\" } }"
            )
            .contains("environment")
        );
    }
}
