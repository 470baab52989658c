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
    /// The first address that asks for TLS.
    pub(crate) fn first_https(&self) -> Result<Option<String>, ConfigError> {
        let is_https = |origin: &Origin| origin.scheme() == &Scheme::HTTPS;
        let origins = match self {
            Self::Seeds(seeds) => seeds
                .iter()
                .map(|seed| Ok(seed.parse().map_err(SeedError::from)?))
                .collect::<Result<Vec<Origin>, ConfigError>>()?,
            Self::Nodes(nodes) => nodes.iter().map(|node| node.origin().clone()).collect(),
        };
        let first = origins.into_iter().find(is_https);
        Ok(first.map(|origin| origin.to_string()))
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
