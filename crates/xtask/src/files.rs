//! The files of the working tree that the checks read.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// One text file, by its path from the root.
#[derive(Debug)]
pub(crate) struct Source {
    /// Where it is, from the workspace's root, with `/` between the parts.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
}

impl Source {
    /// Tells whether this is a file of a crate's library or program, tests aside.
    pub(crate) fn is_library(&self) -> bool {
        let Some((_crate, inner)) = self
            .path
            .strip_prefix("crates/")
            .and_then(|p| p.split_once('/'))
        else {
            return false;
        };
        let mut parts = inner.split('/');
        let is_test = |part: &str| matches!(part, "tests" | "tests.rs");
        inner.ends_with(".rs") && parts.next() == Some("src") && !parts.any(is_test)
    }
}

/// Returns the root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Reads every file below `root` whose name ends with one of `endings`, in the order of their paths.
pub(crate) fn read(root: &Path, endings: &[&str]) -> Result<Vec<Source>, Failure> {
    let mut found = Vec::new();
    walk(root, root, endings, &mut found)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn walk(
    root: &Path,
    folder: &Path,
    endings: &[&str],
    found: &mut Vec<Source>,
) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::file(folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| Failure::file(folder, &error))?;
        let (path, name) = (
            entry.path(),
            entry.file_name().to_string_lossy().into_owned(),
        );
        if name.starts_with('.') || matches!(name.as_str(), "target" | "node_modules") {
            continue;
        }
        let kind = entry
            .file_type()
            .map_err(|error| Failure::file(&path, &error))?;
        if kind.is_dir() {
            walk(root, &path, endings, found)?;
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            let text = fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
            let inner = path.strip_prefix(root).unwrap_or(&path);
            found.push(Source {
                path: inner.to_string_lossy().replace('\\', "/"),
                text,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_library(path: &str) -> bool {
        Source {
            path: path.to_owned(),
            text: String::new(),
        }
        .is_library()
    }

    #[test]
    fn library_files_are_those_of_a_crate_without_its_tests() {
        assert!(is_library("crates/muster/src/policy/round_robin.rs"));
        assert!(is_library("crates/testkit/src/bin/muster-cluster.rs"));
        assert!(!is_library("crates/muster/src/policy/tests.rs"));
        assert!(!is_library("crates/muster/src/cluster/tests/drain.rs"));
        assert!(!is_library("crates/muster/tests/select.rs"));
        assert!(!is_library("examples/failover.rs"));
        assert!(!is_library("crates/muster/README.md"));
    }

    #[test]
    fn the_root_is_the_folder_of_the_workspace() {
        assert!(root().join("crates/xtask/Cargo.toml").is_file());
    }
}
