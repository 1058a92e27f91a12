//! Finds circles: the strongly connected components of more than one file (Tarjan's algorithm).

use crate::imports::Graph;
use std::collections::BTreeMap;

/// Returns the circles, each with its files in order.
pub fn circles(graph: &Graph) -> Vec<Vec<&str>> {
    let mut search = Search::default();
    for (from, to) in graph.edges.keys() {
        search.next.entry(from).or_default().push(to);
    }
    for file in &graph.files {
        if !search.nodes.contains_key(file.as_str()) {
            search.visit(file);
        }
    }
    let mut found: Vec<_> = search.components.into_iter().filter(|files| files.len() > 1).collect();
    found.iter_mut().for_each(|files| files.sort_unstable());
    found.sort();
    found
}

#[derive(Default)]
struct Search<'a> {
    next: BTreeMap<&'a str, Vec<&'a str>>,
    nodes: BTreeMap<&'a str, Node>,
    stack: Vec<&'a str>,
    components: Vec<Vec<&'a str>>,
}

#[derive(Clone, Copy)]
struct Node {
    index: usize,
    on_stack: bool,
}

impl<'a> Search<'a> {
    /// Visits a file and all that it leads to. Returns the lowest index that it reaches.
    fn visit(&mut self, file: &'a str) -> usize {
        let index = self.nodes.len();
        self.nodes.insert(file, Node { index, on_stack: true });
        self.stack.push(file);
        let mut lowest = index;
        for next in self.next.get(file).cloned().unwrap_or_default() {
            match self.nodes.get(next) {
                None => lowest = lowest.min(self.visit(next)),
                Some(node) if node.on_stack => lowest = lowest.min(node.index),
                Some(_) => {}
            }
        }
        if lowest == index
            && let Some(start) = self.stack.iter().rposition(|other| *other == file)
        {
            let component = self.stack.split_off(start);
            for member in &component {
                if let Some(node) = self.nodes.get_mut(member) {
                    node.on_stack = false;
                }
            }
            self.components.push(component);
        }
        lowest
    }
}
