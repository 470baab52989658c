//! The versions that the documents say are the versions of the manifests.

use std::path::Path;

use crate::files::Source;
use crate::metadata::Metadata;
use crate::version;

/// Names each line of a document or of a crate's documentation that says another version than the manifests.
///
/// Two forms are read: a dependency as a manifest writes it (`name = "1.2"`, `name = { version = "1.2" }`), and a
/// compiler as prose does (`Rust 1.85`). The changelog is history and is left alone.
pub(crate) fn check(root: &Path, sources: &[Source], metadata: &Metadata) -> Vec<String> {
    let truth = Truth::of(root, metadata);
    let is_read = |source: &&Source| match source.path.rsplit_once('.') {
        Some((path, "md")) => !path.ends_with("CHANGELOG"),
        Some((_, "rs")) => true,
        _ => false,
    };
    sources
        .iter()
        .filter(is_read)
        .flat_map(|source| truth.check(source))
        .collect()
}

/// What the manifests say.
#[derive(Debug, Default)]
struct Truth {
    /// Each name with the versions that may be said of it.
    versions: Vec<(String, String)>,
    /// The folder of each of our packages with its `rust-version`.
    compilers: Vec<(String, String)>,
}

impl Truth {
    fn of(root: &Path, metadata: &Metadata) -> Self {
        let mut truth = Self::default();
        for (_, package) in metadata.own() {
            truth
                .versions
                .push((package.name.clone(), package.version.clone()));
            let folder = package.folder.strip_prefix(root).unwrap_or(&package.folder);
            let compiler = package
                .rust_version
                .map(|version| version.to_string())
                .unwrap_or_default();
            truth
                .compilers
                .push((folder.to_string_lossy().replace('\\', "/"), compiler));
            for (name, asked) in &package.asks {
                truth
                    .versions
                    .push((name.clone(), asked.trim_start_matches('^').to_owned()));
            }
        }
        truth
    }

    fn check(&self, source: &Source) -> Vec<String> {
        let prose = |line: &str| -> Option<String> {
            if source.path.ends_with(".md") {
                return Some(line.to_owned());
            }
            let line = line.trim_start();
            line.strip_prefix("//!")
                .or_else(|| line.strip_prefix("///"))
                .map(str::to_owned)
        };
        let mut findings = Vec::new();
        for (at, line) in source.text.lines().enumerate() {
            let Some(line) = prose(line) else { continue };
            let wrong = [
                self.wrong_version(&line),
                self.wrong_compiler(&source.path, &line),
            ];
            findings.extend(
                wrong
                    .into_iter()
                    .flatten()
                    .map(|what| format!("{}:{}: {what}", source.path, at + 1)),
            );
        }
        findings
    }

    fn wrong_version(&self, line: &str) -> Option<String> {
        let (name, said) = dependency(line)?;
        let known: Vec<&str> = self
            .versions
            .iter()
            .filter(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
            .collect();
        if known.is_empty() || known.iter().any(|version| version::names(said, version)) {
            return None;
        }
        Some(format!(
            "says {name} {said}, the manifest says {}",
            known[0]
        ))
    }

    fn wrong_compiler(&self, path: &str, line: &str) -> Option<String> {
        let said = compiler(line)?;
        // A package's own documents speak of that package; the others may speak of any.
        let own = self
            .compilers
            .iter()
            .filter(|(folder, _)| path.starts_with(&format!("{folder}/")));
        let mut known: Vec<&str> = own.map(|(_, version)| version.as_str()).collect();
        if known.is_empty() {
            known = self
                .compilers
                .iter()
                .map(|(_, version)| version.as_str())
                .collect();
        }
        let is_known = known.contains(&said);
        (!is_known).then(|| {
            format!(
                "says Rust {said}, the manifest says {}",
                known.first().unwrap_or(&"nothing")
            )
        })
    }
}

/// Reads `name = "1.2"` or `name = { version = "1.2", ... }`.
fn dependency(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim().split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let version = match value.strip_prefix('{') {
        Some(table) => table
            .split_once("version")?
            .1
            .trim_start()
            .strip_prefix('=')?
            .trim_start(),
        None => value,
    };
    let said = version.strip_prefix('"')?.split('"').next()?;
    said.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '^' | '=' | '~'))
        .then_some((name, said))
}

/// Reads the version behind the word `Rust`.
fn compiler(line: &str) -> Option<&str> {
    let (_, behind) = line.split_once("Rust 1.")?;
    let minor = behind
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(behind.len());
    let start = line.len() - behind.len() - 2;
    line.get(start..start + 2 + minor)
        .map(|said| said.trim_end_matches('.'))
}

#[cfg(test)]
mod tests;
