//! What happens to the cluster while the calls go on.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use tokio::{task::JoinHandle, time::sleep};
use tower_muster_testkit::TestNode;

use crate::{
    args::{Args, Fault},
    load::Load,
    target::{SLOW, Target},
};

/// Something that happened, and when.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Event {
    /// Milliseconds since the first call.
    pub(crate) at_ms: u64,
    pub(crate) node: String,
    pub(crate) event: String,
}

/// Breaks nodes at a third of the calls and mends them at two thirds.
pub(crate) struct Story {
    telling: JoinHandle<Vec<Event>>,
    load: Arc<Load>,
}

impl Story {
    pub(crate) fn begin(fault: Fault, args: &Args, target: &Target, load: &Arc<Load>) -> Self {
        let mut victims = target.rack(args);
        if fault != Fault::Rack {
            victims.truncate(1);
        }
        let story = tell(fault, victims, Arc::clone(load));
        Self {
            telling: tokio::spawn(story),
            load: Arc::clone(load),
        }
    }

    /// All that happened, once it has.
    pub(crate) async fn end(self) -> Vec<Event> {
        // With few calls the notices may come late; the story is told to its end all the same.
        self.load.third.notify_one();
        self.load.two_thirds.notify_one();
        self.telling.await.unwrap_or_default()
    }
}

async fn tell(fault: Fault, victims: Vec<TestNode>, load: Arc<Load>) -> Vec<Event> {
    if fault == Fault::None || victims.is_empty() {
        return Vec::new();
    }
    let mut events = Vec::new();
    let mut note = |node: &TestNode, event: &str| {
        let at_ms = load.begun.elapsed().as_millis() as u64;
        let node = node.address().to_string();
        events.push(Event {
            at_ms,
            node,
            event: event.to_owned(),
        });
    };

    load.third.notified().await;
    for node in &victims {
        note(node, break_it(fault, node));
    }
    load.two_thirds.notified().await;
    for node in &victims {
        match mend(fault, node).await {
            Ok(event) => note(node, event),
            Err(error) => note(node, &format!("could not be mended: {error}")),
        }
    }
    for node in &victims {
        if is_used(node).await {
            note(node, "used again");
        }
    }
    events
}

fn break_it(fault: Fault, node: &TestNode) -> &'static str {
    match fault {
        Fault::Kill | Fault::Rack => {
            node.kill();
            "killed"
        }
        Fault::Blackhole => {
            node.black_hole();
            "answers nothing"
        }
        Fault::Slow => {
            node.slow(SLOW);
            "answers late"
        }
        Fault::None => "left alone",
    }
}

async fn mend(
    fault: Fault,
    node: &TestNode,
) -> Result<&'static str, tower_muster_testkit::StartError> {
    if matches!(fault, Fault::Kill | Fault::Rack) {
        node.restart().await?;
        return Ok("restarted");
    }
    node.heal();
    Ok("mended")
}

/// Whether the node gets requests within two seconds; it does as long as there are calls left.
async fn is_used(node: &TestNode) -> bool {
    let before = node.counters().executed;
    for _ in 0..400 {
        if node.counters().executed > before {
            return true;
        }
        sleep(Duration::from_millis(5)).await;
    }
    false
}
