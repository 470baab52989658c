//! boto3, the DynamoDB client of Python, in a virtual environment below the target folder.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::process::Run;
use crate::steps::clients::{Ready, Script};
use crate::tools;

/// The script, from the folder of the scripts.
pub(crate) const SCRIPT: &str = "boto3_client.py";

/// The version that the script is known to work with.
const BOTO3: &str = "boto3==1.44.5";

/// Makes the environment where it is missing, and puts boto3 into it.
pub(crate) fn ready(root: &Path, source: &Path, folder: &Path) -> Ready {
    let environment = folder.join("python");
    let interpreter = environment.join("bin").join("python");
    if !has_boto3(root, &interpreter) {
        let python = python_with_venv(root)?;
        println!(
            "installing {BOTO3} into {}: the python client needs it",
            environment.display()
        );
        Run::new(python, root)
            .words("-m venv --clear")
            .arg(&environment)
            .show()?;
        Run::new(&interpreter, root)
            .words("-m pip install --quiet --disable-pip-version-check")
            .arg(BOTO3)
            .show()?;
    }
    Ok(Script {
        interpreter,
        file: source.to_path_buf(),
    })
}

fn has_boto3(root: &Path, interpreter: &Path) -> bool {
    let (_, version) = BOTO3.split_once("==").unwrap_or_default();
    let question = format!("import boto3, sys; sys.exit(boto3.__version__ != {version:?})");
    Run::new(interpreter, root)
        .arg("-c")
        .arg(question)
        .succeeds()
}

/// Returns a Python that can make virtual environments; on Debian that part is a package of its own.
fn python_with_venv(root: &Path) -> Result<PathBuf, Failure> {
    let has_venv = |python: &Path| {
        Run::new(python, root)
            .arg("-c")
            .arg("import venv, ensurepip")
            .succeeds()
    };
    let known = ["python3", "/usr/bin/python3"].map(PathBuf::from);
    if let Some(found) = known.iter().find(|python| has_venv(python)) {
        return Ok(found.clone());
    }
    tools::system_packages(
        root,
        "python3 python3-venv",
        "python3 with venv is not installed",
    )?;
    let found = known.into_iter().rev().find(|python| has_venv(python));
    found.ok_or_else(|| Failure::new("python3 has no venv, even after installing python3-venv"))
}
