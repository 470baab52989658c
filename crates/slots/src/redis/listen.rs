//! What is published on a channel.

use std::{
    future::pending,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use redis::{PushInfo, PushKind, Value, aio::SendError};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Instant, timeout, timeout_at},
};

use super::{
    RedisError,
    connection::Connected,
    endpoint::Endpoint,
    fault::{self, Fault},
    greeting::Pushes,
    link::Current,
};

/// Bounds the messages that wait to be heard; who falls so far behind does better to look again at everything.
const MOST_WAITING: usize = 1_024;

/// Hears what is published on one channel; it ends when a message may have been missed.
#[derive(Debug)]
pub(crate) struct Listening {
    messages: mpsc::Receiver<Vec<u8>>,
    watch: JoinHandle<()>,
}

impl Listening {
    pub(super) async fn open(
        current: &Current,
        channel: &str,
        deadline: Instant,
    ) -> Result<Self, RedisError> {
        let endpoint = current.connected(deadline).await?.endpoint().clone();
        let moved = current.at();
        let (sender, messages) = mpsc::channel(MOST_WAITING);
        let opening = async {
            let connected = current
                .dialer()
                .server(&endpoint, Some(pushes(sender)))
                .await?;
            let subscribed = connected.connection().subscribe(channel).await;
            match subscribed.map_err(|error| fault::of(&endpoint, "SUBSCRIBE", error)) {
                Ok(()) => Ok(connected),
                Err(Fault::Lost(error) | Fault::Unready(error) | Fault::Answered(error)) => {
                    Err(error)
                }
                Err(Fault::Moved(to)) => {
                    Err(RedisError::unreachable(&endpoint, format!("moved to {to}")))
                }
            }
        };
        let connected = match timeout_at(deadline, opening).await {
            Ok(opened) => opened?,
            Err(elapsed) => return Err(RedisError::unreachable(&endpoint, elapsed)),
        };
        let watch = tokio::spawn(watch_over(connected, moved, current.timeout()));
        Ok(Self { messages, watch })
    }

    /// Returns the next message, or `None` once the connection is lost, silent for the link's timeout, or too far
    /// behind; also when the link has gone to another server, where messages of this one may not arrive.
    ///
    /// # Cancel safety
    ///
    /// No message is lost if this is dropped.
    pub(crate) async fn next(&mut self) -> Option<Vec<u8>> {
        self.messages.recv().await
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// Takes what the server says; the channel of messages ends with the connection that holds this.
fn pushes(sender: mpsc::Sender<Vec<u8>>) -> Pushes {
    let sender = Mutex::new(Some(sender));
    Box::new(move |push| {
        let mut sender = sender.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = match (&*sender, message(push)) {
            (Some(sender), Ok(Some(message))) => sender.try_send(message).is_ok(),
            (Some(_), Ok(None)) => true,
            _ => false,
        };
        match sent {
            true => Ok(()),
            false => {
                *sender = None;
                Err(SendError)
            }
        }
    })
}

/// The payload, if it is a message; an error if it says that there will be none any more.
fn message(push: PushInfo) -> Result<Option<Vec<u8>>, SendError> {
    match push.kind {
        PushKind::Disconnection | PushKind::Unsubscribe => Err(SendError),
        PushKind::Message => match push.data.into_iter().nth(1) {
            Some(Value::BulkString(payload)) => Ok(Some(payload)),
            _ => Err(SendError),
        },
        _ => Ok(None),
    }
}

/// Holds the connection for as long as it answers, and is where the link is.
async fn watch_over(
    connected: Connected,
    mut moved: watch::Receiver<Option<Endpoint>>,
    patience: Duration,
) {
    // Half of the time passes before the question, half before the answer.
    let half = patience / 2;
    let own = connected.endpoint();
    loop {
        if timeout(half, has_moved(&mut moved, own)).await.is_ok() {
            return;
        }
        match timeout(half, connected.ask(&redis::cmd("PING"))).await {
            Ok(Ok(_)) => {}
            _ => return,
        }
    }
}

/// Ends when the link has gone to another server.
async fn has_moved(moved: &mut watch::Receiver<Option<Endpoint>>, own: &Endpoint) {
    let found = moved.wait_for(|at| at.as_ref().is_some_and(|at| at != own));
    if found.await.is_err() {
        // The link is gone, and what it listened to goes on.
        pending::<()>().await;
    }
}
