//! A Redis in memory with every fault: calls that hang and are carried out later, answers that are lost, data that is
//! lost or goes back, clocks that jump.

mod core;
pub(crate) mod rules;

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Duration, Instant, sleep},
};

pub(crate) use self::core::{Core, Data, Line};
use crate::{
    Epoch, Group, Member, SiteId, Slot,
    record::{Notice, SlotRecord, Snapshot},
    store::{Beat, Coordinator, Joined, Removal, Seen, Session, StoreError},
    table::follow::Notices,
};

/// How long a message is under way.
const LATENCY: Duration = Duration::from_millis(1);

/// A Redis in memory.
#[derive(Clone)]
pub(crate) struct Fake(Arc<Inner>);

struct Inner {
    core: Mutex<Core>,
    /// What is written is lost when it is gone back to.
    saved: Mutex<Option<Core>>,
    start: Instant,
    /// What Redis's clock is ahead, in ms.
    ahead: watch::Sender<u64>,
    is_hung: watch::Sender<bool>,
    listeners: Mutex<Vec<(watch::Receiver<Faults>, mpsc::UnboundedSender<Notice>)>>,
}

/// What a client suffers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    /// Nothing gets through, in either direction.
    pub(crate) is_cut: bool,
    /// What is asked is done, and not answered.
    pub(crate) loses_answers: bool,
}

/// One site's way to it.
#[derive(Clone)]
pub(crate) struct Client {
    fake: Fake,
    pub(crate) faults: watch::Sender<Faults>,
}

impl Fake {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            core: Mutex::new(Core::new()),
            saved: Mutex::new(None),
            start: Instant::now(),
            // Far from zero, as a real one is.
            ahead: watch::Sender::new(1_000_000),
            is_hung: watch::Sender::new(false),
            listeners: Mutex::new(Vec::new()),
        }))
    }

    pub(crate) fn client(&self) -> Client {
        let faults = watch::Sender::new(Faults::default());
        Client {
            fake: self.clone(),
            faults,
        }
    }

    pub(crate) fn now(&self) -> u64 {
        let millis = self.0.start.elapsed().as_millis();
        u64::try_from(millis).expect("a short time") + *self.0.ahead.borrow()
    }

    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        self.0.core.lock().expect("no panic inside")
    }

    /// Everything that is asked waits, and is carried out when it hangs no more.
    pub(crate) fn hang(&self, is_hung: bool) {
        self.0.is_hung.send_replace(is_hung);
    }

    /// Redis's clock goes ahead by so much.
    pub(crate) fn jump(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).expect("a short time");
        self.0.ahead.send_modify(|ahead| *ahead += by);
    }

    /// It has restarted without its data.
    pub(crate) fn lose_data(&self) {
        self.core().group = None;
        self.disconnect();
    }

    pub(crate) fn save(&self) {
        *self.0.saved.lock().expect("no panic inside") = Some(self.core().clone());
    }

    /// It has what was saved, as a replica that lacked the last writes.
    pub(crate) fn go_back(&self) {
        let saved = self.0.saved.lock().expect("no panic inside").clone();
        *self.core() = saved.expect("something was saved");
        self.disconnect();
    }

    /// Who listens has to listen again, and what is said until then is not heard.
    pub(crate) fn disconnect(&self) {
        self.0.listeners.lock().expect("no panic inside").clear();
    }

    fn publish(&self, notices: &[Notice]) {
        let mut listeners = self.0.listeners.lock().expect("no panic inside");
        listeners.retain(|(faults, listener)| {
            let is_cut = faults.borrow().is_cut;
            !is_cut
                && notices
                    .iter()
                    .all(|notice| listener.send(notice.clone()).is_ok())
        });
    }
}

impl Client {
    /// Carries a call out as a server would: also when whoever has asked waits no more.
    async fn call<T: Send + 'static>(
        &self,
        script: impl FnOnce(&mut Core, u64) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let (fake, mut faults) = (self.fake.clone(), self.faults.subscribe());
        tokio::spawn(async move {
            sleep(LATENCY).await;
            if faults.borrow().is_cut {
                return std::future::pending().await;
            }
            let mut is_hung = fake.0.is_hung.subscribe();
            let _ = is_hung.wait_for(|is_hung| !is_hung).await;
            let result = {
                let (now, mut core) = (fake.now(), fake.core());
                let result = script(&mut core, now);
                let notices = std::mem::take(&mut core.notices);
                drop(core);
                fake.publish(&notices);
                result
            };
            sleep(LATENCY).await;
            let _ = faults
                .wait_for(|faults| !faults.is_cut && !faults.loses_answers)
                .await;
            // It may have given up.
            let _ = answer.send(result);
        });
        let answered = answered.await;
        answered.unwrap_or_else(|_| {
            Err(StoreError::Silent {
                after: Duration::ZERO,
            })
        })
    }
}

impl Coordinator for Client {
    type Notices = Listening;

    async fn join(
        &self,
        group: &Group,
        member: &Member,
        session: &Session,
        seen: Option<&Seen>,
    ) -> Result<Joined, StoreError> {
        let (group, member, session) = (group.clone(), member.clone(), session.clone());
        let seen = seen.cloned();
        self.call(move |core, now| core.join(now, &group, &member, &session, seen.as_ref()))
            .await
    }

    async fn beat(&self, id: &SiteId, session: &Session) -> Result<Beat, StoreError> {
        let (id, session) = (id.clone(), session.clone());
        self.call(move |core, now| core.beat(now, &id, &session))
            .await
    }

    async fn add(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        claim: u64,
        floor: Epoch,
        copied: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        let (id, session) = (id.clone(), session.clone());
        self.call(move |core, now| core.add(now, (&id, &session), slot, claim, floor, copied))
            .await
    }

    async fn remove(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> Result<Removal, StoreError> {
        let (id, session) = (id.clone(), session.clone());
        self.call(move |core, now| core.remove(now, (&id, &session), slot, floor))
            .await
    }

    async fn fail(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        let (id, session) = (id.clone(), session.clone());
        self.call(move |core, now| core.fail(now, (&id, &session), slot, floor))
            .await
    }

    async fn hand_over(
        &self,
        id: &SiteId,
        session: &Session,
        slot: Slot,
        floor: Epoch,
    ) -> Result<SlotRecord, StoreError> {
        let (id, session) = (id.clone(), session.clone());
        self.call(move |core, now| core.hand_over(now, (&id, &session), slot, floor))
            .await
    }

    async fn leaving(&self, id: &SiteId, session: &Session) -> Result<(), StoreError> {
        let (id, session) = (id.clone(), session.clone());
        self.call(move |core, _| core.leaving(&id, &session)).await
    }

    async fn leave(&self, id: &SiteId, session: &Session) -> Result<(), StoreError> {
        let (id, session) = (id.clone(), session.clone());
        self.call(move |core, now| {
            core.leave(now, &id, &session);
            Ok(())
        })
        .await
    }

    async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.call(|core, _| core.snapshot()).await
    }

    async fn notices(&self) -> Result<Listening, StoreError> {
        let (sender, notices) = mpsc::unbounded_channel();
        let (fake, faults) = (self.fake.clone(), self.faults.subscribe());
        self.call(move |_, _| {
            let mut listeners = fake.0.listeners.lock().expect("no panic inside");
            listeners.push((faults, sender));
            Ok(())
        })
        .await?;
        Ok(Listening(notices))
    }
}

/// Notices as they come.
pub(crate) struct Listening(mpsc::UnboundedReceiver<Notice>);

impl Notices for Listening {
    async fn next(&mut self) -> Option<Notice> {
        self.0.recv().await
    }
}
