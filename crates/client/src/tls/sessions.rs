//! Sessions of earlier connections, kept for each node.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use http::Uri;
use rustls::{ClientConfig, client::Resumption};

/// What rustls keeps for one server; TLS 1.3 uses each ticket once.
const TICKETS: usize = 8;

/// How many nodes are remembered: far more than clusters have, and a bound for what no cluster is.
const MAX_NODES: usize = 1024;

/// One configuration for each node, all alike but for their tickets.
///
/// rustls keeps tickets by the server's name. Nodes that share a name, or an address, would get each other's
/// tickets, which they cannot read, and one small cache would have to do for all.
#[derive(Debug)]
pub(super) struct Sessions {
    base: Box<ClientConfig>,
    nodes: Mutex<Nodes>,
}

#[derive(Debug, Default)]
struct Nodes {
    /// Of which client certificate the tickets are.
    generation: u64,
    configs: HashMap<Box<str>, Arc<ClientConfig>>,
}

impl Sessions {
    pub(super) fn new(base: ClientConfig) -> Self {
        Self {
            base: Box::new(base),
            nodes: Mutex::default(),
        }
    }

    pub(super) fn base(&self) -> &ClientConfig {
        &self.base
    }

    /// The configuration for the node at `uri`, with tickets of this client certificate only: they say who
    /// the client was when they were given.
    pub(super) fn config(&self, uri: &Uri, generation: u64) -> Arc<ClientConfig> {
        let node = uri.authority().map_or("", |authority| authority.as_str());
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if nodes.generation != generation {
            nodes.configs.clear();
            nodes.generation = generation;
        }
        if let Some(config) = nodes.configs.get(node) {
            return Arc::clone(config);
        }
        if nodes.configs.len() >= MAX_NODES {
            // Which one goes matters little: it costs that node one full handshake.
            let any = nodes.configs.keys().next().cloned();
            any.map(|any| nodes.configs.remove(&any));
        }
        let mut config = ClientConfig::clone(&self.base);
        config.resumption = Resumption::in_memory_sessions(TICKETS);
        let config = Arc::new(config);
        nodes.configs.insert(node.into(), Arc::clone(&config));
        config
    }
}

#[cfg(test)]
mod tests {
    use rustls::{RootCertStore, crypto::ring};

    use super::*;

    fn sessions() -> Sessions {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let roots = RootCertStore::empty();
        Sessions::new(builder.with_root_certificates(roots).with_no_client_auth())
    }

    fn node(port: usize) -> Uri {
        format!("https://10.0.0.1:{port}/").parse().unwrap()
    }

    #[test]
    fn a_node_keeps_its_own_tickets_until_the_client_is_another() {
        let sessions = sessions();
        let first = sessions.config(&node(1), 0);
        assert!(Arc::ptr_eq(&first, &sessions.config(&node(1), 0)));
        assert!(!Arc::ptr_eq(&first, &sessions.config(&node(2), 0)));
        assert!(!Arc::ptr_eq(&first, &sessions.config(&node(1), 1)));
    }

    #[test]
    fn nodes_without_end_are_not_all_remembered() {
        let sessions = sessions();
        for port in 1..=MAX_NODES + 10 {
            sessions.config(&node(port), 0);
        }
        assert_eq!(sessions.nodes.lock().unwrap().configs.len(), MAX_NODES);
    }
}
