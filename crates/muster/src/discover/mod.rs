//! Sources of node lists.
//!
//! A source is asked for the whole list, again and again, at its [`Pace`]. It need not say what changed.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use tower_muster::{Cluster, Node, discover::Polled};
//!
//! let source = Polled::new(async || Ok::<_, tower_muster::OriginError>(vec![Node::new("http://10.0.0.1:8000")?]));
//! let cluster = Cluster::discover(source);
//! cluster.ready().await?;
//! assert_eq!(cluster.topology().len(), 1);
//! # Ok(())
//! # }
//! ```

mod pace;
mod polled;

pub use self::{
    pace::{Pace, PaceError},
    polled::Polled,
};
use crate::{BoxError, node::Node, topology::Topology};

/// Is a source of node lists.
pub trait Discover: Send + 'static {
    /// Why a list could not be had.
    type Error: Into<BoxError>;

    /// Finds the nodes, all of them.
    ///
    /// `known` is what was found before: its nodes may be asked, too. An error keeps what is known, and
    /// so does an empty list. The source bounds its own time: nobody asks again before this future ends.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when the last handle of the cluster is.
    fn nodes(
        &mut self,
        known: &Topology,
    ) -> impl Future<Output = Result<Vec<Node>, Self::Error>> + Send;

    /// Returns how often to ask.
    fn pace(&self) -> Pace {
        Pace::default()
    }
}
