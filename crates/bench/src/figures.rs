//! What a command measured, as a table for people and as JSON for machines.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

/// What one command prints.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) command: &'static str,
    pub(crate) figures: Vec<Figure>,
    /// What stands behind the figures: ranges, peers, how it was measured.
    pub(crate) detail: Value,
}

/// One figure beside its bound.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) id: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) bound: f64,
    pub(crate) better: Better,
}

/// Which side of its bound a figure should be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Better {
    Lower,
    Higher,
}

impl Figure {
    pub(crate) fn new(
        id: impl Into<String>,
        value: f64,
        unit: &'static str,
        bound: f64,
        better: Better,
    ) -> Self {
        Self {
            id: id.into(),
            value,
            unit,
            bound,
            better,
        }
    }

    pub(crate) fn holds(&self) -> bool {
        match self.better {
            Better::Lower => self.value <= self.bound,
            Better::Higher => self.value >= self.bound,
        }
    }
}

impl Report {
    /// Prints one JSON object and nothing else.
    pub(crate) fn print_json(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        serde_json::to_writer(&mut out, self)?;
        writeln!(out)
    }

    /// Prints a line for each figure.
    pub(crate) fn print_table(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        for figure in &self.figures {
            let Figure {
                id,
                value,
                unit,
                bound,
                better,
            } = figure;
            let sign = if *better == Better::Lower { "<=" } else { ">=" };
            let verdict = if figure.holds() { "" } else { "  MISSED" };
            writeln!(
                out,
                "{id:<34} {value:>12.4} {unit:<10} {sign} {bound}{verdict}"
            )?;
        }
        Ok(())
    }
}
