//! A whole stack from a few facts.

mod env;
mod parameter;
mod routing;
mod show;
mod source;
mod url;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use tower_muster::{
    Node, Policy, Scope,
    discover::Pace,
    failover::{Backoff, Budget, Hedge, Limits},
    health::Thresholds,
    policy::PowerOfTwo,
    probe::Probing,
    select::HostHeader,
};

pub(crate) use self::source::Source;
pub use self::{env::EnvError, parameter::ParameterError, url::UrlError};

use crate::{
    affinity::{Mode, TableKeys},
    client::Connections,
    compression::{RequestCompression, ResponseCompression},
    errors::{ClassifyError, Outcomes},
    headers::{Trim, UserAgent},
    observe::{Observe, ObserveLayer},
};

/// Describes a stack; every value has a default but the seeds.
///
/// | what | default | because |
/// |---|---|---|
/// | scope | the datacenters of the seeds | a node knows the nodes of its own |
/// | policy | power of two, aware of latency | it needs no knowledge of the nodes, and a slow one gets no load |
/// | connect timeout | 1 s | a node in reach answers within milliseconds, or after one lost packet |
/// | idle connections | kept for 90 s, as many as there were calls at once | the nodes never close one themselves (scylladb#27405) |
/// | TCP keepalive | 30 s | a connection that died unseen is found by the kernel, and not by a request |
/// | attempt timeout | 1 s | a silent node costs a repeatable request no more than that |
/// | deadline | 15 s | a node itself gives up after 10 s (`alternator_timeout_in_ms`) |
/// | attempts | 5 | see [`Limits::max_attempts`] |
/// | backoff | up to 25 ms, doubled up to 1 s | only a call that has tried every node comes back to one |
/// | hedging | off | it is more load, if by no more than a twentieth |
/// | body | 16 MiB | the largest that Alternator takes |
/// | pace | each second, idle each minute | see [`Pace`] |
/// | thresholds | [ours](tower_muster::health#thresholds) | they see a node that fails, and one that is back, soon |
/// | probing | `GET /localnodes` to a node in trouble | no request is risked to find out whether it is back |
/// | keep warm | off | it costs the nodes something while no request is sent |
///
/// Its `Debug` shows no credentials.
///
/// # Parameters
///
/// What a [URL](Self#method.from_str) and the [environment](Self::from_env) can say. Each is given once at most.
///
/// | name | value | |
/// |---|---|---|
/// | `dc`, `rack` | names | where requests go; a rack is named with its datacenter |
/// | `fallback` | `none`, `dc`, `cluster` | where else; by default the datacenter |
/// | `region` | a name | of signatures; by default `us-east-1`, and any is taken |
/// | `affinity` | `off`, `read-modify-write`, `any-write` | [`Config::affinity`] |
/// | `trim` | `off`, `spec`, `needed` | [`Config::trim`] |
/// | `compress` | `off`, `gzip`, `deflate` | [`Config::compress_requests`] |
/// | `accept` | `off`, or of `gzip` and `deflate` one or both, the better one first, as `gzip+deflate` | [`Config::compress_responses`] |
/// | `hedge` | `on`, `off` | [`Config::hedge`] with its defaults |
/// | `discovery` | `localnodes`, `system-tables` | [`Config::system_tables`] |
/// | `attempts` | a number | [`Config::max_attempts`] |
/// | `attempt_timeout`, `deadline`, `connect_timeout` | a time, as `250ms` or `5s` | those of their names |
#[derive(Clone)]
#[must_use = "a configuration does nothing until it is built"]
pub struct Config {
    pub(crate) source: Source,
    pub(crate) system_tables: bool,
    pub(crate) scope: Scope,
    pub(crate) policy: Arc<dyn Policy>,
    pub(crate) credentials: Option<SharedCredentialsProvider>,
    pub(crate) region: String,
    pub(crate) host: HostHeader,
    pub(crate) outcomes: Outcomes,
    pub(crate) affinity: Option<Mode>,
    pub(crate) tables: TableKeys,
    pub(crate) observe: Option<ObserveLayer>,
    pub(crate) trim: Trim,
    pub(crate) user_agent: UserAgent,
    pub(crate) requests: RequestCompression,
    pub(crate) responses: ResponseCompression,
    pub(crate) limits: Limits,
    pub(crate) budget: Budget,
    pub(crate) hedge: Option<Hedge>,
    pub(crate) connections: Connections,
    pub(crate) pace: Pace,
    pub(crate) thresholds: Thresholds,
    pub(crate) probes: Probes,
    /// Connections to each node, and how often they are used.
    pub(crate) warm: Option<(u16, Duration)>,
}

/// Who asks nodes that are in trouble.
#[derive(Debug, Clone)]
pub(crate) enum Probes {
    LocalNodes,
    Own(Probing),
    Off,
}

impl Config {
    pub(crate) fn new(seeds: Vec<String>) -> Self {
        Self::of(Source::Seeds(seeds))
    }

    pub(crate) fn fixed(nodes: Vec<Node>) -> Self {
        Self::of(Source::Nodes(nodes))
    }

    fn of(source: Source) -> Self {
        let mut limits = Limits::default();
        limits.attempt_timeout = Some(Duration::from_secs(1));
        limits.deadline = Some(Duration::from_secs(15));
        Self {
            source,
            system_tables: false,
            scope: Scope::cluster(),
            policy: Arc::new(PowerOfTwo::latency_aware()),
            credentials: None,
            region: "us-east-1".to_owned(),
            host: HostHeader::Node,
            outcomes: Outcomes::default(),
            affinity: None,
            tables: TableKeys::new(),
            observe: None,
            trim: Trim::off(),
            user_agent: UserAgent::default(),
            requests: RequestCompression::off(),
            responses: ResponseCompression::off(),
            limits,
            budget: Budget::default(),
            hedge: None,
            connections: Connections::default(),
            pace: Pace::default(),
            thresholds: Thresholds::default(),
            probes: Probes::LocalNodes,
            warm: None,
        }
    }

    /// Keeps requests in a rack while it has nodes that are well, and in its datacenter otherwise.
    ///
    /// Short for [`scope`](Self::scope) with `Scope::rack(..).or_datacenter(..)`. For the rack and nothing
    /// else give a scope without a fallback.
    ///
    /// A rack that no node knows is a rack without nodes, as one is whose nodes are all down: the
    /// datacenter serves. [`Stack::validate`](crate::Stack::validate) tells a wrong name when a program
    /// starts.
    pub fn rack(self, datacenter: impl Into<String>, rack: impl Into<String>) -> Self {
        let datacenter = datacenter.into();
        self.scope(Scope::rack(datacenter.clone(), rack).or_datacenter(datacenter))
    }

    /// Keeps requests in a datacenter.
    pub fn datacenter(self, datacenter: impl Into<String>) -> Self {
        self.scope(Scope::datacenter(datacenter))
    }

    /// Sets where requests may go.
    ///
    /// A place is left for the next one of the scope when none of its nodes is well, or when it is overloaded, and
    /// returned to: see [`InScope`](tower_muster::policy::InScope).
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Sets what chooses among the nearest nodes.
    pub fn policy(mut self, policy: impl Policy) -> Self {
        self.policy = Arc::new(policy);
        self
    }

    /// Signs each attempt for its node, with these credentials.
    ///
    /// Alternator takes any region; DynamoDB's SDKs ask for one all the same.
    pub fn credentials(
        mut self,
        credentials: impl ProvideCredentials + 'static,
        region: impl Into<String>,
    ) -> Self {
        self.credentials = Some(SharedCredentialsProvider::new(credentials));
        self.region = region.into();
        self
    }

    /// Signs with one key, for the region that is set.
    fn key(mut self, key: &str, secret: &str) -> Self {
        let key = Credentials::new(key, secret, None, None, "tower-muster");
        self.credentials = Some(SharedCredentialsProvider::new(key));
        self
    }

    /// Reads all members of the cluster from its system tables, and not from `/localnodes`.
    ///
    /// One seed then tells of every datacenter and rack, also before 2025.1. Requests for it are signed as all
    /// others are, with the [credentials](Self::credentials) of the stack: one that is
    /// [signed above](Self::signed_above) has none, and such a scan is refused where signatures are enforced. See
    /// [`SystemTables`](crate::SystemTables).
    pub fn system_tables(mut self) -> Self {
        self.system_tables = true;
        self
    }

    /// Says that requests come signed, as from an AWS SDK: every node is sent the Host that was signed.
    pub fn signed_above(mut self) -> Self {
        self.host = HostHeader::Keep;
        self
    }

    /// Sets what an error of a node means, by default the table of [`Alternator`](crate::Alternator).
    pub fn classify(mut self, rules: impl ClassifyError) -> Self {
        self.outcomes = Outcomes::by(rules);
        self
    }

    /// Sends writes of one key to one node, wherever in the datacenter that is; by default they go like reads.
    ///
    /// What the partition key of a table is called is learned with a `DescribeTable` of the stack's own, which is
    /// signed if the stack signs; see [`table_keys`](Self::table_keys) for where it does not. The
    /// [module](crate::affinity) tells what this is good for.
    pub fn affinity(mut self, mode: Mode) -> Self {
        self.affinity = Some(mode);
        self
    }

    /// Sets what is known of the tables' keys, for [`affinity`](Self::affinity).
    pub fn table_keys(mut self, tables: TableKeys) -> Self {
        self.tables = tables;
        self
    }

    /// Shows each response's head to an observer; see [`observe`](crate::observe).
    ///
    /// With [`affinity`](Self::affinity) the observer is told the keys of reads, too.
    pub fn observe(mut self, observer: impl Observe) -> Self {
        self.observe = Some(ObserveLayer::new(observer));
        self
    }

    /// Sets which headers a node is sent; by default all.
    ///
    /// An AWS SDK sends some 400 bytes of them that no node reads. [`Trim::needed`] is the least that will do.
    pub fn trim(mut self, trim: Trim) -> Self {
        self.trim = trim;
        self
    }

    /// Sets which `User-Agent` a node is sent; by default [ours](UserAgent::default).
    ///
    /// Operators see it in the system table of clients.
    pub fn user_agent(mut self, user_agent: UserAgent) -> Self {
        self.user_agent = user_agent;
        self
    }

    /// Compresses the bodies of requests, for nodes of 2026.1 and later; by default they are sent as they are.
    ///
    /// The signature covers the compressed body, so the stack has to make it: this and
    /// [`signed_above`](Self::signed_above) are an error together. A request's extensions may say otherwise for it.
    pub fn compress_requests(mut self, compression: RequestCompression) -> Self {
        self.requests = compression;
        self
    }

    /// Asks for compressed responses, and decodes them; by default nothing is asked for.
    ///
    /// Nodes of 2026.1 and later compress what is larger than 4 KiB. A request's extensions may say otherwise for it.
    pub fn compress_responses(mut self, compression: ResponseCompression) -> Self {
        self.responses = compression;
        self
    }

    /// Sets how many attempts a call may make, the first included.
    pub fn max_attempts(mut self, attempts: NonZeroU32) -> Self {
        self.limits.max_attempts = attempts;
        self
    }

    /// Sets how long a node may leave a repeatable request unanswered before another is asked.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.limits.attempt_timeout = Some(timeout);
        self
    }

    /// Sets how long a call may take, all attempts together, up to the response's head.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.limits.deadline = Some(deadline);
        self
    }

    /// Sets how large a request's body may be, in bytes.
    pub fn replay_cap(mut self, bytes: usize) -> Self {
        self.limits.replay_cap = bytes;
        self
    }

    /// Sets the budget of extra attempts, to share one among several stacks.
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Sets how long a call waits that has tried every node and comes back; `None` ends it there, as is right
    /// under an SDK that has its own patience.
    pub fn backoff(mut self, backoff: Option<Backoff>) -> Self {
        self.limits.backoff = backoff;
        self
    }

    /// Asks a second node when the first is slower than nodes usually are.
    ///
    /// Only operations that change nothing are asked twice: the slower of two puts could undo what is written
    /// next.
    pub fn hedge(mut self, hedge: Hedge) -> Self {
        self.hedge = Some(hedge);
        self
    }

    /// Sets how long making a connection may take, for the built-in client.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connections.connect_timeout = timeout;
        self
    }

    /// Sets how long a connection may sit idle before it is closed, for the built-in client.
    pub fn pool_idle_timeout(mut self, timeout: Duration) -> Self {
        self.connections.idle_timeout = timeout;
        self
    }

    /// Sets how many idle connections to one node are kept, for the built-in client.
    ///
    /// Fewer than calls are under way at a node in busy times means new connections all the time.
    pub fn pool_max_idle_per_node(mut self, connections: usize) -> Self {
        self.connections.max_idle = connections;
        self
    }

    /// Sets after how long an idle connection's other side is asked whether it is there, for the built-in client;
    /// `None` never asks.
    pub fn tcp_keepalive(mut self, after: Option<Duration>) -> Self {
        self.connections.keepalive = after;
        self
    }

    /// Sets how often the nodes are asked for each other.
    pub fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Sets what puts a node out, and what brings it back.
    ///
    /// [`vendor_thresholds`](crate::vendor_thresholds) has those of ScyllaDB's own clients.
    pub fn thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// Asks nodes that are in trouble in another way.
    ///
    /// By default one that is down, or has begun to fail, is asked for `/localnodes`, by the very client that
    /// sends the requests, for no longer than the [attempt timeout](Self::attempt_timeout), and no more
    /// than four nodes at once. Every node serves that to anyone, also where requests must be signed, and
    /// it touches no data.
    pub fn probing(mut self, probing: Probing) -> Self {
        self.probes = Probes::Own(probing);
        self
    }

    /// Sends no probes: a node that is down is asked again by requests, one at a time.
    ///
    /// That risks the time of a request each time, but sends a node nothing that it was not sent anyway.
    pub fn no_probing(mut self) -> Self {
        self.probes = Probes::Off;
        self
    }

    /// Keeps `connections` to each node open ahead of the traffic, also while no request is sent.
    ///
    /// They are opened when the stack is first used, or
    /// [ready](tower_muster::Cluster::ready), and when a node joins or is back; each is then used by a
    /// probe `every` so often. That should be less than the time for which the client keeps an idle
    /// connection: 90 s for the built-in one. See [`Probing::keep_warm`].
    pub fn keep_warm(mut self, connections: u16, every: Duration) -> Self {
        self.warm = Some((connections, every));
        self
    }
}

#[cfg(test)]
mod tests;
