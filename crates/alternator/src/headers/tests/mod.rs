//! Headers in, settings, headers out.

mod property;
mod signature;
mod table;

use http::{HeaderMap, HeaderName, HeaderValue, Version};

use super::HeadersLayer;

/// Makes a map of names and values, in their order.
fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    lines
        .iter()
        .map(|(name, value)| {
            let name: HeaderName = name.parse().expect("a name");
            let value: HeaderValue = value.parse().expect("a value");
            (name, value)
        })
        .collect()
}

/// What the layer leaves of the headers, as lines sorted by name.
fn left(layer: &HeadersLayer, version: Version, lines: &[(&str, &str)]) -> Vec<String> {
    let mut headers = headers(lines);
    layer.apply(&mut headers, version);
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().expect("text")))
        .collect();
    lines.sort_by(|a, b| a.split(':').next().cmp(&b.split(':').next()));
    lines
}
