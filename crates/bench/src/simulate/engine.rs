//! The simulation itself: from one event to the next.

mod attempts;

use fastrand::Rng;
use tokio::{runtime::Runtime, time::Instant};
use tower_muster::{
    BoxError,
    cluster::{ManualClock, Moment},
};

use super::{
    client::{Client, End, Method, Origin, Ticket},
    condition::Failure,
    events::{Events, Nanos, nanos},
    log::{Called, Log},
    ours::Probe,
    server::Server,
    workload::{Service, gap, generator},
    world::{ONE_WAY, RACKS, World, rack_of_client},
};

/// How often a client asks for the list of nodes.
const SECOND: Nanos = 1_000_000_000;
/// How often a client looks whether a node is to be asked beside the traffic.
const PROBE_EVERY: Nanos = 50_000_000;
/// How long such a question waits for its answer.
const PROBE_PATIENCE: Nanos = 1_000_000_000;

enum Event {
    /// The next call comes.
    Call,
    /// An attempt reaches its server.
    Reach(usize),
    /// A server has done an attempt's work.
    Done(usize),
    /// An answer reaches the client; `None` is a good one.
    Answer(usize, Option<Failure>),
    TimeOut(usize),
    /// A call's first attempt is late.
    Late(usize),
    /// A client looks for nodes to be asked.
    Look(usize),
    Probed(Probe, bool),
    /// A client's source of nodes finds the list of this number.
    List(usize, usize),
}

struct Call {
    client: usize,
    key: Option<u32>,
    attempts: Vec<usize>,
    /// Attempts without an answer.
    open: usize,
    retries: usize,
    over: bool,
}

struct Attempt {
    call: usize,
    server: usize,
    /// Taken when the client is through with it; the server may still be at work.
    ticket: Option<Ticket>,
}

struct Engine<'a> {
    world: &'a World,
    runtime: &'a Runtime,
    clock: ManualClock,
    now: Nanos,
    events: Events<Event>,
    servers: Vec<Server>,
    clients: Vec<Client>,
    calls: Vec<Call>,
    attempts: Vec<Attempt>,
    log: Log,
    arrivals: Rng,
    work: Rng,
    asked: Rng,
    service: Service,
}

/// Runs `world` with so many clients, which choose by `method`, and says what happened.
///
/// The same arguments give the same log. The `runtime`, whose clock is paused, is to be entered: the budgets
/// look at that clock when they are made.
pub(crate) fn run(
    runtime: &Runtime,
    world: &World,
    method: Method,
    clients: usize,
    seed: u64,
) -> Result<Log, BoxError> {
    let clock = ManualClock::new();
    let origin = Origin {
        method,
        servers: world.servers.len(),
        seed,
        clock: &clock,
        start: Instant::now(),
        probes: world.calls.probes,
        changes: !world.lists.is_empty(),
        runtime,
    };
    let clients = (0..clients).map(|number| Client::new(number, &origin));
    let conditions = world.servers.iter().cloned();
    let mut engine = Engine {
        world,
        runtime,
        now: 0,
        events: Events::new(),
        servers: conditions
            .map(|condition| Server::new(world.workers, condition))
            .collect(),
        clients: clients.collect::<Result<_, _>>()?,
        calls: Vec::new(),
        attempts: Vec::new(),
        log: Log::default(),
        arrivals: generator(seed, 0),
        work: generator(seed, 1),
        asked: generator(seed, 2),
        service: world.service.clone(),
        clock,
    };
    engine.start();
    while let Some((now, event)) = engine.events.next() {
        engine.now = now;
        engine.clock.set(Moment::from_nanos(now));
        engine.handle(event);
    }
    Ok(engine.log)
}

impl Engine<'_> {
    fn start(&mut self) {
        self.plan_call();
        for (number, &(at, _)) in self.world.lists.iter().enumerate() {
            for client in 0..self.clients.len() {
                // Each asks once a second, and not all at one time.
                let later = SECOND * client as u64 / self.clients.len() as u64;
                self.events.plan(at + later, Event::List(client, number));
            }
        }
        if self.world.calls.probes {
            for client in 0..self.clients.len() {
                // Clients do not look all at one time.
                let first = PROBE_EVERY * client as u64 / self.clients.len() as u64;
                self.events.plan(first, Event::Look(client));
            }
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Call => self.call(),
            Event::Reach(attempt) => self.reach(attempt),
            Event::Done(attempt) => self.done(attempt),
            Event::Answer(attempt, None) => self.ended(attempt, End::Served),
            Event::Answer(attempt, Some(failure)) => self.ended(attempt, End::Failed(failure)),
            Event::TimeOut(attempt) => self.ended(attempt, End::TimedOut),
            Event::Late(call) => self.late(call),
            Event::Look(client) => self.look(client),
            Event::Probed(probe, succeeded) => probe.end(succeeded),
            Event::List(client, number) => {
                let (_, servers) = &self.world.lists[number];
                self.clients[client].list(servers, self.runtime);
            }
        }
    }

    fn plan_call(&mut self) {
        let rate = self.world.rate.at(self.now as f64 / 1e9);
        let next = self.now + nanos(gap(rate, &mut self.arrivals));
        if next < self.world.end {
            self.events.plan(next, Event::Call);
        }
    }

    /// A client by chance, or one of a rack by chance where racks ask for more and less.
    fn draw_client(&mut self) -> usize {
        let clients = self.clients.len();
        let Some(demand) = self.world.demand else {
            return self.arrivals.usize(..clients);
        };
        let mut drawn = self.arrivals.f64();
        let rack = demand.iter().position(|share| {
            drawn -= share;
            drawn < 0.0
        });
        let rack = rack.unwrap_or(RACKS - 1);
        let client = self.arrivals.usize(..clients / RACKS) * RACKS + rack;
        debug_assert_eq!(rack_of_client(client), rack);
        client
    }

    fn call(&mut self) {
        self.plan_call();
        let client = self.draw_client();
        let call = self.calls.len();
        self.clients[client].deposit();
        let keys = self.world.keys.as_ref();
        let key = keys.map(|keys| keys.draw(&mut self.asked));
        self.calls.push(Call {
            client,
            key,
            attempts: Vec::new(),
            open: 0,
            retries: 0,
            over: false,
        });
        self.log.calls.push(Called {
            begun: self.now,
            took: None,
            client: client as u32,
        });
        let late = if self.world.calls.hedges {
            self.clients[client].hedge_after()
        } else {
            None
        };
        let sent = self.send(call);
        if let Some(late) = late.filter(|_| sent) {
            self.events.plan(self.now + late, Event::Late(call));
        }
    }

    fn late(&mut self, call: usize) {
        let Call {
            client,
            open,
            over,
            retries,
            ref attempts,
            ..
        } = self.calls[call];
        let is_first = !over && open == 1 && retries == 0;
        let server = attempts.first().map(|&first| self.attempts[first].server);
        let hedges = |server| self.clients[client].may_hedge(self.now, server);
        if is_first && server.is_some_and(hedges) {
            self.send(call);
        }
    }

    fn look(&mut self, client: usize) {
        if self.now + PROBE_EVERY < self.world.end {
            self.events
                .plan(self.now + PROBE_EVERY, Event::Look(client));
        }
        while let Some(probe) = self.clients[client].due_probe() {
            let condition = &self.servers[probe.server()].condition;
            let (wait, succeeds) = if condition.is_silent(self.now) {
                (PROBE_PATIENCE, false)
            } else if condition.answer_at_once(self.now).is_some() {
                (2 * ONE_WAY, false)
            } else {
                (condition.done(self.now, 2 * ONE_WAY) - self.now, true)
            };
            self.events
                .plan(self.now + wait, Event::Probed(probe, succeeds));
        }
    }
}

#[cfg(test)]
mod tests;
