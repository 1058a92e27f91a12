//! Matches paths to components by Spin's rules.
//!
//! Like Spin, this uses the `routefinder` crate. An exact route takes precedence over `:parameter`, which takes
//! precedence over `/...`, and a longer prefix over a shorter one. Leading and trailing slashes are ignored. Paths are
//! neither decoded nor normalized.

use std::collections::BTreeSet;

use anyhow::{anyhow, ensure};
use routefinder::Router as Finder;

use crate::manifest::{HttpTrigger, Route};

/// The suffix of a wildcard route.
const WILDCARD: &str = "/...";

/// The application's public routes.
pub(crate) struct Router {
    finder: Finder<RouteTarget>,
}

struct RouteTarget {
    component: String,
    /// The route as written in the manifest.
    route: String,
}

/// The component that answers a path, and how the path matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RouteMatch {
    /// The component's id.
    pub(crate) component: String,
    /// The route as written in the manifest.
    pub(crate) route: String,
    /// The part that `/...` matched, with its leading slash. Empty for a route without a wildcard.
    pub(crate) path_info: String,
    /// The names and values of the route's `:parameter` segments.
    pub(crate) parameters: Vec<(String, String)>,
}

impl Router {
    /// Creates a router for the triggers that have a public route.
    ///
    /// # Errors
    /// A route can't be parsed or occurs twice. Spin accepts a duplicate and uses the last one.
    pub(crate) fn new(triggers: &[HttpTrigger]) -> anyhow::Result<Self> {
        let mut finder = Finder::new();
        let mut seen = BTreeSet::new();
        for trigger in triggers {
            let Route::Public(route) = &trigger.route else { continue };
            let spec = match route.strip_suffix(WILDCARD) {
                Some(prefix) => format!("{prefix}/*"),
                None => route.clone(),
            };
            ensure!(seen.insert(route), "two HTTP triggers have the route {route:?}");
            let target = RouteTarget { component: trigger.component.clone(), route: route.clone() };
            finder.add(spec, target).map_err(|problem| anyhow!("the route {route:?}: {problem}"))?;
        }
        Ok(Self { finder })
    }

    /// Returns the component that answers `path`. `path` is the raw path of the request.
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

    /// Iterates over the public routes and their components.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.finder.iter().map(|(_, target)| (target.route.as_str(), target.component.as_str()))
    }
}

/// Restores the slashes around the wildcard's match, which `routefinder` drops. Spin does the same.
fn path_info(rest: &str, path: &str) -> String {
    let end = if path.ends_with('/') { "/" } else { "" };
    if rest.is_empty() { end.to_owned() } else { format!("/{rest}{end}") }
}

impl RouteMatch {
    /// Returns the match of a service chaining call, as if the component's route were `/...`.
    pub(crate) fn chained(component: &str, path: &str) -> Self {
        Self {
            component: component.to_owned(),
            route: WILDCARD.to_owned(),
            path_info: path.to_owned(),
            parameters: Vec::new(),
        }
    }

    /// Returns the route below the application's base path `/`: with a leading slash and without a trailing one.
    pub(crate) fn matched_route(&self) -> String {
        let route = self.route.strip_suffix('/').unwrap_or(&self.route);
        if route.is_empty() || route.starts_with('/') { route.to_owned() } else { format!("/{route}") }
    }

    /// Returns the route without `/...`.
    pub(crate) fn component_route(&self) -> &str {
        self.route.strip_suffix(WILDCARD).unwrap_or(&self.route)
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
    fn exact_precedes_parameter_precedes_wildcard() {
        let routes = ["/...", "/one", "/:name", "/one/..."];
        assert_eq!(found(&routes, "/one").unwrap(), "/one");
        assert_eq!(found(&routes, "/two").unwrap(), "/:name");
        assert_eq!(found(&routes, "/two/three").unwrap(), "/...");
        assert_eq!(found(&routes, "/one/two").unwrap(), "/one/...");
    }

    #[test]
    fn the_longest_prefix_wins_in_any_order() {
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
        // Surrounding slashes are ignored, as in Spin. Dots and escapes have no special meaning.
        assert_eq!(found(&["/internal"], "//internal//").unwrap(), "/internal");
        assert_eq!(found(&["/internal", "/oauth/..."], "/oauth/../internal").unwrap(), "/oauth/...");
        assert_eq!(found(&["/internal"], "/%69nternal"), None);
        assert_eq!(found(&["/a/b"], "/a//b"), None);
    }

    #[test]
    fn returns_path_info_and_parameters_as_spin_does() {
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
    fn rejects_a_duplicate_route() {
        assert!(router(&["/a/...", "/a/..."]).is_err());
    }
}
