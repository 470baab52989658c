//! What a site answers: callers, through the fence, and other sites.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::try_join_all;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde::de::DeserializeOwned;
use tower_muster::BoxError;
use tower_muster_slots::{Fenced, Slot};

use crate::{
    counters::{Change, Counters, Shelf},
    handler::Mover,
};

/// Bounds a body.
const MOST: usize = 64 << 20;

/// How soon a holder is told again that could not be told.
const AGAIN: Duration = Duration::from_millis(50);

type Answer = Result<Response<Full<Bytes>>, BoxError>;

/// Answers one request.
pub(crate) async fn answer(mover: Mover, request: Request<Incoming>) -> Answer {
    let path = request.uri().path().to_owned();
    let segments: Vec<_> = path.split('/').skip(1).collect();
    match (request.method(), &segments[..]) {
        (&Method::POST, ["counters", name, id]) => add(&mover, &request, name, id).await,
        (&Method::GET, ["counters", name]) => read(&mover, &request, name).await,
        (&Method::GET, ["shelves", slot]) => copy(&mover.counters, slot).await,
        (&Method::POST, ["learners", slot]) => {
            let slot = slot.parse().map(Slot::new)?;
            let learner = Limited::new(request.into_body(), MOST).collect().await?;
            let learner = String::from_utf8_lossy(&learner.to_bytes()).into_owned();
            teach(&mover.counters, slot, &learner).await
        }
        (&Method::PUT, ["shelves", slot]) => {
            let slot = slot.parse().map(Slot::new)?;
            let shelf: Shelf = body(request).await?;
            write(&mover.counters, slot, |own| own.follow(shelf).is_ok()).await
        }
        (&Method::PUT, ["changes", slot]) => {
            let slot = slot.parse().map(Slot::new)?;
            let change: Change = body(request).await?;
            write(&mover.counters, slot, |own| own.make(change).is_ok()).await
        }
        _ => plain(StatusCode::NOT_FOUND, "no such thing"),
    }
}

/// Adds one: the other holders know of it before the caller does.
async fn add(mover: &Mover, request: &Request<Incoming>, name: &str, id: &str) -> Answer {
    let Some(fenced) = request.extensions().get::<Fenced>() else {
        return plain(StatusCode::BAD_REQUEST, "which slot?");
    };
    let slot = fenced.slot();
    let Some(mut shelf) = mover.counters.shelf(slot).await else {
        return plain(StatusCode::NOT_FOUND, "no such slot");
    };
    if let Some(change) = shelf.plan(name, id, fenced.epoch()) {
        // A holder that is gone is one until the group's timeout: until then nothing can be said to be safe.
        while let Err(error) = tell_all(mover, &mut shelf, slot, &change).await {
            if !fenced.is_current() {
                return plain(StatusCode::SERVICE_UNAVAILABLE, &error.to_string());
            }
            tokio::time::sleep(AGAIN).await;
        }
        if !fenced.is_current() || shelf.make(change).is_err() {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "primary no more");
        }
    }
    plain(StatusCode::OK, &shelf.number(name).to_string())
}

/// Tells all other holders of a change; one that has become a holder since gets the whole slot.
async fn tell_all(
    mover: &Mover,
    shelf: &mut Shelf,
    slot: Slot,
    change: &Change,
) -> Result<(), BoxError> {
    let route = mover.table.wait().await.route(slot);
    let others = route
        .holders()
        .filter(|(member, _)| *member.id() != mover.me);
    let others: Vec<_> = others
        .map(|(member, _)| member.node().origin().to_string())
        .collect();
    let level = &shelf.level;
    let told = others.iter().map(async |other| {
        if !level.contains(other) {
            mover.peers.give(other, slot, shelf).await?;
        }
        mover.peers.tell(other, slot, change).await
    });
    try_join_all(told).await?;
    let mut learners = std::mem::take(&mut shelf.learners);
    learners.retain(|learner| !others.contains(learner));
    for learner in learners {
        // One that is gone copies the slot again when it is back.
        if mover.peers.tell(&learner, slot, change).await.is_ok() {
            shelf.learners.push(learner);
        }
    }
    shelf.level = others
        .into_iter()
        .chain(shelf.learners.iter().cloned())
        .collect();
    Ok(())
}

async fn read(mover: &Mover, request: &Request<Incoming>, name: &str) -> Answer {
    let Some(fenced) = request.extensions().get::<Fenced>() else {
        return plain(StatusCode::BAD_REQUEST, "which slot?");
    };
    match mover.counters.shelf(fenced.slot()).await {
        Some(shelf) => plain(StatusCode::OK, &shelf.number(name).to_string()),
        None => plain(StatusCode::NOT_FOUND, "no such slot"),
    }
}

async fn copy(counters: &Counters, slot: &str) -> Answer {
    match counters.shelf(Slot::new(slot.parse()?)).await {
        Some(shelf) => Ok(Response::new(Full::from(serde_json::to_vec(&*shelf)?))),
        None => plain(StatusCode::NOT_FOUND, "no such slot"),
    }
}

/// Lets another site copy a slot of which this one is the primary.
async fn teach(counters: &Counters, slot: Slot, learner: &str) -> Answer {
    let Some(mut shelf) = counters.shelf(slot).await else {
        return plain(StatusCode::NOT_FOUND, "no such slot");
    };
    match shelf.teach(learner) {
        true => Ok(Response::new(Full::from(serde_json::to_vec(&*shelf)?))),
        false => plain(StatusCode::CONFLICT, "not the primary"),
    }
}

async fn write(counters: &Counters, slot: Slot, write: impl FnOnce(&mut Shelf) -> bool) -> Answer {
    match counters.shelf(slot).await {
        None => plain(StatusCode::NOT_FOUND, "no such slot"),
        Some(mut shelf) => match write(&mut shelf) {
            true => plain(StatusCode::OK, ""),
            false => plain(StatusCode::CONFLICT, "a later primary has written"),
        },
    }
}

async fn body<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, BoxError> {
    let body = Limited::new(request.into_body(), MOST).collect().await?;
    Ok(serde_json::from_slice(&body.to_bytes())?)
}

fn plain(status: StatusCode, text: &str) -> Answer {
    let mut response = Response::new(Full::from(text.to_owned()));
    *response.status_mut() = status;
    Ok(response)
}
