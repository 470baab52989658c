//! Whatever happens to sites and to Redis, at most one site acts as a slot's primary at an epoch, and epochs never go
//! back.
//!
//! Sites are processes of their own, which are killed, stopped for up to three timeouts and let go on, started again,
//! replaced, and told to leave; Redis is killed and comes back with its data or without, is stopped, holds its answers
//! back, and drops its connections. Meanwhile clients write through the whole stack, and others repeat old epochs at
//! sites that had them, or name no epoch at all, so that the lease alone decides. Each site appends one line for each
//! write that it accepts to one log; each client writes down what it was answered, and when.
//!
//! # What is held against the log, and what against the answers
//!
//! A site asks [`Fenced::is_current`](tower_muster_slots::Fenced::is_current) right before it appends. It may be
//! stopped between the two (some faults, named `freeze`, stop it just there), and then its line is late: it may stand
//! after lines of the next primary. A store that keeps the epoch with the value refuses such a write; a log cannot.
//! So a late line alone breaks no rule. Its answer would: the fence looks again before it lets an answer go, and a
//! client must never hear of a late write as accepted.
//!
//! | of all lines, late ones, too | of answers |
//! |---|---|
//! | a slot's writes at an epoch are of one process | the line of an accepted write stands after none of a higher epoch |
//! | a process never goes back in a slot's epochs | a write sent after another was answered has no lower epoch |
//! | | what is answered as accepted is in the log, under the epoch that was asked for |
//!
//! Both hold exactly, with no allowance for time. A site has one thread and awaits nothing between the check and the
//! append, so its own lines are in order; an append is one call of the system, so the log's order is that of time; and
//! a client's clock is one clock.
//!
//! Beside these, no table that follows the group goes back, nor does Redis, read anew again and again; and between
//! faults the group becomes whole again: one primary and all replicas of each slot, all tables of one mind, and a
//! write to each slot succeeds.
//!
//! # To run it otherwise
//!
//! `MUSTER_CHAOS_SECONDS` says for how long (60), and `MUSTER_CHAOS_SEED` with which schedule (one by chance, which is
//! printed). A seed brings the same faults at the same times, not the same interleaving.
//!
//! The first rounds, 5 at most, have every fault once, in an order of chance; a run is not over before they are.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

#[path = "slots_chaos/calm.rs"]
mod calm;
#[path = "slots_chaos/check.rs"]
mod check;
#[path = "slots_chaos/clients.rs"]
mod clients;
#[path = "slots_chaos/dice.rs"]
mod dice;
#[path = "slots_chaos/faults.rs"]
mod faults;
#[path = "slots_chaos/log.rs"]
mod log;
#[path = "slots_chaos/process.rs"]
mod process;
#[path = "slots_chaos/site.rs"]
mod site;
#[path = "slots_chaos/watch.rs"]
mod watch;
#[path = "slots_chaos/world.rs"]
mod world;

use std::{
    env,
    hash::{BuildHasher, RandomState},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use tokio::{task::JoinSet, time::Instant};
use tower_muster_slots::{Group, GroupError, SlotTable};
use tower_muster_tests::Result;

use self::{
    clients::Writer,
    dice::Dice,
    faults::{Deck, Round},
    log::Journal,
    log::Line,
    watch::Seen,
    world::World,
};

const GROUP: &str = "chaos";
const SLOTS: u16 = 32;
const REPLICAS: usize = 2;
const TIMEOUT: Duration = Duration::from_secs(1);
/// How long a group may take to become whole again, however slow the machine.
const PATIENCE: Duration = Duration::from_secs(120);
const WRITERS: usize = 4;
/// How many writes of the past are under way at once: those to a site that is stopped wait there.
const STALE: usize = 12;

/// What all sites agree on.
fn group() -> Result<Group, GroupError> {
    let group = Group::builder(GROUP)
        .slots(u32::from(SLOTS))
        .timeout(TIMEOUT);
    group.replicas(REPLICAS as u16).build()
}

/// Those who write, and those who look; all of them end when this is dropped.
struct Crowd {
    journal: Arc<Journal>,
    tables: [SlotTable; 2],
    seen: Seen,
    _tasks: JoinSet<()>,
}

impl Crowd {
    fn gather(world: &World, dice: &mut Dice) -> Result<Self> {
        let journal = Arc::new(Journal::new(SLOTS));
        let tables = [world.follow()?, world.follow()?];
        let (seen, mut tasks) = (Seen::default(), JoinSet::new());
        let mut other = || Dice::new(dice.roll(usize::MAX) as u64);
        for task in 0..WRITERS {
            let writer = Writer::new(tables[task % 2].clone(), &journal, TIMEOUT * 6)?;
            tasks.spawn(writer.run(other()));
        }
        for task in 0..STALE {
            tasks.spawn(clients::stale(
                tables[task % 2].clone(),
                Arc::clone(&journal),
                other(),
            ));
        }
        for table in &tables {
            tasks.spawn(watch::table(
                table.clone(),
                Arc::clone(&journal),
                seen.clone(),
            ));
        }
        tasks.spawn(watch::redis(
            world.url(),
            Arc::clone(&journal),
            seen.clone(),
        ));
        Ok(Self {
            journal,
            tables,
            seen,
            _tasks: tasks,
        })
    }

    /// What goes against the rules so far.
    fn violations(&self, world: &World) -> Result<Vec<String>> {
        // What is answered is written down already, so the lines are read last.
        let answers = self.journal.answers().clone();
        let mut found = check::violations(&Line::read(&world.log)?, &answers);
        found.extend(self.seen.all());
        Ok(found)
    }

    fn check(&self, world: &World) -> Result {
        let found = self.violations(world)?;
        match found.is_empty() {
            true => Ok(()),
            false => Err(found.join("\n").into()),
        }
    }
}

/// Lets faults come and go for so long, with calm times between them.
async fn chaos(seed: u64, length: Duration) -> Result {
    let (mut dice, mut rounds) = (Dice::new(seed), 0);
    let mut world = World::start("slots-chaos", &["sound"; 5]).await?;
    let crowd = Crowd::gather(&world, &mut dice)?;
    let whole = async |world: &mut World| {
        let calm = calm::calm(world, &crowd.tables, &crowd.journal).await;
        // What went against the rules is why, if anything has.
        crowd.check(world)?;
        calm
    };
    whole(&mut world).await?;
    let end = Instant::now() + length;
    let mut deck = Deck::shuffled(&mut dice);
    // Each fault happens, however slow the machine: the deck is bounded by rounds, not by time.
    while Instant::now() < end || !deck.is_dealt() {
        rounds += 1;
        let round = Round::dealt(&mut deck, &mut dice, world.len());
        eprintln!("round {rounds}: {:?}", round.0);
        world.endure(&round).await?;
        if dice.one_in(2) {
            let begin = Instant::now();
            whole(&mut world).await?;
            eprintln!("calm after {:?}", begin.elapsed());
        }
    }
    whole(&mut world).await?;
    let late = check::late(&Line::read(&world.log)?);
    eprintln!(
        "{rounds} rounds, {} lives: {}, {late} lines late",
        world.lives,
        crowd.journal.summary()
    );
    let missing = world.missing(&faults::NAMES);
    assert!(missing.is_empty(), "these never happened: {missing:?}");
    assert!(
        crowd.journal.old.load(Relaxed) > 0,
        "nobody lived in the past"
    );
    Ok(())
}

fn variable(name: &str) -> Option<u64> {
    env::var(name).ok().map(|value| value.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_site_at_most_acts_at_an_epoch_whatever_happens() {
    let seed = variable("MUSTER_CHAOS_SEED");
    let seed = seed.unwrap_or_else(|| RandomState::new().hash_one(0) % 1_000_000);
    let seconds = variable("MUSTER_CHAOS_SECONDS").unwrap_or(60);
    eprintln!("MUSTER_CHAOS_SEED={seed}");
    if let Err(error) = chaos(seed, Duration::from_secs(seconds)).await {
        panic!("MUSTER_CHAOS_SEED={seed}: {error}");
    }
}

/// What the rules are worth: one that goes on under the epoch that it last had.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_that_ignores_its_fence_is_found() -> Result {
    let mut world = World::start("slots-broken", &["broken", "sound", "sound"]).await?;
    let crowd = Crowd::gather(&world, &mut Dice::new(1))?;
    calm::calm(&mut world, &crowd.tables, &crowd.journal).await?;
    let end = Instant::now() + PATIENCE * 2;
    loop {
        world.stop(0, TIMEOUT * 2).await?;
        let found = crowd.violations(&world)?;
        if let Some(first) = found.first() {
            eprintln!("{} violations, the first: {first}", found.len());
            return Ok(());
        }
        assert!(Instant::now() < end, "nothing was found");
    }
}
