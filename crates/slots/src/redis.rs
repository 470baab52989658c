//! Redis: where it is, and a link to it that ends every command in time and finds a new master by itself.
//!
//! One server, Sentinel and Cluster differ in one thing here: how the server that takes writes is found. All keys
//! of a group lie in one slot of a Redis Cluster, so a link is one multiplexed connection in each case.

mod connection;
mod endpoint;
mod error;
mod fault;
mod greeting;
mod link;
mod listen;
mod master;
mod place;
mod script;
mod stream;
#[cfg(feature = "tls")]
mod tls;

pub use self::{error::RedisError, place::Redis};
pub(crate) use self::{link::Link, listen::Listening, script::Script};

#[cfg(test)]
mod tests;
