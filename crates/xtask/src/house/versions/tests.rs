//! Which lines say a version, and which of them are wrong.

use super::*;

fn findings(path: &str, text: &str) -> Vec<String> {
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    let truth = Truth {
        versions: vec![pair("tower-muster", "0.1.0"), pair("http", "1.5.0")],
        compilers: vec![
            pair("crates/muster", "1.85"),
            pair("crates/sigv4", "1.94.1"),
        ],
    };
    truth.check(&Source {
        path: path.to_owned(),
        text: text.to_owned(),
    })
}

#[test]
fn the_versions_of_the_manifests_may_be_shortened() {
    let text = "tower-muster = \"0.1\"\ntower-muster = { version = \"0.1.0\", features = [\"full\"] }\nhttp = \"1\"\n";
    assert!(findings("README.md", text).is_empty());
}

#[test]
fn another_version_is_named_with_its_line() {
    let found = findings("README.md", "# A\ntower-muster = { version = \"0.2\" }\n");
    assert_eq!(
        found,
        ["README.md:2: says tower-muster 0.2, the manifest says 0.1.0"]
    );
    assert_eq!(findings("README.md", "http = \"2\"").len(), 1);
}

#[test]
fn lines_of_other_things_are_left_alone() {
    for line in [
        "serde = \"9\"",
        "http = \"yes\"",
        "a == b",
        "http = { path = \"x\" }",
        "let http = \"2\";",
    ] {
        assert!(findings("README.md", line).is_empty(), "{line}");
    }
}

#[test]
fn in_rust_only_the_documentation_is_read() {
    assert_eq!(
        findings("crates/muster/src/lib.rs", "//! tower-muster = \"0.9\"").len(),
        1
    );
    assert!(findings("crates/muster/src/lib.rs", "http = \"9\"").is_empty());
}

#[test]
fn a_package_speaks_of_its_own_compiler() {
    assert!(findings("crates/muster/README.md", "Builds with Rust 1.85.").is_empty());
    assert_eq!(
        findings(
            "crates/muster/README.md",
            "Builds with Rust 1.94.1 or newer"
        )
        .len(),
        1
    );
}

#[test]
fn other_documents_may_speak_of_any_of_our_compilers() {
    assert!(findings("README.md", "Rust 1.94.1 for the AWS crates").is_empty());
    let found = findings("README.md", "Needs Rust 1.80.");
    assert_eq!(
        found,
        ["README.md:1: says Rust 1.80, the manifest says 1.85"]
    );
}
