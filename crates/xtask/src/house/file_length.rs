//! A file has one idea, and so few lines.

use std::collections::BTreeMap;

use crate::files::Source;

/// The most lines that a file of a library may have.
const MOST_LINES: usize = 400;

/// Names each file that is longer than [`MOST_LINES`].
pub(crate) fn check(library: &[&Source]) -> Vec<String> {
    let sized = library
        .iter()
        .map(|source| (&source.path, source.text.lines().count()));
    let too_long = sized.filter(|(_, lines)| *lines > MOST_LINES);
    too_long
        .map(|(path, lines)| format!("{path}: {lines} lines, more than {MOST_LINES}"))
        .collect()
}

/// Tells the median and the ninetieth percentile of each crate; the aim is 120 and 300.
pub(crate) fn report(library: &[&Source]) -> Vec<String> {
    let mut crates: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for source in library {
        let name = source.path.split('/').nth(1).unwrap_or_default();
        crates
            .entry(name)
            .or_default()
            .push(source.text.lines().count());
    }
    crates
        .into_iter()
        .map(|(name, lines)| line(name, lines))
        .collect()
}

fn line(name: &str, mut lines: Vec<usize>) -> String {
    lines.sort_unstable();
    let (median, p90) = (percentile(&lines, 50), percentile(&lines, 90));
    format!(
        "{name:<11} {:>3} files, lines: median {median}, p90 {p90}, longest {}",
        lines.len(),
        percentile(&lines, 100)
    )
}

/// Returns the smallest length that `percent` of the files do not exceed; the lengths are sorted.
fn percentile(sorted: &[usize], percent: usize) -> usize {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, lines: usize) -> Source {
        Source {
            path: path.to_owned(),
            text: "x\n".repeat(lines),
        }
    }

    #[test]
    fn the_four_hundred_and_first_line_is_one_too_many() {
        let (good, bad) = (
            source("crates/a/src/b.rs", 400),
            source("crates/a/src/c.rs", 401),
        );
        assert_eq!(
            check(&[&good, &bad]),
            ["crates/a/src/c.rs: 401 lines, more than 400"]
        );
    }

    #[test]
    fn each_crate_has_its_own_line() {
        let files = [
            source("crates/a/src/b.rs", 10),
            source("crates/a/src/c.rs", 30),
            source("crates/b/src/d.rs", 7),
        ];
        let lines = report(&files.iter().collect::<Vec<_>>());
        assert!(
            lines[0].ends_with("2 files, lines: median 10, p90 30, longest 30"),
            "{}",
            lines[0]
        );
        assert!(lines[1].starts_with("b "), "{}", lines[1]);
    }

    #[test]
    fn percentiles_are_lengths_that_occur() {
        let lengths: Vec<usize> = (1..=10).collect();
        assert_eq!(
            [50, 90, 100].map(|percent| percentile(&lengths, percent)),
            [5, 9, 10]
        );
        assert_eq!(percentile(&[], 50), 0);
    }
}
