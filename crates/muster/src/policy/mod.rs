//! Which node a request goes to.
//!
//! A [`Policy`] is a pure function of what the request says (its [`Route`]) and of the nodes it may
//! choose from (its [`Candidates`]). It does no I/O, reads no clock and takes no lock.
//!
//! | chooses | |
//! |---|---|
//! | [`PowerOfTwo`] | the better of two by requests in flight, and by how they answer: the default |
//! | [`RoundRobin`] | each node in turn |
//! | [`Random`] | any |
//! | [`Rendezvous`] | the same node for the same key |
//!
//! | narrows or weighs the choice of another | |
//! |---|---|
//! | [`RackAffinity`], [`InScope`] | to the nearest nodes, as long as they are well and not overloaded |
//! | [`Filter`] | to nodes for which a condition holds |
//! | [`FirstOf`] | asks another policy where the first declines |
//! | [`Weighted`] | gives large nodes more |
//!
//! # Writing one
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use tower_muster::{
//!     Cluster, Node, Policy,
//!     policy::{Candidate, Candidates, Route},
//! };
//!
//! /// Sends everything to the node whose origin sorts first.
//! #[derive(Debug)]
//! struct First;
//!
//! impl Policy for First {
//!     fn pick<'a>(&self, _route: &Route<'_>, candidates: &Candidates<'a, '_>) -> Option<Candidate<'a>> {
//!         candidates.iter().min_by_key(|c| c.node().origin())
//!     }
//! }
//!
//! let nodes = ["http://10.0.0.2:8000", "http://10.0.0.1:8000"];
//! let cluster = Cluster::fixed(nodes.into_iter().map(Node::new).collect::<Result<Vec<_>, _>>()?)?;
//! let request = http::Request::new(());
//! let lease = cluster.pick(&First, &Route::of(&request))?;
//! assert_eq!(lease.node().origin().as_str(), "http://10.0.0.1:8000");
//! # Ok(())
//! # }
//! ```

mod candidates;
mod filter;
mod first_of;
mod in_scope;
mod power_of_two;
mod rack_affinity;
mod random;
mod rendezvous;
mod round_robin;
mod route;
mod spill;
mod weighted;

use std::sync::Arc;

pub(crate) use self::candidates::is_among;
pub use self::{
    candidates::{Candidate, Candidates, Ring},
    filter::Filter,
    first_of::FirstOf,
    in_scope::InScope,
    power_of_two::PowerOfTwo,
    rack_affinity::RackAffinity,
    random::Random,
    rendezvous::{AffinityKey, BoundError, Rendezvous},
    round_robin::RoundRobin,
    route::Route,
    weighted::Weighted,
};

/// Chooses a node for one request.
pub trait Policy: Send + Sync + 'static {
    /// Picks one of the candidates, of which there is always at least one.
    ///
    /// `None` is to say that it has no use for any of them, as a policy says that keeps to one rack. It is then
    /// asked again about those nodes, too, that were left out because they do not look well. If it has no use
    /// for these either the request is not sent; [`FirstOf`] asks another policy each time.
    fn pick<'a>(&self, route: &Route<'_>, candidates: &Candidates<'a, '_>)
    -> Option<Candidate<'a>>;
}

impl<P: Policy + ?Sized> Policy for Arc<P> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        (**self).pick(route, candidates)
    }
}

impl<P: Policy + ?Sized> Policy for Box<P> {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        (**self).pick(route, candidates)
    }
}

#[cfg(test)]
mod tests;
