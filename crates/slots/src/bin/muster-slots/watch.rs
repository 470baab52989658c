//! A group as it changes.

use std::{
    error::Error,
    io::{self, IsTerminal, Write},
    pin::pin,
    time::Duration,
};

use serde::Serialize;
use tokio::time::Instant;
use tower_muster_slots::{SiteId, SlotTable};

use crate::{
    args::Live,
    live,
    outage::Outage,
    show, told,
    view::{Held, View},
};

/// Back to the top left, and nothing below: the codes of ECMA-48 for the cursor and for erasing.
const CLEAR: &str = "\x1b[H\x1b[J";

/// What moved between two views.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Movement {
    /// Slots whose primary is another site than before.
    primaries: usize,
    /// Replicas that a site holds now and did not.
    gained: usize,
    /// Replicas that a site held and does not now.
    lost: usize,
}

/// What has been shown, and is shown next.
struct Watching {
    json: bool,
    last: Option<View>,
    movement: Movement,
    outage: Option<Outage>,
}

/// Shows the group whenever it has changed, until it is interrupted.
pub(crate) async fn run(args: &Live, every: Duration) -> Result<(), Box<dyn Error>> {
    let table = live::follow(args).await?;
    let mut watching = Watching {
        json: args.json,
        last: None,
        movement: Movement::default(),
        outage: None,
    };
    let mut tick = tokio::time::interval(every);
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            // It is listened to before anything is shown.
            biased;
            interrupted = &mut interrupted => return Ok(interrupted?),
            _ = tick.tick() => watching.look(&table)?,
        }
    }
}

impl Watching {
    /// Shows what is new; to a terminal everything, so that nothing scrolls.
    fn look(&mut self, table: &SlotTable) -> io::Result<()> {
        let now = Instant::now();
        let trouble = table.trouble();
        let is_over = trouble.is_none() && self.outage.is_some();
        let is_due = trouble.as_ref().is_some_and(|trouble| {
            let outage = self.outage.get_or_insert_with(|| Outage::begins(now));
            outage.is_due(told(trouble), now)
        });
        let is_new = self.take(View::of(table));
        let mut out = io::stdout().lock();
        if !self.json && out.is_terminal() {
            if is_new || is_over || trouble.is_some() {
                write!(out, "{CLEAR}")?;
                self.print_view(&mut out)?;
                self.print_outage(&mut out, is_over, now)?;
            }
        } else {
            if is_new || is_over {
                self.print_view(&mut out)?;
            }
            if is_due || is_over {
                self.print_outage(&mut out, is_over, now)?;
            }
        }
        if is_over {
            self.outage = None;
        }
        out.flush()
    }

    /// Whether the view is another than the last.
    fn take(&mut self, view: Option<View>) -> bool {
        // A table that is written at this moment may bear its new number before all of its slots.
        let Some(view) = view.filter(|view| self.last.as_ref() != Some(view)) else {
            return false;
        };
        self.movement = self.last.as_ref().map_or_else(Movement::default, |last| {
            Movement::between(&last.holders, &view.holders)
        });
        self.last = Some(view);
        true
    }

    fn print_view(&self, out: &mut impl Write) -> io::Result<()> {
        let Some(view) = &self.last else {
            return Ok(());
        };
        if self.json {
            let line = serde_json::json!({ "view": view, "moved": self.movement });
            return writeln!(out, "{line}");
        }
        let Movement {
            primaries,
            gained,
            lost,
        } = self.movement;
        write!(out, "{}", show::table(view))?;
        writeln!(
            out,
            "\nat the last change: {primaries} primaries changed, {gained} replicas gained, {lost} given up"
        )
    }

    fn print_outage(&self, out: &mut impl Write, is_over: bool, now: Instant) -> io::Result<()> {
        let Some(outage) = &self.outage else {
            return Ok(());
        };
        let (seconds, reason) = (outage.lasts(now).as_secs_f64(), outage.reason());
        match (self.json, is_over) {
            (true, true) => writeln!(out, "{}", serde_json::json!({ "trouble": null })),
            (true, false) => {
                let trouble = serde_json::json!({ "reason": reason, "seconds": seconds });
                writeln!(out, "{}", serde_json::json!({ "trouble": trouble }))
            }
            (false, true) => writeln!(out, "the group is read again, after {seconds:.1} s"),
            (false, false) => writeln!(
                out,
                "the group cannot be read, for {seconds:.1} s now: {reason}; it is tried again"
            ),
        }
    }
}

impl Movement {
    fn between(before: &[Held], after: &[Held]) -> Self {
        let mut movement = Self::default();
        for (before, after) in before.iter().zip(after) {
            movement.primaries += usize::from(before.primary != after.primary);
            let not_in = |sites: &[SiteId], others: &[SiteId]| {
                sites.iter().filter(|site| !others.contains(site)).count()
            };
            movement.gained += not_in(&after.sites, &before.sites);
            movement.lost += not_in(&before.sites, &after.sites);
        }
        movement
    }
}

#[cfg(test)]
mod tests {
    use super::{Held, Movement};

    fn held(sites: &[&str]) -> Held {
        let sites: Vec<_> = sites.iter().map(|id| id.parse().expect("an id")).collect();
        Held {
            slot: 0,
            epoch: 0,
            primary: sites.first().cloned(),
            sites,
        }
    }

    #[test]
    fn what_moved_is_counted_replica_by_replica() {
        let before = [held(&["a", "b"]), held(&["a"]), held(&[])];
        let after = [held(&["b", "a"]), held(&["c", "d"]), held(&["a"])];
        let expected = Movement {
            primaries: 3,
            gained: 3,
            lost: 1,
        };
        assert_eq!(Movement::between(&before, &after), expected);
        assert_eq!(Movement::between(&after, &after), Movement::default());
    }
}
