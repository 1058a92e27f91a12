//! Bundling modules into one script.

use super::bundler::bundle;
use std::collections::BTreeMap;

fn bundled(modules: &[(&str, &str)]) -> Result<String, String> {
    let modules: BTreeMap<_, _> = modules.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect();
    bundle(&modules)
}

#[test]
fn modules_follow_their_imports_and_share_only_exports() {
    let app = "// The entry point.\nimport { one } from \"./b-c.js\";\n\none();\n";
    let needed = "const own = 1;\nexport const two = 2;\nexport async function one() {\n  return own;\n}\n";
    let expected = "const $b_c = (() => {\nconst own = 1;\nconst two = 2;\nasync function one() {\n  return own;\n}\n\
        return { two, one };\n})();\nconst $app = (() => {\nconst { one } = $b_c;\none();\nreturn {  };\n})();\n";
    assert_eq!(bundled(&[("app", app), ("b-c", needed)]).unwrap(), expected);
}

#[test]
fn unsupported_syntax_is_rejected() {
    for text in [
        "import x from \"./b.js\";",
        "import * as x from \"./b.js\";",
        "import { x as y } from \"./b.js\";",
        "import { x } from \"https://elsewhere.test/b.js\";",
        "import \"./b.js\";",
        "export default 1;",
        "export let x = 1;",
        "export { x };",
        "export * from \"./b.js\";",
        "import { x } from \"./nowhere.js\";",
    ] {
        assert!(bundled(&[("a", text), ("b", "export const x = 1;")]).is_err(), "{text}");
    }
    let circle = [("a", "import { b } from \"./b.js\";"), ("b", "import { a } from \"./a.js\";")];
    assert_eq!(bundled(&circle).unwrap_err(), "a imports itself through a, b");
}
