//! Unmodified clients of other languages work with the test cluster.
//!
//! A test cluster that only our own clients have talked to may agree with them and with nobody else. So the DynamoDB
//! clients of other languages, as their registries have them, run a short script against the `muster-cluster`
//! program: once against nodes that verify signatures, once against nodes that do not.
//!
//! A client that the machine lacks and cannot install is not run: a line says so when it happens, and again under the
//! table at the end. A client that runs and fails, or a script that is not there, is a failure.

mod cluster;
mod javascript;
mod probe;
mod python;

use std::path::{Path, PathBuf};

use crate::clock::Stopwatch;
use crate::failure::Failure;
use crate::metadata::Metadata;
use crate::process::Run;
use crate::steps::clients::cluster::{Auth, Cluster};
use crate::steps::{End, Ended};

/// Where the scripts are, from the root.
const SCRIPTS: &str = "crates/testkit/clients";

/// One client: its name, its script, and how it is made ready.
#[derive(Debug)]
struct Client {
    name: &'static str,
    script: &'static str,
    /// Takes the root, the script, and a folder to install into.
    ready: fn(&Path, &Path, &Path) -> Ready,
}

/// A script that is ready to run.
#[derive(Debug)]
struct Script {
    interpreter: PathBuf,
    file: PathBuf,
}

/// What getting ready returns: a script, or why the machine cannot run it.
type Ready = Result<Script, Failure>;

const CLIENTS: &[Client] = &[
    Client {
        name: "python client",
        script: python::SCRIPT,
        ready: python::ready,
    },
    Client {
        name: "javascript client",
        script: javascript::SCRIPT,
        ready: javascript::ready,
    },
];

/// Runs each client that the machine can run.
pub(crate) fn run(root: &Path) -> Ended {
    let target = Metadata::load(root)?.target;
    // With the examples, so that dependencies get the features that the step `run` builds them with, and only once.
    let build =
        "build --release --package tower-muster-testkit --package tower-muster-examples --bins";
    Run::cargo(root).words(build).show()?;
    let program = target.join("release").join("muster-cluster");
    let mut notes = Vec::new();
    for client in CLIENTS {
        let source = root.join(SCRIPTS).join(client.script);
        if !source.is_file() {
            return Err(Failure::new(format!(
                "{}: {} is not there",
                client.name,
                source.display()
            )));
        }
        match (client.ready)(root, &source, &target.join("clients")) {
            Ok(script) => both_ways(root, &program, client, &script)?,
            Err(why) => {
                let note = format!("{}: not run, {why}", client.name);
                println!("{note}");
                notes.push(note);
            }
        }
    }
    Ok(match notes.len() {
        0 => End::Passed,
        count if count == CLIENTS.len() => End::NotRun(notes.join("; ")),
        _ => End::PassedWithout(notes),
    })
}

/// Runs one script against a cluster that verifies signatures and against one that does not.
fn both_ways(root: &Path, program: &Path, client: &Client, script: &Script) -> Result<(), Failure> {
    for auth in [Auth::Signed, Auth::Unsigned] {
        let watch = Stopwatch::start();
        let cluster = Cluster::start(root, program, auth)?;
        let run = Run::new(&script.interpreter, root).arg(&script.file);
        let result = cluster.arguments().iter().fold(run, Run::arg).show();
        drop(cluster);
        result.map_err(|failure| Failure::new(format!("{}, {auth}: {failure}", client.name)))?;
        println!(
            "{}, {auth}: passed in {:.1} s",
            client.name,
            watch.read().as_secs_f64()
        );
    }
    Ok(())
}
