//! Who got how much.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::simulate::{
    log::Sent,
    world::{World, rack_of_client, rack_of_server},
};

/// How attempts were spread over the servers.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Shares {
    /// In percent, by server.
    pub(crate) percent: Vec<f64>,
    /// What the server with the most got, in units of the mean.
    pub(crate) imbalance: f64,
    /// The same among the servers that were never sick.
    pub(crate) imbalance_of_sound: f64,
    /// What the sick servers got, in percent.
    pub(crate) sick_percent: f64,
    /// What left the rack of its client, in percent.
    pub(crate) cross_percent: f64,
    /// What went to the server that has most of its key, in percent; 100 without keys.
    pub(crate) home_percent: f64,
}

impl Shares {
    pub(crate) fn of(sent: &[Sent], world: &World) -> Self {
        let servers = world.servers.len();
        let mut counts = vec![0.0; servers];
        let mut crossed = 0;
        for sent in sent {
            counts[sent.server as usize] += 1.0;
            let here = rack_of_client(sent.client as usize);
            crossed += usize::from(rack_of_server(sent.server as usize, servers) != here);
        }
        let all = (sent.len() as f64).max(1.0);
        let is_sick = |server: &usize| world.sick.contains(server);
        let sound: Vec<_> = (0..servers)
            .filter(|server| !is_sick(server))
            .map(|server| counts[server])
            .collect();
        let sick = (0..servers).filter(is_sick).map(|sick| counts[sick]);
        // An empty sum is a negative zero.
        let sick = sick.fold(0.0, |sum, count| sum + count);
        Self {
            imbalance: over_mean(&counts),
            imbalance_of_sound: over_mean(&sound),
            sick_percent: 100.0 * sick / all,
            cross_percent: 100.0 * crossed as f64 / all,
            home_percent: home_percent(sent),
            percent: counts.iter().map(|count| 100.0 * count / all).collect(),
        }
    }
}

fn home_percent(sent: &[Sent]) -> f64 {
    let mut counts = BTreeMap::<u32, BTreeMap<u32, usize>>::new();
    for sent in sent {
        if let Some(key) = sent.key {
            *counts
                .entry(key)
                .or_default()
                .entry(sent.server)
                .or_default() += 1;
        }
    }
    let of_servers = || counts.values().map(BTreeMap::values);
    let all: usize = of_servers().flatten().sum();
    let home: usize = of_servers().filter_map(Iterator::max).sum();
    match all {
        0 => 100.0,
        all => 100.0 * home as f64 / all as f64,
    }
}

fn over_mean(counts: &[f64]) -> f64 {
    let mean = counts.iter().sum::<f64>() / counts.len() as f64;
    counts.iter().copied().fold(0.0, f64::max) / mean
}
