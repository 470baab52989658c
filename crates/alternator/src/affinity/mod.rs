//! Sends writes of one key to one node.
