//! Loads the modules of one crate. Code that is compiled for tests only is left out.

use anyhow::{Context, bail};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemUse, UseTree};

/// Position of a module in [`Crate::modules`]. The root is 0.
pub type ModuleId = usize;

/// All modules of a crate.
#[derive(Default)]
pub struct Crate {
    /// The modules, the root first.
    pub modules: Vec<Module>,
    /// Macros with `#[macro_export]`, which are named from the root, and the modules that define them.
    pub exported_macros: BTreeMap<String, ModuleId>,
}

/// One module: a file, or an inline module of a file.
#[derive(Default)]
pub struct Module {
    /// Path of its source file.
    pub file: String,
    /// The module around it.
    pub parent: Option<ModuleId>,
    /// Its child modules by name.
    pub children: BTreeMap<String, ModuleId>,
    /// Names of the items that it defines.
    pub definitions: BTreeSet<String>,
    /// Names of the macros that it defines, visible to the modules below it.
    pub macros: BTreeSet<String>,
    /// Identifiers within macro calls at module level, any of which may be the name of a generated item.
    pub generated: BTreeSet<String>,
    /// Its `use` declarations, also those within functions.
    pub imports: Vec<Import>,
    /// Its items without modules.
    pub items: Vec<Item>,
}

/// One name, or one glob, of a `use` declaration.
#[derive(Debug, Clone)]
pub struct Import {
    /// The name that it brings into scope; none for a glob.
    pub name: Option<String>,
    /// The path that it names.
    pub path: Vec<String>,
    /// Its line.
    pub line: usize,
}

/// Reads the text of a source file, if there is one.
pub type Reader<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Crate {
    /// Loads the crate whose root is the file `root`.
    ///
    /// # Errors
    /// A file can't be parsed, or the file of a module is missing.
    pub fn load(root: &str, read: Reader<'_>) -> anyhow::Result<Self> {
        let mut crate_ = Self::default();
        let directory = root.rsplit_once('/').map_or("", |(directory, _)| directory);
        let text = read(root).with_context(|| format!("{root} is missing"))?;
        crate_.load_file(root, directory, &text, None, read)?;
        Ok(crate_)
    }

    /// Loads a file whose child modules are in `directory`.
    fn load_file(
        &mut self,
        file: &str,
        directory: &str,
        text: &str,
        parent: Option<ModuleId>,
        read: Reader<'_>,
    ) -> anyhow::Result<ModuleId> {
        let ast = syn::parse_file(text).with_context(|| format!("{file} can't be parsed"))?;
        self.add(file, directory, ast.items, parent, read)
    }

    fn add(
        &mut self,
        file: &str,
        directory: &str,
        items: Vec<Item>,
        parent: Option<ModuleId>,
        read: Reader<'_>,
    ) -> anyhow::Result<ModuleId> {
        let id = self.modules.len();
        self.modules.push(Module { file: file.to_owned(), parent, ..Module::default() });
        for item in items {
            if is_test_only(attributes(&item)) {
                continue;
            }
            let Item::Mod(module) = item else {
                self.define(id, item);
                continue;
            };
            let name = name(&module.ident);
            let below = format!("{directory}/{name}");
            let child = match module.content {
                Some((_, items)) => self.add(file, &below, items, Some(id), read)?,
                None => {
                    let candidates = match path_attribute(&module.attrs) {
                        Some(path) => {
                            let beside = file.rsplit_once('/').map_or("", |(directory, _)| directory);
                            vec![crate::tree::join(beside, &path).context("#[path] leads out of the repository")?]
                        }
                        None => vec![format!("{below}.rs"), format!("{below}/mod.rs")],
                    };
                    let found = candidates.iter().find_map(|path| Some((path, read(path)?)));
                    let Some((path, text)) = found else { bail!("{file}: the file of module {name} is missing") };
                    self.load_file(path, &below, &text, Some(id), read)?
                }
            };
            self.modules[id].children.insert(name, child);
        }
        Ok(id)
    }

    fn define(&mut self, id: ModuleId, item: Item) {
        if let Item::Macro(definition) = &item
            && let Some(ident) = &definition.ident
            && definition.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"))
        {
            self.exported_macros.insert(name(ident), id);
        }
        let module = &mut self.modules[id];
        match &item {
            Item::Const(item) => drop(module.definitions.insert(name(&item.ident))),
            Item::Enum(item) => drop(module.definitions.insert(name(&item.ident))),
            Item::Fn(item) => drop(module.definitions.insert(name(&item.sig.ident))),
            Item::Static(item) => drop(module.definitions.insert(name(&item.ident))),
            Item::Struct(item) => drop(module.definitions.insert(name(&item.ident))),
            Item::Trait(item) => drop(module.definitions.insert(name(&item.ident))),
            Item::TraitAlias(item) => drop(module.definitions.insert(name(&item.ident))),
            Item::Type(item) => drop(module.definitions.insert(name(&item.ident))),
            Item::Union(item) => drop(module.definitions.insert(name(&item.ident))),
            Item::Macro(item) => match &item.ident {
                Some(ident) => drop(module.macros.insert(name(ident))),
                None => identifiers(item.mac.tokens.clone(), &mut module.generated),
            },
            _ => {}
        }
        Imports(&mut module.imports).visit_item(&item);
        module.items.push(item);
    }
}

/// Collects `use` declarations.
struct Imports<'a>(&'a mut Vec<Import>);

impl<'ast> Visit<'ast> for Imports<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test_only(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        // `::name` names another crate.
        if item.leading_colon.is_none() {
            self.0.extend(imports(item));
        }
    }
}

/// Flattens a `use` declaration.
pub fn imports(item: &ItemUse) -> Vec<Import> {
    let mut found = Vec::new();
    flatten(&item.tree, &mut Vec::new(), &mut found);
    found
}

fn flatten(tree: &UseTree, prefix: &mut Vec<String>, found: &mut Vec<Import>) {
    let mut leaf = |last: &syn::Ident, alias: &syn::Ident| {
        let mut path = prefix.clone();
        // `use a::{self}` names `a`.
        if last != "self" || path.is_empty() {
            path.push(name(last));
        }
        let alias = if alias == "self" { path.last().cloned() } else { Some(name(alias)) };
        found.push(Import { name: alias, path, line: last.span().start().line });
    };
    match tree {
        UseTree::Name(leaf_name) => leaf(&leaf_name.ident, &leaf_name.ident),
        UseTree::Rename(renamed) => leaf(&renamed.ident, &renamed.rename),
        UseTree::Glob(glob) => {
            let line = glob.star_token.spans[0].start().line;
            found.push(Import { name: None, path: prefix.clone(), line });
        }
        UseTree::Path(path) => {
            prefix.push(name(&path.ident));
            flatten(&path.tree, prefix, found);
            prefix.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, prefix, found)),
    }
}

/// An identifier without `r#`.
pub fn name(ident: &syn::Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_owned()
}

fn identifiers(tokens: proc_macro2::TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Ident(ident) => drop(found.insert(name(&ident))),
            proc_macro2::TokenTree::Group(group) => identifiers(group.stream(), found),
            _ => {}
        }
    }
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(syn::MetaNameValue { path, value: syn::Expr::Lit(literal), .. })
            if path.is_ident("path") =>
        {
            match &literal.lit {
                syn::Lit::Str(path) => Some(path.value()),
                _ => None,
            }
        }
        _ => None,
    })
}

/// Returns whether an item with these attributes is compiled for tests only.
pub fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string().replace(' ', "");
            condition == "test" || condition.starts_with("all(test,")
        }
        meta => meta.path().is_ident("test"),
    })
}

/// Attributes of an item.
pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
