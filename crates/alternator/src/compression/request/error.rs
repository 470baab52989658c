//! What can be wrong with a level.

use std::{error::Error, fmt};

/// Says that there is no such level of compression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelError {
    level: u32,
}

impl LevelError {
    pub(super) const fn new(level: u32) -> Self {
        Self { level }
    }
}

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "level: {} is not between 0 and 9", self.level)
    }
}

impl Error for LevelError {}
