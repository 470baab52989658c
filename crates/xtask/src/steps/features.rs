//! Each feature builds alone, and so does none.

use std::path::Path;

use crate::metadata::{Metadata, Package};
use crate::process::Run;
use crate::steps::{End, Ended};
use crate::tools;

/// Checks the library of each published package that has features, once for each of them and once for none.
///
/// Clippy carries the lint flags to our own packages only, so the dependencies stay built between the rounds; and
/// they are the flags of the step before, so that most of our packages do as well.
pub(crate) fn run(root: &Path) -> Ended {
    tools::component(root, "clippy", "clippy")?;
    let metadata = Metadata::load(root)?;
    for (_, package) in metadata.own() {
        for round in rounds(package) {
            let cargo =
                Run::cargo(root).words("clippy --quiet --lib --no-default-features --package");
            cargo
                .arg(&package.name)
                .words(&round)
                .words("-- -D warnings")
                .show()?;
        }
    }
    Ok(End::Passed)
}

/// Returns the arguments of each round: none first, then each feature alone.
fn rounds(package: &Package) -> Vec<String> {
    let named: Vec<_> = package
        .features
        .iter()
        .filter(|feature| *feature != "default")
        .collect();
    if !package.published || named.is_empty() {
        return Vec::new();
    }
    let alone = named
        .into_iter()
        .map(|feature| format!("--features {feature}"));
    std::iter::once(String::new()).chain(alone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(published: bool, features: &[&str]) -> Package {
        Package {
            name: "ours".to_owned(),
            version: "0.1.0".to_owned(),
            rust_version: None,
            published,
            folder: "crates/ours".into(),
            features: features
                .iter()
                .map(|feature| (*feature).to_owned())
                .collect(),
            asks: Vec::new(),
        }
    }

    #[test]
    fn none_comes_first_then_each_feature_alone() {
        let rounds = rounds(&package(true, &["default", "failover", "full"]));
        assert_eq!(rounds, ["", "--features failover", "--features full"]);
    }

    #[test]
    fn packages_without_features_or_readers_have_no_rounds() {
        assert!(rounds(&package(true, &["default"])).is_empty());
        assert!(rounds(&package(false, &["full"])).is_empty());
    }
}
