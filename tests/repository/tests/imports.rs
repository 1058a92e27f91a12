//! Source files import each other in one direction only.

use repository::circles::circles;
use repository::imports::Graph;
use repository::modules::Crate;
use repository::tree::Tree;

#[test]
fn imports_have_no_circles() -> anyhow::Result<()> {
    let tree = Tree::open()?;
    let mut graph = Graph::default();
    let packages = tree.shipped_packages();
    for package in &packages {
        for root in tree.crate_roots(package) {
            graph.add(&Crate::load(&root, &|path| tree.text(path))?);
        }
    }
    let circles = circles(&graph);
    let largest = circles.iter().map(Vec::len).max().unwrap_or(0);
    println!("imports: {} packages, {} files, {} edges", packages.len(), graph.files.len(), graph.edges.len());
    println!("imports: {} circles, the largest of {largest} files", circles.len());
    // A check that reads nothing would pass.
    assert!(packages.len() >= 12, "only {} packages were found", packages.len());
    assert!(graph.files.len() >= 150 && graph.edges.len() >= 300, "too few files or edges were found");

    let mut report = String::new();
    for (number, files) in circles.iter().enumerate() {
        report += &format!("\ncircle {} of {} files:", number + 1, files.len());
        let within = |file: &String| files.contains(&file.as_str());
        for ((from, to), edge) in graph.edges.iter().filter(|((from, to), _)| within(from) && within(to)) {
            let names: Vec<_> = edge.names.iter().map(String::as_str).collect();
            report += &format!("\n  {from}:{} -> {to}: {}", edge.line, names.join(", "));
        }
    }
    assert!(
        circles.is_empty(),
        "files import each other in circles; move what they share into a file below both:{report}"
    );
    Ok(())
}
