//! Where the nodes are known from.

use std::fmt;

use http::uri::Scheme;
use tower_muster::{Node, Origin};

use crate::{discover::SeedError, error::ConfigError};

/// Where the nodes are known from.
#[derive(Clone)]
pub(crate) enum Source {
    /// These are asked for the others.
    Seeds(Vec<String>),
    /// From the caller, once and for all.
    Nodes(Vec<Node>),
}

impl Source {
    /// Refuses what a client without TLS cannot reach.
    pub(crate) fn must_be_plain(&self) -> Result<(), ConfigError> {
        let must_be = |origin: &Origin| match origin.scheme() == &Scheme::HTTPS {
            true => Err(ConfigError::NeedsTls {
                seed: origin.to_string(),
            }),
            false => Ok(()),
        };
        match self {
            Self::Seeds(seeds) => seeds
                .iter()
                .try_for_each(|seed| must_be(&seed.parse().map_err(SeedError::from)?)),
            Self::Nodes(nodes) => nodes.iter().try_for_each(|node| must_be(node.origin())),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is no address may hold a password, which its error leaves out.
        let shown = |seed: &String| {
            let origin = seed.parse::<Origin>();
            origin.map_or_else(|error| error.to_string(), |origin| origin.to_string())
        };
        let (name, origins): (_, Vec<_>) = match self {
            Self::Seeds(seeds) => ("Seeds", seeds.iter().map(shown).collect()),
            Self::Nodes(nodes) => ("Nodes", nodes.iter().map(ToString::to_string).collect()),
        };
        f.debug_tuple(name).field(&origins).finish()
    }
}
