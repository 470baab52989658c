//! The HTTP client under a stack that was not given one.

/// Is hyper-util's pooling client, as [`tower_muster_client`] sets it up.
pub type HyperClient = tower_muster_client::HttpClient;
