//! Looks at a live group of sites.
fn main() {}
