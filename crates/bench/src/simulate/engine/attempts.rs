//! What becomes of an attempt: on its way, at its server, and back at its client.

use super::{Attempt, Call, Engine, Event};
use crate::simulate::{client::End, condition::Failure, events::nanos, log::Sent, world::ONE_WAY};

impl Engine<'_> {
    /// Begins an attempt at a server that the call has not tried, if there is one.
    pub(super) fn send(&mut self, call: usize) -> bool {
        let tried: Vec<_> = self.calls[call]
            .attempts
            .iter()
            .map(|&attempt| self.attempts[attempt].server)
            .collect();
        let Call { client, key, .. } = self.calls[call];
        let ticket = self.clients[client].begin(self.now, key, &tried, &self.servers);
        let Some(ticket) = ticket else {
            return false;
        };
        let (attempt, server) = (self.attempts.len(), ticket.server);
        self.log.sent.push(Sent {
            at: self.now,
            server: server as u32,
            client: client as u32,
            key,
        });
        self.attempts.push(Attempt {
            call,
            server,
            ticket: Some(ticket),
        });
        self.calls[call].attempts.push(attempt);
        self.calls[call].open += 1;
        self.events.plan(self.now + ONE_WAY, Event::Reach(attempt));
        if let Some(timeout) = self.world.calls.timeout {
            self.events
                .plan(self.now + timeout, Event::TimeOut(attempt));
        }
        true
    }

    pub(super) fn reach(&mut self, attempt: usize) {
        let server = &mut self.servers[self.attempts[attempt].server];
        if server.condition.is_silent(self.now) {
            return;
        }
        if let Some(failure) = server.condition.answer_at_once(self.now) {
            let answer = Event::Answer(attempt, Some(failure));
            self.events.plan(self.now + ONE_WAY, answer);
        } else if server.arrive(attempt) {
            self.work_on(attempt);
        }
    }

    fn work_on(&mut self, attempt: usize) {
        let work = nanos(self.service.draw(&mut self.work));
        let condition = &self.servers[self.attempts[attempt].server].condition;
        self.events
            .plan(condition.done(self.now, work), Event::Done(attempt));
    }

    pub(super) fn done(&mut self, attempt: usize) {
        let server = &mut self.servers[self.attempts[attempt].server];
        let lost = server.condition.loses_work(self.now);
        let heard = !server.condition.loses_answers(self.now);
        if let Some(next) = server.finish() {
            self.work_on(next);
        }
        if heard {
            let answer = Event::Answer(attempt, lost.then_some(Failure::Ambiguous));
            self.events.plan(self.now + ONE_WAY, answer);
        }
    }

    /// An attempt ends for its client, unless it had before.
    pub(super) fn ended(&mut self, attempt: usize, end: End) {
        let Some(ticket) = self.attempts[attempt].ticket.take() else {
            return;
        };
        let call = self.attempts[attempt].call;
        let client = self.calls[call].client;
        self.clients[client].end(ticket, self.now, end);
        self.calls[call].open -= 1;
        if self.calls[call].over {
            return;
        }
        if end == End::Served {
            self.answered(call);
        } else {
            self.failed(call, self.attempts[attempt].server);
        }
    }

    fn answered(&mut self, call: usize) {
        let called = &mut self.log.calls[call];
        called.took = Some(self.now - called.begun);
        let Call {
            client, attempts, ..
        } = &mut self.calls[call];
        let client = *client;
        for loser in std::mem::take(attempts) {
            if let Some(ticket) = self.attempts[loser].ticket.take() {
                self.clients[client].end(ticket, self.now, End::Dropped);
            }
        }
        self.calls[call].over = true;
    }

    /// An attempt of a call has failed at a server.
    fn failed(&mut self, call: usize, server: usize) {
        let Call {
            client, retries, ..
        } = self.calls[call];
        let may_retry =
            retries < self.world.calls.retries && self.clients[client].may_retry(self.now, server);
        if may_retry {
            self.calls[call].retries += 1;
            if self.send(call) {
                return;
            }
        }
        // Another attempt that is still open may do.
        if self.calls[call].open == 0 {
            self.calls[call].over = true;
        }
    }
}
