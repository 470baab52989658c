//! One site that stands still while others take its place.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{task::JoinSet, time::sleep};
use tower_muster::BoxError;
use tower_muster_slots::{Epoch, Slot};

use super::{GROUP, PAUSE, answers::Answers, writer::Writer};
use crate::{
    slots::scene::{Scene, SiteProcess},
    time,
};

/// How many connections there are; as many more come while the site stands still.
const WRITERS: usize = 8;
/// How many writes each of them sends at a time while it stands still, and afterwards.
const QUEUED: usize = 64;
const BURST: usize = 4;
const PAUSE_AFTER_BURST: Duration = Duration::from_millis(5);
/// How often the site may have lost its lease to a busy machine before anything was done to it.
const TRIES: u32 = 5;

/// What became of the writes before the site stood still, and of those under the same epochs since then.
pub(super) async fn run(scene: &mut Scene, victim: usize) -> Result<(Answers, Answers), BoxError> {
    let port = scene.sites[victim].port();
    let (slots, current) = warm_up(scene, victim).await?;
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        writers.push(Writer::connect(port, &slots, number).await?);
    }
    scene.sites[victim].pause()?;
    let begin = time::now();
    for number in WRITERS..2 * WRITERS {
        writers.push(Writer::connect(port, &slots, number).await?);
    }
    queue(&mut writers).await?;
    scene.replaced(&slots).await;
    queue(&mut writers).await?;
    sleep((GROUP.timeout() * PAUSE).saturating_sub(begin.elapsed())).await;
    queue(&mut writers).await?;
    scene.sites[victim].resume()?;
    let (is_over, mut tasks) = (Arc::<AtomicBool>::default(), JoinSet::new());
    for writer in writers {
        tasks.spawn(go_on(writer, Arc::clone(&is_over)));
    }
    scene.settle().await?;
    is_over.store(true, Relaxed);
    let writers = tasks.join_all().await;
    let stale = gather(&mut scene.sites[victim], writers)?;
    Ok((current, stale))
}

async fn queue(writers: &mut [Writer]) -> Result<(), BoxError> {
    for writer in writers {
        writer.send(QUEUED).await?;
    }
    Ok(())
}

type Granted = Arc<[(Slot, Epoch)]>;

/// Writes to each slot of the site once, all of which have to be accepted.
async fn warm_up(scene: &mut Scene, victim: usize) -> Result<(Granted, Answers), BoxError> {
    let mut last = Answers::default();
    for _ in 0..TRIES {
        scene.settle().await?;
        let slots: Granted = scene.granted(victim).into();
        let mut writer = Writer::connect(scene.sites[victim].port(), &slots, 0).await?;
        writer.send(slots.len()).await?;
        writer.read().await;
        last = gather(&mut scene.sites[victim], vec![writer])?;
        if last.accepted.len() == slots.len() && last.committed == last.accepted {
            return Ok((slots, last));
        }
    }
    Err(format!("writes under current epochs were not accepted: {last:?}").into())
}

/// Reads what is answered, and goes on writing.
async fn go_on(mut writer: Writer, is_over: Arc<AtomicBool>) -> Writer {
    while writer.read().await && !is_over.load(Relaxed) {
        sleep(PAUSE_AFTER_BURST).await;
        if writer.send(BURST).await.is_err() {
            break;
        }
    }
    writer.read().await;
    writer
}

/// All answers, with what the site has committed of it.
fn gather(site: &mut SiteProcess, writers: Vec<Writer>) -> Result<Answers, BoxError> {
    let (mut all, mut sent) = (Answers::default(), BTreeSet::new());
    for writer in writers {
        all.add(writer.answers);
        sent.extend(writer.sent);
    }
    let committed = site.commits()?.into_iter();
    all.committed = committed.filter(|write| sent.contains(write)).collect();
    Ok(all)
}
