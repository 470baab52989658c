//! What of its headers a node is sent.
