//! The graph of source files: an edge leads from a file to each file that defines an item which the first one names.
//!
//! An edge comes from a path in a `use` declaration, a type, an expression, a pattern, a macro call or a serde attribute.
//! Re-exports are followed to the file of the definition. Method calls and documentation links make no edge.

use crate::modules::{self, Crate, ModuleId, attributes, is_test_only};
use crate::names::Target;
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};

/// The graph. Files are paths from the root of the repository.
#[derive(Debug, Default)]
pub struct Graph {
    /// All files.
    pub files: BTreeSet<String>,
    /// The edges, from file to file.
    pub edges: BTreeMap<(String, String), Edge>,
}

/// Why one file depends on another.
#[derive(Debug, Default, Clone)]
pub struct Edge {
    /// The items that it names.
    pub names: BTreeSet<String>,
    /// Line of the first of them.
    pub line: usize,
}

impl Graph {
    /// Adds the files of a crate and the edges between them.
    pub fn add(&mut self, crate_: &Crate) {
        for (id, module) in crate_.modules.iter().enumerate() {
            self.files.insert(module.file.clone());
            let mut visitor = Paths { crate_, module: id, graph: self };
            for item in &module.items {
                visitor.visit_item(item);
            }
        }
    }

    fn insert(&mut self, from: &str, to: &str, name: &str, line: usize) {
        if from != to {
            let edge = self.edges.entry((from.to_owned(), to.to_owned())).or_default();
            edge.names.insert(name.to_owned());
            edge.line = if edge.line == 0 { line } else { edge.line.min(line) };
        }
    }
}

/// Visits every path of a module.
struct Paths<'a> {
    crate_: &'a Crate,
    module: ModuleId,
    graph: &'a mut Graph,
}

impl Paths<'_> {
    fn record(&mut self, path: &[String], line: usize) {
        for target in self.crate_.resolve(self.module, path) {
            if let Target::Item { module, name } = target {
                self.insert(module, &name, line);
            }
        }
    }

    fn insert(&mut self, module: ModuleId, name: &str, line: usize) {
        let from = &self.crate_.modules[self.module].file;
        self.graph.insert(from, &self.crate_.modules[module].file, name, line);
    }

    /// Records the paths among the tokens of a macro call. A name after a dot is a field or a method.
    fn record_tokens(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter();
        let mut path: Vec<String> = Vec::new();
        let mut before = ' ';
        while let Some(token) = tokens.next() {
            let before_token = std::mem::replace(&mut before, ' ');
            match token {
                TokenTree::Ident(ident) => {
                    if path.is_empty() && matches!(before_token, '.' | '\'') {
                        continue;
                    }
                    path.push(modules::name(&ident));
                    let is_colon =
                        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
                    let mut ahead = tokens.clone();
                    let continues = ahead.next().as_ref().is_some_and(is_colon)
                        && ahead.next().as_ref().is_some_and(is_colon)
                        && matches!(ahead.next(), Some(TokenTree::Ident(_)));
                    if continues {
                        tokens.nth(1);
                    } else {
                        self.record(&std::mem::take(&mut path), ident.span().start().line);
                    }
                }
                TokenTree::Group(group) => self.record_tokens(group.stream()),
                // What follows a range, `..`, is a name again.
                TokenTree::Punct(punct) if punct.as_char() == '.' && before_token == '.' => {}
                TokenTree::Punct(punct) => before = punct.as_char(),
                TokenTree::Literal(_) => {}
            }
        }
    }

    /// Records functions that serde attributes name in strings, as in `deserialize_with = "lenient::text"`.
    fn record_strings(&mut self, tokens: TokenStream) {
        for token in tokens {
            let TokenTree::Literal(literal) = &token else { continue };
            let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) else { continue };
            if let Ok(path) = text.parse::<syn::Path>() {
                self.record(&segments(&path), literal.span().start().line);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_test_only(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_test_only(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !is_test_only(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if !is_test_only(&local.attrs) {
            visit::visit_local(self, local);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            for import in modules::imports(item) {
                self.record(&import.path, import.line);
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none()
            && let Some(first) = path.segments.first()
        {
            self.record(&segments(path), first.ident.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if let Some(ident) = call.path.get_ident()
            && let Some(module) = self.crate_.macro_in_scope(self.module, &modules::name(ident))
        {
            self.insert(module, &modules::name(ident), ident.span().start().line);
        }
        visit::visit_macro(self, call);
        self.record_tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta
            && list.path.is_ident("serde")
        {
            self.record_strings(list.tokens.clone());
        }
    }
}

fn segments(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| modules::name(&segment.ident)).collect()
}

#[cfg(test)]
mod tests {
    use super::Graph;
    use crate::circles::circles;
    use crate::modules::Crate;
    use std::collections::BTreeMap;

    fn graph(files: &[(&str, &str)]) -> Graph {
        let files: BTreeMap<_, _> = files.iter().copied().collect();
        let read = |path: &str| files.get(path).map(|text| (*text).to_owned());
        let mut graph = Graph::default();
        graph.add(&Crate::load("src/lib.rs", &read).unwrap());
        graph
    }

    fn edges(graph: &Graph) -> Vec<String> {
        let names = |edge: &super::Edge| edge.names.iter().cloned().collect::<Vec<_>>().join(",");
        graph.edges.iter().map(|((from, to), edge)| format!("{from}->{to}:{}", names(edge))).collect()
    }

    #[test]
    fn finds_a_circle_of_two() {
        let graph = graph(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use crate::b::B; pub struct A(B);"),
            ("src/b.rs", "pub struct B; fn b() -> Option<super::a::A> { None }"),
        ]);
        assert_eq!(edges(&graph), ["src/a.rs->src/b.rs:B", "src/b.rs->src/a.rs:A"]);
        assert_eq!(circles(&graph), [["src/a.rs", "src/b.rs"]]);
    }

    #[test]
    fn follows_a_re_export_to_its_definition() {
        let graph = graph(&[
            ("src/lib.rs", "mod a; mod m;"),
            ("src/a.rs", "use crate::m::C;"),
            ("src/m/mod.rs", "mod c; mod d; pub use c::C;"),
            ("src/m/c.rs", "pub struct C;"),
            ("src/m/d.rs", "use super::C; fn d(_: C) {}"),
        ]);
        assert_eq!(edges(&graph), ["src/a.rs->src/m/c.rs:C", "src/m/d.rs->src/m/c.rs:C", "src/m/mod.rs->src/m/c.rs:C"]);
        assert!(circles(&graph).is_empty());
    }

    #[test]
    fn finds_a_circle_through_super() {
        let graph = graph(&[
            ("src/lib.rs", "mod m;"),
            ("src/m/mod.rs", "mod c; pub const LIMIT: u8 = 1; pub fn m() { c::run() }"),
            ("src/m/c.rs", "pub fn run() { let _ = super::LIMIT; }"),
        ]);
        assert_eq!(circles(&graph), [["src/m/c.rs", "src/m/mod.rs"]]);
    }

    #[test]
    fn ignores_tests_and_module_declarations() {
        let graph = graph(&[
            ("src/lib.rs", "mod a; #[cfg(test)] mod tests; pub fn lib() {}"),
            ("src/a.rs", "pub fn a() {} #[cfg(test)] mod tests { use crate::lib; } #[cfg(test)] use crate::lib;"),
        ]);
        assert!(graph.edges.is_empty());
    }

    #[test]
    fn resolves_aliases_globs_macros_and_attributes() {
        let graph = graph(&[
            ("src/lib.rs", "mod a; mod b; mod ids;"),
            ("src/a.rs", "use crate::b as other; fn f() { other::g(); println!(\"{:?}\", x.y..other::H); }"),
            (
                "src/b.rs",
                "use crate::ids::*; pub fn g() {} pub const H: u8 = 0; struct S { #[serde(with = \"crate::a::f\")] id: Id }",
            ),
            ("src/ids.rs", "make! { Id }"),
        ]);
        assert_eq!(edges(&graph), ["src/a.rs->src/b.rs:H,g", "src/b.rs->src/a.rs:f", "src/b.rs->src/ids.rs:Id"]);
    }

    #[test]
    fn separates_a_module_from_a_function_of_its_name() {
        let graph = graph(&[
            ("src/lib.rs", "mod a; mod b; mod kick; use b::kick; fn f() { kick(); kick::Kick; }"),
            ("src/a.rs", "use http::Request; fn g(request: Request) { let kick = request; kick }"),
            ("src/b.rs", "pub fn kick() {}"),
            ("src/kick.rs", "pub struct Kick;"),
        ]);
        assert_eq!(edges(&graph), ["src/lib.rs->src/b.rs:kick", "src/lib.rs->src/kick.rs:Kick"]);
    }

    #[test]
    fn finds_the_file_of_a_macro() {
        let graph = graph(&[
            ("src/lib.rs", "mod log; mod m; mod a;"),
            ("src/log.rs", "#[macro_export] macro_rules! log { () => {} }"),
            ("src/m/mod.rs", "macro_rules! key { () => {} } mod c;"),
            ("src/m/c.rs", "key!();"),
            ("src/a.rs", "fn a() { crate::log!(); }"),
        ]);
        assert_eq!(edges(&graph), ["src/a.rs->src/log.rs:log", "src/m/c.rs->src/m/mod.rs:key"]);
    }
}
