//! The text that says which nodes there are: `dc1:rack1=3,rack2=3;dc2:rackA=2`.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// Where one node stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) datacenter: String,
    pub(crate) rack: String,
}

/// The places of all nodes, in the order that the text gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topology {
    pub(crate) places: Vec<Place>,
}

/// A topology that cannot be read.
///
/// Says which piece of the text is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopologyError {
    piece: String,
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Problem {
    Empty,
    NoRacks,
    NoCount,
    NoName,
    BadCount,
    Repeated,
    TooMany,
}

/// One block of loopback addresses, 127.x.y.1 to 127.x.y.254, holds a cluster.
pub(crate) const MOST_NODES: usize = 254;

impl TopologyError {
    fn new(piece: &str, problem: Problem) -> Self {
        Self {
            piece: piece.to_owned(),
            problem,
        }
    }

    /// Returns the piece of the text that is wrong.
    pub fn piece(&self) -> &str {
        &self.piece
    }
}

impl fmt::Display for TopologyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let piece = &self.piece;
        match self.problem {
            Problem::Empty => write!(f, "topology is empty; write it as dc1:rack1=3,rack2=3"),
            Problem::NoRacks => {
                write!(
                    f,
                    "topology piece {piece:?} has no racks; write it as dc1:rack1=3"
                )
            }
            Problem::NoCount => {
                write!(
                    f,
                    "topology piece {piece:?} has no node count; write it as rack1=3"
                )
            }
            Problem::NoName => write!(f, "topology piece {piece:?} has an empty name"),
            Problem::BadCount => {
                write!(
                    f,
                    "topology piece {piece:?} needs a count from 1 to {MOST_NODES}"
                )
            }
            Problem::Repeated => write!(f, "topology piece {piece:?} names the same rack again"),
            Problem::TooMany => {
                write!(
                    f,
                    "topology piece {piece:?} makes more than {MOST_NODES} nodes"
                )
            }
        }
    }
}

impl Error for TopologyError {}

impl FromStr for Topology {
    type Err = TopologyError;

    fn from_str(text: &str) -> Result<Self, TopologyError> {
        let mut topology = Self { places: Vec::new() };
        if text.trim().is_empty() {
            return Err(TopologyError::new(text, Problem::Empty));
        }
        for piece in text.split(';').map(str::trim) {
            let Some((datacenter, racks)) = piece.split_once(':') else {
                return Err(TopologyError::new(piece, Problem::NoRacks));
            };
            for rack in racks.split(',').map(str::trim) {
                topology.add_rack(datacenter.trim(), rack)?;
            }
        }
        Ok(topology)
    }
}

impl Topology {
    fn add_rack(&mut self, datacenter: &str, piece: &str) -> Result<(), TopologyError> {
        let wrong = |problem| TopologyError::new(piece, problem);
        let (rack, count) = piece
            .split_once('=')
            .ok_or_else(|| wrong(Problem::NoCount))?;
        let (rack, count) = (rack.trim(), count.trim());
        if datacenter.is_empty() || rack.is_empty() {
            return Err(wrong(Problem::NoName));
        }
        let count: usize = count.parse().map_err(|_| wrong(Problem::BadCount))?;
        if count == 0 || count > MOST_NODES {
            return Err(wrong(Problem::BadCount));
        }
        let place = Place {
            datacenter: datacenter.to_owned(),
            rack: rack.to_owned(),
        };
        if self.places.contains(&place) {
            return Err(wrong(Problem::Repeated));
        }
        if self.places.len() + count > MOST_NODES {
            return Err(wrong(Problem::TooMany));
        }
        self.places.extend(std::iter::repeat_n(place, count));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
