//! What a site is told, and what is learned from it.

use http::{Request, Response};
use tower::{Layer, ServiceExt, service_fn};

use super::{Rig, SLOT, site};
use crate::{Epoch, Slot, SlotKey, StampLayer, route::StampError};

type Headers = &'static [(&'static str, &'static str)];

fn request(key: SlotKey) -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(key);
    request
}

#[tokio::test]
async fn slot_epoch_and_role_are_told_and_what_the_caller_wrote_is_not() {
    let rig = Rig::new();
    rig.client.hold(SLOT, [site(1).id()]);
    rig.client.hold(SLOT, [site(2).id()]);
    let stamp = StampLayer::new(rig.table());
    let service = stamp.layer(service_fn(async |request: Request<()>| {
        let headers = request.headers();
        let of = |name| {
            headers
                .get_all(name)
                .iter()
                .map(|value| value.to_str().expect("text"))
                .collect::<Vec<_>>()
                .join("|")
        };
        Ok::<_, StampError>(Response::new([
            of("x-muster-slot"),
            of("x-muster-epoch"),
            of("x-muster-role"),
        ]))
    }));
    let key = SlotKey::slot(SLOT);
    for (key, role) in [(key, "primary"), (key.or_replica(), "any")] {
        let mut request = request(key);
        request.headers_mut().append("x-muster-epoch", 99.into());
        let told = service
            .clone()
            .oneshot(request)
            .await
            .expect("an answer")
            .into_body();
        assert_eq!(told, ["7", "2", role]);
    }
    let untouched = service
        .oneshot(Request::new(()))
        .await
        .expect("an answer")
        .into_body();
    assert_eq!(untouched, ["", "", ""]);
}

#[tokio::test]
async fn what_cannot_be_stamped_is_not_sent() {
    let rig = Rig::new();
    let stamp = StampLayer::new(rig.table());
    let service = stamp.layer(service_fn(
        async |_: Request<()>| -> Result<Response<()>, StampError> { unreachable!("it was sent") },
    ));
    let error = service
        .oneshot(request(SlotKey::slot(Slot::new(5))))
        .await
        .expect_err("unknown");
    assert!(
        matches!(error.downcast_ref(), Some(StampError::UnknownSlot)),
        "{error}"
    );
}

#[tokio::test]
async fn only_an_answer_about_the_slot_that_can_be_read_teaches() {
    #[rustfmt::skip]
    let cases: [(u16, Headers, u64, Option<u8>); 10] = [
        (421, &[("slot", "7"), ("epoch", "5"), ("primary", "site-2")], 5, Some(2)),
        (421, &[("slot", "7"), ("epoch", "5")],                        5, None),
        (421, &[("slot", "7"), ("epoch", "5"), ("primary", "a b")],    5, None),
        (421, &[("slot", "7"), ("epoch", "1"), ("primary", "site-2")], 1, Some(1)),
        (421, &[("slot", "8"), ("epoch", "5"), ("primary", "site-2")], 1, Some(1)),
        (421, &[("slot", "x"), ("epoch", "5"), ("primary", "site-2")], 1, Some(1)),
        (421, &[("slot", "7"), ("epoch", "-5"), ("primary", "site-2")], 1, Some(1)),
        (421, &[("slot", "7"), ("primary", "site-2")],                 1, Some(1)),
        (421, &[],                                                     1, Some(1)),
        (200, &[("slot", "7"), ("epoch", "5"), ("primary", "site-2")], 1, Some(1)),
    ];
    for (status, headers, epoch, primary) in cases {
        let rig = Rig::new();
        rig.client.hold(SLOT, [site(1).id()]);
        let stamp = StampLayer::new(rig.table());
        let service = stamp.layer(service_fn(async |_: Request<()>| {
            let answer = Response::builder().status(status);
            let add = |answer: http::response::Builder, (name, value): &(&str, &str)| {
                answer.header(format!("x-muster-{name}"), *value)
            };
            headers.iter().fold(answer, add).body(())
        }));
        service
            .oneshot(request(SlotKey::slot(SLOT)))
            .await
            .expect("an answer");
        let table = rig.table();
        assert_eq!(table.epoch(SLOT), Epoch::new(epoch), "{status} {headers:?}");
        let known = table.primary(SLOT).map(|primary| primary.member().clone());
        assert_eq!(known, primary.map(site), "{status} {headers:?}");
    }
}
