//! Every package takes its lints from the workspace, so that none drifts.

use crate::files::Source;

/// Names each package's manifest that does not inherit `[workspace.lints]`.
pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let manifests = sources
        .iter()
        .filter(|source| source.path.ends_with("Cargo.toml"));
    // A workspace of its own has nothing to inherit.
    let says = |source: &Source, line: &str| source.text.lines().any(|said| said.trim() == line);
    let packages =
        manifests.filter(|source| says(source, "[package]") && !says(source, "[workspace]"));
    let drifting = packages.filter(|source| !inherits(&source.text));
    drifting
        .map(|source| format!("{}: `[lints] workspace = true` is missing", source.path))
        .collect()
}

fn inherits(manifest: &str) -> bool {
    let mut lines = manifest
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.any(|line| line == "[lints]")
        && lines
            .next()
            .is_some_and(|line| line.replace(' ', "") == "workspace=true")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> usize {
        check(&[Source {
            path: "crates/a/Cargo.toml".to_owned(),
            text: text.to_owned(),
        }])
        .len()
    }

    #[test]
    fn a_package_inherits_the_lints() {
        assert_eq!(
            findings("[package]\nname = \"a\"\n\n[lints]\n# All of them.\nworkspace = true\n"),
            0
        );
    }

    #[test]
    fn a_package_with_its_own_or_no_lints_is_named() {
        assert_eq!(findings("[package]\nname = \"a\"\n"), 1);
        assert_eq!(
            findings("[package]\nname = \"a\"\n[lints.rust]\nunsafe_code = \"warn\"\n"),
            1
        );
        assert_eq!(
            findings("[package]\nname = \"a\"\n[lints]\nworkspace = false\n"),
            1
        );
    }

    #[test]
    fn a_manifest_without_a_package_has_nothing_to_inherit() {
        assert_eq!(findings("[workspace]\nmembers = []\n"), 0);
    }
}
