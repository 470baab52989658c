//! Against a real `redis-server`, one for each test.
//!
//! Where time has to pass, what Redis holds is made older instead: groups here have a timeout of a minute, and
//! only tests of the clock itself wait for it.

mod clock;
mod concurrency;
mod epochs;
mod foreign;
mod forgotten;
mod handing;
mod holding;
mod late;
mod lines;
mod loss;
mod measure;
mod membership;
mod model;
mod rig;
mod settings;
