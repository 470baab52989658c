//! What is held against any input: by the fuzzer, and by tests that replay what it has found.

use tower_muster::{Origin, Place};

use crate::{Config, affinity::fuzz_scan, discover};

/// Reads a list of nodes; whatever it holds, only addresses become nodes.
pub fn local_nodes(bytes: &[u8]) {
    let Ok(asked) = "http://10.0.0.1:8000".parse::<Origin>() else {
        return;
    };
    for node in discover::fuzz_list(bytes, &asked, &Place::Cluster) {
        let host = node.origin().authority().host();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        assert!(
            host.parse::<std::net::IpAddr>().is_ok(),
            "{host} is no address"
        );
        assert_eq!(node.origin().authority().port_u16(), Some(8000));
    }
}

/// Scans the body of each write.
pub fn body(bytes: &[u8]) {
    fuzz_scan(bytes);
}

/// Reads a configuration; nothing that it shows is the secret.
pub fn url(bytes: &[u8]) {
    const SECRET: &str = "vT6xWq0secret";
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _ = text.parse::<Config>();
    if text.contains(SECRET) {
        return;
    }
    // What an @ ends is no secret any more.
    let (key, rest) = text.split_at(text.find(['@', '/', '?', '#']).unwrap_or(text.len()));
    let url = format!("alternator://{key}:{SECRET}@{rest}");
    let shown = match url.parse::<Config>() {
        Ok(config) => format!("{config:?}"),
        Err(error) => format!("{error:?} {error}"),
    };
    assert!(!shown.contains(SECRET), "{shown}");
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// Replays all files of a corpus.
    fn replay(target: &str, run: fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        let files = fs::read_dir(corpus.join(target)).expect("a corpus");
        let mut count = 0;
        for file in files {
            let path = file.expect("a file").path();
            run(&fs::read(&path).expect("a file"));
            count += 1;
        }
        assert!(count >= 5, "{count} files of {target}");
    }

    #[test]
    fn what_fuzzing_found_as_lists_of_nodes_is_survived() {
        replay("local_nodes", super::local_nodes);
    }

    #[test]
    fn what_fuzzing_found_as_bodies_is_survived() {
        replay("body", super::body);
    }

    #[test]
    fn what_fuzzing_found_as_urls_is_survived() {
        replay("url", super::url);
    }
}
