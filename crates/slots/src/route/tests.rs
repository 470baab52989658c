mod choosing;
mod following;
mod moving;
mod rig;
mod sockets;
mod stamping;
mod waiting;

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;

use self::rig::Rig;
use crate::{Member, Slot, SlotKey};

const SLOT: Slot = Slot::new(7);
/// The group's timeout.
const TIMEOUT: Duration = Duration::from_secs(5);

fn site(number: u8) -> Member {
    let rack = format!("rack{number}");
    let member = Member::new(
        &format!("site-{number}"),
        &format!("http://10.0.0.{number}:7000"),
    );
    member
        .and_then(|member| Ok(member.in_rack("dc", rack)?))
        .expect("a site")
}

fn request(method: Method, key: SlotKey) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri("/x").extension(key);
    request.body(Full::default()).expect("a request")
}

/// A write that must not be carried out twice.
fn write() -> Request<Full<Bytes>> {
    request(Method::POST, SlotKey::slot(SLOT))
}

/// A read that only the primary may answer.
fn read_of_primary() -> Request<Full<Bytes>> {
    request(Method::GET, SlotKey::slot(SLOT))
}

fn read() -> Request<Full<Bytes>> {
    request(Method::GET, SlotKey::slot(SLOT).or_replica())
}
