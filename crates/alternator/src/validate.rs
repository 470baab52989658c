//! Whether the places that a scope names are there.

use std::{error::Error, fmt};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tower_muster::{Origin, Place, cluster::DiscoverError};
use tower_service::Service;

use crate::Stack;

impl<C: Service<Request<Full<Bytes>>>> Stack<C> {
    /// Waits for the first list of nodes, and checks that each place of the scope has some.
    ///
    /// A rack without nodes is left for what the scope falls back to, whether its nodes are down or its
    /// name is wrong: the nodes do not tell these apart. A program that calls this when it starts finds
    /// the wrong name before its traffic crosses racks.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use tower_muster_alternator::{Alternator, ValidateError};
    ///
    /// let servers = tower_muster_testkit::TestCluster::builder().topology("dc1:rack1=1").start().await?;
    /// let seed = servers.urls().remove(0);
    ///
    /// Alternator::at(&seed).rack("dc1", "rack1").build()?.validate().await?;
    /// let error = Alternator::at(&seed).rack("dc1", "rack9").build()?.validate().await.unwrap_err();
    /// assert!(matches!(&error, ValidateError::NoNodes { .. }));
    /// assert_eq!(error.to_string(), r#"scope: no node is in rack "rack9" of datacenter "dc1""#);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ValidateError`] names the place, or says why there is no list of nodes.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn validate(&self) -> Result<(), ValidateError> {
        let ready = self.cluster().ready().await;
        let topology = self.cluster().topology();
        let mut places = self.scope().places().iter();
        let empty = places.find(|place| topology.place(place).is_empty());
        if empty.is_some()
            && let Some(node) = self.ignores_places()
        {
            return Err(ValidateError::Unsupported { node });
        }
        ready.map_err(ValidateError::Undiscovered)?;
        match empty {
            Some(place) => Err(ValidateError::NoNodes {
                place: place.clone(),
            }),
            None => Ok(()),
        }
    }
}

/// Says what of a scope is not there.
#[derive(Debug)]
#[non_exhaustive]
pub enum ValidateError {
    /// There is no list of nodes.
    Undiscovered(DiscoverError),
    /// No node is in one of the scope's places.
    #[non_exhaustive]
    NoNodes {
        /// The place.
        place: Place,
    },
    /// The nodes take no notice of the places that they are asked for, as before 2025.1.
    ///
    /// [`Config::system_tables`](crate::Config::system_tables) tells the places of such nodes, too.
    #[non_exhaustive]
    Unsupported {
        /// One of the nodes.
        node: Origin,
    },
}

impl fmt::Display for ValidateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undiscovered(_) => f.write_str("scope: its places cannot be looked up"),
            Self::NoNodes { place } => write!(f, "scope: no node is in {place}"),
            Self::Unsupported { node } => write!(
                f,
                "scope: {node} knows no datacenters and racks in its lists (it is older than 2025.1)"
            ),
        }
    }
}

impl Error for ValidateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Undiscovered(error) => Some(error),
            Self::NoNodes { .. } | Self::Unsupported { .. } => None,
        }
    }
}
