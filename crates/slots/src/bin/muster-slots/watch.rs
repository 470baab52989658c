//! A group as it changes.

use std::{
    error::Error,
    io::{self, IsTerminal, Write as _},
    time::Duration,
};

use serde::Serialize;
use tower_muster_slots::SiteId;

use crate::{
    args::Live,
    live, show,
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

/// Shows the group whenever it has changed, until it is interrupted.
pub(crate) async fn run(args: &Live, every: Duration) -> Result<(), Box<dyn Error>> {
    let table = live::follow(args).await?;
    let mut tick = tokio::time::interval(every);
    let mut last: Option<View> = None;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            interrupted = tokio::signal::ctrl_c() => return Ok(interrupted?),
        }
        let Some(view) = View::of(&table) else {
            continue;
        };
        if last
            .as_ref()
            .is_some_and(|last| last.version == view.version)
        {
            continue;
        }
        let movement = last.as_ref().map_or_else(Movement::default, |last| {
            Movement::between(&last.holders, &view.holders)
        });
        print(&view, &movement, args.json)?;
        last = Some(view);
    }
}

fn print(view: &View, movement: &Movement, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        let line = serde_json::json!({ "view": view, "moved": movement });
        return writeln!(out, "{line}");
    }
    if out.is_terminal() {
        write!(out, "{CLEAR}")?;
    }
    let Movement {
        primaries,
        gained,
        lost,
    } = movement;
    write!(out, "{}", show::table(view))?;
    writeln!(
        out,
        "\nsince the last look: {primaries} primaries changed, {gained} replicas gained, {lost} given up"
    )?;
    out.flush()
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
