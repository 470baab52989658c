//! The house figures: rules of the text itself that no compiler checks.
//!
//! Each check is one file with one pure function over the sources, so that each is tested on a few lines.

mod file_length;
mod first_attempt;
mod function_length;
mod lints;
mod readmes;
mod source;
mod versions;
mod words;

use std::path::Path;

use crate::failure::Failure;
use crate::files::{self, Source};
use crate::metadata::Metadata;
use crate::steps::{End, Ended};

/// Runs every check and reports all findings at once.
pub(crate) fn run(root: &Path) -> Ended {
    let sources = files::read(root, &[".rs", ".md", ".toml"])?;
    let metadata = Metadata::load(root)?;
    let rust: Vec<&Source> = sources
        .iter()
        .filter(|source| source.path.ends_with(".rs"))
        .collect();
    let library: Vec<&Source> = rust
        .iter()
        .copied()
        .filter(|source| source.is_library())
        .collect();
    for line in file_length::report(&library) {
        println!("{line}");
    }
    let findings = [
        function_length::check(&library),
        file_length::check(&library),
        words::check(&sources),
        versions::check(root, &sources, &metadata),
        first_attempt::check(&library),
        first_attempt::check_way(&library),
        lints::check(&sources),
        readmes::check(&sources),
    ]
    .concat();
    Failure::unless_empty("the house figures do not hold", &findings)?;
    Ok(End::Passed)
}
