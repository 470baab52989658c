//! No dependency asks for a newer compiler than its user promises.
//!
//! The workspace has more than one `rust-version`, and one toolchain is on the machine, so the claim is checked on
//! the resolved tree: what each published package needs to be built and to run, with all features and for all
//! platforms. What only its tests need does not reach its users and is left out.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use crate::failure::Failure;
use crate::metadata::{Metadata, Package};
use crate::steps::{End, Ended};
use crate::version::RustVersion;

/// Walks the tree of each published package.
pub(crate) fn run(root: &Path) -> Ended {
    let metadata = Metadata::load(root)?;
    let mut findings = Vec::new();
    for (id, package) in metadata.own() {
        if !package.published {
            continue;
        }
        let Some(promised) = package.rust_version else {
            findings.push(format!("{} has no rust-version", package.name));
            continue;
        };
        let walk = Walk::from(&metadata, id);
        let too_new = walk.newer_than(promised);
        println!(
            "{} {promised}: {} packages, {} too new",
            package.name,
            walk.order.len() - 1,
            too_new.len()
        );
        findings.extend(
            too_new
                .into_iter()
                .map(|path| format!("{} promises {promised}: {path}", package.name)),
        );
    }
    Failure::unless_empty(
        "dependencies ask for a newer compiler than their user promises",
        &findings,
    )?;
    Ok(End::Passed)
}

/// What one package needs, each with the package that it was first reached from.
#[derive(Debug)]
struct Walk<'a> {
    metadata: &'a Metadata,
    order: Vec<&'a str>,
    parents: HashMap<&'a str, &'a str>,
}

impl<'a> Walk<'a> {
    /// Walks breadth first, so that each path is a shortest one.
    fn from(metadata: &'a Metadata, start: &'a str) -> Self {
        let mut walk = Self {
            metadata,
            order: Vec::new(),
            parents: HashMap::new(),
        };
        let mut queue = VecDeque::from([start]);
        while let Some(id) = queue.pop_front() {
            walk.order.push(id);
            for need in metadata.needs.get(id).into_iter().flatten() {
                if need != start && !walk.parents.contains_key(need.as_str()) {
                    walk.parents.insert(need, id);
                    queue.push_back(need);
                }
            }
        }
        walk
    }

    /// Returns the path to each package that asks for more than `promised`.
    fn newer_than(&self, promised: RustVersion) -> Vec<String> {
        let asks = |id: &&str| {
            self.metadata
                .packages
                .get(*id)
                .and_then(|package| package.rust_version)
        };
        let too_new = self
            .order
            .iter()
            .filter_map(|id| asks(id).map(|version| (*id, version)));
        let too_new = too_new.filter(|(_, version)| *version > promised);
        too_new
            .map(|(id, version)| format!("{} (asks for {version})", self.path(id)))
            .collect()
    }

    fn path(&self, id: &str) -> String {
        let mut names = vec![self.name(id)];
        let mut at = id;
        while let Some(parent) = self.parents.get(at) {
            names.push(self.name(parent));
            at = parent;
        }
        names.reverse();
        names.join(" -> ")
    }

    fn name(&self, id: &str) -> String {
        let shown = |package: &Package| format!("{} {}", package.name, package.version);
        self.metadata
            .packages
            .get(id)
            .map_or_else(|| id.to_owned(), shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a tree of (id, rust-version, needs).
    fn tree(nodes: &[(&str, &str, &[&str])]) -> Metadata {
        let package = |id: &str, version: &str| {
            format!(r#"{{"id":"{id}","name":"{id}","version":"1.0.0","rust_version":"{version}"}}"#)
        };
        let node = |id: &str, needs: &[&str]| {
            let dep = |need: &&str| format!(r#"{{"pkg":"{need}","dep_kinds":[{{"kind":null}}]}}"#);
            format!(
                r#"{{"id":"{id}","deps":[{}]}}"#,
                needs.iter().map(dep).collect::<Vec<_>>().join(",")
            )
        };
        let packages: Vec<_> = nodes
            .iter()
            .map(|(id, version, _)| package(id, version))
            .collect();
        let nodes: Vec<_> = nodes.iter().map(|(id, _, needs)| node(id, needs)).collect();
        let (packages, nodes) = (packages.join(","), nodes.join(","));
        Metadata::parse(&format!(
            r#"{{"packages":[{packages}],"resolve":{{"nodes":[{nodes}]}}}}"#
        ))
        .unwrap()
    }

    fn too_new(metadata: &Metadata, promised: &str) -> Vec<String> {
        Walk::from(metadata, "ours").newer_than(RustVersion::parse(promised).unwrap())
    }

    #[test]
    fn a_dependency_of_a_dependency_is_named_with_its_path() {
        let metadata = tree(&[
            ("ours", "1.85", &["a", "b"]),
            ("a", "1.60", &["deep"]),
            ("b", "", &[]),
            ("deep", "1.89", &[]),
        ]);
        assert_eq!(
            too_new(&metadata, "1.85"),
            ["ours 1.0.0 -> a 1.0.0 -> deep 1.0.0 (asks for 1.89)"]
        );
    }

    #[test]
    fn an_equal_or_missing_version_is_no_finding() {
        let metadata = tree(&[
            ("ours", "1.85", &["a", "b"]),
            ("a", "1.85.0", &[]),
            ("b", "", &[]),
        ]);
        assert!(too_new(&metadata, "1.85").is_empty());
    }

    #[test]
    fn what_others_need_is_not_ours() {
        let metadata = tree(&[
            ("ours", "1.85", &[]),
            ("other", "1.94.1", &["new"]),
            ("new", "1.94.1", &[]),
        ]);
        assert!(too_new(&metadata, "1.85").is_empty());
    }

    #[test]
    fn a_cycle_ends() {
        let metadata = tree(&[("ours", "1.85", &["a"]), ("a", "1.60", &["ours"])]);
        assert_eq!(Walk::from(&metadata, "ours").order, ["ours", "a"]);
    }
}
