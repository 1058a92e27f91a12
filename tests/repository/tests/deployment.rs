//! The files of deploy/ can be parsed, and agree with each other and with spin.toml.

use anyhow::{Context, ensure};
use regex::Regex;
use repository::tree::Tree;
use repository::yaml;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use toml::Table;

const COMPOSE: &str = "deploy/compose.yaml";
const APP: &str = "deploy/spinkube/app.yaml";
const EXAMPLE: &str = "deploy/variables.env.example";

/// The repository, with its files as values.
struct Files(Tree);

impl Files {
    fn open() -> anyhow::Result<Self> {
        Ok(Self(Tree::open()?))
    }

    fn text(&self, file: &str) -> anyhow::Result<String> {
        self.0.text(file).with_context(|| format!("{file} is missing"))
    }

    fn toml(&self, file: &str) -> anyhow::Result<Table> {
        toml::from_str(&self.text(file)?).with_context(|| format!("{file} can't be parsed"))
    }

    fn documents(&self, file: &str) -> anyhow::Result<Vec<Value>> {
        yaml::documents(&self.text(file)?).with_context(|| format!("{file} can't be parsed"))
    }

    /// The only document of a YAML file.
    fn yaml(&self, file: &str) -> anyhow::Result<Value> {
        let mut documents = self.documents(file)?;
        ensure!(documents.len() == 1, "{file} has {} documents", documents.len());
        documents.pop().context("no document")
    }

    /// All resources of deploy/spinkube, by kind and name.
    fn resources(&self) -> anyhow::Result<BTreeMap<(String, String), Value>> {
        let mut resources = BTreeMap::new();
        for file in self.0.files().filter(|file| file.starts_with("deploy/spinkube/")) {
            for resource in self.documents(file)? {
                let kind = string(&resource["kind"]).with_context(|| format!("{file}: a resource has no kind"))?;
                let name = resource["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                resources.insert((kind, name), resource);
            }
        }
        Ok(resources)
    }

    /// The only resource of a kind.
    fn resource(&self, kind: &str) -> anyhow::Result<Value> {
        let mut found: Vec<_> = self.resources()?.into_iter().filter(|((of, _), _)| of == kind).collect();
        ensure!(found.len() == 1, "{} resources are a {kind}", found.len());
        found.pop().map(|(_, resource)| resource).context("no resource")
    }

    /// The variables that spin.toml declares, and whether each is a secret.
    fn variables(&self) -> anyhow::Result<BTreeMap<String, bool>> {
        let declared = self.toml("spin.toml")?;
        let declared = declared["variables"].as_table().context("spin.toml has no variables")?.clone();
        let is_secret = |variable: &toml::Value| variable.get("secret").and_then(toml::Value::as_bool) == Some(true);
        Ok(declared.iter().map(|(name, variable)| (name.clone(), is_secret(variable))).collect())
    }
}

fn string(value: &Value) -> anyhow::Result<String> {
    Ok(value.as_str().with_context(|| format!("{value} is no text"))?.to_owned())
}

fn list(value: &Value) -> anyhow::Result<&Vec<Value>> {
    value.as_array().with_context(|| format!("{value} is no list"))
}

/// The keys of an object.
fn keys(value: &Value) -> anyhow::Result<BTreeSet<String>> {
    Ok(value.as_object().with_context(|| format!("{value} is no object"))?.keys().cloned().collect())
}

#[test]
fn every_file_can_be_parsed() -> anyhow::Result<()> {
    let files = Files::open()?;
    // A line of a unit.
    let line = Regex::new(r"^(\[[A-Z][a-z]+\]|[A-Z][A-Za-z]+=.*|#.*|\s.*|)$")?;
    let mut parsed = 0;
    for file in files.0.files().filter(|file| file.starts_with("deploy/") || file.starts_with(".github/workflows/")) {
        match file.rsplit_once('.').map(|(_, extension)| extension) {
            Some("toml") => drop(files.toml(file)?),
            Some("yaml" | "yml") => ensure!(!files.documents(file)?.is_empty(), "{file} is empty"),
            Some("sh") => {
                let output = Command::new("bash").arg("-n").arg(files.0.root().join(file)).output()?;
                ensure!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
            }
            Some("service" | "timer") => {
                let text = files.text(file)?;
                let wrong = text.lines().find(|text| !line.is_match(text));
                ensure!(wrong.is_none(), "{file}: {wrong:?}");
            }
            Some("md" | "example") | None => continue,
            Some(other) => panic!("{file}: no check reads files that end with {other}"),
        }
        parsed += 1;
    }
    assert!(parsed >= 18, "only {parsed} files were found");
    Ok(())
}

#[test]
fn the_example_of_variables_has_each_of_spin_toml() -> anyhow::Result<()> {
    let files = Files::open()?;
    let line = Regex::new(r"(?m)^SPIN_VARIABLE_([A-Z_]+)=")?;
    let example = files.text(EXAMPLE)?;
    let named: BTreeSet<_> = line.captures_iter(&example).map(|found| found[1].to_lowercase()).collect();
    assert_eq!(named, files.variables()?.into_keys().collect(), "{EXAMPLE} and spin.toml");
    // Compose and the units give all of them to the application, which no list of names does.
    assert_eq!(files.yaml(COMPOSE)?["services"]["app"]["env_file"], ".env");
    let unit = files.text("deploy/systemd/zoom-for-marketo.service")?;
    assert!(unit.contains("\nEnvironmentFile=/etc/zoom-for-marketo/variables.env\n"));
    // What compose.yaml takes from the file for itself is in it.
    let used = Regex::new(r"(?:[^$]|^)\$\{([A-Z_]+):\?")?;
    for variable in used.captures_iter(&files.text(COMPOSE)?) {
        assert!(example.contains(&format!("\n{}=", &variable[1])), "{EXAMPLE} lacks {}", &variable[1]);
    }
    Ok(())
}

#[test]
fn spinkube_gives_each_variable_of_spin_toml() -> anyhow::Result<()> {
    let files = Files::open()?;
    let declared = files.variables()?;
    let (secret, settings) = (files.resource("Secret")?, files.resource("ConfigMap")?);
    let mut given = BTreeSet::new();
    for variable in list(&files.resource("SpinApp")?["spec"]["variables"])? {
        let name = string(&variable["name"])?;
        let source = &variable["valueFrom"];
        let is_secret = source.get("secretKeyRef").is_some();
        let (reference, holder, data) = match is_secret {
            true => (&source["secretKeyRef"], &secret, "stringData"),
            false => (&source["configMapKeyRef"], &settings, "data"),
        };
        assert_eq!(reference["name"], holder["metadata"]["name"], "{name}");
        assert!(keys(&holder[data])?.contains(&string(&reference["key"])?), "{name} has no entry");
        assert!(is_secret || declared.get(&name) == Some(&false), "{name} is a secret, and not in the Secret");
        given.insert(name);
    }
    assert_eq!(given, declared.into_keys().collect(), "{APP} and spin.toml");
    let entries: BTreeSet<_> = keys(&secret["stringData"])?.into_iter().chain(keys(&settings["data"])?).collect();
    assert_eq!(entries, given, "an entry of the Secret or the ConfigMap is not used");
    for (name, value) in secret["stringData"].as_object().context("no entries")? {
        assert_eq!(value, "", "{name} has a value: the file is an example");
    }
    Ok(())
}

#[test]
fn spinkube_resources_name_each_other() -> anyhow::Result<()> {
    let files = Files::open()?;
    let app = files.resource("SpinApp")?;
    let name = string(&app["metadata"]["name"])?;
    assert_eq!(app["spec"]["executor"], files.resource("SpinAppExecutor")?["metadata"]["name"]);
    let ingress = files.resource("Ingress")?;
    let rule = &ingress["spec"]["rules"][0];
    assert_eq!(rule["http"]["paths"][0]["backend"]["service"]["name"], name.as_str());
    let host = string(&rule["host"])?;
    assert_eq!(files.resource("ConfigMap")?["data"]["public_url"], format!("https://{host}"));
    assert_eq!(ingress["spec"]["tls"][0]["hosts"][0], host.as_str());
    let policy = files.resource("NetworkPolicy")?;
    let from = &policy["spec"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"];
    assert_eq!(from["core.spinkube.dev/app-name"], name.as_str());
    // Kustomize applies every file but the example of a Secret.
    let kustomization = files.resource("Kustomization")?;
    let applied: BTreeSet<_> = list(&kustomization["resources"])?.iter().map(string).collect::<anyhow::Result<_>>()?;
    let there = files.0.files().filter_map(|file| file.strip_prefix("deploy/spinkube/"));
    let left_out = ["kustomization.yaml", "secret.example.yaml"];
    assert_eq!(applied, there.filter(|file| !left_out.contains(file)).map(str::to_owned).collect());
    assert_eq!(kustomization["namespace"], files.resource("Namespace")?["metadata"]["name"]);
    assert_eq!(kustomization["namespace"], files.resource("Secret")?["metadata"]["namespace"]);
    Ok(())
}

#[test]
fn probes_ask_for_health() -> anyhow::Result<()> {
    let files = Files::open()?;
    let app = files.resource("SpinApp")?;
    for probe in ["readiness", "liveness"] {
        assert_eq!(app["spec"]["checks"][probe]["httpGet"]["path"], "/healthz", "{probe}");
    }
    let compose = files.yaml(COMPOSE)?;
    assert!(compose["services"]["app"]["healthcheck"]["test"].to_string().contains("GET /healthz HTTP/1.1"));
    let openapi: Value = serde_json::from_str(&files.text("docs/openapi.json")?)?;
    assert!(openapi["paths"]["/healthz"]["get"].is_object(), "no component serves GET /healthz");
    Ok(())
}

#[test]
fn replicas_share_a_store_that_lasts() -> anyhow::Result<()> {
    let files = Files::open()?;
    let app = files.resource("SpinApp")?;
    assert!(app["spec"]["replicas"].as_u64() >= Some(2), "one replica is no replica");
    let store = &app["spec"]["runtimeConfig"]["keyValueStores"];
    assert_eq!((list(store)?.len(), &store[0]["name"], &store[0]["type"]), (1, &"default".into(), &"redis".into()));
    assert_eq!(store[0]["options"][0]["value"], "redis://redis:6379/0");
    let stateful = files.resource("StatefulSet")?;
    assert_eq!(stateful["metadata"]["name"], "redis");
    let compose = files.yaml(COMPOSE)?;
    let config: Table = toml::from_str(&string(&compose["configs"]["runtime-config"]["content"])?)?;
    let store = config["key_value_store"]["default"].as_table().context("no store")?;
    assert_eq!(store["type"].as_str(), Some("redis"));
    let host = store["url"].as_str().and_then(|url| url.strip_prefix("redis://")?.strip_suffix(":6379/0"));
    assert!(compose["services"].get(host.context("another URL")?).is_some(), "{host:?} is no service");
    let container = &stateful["spec"]["template"]["spec"]["containers"][0];
    let arguments = list(&container["args"])?.iter().map(string).collect::<anyhow::Result<Vec<_>>>()?.join(" ");
    for command in [string(&compose["services"]["redis"]["command"])?, arguments] {
        assert!(command.contains("--appendonly yes") && command.contains("--maxmemory-policy noeviction"), "{command}");
    }
    Ok(())
}

/// Collects the images that a value names, by repository.
fn images(value: &Value, found: &mut BTreeMap<String, BTreeSet<String>>) {
    match value {
        Value::Object(entries) => {
            for (key, entry) in entries {
                match entry.as_str().and_then(|image| image.rsplit_once(':')) {
                    Some((name, tag)) if ["image", "spinImage"].contains(&key.as_str()) => {
                        found.entry(name.to_owned()).or_default().insert(tag.to_owned());
                    }
                    _ => images(entry, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| images(item, found)),
        _ => {}
    }
}

#[test]
fn images_have_one_version_each() -> anyhow::Result<()> {
    let files = Files::open()?;
    let mut found = BTreeMap::new();
    for file in files.0.files().filter(|file| file.starts_with("deploy/") && file.ends_with(".yaml")) {
        files.documents(file)?.iter().for_each(|document| images(document, &mut found));
    }
    for (name, tags) in &found {
        assert!(tags.len() == 1 && !tags.contains("latest"), "{name} has the versions {tags:?}");
    }
    let spin = found.get("ghcr.io/spinframework/spin").and_then(BTreeSet::first).context("no image of Spin")?;
    assert!(spin.starts_with("v4.1."), "{spin}: the components need Spin 4.1");
    let release = files.yaml(".github/workflows/release.yml")?;
    let steps = list(&release["jobs"]["release"]["steps"])?;
    let setup = steps.iter().find(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("/spin/setup@")));
    assert_eq!(setup.context("the release installs no Spin")?["with"]["version"], spin.as_str());
    assert!(["redis", "curlimages/curl"].iter().all(|name| found.contains_key(*name)), "{found:?}");
    Ok(())
}

#[test]
fn the_tick_is_called_every_minute() -> anyhow::Result<()> {
    let files = Files::open()?;
    let openapi: Value = serde_json::from_str(&files.text("docs/openapi.json")?)?;
    let serves = |method: &str, path: &str| openapi["paths"][path][method].is_object();
    assert!(serves("post", "/attendance/tick") && serves("get", "/attendance/tick/{cron_path_key}"));

    let call = Regex::new(r"--max-time 30 .*--header @- --request POST (http://[a-z0-9.:-]+)/attendance/tick\b")?;
    let target = |command: &str| Some(call.captures(&command.replace("\\\n", " "))?[1].to_owned());
    let compose = string(&files.yaml(COMPOSE)?["services"]["scheduler"]["entrypoint"][2])?;
    assert_eq!(target(&compose).as_deref(), Some("http://app:3000"));
    assert!(compose.contains("sleep 60"));
    let service = files.text("deploy/systemd/zoom-for-marketo-tick.service")?;
    assert_eq!(target(&service).as_deref(), Some("http://127.0.0.1:3000"));
    assert!(files.text("deploy/systemd/zoom-for-marketo-tick.timer")?.contains("\nOnCalendar=*-*-* *:*:00\n"));
    let job = files.resource("CronJob")?["spec"].clone();
    let container = &job["jobTemplate"]["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(target(&string(&container["command"][2])?).as_deref(), Some("http://zoom-for-marketo"));
    assert_eq!((&job["schedule"], &job["concurrencyPolicy"]), (&"* * * * *".into(), &"Forbid".into()));
    let akamai = files.text("deploy/akamai/deploy.sh")?;
    assert!(akamai.contains("spin aka cron create '* * * * *' \"/attendance/tick/$path_key\""));
    Ok(())
}

#[test]
fn the_manifest_for_akamai_is_spin_toml_with_targets() -> anyhow::Result<()> {
    let files = Files::open()?;
    let output = Command::new("bash").arg(files.0.root().join("deploy/akamai/manifest.sh")).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut manifest: Table = toml::from_str(&String::from_utf8(output.stdout)?)?;
    let targets = manifest["application"].as_table_mut().and_then(|application| application.remove("targets"));
    assert_eq!(targets, Some(toml::Value::Array(vec!["akamai-functions".into()])));
    assert_eq!(manifest, files.toml("spin.toml")?);
    // Akamai Functions knows this label only.
    for (name, component) in manifest["component"].as_table().context("there are no components")? {
        for label in component.get("key_value_stores").and_then(toml::Value::as_array).into_iter().flatten() {
            assert_eq!(label.as_str(), Some("default"), "{name}");
        }
    }
    Ok(())
}

#[test]
fn runtime_configurations_name_a_store_of_spin() -> anyhow::Result<()> {
    let files = Files::open()?;
    // Each with its type in Spin 4.1, and the keys that it requires.
    let stores = [
        ("redis", "redis", &["url"][..]),
        ("dynamodb", "aws_dynamo", &["region", "table"]),
        ("cosmos", "azure_cosmos", &["account", "database", "container"]),
    ];
    for (file, kind, required) in stores {
        let config = files.toml(&format!("deploy/runtime-config/{file}.toml"))?;
        assert_eq!(config.keys().collect::<Vec<_>>(), ["key_value_store"], "{file}");
        let labels = config["key_value_store"].as_table().context("no stores")?;
        assert_eq!(labels.keys().collect::<Vec<_>>(), ["default"], "{file}");
        let store = labels["default"].as_table().context("no store")?;
        assert_eq!(store["type"].as_str(), Some(kind), "{file}");
        assert!(required.iter().all(|key| store.get(*key).is_some_and(toml::Value::is_str)), "{file} lacks a key");
    }
    let dynamodb = files.toml("deploy/runtime-config/dynamodb.toml")?;
    assert_eq!(dynamodb["key_value_store"]["default"]["consistent_read"].as_bool(), Some(true));
    let names = files.0.files().filter(|file| file.starts_with("deploy/runtime-config/")).count();
    assert_eq!(names, stores.len(), "a file is not checked");
    Ok(())
}
