//! What a scope and affinity make of the policy.

use std::sync::Arc;

use tower_muster::{Place, Policy, policy::InScope};

use super::Config;
use crate::{affinity::KeyAffinity, error::ConfigError};

impl Config {
    /// The policy: within the places of the scope, one after another, but for writes that have a node of their own.
    pub(crate) fn whole_policy(&self) -> Result<Arc<dyn Policy>, ConfigError> {
        let policy = Arc::clone(&self.policy);
        let near: Arc<dyn Policy> = match self.scope.places() {
            [Place::Cluster] => policy,
            _ => Arc::new(InScope::new(self.scope.clone(), policy)?),
        };
        Ok(match self.affinity {
            Some(_) => Arc::new(KeyAffinity::new(&self.scope, near)?),
            None => near,
        })
    }

    /// Whose nodes have to be known although the scope leaves some of them out: clients in different racks have
    /// to agree on the node of a key.
    pub(crate) fn ring(&self) -> Option<Place> {
        match (self.affinity, self.scope.places().first()) {
            (Some(_), Some(Place::Rack { datacenter, .. })) => Some(Place::Datacenter {
                datacenter: datacenter.clone(),
            }),
            _ => None,
        }
    }
}
