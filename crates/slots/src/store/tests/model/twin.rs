//! The group in memory that sites are tested with, told what the server is told: it has to hold the same.

use std::{collections::BTreeMap, fmt::Debug};

use redis::{Pipeline, aio::MultiplexedConnection};

use super::super::rig::{Rig, Site};
use crate::{
    Group, SiteId,
    site::fake::{Core, Data, Line},
    store::StoreError,
};

/// What is held, by name: everything that a script reads.
type State = BTreeMap<String, String>;

const NUMBERS: [&str; 7] = [
    "life", "version", "clock", "armed", "hold", "grace", "pending",
];

/// The same group, in memory.
pub(super) struct Twin {
    core: Core,
    connection: MultiplexedConnection,
}

impl Twin {
    pub(super) async fn of(rig: &Rig) -> Self {
        Self {
            core: Core::new(),
            connection: rig.connection().await,
        }
    }

    /// Redis's clock.
    pub(super) async fn now(&mut self) -> u64 {
        self.read().await.1
    }

    /// When the group was made, if it was just now.
    pub(super) async fn created(&mut self, group: &Group) -> u64 {
        let (state, _) = self.read().await;
        let hold: u64 = state["hold"].parse().expect("a time");
        let timeout = u64::try_from(group.timeout().as_millis());
        hold.saturating_sub(timeout.expect("a minute"))
    }

    /// Does what the server has done since `begin`; both have to say the same and hold the same.
    ///
    /// Which millisecond the script ran in is not known: it is the first at which they do.
    pub(super) async fn follows<T: Debug>(
        &mut self,
        begin: u64,
        answer: &Result<T, StoreError>,
        call: impl Fn(&mut Core, u64) -> Result<T, StoreError>,
    ) {
        let (state, end) = self.read().await;
        let life = state.get("life").map_or("", String::as_str);
        let expected = (text(answer, life), state.clone());
        let mut last = None;
        for now in begin..=end {
            let mut core = self.core.clone();
            let its = call(&mut core, now);
            let its = text(&its, life_of(&core));
            self.christen(&mut core, life);
            core.notices.clear();
            let found = (its, state_of(&core));
            if found == expected {
                self.core = core;
                return;
            }
            last = Some(found);
        }
        panic!("the server:\n{expected:#?}\nthe fake:\n{last:#?}");
    }

    /// A new life has the name that the server has given it.
    fn christen(&self, core: &mut Core, life: &str) {
        let before = life_of(&self.core).to_owned();
        let is_new = life_of(core) != before && life != before;
        if let Some(group) = core.group.as_mut().filter(|_| is_new) {
            group.life = life.into();
        }
    }

    async fn read(&mut self) -> (State, u64) {
        let mut pipe = redis::pipe();
        pipe.atomic()
            .cmd("HMGET")
            .arg("muster:{g}:group")
            .arg(&NUMBERS)
            .cmd("HGETALL")
            .arg("muster:{g}:sites")
            .cmd("ZRANGE")
            .arg("muster:{g}:beats")
            .arg(&["0", "-1", "WITHSCORES"])
            .cmd("HGETALL")
            .arg("muster:{g}:slots")
            .cmd("TIME");
        type Texts = BTreeMap<String, String>;
        type Read = (
            Vec<Option<String>>,
            Texts,
            Vec<(String, u64)>,
            Texts,
            (u64, u64),
        );
        let read = pipe.query_async(&mut self.connection).await;
        let (numbers, sites, beats, slots, (seconds, micros)): Read = read.expect("what is held");
        let numbers = NUMBERS.iter().zip(numbers);
        let numbers = numbers.filter_map(|(name, value)| Some(((*name).to_owned(), value?)));
        // The session and whether it is about to leave, without the member.
        let standing = |text: String| text.rsplitn(2, " {").last().unwrap_or_default().to_owned();
        let sites = sites
            .into_iter()
            .map(|(id, text)| (format!("site {id}"), standing(text)));
        let beats = beats
            .into_iter()
            .map(|(id, beat)| (format!("beat {id}"), beat.to_string()));
        let slots = slots
            .into_iter()
            .map(|(slot, line)| (format!("slot {slot}"), line));
        let state = numbers.chain(sites).chain(beats).chain(slots);
        let state = state.filter(|(name, _)| !name.ends_with(" !format"));
        (state.collect(), seconds * 1_000 + micros / 1_000)
    }

    fn group(&mut self) -> &mut Data {
        self.core.group.as_mut().expect("a group")
    }

    pub(super) fn is_member(&self, id: &SiteId) -> bool {
        let group = self.core.group.as_ref();
        group.is_some_and(|group| group.sites.contains_key(id))
    }

    /// Everything is lost.
    pub(super) async fn forget(&mut self, rig: &Rig) {
        let _: String = rig.tell("FLUSHALL").await;
        self.core.group = None;
    }

    /// As if a member was last heard so long ago.
    pub(super) async fn silence(&mut self, rig: &Rig, site: &Site, ms: u64) {
        rig.silence(site, ms).await;
        let site = self.group().sites.get_mut(site.id());
        site.expect("a member").beat -= ms;
    }

    /// As if the time was over in which no primary is given, or in which nobody is evicted.
    pub(super) async fn end(&mut self, rig: &Rig, what: &str) {
        let group = self.group();
        *(if what == "hold" {
            &mut group.hold
        } else {
            &mut group.grace
        }) = 0;
        let _: i64 = rig.tell(&format!("HSET muster:{{g}}:group {what} 0")).await;
    }

    /// As if nobody had been heard for so long.
    pub(super) async fn hush(&mut self, rig: &Rig, ms: u64) {
        self.group().clock -= ms;
        let command = format!("HINCRBY muster:{{g}}:group clock -{ms}");
        let _: i64 = rig.tell(&command).await;
    }

    /// As if Redis's clock had been set back by so much.
    pub(super) async fn set_back(&mut self, ms: u64) {
        let group = self.group();
        let mut pipe = Pipeline::new();
        for (name, number) in [
            ("clock", &mut group.clock),
            ("hold", &mut group.hold),
            ("grace", &mut group.grace),
        ] {
            *number += ms;
            pipe.cmd("HSET").arg("muster:{g}:group").arg(name);
            pipe.arg(*number).ignore();
        }
        for (id, site) in &mut group.sites {
            site.beat += ms;
            pipe.cmd("ZADD").arg("muster:{g}:beats").arg(site.beat);
            pipe.arg(id.as_str()).ignore();
        }
        let told: () = pipe
            .query_async(&mut self.connection)
            .await
            .expect("set back");
        told
    }
}

fn life_of(core: &Core) -> &str {
    core.group.as_ref().map_or("", |group| &group.life)
}

/// An answer, whatever the life is called; what a refusal says of settings is for people.
fn text<T: Debug>(answer: &Result<T, StoreError>, life: &str) -> String {
    match answer {
        Err(StoreError::Mismatch { .. }) => "mismatch".to_owned(),
        answer => format!("{answer:?}").replace(&format!("{life:?}"), "life"),
    }
}

fn state_of(core: &Core) -> State {
    let Some(group) = &core.group else {
        return State::new();
    };
    let numbers = [
        group.life.to_string(),
        group.version.to_string(),
        group.clock.to_string(),
        group.armed.to_string(),
        group.hold.to_string(),
        group.grace.to_string(),
        u8::from(group.is_pending).to_string(),
    ];
    let numbers = NUMBERS.map(str::to_owned).into_iter().zip(numbers);
    let sites = group.sites.iter().flat_map(|(id, site)| {
        let standing = format!("{} {}", site.session.as_str(), u8::from(site.leaving));
        let beat = (format!("beat {id}"), site.beat.to_string());
        [(format!("site {id}"), standing), beat]
    });
    let slots = group
        .slots
        .iter()
        .map(|(slot, line)| (format!("slot {slot}"), line_of(line)));
    numbers.chain(sites).chain(slots).collect()
}

fn line_of(line: &Line) -> String {
    let primary = line.primary.as_ref().map_or("", SiteId::as_str);
    let holders = line.holders.iter();
    let holders: Vec<_> = holders
        .map(|(claim, id)| format!("{claim:016x}={id}"))
        .collect();
    format!("{}|{primary}|{}", line.epoch, holders.join(","))
}
