//! A real Redis for one test: its own port, its own folder, its own faults.
//!
//! The program `redis-server` has to be installed, or named by `MUSTER_REDIS_SERVER`.

mod error;
mod server;

pub use self::{error::RedisError, server::RedisServer};
