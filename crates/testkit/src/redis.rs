//! A real Redis for one test: its own ports, its own folder, its own faults.
//!
//! One server, three masters of a cluster, or a master that sentinels watch. The program `redis-server` has to be
//! installed, or named by `MUSTER_REDIS_SERVER`: version 7 for a cluster, 6.2 for the others.
//!
//! Servers end and folders go when their handles are dropped, also by a panic. Where the program `setpriv` is
//! installed (util-linux 2.33), servers end with the process, too, however that ends.

mod access;
mod cluster;
mod error;
mod faults;
mod folder;
mod ports;
mod process;
mod reply;
mod sentinel;
mod server;
mod spawner;
mod tls;

pub use self::{
    cluster::RedisCluster, error::RedisError, sentinel::RedisSentinels, server::RedisServer,
    tls::RedisTls,
};
