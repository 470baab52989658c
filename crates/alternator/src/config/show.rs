//! What a configuration shows of itself.

use std::fmt;

use super::Config;

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("source", &self.source)
            .field("system_tables", &self.system_tables)
            .field("scope", &self.scope)
            .field("signs", &self.credentials.is_some())
            .field("keeps_credentials", &self.keeps_credentials)
            .field("region", &self.region)
            .field("host", &self.host)
            .field("affinity", &self.affinity)
            .field("observes", &self.observe.is_some())
            .field("trim", &self.trim)
            .field("user_agent", &self.user_agent)
            .field("requests", &self.requests)
            .field("responses", &self.responses)
            .field("limits", &self.limits)
            .field("body_timeout", &self.body_timeout)
            .field("max_in_flight", &self.max_in_flight)
            .field("budget", &self.budget)
            .field("hedge", &self.hedge)
            .field("client", &self.client)
            .field("pace", &self.pace)
            .field("thresholds", &self.thresholds)
            .field("probes", &self.probes)
            .field("warm", &self.warm)
            .finish_non_exhaustive()
    }
}
