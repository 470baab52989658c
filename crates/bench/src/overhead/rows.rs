//! The pairs that are compared, each at two loads.

use serde::Serialize;
use tower_muster::BoxError;
use tower_muster_alternator::{Alternator, Config, Tls};

use super::{
    BOUNDS,
    caller::{Caller, Load},
    clients::{connector, pooled},
    compare::{Compared, compare},
    http::Http,
    sdk::{Sdk, Signs},
    server::Nodes,
    sign, tls,
};
use crate::live::cluster::{REGION, credentials};

/// What requests to a whole cluster are addressed to.
pub(super) const CLUSTER: &str = "http://alternator.example:8000";

/// One pair at one load.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) pair: &'static str,
    /// Or beside it.
    pub(super) is_figure: bool,
    pub(super) compared: Compared,
}

/// A load, and for how many rounds.
type Plan = (Load, u32);

/// So many tasks keep a thread busy all the time.
const TASKS: usize = 64;

const fn busy(calls: usize, rounds: u32) -> Plan {
    (
        Load {
            tasks: TASKS,
            calls,
        },
        rounds,
    )
}

const fn alone(calls: usize, rounds: u32) -> Plan {
    (Load { tasks: 1, calls }, rounds)
}

/// What of all pairs is measured.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Selection {
    /// Compares only this pair, such as `hyper`, and prints no figures.
    #[arg(long, value_name = "PAIR")]
    pub(super) only: Option<String>,
    /// Compares one side of the pair with itself: for a profiler, or to see what the machine makes of nothing.
    #[arg(long, value_name = "SIDE", requires = "only")]
    side: Option<Side>,
    /// Lasts so many times as long: fewer chances that a busy machine tells something else.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    times: u32,
}

/// One of a pair.
#[derive(Debug, Clone, Copy, PartialEq, clap::ValueEnum)]
enum Side {
    Bare,
    Ours,
}

/// Compares the pairs.
pub(super) async fn measure(nodes: &Nodes, selection: &Selection) -> Result<Vec<Row>, BoxError> {
    let mut rows = Rows {
        selection,
        rows: Vec::new(),
    };
    rows.hyper(nodes).await?;
    rows.tls(nodes).await?;
    rows.sdk(nodes).await?;
    rows.signed_sdk(nodes).await?;
    rows.sign().await?;
    Ok(rows.rows)
}

struct Rows<'a> {
    selection: &'a Selection,
    rows: Vec<Row>,
}

impl Rows<'_> {
    async fn hyper(&mut self, nodes: &Nodes) -> Result<(), BoxError> {
        let bare = Http::new(pooled(connector()), &nodes.plain())?;
        let ours = plain_stack(nodes)?;
        self.pair("hyper", &bare, &ours, [busy(12, 120), alone(150, 30)])
            .await
    }

    async fn tls(&mut self, nodes: &Nodes) -> Result<(), BoxError> {
        let bare = Http::new(tls::client(&nodes.certificate)?, &nodes.tls())?;
        let tls = Tls::new().ca_pem(nodes.certificate.as_str());
        let stack = at_first(&nodes.tls())?.tls(tls).build()?;
        let ours = Http::new(stack.service(), &[CLUSTER.to_owned()])?;
        self.pair("tls", &bare, &ours, [busy(10, 120), alone(120, 30)])
            .await
    }

    async fn sdk(&mut self, nodes: &Nodes) -> Result<(), BoxError> {
        let seeds = nodes.plain();
        let seed = seeds.first().ok_or("there are no nodes")?;
        let bare = Sdk::alone(seed, Signs::NotSdk);
        let ours = Sdk::recommended(at_first(&seeds)?)?;
        self.pair("sdk", &bare, &ours, [busy(4, 120), alone(80, 30)])
            .await?;
        let http_client = at_first(&seeds)?.http_client()?;
        let ours = Sdk::by_default(CLUSTER, http_client, Signs::NotSdk);
        self.pair("sdk.alike", &bare, &ours, [busy(4, 120)]).await
    }

    async fn signed_sdk(&mut self, nodes: &Nodes) -> Result<(), BoxError> {
        let seeds = nodes.plain();
        let seed = seeds.first().ok_or("there are no nodes")?;
        let bare = Sdk::alone(seed, Signs::Sdk);
        let signing = at_first(&seeds)?.credentials(credentials(), REGION);
        let ours = Sdk::recommended(signing.clone())?;
        self.pair("sdk.signed", &bare, &ours, [busy(4, 120), alone(80, 30)])
            .await?;
        let ours = Sdk::by_default(CLUSTER, signing.http_client()?, Signs::NotSdk);
        self.pair("sdk.signed.alike", &bare, &ours, [busy(4, 120)])
            .await
    }

    async fn sign(&mut self) -> Result<(), BoxError> {
        let (bare, ours) = (sign::Alone::new(), sign::Layered::new()?);
        self.pair("sign", &bare, &ours, [alone(400, 300)]).await
    }

    /// The first plan is the figure's, if the pair has one.
    async fn pair<const N: usize>(
        &mut self,
        pair: &'static str,
        bare: &impl Caller,
        ours: &impl Caller,
        plans: [Plan; N],
    ) -> Result<(), BoxError> {
        let Selection { only, side, times } = self.selection;
        if only.as_ref().is_some_and(|only| only != pair) {
            return Ok(());
        }
        for (nth, (load, rounds)) in plans.into_iter().enumerate() {
            let rounds = rounds * times;
            let compared = match side {
                None => compare(bare, ours, load, rounds).await?,
                Some(Side::Bare) => compare(bare, bare, load, rounds).await?,
                Some(Side::Ours) => compare(ours, ours, load, rounds).await?,
            };
            self.rows.push(Row {
                pair,
                is_figure: nth == 0 && BOUNDS.iter().any(|(figure, _)| *figure == pair),
                compared,
            });
        }
        Ok(())
    }
}

/// The stack as its users get it, which finds the other nodes from one of them.
pub(super) fn plain_stack(nodes: &Nodes) -> Result<impl Caller, BoxError> {
    let stack = at_first(&nodes.plain())?.build()?;
    Http::new(stack.service(), &[CLUSTER.to_owned()])
}

fn at_first(nodes: &[String]) -> Result<Config, BoxError> {
    Ok(Alternator::at(nodes.first().ok_or("there are no nodes")?))
}
