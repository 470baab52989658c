//! How slots would be assigned, and what would move.

use std::{collections::BTreeMap, error::Error};

use serde::Serialize;
use tower_muster_slots::{Assignment, Group, Member, SiteId};

use crate::args::Imagined;

/// What each site would hold, and what a change would move.
#[derive(Debug, Serialize)]
struct Outcome {
    slots: u16,
    replicas: u16,
    sites: Vec<Share>,
    /// The most that a site holds, to its share by weight.
    imbalance: f64,
    join: Moved,
    leave: Moved,
}

/// What one site would hold.
#[derive(Debug, Serialize)]
struct Share {
    site: String,
    weight: f64,
    primary: usize,
    secondary: usize,
    /// What it holds, to its share by weight.
    of_share: f64,
}

/// What a change would move.
#[derive(Debug, Serialize)]
struct Moved {
    replicas: usize,
    /// As many cannot be avoided.
    least: usize,
}

/// Assigns the slots of an imagined group and prints what comes of it.
pub(crate) fn run(args: &Imagined) -> Result<(), Box<dyn Error>> {
    let group = Group::builder("simulated")
        .slots(args.slots)
        .replicas(args.replicas)
        .build()?;
    let members = (0..args.sites).map(|number| member(args, number));
    let assignment = Assignment::of(&group, members.collect::<Result<Vec<_>, _>>()?)?;
    let outcome = outcome(args, &group, &assignment)?;
    match args.json {
        true => println!("{}", serde_json::to_string(&outcome)?),
        false => print(&outcome),
    }
    Ok(())
}

fn member(args: &Imagined, number: u16) -> Result<Member, Box<dyn Error>> {
    let member = Member::new(&format!("site-{}", number + 1), "http://127.0.0.1:7000")?;
    let member = match number.checked_rem(args.racks) {
        None => member,
        Some(rack) => member.in_rack("dc1", format!("rack{}", rack + 1))?,
    };
    let weight = args.weights.get(usize::from(number)).copied();
    Ok(member.weighted(weight.unwrap_or(1.0))?)
}

fn outcome(
    args: &Imagined,
    group: &Group,
    assignment: &Assignment,
) -> Result<Outcome, Box<dyn Error>> {
    let sites = shares(group, assignment);
    let mut joined = assignment.clone();
    let newcomer = member(args, args.sites)?;
    joined.join(newcomer.clone())?;
    let mut left = assignment.clone();
    let gone = assignment.members().next().map(Member::id).cloned();
    if let Some(gone) = &gone {
        left.leave(gone)?;
    }
    Ok(Outcome {
        slots: group.slots().get(),
        replicas: group.replicas(),
        imbalance: sites.iter().map(|site| site.of_share).fold(0.0, f64::max),
        join: Moved {
            replicas: moved(group, assignment, &joined),
            least: held(&joined, newcomer.id()),
        },
        leave: Moved {
            replicas: moved(group, assignment, &left),
            least: gone.map_or(0, |gone| held(assignment, &gone)),
        },
        sites,
    })
}

fn held(assignment: &Assignment, id: &SiteId) -> usize {
    assignment.slots_of(id).count()
}

/// How many replicas are at a site in the second that were not in the first.
fn moved(group: &Group, before: &Assignment, after: &Assignment) -> usize {
    let gained = |slot| {
        let is_new = |id: &&SiteId| !before.sites(slot).any(|other| other == *id);
        after.sites(slot).filter(is_new).count()
    };
    group.slots().slots().map(gained).sum()
}

fn shares(group: &Group, assignment: &Assignment) -> Vec<Share> {
    let mut roles: BTreeMap<&SiteId, (usize, usize)> = BTreeMap::new();
    for slot in group.slots().slots() {
        for (place, id) in assignment.sites(slot).enumerate() {
            let (primary, secondary) = roles.entry(id).or_default();
            match place {
                0 => *primary += 1,
                _ => *secondary += 1,
            }
        }
    }
    let all: usize = roles
        .values()
        .map(|(primary, secondary)| primary + secondary)
        .sum();
    let weights: f64 = assignment
        .members()
        .map(|member| member.node().weight())
        .sum();
    let share = |member: &Member| {
        let (primary, secondary) = roles.get(member.id()).copied().unwrap_or_default();
        let weight = member.node().weight();
        let fair = all as f64 * weight / weights;
        Share {
            site: member.id().to_string(),
            weight,
            primary,
            secondary,
            of_share: (primary + secondary) as f64 / fair.max(f64::MIN_POSITIVE),
        }
    };
    assignment.members().map(share).collect()
}

fn print(outcome: &Outcome) {
    println!("{} slots, {} replicas\n", outcome.slots, outcome.replicas);
    println!(
        "{:12}  {:>6}  {:>7}  {:>9}  {:>8}",
        "site", "weight", "primary", "secondary", "of share"
    );
    for site in &outcome.sites {
        println!(
            "{:12}  {:>6}  {:>7}  {:>9}  {:>8.3}",
            site.site, site.weight, site.primary, site.secondary, site.of_share
        );
    }
    println!("\nmost loaded to its share: {:.3}", outcome.imbalance);
    let say = |what: &str, moved: &Moved| {
        println!(
            "if {what}: {} replicas move, at least {} have to",
            moved.replicas, moved.least
        );
    };
    say("one more site joins", &outcome.join);
    say("the first site leaves", &outcome.leave);
}
