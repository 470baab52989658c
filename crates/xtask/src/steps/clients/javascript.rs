//! The AWS SDK for JavaScript, where npm and node are installed.

use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::process::Run;
use crate::steps::clients::{Ready, Script};
use crate::tools;

/// The script, from the folder of the scripts.
pub(crate) const SCRIPT: &str = "javascript/client.mjs";

/// The version that the script is known to work with; it wants Node.js 20 or newer.
const SDK: [&str; 2] = ["@aws-sdk/client-dynamodb", "3.1162.0"];

/// Installs the SDK beside a copy of the script, so that npm writes nothing among the sources.
pub(crate) fn ready(root: &Path, source: &Path, folder: &Path) -> Ready {
    for program in ["npm", "node"] {
        if !tools::answers(root, program) {
            return Err(Failure::new(format!("{program} is not installed")));
        }
    }
    let folder = folder.join("javascript");
    let file = folder.join("client.mjs");
    fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, &error))?;
    fs::copy(source, &file).map_err(|error| Failure::file(source, &error))?;
    if !has_sdk(&folder) {
        let sdk = SDK.join("@");
        println!(
            "installing {sdk} into {}: the javascript client needs it",
            folder.display()
        );
        let npm = Run::new("npm", &folder)
            .words("install --no-audit --no-fund --no-save --loglevel=error --prefix .");
        npm.arg(sdk).show()?;
    }
    Ok(Script {
        interpreter: "node".into(),
        file,
    })
}

fn has_sdk(folder: &Path) -> bool {
    let [name, version] = SDK;
    let manifest = folder.join("node_modules").join(name).join("package.json");
    let said = |text: String| {
        serde_json::from_str(&text)
            .ok()
            .map(|json: serde_json::Value| json["version"] == version)
    };
    fs::read_to_string(manifest)
        .ok()
        .and_then(said)
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_folder_has_no_sdk() {
        assert!(!has_sdk(Path::new(env!("CARGO_MANIFEST_DIR"))));
    }
}
