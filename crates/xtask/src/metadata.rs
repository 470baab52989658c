//! What `cargo metadata` says about the workspace, as far as the steps ask.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::Failure;
use crate::process::Run;
use crate::version::RustVersion;

/// The packages of the resolved tree, and who needs whom.
#[derive(Debug)]
pub(crate) struct Metadata {
    /// Every package of the tree, by cargo's id.
    pub(crate) packages: HashMap<String, Package>,
    /// The ids of the workspace's own packages.
    pub(crate) members: Vec<String>,
    /// For each id, the ids that it needs to be built or to run; needs of tests alone are left out.
    pub(crate) needs: HashMap<String, Vec<String>>,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
}

/// One package.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// The oldest compiler that it says it builds with.
    pub(crate) rust_version: Option<RustVersion>,
    /// Whether it may be published.
    pub(crate) published: bool,
    /// The folder of its manifest.
    pub(crate) folder: PathBuf,
    /// Its features, in order.
    pub(crate) features: Vec<String>,
    /// The names that it depends on, each with the version asked for.
    pub(crate) asks: Vec<(String, String)>,
}

impl Metadata {
    /// Asks cargo, with all features.
    pub(crate) fn load(root: &Path) -> Result<Self, Failure> {
        let text = Run::cargo(root)
            .words("metadata --format-version 1 --all-features --quiet")
            .output()?;
        Self::parse(&text)
    }

    /// Reads cargo's answer.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let unreadable = |error| Failure::new(format!("cargo metadata is not JSON: {error}"));
        let json: Value = serde_json::from_str(text).map_err(unreadable)?;
        let packages = each(&json, "packages")
            .map(|p| (string(p, "id"), package(p)))
            .collect();
        let members = each(&json, "workspace_members")
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let resolve = json.get("resolve").unwrap_or(&Value::Null);
        let needs = each(resolve, "nodes")
            .map(|node| (string(node, "id"), needs_of(node)))
            .collect();
        Ok(Self {
            packages,
            members,
            needs,
            target: string(&json, "target_directory").into(),
        })
    }

    /// Returns the workspace's own packages, in the order of their names.
    pub(crate) fn own(&self) -> Vec<(&str, &Package)> {
        let by_id = |id: &'_ String| self.packages.get_key_value(id);
        let mut own: Vec<_> = self
            .members
            .iter()
            .filter_map(by_id)
            .map(|(id, p)| (id.as_str(), p))
            .collect();
        own.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
        own
    }
}

fn package(json: &Value) -> Package {
    let manifest = PathBuf::from(string(json, "manifest_path"));
    let features = json.get("features").and_then(Value::as_object);
    Package {
        name: string(json, "name"),
        version: string(json, "version"),
        rust_version: RustVersion::parse(&string(json, "rust_version")),
        // `publish = false` arrives as an empty list of registries.
        published: json
            .get("publish")
            .and_then(Value::as_array)
            .is_none_or(|list| !list.is_empty()),
        folder: manifest.parent().unwrap_or(&manifest).to_path_buf(),
        features: features
            .map(|map| map.keys().cloned().collect())
            .unwrap_or_default(),
        asks: each(json, "dependencies")
            .map(|d| (string(d, "name"), string(d, "req")))
            .collect(),
    }
}

fn needs_of(node: &Value) -> Vec<String> {
    let is_needed = |dep: &&Value| {
        each(dep, "dep_kinds").any(|kind| kind.get("kind") != Some(&Value::from("dev")))
    };
    each(node, "deps")
        .filter(is_needed)
        .map(|dep| string(dep, "pkg"))
        .collect()
}

fn each<'a>(json: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    json.get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn string(json: &Value, key: &str) -> String {
    json.get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"{
        "packages": [
            {"id": "a", "name": "ours", "version": "0.1.0", "rust_version": "1.85", "publish": null,
             "manifest_path": "/w/crates/ours/Cargo.toml", "features": {"full": [], "default": []},
             "dependencies": [{"name": "http", "req": "^1.5.0"}]},
            {"id": "b", "name": "tasks", "version": "0.0.0", "rust_version": null, "publish": [],
             "manifest_path": "/w/crates/tasks/Cargo.toml", "features": {}, "dependencies": []}
        ],
        "workspace_members": ["b", "a"],
        "resolve": {"nodes": [{"id": "a", "deps": [
            {"pkg": "h", "dep_kinds": [{"kind": null}]},
            {"pkg": "c", "dep_kinds": [{"kind": "build"}, {"kind": "dev"}]},
            {"pkg": "t", "dep_kinds": [{"kind": "dev"}]}
        ]}]},
        "target_directory": "/w/target"
    }"#;

    #[test]
    fn packages_are_read_with_what_they_promise() {
        let metadata = Metadata::parse(ANSWER).unwrap();
        let own = metadata.own();
        assert_eq!(
            own.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
            ["a", "b"]
        );
        let (ours, tasks) = (own[0].1, own[1].1);
        assert_eq!(ours.rust_version, RustVersion::parse("1.85"));
        assert_eq!(ours.features, ["default", "full"]);
        assert_eq!(ours.asks, [("http".to_owned(), "^1.5.0".to_owned())]);
        assert_eq!(ours.folder, Path::new("/w/crates/ours"));
        assert!(ours.published && !tasks.published);
        assert_eq!(tasks.rust_version, None);
    }

    #[test]
    fn what_only_tests_need_is_left_out() {
        let metadata = Metadata::parse(ANSWER).unwrap();
        assert_eq!(metadata.needs["a"], ["h", "c"]);
    }

    #[test]
    fn an_answer_that_is_not_json_is_refused() {
        assert!(Metadata::parse("error: no manifest").is_err());
    }
}
