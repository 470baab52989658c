//! Getting what a step needs and the machine lacks; whoever installs says what and why first.

use std::path::Path;

use crate::failure::Failure;
use crate::process::Run;

/// Makes sure that a component of the toolchain is there: `cargo <subcommand>` comes with `component`.
pub(crate) fn component(root: &Path, subcommand: &str, component: &str) -> Result<(), Failure> {
    if Run::cargo(root)
        .words(subcommand)
        .arg("--version")
        .succeeds()
    {
        return Ok(());
    }
    println!("installing the toolchain component {component}: `cargo {subcommand}` is missing");
    let installed = Run::new("rustup", root)
        .words("component add")
        .arg(component)
        .show();
    installed
        .map_err(|failure| Failure::new(format!("{failure}; install {component} and run again")))
}

/// Tells whether a program answers `--version`.
pub(crate) fn answers(root: &Path, program: &str) -> bool {
    Run::new(program, root).arg("--version").succeeds()
}

/// Installs packages of the system, or says in one line why it cannot.
pub(crate) fn system_packages(root: &Path, packages: &str, why: &str) -> Result<(), Failure> {
    if !answers(root, "apt-get") {
        return Err(Failure::new(format!(
            "{why}, and there is no apt-get to install {packages} with"
        )));
    }
    if !is_root(root) {
        return Err(Failure::new(format!(
            "{why}; as root: apt-get install {packages}"
        )));
    }
    println!("installing {packages} with apt-get: {why}");
    let apt = || Run::new("apt-get", root).env("DEBIAN_FRONTEND", "noninteractive");
    // An old list is no reason to stop: the packages may be in it.
    if let Err(failure) = apt().words("update --quiet").show() {
        println!("going on with the package lists that are here: {failure}");
    }
    apt()
        .words("install --quiet --yes --no-install-recommends")
        .words(packages)
        .show()
}

fn is_root(root: &Path) -> bool {
    Run::new("id", root)
        .arg("-u")
        .output()
        .is_ok_and(|id| id.trim() == "0")
}
