//! A site with its application and its server.

use std::{num::NonZeroUsize, ops::Deref, time::Duration};

use tokio::net::TcpListener;
use tower_muster_slots::{Epoch, Group, Member, Redis, Role, Site, SiteBuilder, Slot};

use super::{App, Journal, scene::member, server::Server};
use crate::Result;

/// Is a site with its application, and a server behind its fence.
#[derive(Debug)]
pub struct Actor {
    site: Site,
    member: Member,
    server: Server,
    /// What the library asks.
    pub app: App,
}

/// Describes what is particular about a site.
#[derive(Debug)]
pub struct Casting<'a> {
    pub(super) redis: &'a Redis,
    pub(super) group: &'a Group,
    pub(super) journal: &'a Journal,
    pub(super) app: App,
    pub(super) rack: Option<&'a str>,
    pub(super) weight: f64,
    pub(super) max_moves: Option<NonZeroUsize>,
    pub(super) is_manual: bool,
}

impl<'a> Casting<'a> {
    /// With this application.
    #[must_use]
    pub fn app(mut self, app: &App) -> Self {
        self.app = app.clone();
        self
    }

    /// In this rack of the one datacenter.
    #[must_use]
    pub fn rack(mut self, rack: &'a str) -> Self {
        self.rack = Some(rack);
        self
    }

    /// With this weight.
    #[must_use]
    pub fn weight(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }

    /// With so many moves at once.
    #[must_use]
    pub fn max_moves(mut self, slots: usize) -> Self {
        self.max_moves = NonZeroUsize::new(slots);
        self
    }

    /// Which says itself that it is there.
    #[must_use]
    pub fn manual_heartbeat(mut self) -> Self {
        self.is_manual = true;
        self
    }

    /// Becomes a member, and serves.
    pub async fn join(self, id: &str) -> Result<Actor> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut member = member(id, &format!("http://{}", listener.local_addr()?));
        if let Some(rack) = self.rack {
            member = member.in_rack("dc1", rack)?;
        }
        let member = member.weighted(self.weight)?;
        let builder: SiteBuilder<App> = Site::builder(
            self.redis.clone(),
            self.group.clone(),
            member.clone(),
            self.app.clone(),
        );
        let builder = match self.max_moves {
            Some(slots) => builder.max_moves(slots),
            None => builder,
        };
        let builder = match self.is_manual {
            true => builder.manual_heartbeat(),
            false => builder,
        };
        let site = builder.join().await?;
        let server = Server::start(listener, id, site.fence(), self.journal)?;
        let app = self.app;
        Ok(Actor {
            site,
            member,
            server,
            app,
        })
    }
}

impl Actor {
    /// Returns its id.
    pub fn id(&self) -> &str {
        self.member.id().as_str()
    }

    /// Returns what it is as a member.
    pub fn member(&self) -> &Member {
        &self.member
    }

    /// Returns its role for a slot, and since which epoch, if it has one at this moment.
    pub fn role(&self, slot: Slot) -> Option<(Role, Epoch)> {
        let grant = self.site.grant(slot)?;
        Some((grant.role, grant.epoch))
    }

    /// Returns whether it is a slot's primary at this moment.
    pub fn leads(&self, slot: Slot) -> bool {
        matches!(self.role(slot), Some((Role::Primary, _)))
    }

    /// Returns how many requests came to it, those that its fence refused among them.
    pub fn arrived(&self) -> usize {
        self.server.arrived()
    }

    /// Ends at once, as a process that is killed: the group is not told.
    pub async fn crash(mut self) {
        self.server.kill().await;
    }

    /// Leaves in order, serving to the end.
    pub async fn leave(self) -> Result {
        Ok(self.site.leave(Duration::from_secs(20)).await?)
    }
}

impl Deref for Actor {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}
