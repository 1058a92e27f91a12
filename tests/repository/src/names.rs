//! Resolves a path to the module that defines the item, through imports and re-exports.

use crate::modules::{Crate, ModuleId};
use std::collections::BTreeSet;

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A module of this crate.
    Module(ModuleId),
    /// An item that a module of this crate defines.
    Item {
        /// The module.
        module: ModuleId,
        /// The item's name there.
        name: String,
    },
    /// Something of another crate.
    External,
}

/// Look-ups under way, so that imports that name each other end.
type Pending = BTreeSet<(ModuleId, String)>;

impl Crate {
    /// Resolves `path` as written in `module`. A name may stand for several things: a type and a function, say. A local
    /// variable or a name of the standard library is nothing.
    pub fn resolve(&self, module: ModuleId, path: &[String]) -> BTreeSet<Target> {
        self.resolve_within(module, path, &mut Pending::new())
    }

    fn resolve_within(&self, module: ModuleId, path: &[String], pending: &mut Pending) -> BTreeSet<Target> {
        let Some((first, mut rest)) = path.split_first() else { return BTreeSet::new() };
        let mut found = match first.as_str() {
            "crate" => BTreeSet::from([Target::Module(0)]),
            "self" => BTreeSet::from([Target::Module(module)]),
            "super" => self.modules[module].parent.map(Target::Module).into_iter().collect(),
            name => self.look_up(module, name, pending),
        };
        while let Some((segment, remainder)) = rest.split_first() {
            rest = remainder;
            let mut before = std::mem::take(&mut found);
            // A module and a function may share a name; only the module has something below it.
            if before.iter().any(|target| matches!(target, Target::Module(_))) {
                before.retain(|target| matches!(target, Target::Module(_)));
            }
            for target in before {
                match target {
                    Target::Module(within) if segment == "super" => {
                        found.extend(self.modules[within].parent.map(Target::Module));
                    }
                    Target::Module(within) => {
                        let mut below = self.look_up(within, segment, pending);
                        if below.is_empty() {
                            // A name that only a macro can have generated there.
                            below.insert(Target::Item { module: within, name: segment.clone() });
                        }
                        found.extend(below);
                    }
                    // What follows an item is associated with it: a method, a variant.
                    item => drop(found.insert(item)),
                }
            }
        }
        found
    }

    /// Finds what `name` stands for in `module`: its own first, then its imports, then its glob imports.
    fn look_up(&self, module: ModuleId, name: &str, pending: &mut Pending) -> BTreeSet<Target> {
        let mut found = BTreeSet::new();
        if !pending.insert((module, name.to_owned())) {
            return found;
        }
        let within = &self.modules[module];
        let item = |module| Target::Item { module, name: name.to_owned() };
        if let Some(child) = within.children.get(name) {
            found.insert(Target::Module(*child));
        }
        if within.definitions.contains(name) || within.macros.contains(name) {
            found.insert(item(module));
        }
        if module == 0
            && let Some(definer) = self.exported_macros.get(name)
        {
            found.insert(item(*definer));
        }
        for import in within.imports.iter().filter(|import| import.name.as_deref() == Some(name)) {
            let named = self.resolve_within(module, &import.path, pending);
            if named.is_empty() {
                found.insert(Target::External);
            }
            found.extend(named);
        }
        if found.is_empty() && within.generated.contains(name) {
            found.insert(item(module));
        }
        if found.is_empty() {
            for import in within.imports.iter().filter(|import| import.name.is_none()) {
                for target in self.resolve_within(module, &import.path, pending) {
                    if let Target::Module(source) = target {
                        found.extend(self.look_up(source, name, pending));
                    }
                }
            }
        }
        pending.remove(&(module, name.to_owned()));
        found
    }

    /// Finds the module whose `macro_rules!` the call `name!` in `module` means, by textual scope.
    pub fn macro_in_scope(&self, module: ModuleId, name: &str) -> Option<ModuleId> {
        let mut around = Some(module);
        while let Some(id) = around {
            if self.modules[id].macros.contains(name) {
                return Some(id);
            }
            around = self.modules[id].parent;
        }
        None
    }
}
