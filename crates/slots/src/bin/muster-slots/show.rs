//! A view as text.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use crate::view::View;

/// Prints a view once, as a table or as one line of JSON.
pub(crate) fn print(view: &View, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match json {
        true => writeln!(out, "{}", serde_json::to_string(view)?),
        false => write!(out, "{}", table(view)),
    }
}

/// Returns the table that people read.
pub(crate) fn table(view: &View) -> String {
    let width = view
        .sites
        .iter()
        .map(|site| site.site.len())
        .max()
        .unwrap_or(0)
        .max(4);
    let address = view
        .sites
        .iter()
        .map(|site| site.address.len())
        .max()
        .unwrap_or(0)
        .max(7);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "group {}: {} slots, {} replicas, {} sites; without a primary {}, incomplete {}; change {}\n",
        view.group,
        view.slots,
        view.replicas,
        view.sites.len(),
        view.without_primary,
        view.incomplete,
        view.version,
    );
    let _ = writeln!(
        text,
        "{:width$}  {:address$}  {:12}  {:12}  {:>6}  {:>7}  {:>9}  {:>6}",
        "site", "address", "datacenter", "rack", "weight", "primary", "secondary", "share"
    );
    let all: usize = view
        .sites
        .iter()
        .map(|site| site.primary + site.secondary)
        .sum();
    for site in &view.sites {
        let held = site.primary + site.secondary;
        let share = held as f64 * 100.0 / all.max(1) as f64;
        let _ = writeln!(
            text,
            "{:width$}  {:address$}  {:12}  {:12}  {:>6}  {:>7}  {:>9}  {share:>5.1}%",
            site.site,
            site.address,
            site.datacenter.as_deref().unwrap_or("-"),
            site.rack.as_deref().unwrap_or("-"),
            site.weight,
            site.primary,
            site.secondary,
        );
    }
    text
}
