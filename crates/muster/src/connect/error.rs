//! Why there is no connection, or no layer.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use http::Uri;

use crate::{
    BoxError,
    attempt::NoNode,
    node::Node,
    origin::{Origin, OriginError},
};

/// Says why a connection was not made.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectError {
    /// No node could be chosen, so nothing was connected to.
    NoNode(NoNode),
    /// No node could be connected to; this is the last that was tried.
    #[non_exhaustive]
    Node {
        /// The node that was tried last.
        node: Arc<Node>,
        /// How many nodes were tried, this one included.
        attempts: u32,
        /// The connector's error, or that its time was over.
        source: BoxError,
    },
    /// The URI has the made-up host, and another scheme or port than the made-up name.
    #[non_exhaustive]
    OtherOrigin {
        /// Where a connection was asked for: scheme, host and port.
        uri: Uri,
        /// The made-up name.
        name: Arc<Origin>,
    },
    /// The connector below could take nothing.
    Connector(BoxError),
    /// A URI that is none of the layer's business could not be connected to.
    Elsewhere(BoxError),
}

impl ConnectError {
    /// Returns the node that was tried last, if any was.
    #[must_use]
    pub fn node(&self) -> Option<&Arc<Node>> {
        match self {
            Self::Node { node, .. } => Some(node),
            _ => None,
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNode(_) => f.write_str("no node could be chosen for a connection"),
            Self::Node {
                node, attempts: 1, ..
            } => write!(f, "no connection to {node}"),
            Self::Node { node, attempts, .. } => {
                write!(
                    f,
                    "no connection to {attempts} nodes, the last of them {node}"
                )
            }
            Self::OtherOrigin { uri, name } => {
                write!(f, "{uri} has the made-up host of {name} and is not it")
            }
            Self::Connector(_) => f.write_str("the connector below takes nothing"),
            Self::Elsewhere(_) => f.write_str("no connection outside of the cluster"),
        }
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NoNode(reason) => Some(reason),
            Self::Node { source, .. } | Self::Connector(source) | Self::Elsewhere(source) => {
                Some(&**source)
            }
            Self::OtherOrigin { .. } => None,
        }
    }
}

/// Says that a node had its time for a connection, and made none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectTimeout {
    pub(super) after: Duration,
}

impl ConnectTimeout {
    /// Returns the time that the node had.
    #[must_use]
    pub fn after(self) -> Duration {
        self.after
    }
}

impl fmt::Display for ConnectTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no connection within {:?}", self.after)
    }
}

impl Error for ConnectTimeout {}

/// Says what is wrong with the settings of a `ConnectLayer`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectLayerError {
    /// The made-up name is no origin.
    Name(OriginError),
    /// A time is zero, in which nothing can be done.
    #[non_exhaustive]
    Zero {
        /// The name of the setting.
        field: &'static str,
    },
}

impl fmt::Display for ConnectLayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(_) => f.write_str("connect layer: name is no origin"),
            Self::Zero { field } => write!(f, "connect layer: {field} is 0s, and must be longer"),
        }
    }
}

impl Error for ConnectLayerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Name(error) => Some(error),
            Self::Zero { .. } => None,
        }
    }
}
