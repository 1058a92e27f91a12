//! docs/openapi.json describes every route of the components, and no other.

use anyhow::Context;
use repository::modules::Crate;
use repository::routes::routes;
use repository::tree::Tree;
use serde_json::Value;
use std::collections::BTreeSet;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Routes of a component, for people: several components serve the same internal path.
fn served(tree: &Tree) -> anyhow::Result<BTreeSet<String>> {
    let mut served = BTreeSet::new();
    for root in tree.files().filter(|file| file.starts_with("components/") && file.ends_with("/src/lib.rs")) {
        let [_, component, "src", _] = root.split('/').collect::<Vec<_>>()[..] else { continue };
        // The extension serves no HTTP.
        if component == "registrant-mapping" {
            continue;
        }
        let crate_ = Crate::load(root, &|path| tree.text(path))?;
        let routes = routes(&crate_)?;
        assert!(!routes.is_empty(), "no route was found in {root}");
        for route in routes {
            served.insert(label(&route.method, &route.path, component));
        }
    }
    Ok(served)
}

fn described(document: &Value) -> anyhow::Result<BTreeSet<String>> {
    let mut described = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().context("the document has no paths")? {
        for (method, operation) in operations.as_object().context("a path is no object")? {
            if !METHODS.contains(&method.as_str()) {
                continue;
            }
            let method = method.to_uppercase();
            if !path.starts_with("/internal/") {
                described.insert(label(&method, path, ""));
                continue;
            }
            let servers = operation["servers"].as_array().with_context(|| format!("{path} has no servers"))?;
            for server in servers {
                let url = server["url"].as_str().context("a server has no url")?;
                let component = url.strip_prefix("http://").and_then(|host| host.strip_suffix(".spin.internal"));
                described.insert(label(
                    &method,
                    path,
                    component.context("an internal server is http://NAME.spin.internal")?,
                ));
            }
        }
    }
    Ok(described)
}

fn label(method: &str, path: &str, component: &str) -> String {
    if path.starts_with("/internal/") { format!("{method} {path} ({component})") } else { format!("{method} {path}") }
}

#[test]
fn openapi_lists_every_route() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let served = served(&tree)?;
    println!("openapi: {} routes are served", served.len());
    let text = tree.text("docs/openapi.json").context("docs/openapi.json is missing: it describes every route")?;
    let document: Value = serde_json::from_str(&text)?;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "it is no OpenAPI 3.1");
    let described = described(&document)?;

    let lines = |routes: BTreeSet<&String>| routes.iter().map(|route| format!("\n  {route}")).collect::<String>();
    let missing = lines(served.difference(&described).collect());
    let surplus = lines(described.difference(&served).collect());
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "docs/openapi.json differs from the components.\nserved but not described:{missing}\ndescribed but not served:{surplus}"
    );
    Ok(())
}
