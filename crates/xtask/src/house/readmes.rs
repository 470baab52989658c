//! The code of every README is compiled: some Rust file includes it as documentation.

use std::collections::BTreeSet;

use crate::files::Source;

/// Names each README that no `include_str!` takes in.
pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let included: BTreeSet<String> = sources.iter().flat_map(includes).collect();
    let readmes = sources
        .iter()
        .filter(|source| name(&source.path) == "README.md");
    let forgotten =
        readmes.filter(|readme| has_rust(&readme.text) && !included.contains(&readme.path));
    forgotten
        .map(|readme| {
            format!(
                "{}: its code is never compiled, no doctest includes it",
                readme.path
            )
        })
        .collect()
}

/// Returns the paths that a Rust file includes as documentation, from the root.
fn includes(source: &Source) -> Vec<String> {
    const OPEN: &str = "doc = include_str!(\"";
    let parts = source.text.split(OPEN).skip(1);
    let paths = parts
        .filter_map(|part| part.split_once('"'))
        .map(|(path, _)| resolve(&source.path, path));
    if source.path.ends_with(".rs") {
        paths.collect()
    } else {
        Vec::new()
    }
}

/// Resolves a path as `include_str!` does: from the folder of the file that names it.
fn resolve(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn has_rust(readme: &str) -> bool {
    readme
        .lines()
        .any(|line| line.trim_start().starts_with("```rust"))
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    const CODE: &str = "# A\n\n```rust\nlet a = 1;\n```\n";

    #[test]
    fn a_readme_that_a_doctest_includes_is_good() {
        let line = format!(
            "#[cfg(doctest)]\n#[{}\"../README.md\")]\nstruct Readme;",
            "doc = include_str!("
        );
        for (from, readme) in [
            ("tests/lib.rs", "README.md"),
            ("crates/a/src/lib.rs", "crates/a/README.md"),
        ] {
            assert!(
                check(&[source(from, &line), source(readme, CODE)]).is_empty(),
                "{readme}"
            );
        }
    }

    #[test]
    fn a_readme_that_nothing_includes_is_named() {
        let found = check(&[
            source("crates/a/README.md", CODE),
            source("crates/a/src/lib.rs", "//! A."),
        ]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/a/README.md"), "{found:?}");
    }

    #[test]
    fn a_readme_without_rust_has_nothing_to_compile() {
        assert!(check(&[source("README.md", "```sh\nls\n```")]).is_empty());
    }
}
