//! What a site answers: callers, through the fence, and other sites.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde::de::DeserializeOwned;
use tower_muster::BoxError;
use tower_muster_slots::{Fenced, Member, Slot};

use crate::{
    counters::{Change, Counters, Shelf},
    handler::Mover,
};

/// Bounds a body.
const MOST: usize = 64 << 20;

/// How soon a holder is told again that could not be told.
const AGAIN: Duration = Duration::from_millis(50);

/// What a site says that has lost the slot meanwhile.
const NO_MORE: &str = "primary no more";

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
            write(&mover.counters, slot, |own| own.make(&change).is_ok()).await
        }
        _ => plain(StatusCode::NOT_FOUND, "no such thing"),
    }
}

/// Adds one, unless this addition was made before.
async fn add(mover: &Mover, request: &Request<Incoming>, name: &str, id: &str) -> Answer {
    let Some(fenced) = request.extensions().get::<Fenced>() else {
        return plain(StatusCode::BAD_REQUEST, "which slot?");
    };
    let Some(mut shelf) = mover.counters.shelf(fenced.slot()).await else {
        return plain(StatusCode::NOT_FOUND, "no such slot");
    };
    // It may have waited for the shelf for long.
    if !fenced.is_current() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, NO_MORE);
    }
    let change = shelf.plan(name, id, fenced.epoch());
    if let Some(change) = &change
        && shelf.make(change).is_err()
    {
        return plain(StatusCode::SERVICE_UNAVAILABLE, NO_MORE);
    }
    tell(mover, fenced, &mut shelf, name, change.as_ref()).await
}

async fn read(mover: &Mover, request: &Request<Incoming>, name: &str) -> Answer {
    let Some(fenced) = request.extensions().get::<Fenced>() else {
        return plain(StatusCode::BAD_REQUEST, "which slot?");
    };
    match mover.counters.shelf(fenced.slot()).await {
        Some(_) if !fenced.is_current() => plain(StatusCode::SERVICE_UNAVAILABLE, NO_MORE),
        Some(mut shelf) => tell(mover, fenced, &mut shelf, name, None).await,
        None => plain(StatusCode::NOT_FOUND, "no such slot"),
    }
}

/// Tells a caller a counter's number, when the other holders know it, too; `change` is what has just been made of it.
async fn tell(
    mover: &Mover,
    fenced: &Fenced,
    shelf: &mut Shelf,
    name: &str,
    mut change: Option<&Change>,
) -> Answer {
    loop {
        let told = spread(mover, shelf, fenced.slot(), change.take()).await;
        match (fenced.is_current(), told) {
            (true, Ok(())) => return plain(StatusCode::OK, &shelf.number(name).to_string()),
            // A holder that is gone is one until the group's timeout: until then nothing can be said to be safe.
            (true, Err(_)) => tokio::time::sleep(AGAIN).await,
            (false, _) => return plain(StatusCode::SERVICE_UNAVAILABLE, NO_MORE),
        }
    }
}

/// Sees to it that the other holders, and those who copy the slot, have all that is here; those who had all before
/// the last change need no more than that.
async fn spread(
    mover: &Mover,
    shelf: &mut Shelf,
    slot: Slot,
    change: Option<&Change>,
) -> Result<(), BoxError> {
    let table = mover.table.wait().await;
    let origin = |member: &Member| member.node().origin().to_string();
    let members: Vec<_> = table.members().iter().map(origin).collect();
    let route = table.route(slot);
    let others = route
        .holders()
        .filter(|(member, _)| *member.id() != mover.me);
    let mut others: Vec<_> = others.map(|(member, _)| origin(member)).collect();
    shelf
        .learners
        .retain(|learner| members.contains(learner) && !others.contains(learner));
    others.extend(shelf.learners.iter().cloned());
    // This may be dropped at any moment: until all have answered, nobody is known to have all.
    let level = std::mem::take(&mut shelf.level);
    let told = others.iter().map(async |other| match change {
        _ if !level.contains(other) => mover.peers.give(other, slot, shelf).await,
        Some(change) => mover.peers.tell(other, slot, change).await,
        None => Ok(()),
    });
    let told = join_all(told).await;
    let level = others.into_iter().zip(&told);
    shelf.level = level
        .filter(|(_, told)| told.is_ok())
        .map(|(other, _)| other)
        .collect();
    told.into_iter().collect()
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
