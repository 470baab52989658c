//! The whole stack, in the one order that it works in.

use std::{fmt, num::NonZeroU32, sync::Arc, time::Duration};

use tower_layer::Layer;
use tower_muster::{
    Cluster, FailoverLayer, Policy, SelectLayer,
    failover::{Failover, IdempotentMethods, Repeat},
    select::{Classify, Select, Transport},
};

use super::{SlotClassify, SlotNodes, SlotPolicy, Stamp, StampLayer, Wait, WaitLayer};
use crate::SlotTable;

/// How long a call may take unless it is said otherwise: six times the site timeout that groups have by default, and
/// an end for calls to a slot that nobody takes.
const DEADLINE: Duration = Duration::from_secs(30);

/// How long an attempt may be silent unless it is said otherwise: twice the site timeout that groups have by default. A
/// primary that stands still has been replaced by then, and what was sent to it and may be sent again is.
const ATTEMPT: Duration = Duration::from_secs(10);

/// How many attempts a call may make: as many as the deadline has room for. A slot whose primary is gone is asked for
/// again and again, at distances that grow, and the budget of extra attempts bounds what that adds to the load.
const ATTEMPTS: NonZeroU32 = NonZeroU32::new(64).unwrap();

/// Routes requests to the sites that hold their slots: the whole stack above an HTTP client.
///
/// The [module](super) draws the order. Requests say what they are about with a [`SlotKey`](super::SlotKey); one
/// without goes to any member.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::Full;
/// use std::time::Duration;
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
/// use tower_muster::policy::PowerOfTwo;
/// use tower_muster_slots::{Group, ManualGroup, Member, RouteLayer, Slot, SlotKey};
///
/// // As `SlotTable::follow` would read it from Redis.
/// let group = ManualGroup::new(&Group::builder("counters").slots(16).build()?);
/// let site = Member::new("one", "http://10.0.0.1:7000")?;
/// group.join(&site);
/// group.hold(Slot::new(7), [site.id()]);
///
/// let route = RouteLayer::new(group.table(), PowerOfTwo::latency_aware());
/// let service = ServiceBuilder::new()
///     .layer(route.failover(|failover| failover.deadline(Duration::from_secs(6))))
///     .service(service_fn(async |request: Request<Full<Bytes>>| {
///         assert_eq!(request.uri(), "http://10.0.0.1:7000/carts/17");
///         assert_eq!(request.headers()["x-muster-slot"], "7");
///         Ok::<_, std::io::Error>(Response::new(String::new()))
///     }));
/// let mut request = Request::post("/carts/17").body(Full::new(Bytes::new()))?;
/// request.extensions_mut().insert(SlotKey::slot(Slot::new(7)));
/// service.oneshot(request).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RouteLayer<P, R = IdempotentMethods, C = Transport> {
    table: SlotTable,
    cluster: Cluster,
    /// Shared with the layer's clones, as it is with those of `Select`.
    policy: Arc<SlotPolicy<P>>,
    failover: FailoverLayer<R>,
    classify: SlotClassify<C>,
}

impl<P: Policy> RouteLayer<P> {
    /// Makes the stack of a table; `policy` chooses where several sites may serve.
    #[must_use]
    pub fn new(table: SlotTable, policy: P) -> Self {
        let cluster = Cluster::discover(SlotNodes::new(table.clone()));
        Self::over(table, cluster, policy)
    }

    /// The same over a cluster of the user's own, of which [`SlotNodes`] must be the source.
    #[must_use]
    pub fn over(table: SlotTable, cluster: Cluster, policy: P) -> Self {
        Self {
            policy: Arc::new(SlotPolicy::new(table.clone(), policy)),
            failover: FailoverLayer::new(cluster.clone())
                .deadline(DEADLINE)
                .attempt_timeout(ATTEMPT)
                .max_attempts(ATTEMPTS),
            classify: SlotClassify::default(),
            cluster,
            table,
        }
    }
}

impl<P, R, C> RouteLayer<P, R, C> {
    /// Sets how calls are repeated; by default as [`FailoverLayer`] does, with 64 attempts, a deadline of 30 s, and 10 s
    /// for an attempt at a repeatable request.
    ///
    /// A deadline that is longer than the group's timeout lets calls outlive the death of a primary. An attempt's time
    /// begins when the request is sent, not while it waits for a primary; a little more than the group's timeout lets
    /// calls outlive a primary that stands still, too.
    #[must_use]
    pub fn failover<Q: Repeat>(
        self,
        set: impl FnOnce(FailoverLayer<R>) -> FailoverLayer<Q>,
    ) -> RouteLayer<P, Q, C> {
        RouteLayer {
            table: self.table,
            cluster: self.cluster,
            policy: self.policy,
            failover: set(self.failover),
            classify: self.classify,
        }
    }

    /// Sets what says how an attempt went, where the answer is not of a fence; by default [`Transport`].
    #[must_use]
    pub fn classify<D: Classify>(self, classify: D) -> RouteLayer<P, R, D> {
        RouteLayer {
            table: self.table,
            cluster: self.cluster,
            policy: self.policy,
            failover: self.failover,
            classify: SlotClassify::new(classify),
        }
    }

    /// Returns the cluster whose nodes are the members.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}

/// What [`RouteLayer`] makes of a client.
pub type Routed<S, P, R = IdempotentMethods, C = Transport> =
    Failover<Wait<Select<Stamp<S>, Arc<SlotPolicy<P>>, SlotClassify<C>>>, R>;

impl<S, P, R, C> Layer<S> for RouteLayer<P, R, C>
where
    S: Clone,
    P: Policy,
    R: Clone,
    C: Classify,
{
    type Service = Routed<S, P, R, C>;

    fn layer(&self, client: S) -> Self::Service {
        let policy = Arc::clone(&self.policy);
        let stamp = StampLayer::new(self.table.clone());
        let select = SelectLayer::new(self.cluster.clone(), policy).classify(self.classify.clone());
        let wait = WaitLayer::new(self.table.clone(), self.cluster.clone());
        self.failover
            .layer(wait.layer(select.layer(stamp.layer(client))))
    }
}

impl<P: fmt::Debug, R: fmt::Debug, C: fmt::Debug> fmt::Debug for RouteLayer<P, R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteLayer")
            .field("table", &self.table)
            .field("policy", &self.policy)
            .field("failover", &self.failover)
            .field("classify", &self.classify)
            .finish_non_exhaustive()
    }
}
