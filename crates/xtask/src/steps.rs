//! The steps, in the order in which CI runs them: the quick ones first.

mod clients;
mod clippy;
mod deny;
mod docs;
mod features;
mod fmt;
mod loom;
mod msrv;
mod run;
mod tests;

use std::path::Path;

use crate::failure::Failure;
use crate::house;

/// One step of the checks.
#[derive(Debug)]
pub(crate) struct Step {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// What it makes sure of, in a few words.
    pub(crate) what: &'static str,
    /// Whether `cargo xtask test` runs it.
    pub(crate) in_test: bool,
    /// Runs it in the workspace's root.
    pub(crate) run: fn(&Path) -> Ended,
}

/// How a step ends when nothing failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Everything ran and holds.
    Passed,
    /// What ran holds; these lines say what did not run, and why.
    PassedWithout(Vec<String>),
    /// Nothing ran, for the reason in this line.
    NotRun(String),
}

/// What a step returns.
pub(crate) type Ended = Result<End, Failure>;

/// Every step.
pub(crate) const ALL: &[Step] = &[
    step("fmt", "the code is formatted", fmt::run),
    step(
        "clippy",
        "no warnings, in any target with all features",
        clippy::run,
    ),
    step(
        "house",
        "the house figures: lengths, words, versions, lints, READMEs",
        house::run,
    ),
    step(
        "msrv",
        "no dependency asks for a newer compiler than its user promises",
        msrv::run,
    ),
    step(
        "features",
        "each feature builds alone, and none",
        features::run,
    ),
    step(
        "tests",
        "unit tests, integration tests, doctests, the READMEs' code",
        tests::run,
    ),
    step(
        "loom",
        "what threads share holds in every interleaving of them",
        loom::run,
    ),
    step(
        "docs",
        "the documentation builds without warnings",
        docs::run,
    ),
    step(
        "clients",
        "unmodified clients of other languages work with muster-cluster",
        clients::run,
    ),
    step("run", "the first example, short, loses no call", run::run),
    Step {
        name: "deny",
        what: "licences, advisories and sources, with cargo-deny",
        in_test: false,
        run: deny::run,
    },
];

const fn step(name: &'static str, what: &'static str, run: fn(&Path) -> Ended) -> Step {
    Step {
        name,
        what,
        in_test: true,
        run,
    }
}
