//! Which component answers a path, by Spin's rules.
//!
//! Spin's own router is the `routefinder` crate, and so is this one: exact beats `:parameter` beats `/...`, a longer
//! prefix beats a shorter one, leading and trailing slashes don't count, and nothing is decoded or normalised.

use std::collections::BTreeSet;

use anyhow::{anyhow, ensure};
use routefinder::Router as Finder;

use crate::manifest::{HttpTrigger, Route};

/// The end of a route that matches everything below it.
const REST: &str = "/...";

/// The application's public routes.
pub(crate) struct Router {
    finder: Finder<Target>,
}

struct Target {
    component: String,
    /// As the manifest has it.
    route: String,
}

/// A component that answers, and how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteMatch {
    /// The component's id.
    pub(crate) component: String,
    /// The route as the manifest has it.
    pub(crate) route: String,
    /// What `/...` stood for, with its leading slash; empty where the route has no such end.
    pub(crate) path_info: String,
    /// What each `:parameter` of the route stood for.
    pub(crate) parameters: Vec<(String, String)>,
}

impl Router {
    /// A router for the triggers that have a public route.
    ///
    /// # Errors
    /// A route that can't be parsed, or one that is given twice (Spin lets the last one win; here it is a mistake).
    pub(crate) fn new(triggers: &[HttpTrigger]) -> anyhow::Result<Self> {
        let mut finder = Finder::new();
        let mut seen = BTreeSet::new();
        for trigger in triggers {
            let Route::Public(route) = &trigger.route else { continue };
            let spec = match route.strip_suffix(REST) {
                Some(prefix) => format!("{prefix}/*"),
                None => route.clone(),
            };
            ensure!(seen.insert(route), "two HTTP triggers have the route {route:?}");
            let target = Target { component: trigger.component.clone(), route: route.clone() };
            finder.add(spec, target).map_err(|problem| anyhow!("the route {route:?}: {problem}"))?;
        }
        Ok(Self { finder })
    }

    /// The component that answers `path`, which is taken as it came over the wire.
    pub(crate) fn find(&self, path: &str) -> Option<RouteMatch> {
        let found = self.finder.best_match(path)?;
        let captures = found.captures();
        Some(RouteMatch {
            component: found.handler().component.clone(),
            route: found.handler().route.clone(),
            path_info: captures.wildcard().map(|rest| path_info(rest, path)).unwrap_or_default(),
            parameters: captures.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
    }

    /// The public routes with their components, for the message at start.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.finder.iter().map(|(_, target)| (target.route.as_str(), target.component.as_str()))
    }
}

/// `routefinder` drops the slashes around what a wildcard stood for; Spin puts them back.
fn path_info(rest: &str, path: &str) -> String {
    let end = if path.ends_with('/') { "/" } else { "" };
    if rest.is_empty() { end.to_owned() } else { format!("/{rest}{end}") }
}

impl RouteMatch {
    /// The match of a call by service chaining: as if the component's route were `/...`.
    pub(crate) fn chained(component: &str, path: &str) -> Self {
        Self {
            component: component.to_owned(),
            route: REST.to_owned(),
            path_info: path.to_owned(),
            parameters: Vec::new(),
        }
    }

    /// The route under the application's base, which is always `/`: with a leading slash and no trailing one.
    pub(crate) fn matched_route(&self) -> String {
        let route = self.route.strip_suffix('/').unwrap_or(&self.route);
        if route.is_empty() || route.starts_with('/') { route.to_owned() } else { format!("/{route}") }
    }

    /// The route without `/...`.
    pub(crate) fn component_route(&self) -> &str {
        self.route.strip_suffix(REST).unwrap_or(&self.route)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(routes: &[&str]) -> anyhow::Result<Router> {
        let triggers: Vec<_> = routes
            .iter()
            .map(|route| HttpTrigger { route: Route::Public((*route).to_owned()), component: format!("of {route}") })
            .collect();
        Router::new(&triggers)
    }

    fn found(routes: &[&str], path: &str) -> Option<String> {
        router(routes).unwrap().find(path).map(|found| found.route)
    }

    #[test]
    fn exact_beats_parameter_beats_wildcard() {
        let routes = ["/...", "/one", "/:name", "/one/..."];
        assert_eq!(found(&routes, "/one").unwrap(), "/one");
        assert_eq!(found(&routes, "/two").unwrap(), "/:name");
        assert_eq!(found(&routes, "/two/three").unwrap(), "/...");
        assert_eq!(found(&routes, "/one/two").unwrap(), "/one/...");
    }

    #[test]
    fn the_longer_prefix_wins_in_any_order() {
        for routes in [["/a/...", "/a/b/..."], ["/a/b/...", "/a/..."]] {
            assert_eq!(found(&routes, "/a/b/c").unwrap(), "/a/b/...");
            assert_eq!(found(&routes, "/a/bc").unwrap(), "/a/...");
        }
    }

    #[test]
    fn a_wildcard_matches_its_own_prefix() {
        for path in ["/oauth", "/oauth/", "/oauth/sign-in"] {
            assert_eq!(found(&["/oauth/..."], path).unwrap(), "/oauth/...", "{path}");
        }
        assert_eq!(found(&["/oauth/..."], "/oauths"), None);
        assert_eq!(found(&["/oauth/..."], "/"), None);
    }

    #[test]
    fn paths_are_matched_raw() {
        // Surrounding slashes don't count (so it is in Spin); dots and escapes are text like any other.
        assert_eq!(found(&["/internal"], "//internal//").unwrap(), "/internal");
        assert_eq!(found(&["/internal", "/oauth/..."], "/oauth/../internal").unwrap(), "/oauth/...");
        assert_eq!(found(&["/internal"], "/%69nternal"), None);
        assert_eq!(found(&["/a/b"], "/a//b"), None);
    }

    #[test]
    fn tells_path_info_as_spin_does() {
        let router = router(&["/oauth/...", "/exact", "/p/:id/..."]).unwrap();
        for (path, info) in [
            ("/oauth", ""),
            ("/oauth/", "/"),
            ("/oauth/a/b", "/a/b"),
            ("/oauth/a/", "/a/"),
            ("/exact", ""),
            ("/p/42/x", "/x"),
        ] {
            assert_eq!(router.find(path).unwrap().path_info, info, "{path}");
        }
        let found = router.find("/p/42/x").unwrap();
        assert_eq!(found.parameters, [("id".to_owned(), "42".to_owned())]);
        assert_eq!((found.matched_route().as_str(), found.component_route()), ("/p/:id/...", "/p/:id"));
    }

    #[test]
    fn private_components_have_no_route() {
        let private = Route::Private(crate::manifest::PrivateRoute { private: true });
        let router = Router::new(&[HttpTrigger { route: private, component: "oauth".to_owned() }]).unwrap();
        assert_eq!(router.find("/"), None);
        assert_eq!(router.iter().count(), 0);
    }

    #[test]
    fn the_same_route_twice_is_a_mistake() {
        assert!(router(&["/a/...", "/a/..."]).is_err());
    }
}
