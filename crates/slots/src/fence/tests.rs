use std::time::Duration;

use http::{Request, Response, StatusCode};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower::{Layer, Service, ServiceExt, service_fn};

use super::{Fence, FenceLayer, Fenced};
use crate::{
    Epoch, Role, Slot,
    standing::{At, Standing},
    table::{
        SlotTable,
        tests::{SLOT, record, snapshot},
    },
};

type Headers = &'static [(&'static str, &'static str)];
type Happens = fn(&Standing);

const LEASE: Duration = Duration::from_secs(4);

/// A site with a lease that has just begun, and a table in which the second site is primary under `epoch`.
fn site(role: Option<Role>, epoch: u64, known: u64) -> (Standing, FenceLayer) {
    let table = SlotTable::empty();
    table.replace(&snapshot(1, &[1, 2], vec![record(SLOT, known, &[2, 1])]));
    let standing = Standing::new(table.slots().expect("a group"));
    standing.set(SLOT, role, Epoch::new(epoch));
    standing.renew(At::now(), LEASE);
    (standing.clone(), FenceLayer::new(standing, table))
}

fn request(headers: &[(&str, &str)]) -> Request<()> {
    let request = headers
        .iter()
        .fold(Request::builder(), |request, (name, value)| {
            request.header(format!("x-muster-{name}"), *value)
        });
    request.body(()).expect("a request")
}

fn header<B>(response: &Response<B>, name: &str) -> Option<String> {
    let value = response.headers().get(format!("x-muster-{name}"))?;
    Some(value.to_str().expect("text").to_owned())
}

async fn answer(fence: &FenceLayer, request: Request<()>) -> Response<String> {
    let application = service_fn(async |request: Request<()>| {
        let fenced = request.extensions().get::<Fenced>();
        Ok::<_, std::convert::Infallible>(Response::new(match fenced {
            Some(fenced) => format!("{} under {}", fenced.grant().role, fenced.epoch()),
            None => "no fence".into(),
        }))
    });
    let Ok(response) = fence.layer(application).oneshot(request).await;
    response
}

#[tokio::test(start_paused = true)]
async fn a_request_is_let_in_only_under_the_sites_own_epoch_and_role() {
    use Role::{Primary, Secondary};
    const OK: u16 = 200;
    const NOT_HERE: u16 = 421;
    #[rustfmt::skip]
    let cases: [(Option<Role>, Headers, u16); 16] = [
        // the site's role under 7   what the request says
        (Some(Primary),   &[("slot", "3"), ("epoch", "7")],                      OK),
        (Some(Primary),   &[("slot", "3"), ("epoch", "7"), ("role", "primary")], OK),
        (Some(Primary),   &[("slot", "3"), ("epoch", "7"), ("role", "any")],     OK),
        (Some(Primary),   &[("slot", "3"), ("epoch", "6")],                      NOT_HERE),
        (Some(Primary),   &[("slot", "3"), ("epoch", "8")],                      NOT_HERE),
        (Some(Primary),   &[("slot", "3")],                                      OK),
        (Some(Primary),   &[("slot", "4"), ("epoch", "7")],                      NOT_HERE),
        (Some(Primary),   &[("slot", "60000"), ("epoch", "7")],                  NOT_HERE),
        (Some(Secondary), &[("slot", "3"), ("epoch", "7")],                      NOT_HERE),
        (Some(Secondary), &[("slot", "3"), ("epoch", "7"), ("role", "any")],     OK),
        (Some(Secondary), &[("slot", "3"), ("epoch", "6"), ("role", "any")],     NOT_HERE),
        (None,            &[("slot", "3"), ("epoch", "7"), ("role", "any")],     NOT_HERE),
        (Some(Primary),   &[("slot", "x"), ("epoch", "7")],                      400),
        (Some(Primary),   &[("slot", "3"), ("epoch", "-7")],                     400),
        (Some(Primary),   &[("slot", "3"), ("slot", "3"), ("epoch", "7")],       400),
        (Some(Primary),   &[("slot", "3"), ("epoch", "7"), ("role", "boss")],    400),
    ];
    for (role, headers, expected) in cases {
        let (_, fence) = site(role, 7, 7);
        let response = answer(&fence, request(headers)).await;
        assert_eq!(response.status(), expected, "{role:?} {headers:?}");
        let is_told = header(&response, "epoch").is_some();
        assert_eq!(is_told, expected != 400, "{role:?} {headers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_tells_what_the_site_knows() {
    #[rustfmt::skip]
    let cases = [
        // told, table: the answer
        (7, 7, "7", Some("site-2")),
        (7, 9, "9", Some("site-2")),
        // It was told more than the table knows: who is primary under that it does not know.
        (9, 7, "9", None),
    ];
    for (told, known, epoch, primary) in cases {
        let (_, fence) = site(None, told, known);
        let response = answer(&fence, request(&[("slot", "3"), ("epoch", "1")])).await;
        assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
        assert_eq!(header(&response, "slot").as_deref(), Some("3"));
        assert_eq!(header(&response, "epoch").as_deref(), Some(epoch));
        assert_eq!(header(&response, "primary").as_deref(), primary);
        assert_eq!(response.body(), "");
    }
}

#[tokio::test(start_paused = true)]
async fn a_site_whose_lease_has_ended_lets_nothing_in() {
    let (standing, fence) = site(Some(Role::Primary), 7, 7);
    let write = || request(&[("slot", "3"), ("epoch", "7")]);
    advance(LEASE - Duration::from_millis(1)).await;
    assert_eq!(answer(&fence, write()).await.status(), StatusCode::OK);
    advance(Duration::from_millis(2)).await;
    assert_eq!(
        answer(&fence, write()).await.status(),
        StatusCode::MISDIRECTED_REQUEST
    );
    standing.renew(At::now(), LEASE);
    assert_eq!(answer(&fence, write()).await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn what_names_no_slot_passes_unless_one_is_required() {
    let (_, fence) = site(None, 7, 7);
    let response = answer(&fence, request(&[])).await;
    assert_eq!(
        (response.status(), response.body().as_str()),
        (StatusCode::OK, "no fence")
    );
    assert_eq!(header(&response, "epoch"), None);
    let response = answer(&fence.require(), request(&[])).await;
    assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(header(&response, "slot"), None);
}

/// What can happen to a site while it carries a request out.
const MEANWHILE: [(&str, Happens); 5] = [
    ("another epoch", |standing| {
        standing.set(SLOT, Some(Role::Primary), Epoch::new(8))
    }),
    ("another role", |standing| {
        standing.set(SLOT, Some(Role::Secondary), Epoch::new(7))
    }),
    ("no role", |standing| {
        standing.set(SLOT, None, Epoch::new(8))
    }),
    ("the end", Standing::end),
    ("another slot", |standing| {
        standing.set(Slot::new(4), Some(Role::Primary), Epoch::new(9))
    }),
];

#[tokio::test(start_paused = true)]
async fn an_answer_under_a_grant_that_has_ended_is_never_a_success() {
    for (what, happens) in MEANWHILE {
        let (standing, fence) = site(Some(Role::Primary), 7, 7);
        let (application, mut requests) = tower_test::mock::pair::<Request<()>, Response<String>>();
        let mut service: Fence<_> = fence.layer(application);
        requests.allow(1);
        service.ready().await.expect("ready");
        let mut call = task::spawn(service.call(request(&[("slot", "3"), ("epoch", "7")])));
        assert_pending!(call.poll());
        let (carried_out, respond) = requests.next_request().await.expect("a request");
        let fenced = carried_out
            .extensions()
            .get::<Fenced>()
            .expect("a fence")
            .clone();
        assert!(fenced.is_current());
        happens(&standing);
        let is_lost = what != "another slot";
        assert_eq!(fenced.is_current(), !is_lost, "{what}");
        respond.send_response(Response::new("stored".into()));
        let response = assert_ready_ok!(call.poll());
        match is_lost {
            true => {
                assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{what}");
                assert_eq!(
                    header(&response, "fenced").as_deref(),
                    Some("lost"),
                    "{what}"
                );
                assert_eq!(response.body(), "", "{what}");
            }
            false => assert_eq!(header(&response, "epoch").as_deref(), Some("7")),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_ends_and_is_renewed_meanwhile_is_the_same_grant() {
    let (standing, fence) = site(Some(Role::Primary), 7, 7);
    let slow = fence.layer(service_fn(async |_: Request<()>| {
        tokio::time::sleep(2 * LEASE).await;
        Ok::<_, std::convert::Infallible>(Response::new(String::new()))
    }));
    let write = || request(&[("slot", "3"), ("epoch", "7")]);
    let Ok(response) = slow.clone().oneshot(write()).await;
    assert_eq!(
        response.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "nobody renewed it"
    );
    standing.renew(At::now(), LEASE);
    let renews = async {
        for _ in 0..6 {
            tokio::time::sleep(LEASE / 2).await;
            standing.renew(At::now(), LEASE);
        }
    };
    let (Ok(response), ()) = tokio::join!(slow.oneshot(write()), renews);
    assert_eq!(response.status(), StatusCode::OK);
}
