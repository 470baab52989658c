//! What it costs to find the node of a batch.

use std::{collections::BTreeMap, hint::black_box};

use http::Request;
use tower_muster::{
    BoxError, Cluster, Node, Outcome, Scope,
    policy::{PowerOfTwo, Route},
};
use tower_muster_alternator::affinity::{KeyAffinity, KeyHash, Mode, TableKeys};

use super::{
    allocations,
    bodies::{self, Batch, KEY, TABLE},
    rounds,
    rows::Row,
};

/// How many puts there are in a batch: DynamoDB's limit.
const ITEMS: usize = 25;

/// How large bodies are, and how many nodes there are, the ones of the figure first.
const CASES: [(usize, usize); 5] = [
    (4_000, 9),
    (8_000, 9),
    (15_000, 9),
    (4_000, 3),
    (4_000, 100),
];

/// How many batches take turns.
const BODIES: usize = 16;

const DATACENTER: &str = "dc1";

pub(super) fn measure() -> Result<Vec<Row>, BoxError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let _inside = runtime.enter();
    let mut rows = Vec::new();
    for (bytes, nodes) in CASES {
        rows.push(row(
            "plan, BatchWriteItem of 25",
            bytes,
            nodes,
            Planner::plan,
        )?);
    }
    let (bytes, nodes) = CASES[0];
    rows.push(row("  of that, the keys", bytes, nodes, Planner::find)?);
    rows.push(row("  of that, the choice", bytes, nodes, Planner::choose)?);
    Ok(rows)
}

/// One thing that is done about a batch.
type Part = fn(&Planner, &Batch, &mut Request<()>) -> Result<(), BoxError>;

fn row(what: &str, bytes: usize, nodes: usize, part: Part) -> Result<Row, BoxError> {
    let planner = Planner::new(nodes)?;
    let mut chance = fastrand::Rng::with_seed(3);
    let batches: Vec<_> = (0..BODIES)
        .map(|_| Batch::new(&mut chance, ITEMS, bytes))
        .collect();
    let mut request = Request::new(());
    for batch in &batches {
        planner.check(batch, &mut request)?;
    }
    let mut turn = 0;
    let mut plan = |count| {
        for _ in 0..count {
            let batch = black_box(&batches[turn % BODIES]);
            black_box(part(&planner, batch, &mut request)?);
            turn += 1;
        }
        Ok(())
    };
    Ok(Row {
        what: what.to_owned(),
        nodes: Some(nodes),
        bytes: Some(bodies::mean(batches.iter().map(|batch| batch.body.len()))),
        ns: rounds::ns(&mut plan)?,
        gbps: None,
        allocations: allocations::per_operation(plan)?,
    })
}

/// All that stands between a batch's body and its node.
struct Planner {
    tables: TableKeys,
    cluster: Cluster,
    policy: KeyAffinity<PowerOfTwo>,
}

impl Planner {
    fn new(nodes: usize) -> Result<Self, BoxError> {
        let node = |n| -> Result<Node, BoxError> {
            let node = Node::new(&format!("http://10.0.0.{n}:8000"))?;
            Ok(node.in_rack(DATACENTER, format!("rack{}", n % 3))?)
        };
        let nodes = (1..=nodes).map(node).collect::<Result<Vec<_>, _>>()?;
        let scope = Scope::datacenter(DATACENTER);
        Ok(Self {
            tables: TableKeys::new().given(TABLE, KEY)?,
            cluster: Cluster::fixed(nodes)?,
            policy: KeyAffinity::new(&scope, PowerOfTwo::latency_aware())?,
        })
    }

    /// From the body to the node.
    fn plan(&self, batch: &Batch, request: &mut Request<()>) -> Result<(), BoxError> {
        self.find(batch, request)?;
        self.choose(batch, request)
    }

    /// Finds the keys' hashes, for the policy to read.
    fn find(&self, batch: &Batch, request: &mut Request<()>) -> Result<(), BoxError> {
        let keys = self
            .tables
            .keys_of(Mode::AnyWrite, "BatchWriteItem", &batch.body);
        request.extensions_mut().insert(keys.ok_or("no keys")?);
        Ok(())
    }

    /// Has the keys vote; it is the request's first attempt, and served.
    fn choose(&self, _: &Batch, request: &mut Request<()>) -> Result<(), BoxError> {
        let mut lease = self.cluster.pick(&self.policy, &Route::of(request))?;
        lease.learn(Outcome::SERVED);
        Ok(())
    }

    /// What is measured finds the keys, and the node that most of them prefer.
    fn check(&self, batch: &Batch, request: &mut Request<()>) -> Result<(), BoxError> {
        let keys = self
            .tables
            .keys_of(Mode::AnyWrite, "BatchWriteItem", &batch.body)
            .filter(|keys| keys.hashes() == batch.keys)
            .ok_or("a batch's keys were not found")?;
        request.extensions_mut().insert(keys);
        let lease = self.cluster.pick(&self.policy, &Route::of(request))?;
        let topology = self.cluster.topology();
        let mut origins: Vec<_> = topology
            .nodes()
            .iter()
            .map(|node| node.origin().as_str())
            .collect();
        origins.sort_unstable();
        match majority(&batch.keys, origins.len()) {
            Some(place) if origins[place] == lease.node().origin().as_str() => Ok(()),
            _ => Err("a batch was not sent where most of its keys prefer".into()),
        }
    }
}

/// The place with most votes, and of as many the first.
fn majority(keys: &[KeyHash], nodes: usize) -> Option<usize> {
    let mut votes = BTreeMap::<usize, usize>::new();
    for key in keys {
        *votes.entry(key.preferred(nodes)?).or_default() += 1;
    }
    let most = votes.values().max().copied()?;
    votes
        .into_iter()
        .find(|vote| vote.1 == most)
        .map(|vote| vote.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_as_many_votes_the_first_place_counts() {
        let keys: Vec<_> = (0..100).map(KeyHash::from_i64).collect();
        let of = |place| {
            let prefers = |key: &&KeyHash| key.preferred(3) == Some(place);
            *keys.iter().find(prefers).expect("a key for each place")
        };
        assert_eq!(majority(&[of(2), of(1)], 3), Some(1));
        assert_eq!(majority(&[of(1), of(2), of(2)], 3), Some(2));
        assert_eq!(majority(&[], 3), None);
    }
}
