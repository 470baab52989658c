//! What can be wrong with a configuration.

use std::{error::Error, fmt};

use tower_muster::{NameError, cluster::ClusterError, probe::ProbingError};

use crate::discover::SeedError;

/// Says which part of a configuration is wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// The seeds are no addresses of nodes.
    Seeds(SeedError),
    /// The nodes that were given make no cluster.
    Nodes(ClusterError),
    /// The nodes are given, and are to be read from the system tables.
    NodesAreKnown,
    /// A datacenter or rack is an empty name.
    Scope(NameError),
    /// A seed is https, and the built-in client has no TLS without the feature `tls`.
    #[non_exhaustive]
    NeedsTls {
        /// The seed.
        seed: String,
    },
    /// The built-in client cannot be made so.
    Client(tower_muster_client::ConfigError),
    /// Region or service of the signature is no such name.
    Sign(tower_muster_sigv4::ConfigError),
    /// A time is zero, in which nothing can be done.
    #[non_exhaustive]
    NoTime {
        /// The name of the setting.
        field: &'static str,
    },
    /// Bodies are to be compressed that were signed as they are.
    CompressedAfterSigning,
    /// A setting of the probes is out of its range.
    Probing(ProbingError),
    /// Connections are to be kept warm by probes, and there are none.
    WarmWithoutProbes,
    /// The region that an SDK is set up for is no name.
    #[cfg(feature = "aws-sdk")]
    Region(tower_muster_smithy::RegionError),
}

impl From<SeedError> for ConfigError {
    fn from(error: SeedError) -> Self {
        Self::Seeds(error)
    }
}

impl From<ClusterError> for ConfigError {
    fn from(error: ClusterError) -> Self {
        Self::Nodes(error)
    }
}

impl From<tower_muster_client::ConfigError> for ConfigError {
    fn from(error: tower_muster_client::ConfigError) -> Self {
        Self::Client(error)
    }
}

impl From<NameError> for ConfigError {
    fn from(error: NameError) -> Self {
        Self::Scope(error)
    }
}

impl From<tower_muster_sigv4::ConfigError> for ConfigError {
    fn from(error: tower_muster_sigv4::ConfigError) -> Self {
        Self::Sign(error)
    }
}

impl From<ProbingError> for ConfigError {
    fn from(error: ProbingError) -> Self {
        Self::Probing(error)
    }
}

#[cfg(feature = "aws-sdk")]
impl From<tower_muster_smithy::RegionError> for ConfigError {
    fn from(error: tower_muster_smithy::RegionError) -> Self {
        Self::Region(error)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seeds(_) => f.write_str("seeds: they name no cluster"),
            Self::Nodes(_) => f.write_str("nodes: they make no cluster"),
            Self::NodesAreKnown => f.write_str(
                "system_tables: the nodes were given, so there is nobody to ask for them",
            ),
            Self::Scope(_) => f.write_str("scope: it names no place"),
            Self::NeedsTls { seed } => {
                write!(
                    f,
                    "seeds: {seed} needs TLS, which the feature `tls` brings; or build over a client that has it"
                )
            }
            Self::Client(_) => f.write_str("client: it cannot be made so"),
            Self::Sign(_) => f.write_str("credentials: requests cannot be signed with them"),
            Self::NoTime { field } => write!(f, "{field}: 0s is no time at all"),
            Self::CompressedAfterSigning => f.write_str(
                "compress_requests: the body was signed above as it is; give the stack the credentials",
            ),
            Self::Probing(_) => f.write_str("probing: nodes cannot be asked so"),
            Self::WarmWithoutProbes => f.write_str(
                "keep_warm: connections are kept by probes, and no_probing says to send none",
            ),
            #[cfg(feature = "aws-sdk")]
            Self::Region(_) => f.write_str("region: an SDK cannot be set up for it"),
        }
    }
}

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Seeds(error) => Some(error),
            Self::Nodes(error) => Some(error),
            Self::Scope(error) => Some(error),
            Self::NodesAreKnown
            | Self::NeedsTls { .. }
            | Self::NoTime { .. }
            | Self::CompressedAfterSigning
            | Self::WarmWithoutProbes => None,
            Self::Client(error) => Some(error),
            Self::Sign(error) => Some(error),
            Self::Probing(error) => Some(error),
            #[cfg(feature = "aws-sdk")]
            Self::Region(error) => Some(error),
        }
    }
}
