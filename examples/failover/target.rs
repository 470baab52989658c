//! The cluster: one that is started here, or one that is running already.

use std::{collections::HashMap, time::Duration};

use aws_credential_types::Credentials;
use tower_muster_testkit::{TestCluster, TestNode};

use crate::{BoxError, args::Args};

const ACCESS_KEY: &str = "alternator";
const SECRET_KEY: &str = "secret_pass";

pub(crate) struct Target {
    own: Option<TestCluster>,
    seeds: Vec<String>,
    keys: Option<(String, String)>,
}

impl Target {
    pub(crate) async fn reach(args: &Args) -> Result<Self, BoxError> {
        if !args.seeds.is_empty() {
            let keys = args.access_key.clone().zip(args.secret_key.clone());
            return Ok(Self {
                own: None,
                seeds: args.seeds.clone(),
                keys,
            });
        }
        let cluster = TestCluster::builder()
            .topology("dc1:rack1=3,rack2=3,rack3=3")
            .credentials(ACCESS_KEY, SECRET_KEY)
            .start()
            .await?;
        let seeds = cluster.urls().into_iter().take(1).collect();
        let keys = Some((ACCESS_KEY.to_owned(), SECRET_KEY.to_owned()));
        Ok(Self {
            own: Some(cluster),
            seeds,
            keys,
        })
    }

    pub(crate) fn seeds(&self) -> &[String] {
        &self.seeds
    }

    pub(crate) fn credentials(&self) -> Option<Credentials> {
        let (access_key, secret_key) = self.keys.as_ref()?;
        Some(Credentials::new(
            access_key, secret_key, None, None, "example",
        ))
    }

    /// The nodes of the client's own rack; none of a cluster that was not started here.
    pub(crate) fn rack(&self, args: &Args) -> Vec<TestNode> {
        let nodes = self
            .own
            .iter()
            .flat_map(|own| own.rack(&args.datacenter, &args.rack));
        nodes.cloned().collect()
    }

    /// The rack of each node, by address.
    pub(crate) fn racks(&self) -> HashMap<String, String> {
        let nodes = self.own.iter().flat_map(TestCluster::nodes);
        nodes
            .map(|node| (node.address().to_string(), node.rack().to_owned()))
            .collect()
    }
}

/// How late a slow node answers.
pub(crate) const SLOW: Duration = Duration::from_millis(50);
