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
    nodes: Mutex<HashMap<Box<str>, Arc<ClientConfig>>>,
}

impl Sessions {
    pub(super) fn new(base: ClientConfig) -> Self {
        Self {
            base: Box::new(base),
            nodes: Mutex::default(),
        }
    }

    pub(super) fn config(&self, uri: &Uri) -> Arc<ClientConfig> {
        let node = uri.authority().map_or("", |authority| authority.as_str());
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = nodes.get(node) {
            return Arc::clone(config);
        }
        if nodes.len() >= MAX_NODES {
            // Which one goes matters little: it costs that node one full handshake.
            let any = nodes.keys().next().cloned();
            any.map(|any| nodes.remove(&any));
        }
        let mut config = ClientConfig::clone(&self.base);
        config.resumption = Resumption::in_memory_sessions(TICKETS);
        let config = Arc::new(config);
        nodes.insert(node.into(), Arc::clone(&config));
        config
    }

    /// Forgets all tickets: they say who the client was when they were given.
    pub(super) fn forget(&self) {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        nodes.clear();
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
    fn a_node_keeps_its_own_tickets_until_all_are_forgotten() {
        let sessions = sessions();
        let first = sessions.config(&node(1));
        assert!(Arc::ptr_eq(&first, &sessions.config(&node(1))));
        assert!(!Arc::ptr_eq(&first, &sessions.config(&node(2))));
        sessions.forget();
        assert!(!Arc::ptr_eq(&first, &sessions.config(&node(1))));
    }

    #[test]
    fn nodes_without_end_are_not_all_remembered() {
        let sessions = sessions();
        for port in 1..=MAX_NODES + 10 {
            sessions.config(&node(port));
        }
        assert_eq!(sessions.nodes.lock().unwrap().len(), MAX_NODES);
    }
}
