//! What is known of the group: snapshots and notices.

use super::{Effect, Phase, State, local::Targets};
use crate::{
    record::{Notice, Snapshot},
    site::view::Noticed,
    store::Seen,
};

/// How many notices wait for a snapshot; when more come, another one is read after it.
const MOST_WAITING: usize = 4_096;

impl State {
    /// The whole group, read when so much was known.
    pub(in crate::site) fn snapshot(&mut self, snapshot: Snapshot, known: &Seen) {
        let waiting = self.waiting.take().unwrap_or_default();
        if self.is_member() && self.went_back(&snapshot.life, snapshot.version, known) {
            // It is not taken over: what was seen before is what the next join has to say.
            return self.forgotten(false);
        }
        let is_same_life = self.view.life == snapshot.life;
        if !is_same_life || snapshot.version >= self.view.version {
            let mut touched = Vec::new();
            self.view.replace(snapshot, |slot| touched.push(slot));
            touched.into_iter().for_each(|slot| self.touch(slot));
            self.members_changed();
        }
        if waiting.len() >= MOST_WAITING {
            self.ask_snapshot();
        }
        for notice in waiting {
            // One of another life is from before this one.
            if notice.life == self.view.life {
                self.notice(notice);
            }
        }
        self.catch_up();
        if let Phase::CatchingUp(_) = &self.phase {
            // It was read before the site had joined.
            self.ask_snapshot();
        }
    }

    /// The notices that have come since a snapshot was asked for.
    pub(in crate::site) fn waiting(&self) -> &[Notice] {
        self.waiting.as_deref().unwrap_or_default()
    }

    /// A notice has come.
    pub(in crate::site) fn notice(&mut self, notice: Notice) {
        if let Some(waiting) = &mut self.waiting {
            if waiting.len() < MOST_WAITING {
                waiting.push(notice);
            }
            return;
        }
        match self.view.order(&notice) {
            Noticed::Old => return,
            Noticed::Gap => {
                self.ask_snapshot();
                self.waiting = Some(vec![notice]);
                return;
            }
            Noticed::Next => {}
        }
        let mut touched = Vec::new();
        if self.view.notice(notice, |slot| touched.push(slot)) {
            self.members_changed();
        }
        touched.into_iter().for_each(|slot| self.touch(slot));
        self.catch_up();
    }

    pub(super) fn ask_snapshot(&mut self) {
        if self.waiting.is_none() {
            self.waiting = Some(Vec::new());
            self.effects.push(Effect::Snapshot);
        }
    }

    /// Notices were missed: the connection that brings them was lost.
    pub(in crate::site) fn deaf(&mut self) {
        self.ask_snapshot();
    }

    fn members_changed(&mut self) {
        let me = &self.rules.me.clone();
        let others = self.view.staying().filter(|member| member.id() != me);
        self.others = others.count();
        if self.is_member() && !self.view.members.contains_key(me) {
            // Before the next heartbeat says so: what the others have now is no reason to let anything go.
            self.forgotten(true);
        }
        if !self.is_member() {
            // What was assigned to others meanwhile says nothing of what is to be held now.
            self.targets = None;
        }
        self.effects.push(Effect::Assign);
        if self.is_leaving {
            self.touch_all();
        }
    }

    /// What the assignment says now; none while there are too few sites.
    pub(in crate::site) fn assigned(&mut self, targets: Option<Targets>) {
        if self.targets != targets {
            self.targets = targets;
            self.touch_all();
        }
    }
}
