//! One site, from its first heartbeat on.

use std::{net::SocketAddr, sync::Arc};

use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{net::TcpListener, sync::SetOnce};
use tower::{ServiceBuilder, service_fn};
use tower_muster::BoxError;
use tower_muster_slots::{Group, Member, Redis, Site};

use crate::{counters::Counters, handler::Mover, peers::Peers, service};

/// What a site is to be.
pub(crate) struct Settings {
    pub(crate) id: String,
    pub(crate) rack: Option<(String, String)>,
    pub(crate) redis: Redis,
    pub(crate) group: Group,
}

/// Joins the group and serves until the process ends.
pub(crate) async fn join(settings: Settings, listen: SocketAddr) -> Result<Site, BoxError> {
    let listener = TcpListener::bind(listen).await?;
    let mut member = Member::new(&settings.id, &format!("http://{}", listener.local_addr()?))?;
    if let Some((datacenter, rack)) = settings.rack {
        member = member.in_rack(datacenter, rack)?;
    }
    let mover = Mover {
        me: member.id().clone(),
        counters: Arc::new(Counters::new(settings.group.slots())),
        peers: Peers::new(member.node().origin().to_string())?,
        table: Arc::new(SetOnce::new()),
    };
    let site = Site::builder(settings.redis, settings.group, member, mover.clone());
    let site = site.join().await?;
    let _ = mover.table.set(site.table().clone());
    tokio::spawn(serve(listener, mover, site.clone()));
    Ok(site)
}

async fn serve(listener: TcpListener, mover: Mover, site: Site) {
    let service = ServiceBuilder::new()
        .layer(site.fence())
        .service(service_fn(move |request| {
            service::answer(mover.clone(), request)
        }));
    while let Ok((stream, _)) = listener.accept().await {
        let service = TowerToHyperService::new(service.clone());
        // A caller that hangs up is no concern of the others.
        let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(serving);
    }
}
