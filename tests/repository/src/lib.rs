//! Analysis behind the checks of the repository. The checks are the files in `tests/`; they share:
//!
//! | module | what it does |
//! |---|---|
//! | [`rule_tests`] | writes the lists of tests in docs/RULES.md |
//! | [`tree`] | lists the tracked files, the workspace's packages, and prints findings |
//! | [`modules`] | loads a crate's modules from its source files |
//! | [`names`] | resolves a path to the module that defines the item |
//! | [`imports`] | builds the graph of source files that import each other |
//! | [`circles`] | finds the circles of that graph |
//! | [`comments`] | extracts comment lines |
//! | [`markdown`] | extracts links and heading anchors |
//! | [`routes`] | collects the routes of a component |
//! | [`yaml`] | reads YAML as JSON values |
//! | [`shell`] | joins the lines of a command in a script or workflow |

pub mod circles;
pub mod comments;
pub mod imports;
pub mod markdown;
pub mod modules;
pub mod names;
pub mod routes;
pub mod rule_tests;
pub mod shell;
pub mod tree;
pub mod yaml;
