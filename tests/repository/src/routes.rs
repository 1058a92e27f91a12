//! Collects the routes of a component.
//!
//! Evaluates the function `router` of its crate, and the functions that it calls, as far as axum's `Router` is concerned. A
//! route that can't be read is an error, so that none is overlooked.

use crate::modules::{Crate, ModuleId};
use crate::names::Target;
use anyhow::{Context, bail, ensure};
use std::collections::{BTreeMap, BTreeSet};
use syn::{Expr, Item, Lit, Pat, ReturnType, Stmt};

/// A method of a path, in capitals. `ANY` stands for every method.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// The path, with `{name}` for parameters.
    pub path: String,
    /// The method.
    pub method: String,
}

/// Routes of the routers in local variables.
type Locals = BTreeMap<String, BTreeSet<Route>>;

/// Returns the routes of the function `router` in the root module.
///
/// # Errors
/// There is no such function, or a route is assembled in a way that is not understood.
pub fn routes(crate_: &Crate) -> anyhow::Result<BTreeSet<Route>> {
    Reader { crate_ }.function(0, "router")
}

struct Reader<'a> {
    crate_: &'a Crate,
}

impl Reader<'_> {
    fn function(&self, module: ModuleId, name: &str) -> anyhow::Result<BTreeSet<Route>> {
        let items = &self.crate_.modules[module].items;
        let function = items.iter().find_map(|item| match item {
            Item::Fn(function) if function.sig.ident == name => Some(function),
            _ => None,
        });
        let file = &self.crate_.modules[module].file;
        let function = function.with_context(|| format!("{file} has no function {name}"))?;
        self.block(module, &function.block, &mut Locals::new()).with_context(|| format!("{file}: function {name}"))
    }

    /// Evaluates a block to the routes of its last expression.
    fn block(&self, module: ModuleId, block: &syn::Block, locals: &mut Locals) -> anyhow::Result<BTreeSet<Route>> {
        let mut last = BTreeSet::new();
        for statement in &block.stmts {
            match statement {
                Stmt::Local(local) => {
                    if let (Some(name), Some(init)) = (variable(&local.pat), &local.init) {
                        let routes = self.expression(module, &init.expr, locals)?;
                        locals.insert(name, routes);
                    }
                }
                Stmt::Expr(Expr::Assign(assignment), _) => {
                    if let Some(name) = local(&assignment.left) {
                        let routes = self.expression(module, &assignment.right, locals)?;
                        locals.insert(name, routes);
                    }
                }
                Stmt::Expr(expression, _) => last = self.expression(module, expression, locals)?,
                Stmt::Item(_) | Stmt::Macro(_) => {}
            }
        }
        Ok(last)
    }

    /// Evaluates an expression to the routes of the router that it is, or that is one of its arguments.
    fn expression(&self, module: ModuleId, expression: &Expr, locals: &mut Locals) -> anyhow::Result<BTreeSet<Route>> {
        Ok(match expression {
            Expr::MethodCall(call) => {
                let mut routes = self.expression(module, &call.receiver, locals)?;
                let arguments: Vec<_> = call.args.iter().collect();
                match (call.method.to_string().as_str(), arguments.as_slice()) {
                    ("route", [path, methods]) => {
                        let path = self.text(module, path)?;
                        for method in methods_of(methods).with_context(|| format!("route {path}"))? {
                            routes.insert(Route { path: path.clone(), method });
                        }
                    }
                    ("route_service", [path, _]) => {
                        routes.insert(Route { path: self.text(module, path)?, method: "ANY".to_owned() });
                    }
                    ("nest", [path, inner]) => {
                        let prefix = self.text(module, path)?;
                        routes.extend(self.expression(module, inner, locals)?.into_iter().map(|route| {
                            let below = if route.path == "/" { "" } else { &route.path };
                            Route { path: format!("{prefix}{below}"), ..route }
                        }));
                    }
                    ("merge", [inner]) => routes.extend(self.expression(module, inner, locals)?),
                    ("nest_service", _) => bail!("the routes of nest_service can't be read"),
                    // with_state, layer, fallback: no routes.
                    _ => {}
                }
                routes
            }
            Expr::Call(call) => {
                let mut routes = BTreeSet::new();
                for argument in &call.args {
                    routes.extend(self.expression(module, argument, locals)?);
                }
                if let Expr::Path(path) = &*call.func {
                    let path: Vec<_> = path.path.segments.iter().map(|part| part.ident.to_string()).collect();
                    for target in self.crate_.resolve(module, &path) {
                        if let Target::Item { module, name } = target
                            && self.returns_router(module, &name)
                        {
                            routes.extend(self.function(module, &name)?);
                        }
                    }
                }
                routes
            }
            Expr::Path(_) => local(expression).and_then(|name| locals.get(&name).cloned()).unwrap_or_default(),
            Expr::Block(block) => self.block(module, &block.block, &mut locals.clone())?,
            Expr::If(branches) => {
                let mut routes = self.block(module, &branches.then_branch, &mut locals.clone())?;
                if let Some((_, otherwise)) = &branches.else_branch {
                    routes.extend(self.expression(module, otherwise, locals)?);
                }
                routes
            }
            Expr::Paren(inner) => self.expression(module, &inner.expr, locals)?,
            Expr::Group(inner) => self.expression(module, &inner.expr, locals)?,
            Expr::Reference(inner) => self.expression(module, &inner.expr, locals)?,
            Expr::Return(syn::ExprReturn { expr: Some(inner), .. }) => self.expression(module, inner, locals)?,
            _ => BTreeSet::new(),
        })
    }

    fn returns_router(&self, module: ModuleId, name: &str) -> bool {
        self.crate_.modules[module].items.iter().any(|item| match item {
            Item::Fn(function) if function.sig.ident == name => match &function.sig.output {
                ReturnType::Type(_, returned) => match &**returned {
                    syn::Type::Path(path) => path.path.segments.last().is_some_and(|part| part.ident == "Router"),
                    _ => false,
                },
                ReturnType::Default => false,
            },
            _ => false,
        })
    }

    /// Evaluates a path of a route: a literal, or a constant of the same crate.
    fn text(&self, module: ModuleId, expression: &Expr) -> anyhow::Result<String> {
        match expression {
            Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => Ok(text.value()),
            Expr::Reference(inner) => self.text(module, &inner.expr),
            Expr::Path(path) => {
                let path: Vec<_> = path.path.segments.iter().map(|part| part.ident.to_string()).collect();
                for target in self.crate_.resolve(module, &path) {
                    let Target::Item { module, name } = target else { continue };
                    for item in &self.crate_.modules[module].items {
                        if let Item::Const(constant) = item
                            && constant.ident == name
                        {
                            return self.text(module, &constant.expr);
                        }
                    }
                }
                bail!("{} is no constant of this crate", path.join("::"))
            }
            _ => bail!("the path of a route is neither a literal nor a constant"),
        }
    }
}

/// Methods that a method router answers to: `get(handler).post(handler)`.
fn methods_of(router: &Expr) -> anyhow::Result<BTreeSet<String>> {
    const METHODS: [&str; 10] = ["any", "connect", "delete", "get", "head", "options", "patch", "post", "put", "trace"];
    let mut methods = BTreeSet::new();
    let mut add = |name: &syn::Ident| {
        let name = name.to_string();
        let method = name.strip_suffix("_service").unwrap_or(&name);
        METHODS.contains(&method).then(|| methods.insert(method.to_uppercase()))
    };
    let mut rest = router;
    while let Expr::MethodCall(call) = rest {
        // Others, such as layer, add no method.
        add(&call.method);
        rest = &call.receiver;
    }
    match rest {
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else { bail!("its methods can't be read") };
            let known = path.path.segments.last().and_then(|part| add(&part.ident));
            ensure!(known.is_some(), "its methods can't be read");
        }
        _ => bail!("its methods can't be read"),
    }
    Ok(methods)
}

fn variable(pattern: &Pat) -> Option<String> {
    match pattern {
        Pat::Ident(name) => Some(name.ident.to_string()),
        Pat::Type(typed) => variable(&typed.pat),
        _ => None,
    }
}

fn local(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::routes;
    use crate::modules::Crate;

    fn read(lib: &str, admin: &str) -> anyhow::Result<Vec<String>> {
        let text = |path: &str| match path {
            "src/lib.rs" => Some(lib.to_owned()),
            "src/admin.rs" => Some(admin.to_owned()),
            _ => None,
        };
        let routes = routes(&Crate::load("src/lib.rs", &text)?)?;
        Ok(routes.into_iter().map(|route| format!("{} {}", route.method, route.path)).collect())
    }

    #[test]
    fn follows_merges_nests_and_variables() {
        let lib = r#"
            mod admin;
            pub fn router(ports: Ports) -> Router {
                let public = Router::new().route("/a/{id}", get(show).put(change).layer(x));
                let internal: Router<App> = Router::new().route("/tick", axum::routing::post(tick));
                let mut all = public.merge(admin::routes()).nest("/internal", internal);
                all = all.route_service("/file", service);
                platform::finish(all.with_state(App::new(ports)))
            }"#;
        let admin = r#"
            const PATH: &str = "/admin";
            pub fn routes() -> Router<App> { Router::new().route(PATH, get(page)) }"#;
        let expected = ["GET /a/{id}", "PUT /a/{id}", "GET /admin", "ANY /file", "POST /internal/tick"];
        assert_eq!(read(lib, admin).unwrap(), expected);
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        let error = read("pub fn router() -> Router { Router::new().route(&path(), get(a)) }", "").unwrap_err();
        assert!(format!("{error:#}").contains("neither a literal nor a constant"));
        let error = read("pub fn router() -> Router { Router::new().route(\"/a\", methods()) }", "").unwrap_err();
        assert!(format!("{error:#}").contains("its methods can't be read"));
    }
}
