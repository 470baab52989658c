//! A whole stack from a few facts.

mod attempts;
mod bytes;
mod connections;
mod env;
mod keys;
mod nodes;
mod parameter;
mod routing;
mod show;
mod source;
mod url;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use aws_credential_types::{Credentials, provider::ProvideCredentials};
use tower_muster::{
    Node, Policy, Scope,
    discover::Pace,
    failover::{Budget, Hedge, Limits},
    health::Thresholds,
    policy::PowerOfTwo,
    probe::Probing,
    select::HostHeader,
};

use tower_muster_client::ClientBuilder;

pub use self::{env::EnvError, parameter::ParameterError, url::UrlError};
pub(crate) use self::{keys::Keys, source::Source};

use crate::{
    affinity::{Mode, TableKeys},
    compression::{RequestCompression, ResponseCompression},
    errors::Outcomes,
    headers::{Trim, UserAgent},
    observe::{Observe, ObserveLayer},
};

/// Describes a stack; every value has a default but the seeds.
///
/// | what | default | because |
/// |---|---|---|
/// | scope | the datacenters of the seeds | a node knows the nodes of its own |
/// | policy | power of two, aware of latency | it needs no knowledge of the nodes, and a slow one gets no load |
/// | connections | as of [`ClientBuilder`]: made within 1 s, kept idle for 90 s, as many as there were calls at once | the nodes never close one themselves (scylladb#27405) |
/// | TLS | for seeds that are https, with the roots of the machine | as any client has it |
/// | attempt timeout | 1 s | a silent node costs a repeatable request no more than that |
/// | deadline | 15 s | a node itself gives up after 10 s (`alternator_timeout_in_ms`) |
/// | body timeout | 10 s | an answer that has begun is there; a node that works on one for longer gives it up |
/// | requests in flight at one node | any number | what a node can bear is not known here; a slower one gets fewer |
/// | attempts | 5 | see [`Limits::max_attempts`] |
/// | backoff | up to 25 ms, doubled up to 1 s | only a call that has tried every node comes back to one |
/// | hedging | off | it is more load, if by no more than a twentieth |
/// | body | 16 MiB | the largest that Alternator takes |
/// | credentials of a provider | kept until shortly before they expire | see [`Config::cache_credentials`] |
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
/// | `attempt_timeout`, `deadline`, `body_timeout`, `connect_timeout` | a time, as `250ms` or `5s` | those of their names |
/// | `ca`, `client_cert`, `client_key`, `key_log` | paths of files | with the feature `tls`, those of its `Tls` |
/// | `server_name` | a name | the one in every node's certificate, with the feature `tls` |
#[derive(Clone)]
#[must_use = "a configuration does nothing until it is built"]
pub struct Config {
    pub(crate) source: Source,
    pub(crate) system_tables: bool,
    pub(crate) scope: Scope,
    pub(crate) policy: Arc<dyn Policy>,
    pub(crate) credentials: Option<Keys>,
    pub(crate) keeps_credentials: bool,
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
    pub(crate) body_timeout: Option<Duration>,
    pub(crate) max_in_flight: Option<NonZeroU32>,
    pub(crate) budget: Budget,
    pub(crate) hedge: Option<Hedge>,
    pub(crate) client: ClientBuilder,
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
            keeps_credentials: true,
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
            body_timeout: Some(Duration::from_secs(10)),
            max_in_flight: None,
            budget: Budget::default(),
            hedge: None,
            client: ClientBuilder::new(),
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
    /// Alternator takes any region; DynamoDB's SDKs ask for one all the same. Of a provider that is slow no node
    /// is blamed: an attempt's time begins when the request is sent.
    ///
    /// A [`CachedCredentials`](tower_muster_sigv4::CachedCredentials) is used as it is; before any other provider
    /// there is a [cache](Self::cache_credentials).
    pub fn credentials(
        mut self,
        credentials: impl ProvideCredentials + 'static,
        region: impl Into<String>,
    ) -> Self {
        self.credentials = Some(Keys::of(credentials));
        self.region = region.into();
        self
    }

    /// Sets whether the credentials of a provider are kept; the default is yes.
    ///
    /// They are asked for once and again ahead of their end, and those without one each quarter of an hour, by a
    /// [`CachedCredentials`](tower_muster_sigv4::CachedCredentials) with its default settings. Otherwise each
    /// attempt asks the provider: for one that answers from memory, and whose credentials change before they end.
    pub fn cache_credentials(mut self, kept: bool) -> Self {
        self.keeps_credentials = kept;
        self
    }

    /// Signs with one key, for the region that is set.
    fn key(mut self, key: &str, secret: &str) -> Self {
        let key = Credentials::new(key, secret, None, None, "tower-muster");
        self.credentials = Some(Keys::Known(key));
        self
    }

    /// Says that requests come signed, as from an AWS SDK: every node is sent the Host that was signed.
    pub fn signed_above(mut self) -> Self {
        self.host = HostHeader::Keep;
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
}

#[cfg(test)]
mod tests;
