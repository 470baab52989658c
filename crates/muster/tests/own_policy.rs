//! A policy of a user's own, boxed, shared and chosen at run time.
#![cfg(feature = "select")]

use std::sync::Arc;

use http::{Request, Response};
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_muster::{
    BoxError, Cluster, Node, Policy, SelectLayer,
    policy::{Candidate, Candidates, RackAffinity, RoundRobin, Route},
};

/// Sends what names a tenant always to the same node.
#[derive(Debug)]
struct Sticky;

#[derive(Debug, Clone)]
struct Tenant(usize);

impl Policy for Sticky {
    fn pick<'a>(
        &self,
        route: &Route<'_>,
        candidates: &Candidates<'a, '_>,
    ) -> Option<Candidate<'a>> {
        let tenant = route.extensions().get::<Tenant>();
        let place = tenant.map(|tenant| tenant.0 % candidates.places());
        let candidate = place.and_then(|place| candidates.at(place));
        Some(candidate.unwrap_or_else(|| candidates.sample(route)))
    }
}

fn cluster() -> Result<Cluster, BoxError> {
    let node = |n| Node::new(&format!("http://10.0.0.{n}:8000"));
    let nodes = (1..=3).map(node).collect::<Result<Vec<_>, _>>()?;
    Ok(Cluster::fixed(nodes)?)
}

fn tenant(number: usize) -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(Tenant(number));
    request
}

#[test]
fn a_policy_may_be_boxed_or_shared() -> Result<(), BoxError> {
    let cluster = cluster()?;
    let shared: Arc<dyn Policy> = Arc::new(Sticky);
    let policies: [Box<dyn Policy>; 4] = [
        Box::new(Sticky),
        Box::new(Arc::new(Sticky)),
        Box::new(Arc::clone(&shared)),
        Box::new(RackAffinity::new("dc1", "rack1", shared)?),
    ];
    for policy in policies {
        for (number, node) in [(0, 1), (1, 2), (2, 3), (4, 2)] {
            let request = tenant(number);
            let lease = cluster.pick(&policy, &Route::of(&request))?;
            let origin = format!("http://10.0.0.{node}:8000");
            assert_eq!(lease.node().origin().as_str(), origin);
            let by_reference = cluster.pick(&*policy, &Route::of(&request))?;
            assert_eq!(by_reference.node(), lease.node());
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_policy_is_chosen_at_run_time() -> Result<(), BoxError> {
    for sticky in [true, false] {
        let policy: Box<dyn Policy> = match sticky {
            true => Box::new(Sticky),
            false => Box::new(RoundRobin::new()),
        };
        let service = ServiceBuilder::new()
            .layer(SelectLayer::new(cluster()?, policy))
            .service(service_fn(async |request: Request<()>| {
                Ok::<_, BoxError>(Response::new(request.uri().to_string()))
            }));
        let mut hosts = std::collections::BTreeSet::new();
        for _ in 0..3 {
            let response = service.clone().oneshot(tenant(1)).await?;
            assert!(response.body().lease().is_some());
            hosts.extend(
                response
                    .body()
                    .lease()
                    .map(|lease| lease.node().to_string()),
            );
        }
        assert_eq!(hosts.len(), if sticky { 1 } else { 3 }, "{hosts:?}");
    }
    Ok(())
}
