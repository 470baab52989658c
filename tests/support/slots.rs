//! Groups of sites over a real Redis, which serve over real sockets, and clients of them.

mod actor;
mod app;
mod client;
mod journal;
mod line;
mod raw;
mod scene;
mod server;

pub use self::{
    actor::{Actor, Casting},
    app::{App, Lived},
    client::{Answer, Call, Client, Sends, Stream},
    journal::{Journal, Write},
    line::Line,
    raw::Raw,
    scene::{Scene, group, member},
};

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// No test waits longer for something that should happen.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until something holds; panics if it never does.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, wait)
        .await
        .unwrap_or_else(|_| panic!("never happened: {what}"));
}
